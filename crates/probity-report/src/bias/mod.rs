//! The report of a bias result: an analysis, or a check against a baseline.

mod check;
mod check_format;
mod facet;
mod finding;
mod headline;
mod method;
mod metric_table;
mod metric_text;
mod overview;
mod report;
mod sample_data;
mod samples;
mod segments;
mod significance;
mod subgroups;
mod words;

pub use check_format::{check_results, check_summary};
pub use report::{BiasReport, render};
pub use samples::{BiasSample, samples};
