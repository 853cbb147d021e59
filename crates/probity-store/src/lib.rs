//! Resources as rows, and rows as resources: one SQL text for SQLite and PostgreSQL.
//!
//! Columns are BIGINT, DOUBLE PRECISION and TEXT only, times are milliseconds since 1970 in UTC,
//! documents are JSON text: what both databases mean alike.

pub mod alert_comment;
pub mod alert_silence;
pub mod audit;
pub mod backup;
mod canonical;
pub mod capture_loss;
pub mod capture_seal;
pub mod capture_server;
pub mod endpoint_latency;
pub mod endpoint_traffic;
mod error;
mod execution_end;
pub mod fleet;
pub mod job;
pub mod latency_histogram;
pub mod log_event;
mod many;
pub mod metric_interval;
pub mod metric_point;
pub mod model_card_review;
pub mod model_card_subject;
pub mod model_card_version;
pub mod monitoring_alert;
pub mod monitoring_alert_change;
pub mod monitoring_execution;
pub mod notification;
pub mod notification_channel;
mod page;
pub mod resource;
pub mod session;
pub mod setting;
mod store;
pub mod tag;
pub mod user;
mod vault;

pub use error::StoreError;
pub use page::{Cursor, Page};
pub use store::{Backend, Store, Unit, Upgrade, sqlite_url};
pub use vault::Vault;
