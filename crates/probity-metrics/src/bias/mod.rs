//! Bias of data and of predictions: Clarify's metrics, and what the field has beside them.

mod counts;
mod feature_rows;
mod metric;

pub use counts::{BiasCounts, Confusion, Group, OutcomeCounts, Positive, Stratum};
pub use feature_rows::{FeatureRows, UseFeatureRows};
pub use metric::{BiasMetric, Stage};
