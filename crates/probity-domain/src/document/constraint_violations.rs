//! `constraint_violations.json` of a data-quality job.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::java_json;
use super::read::{ReadDocument, read};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConstraintViolations {
    pub violations: Vec<Violation>,
}

impl ConstraintViolations {
    /// Reads the bytes of a `constraint_violations.json`.
    pub fn from_json(bytes: &[u8]) -> Result<ConstraintViolations, ReadDocument> {
        read("constraint_violations.json", bytes)
    }

    /// Writes the file as SageMaker does; a clean check has an empty list.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    pub feature_name: String,
    pub constraint_check_type: ConstraintCheckType,
    pub description: String,
}

/// The six checks of a data-quality monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintCheckType {
    DataTypeCheck,
    CompletenessCheck,
    BaselineDriftCheck,
    MissingColumnCheck,
    ExtraColumnCheck,
    CategoricalValuesCheck,
}

impl ConstraintCheckType {
    /// As the file spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataTypeCheck => "data_type_check",
            Self::CompletenessCheck => "completeness_check",
            Self::BaselineDriftCheck => "baseline_drift_check",
            Self::MissingColumnCheck => "missing_column_check",
            Self::ExtraColumnCheck => "extra_column_check",
            Self::CategoricalValuesCheck => "categorical_values_check",
        }
    }
}
