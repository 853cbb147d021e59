//! Verbs on a database, as the server calls them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests end a test as the test itself would"
)]

mod card_claims;
mod card_evidence;
mod card_exports;
mod card_filling;
mod card_keeping;
mod card_monitors;
mod card_records;
mod dashboard;
mod denied;
mod denied_registry;
mod endpoints;
mod governance_policies;
mod job_definitions;
mod jobs;
mod lineage;
mod log_lines;
mod metrics;
mod model_card_policy;
mod model_cards;
mod models;
mod monitor_pages;
mod monitoring_alerts;
mod monitoring_baselines;
mod monitoring_schedules;
mod package_cards;
mod pages;
mod registry;
mod search;
mod server;
mod tags;
mod users;
mod world;
