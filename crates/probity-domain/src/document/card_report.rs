//! A report that an evaluation of a model card can be bound to, as it was read.

use super::model_card::{MetricGroup, ReportKind};

#[derive(Clone, Debug, PartialEq)]
pub struct CardReport {
    pub uri: String,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    pub kind: ReportKind,
    pub groups: Vec<MetricGroup>,
    /// When the object was written, by the clock of who keeps it.
    pub modified_ms: Option<i64>,
}
