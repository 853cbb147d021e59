//! `statistics.json` of a data-quality job, as SageMaker Model Monitor writes it.
//!
//! Source: AWS developer guide, "Schema for statistics"; facts about number forms in
//! `docs/formats.md`. Members that we do not know are kept out: a file of AWS's is read,
//! never rewritten.

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    pub version: f64,
    pub dataset: DatasetStatistics,
    pub features: Vec<FeatureStatistics>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetStatistics {
    /// Rows of the dataset.
    pub item_count: u64,
}

/// One column. Exactly one of the two statistics is there, or none (type `Unknown`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureStatistics {
    pub name: String,
    pub inferred_type: InferredType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical_statistics: Option<NumericalStatistics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_statistics: Option<StringStatistics>,
}

/// The type that a column's values agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InferredType {
    Integral,
    Fractional,
    /// Written as `String` in the documents, whose schema has no Boolean.
    Boolean,
    String,
    /// No value was present.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommonStatistics {
    pub num_present: u64,
    pub num_missing: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumericalStatistics {
    pub common: CommonStatistics,
    pub mean: f64,
    pub sum: f64,
    /// Population standard deviation.
    pub std_dev: f64,
    pub min: f64,
    pub max: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<NumericalDistribution>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumericalDistribution {
    pub kll: KllDistribution,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllDistribution {
    /// Ten equal-width buckets between min and max.
    pub buckets: Vec<KllBucket>,
    pub sketch: KllSketchDocument,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllBucket {
    pub lower_bound: f64,
    pub upper_bound: f64,
    pub count: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllSketchDocument {
    pub parameters: KllParameters,
    /// Compactor levels; an item of level `i` weighs `2^i`.
    pub data: Vec<Vec<f64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllParameters {
    pub c: f64,
    pub k: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StringStatistics {
    pub common: CommonStatistics,
    pub distinct_count: f64,
    /// Absent for high-cardinality columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<StringDistribution>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StringDistribution {
    pub categorical: CategoricalDistribution,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoricalDistribution {
    pub buckets: Vec<CategoryBucket>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CategoryBucket {
    pub value: String,
    pub count: u64,
}
