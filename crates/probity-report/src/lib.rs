//! Filled by the first module.
