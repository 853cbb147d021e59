//! What the pages of the dashboard show. Each page asks one verb, which reads whole kinds with a
//! statement for each and joins them here: never one statement for each row.

pub mod activity;
pub mod batch_job;
pub mod fleet;
mod fleet_cards;
mod fleet_order;
mod fleet_read;
mod fleet_summary;
pub mod history;
pub mod latency;
pub mod live;
pub mod model;
pub mod monitor;
pub mod monitor_state;
pub mod monitors;
mod places;
pub mod result;
pub mod run;
pub mod views;

/// The right to see anything here at all.
pub const SEE: &str = "probity:GetDashboard";

/// A day in milliseconds.
pub const DAY_MS: i64 = 86_400_000;
