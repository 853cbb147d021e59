//! What each of the four monitors computes: from a job definition and a window to the processing
//! job that an execution is, and from that to documents, violations and metric points.
//!
//! Nothing here knows schedules, states or the queue: whoever runs an execution finds out where
//! its records lie ([`Order`]), keeps the job of [`processing_job`], and writes down what
//! [`analyse`] found. Names, paths and variables of the jobs: AWS developer guide,
//! "Container contract inputs", and records of real executions.

mod analyse;
mod baseline;
mod environment;
mod finding;
mod job;
mod order;
mod points;

pub use analyse::analyse;
pub use baseline::{FindBaseline, find_baseline};
pub use finding::{Finding, SegmentFinding, Tally};
pub use job::{MergePlaces, merge_job, merge_output, processing_job};
pub use order::{Baseline, Order, Records};
