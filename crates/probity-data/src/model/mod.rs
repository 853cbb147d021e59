//! Models, whatever runs them: files read into the forms of `probity-metrics`, and models that
//! run elsewhere.

pub mod http;
mod predict;

pub use predict::{AskModel, Predict, Predictions};
