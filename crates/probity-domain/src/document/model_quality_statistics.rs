//! `statistics.json` of a model-quality job, as SageMaker Model Monitor writes it.
//!
//! Source: AWS developer guide, "Model quality metrics"; real output of a regression job in
//! the tests of the SageMaker Python SDK. A number that doesn't exist is the text `"NaN"`,
//! here `None`. A file of AWS's is read, never rewritten: members that we don't know are
//! kept out.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::confusion_matrix::ConfusionMatrix;
use super::java_json;
use super::number::{count, double, double_list, double_or_nan};
use super::read::{ReadDocument, read};

const FILE_NAME: &str = "statistics.json";

/// What a model predicts, as SageMaker's `problem_type` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProblemType {
    Regression,
    BinaryClassification,
    MulticlassClassification,
}

impl ProblemType {
    pub const ALL: [ProblemType; 3] = [
        ProblemType::Regression,
        ProblemType::BinaryClassification,
        ProblemType::MulticlassClassification,
    ];

    /// As SageMaker's API spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "Regression",
            Self::BinaryClassification => "BinaryClassification",
            Self::MulticlassClassification => "MulticlassClassification",
        }
    }
}

impl fmt::Display for ProblemType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no problem type.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{found}` is no problem type; expected `Regression`, `BinaryClassification` or `MulticlassClassification`"
)]
pub struct UnknownProblemType {
    pub found: String,
}

impl FromStr for ProblemType {
    type Err = UnknownProblemType;

    /// In any case of letters, with or without `-` and `_`; `binary` and `multiclass` too.
    fn from_str(text: &str) -> Result<ProblemType, UnknownProblemType> {
        let plain: String = text
            .chars()
            .filter(|letter| !matches!(letter, '-' | '_' | ' '))
            .flat_map(char::to_lowercase)
            .collect();
        match plain.as_str() {
            "regression" => Ok(Self::Regression),
            "binary" | "binaryclassification" => Ok(Self::BinaryClassification),
            "multiclass" | "multiclassclassification" => Ok(Self::MulticlassClassification),
            _ => Err(UnknownProblemType {
                found: text.to_owned(),
            }),
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenStatistics", into = "WrittenStatistics")]
pub struct ModelQualityStatistics {
    pub version: f64,
    /// Absent in the samples of the developer guide.
    pub dataset: Option<EvaluatedDataset>,
    pub metrics: ProblemMetrics,
}

impl ModelQualityStatistics {
    /// Reads the bytes of a `statistics.json`.
    pub fn from_json(bytes: &[u8]) -> Result<ModelQualityStatistics, ReadDocument> {
        read(FILE_NAME, bytes)
    }

    /// Writes the file as SageMaker does.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluatedDataset {
    /// Rows with a label and a prediction.
    #[serde(with = "count")]
    pub item_count: u64,
    /// RFC 3339 in UTC with milliseconds, e.g. `2023-03-30T21:08:34.729Z`.
    pub evaluation_time: String,
}

/// The section that a file has.
#[derive(Clone, Debug, PartialEq)]
pub enum ProblemMetrics {
    Regression(RegressionMetrics),
    Binary(Box<BinaryMetrics>),
    Multiclass(Box<MulticlassMetrics>),
}

impl ProblemMetrics {
    pub fn problem_type(&self) -> ProblemType {
        match self {
            Self::Regression(_) => ProblemType::Regression,
            Self::Binary(_) => ProblemType::BinaryClassification,
            Self::Multiclass(_) => ProblemType::MulticlassClassification,
        }
    }

    /// Every metric that is one number, in the order of the file.
    pub fn scalars(&self) -> Vec<(&'static str, MetricValue)> {
        match self {
            Self::Regression(metrics) => metrics.scalars(),
            Self::Binary(metrics) => metrics.scalars(),
            Self::Multiclass(metrics) => metrics.scalars(),
        }
    }
}

/// A metric, and its standard deviation over subsamples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// `None` when the metric doesn't exist.
    #[serde(default, with = "double_or_nan")]
    pub value: Option<f64>,
    /// `None` below 200 rows.
    #[serde(default, with = "double_or_nan")]
    pub standard_deviation: Option<f64>,
}

/// Lists a section's metrics that are one number, in the order of the file.
macro_rules! scalars {
    ($section:ident: $( $metric:ident ),+ $(,)?) => {
        impl $section {
            /// Name and number of each, in the order of the file.
            pub fn scalars(&self) -> Vec<(&'static str, MetricValue)> {
                vec![$( (stringify!($metric), self.$metric) ),+]
            }

            /// The place of the metric with this name; `None` when the section has none.
            pub fn scalar_mut(&mut self, name: &str) -> Option<&mut MetricValue> {
                match name {
                    $( stringify!($metric) => Some(&mut self.$metric), )+
                    _ => None,
                }
            }
        }
    };
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegressionMetrics {
    pub mae: MetricValue,
    pub mse: MetricValue,
    pub rmse: MetricValue,
    pub r2: MetricValue,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BinaryMetrics {
    pub confusion_matrix: ConfusionMatrix,
    pub recall: MetricValue,
    pub precision: MetricValue,
    pub accuracy: MetricValue,
    pub recall_best_constant_classifier: MetricValue,
    pub precision_best_constant_classifier: MetricValue,
    pub accuracy_best_constant_classifier: MetricValue,
    pub true_positive_rate: MetricValue,
    pub true_negative_rate: MetricValue,
    pub false_positive_rate: MetricValue,
    pub false_negative_rate: MetricValue,
    pub receiver_operating_characteristic_curve: RocCurve,
    pub precision_recall_curve: PrecisionRecallCurve,
    pub auc: MetricValue,
    pub f0_5: MetricValue,
    pub f1: MetricValue,
    pub f2: MetricValue,
    pub f0_5_best_constant_classifier: MetricValue,
    pub f1_best_constant_classifier: MetricValue,
    pub f2_best_constant_classifier: MetricValue,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MulticlassMetrics {
    pub confusion_matrix: ConfusionMatrix,
    pub accuracy: MetricValue,
    pub weighted_recall: MetricValue,
    pub weighted_precision: MetricValue,
    pub weighted_f0_5: MetricValue,
    pub weighted_f1: MetricValue,
    pub weighted_f2: MetricValue,
    pub accuracy_best_constant_classifier: MetricValue,
    pub weighted_recall_best_constant_classifier: MetricValue,
    pub weighted_precision_best_constant_classifier: MetricValue,
    pub weighted_f0_5_best_constant_classifier: MetricValue,
    pub weighted_f1_best_constant_classifier: MetricValue,
    pub weighted_f2_best_constant_classifier: MetricValue,
}

scalars!(RegressionMetrics: mae, mse, rmse, r2);

scalars!(BinaryMetrics:
    recall,
    precision,
    accuracy,
    recall_best_constant_classifier,
    precision_best_constant_classifier,
    accuracy_best_constant_classifier,
    true_positive_rate,
    true_negative_rate,
    false_positive_rate,
    false_negative_rate,
    auc,
    f0_5,
    f1,
    f2,
    f0_5_best_constant_classifier,
    f1_best_constant_classifier,
    f2_best_constant_classifier,
);

scalars!(MulticlassMetrics:
    accuracy,
    weighted_recall,
    weighted_precision,
    weighted_f0_5,
    weighted_f1,
    weighted_f2,
    accuracy_best_constant_classifier,
    weighted_recall_best_constant_classifier,
    weighted_precision_best_constant_classifier,
    weighted_f0_5_best_constant_classifier,
    weighted_f1_best_constant_classifier,
    weighted_f2_best_constant_classifier,
);

/// Points of the receiver operating characteristic, from (0, 0) to (1, 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    #[serde(with = "double_list")]
    pub false_positive_rates: Vec<f64>,
    #[serde(with = "double_list")]
    pub true_positive_rates: Vec<f64>,
}

/// Points of precision against recall, from recall 0 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecallCurve {
    #[serde(with = "double_list")]
    pub precisions: Vec<f64>,
    #[serde(with = "double_list")]
    pub recalls: Vec<f64>,
}

/// The file with each section as a member that may be absent.
#[derive(Serialize, Deserialize)]
struct WrittenStatistics {
    #[serde(default, with = "double")]
    version: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dataset: Option<EvaluatedDataset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regression_metrics: Option<RegressionMetrics>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    binary_classification_metrics: Option<Box<BinaryMetrics>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multiclass_classification_metrics: Option<Box<MulticlassMetrics>>,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "expected one of `regression_metrics`, `binary_classification_metrics` and `multiclass_classification_metrics`, found {found}"
)]
struct NotOneSection {
    found: usize,
}

impl TryFrom<WrittenStatistics> for ModelQualityStatistics {
    type Error = NotOneSection;

    fn try_from(written: WrittenStatistics) -> Result<ModelQualityStatistics, NotOneSection> {
        let regression = written.regression_metrics.map(ProblemMetrics::Regression);
        let binary = written
            .binary_classification_metrics
            .map(ProblemMetrics::Binary);
        let multiclass = written
            .multiclass_classification_metrics
            .map(ProblemMetrics::Multiclass);
        let mut sections: Vec<ProblemMetrics> = [regression, binary, multiclass]
            .into_iter()
            .flatten()
            .collect();
        let found = sections.len();
        match (sections.pop(), found) {
            (Some(metrics), 1) => Ok(ModelQualityStatistics {
                version: written.version,
                dataset: written.dataset,
                metrics,
            }),
            _ => Err(NotOneSection { found }),
        }
    }
}

impl From<ModelQualityStatistics> for WrittenStatistics {
    fn from(statistics: ModelQualityStatistics) -> WrittenStatistics {
        let mut written = WrittenStatistics {
            version: statistics.version,
            dataset: statistics.dataset,
            regression_metrics: None,
            binary_classification_metrics: None,
            multiclass_classification_metrics: None,
        };
        match statistics.metrics {
            ProblemMetrics::Regression(metrics) => written.regression_metrics = Some(metrics),
            ProblemMetrics::Binary(metrics) => {
                written.binary_classification_metrics = Some(metrics)
            }
            ProblemMetrics::Multiclass(metrics) => {
                written.multiclass_classification_metrics = Some(metrics);
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<ProblemType>) {
        assert_eq!(text.parse().ok(), expected);
    }

    #[test]
    fn problem_types_are_read_however_they_are_spelled() {
        for problem_type in ProblemType::ALL {
            check(problem_type.name(), Some(problem_type));
        }
        check("binary", Some(ProblemType::BinaryClassification));
        check(
            "multiclass_classification",
            Some(ProblemType::MulticlassClassification),
        );
        check("ranking", None);
    }

    #[test]
    fn a_file_without_a_section_says_what_it_lacks() {
        let error = ModelQualityStatistics::from_json(br#"{"version": 0.0}"#).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("`regression_metrics`"), "{source}");
        assert!(source.contains("found 0"), "{source}");
    }

    #[test]
    fn a_metric_that_does_not_exist_is_written_as_a_text() {
        let json =
            br#"{"regression_metrics": {"r2": {"value": NaN, "standard_deviation": "NaN"}}}"#;
        let statistics = ModelQualityStatistics::from_json(json).unwrap();
        let ProblemMetrics::Regression(metrics) = &statistics.metrics else {
            panic!("another section");
        };
        assert_eq!(metrics.r2, MetricValue::default());
        let mut written = Vec::new();
        statistics.write_json(&mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains(r#""value" : "NaN""#), "{written}");
    }
}
