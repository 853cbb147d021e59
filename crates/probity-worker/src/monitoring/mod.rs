//! Executions of monitoring schedules.

pub mod kinds;
