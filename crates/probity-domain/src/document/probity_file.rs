//! `probity.json`: what Probity adds beside SageMaker's files — sample sizes, quantiles,
//! intervals, effect sizes, both verdicts, the history of edits, and where the summary
//! state lies. It never repeats what SageMaker's files already say.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::constraint_violations::ConstraintCheckType;
use super::java_json;
use super::number::{double, optional_double};
use super::read::{OwnFormat, ReadDocument, read_own};
use super::statistics::InferredType;

/// What `format` says in every version.
pub const FORMAT: &str = "probity/data-quality";

/// The current version of the format. Older versions stay readable.
pub const VERSION: u32 = 1;

const FILE_NAME: &str = "probity.json";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbityFile {
    /// Always `probity/data-quality`.
    pub format: String,
    pub version: u32,
    /// The program that wrote the file, e.g. `probity 0.1.0`.
    pub writer: String,
    pub dataset: DatasetFacts,
    /// Absent in a file without summary state (e.g. a baseline made from AWS's files).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summaries: Option<SummaryReference>,
    pub features: Vec<FeatureFacts>,
    /// Only after a check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckFacts>,
    /// Edits of the constraints beside this file, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ConstraintEdit>,
}

impl ProbityFile {
    /// Reads the bytes of a `probity.json` of this or an older version.
    pub fn from_json(bytes: &[u8]) -> Result<ProbityFile, ReadDocument> {
        let expected = OwnFormat {
            format: FORMAT,
            newest: VERSION,
        };
        read_own(FILE_NAME, &expected, bytes)
    }

    /// Writes the file in the style of SageMaker's.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetFacts {
    /// Where the rows came from, as given by the user.
    pub sources: Vec<String>,
    /// `csv`, `json`, `json-lines`, `parquet`, `capture`, `merged-capture`.
    pub format: String,
    pub rows: u64,
    pub files: u64,
    pub partitions: u64,
    /// What a reader should know: renamed duplicate columns, skipped files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The summary state that this result was computed from, for merging without the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryReference {
    /// Relative to the folder of this file.
    pub path: String,
    pub sha256: String,
    pub size_bytes: u64,
}

/// What one scan found about a column, beyond `statistics.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureFacts {
    pub name: String,
    pub inferred_type: InferredType,
    /// Values were replaced by hashes before anything was counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
    /// Rows, those without a value included.
    pub n: u64,
    pub n_missing: u64,
    pub type_counts: TypeCounts,
    /// NaN counts as missing; ±infinity is present but outside every moment and sketch.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_nan: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_infinite: u64,
    pub distinct: DistinctFacts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<QuantileFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frequent: Vec<FrequentValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<LengthFacts>,
    /// Only after a check, and only where a distribution exists on both sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftFacts>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Values per type by the published patterns, nulls as `unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCounts {
    pub integral: u64,
    pub fractional: u64,
    pub boolean: u64,
    pub string: u64,
    pub unknown: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistinctFacts {
    #[serde(with = "double")]
    pub estimate: f64,
    /// Relative standard error; 0 when the count is exact.
    #[serde(with = "double")]
    pub relative_standard_error: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileFacts {
    /// Largest error of a rank, as a fraction of `n`; 0 when the sketch holds every value.
    #[serde(with = "double")]
    pub rank_error: f64,
    pub values: Vec<QuantileValue>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileValue {
    #[serde(with = "double")]
    pub p: f64,
    #[serde(with = "double")]
    pub value: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrequentValue {
    pub value: String,
    /// At least so many rows hold it…
    pub count: u64,
    /// …and at most `count + max_undercount`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_undercount: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LengthFacts {
    /// In Unicode scalar values.
    pub min: u64,
    pub max: u64,
    #[serde(with = "double")]
    pub mean: f64,
}

/// How far a column moved from its baseline, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftFacts {
    /// The distance that decides AWS's verdict: `Simple`, `Robust`, `LInfinity`, `ChiSquared`.
    pub method: String,
    /// Of that method (for `ChiSquared`, the p-value). `None` when it cannot be computed.
    #[serde(default, with = "optional_double")]
    pub distance: Option<f64>,
    #[serde(with = "double")]
    pub threshold: f64,
    pub n_baseline: u64,
    pub n_current: u64,
    /// Largest difference of the two distribution functions (or category shares).
    #[serde(with = "double")]
    pub effect: f64,
    /// Interval of `effect`.
    pub interval: Interval,
    /// Of "both samples come from one population", allowing for the sketches' rank error.
    #[serde(with = "double")]
    pub p_value: f64,
    /// Benjamini-Hochberg over all tests of the check. `None` when this column's p-value took
    /// no part in it, e.g. for too few rows: then the corrected verdict is withheld.
    #[serde(default, with = "optional_double")]
    pub p_adjusted: Option<f64>,
    #[serde(default, with = "optional_double")]
    pub psi: Option<f64>,
    /// Jensen-Shannon distance, base 2 (the square root of the divergence), in [0, 1].
    #[serde(default, with = "optional_double")]
    pub jensen_shannon: Option<f64>,
    /// In the column's own unit; numeric columns only.
    #[serde(default, with = "optional_double")]
    pub wasserstein_1: Option<f64>,
    pub violates_aws: bool,
    pub violates_corrected: bool,
    /// Why a number is absent or a verdict withheld, e.g. too few rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    #[serde(with = "double")]
    pub low: f64,
    #[serde(with = "double")]
    pub high: f64,
    /// Confidence level, e.g. 0.95.
    #[serde(with = "double")]
    pub level: f64,
    pub method: String,
}

/// Facts about the check as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckFacts {
    pub baseline: String,
    /// A copy of the baseline's summary state, so that every number can be explained
    /// from this folder alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_summaries: Option<SummaryReference>,
    /// `aws` or `corrected`: which of the two decided exit code, JUnit and Markdown.
    pub verdict: String,
    /// False-discovery rate of the corrected verdict.
    #[serde(with = "double")]
    pub false_discovery_rate: f64,
    /// Features whose drift was tested.
    pub tested: u64,
    pub minimum_rows: u64,
    /// Violations of AWS's verdict are in `constraint_violations.json`; these are of the corrected one.
    pub corrected_violations: Vec<CorrectedViolation>,
    /// Why a check was withheld, e.g. too few rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorrectedViolation {
    pub feature_name: String,
    pub constraint_check_type: ConstraintCheckType,
    #[serde(default, with = "optional_double")]
    pub p_adjusted: Option<f64>,
    pub description: String,
}

/// One edit of a baseline's constraints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstraintEdit {
    /// RFC 3339, UTC.
    pub at: String,
    pub who: String,
    pub why: Option<String>,
    /// `None` for a setting of the whole file.
    pub feature: Option<String>,
    /// Path of the setting, e.g. `distribution_constraints.comparison_threshold`.
    pub setting: String,
    pub old: serde_json::Value,
    pub new: serde_json::Value,
}
