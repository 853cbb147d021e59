//! `constraint_violations.json` of a model-quality job.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::java_json;
use super::model_quality_constraints::ComparisonOperator;
use super::read::{ReadDocument, read};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelQualityViolations {
    pub violations: Vec<MetricViolation>,
}

impl ModelQualityViolations {
    /// Reads the bytes of a `constraint_violations.json`.
    pub fn from_json(bytes: &[u8]) -> Result<ModelQualityViolations, ReadDocument> {
        read("constraint_violations.json", bytes)
    }

    /// Writes the file as SageMaker does; a clean check has an empty list.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricViolation {
    /// The operator of the constraint.
    pub constraint_check_type: ComparisonOperator,
    pub description: String,
    pub metric_name: String,
}
