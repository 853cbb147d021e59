//! The report of a data-quality result: a profile, a baseline, or a check against one.

mod card;
mod facts;
mod feature;
mod findings;
mod limits;
mod overview;
mod parts;
mod picture;
mod report;
mod sample_data;
mod samples;
mod unjudged;
mod words;

pub use parts::{ColumnFinding, ColumnLine, ColumnParts, ColumnVerdict, Columns};
pub use report::{DataQualityReport, render};
pub use samples::{Sample, samples};

pub(crate) use feature::{Feature, Features};
pub(crate) use findings::{Finding, all as all_findings, check_label, under as findings_under};
pub(crate) use limits::{compares_distributions, settings_of};
pub(crate) use unjudged::Unjudged;
pub(crate) use words::{baseline_of, plural, plural_of};
