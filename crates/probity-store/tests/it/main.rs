//! One suite, on a SQLite file and on PostgreSQL; and what only one of them can show.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests end a test as the test itself would"
)]

mod alert_comment;
mod alert_silence;
mod audit;
mod backup;
mod capture_loss;
mod capture_server;
mod database;
mod endpoint_latency;
mod fleet;
mod job;
mod log_event;
mod metric_interval;
mod metric_point;
mod migration;
mod model_card;
mod monitoring_alert;
mod monitoring_alert_change;
mod monitoring_execution;
mod notification;
mod notification_channel;
mod resource;
mod resource_pages;
mod retention;
mod session;
mod setting;
mod tag;
mod user;
