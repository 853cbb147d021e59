//! The report of a bias result: an analysis, or a check against a baseline.

mod check;
mod check_format;
mod content;
mod content_check;
mod facet;
mod finding;
mod headline;
mod method;
mod metric_table;
mod metric_text;
mod overview;
mod parts;
mod report;
mod sample_data;
mod samples;
mod segments;
mod significance;
mod subgroups;
mod words;

pub use check_format::{check_results, check_summary};
pub use parts::{
    FacetParts, Measured, MetricExplained, MetricParts, MetricStanding, check_headline, facets,
};
pub use report::{BiasReport, render};
pub use samples::{BiasSample, samples};

pub(crate) use content::{lead as lead_words, sections as content_sections};
pub(crate) use headline::{headline, lead};
pub(crate) use report::{kind, origin, sections};
