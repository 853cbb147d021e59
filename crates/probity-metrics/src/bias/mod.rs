//! Bias of data and of predictions: Clarify's metrics, and what the field has beside them.

mod consistency;
mod counts;
mod dictionary;
mod feature_rows;
mod flip_test;
mod joint_counts;
mod metric;
pub mod nearest;
mod tuple_table;
mod value;

pub use consistency::{Consistency, MeasureConsistency, consistency};
pub use counts::{BiasCounts, Confusion, Group, OutcomeCounts, Positive, Stratum};
pub use feature_rows::{FeatureRows, UseFeatureRows};
pub use flip_test::{FlipTest, FlipTestRows, RunFlipTest, flip_test};
pub use joint_counts::{CountedTuple, JointCounts};
pub use metric::{BiasMetric, Stage};
pub use value::Value;
