//! One module per command.

pub(crate) mod baseline;
pub(crate) mod bias;
pub(crate) mod check;
pub(crate) mod constraints;
mod decisions;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod merge;
mod outputs;
mod population;
pub(crate) mod profile;
pub(crate) mod quality;
mod verdicts;
pub(crate) mod why;
mod wiring;
