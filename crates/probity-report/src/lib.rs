//! Reports to look at, made from documents: HTML, notebooks and markup of a typesetter for
//! people, Markdown and JUnit for CI.
//!
//! No files, no clock, no network: documents in, text out.

pub mod bias;
pub mod card;
pub mod card_check;
pub mod clarify;
pub mod data_quality;
pub mod explanation;
pub mod junit;
pub mod markdown;
pub mod model_quality;

mod article;
mod chart;
mod distribution;
mod junit_suite;
mod masthead;
mod metric_check;
mod number;
mod page;
mod prose;
mod verdict;
mod verdict_tiles;

pub use chart::Axis;
pub use number::{compact_count, short as short_number, short_apart as short_number_apart};
pub use page::report_policy;
pub use verdict::Verdict;
