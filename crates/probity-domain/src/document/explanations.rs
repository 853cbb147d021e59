//! `explanations` of an `analysis.json`: global attributions per label, and partial
//! dependence per feature.
//!
//! Source: AWS developer guide, "Analysis results", and published output of the service. The
//! readers of the SageMaker SDK take `global_shap_values`, `global_top_shap_text` and `pdp`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::number::{double_list, double_lists, named_doubles, optional_double};
use super::ordered_map;
use super::written_analysis::{Text, WrittenNumber};

/// What Clarify says of a column that is neither numbers nor categories.
pub const UNSUPPORTED_DATA_TYPE: &str = "Detected data type is not supported for PDP. PDP can \
     only be computed for numerical or categorical columns";

/// What moves the predictions of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Explanations {
    /// Per label: a label header, else `label0`, `label1`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "ordered_map")]
    pub kernel_shap: Vec<(String, GlobalShap)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pdp: Vec<PdpEntry>,
    /// As read, e.g. `asymmetric_shapley_value`.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

/// All features for one output of the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct GlobalShap {
    /// Features in the order of the dataset, aggregated over its rows. Empty of a job that
    /// explained texts only.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "named_doubles")]
    pub global_shap_values: Vec<(String, f64)>,
    /// Mean output of the model on the baseline; every file of the service has it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_double"
    )]
    pub expected_value: Option<f64>,
    /// As read, e.g. `global_top_shap_text`.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

/// Partial dependence on one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenPdp", into = "WrittenPdp")]
pub struct PdpEntry {
    pub feature_name: String,
    pub data_type: PdpDataType,
    pub outcome: PdpOutcome,
}

/// What a feature was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum PdpDataType {
    Numerical,
    Categorical,
    FreeText,
    /// As another program spells it.
    Other(String),
}

impl PdpDataType {
    /// As `data_type` spells it.
    pub fn name(&self) -> &str {
        match self {
            Self::Numerical => "numerical",
            Self::Categorical => "categorical",
            Self::FreeText => "free_text",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for PdpDataType {
    fn from(name: String) -> PdpDataType {
        match name.as_str() {
            "numerical" => Self::Numerical,
            "categorical" => Self::Categorical,
            "free_text" => Self::FreeText,
            _ => Self::Other(name),
        }
    }
}

impl From<PdpDataType> for String {
    fn from(data_type: PdpDataType) -> String {
        data_type.name().to_owned()
    }
}

/// A curve, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum PdpOutcome {
    Computed(PdpCurve),
    /// The other features have their curves all the same.
    Failed {
        error: String,
    },
}

/// The mean output of the model where one feature is set, over all rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PdpCurve {
    /// Centres of equally wide buckets, or categories.
    pub feature_values: Vec<PdpValue>,
    /// Share of the rows in each bucket or category.
    pub data_distribution: Vec<f64>,
    /// Per label, one mean per value.
    pub model_predictions: Vec<Vec<f64>>,
    pub label_headers: Vec<String>,
}

/// A value that a feature is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum PdpValue {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
}

impl Serialize for PdpValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Float(number) => WrittenNumber::Float(*number).serialize(serializer),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for PdpValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PdpValue, D::Error> {
        /// A text that names an infinity stays a text: a category may be called so.
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a number, a text or a truth value")]
        enum Written {
            Boolean(bool),
            Integer(i64),
            Float(f64),
            Text(String),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Boolean(value) => Self::Boolean(value),
            Written::Integer(number) => Self::Integer(number),
            Written::Float(number) => Self::Float(number),
            Written::Text(text) => Self::Text(text),
        })
    }
}

/// A `pdp` entry as it stands in the file: with a curve's members, or with an `error`.
#[derive(Serialize, Deserialize)]
struct WrittenPdp {
    feature_name: Text,
    data_type: PdpDataType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    feature_values: Option<Vec<PdpValue>>,
    // The guide writes both.
    #[serde(
        default,
        alias = "data_distributions",
        skip_serializing_if = "Option::is_none"
    )]
    data_distribution: Option<Doubles>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_predictions: Option<DoubleRows>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_headers: Option<Vec<Text>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Doubles(#[serde(with = "double_list")] Vec<f64>);

#[derive(Serialize, Deserialize)]
struct DoubleRows(#[serde(with = "double_lists")] Vec<Vec<f64>>);

impl TryFrom<WrittenPdp> for PdpEntry {
    type Error = String;

    fn try_from(written: WrittenPdp) -> Result<PdpEntry, String> {
        let outcome = match written.error {
            Some(error) => PdpOutcome::Failed { error },
            None => {
                let missing = |name| format!("missing field `{name}`");
                PdpOutcome::Computed(PdpCurve {
                    feature_values: written
                        .feature_values
                        .ok_or_else(|| missing("feature_values"))?,
                    data_distribution: written
                        .data_distribution
                        .ok_or_else(|| missing("data_distribution"))?
                        .0,
                    model_predictions: written
                        .model_predictions
                        .ok_or_else(|| missing("model_predictions"))?
                        .0,
                    label_headers: written
                        .label_headers
                        .unwrap_or_default()
                        .into_iter()
                        .map(|header| header.0)
                        .collect(),
                })
            }
        };
        Ok(PdpEntry {
            feature_name: written.feature_name.0,
            data_type: written.data_type,
            outcome,
        })
    }
}

impl From<PdpEntry> for WrittenPdp {
    fn from(entry: PdpEntry) -> WrittenPdp {
        let mut written = WrittenPdp {
            feature_name: Text(entry.feature_name),
            data_type: entry.data_type,
            feature_values: None,
            data_distribution: None,
            model_predictions: None,
            label_headers: None,
            error: None,
        };
        match entry.outcome {
            PdpOutcome::Failed { error } => written.error = Some(error),
            PdpOutcome::Computed(curve) => {
                let headers = curve.label_headers.into_iter().map(Text);
                written.feature_values = Some(curve.feature_values);
                written.data_distribution = Some(Doubles(curve.data_distribution));
                written.model_predictions = Some(DoubleRows(curve.model_predictions));
                written.label_headers = Some(headers.collect());
            }
        }
        written
    }
}
