//! What moved a prediction: Shapley values, partial dependence, and how attributions drift.
//!
//! Nothing here calls a model. What needs one hands out batches of masked rows and takes
//! their scores back.

pub mod aggregate;
pub mod attribution_drift;
pub mod baseline;
pub mod kernel;
mod mean_interval;
mod median_interval;
pub mod partial_dependence;
mod row_sample;
mod tree_shap;

pub use tree_shap::{Background, ExplainTrees, TreeExplainer};
