//! Jobs from the queue to their final status: a SQLite store, a folder of buckets, the request
//! bodies that the SageMaker SDK sends, and models of `golden/models`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests end a test as the test itself would"
)]

mod analyses;
mod captures;
mod card_exports;
mod late_labels;
mod monitors;
mod notifications;
mod queue;
mod script;
mod transform;
mod world;
