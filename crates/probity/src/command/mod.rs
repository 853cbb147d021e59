//! One module per command.

pub(crate) mod admin;
pub(crate) mod alert;
pub(crate) mod baseline;
pub(crate) mod bias;
pub(crate) mod card;
pub(crate) mod check;
pub(crate) mod clarify;
pub(crate) mod constraints;
mod decided_by;
mod decisions;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod env;
mod explained;
mod fonts;
pub(crate) mod gateway;
pub(crate) mod import;
pub(crate) mod inspect;
pub(crate) mod labels;
pub(crate) mod merge;
mod model;
pub(crate) mod monitor;
mod outputs;
mod population;
pub(crate) mod predict;
pub(crate) mod profile;
pub(crate) mod quality;
pub(crate) mod reference;
pub(crate) mod serve;
pub(crate) mod shap;
mod verdicts;
pub(crate) mod why;
mod wiring;

pub(crate) use wiring::{environment, environment_with};
