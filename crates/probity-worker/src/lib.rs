//! What happens later: jobs that run until they have a final status.
//!
//! * [`run`]: claims jobs from the queue, several at once, each with a lease that it renews;
//! * [`analyses`]: what a processing job of one of our images computes, also for monitors;
//! * [`monitoring`]: executions of monitoring schedules;
//! * [`isolation`]: the walls around a user's script.
//! * [`sealing`]: captures at their destinations before a run reads them.

mod abandoned;
pub mod analyses;
mod async_invocation_job;
mod captured_data;
mod card_export_job;
mod chain;
mod compute;
mod endpoint_job;
mod exports;
mod heartbeat;
pub mod isolation;
mod job_log;
mod left_behind;
mod local_process;
mod model_row;
pub mod monitoring;
mod notifications;
mod processing_job;
mod retention;
mod roll_up_job;
mod script_job;
pub mod sealing;
mod stage;
mod stop;
mod transform;
mod transform_job;
mod worker;

pub use compute::Compute;
pub use exports::PointFeed;
pub use job_log::JobLog;
pub use local_process::{LocalProcess, Surroundings};
pub use stop::{Stop, StopReason};
pub use worker::{Lease, Parts, run};
