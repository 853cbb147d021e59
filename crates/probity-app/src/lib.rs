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
mod listing;
mod long_job;
mod page_token;
mod stored;
mod timestamp;

pub mod cloudwatch;
pub mod endpoint;
pub mod endpoint_config;
pub mod invocation;
pub mod job_definition;
pub mod logs;
pub mod model;
pub mod processing_job;
pub mod tags;
pub mod training_job;
pub mod transform_job;
pub mod user;

pub use app::{App, LocalProcesses, Settings};
pub use caller::{Access, Caller};
pub use clock::{Clock, Ids};
pub use fault::Fault;
pub use long_job::{JobOutcome, Running, Started};
