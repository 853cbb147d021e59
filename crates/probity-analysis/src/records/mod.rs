//! The rows of a dataset made into a file of their own, before an analysis: columns chosen and
//! renamed, scores made labels, a `select` of the user's, and parts by the values of a column.
//!
//! The file is CSV with a header whatever the data were: then every analysis reads it as it
//! reads a training set. Memory stays bounded by the partitions of the data.

mod csv_file;
mod error;
mod prepare;
mod rows;
mod split;
mod sql;
mod survey;

pub use error::PrepareRecords;
pub use prepare::{Column, Prepare, Prepared, Rule, prepare};
pub use split::{KeepColumn, Segment, Segments, SplitBy, split};
pub use survey::{Kind, Survey, SurveyedColumn, survey};
