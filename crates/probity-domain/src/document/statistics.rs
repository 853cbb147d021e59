//! `statistics.json` of a data-quality job, as SageMaker Model Monitor writes it.
//!
//! Source: AWS developer guide, "Schema for statistics"; facts about number forms in
//! `docs/formats.md`. Members that we do not know are kept out: a file of AWS's is read,
//! never rewritten.

use std::borrow::Borrow;
use std::cell::Cell;
use std::io::{self, Write};

use serde::{Deserialize, Serialize, Serializer};

use super::java_json;
use super::number::{count, double, double_lists};
use super::read::{ReadDocument, read};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    #[serde(default, with = "double")]
    pub version: f64,
    pub dataset: DatasetStatistics,
    pub features: Vec<FeatureStatistics>,
}

impl Statistics {
    /// Reads the bytes of a `statistics.json`.
    pub fn from_json(bytes: &[u8]) -> Result<Statistics, ReadDocument> {
        read("statistics.json", bytes)
    }

    /// Writes the file as SageMaker does.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

/// Writes a `statistics.json` whose features are made one at a time: with sketches they
/// are far larger than the summaries that they come from.
pub fn write_statistics<W, I>(writer: W, dataset: DatasetStatistics, features: I) -> io::Result<()>
where
    W: Write,
    I: IntoIterator,
    I::Item: Borrow<FeatureStatistics>,
{
    #[derive(Serialize)]
    struct Streamed<F> {
        version: f64,
        dataset: DatasetStatistics,
        features: F,
    }
    let features = OneAtATime(Cell::new(Some(features)));
    java_json::write(
        writer,
        &Streamed {
            version: 0.0,
            dataset,
            features,
        },
    )
}

/// An iterator in the place of a list; it can be written once.
struct OneAtATime<I>(Cell<Option<I>>);

impl<I> Serialize for OneAtATime<I>
where
    I: IntoIterator,
    I::Item: Borrow<FeatureStatistics>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Written<B>(B);
        impl<B: Borrow<FeatureStatistics>> Serialize for Written<B> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.borrow().serialize(serializer)
            }
        }
        serializer.collect_seq(self.0.take().into_iter().flatten().map(Written))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetStatistics {
    /// Rows of the dataset.
    #[serde(with = "count")]
    pub item_count: u64,
}

/// One column. Exactly one of the two statistics is there, or none (type `Unknown`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenFeature")]
pub struct FeatureStatistics {
    pub name: String,
    #[serde(serialize_with = "write_inferred_type")]
    pub inferred_type: InferredType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerical_statistics: Option<NumericalStatistics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_statistics: Option<StringStatistics>,
}

/// A column as found in files: those of batch transform jobs have lacked the type
/// (aws/amazon-sagemaker-examples issue 3915).
#[derive(Deserialize)]
struct WrittenFeature {
    name: String,
    #[serde(default)]
    inferred_type: Option<InferredType>,
    #[serde(default)]
    numerical_statistics: Option<NumericalStatistics>,
    #[serde(default)]
    string_statistics: Option<StringStatistics>,
}

impl From<WrittenFeature> for FeatureStatistics {
    fn from(written: WrittenFeature) -> FeatureStatistics {
        // Integers belong to `Fractional` too, so it is the safe reading of a number.
        let likely_type = if written.numerical_statistics.is_some() {
            InferredType::Fractional
        } else if written.string_statistics.is_some() {
            InferredType::String
        } else {
            InferredType::Unknown
        };
        FeatureStatistics {
            name: written.name,
            inferred_type: written.inferred_type.unwrap_or(likely_type),
            numerical_statistics: written.numerical_statistics,
            string_statistics: written.string_statistics,
        }
    }
}

/// The type that a column's values agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InferredType {
    Integral,
    Fractional,
    /// Written as `String` in the documents, whose schema has no Boolean.
    Boolean,
    String,
    /// No value was present.
    #[default]
    Unknown,
}

impl InferredType {
    /// As the documents name it: their schema has no Boolean.
    pub fn documented(self) -> InferredType {
        match self {
            Self::Boolean => Self::String,
            Self::Integral | Self::Fractional | Self::String | Self::Unknown => self,
        }
    }

    /// The documents' name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integral => "Integral",
            Self::Fractional => "Fractional",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::Unknown => "Unknown",
        }
    }

    /// Drift of such a column is a matter of quantiles; of any other, of categories.
    pub fn is_numeric(self) -> bool {
        match self {
            Self::Integral | Self::Fractional => true,
            Self::Boolean | Self::String | Self::Unknown => false,
        }
    }
}

pub(super) fn write_inferred_type<S: Serializer>(
    inferred_type: &InferredType,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    inferred_type.documented().serialize(serializer)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommonStatistics {
    #[serde(with = "count")]
    pub num_present: u64,
    #[serde(with = "count")]
    pub num_missing: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumericalStatistics {
    pub common: CommonStatistics,
    #[serde(with = "double")]
    pub mean: f64,
    #[serde(with = "double")]
    pub sum: f64,
    /// Population standard deviation.
    #[serde(with = "double")]
    pub std_dev: f64,
    #[serde(with = "double")]
    pub min: f64,
    #[serde(with = "double")]
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
    #[serde(with = "double")]
    pub lower_bound: f64,
    #[serde(with = "double")]
    pub upper_bound: f64,
    #[serde(with = "double")]
    pub count: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllSketchDocument {
    pub parameters: KllParameters,
    /// Compactor levels; an item of level `i` weighs `2^i`.
    #[serde(with = "double_lists")]
    pub data: Vec<Vec<f64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KllParameters {
    #[serde(with = "double")]
    pub c: f64,
    #[serde(with = "double")]
    pub k: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StringStatistics {
    pub common: CommonStatistics,
    #[serde(with = "double")]
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
    #[serde(with = "count")]
    pub count: u64,
}
