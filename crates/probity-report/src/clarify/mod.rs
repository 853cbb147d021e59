//! The report of a Clarify run in its three forms: a page, a typeset document, a notebook.
//! Bias and explanations of one run stand in one report.

mod report;
mod samples;

pub use crate::article::Typesetting;
pub use report::{ClarifyReport, notebook_of, render, typesetting_of};
pub use samples::{ClarifySample, samples};
