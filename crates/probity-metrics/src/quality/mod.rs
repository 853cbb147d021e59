//! How well predictions agree with labels: Model Monitor's metrics of model quality, and
//! what the field has beside them, each with an interval.
//!
//! In reading order: the three mergeable summaries ([`RegressionQuality`],
//! [`BinaryQuality`], [`MulticlassQuality`]) behind one [`ModelQuality`]; what they find
//! ([`QualityFindings`]); constraints suggested from it ([`suggest_constraints`]), and the
//! two verdicts of a check ([`check_constraints`]).

mod binary;
mod binary_columns;
mod binary_metrics;
mod calibration;
mod check;
mod check_notes;
mod classes;
mod curve_points;
mod curves;
mod findings;
mod interval;
mod joint_moments;
mod labels;
mod model_quality;
mod multiclass;
mod multiclass_metrics;
mod outcome;
mod random;
mod rates;
mod readable;
mod regression;
mod regression_metrics;
mod rejected;
mod row_classes;
mod rows;
mod scores;
mod segments;
mod subsample;
mod suggest;

pub use binary::{BinaryQuality, BinarySettings};
pub use check::{
    CheckQuality, QualityComparison, QualityVerdicts, check_constraints, threshold_violations,
};
pub use findings::QualityFindings;
pub(crate) use interval::Z;
pub use model_quality::{ModelQuality, QualitySettings};
pub use multiclass::{MOST_CLASSES, MulticlassQuality};
pub use readable::{UnreadableLabels, readable_labels};
pub use regression::RegressionQuality;
pub use segments::{MOST_SEGMENTS, SegmentedQuality};
pub use suggest::suggest_constraints;

use arrow::array::Array;

use crate::summary::UpdateSummary;

/// One batch of rows. A row that lacks a value in a column that is given is left out and
/// counted.
#[derive(Clone, Copy, Debug)]
pub struct QualityBatch<'a> {
    pub label: &'a dyn Array,
    pub prediction: Option<&'a dyn Array>,
    /// Of the positive class, for binary classifiers alone.
    pub probability: Option<&'a dyn Array>,
}

/// Why model quality could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum QualityError {
    #[error("a column cannot be read")]
    Column(#[from] UpdateSummary),
    #[error(
        "which {role} is positive cannot be told: found {found}, known are 1, true and yes against 0, false and no; name the positive class (`--positive` of `probity quality`), or use problem type multiclass where there are more than two"
    )]
    NeitherClass {
        role: &'static str,
        /// The first values, in backticks.
        found: String,
    },
    #[error("{problem} needs a column of predictions")]
    NoPrediction { problem: &'static str },
    #[error("a binary classifier needs a column of predictions or of probabilities")]
    NoPredictionOrProbability,
    #[error(
        "{count} of {rows} rows have a {role} that is no number below 2^250, the first is `{first}`; give the right column, or leave missing values empty"
    )]
    NotNumbers {
        role: &'static str,
        count: u64,
        rows: u64,
        first: String,
    },
    #[error(
        "{count} of {rows} rows have a probability outside 0 to 1, the first is `{first}`; scores on another scale are no probabilities"
    )]
    NotProbabilities {
        count: u64,
        rows: u64,
        first: String,
    },
    #[error(
        "the labels and predictions have more than {most} classes; is this a regression, or the wrong column?"
    )]
    TooManyClasses { most: usize },
    #[error("segment column `{column}` has more than {most} values; choose one with fewer")]
    TooManySegments { column: String, most: usize },
    #[error("no row has both a label and a prediction, of {rows} rows")]
    NoRows { rows: u64 },
}
