//! Models, whatever runs them: files read into the forms of `probity-metrics`, and models that
//! run elsewhere.

pub mod http;
pub mod onnx;
mod predict;

pub use predict::{AskModel, Predict, Predictions};
