//! Bias of data and of predictions: Clarify's metrics, and what the field has beside them.

mod consistency;
mod counts;
mod detection;
mod dictionary;
mod facts;
mod feature_rows;
mod flip_test;
mod group_error;
mod groups;
mod joint_counts;
mod metric;
pub mod nearest;
mod segments;
mod selection;
mod spelling;
mod tuple_table;
mod value;

pub use consistency::{Consistency, MeasureConsistency, consistency};
pub use counts::{BiasCounts, Confusion, Group, OutcomeCounts, Positive, Stratum};
pub use detection::{ColumnType, ProblemType, SeriesKind, TypedColumn};
pub use feature_rows::{FeatureRows, UseFeatureRows};
pub use flip_test::{FlipTest, FlipTestRows, RunFlipTest, flip_test};
pub use group_error::GroupError;
pub use groups::{BiasGroups, BiasQuery, BiasTable, Facet, FacetGroup, FacetQuery, Outcome};
pub use joint_counts::{CountedTuple, JointCounts};
pub use metric::{BiasMetric, Stage};
pub use segments::{Subgroup, segment_names};
pub use selection::Selection;
pub use spelling::Spelling;
pub use value::Value;
