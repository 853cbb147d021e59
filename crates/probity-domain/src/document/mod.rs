//! Document formats that users keep: SageMaker's own files, and `probity.json` beside them.

pub mod constraint_violations;
pub mod constraints;
pub mod probity_file;
pub mod statistics;
