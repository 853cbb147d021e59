//! Taking the metrics of a card's evaluation from a report: Clarify's `analysis.json`, Model
//! Monitor's `statistics.json`, and files that are in the card's own form.
//!
//! Source of the names and the order: `sagemaker.model_card.evaluation_metric_parsers` of the
//! SageMaker Python SDK 2. Differences, all of them towards reading more: a value that is not
//! finite is left out instead of refused, a missing standard deviation is none, and a file
//! with bias metrics and explanations gives both. Data quality is ours, the SDK has no parser
//! for it.

mod bias;
mod data_quality;
mod explanations;
mod limits;
mod model_quality;
mod written;

use serde_json::Value;

use super::MetricGroup;
use super::reading;
use crate::document::ReadDocument;
use crate::document::read::read;

pub use written::group_value;
pub(crate) use written::number;

/// What a report is about, hence how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// `{"metric_groups": […]}`, as the card has them.
    ModelCardMetricSchema,
    ClarifyBias,
    ClarifyExplainability,
    /// An `analysis.json` with both.
    ClarifyBiasAndExplainability,
    ModelQualityRegression,
    ModelQualityBinary,
    ModelQualityMulticlass,
    /// `statistics.json` of a dataset.
    DataQuality,
    /// `constraint_violations.json` of any monitor.
    ConstraintViolations,
}

impl ReportKind {
    pub const ALL: [ReportKind; 9] = [
        Self::ModelCardMetricSchema,
        Self::ClarifyBias,
        Self::ClarifyExplainability,
        Self::ClarifyBiasAndExplainability,
        Self::ModelQualityRegression,
        Self::ModelQualityBinary,
        Self::ModelQualityMulticlass,
        Self::DataQuality,
        Self::ConstraintViolations,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelCardMetricSchema => "model-card-metrics",
            Self::ClarifyBias => "clarify-bias",
            Self::ClarifyExplainability => "clarify-explainability",
            Self::ClarifyBiasAndExplainability => "clarify-bias-and-explainability",
            Self::ModelQualityRegression => "model-quality-regression",
            Self::ModelQualityBinary => "model-quality-binary",
            Self::ModelQualityMulticlass => "model-quality-multiclass",
            Self::DataQuality => "data-quality",
            Self::ConstraintViolations => "constraint-violations",
        }
    }

    /// By our name or by the SDK's (`Clarify Bias`). The SDK's `Model Monitor Model Quality`
    /// is no kind of its own: it says that the file decides, see [`ReportKind::of`].
    pub fn parse(text: &str) -> Option<ReportKind> {
        let of_sdk = match text {
            "Model Card Metric Schema" => Some(Self::ModelCardMetricSchema),
            "Clarify Bias" => Some(Self::ClarifyBias),
            "Clarify Explainability" => Some(Self::ClarifyExplainability),
            "Model Monitor Model Quality Regression" => Some(Self::ModelQualityRegression),
            "Model Monitor Model Quality Binary Classification" => Some(Self::ModelQualityBinary),
            "Model Monitor Model Quality Multiclass Classification" => {
                Some(Self::ModelQualityMulticlass)
            }
            _ => None,
        };
        of_sdk.or_else(|| Self::ALL.into_iter().find(|kind| kind.as_str() == text))
    }

    /// By what the report holds; `None` where nothing of it is known.
    pub fn of(report: &Value) -> Option<ReportKind> {
        let members = report.as_object()?;
        let has = |name: &str| members.contains_key(name);
        if has("metric_groups") {
            return Some(Self::ModelCardMetricSchema);
        }
        if has("regression_metrics") {
            return Some(Self::ModelQualityRegression);
        }
        if has("binary_classification_metrics") {
            return Some(Self::ModelQualityBinary);
        }
        if has("multiclass_classification_metrics") {
            return Some(Self::ModelQualityMulticlass);
        }
        match (bias::is_in(members), has("explanations")) {
            (true, true) => return Some(Self::ClarifyBiasAndExplainability),
            (true, false) => return Some(Self::ClarifyBias),
            (false, true) => return Some(Self::ClarifyExplainability),
            (false, false) => {}
        }
        if has("features") || has("dataset") {
            return Some(Self::DataQuality);
        }
        has("violations").then_some(Self::ConstraintViolations)
    }
}

/// Why a report gives no metrics. The sentences name the member that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReport {
    #[error("the report is none that a card can take: found {found}")]
    Unknown { found: String },
    #[error("the report is no `{}`: {problem}", .kind.as_str())]
    Wrong { kind: ReportKind, problem: String },
}

impl InvalidReport {
    fn missing(kind: ReportKind, member: &str) -> InvalidReport {
        let problem = format!("`{member}` is missing or of another kind");
        InvalidReport::Wrong { kind, problem }
    }
}

/// Reads the bytes of a report, `NaN` and `Infinity` of Python's writer included.
///
/// # Errors
///
/// Where the bytes are not JSON.
pub fn read_report(bytes: &[u8]) -> Result<Value, ReadDocument> {
    read("report", bytes)
}

/// The metrics of a report whose kind is seen from what it holds. They are within the limits
/// of a card: what had to be cut says so in its notes.
///
/// # Errors
///
/// Where nothing that is known is in the report, or what is in it has another form.
pub fn metric_groups(report: &Value) -> Result<(ReportKind, Vec<MetricGroup>), InvalidReport> {
    let kind = ReportKind::of(report).ok_or_else(|| InvalidReport::Unknown {
        found: members_told(report),
    })?;
    Ok((kind, metric_groups_of(kind, report)?))
}

/// The metrics of a report that is to be read as of the kind.
///
/// # Errors
///
/// Where the report is not of the kind.
pub fn metric_groups_of(
    kind: ReportKind,
    report: &Value,
) -> Result<Vec<MetricGroup>, InvalidReport> {
    let groups = match kind {
        ReportKind::ModelCardMetricSchema => groups_as_they_are(report),
        ReportKind::ClarifyBias => bias::groups(report),
        ReportKind::ClarifyExplainability => explanations::groups(report),
        ReportKind::ClarifyBiasAndExplainability => bias::groups(report).and_then(|mut groups| {
            groups.extend(explanations::groups(report)?);
            Ok(groups)
        }),
        ReportKind::ModelQualityRegression
        | ReportKind::ModelQualityBinary
        | ReportKind::ModelQualityMulticlass => model_quality::groups(kind, report),
        ReportKind::DataQuality => data_quality::groups(report),
        ReportKind::ConstraintViolations => data_quality::violations(report),
    }?;
    Ok(groups.into_iter().map(limits::within).collect())
}

fn groups_as_they_are(report: &Value) -> Result<Vec<MetricGroup>, InvalidReport> {
    let groups = report["metric_groups"].as_array().ok_or_else(|| {
        InvalidReport::missing(ReportKind::ModelCardMetricSchema, "metric_groups")
    })?;
    Ok(groups.iter().filter_map(reading::group).collect())
}

fn members_told(report: &Value) -> String {
    match report.as_object() {
        Some(members) if members.is_empty() => "an empty object".to_owned(),
        Some(members) => {
            let names: Vec<&str> = members.keys().take(8).map(String::as_str).collect();
            format!("the members {}", super::fault::alternatives(&names))
        }
        None => "no object".to_owned(),
    }
}
