//! Bytes on the wire: AWS JSON, the runtime API, S3, health and metrics.

mod answer;
mod aws;
mod baseline;
mod body;
mod card;
mod card_document;
mod card_evidence;
mod coverage;
pub mod fuzzing;
mod ground_truth;
mod host;
mod import;
mod leftover;
mod limits;
mod listen;
mod metric_names;
mod numbers;
mod operations;
mod pages;
mod preview;
mod probe;
mod redaction_tag;
mod report;
mod route;
mod run_evidence;
pub mod runtime;
mod s3;
mod server;
mod threshold_change;
mod unsigned;

pub use answer::{Answer, AnswerBody, BodyError};
pub use aws::{KeyAndUser, Keys};
pub use coverage::{coverage_json, coverage_page, own_operations_page};
pub use limits::Limits;
pub use listen::{Tls, TlsError, serve, tls_config};
pub use metric_names::metrics_page;
pub use numbers::{record_metrics, serve_metrics};
pub use s3::{S3Parts, service as object_service};
pub use server::{
    Authentication, DEFAULT_REGION, MetricsPage, ObjectService, Runtime, ServerParts,
};
