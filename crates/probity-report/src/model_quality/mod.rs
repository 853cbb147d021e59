//! The report of a model-quality result: a measurement or a baseline, or a check against one.

mod check;
mod check_format;
mod classes;
mod method;
mod metric_table;
mod metric_text;
mod parts;
mod picture;
mod report;
mod sample_data;
mod samples;
mod segments;
mod words;

pub use check_format::{check_results, check_summary};
pub use parts::{ComparedMetric, QualityParts, QualityStanding, quality_parts};
pub use report::{ModelQualityReport, render};
pub use samples::{QualitySample, samples};
