//! `probity.json` of a model-quality analysis: sample sizes, intervals, the metrics that
//! Model Monitor lacks, calibration, classes, residuals, segments, and both verdicts of a
//! check. It never repeats SageMaker's standard deviations and curves.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::java_json;
use super::model_quality_constraints::ComparisonOperator;
use super::model_quality_statistics::ProblemType;
use super::number::{double, optional_double};
use super::probity_file::{ConstraintEdit, DatasetFacts, Interval, QuantileFacts};
use super::read::{ReadDocument, read};

/// What `format` says in every version.
pub const FORMAT: &str = "probity/model-quality";

/// The current version of the format. Older versions stay readable.
pub const VERSION: u32 = 1;

const FILE_NAME: &str = "probity.json";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelQualityFile {
    /// Always `probity/model-quality`.
    pub format: String,
    pub version: u32,
    /// The program that wrote the file, e.g. `probity 0.1.0`.
    pub writer: String,
    pub dataset: DatasetFacts,
    pub problem_type: ProblemType,
    pub columns: QualityColumns,
    /// Of the subsamples behind the standard deviations.
    pub seed: u64,
    /// All rows.
    pub whole: QualityFacts,
    /// One entry per value of each segment column, in order of first appearance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentQuality>,
    /// Only after a check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<QualityCheckFacts>,
    /// Edits of the constraints beside this file, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ConstraintEdit>,
    /// What a reader should know of the analysis as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl ModelQualityFile {
    /// Reads the bytes of a `probity.json` of this or an older version.
    pub fn from_json(bytes: &[u8]) -> Result<ModelQualityFile, ReadDocument> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        let head: Head = read(FILE_NAME, bytes)?;
        if head.format != FORMAT {
            return Err(ReadDocument::OtherFormat {
                document: FILE_NAME,
                found: head.format,
                expected: FORMAT,
            });
        }
        if head.version > u64::from(VERSION) {
            return Err(ReadDocument::NewerVersion {
                document: FILE_NAME,
                found: head.version,
                newest: VERSION,
            });
        }
        read(FILE_NAME, bytes)
    }

    /// Writes the file in the style of SageMaker's.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

/// Which columns were compared, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityColumns {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<String>,
    /// A probability above it is a positive prediction.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub probability_threshold: Option<f64>,
    /// The label that counts as positive, where the user named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
}

/// What was measured on a set of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QualityFacts {
    pub rows: QualityRows,
    /// SageMaker's metrics, in the order of `statistics.json`.
    pub metrics: Vec<QualityMetric>,
    /// What the field has and Model Monitor lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<QualityMetric>,
    /// Only with probabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<CalibrationCurve>,
    /// Of a classification, in the order of the confusion matrix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassQuality>,
    /// Of a regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residuals: Option<ResidualFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Rows, and why some are left out. A row that lacks several values is counted once, by the
/// first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QualityRows {
    pub n: u64,
    /// Rows that the metrics rest on.
    pub n_used: u64,
    pub n_missing_label: u64,
    pub n_missing_prediction: u64,
    pub n_missing_probability: u64,
}

/// A metric, and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityMetric {
    /// As `statistics.json` names it, e.g. `weighted_f1`; ours alike, e.g. `log_loss`.
    pub name: String,
    /// `None` when it doesn't exist; the note says why.
    #[serde(default, with = "optional_double")]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Rows that the value rests on: of recall those with a positive label, and so on.
    pub n: u64,
    /// Why there is no value or no interval, or what it leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Predicted probabilities against observed shares, over ten bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationCurve {
    /// `equal_width` or `equal_rows`.
    pub bins_by: String,
    /// Bins without rows are left out.
    pub bins: Vec<CalibrationBin>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Smallest and largest probability that the bin is for.
    #[serde(with = "double")]
    pub low: f64,
    #[serde(with = "double")]
    pub high: f64,
    pub n: u64,
    /// Mean of the probabilities.
    #[serde(with = "double")]
    pub mean_probability: f64,
    /// Share of positive labels, and its interval.
    #[serde(with = "double")]
    pub positive_share: f64,
    pub interval: Interval,
}

/// One class against all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassQuality {
    pub class: String,
    /// Rows with this label.
    pub support: u64,
    /// Rows with this prediction.
    pub n_predicted: u64,
    /// `None` when the class was never predicted.
    #[serde(default, with = "optional_double")]
    pub precision: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision_interval: Option<Interval>,
    /// `None` when the class is no label.
    #[serde(default, with = "optional_double")]
    pub recall: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall_interval: Option<Interval>,
    #[serde(default, with = "optional_double")]
    pub f1: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f1_interval: Option<Interval>,
}

/// Label − prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResidualFacts {
    pub n: u64,
    #[serde(with = "double")]
    pub min: f64,
    #[serde(with = "double")]
    pub max: f64,
    pub quantiles: QuantileFacts,
}

/// What was measured on the rows with one value of a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentQuality {
    pub column: String,
    /// `None` for rows without a value.
    pub value: Option<String>,
    pub quality: QualityFacts,
}

/// Facts about a comparison with a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityCheckFacts {
    pub baseline: String,
    /// `aws` or `corrected`: which of the two decided exit code, JUnit and Markdown.
    pub verdict: String,
    /// False-discovery rate of the corrected verdict.
    #[serde(with = "double")]
    pub false_discovery_rate: f64,
    /// Metrics whose change was tested.
    pub tested: u64,
    pub minimum_rows: u64,
    /// One entry per constraint, in the order of the file.
    pub metrics: Vec<MetricChange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One metric, then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricChange {
    pub name: String,
    #[serde(with = "double")]
    pub threshold: f64,
    pub comparison_operator: ComparisonOperator,
    /// As measured on the baseline, or the threshold where that is all that is known.
    #[serde(default, with = "optional_double")]
    pub baseline: Option<f64>,
    #[serde(default, with = "optional_double")]
    pub current: Option<f64>,
    /// Current − baseline, or current − threshold where that is not the baseline's value.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub difference: Option<f64>,
    /// Of the difference, allowing for the errors that are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// One-sided: of a change for the worse at least as large, if nothing had changed.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg over all tested metrics.
    #[serde(
        default,
        with = "optional_double",
        skip_serializing_if = "Option::is_none"
    )]
    pub p_adjusted: Option<f64>,
    pub violates_aws: bool,
    pub violates_corrected: bool,
    /// What the difference is measured against, and why a verdict is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
