//! Verbs that a caller may ask for: each is authorised, checked, written with its event, and what
//! happens later is enqueued.
//!
//! Resources are JSON documents in the words of the SageMaker API, already checked against its
//! service model when they come in. What the server acts upon (endpoints, jobs) is read into
//! types; what it only keeps stays a document.

mod app;
mod caller;
mod clock;
mod deed;
mod event;
mod fault;
mod lineage;
mod listing;
mod long_job;
mod metric_summary;
mod page_token;
mod run_points;
mod sorted_page;
mod stored;
mod timestamp;

pub mod action;
pub mod alert_silence;
pub mod artifact;
pub mod association;
pub mod batch_metrics;
pub mod cloudwatch;
pub mod context;
pub mod coverage;
pub mod dashboard;
pub mod ecr;
pub mod endpoint;
pub mod endpoint_config;
pub mod experiment;
pub mod governance_policy;
pub mod ground_truth;
pub mod heartbeat;
pub mod iam;
pub mod invocation;
pub mod job_definition;
pub mod logs;
pub mod model;
pub mod model_card;
pub mod model_package;
pub mod model_package_group;
pub mod monitoring_alert;
pub mod monitoring_baseline;
pub mod monitoring_execution;
pub mod monitoring_history;
pub mod monitoring_import;
pub mod monitoring_run;
pub mod monitoring_schedule;
pub mod notification;
pub mod notification_channel;
pub mod processing_job;
pub mod retention;
pub mod roll_up;
pub mod search;
pub mod server;
pub mod session;
pub mod sts;
pub mod tags;
pub mod training_job;
pub mod transform_job;
pub mod trial;
pub mod trial_component;
pub mod user;

pub use app::{App, LocalProcesses, Policies, PolicySource, Seals, Settings};
pub use caller::{Access, Caller};
pub use clock::{Clock, Ids};
pub use fault::Fault;
pub use long_job::{JobOutcome, Running, Started};
