//! Bias, end to end: what `probity clarify`, `probity bias` and `probity bias check` do, and
//! what a bias monitor's execution will do.

mod analyse;
mod check;
mod collect;
mod columns;
mod documents;
mod error;
mod facts;
mod flags;
mod open;
mod plan;
mod problems;
mod request;
mod rows;
mod stored;

pub use analyse::{analyse, validate};
pub use check::{BiasCheckOptions, check};
pub(crate) use columns::first_schema;
pub use documents::{ANALYSIS, ANALYSIS_CONFIG, BiasDocuments};
pub use error::BiasError;
pub use flags::{BiasFlags, config_of};
pub(crate) use open::OpenTable;
pub use plan::BiasPlan;
pub(crate) use plan::{model_features, validated};
pub use request::{BiasDepth, BiasRequest, Extended, Source, read_job_config, read_monitor_config};
pub use stored::StoredBias;
