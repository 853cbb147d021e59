//! The fuzzer of `probity-data`, with what the server reads as its target.

#[path = "../../../../probity-data/examples/fuzz/harness/mutation.rs"]
mod mutation;
#[path = "../../../../probity-data/examples/fuzz/harness/random.rs"]
pub(crate) mod random;
#[path = "../../../../probity-data/examples/fuzz/harness/session.rs"]
pub(crate) mod session;
pub(crate) mod targets;
