//! The capture log: what goes into a model and what comes out, kept so that neither a killed
//! process nor a store that is away loses a record that was answered.
//!
//! A record is one line (`document::capture_record`) appended to the open segment of its
//! endpoint, variant and hour: `FOLDER/NAME.jsonl`, which is already the object that it will
//! become, beside `FOLDER/NAME.json`, which says where to. The call returns when the line has
//! reached the kernel; it reaches the disk in groups. A segment is sealed by age or size, at
//! shutdown and by the next start, and then moved to its destination. The object's name is
//! decided when the segment is made, so whatever is tried again puts the same object: every
//! record is delivered exactly once.
//!
//! Key layout `DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/MM-SS-mmm-UUID.jsonl`: the "Capture
//! data" page of the SageMaker developer guide, file names as in its notebooks.

mod delivery;
mod error;
mod exchange;
mod group_sync;
mod log;
mod loss;
mod options;
mod place;
mod recovery;
mod redact;
mod segment;
mod stream;
mod under_way;

pub use delivery::Undelivered;
pub use error::OpenCapture;
pub use exchange::{Body, CapturePlan, Captured, Exchange};
pub use log::CaptureLog;
pub use loss::{Loss, LossReason};
pub use options::{CaptureKey, CaptureOptions, CaptureSync, NewNames};
pub use redact::{InvalidRule, KeyedHash, Redaction};
pub use under_way::Entered;

#[cfg(test)]
mod tests;
