//! `constraint_violations.json` of Clarify's two monitors: a bias metric that moved away
//! from its baseline, or feature attributions whose order changed.
//!
//! Source: AWS developer guide, "Violations" of bias drift and of feature attribution
//! drift; the sentences are those of published output of the service.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::analysis::MetricValue;
use super::python_json::{self, PythonFloat};
use super::read::{ReadDocument, read};
use super::written_analysis::Text;

/// What `version` says.
pub const VERSION: &str = "1.0";

const BIAS_DRIFT_CHECK: &str = "bias_drift_check";
const ATTRIBUTION_DRIFT_CHECK: &str = "feature_attribution_drift_check";

/// The whole document. A clean check has an empty list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftViolations {
    #[serde(default = "current_version")]
    pub version: String,
    pub violations: Vec<DriftViolation>,
}

fn current_version() -> String {
    VERSION.to_owned()
}

/// The document of a clean check.
impl Default for DriftViolations {
    fn default() -> DriftViolations {
        DriftViolations {
            version: current_version(),
            violations: Vec::new(),
        }
    }
}

impl DriftViolations {
    /// Reads the bytes of a `constraint_violations.json` of a bias or attribution monitor.
    pub fn from_json(bytes: &[u8]) -> Result<DriftViolations, ReadDocument> {
        read("constraint_violations.json", bytes)
    }

    /// Writes the file in the layout of `analysis.json`, which lies beside it.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        python_json::write(writer, self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenViolation", into = "WrittenViolation")]
pub enum DriftViolation {
    Bias(BiasViolation),
    Attribution(AttributionViolation),
}

impl DriftViolation {
    /// As `constraint_check_type` spells it.
    pub fn check_type(&self) -> &'static str {
        match self {
            Self::Bias(_) => BIAS_DRIFT_CHECK,
            Self::Attribution(_) => ATTRIBUTION_DRIFT_CHECK,
        }
    }

    pub fn description(&self) -> &str {
        match self {
            Self::Bias(violation) => &violation.description,
            Self::Attribution(violation) => &violation.description,
        }
    }
}

/// A bias metric that lies farther from zero than in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BiasViolation {
    pub facet: String,
    /// `value_or_threshold` of `analysis.json`.
    pub facet_value: String,
    /// `DPL`
    pub metric_name: String,
    /// See [`bias_drift_description`].
    pub description: String,
}

/// The order of the features by attribution is no longer the baseline's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributionViolation {
    /// Key of the label in `explanations.kernel_shap`.
    pub label: String,
    /// `shap`
    pub metric_name: String,
    /// See [`attribution_drift_description`].
    pub description: String,
}

/// The service's sentence for a bias metric.
///
/// ```
/// use probity_domain::document::analysis::MetricValue;
/// use probity_domain::document::bias_violations::bias_drift_description;
///
/// assert_eq!(
///     bias_drift_description(&MetricValue::Float(f64::INFINITY), &MetricValue::Integer(0)),
///     "Metric value Infinity doesn't meet the baseline constraint requirement 0",
/// );
/// ```
pub fn bias_drift_description(current: &MetricValue, baseline: &MetricValue) -> String {
    format!("Metric value {current} doesn't meet the baseline constraint requirement {baseline}")
}

/// The service's sentence for the normalised discounted cumulative gain of attributions,
/// which is too low ("exceeds") below the threshold.
pub fn attribution_drift_description(gain: f64, threshold: f64) -> String {
    format!(
        "Feature attribution drift {} exceeds threshold {}",
        PythonFloat(gain),
        PythonFloat(threshold)
    )
}

/// Both kinds with their members in the order of the service.
#[derive(Serialize, Deserialize)]
struct WrittenViolation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facet: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facet_value: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<Text>,
    metric_name: String,
    constraint_check_type: String,
    #[serde(default)]
    description: String,
}

impl TryFrom<WrittenViolation> for DriftViolation {
    type Error = String;

    fn try_from(written: WrittenViolation) -> Result<DriftViolation, String> {
        match written.constraint_check_type.as_str() {
            BIAS_DRIFT_CHECK => Ok(DriftViolation::Bias(BiasViolation {
                facet: written.facet.ok_or("missing field `facet`")?.0,
                facet_value: written.facet_value.unwrap_or_default().0,
                metric_name: written.metric_name,
                description: written.description,
            })),
            ATTRIBUTION_DRIFT_CHECK => Ok(DriftViolation::Attribution(AttributionViolation {
                label: written.label.ok_or("missing field `label`")?.0,
                metric_name: written.metric_name,
                description: written.description,
            })),
            other => Err(format!(
                "`constraint_check_type` is `{other}`, expected `{BIAS_DRIFT_CHECK}` or \
                 `{ATTRIBUTION_DRIFT_CHECK}`"
            )),
        }
    }
}

impl From<DriftViolation> for WrittenViolation {
    fn from(violation: DriftViolation) -> WrittenViolation {
        let constraint_check_type = violation.check_type().to_owned();
        match violation {
            DriftViolation::Bias(violation) => WrittenViolation {
                facet: Some(Text(violation.facet)),
                facet_value: Some(Text(violation.facet_value)),
                label: None,
                metric_name: violation.metric_name,
                constraint_check_type,
                description: violation.description,
            },
            DriftViolation::Attribution(violation) => WrittenViolation {
                facet: None,
                facet_value: None,
                label: Some(Text(violation.label)),
                metric_name: violation.metric_name,
                constraint_check_type,
                description: violation.description,
            },
        }
    }
}
