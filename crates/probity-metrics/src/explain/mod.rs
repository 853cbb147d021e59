//! What moved a prediction: Shapley values, partial dependence, and how attributions drift.
//!
//! Nothing here calls a model. What needs one hands out batches of masked rows and takes
//! their scores back.

pub mod kernel;
