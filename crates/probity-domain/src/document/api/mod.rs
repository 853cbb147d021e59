//! What the server acts upon, as the SageMaker API writes it: the members that decide what
//! happens are typed, all others are kept as they came (`rest`).
//!
//! Names, spellings and optional members are those of the public service model
//! (<https://docs.aws.amazon.com/sagemaker/latest/APIReference>). What is checked there (lengths,
//! patterns) was checked when the request came in, and is not checked again here.

pub mod endpoint;
pub mod endpoint_config;
pub mod model;
pub mod monitoring_job_definition;
pub mod monitoring_schedule;
pub mod processing_job;
pub mod transform_job;

/// Members that nothing here acts upon.
pub type Rest = serde_json::Map<String, serde_json::Value>;
