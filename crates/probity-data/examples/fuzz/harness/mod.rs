//! A small fuzzer for stable Rust: it mutates kept inputs with the readers'
//! structure in mind and watches for panics, slow inputs and memory. Without
//! coverage feedback: LLVM's counters need callbacks in unsafe code, which
//! this workspace denies, and a build of their own of the query engine.

mod mutation;
pub(crate) mod random;
pub(crate) mod session;
pub(crate) mod targets;
