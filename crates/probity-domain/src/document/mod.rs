//! Document formats that users keep: SageMaker's own files, and `probity.json` beside them.
//!
//! Each is a value with `from_json(bytes)` and `write_json(writer)`. Reading is lenient
//! (everything that SageMaker's tools and their users have written in the wild), writing
//! has one form.

pub mod alert_event;
pub mod analysis;
pub mod analysis_config;
pub mod api;
pub mod bias_file;
pub mod bias_violations;
pub mod capture_record;
pub mod card_dossier;
pub mod card_report;
pub mod channel_settings;
pub mod constraint_violations;
pub mod constraints;
pub mod csv;
pub mod execution;
pub mod explanation;
pub mod explanation_file;
pub mod explanations;
pub mod explanations_csv;
pub mod governance_policy;
pub mod model_card;
pub mod model_quality_constraints;
pub mod model_quality_file;
pub mod model_quality_statistics;
pub mod model_quality_violations;
pub mod monitoring_bucket;
pub mod notebook;
pub mod probity_file;
pub mod statistics;

mod confusion_matrix;
mod java_double;
mod java_json;
mod monitoring_config;
mod number;
mod ordered_map;
mod python_json;
mod read;
mod time_offset;
mod unknown_members;
mod utc_time;
mod written_analysis;

pub use confusion_matrix::ConfusionMatrix;
pub use java_double::JavaDouble;
pub use python_json::PythonFloat;
pub use read::ReadDocument;
pub use time_offset::{InvalidTimeOffset, TimeOffset};
pub use utc_time::UtcTime;
