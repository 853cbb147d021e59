//! `analysis.json`: what a Clarify job found, in the form of the job and of its Python
//! library.

/// The whole document.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// `1.0`.
    pub version: String,
    pub post_training_bias_metrics: Option<StageMetrics>,
    pub pre_training_bias_metrics: Option<StageMetrics>,
    /// SHAP values and partial dependence, as they were read.
    pub explanations: Option<serde_json::Value>,
}

/// The metrics of one stage, or why there are none.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct FacetMetrics {
    pub value_or_threshold: String,
    pub metrics: Vec<MetricEntry>,
}

#[derive(Clone, Debug, PartialEq)]
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
