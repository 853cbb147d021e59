//! `probity.json` of a bias analysis: sample sizes, intervals, the metrics that Clarify
//! lacks, segments and subgroups, and both verdicts of a check.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::explanation_file::ExplanationFile;
use super::java_json;
use super::number::{double, optional_double};
use super::probity_file::{DatasetFacts, Interval};
use super::read::{OwnFormat, ReadDocument, read_own};

/// What `format` says in every version.
pub const FORMAT: &str = "probity/bias";

/// The current version of the format. Older versions stay readable.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BiasFile {
    /// Always `probity/bias`.
    pub format: String,
    pub version: u32,
    /// The program that wrote the file, e.g. `probity 0.1.0`.
    pub writer: String,
    pub dataset: DatasetFacts,
    pub label: OutcomeFacts,
    /// Absent when nothing was predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted_label: Option<OutcomeFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_variable: Option<String>,
    /// One entry per facet and value, in the order of `analysis.json`.
    pub facets: Vec<FacetFacts>,
    /// Intersections of facets, worst first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subgroups: Option<SubgroupFacts>,
    /// One entry per segment of `segment_config`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentFacts>,
    /// Only after a check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<BiasCheckFacts>,
    /// What moved the predictions, where the same run explained them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanations: Option<Box<ExplanationFile>>,
    /// What a reader should know of the analysis as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl BiasFile {
    /// Reads the bytes of a `probity.json` of this or an older version.
    pub fn from_json(bytes: &[u8]) -> Result<BiasFile, ReadDocument> {
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

/// How a column was collapsed to "positive" and the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeFacts {
    pub column: String,
    /// `CATEGORICAL` or `CONTINUOUS`, as detected.
    pub data_type: String,
    /// The positive values, or the interval.
    pub positive: String,
    pub n: u64,
    pub n_positive: u64,
    /// Rows without a value; they count as negative.
    pub n_missing: u64,
    /// Rows per value, most frequent first, at most 30; of a continuous column none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueFacts>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueFacts {
    pub value: String,
    pub n: u64,
}

/// One facet value (or interval) against the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacetFacts {
    pub facet: String,
    pub value_or_threshold: String,
    /// `CATEGORICAL` or `CONTINUOUS`, as detected.
    pub data_type: String,
    /// Rows by label and prediction, of the group that is measured against…
    pub advantaged: GroupFacts,
    /// …and of the sensitive group.
    pub disadvantaged: GroupFacts,
    /// Rows without a facet value; they count as advantaged.
    pub n_missing: u64,
    /// Clarify's metrics, pre-training first, in the order of `analysis.json`.
    pub metrics: Vec<MetricFacts>,
    /// What the field has and Clarify lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended: Vec<MetricFacts>,
}

/// The confusion matrix of a group; without predictions the rows are `true_negatives`
/// (negative labels) and `false_negatives` (positive labels).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFacts {
    pub n: u64,
    pub true_positives: u64,
    pub false_positives: u64,
    pub false_negatives: u64,
    pub true_negatives: u64,
}

/// A metric, and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricFacts {
    /// `DPL`, `equalized_odds_difference`, …
    pub name: String,
    /// `pre_training`, `post_training`.
    pub stage: String,
    pub description: String,
    /// `None` when it cannot be computed; ±infinity as a text.
    #[serde(default, with = "optional_double")]
    pub value: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Rows that the value rests on, per group: all rows, or those with a positive label,
    /// and so on.
    pub n_advantaged: u64,
    pub n_disadvantaged: u64,
    /// Who is disadvantaged and by how much, in plain words.
    pub reading: String,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Why there is no interval, or what it leaves out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Groups by the values of all facets together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubgroupFacts {
    /// Groups with fewer rows are counted but not ranked.
    pub minimum_rows: u64,
    pub n_too_small: u64,
    /// Worst first, at most 50.
    pub groups: Vec<SubgroupRow>,
}

/// One subgroup against all other rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubgroupRow {
    /// Facet and value, in the order of the facets.
    pub values: Vec<(String, String)>,
    pub counts: GroupFacts,
    /// Share of positive labels, and of positive predictions.
    pub label_rate: MetricFacts,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction_rate: Option<MetricFacts>,
    /// Difference to all other rows (other − this), of predictions where there are any.
    pub difference: MetricFacts,
}

/// The analysis of a part of the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentFacts {
    /// `config_name` of the segmentation, or its column.
    pub config_name: String,
    pub column: String,
    /// The alias, or the values and intervals as configured; `__default__` for the rest.
    pub segment: String,
    pub n: u64,
    pub facets: Vec<FacetFacts>,
    /// Why the segment has no metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Facts about a comparison with a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BiasCheckFacts {
    pub baseline: String,
    /// `aws` or `corrected`: which of the two decided exit code, JUnit and Markdown.
    pub verdict: String,
    #[serde(with = "double")]
    pub false_discovery_rate: f64,
    /// Metrics that were tested, over all facets.
    pub tested: u64,
    pub metrics: Vec<MetricDriftFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One metric of one facet value, then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricDriftFacts {
    pub facet: String,
    pub value_or_threshold: String,
    pub name: String,
    #[serde(default, with = "optional_double")]
    pub baseline: Option<f64>,
    #[serde(default, with = "optional_double")]
    pub current: Option<f64>,
    /// Of current − baseline, allowing for the errors of both samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    #[serde(default, with = "optional_double")]
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg over all tested metrics and facets.
    #[serde(default, with = "optional_double")]
    pub p_adjusted: Option<f64>,
    pub violates_aws: bool,
    pub violates_corrected: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
