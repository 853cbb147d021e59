//! `probity.json` of explanations: which method gave which quantity, how sure it is, and what
//! the pictures of the report are drawn from.
//!
//! Bounded whatever the data: a picture of a million rows is drawn from a sample of them.
//! Every row's values are in `explanations_shap/out.csv`.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::java_json;
use super::number::{double, double_lists, optional_double};
use super::probity_file::{DatasetFacts, Interval};
use super::read::{OwnFormat, ReadDocument, read_own};

/// What `format` says in every version.
pub const FORMAT: &str = "probity/explanations";

/// The current version of the format. Older versions stay readable.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplanationFile {
    /// Always `probity/explanations`.
    pub format: String,
    pub version: u32,
    /// The program that wrote the file, e.g. `probity 0.1.0`.
    pub writer: String,
    pub dataset: DatasetFacts,
    pub model: ModelFacts,
    /// Absent where only partial dependence was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributions: Option<AttributionFacts>,
    /// One per feature, or per feature that could not be computed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial_dependence: Vec<DependenceFacts>,
    /// Only after a check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<AttributionDriftFacts>,
    /// What a reader should know of the analysis as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl ExplanationFile {
    /// Reads the bytes of a `probity.json` of this or an older version.
    pub fn from_json(bytes: &[u8]) -> Result<ExplanationFile, ReadDocument> {
        let expected = OwnFormat {
            format: FORMAT,
            newest: VERSION,
        };
        read_own("probity.json", &expected, bytes)
    }

    /// Writes the file like every `probity.json`.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

/// The model that was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// A file's name or an address, without secrets.
    pub location: String,
    /// `XGBoost`, `LightGBM`, `HTTP (SageMaker)`, …
    pub kind: String,
    /// Of the model's file, in hexadecimal; absent of a model that runs elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Facts in a line, e.g. `500 trees of depth 6, 50 features, 1 output`.
    pub summary: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributionFacts {
    pub method: AttributionMethod,
    /// What is divided among the features.
    pub output: ExplainedOutput,
    /// `mean_abs`, `median` or `mean_sq`.
    pub aggregation: String,
    /// Rows explained.
    pub n_rows: u64,
    /// Rows that stand for "nothing known"; absent of path-dependent values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_baseline_rows: Option<u64>,
    /// `given`, or how it was computed, e.g. `3 clusters of 10,000 rows by k-prototypes`.
    pub baseline: String,
    /// Coalitions of each row; absent of tree values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_coalitions: Option<u64>,
    /// Absent where nothing was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Only some features play, and the other columns keep the row's own values. Then a row's
    /// attributions sum to its output less a value of its own: what the model says on average
    /// with the playing features taken from the baseline.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen_features: bool,
    /// Largest `|base + Σ attributions − output|` over all rows and outputs; `base` is the row's
    /// own where features are chosen.
    #[serde(with = "double")]
    pub largest_additivity_error: f64,
    /// One per output of the model.
    pub labels: Vec<LabelAttributions>,
    /// Rows that were asked for by number, whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<RowAttributions>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributionMethod {
    /// Exact; an absent feature is averaged over the training data that reached each node.
    TreePathDependent,
    /// Exact; an absent feature takes the baseline's values.
    TreeInterventional,
    /// Exact: all coalitions.
    KernelEnumerated,
    /// Estimated from sampled coalitions, with standard errors.
    KernelSampled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedOutput {
    /// The sum of the trees, before the link.
    RawScore,
    /// What the model reports: a value, or the probability of a class.
    Reported,
    /// The logit of a probability.
    LogOdds,
}

/// All features for one output of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelAttributions {
    /// As in `analysis.json`: `label0`, or the header.
    pub label: String,
    /// Mean output on the baseline.
    #[serde(with = "double")]
    pub expected_value: f64,
    /// In the order of the dataset.
    pub features: Vec<FeatureAttributions>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureAttributions {
    pub feature: String,
    /// As `aggregation` says; the value in `analysis.json`.
    #[serde(with = "double")]
    pub global: f64,
    /// Of `global`, over rows as a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Mean of the signed values.
    #[serde(with = "double")]
    pub mean: f64,
    /// Median standard error of a row's value; absent where values are exact.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_double"
    )]
    pub standard_error: Option<f64>,
    /// At most 300 rows, the same ones for every feature.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample: Vec<SampledAttribution>,
}

/// A point of the beeswarm and of the dependence plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampledAttribution {
    /// The row's value of the feature, if it is a number.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_double"
    )]
    pub number: Option<f64>,
    /// The row's value of the feature, if it is a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(with = "double")]
    pub attribution: f64,
}

/// One explained row, for the waterfall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowAttributions {
    /// From 0, in the order of the dataset.
    pub row: u64,
    pub label: String,
    #[serde(with = "double")]
    pub expected_value: f64,
    /// `expected_value + Σ attributions`, in the unit of `output`.
    #[serde(with = "double")]
    pub output: f64,
    /// In the order of the dataset.
    pub features: Vec<RowAttribution>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowAttribution {
    pub feature: String,
    /// As the dataset writes it; absent where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(with = "double")]
    pub attribution: f64,
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_double"
    )]
    pub standard_error: Option<f64>,
}

/// The mean output where one feature is set, over all rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependenceFacts {
    pub feature: String,
    /// `numerical` or `categorical`.
    pub data_type: String,
    /// What there is instead of a curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Rows that were averaged.
    pub n_rows: u64,
    pub points: Vec<DependencePoint>,
    pub labels: Vec<DependenceCurve>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencePoint {
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_double"
    )]
    pub number: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Share of the rows in this bucket, or of this category.
    #[serde(with = "double")]
    pub share: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependenceCurve {
    pub label: String,
    /// A mean per point, with the interval of the mean.
    pub means: Vec<DependenceMean>,
    /// Individual conditional expectation: one output per point, of at most 50 sampled rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "double_lists")]
    pub individual: Vec<Vec<f64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependenceMean {
    #[serde(with = "double")]
    pub mean: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// Whether the ranking of the features moved: nDCG against the baseline's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttributionDriftFacts {
    pub label: String,
    #[serde(with = "double")]
    pub ndcg: f64,
    /// By the bootstrap over rows; absent where the rows' values are not at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    #[serde(with = "double")]
    pub threshold: f64,
    /// SageMaker's verdict: nDCG below the threshold.
    pub violates: bool,
    /// Whether all of the interval is below the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub significant: Option<bool>,
    /// Every feature, in the baseline's order of attribution.
    pub ranks: Vec<RankFacts>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankFacts {
    pub feature: String,
    /// From 1.
    pub baseline_rank: u64,
    pub current_rank: u64,
    #[serde(with = "double")]
    pub baseline: f64,
    #[serde(with = "double")]
    pub current: f64,
}
