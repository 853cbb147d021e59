//! Jobs from the queue to their final status: a SQLite store, a folder of buckets, the request
//! bodies that the SageMaker SDK sends, and models of `golden/models`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod analyses;
mod queue;
mod script;
mod transform;
mod world;
