//! Bias of data and of predictions: Clarify's metrics, and what the field has beside them.

mod consistency;
mod counts;
mod feature_rows;
mod flip_test;
mod metric;
pub mod nearest;

pub use consistency::{Consistency, MeasureConsistency, consistency};
pub use counts::{BiasCounts, Confusion, Group, OutcomeCounts, Positive, Stratum};
pub use feature_rows::{FeatureRows, UseFeatureRows};
pub use flip_test::{FlipTest, FlipTestRows, RunFlipTest, flip_test};
pub use metric::{BiasMetric, Stage};
