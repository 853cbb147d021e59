//! Partial dependence (Friedman, "Greedy function approximation", 2001): the mean output of
//! the model over all rows where one feature is set to a value, along a grid of values; and
//! the curves of single rows (individual conditional expectation; Goldstein and others, 2015).
//!
//! In order of use: a [`Grid`] from the feature's column; for each of its points
//! [`with_column_set`] on every batch of rows; the model's outputs into a
//! [`DependenceCurves`]; and the documents from both.

mod curves;
mod document;
mod feature_kind;
mod grid;
mod set_column;

pub use curves::{DependenceCurves, MOST_INDIVIDUAL_CURVES, PointScores, ScoresError};
pub use document::{dependence_facts, failed_dependence_facts, failed_pdp_entry, pdp_entry};
pub use feature_kind::FeatureKind;
pub use grid::{
    DEFAULT_GRID_RESOLUTION, Grid, GridError, GridPoint, LARGEST_GRID_RESOLUTION, MOST_CATEGORIES,
    PointValue,
};
pub use set_column::{SetColumn, with_column_set};
