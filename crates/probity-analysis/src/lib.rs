//! One analysis, end to end: a dataset and a configuration in, documents out.
//!
//! * [`scan`](mod@scan): one pass over a dataset that summarises every column on all cores;
//! * [`data_quality`]: profile, baseline, check, merge, diff, why, and edits of constraints.

mod aggregate;
pub mod data_quality;
mod redacted;
pub mod scan;
