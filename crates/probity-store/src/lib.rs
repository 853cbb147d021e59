//! Resources as rows, and rows as resources: one SQL text for SQLite and PostgreSQL.
//!
//! Columns are BIGINT, DOUBLE PRECISION and TEXT only, times are milliseconds since 1970 in UTC,
//! documents are JSON text: what both databases mean alike.

mod error;
pub mod resource;
mod store;

pub use error::StoreError;
pub use store::{Backend, Store, Unit};
