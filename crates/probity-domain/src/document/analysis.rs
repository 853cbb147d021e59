//! `analysis.json`: what a Clarify job found, in the form of the job and of its Python
//! library.
//!
//! Source: AWS developer guide, "Analysis results", and published output of the service.
//! A stage that fails as a whole ends a job of the service, so no file says how that looks;
//! here the stage has no facets and an `error`, which the readers of the SageMaker SDK pass
//! over. See `docs/api-quirks.md`.

use std::fmt;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::explanations::Explanations;
use super::python_json::{self, PythonFloat};
use super::read::{ReadDocument, read};
use super::written_analysis::{WrittenFacet, WrittenMetric, WrittenStage};

/// What `version` says.
pub const VERSION: &str = "1.0";

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// `1.0`.
    #[serde(default = "current_version")]
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_training_bias_metrics: Option<StageMetrics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_training_bias_metrics: Option<StageMetrics>,
    /// SHAP values and partial dependence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanations: Option<Explanations>,
    /// Members that we don't know, as read. An object among them stops the SDK's reader of
    /// bias metrics, which takes every object for a stage.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

fn current_version() -> String {
    VERSION.to_owned()
}

/// A document that says nothing.
impl Default for Analysis {
    fn default() -> Analysis {
        Analysis {
            version: current_version(),
            post_training_bias_metrics: None,
            pre_training_bias_metrics: None,
            explanations: None,
            other_members: Map::new(),
        }
    }
}

impl Analysis {
    /// Reads the bytes of an `analysis.json`.
    pub fn from_json(bytes: &[u8]) -> Result<Analysis, ReadDocument> {
        read("analysis.json", bytes)
    }

    /// Writes the file as Clarify does.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        python_json::write(writer, self)
    }
}

/// The metrics of one stage, or why there are none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenStage", into = "WrittenStage")]
pub enum StageMetrics {
    Computed(BiasStage),
    /// The stage as a whole could not be computed.
    Failed {
        error: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct BiasStage {
    /// Name of the label column.
    pub label: String,
    /// Facet columns in the order of the configuration.
    pub facets: Vec<(String, Vec<FacetMetrics>)>,
    /// The positive values joined by `,`, or the interval `(threshold, max]`.
    pub label_value_or_threshold: String,
}

/// The metrics of one value (or group of values, or interval) of a facet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenFacet", into = "WrittenFacet")]
pub struct FacetMetrics {
    pub value_or_threshold: String,
    pub metrics: Vec<MetricEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenMetric", into = "WrittenMetric")]
pub struct MetricEntry {
    /// `DPL`
    pub name: String,
    /// `Difference in Positive Proportions in Labels (DPL)`
    pub description: String,
    pub value: MetricValue,
}

/// A number as Python's `json` writes it, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// ±infinity is written as a text.
    Float(f64),
    /// Clarify writes `0`, not `0.0`, where equal infinities cancel.
    Integer(i64),
    /// Written as `"value": null, "error": …`.
    Error(String),
}

impl MetricValue {
    /// `None` for an error.
    pub fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "only the integer 0 occurs")]
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Error(_) => None,
        }
    }
}

/// The number as the sentences of Clarify print it; of an error its text.
impl fmt::Display for MetricValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(number) => PythonFloat(*number).fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Error(error) => f.write_str(error),
        }
    }
}
