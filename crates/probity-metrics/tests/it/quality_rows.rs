//! Rows for tests of model quality, and what their summaries find.

use arrow::array::{Array, Float64Array, StringArray};
use probity_domain::document::model_quality_file::QualityMetric;
use probity_domain::document::model_quality_statistics::ProblemType;
use probity_metrics::quality::{ModelQuality, QualityBatch, QualityFindings, QualitySettings};

pub(crate) const SEED: u64 = 20_261_124;

pub(crate) fn settings(problem_type: ProblemType) -> QualitySettings {
    QualitySettings::new(problem_type, SEED)
}

pub(crate) fn binary(labels: &[f64], probabilities: &[f64]) -> ModelQuality {
    let labels = Float64Array::from(labels.to_vec());
    let probabilities = Float64Array::from(probabilities.to_vec());
    let mut quality = ModelQuality::new(&settings(ProblemType::BinaryClassification));
    let batch = QualityBatch {
        label: &labels,
        prediction: None,
        probability: Some(&probabilities),
    };
    quality.update(&batch).unwrap();
    quality
}

/// Labels and predictions.
pub(crate) fn predicted(
    problem_type: ProblemType,
    label: &dyn Array,
    prediction: &dyn Array,
) -> ModelQuality {
    let mut quality = ModelQuality::new(&settings(problem_type));
    let batch = QualityBatch {
        label,
        prediction: Some(prediction),
        probability: None,
    };
    quality.update(&batch).unwrap();
    quality
}

pub(crate) fn multiclass(labels: &[String], predictions: &[String]) -> ModelQuality {
    let labels = StringArray::from(labels.to_vec());
    let predictions = StringArray::from(predictions.to_vec());
    predicted(ProblemType::MulticlassClassification, &labels, &predictions)
}

pub(crate) fn regression(labels: &[f64], predictions: &[f64]) -> ModelQuality {
    let labels = Float64Array::from(labels.to_vec());
    let predictions = Float64Array::from(predictions.to_vec());
    predicted(ProblemType::Regression, &labels, &predictions)
}

/// SageMaker's metric or ours.
#[track_caller]
pub(crate) fn metric<'a>(findings: &'a QualityFindings, name: &str) -> &'a QualityMetric {
    let metrics = findings
        .facts
        .metrics
        .iter()
        .chain(&findings.facts.extended);
    let mut named = metrics.filter(|metric| metric.name == name);
    named.next().unwrap_or_else(|| panic!("no metric `{name}`"))
}

/// Value and standard deviation as `statistics.json` has them.
#[track_caller]
pub(crate) fn written(findings: &QualityFindings, name: &str) -> (Option<f64>, Option<f64>) {
    let scalars = findings.statistics.scalars();
    let found = scalars.iter().find(|(scalar, _)| *scalar == name);
    let (_, metric) = found.unwrap_or_else(|| panic!("no metric `{name}`"));
    (metric.value, metric.standard_deviation)
}
