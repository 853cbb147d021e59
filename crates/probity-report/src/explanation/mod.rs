//! The report of explanations: which features move a model's output, how, and by how much in
//! single rows; what partial dependence says; and whether the ranking moved since a baseline.

mod dependence;
mod drift;
mod headline;
mod importance;
mod method;
mod parts;
mod report;
mod rows;
mod sample_data;
mod samples;
mod words;

pub use parts::{RankedFeature, RankingParts, drift_headline, rankings};
pub use report::{ExplanationReport, render};
pub use samples::{ExplanationSample, samples};

pub(crate) use headline::{headline, lead};
pub(crate) use report::{KIND, loading, origin, sections};
