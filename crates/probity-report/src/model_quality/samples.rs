//! Samples of every kind of model-quality report: each is rendered in the tests, and looked at
//! when the page changes.

use probity_domain::document::model_quality_constraints::ComparisonOperator;
use probity_domain::document::model_quality_file::{
    MetricChange, ModelQualityFile, QualityCheckFacts, QualityFacts, SegmentQuality,
};
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::model_quality_violations::{MetricViolation, ModelQualityViolations};

use super::ModelQualityReport;
use super::metric_text::CONSTANT;
use super::sample_data::{Documents, binary, interval, multiclass, regression};

/// The documents of one report.
#[derive(Clone, Debug)]
pub struct QualitySample {
    pub name: &'static str,
    pub statistics: ModelQualityStatistics,
    pub probity: ModelQualityFile,
    pub baseline: Option<ModelQualityStatistics>,
    pub baseline_probity: Option<ModelQualityFile>,
    pub violations: Option<ModelQualityViolations>,
}

impl QualitySample {
    fn new(name: &'static str, documents: Documents) -> Self {
        Self {
            name,
            statistics: documents.statistics,
            probity: documents.file,
            baseline: None,
            baseline_probity: None,
            violations: None,
        }
    }

    pub fn report(&self) -> ModelQualityReport<'_> {
        ModelQualityReport {
            title: None,
            statistics: &self.statistics,
            probity: &self.probity,
            baseline: self.baseline.as_ref(),
            baseline_probity: self.baseline_probity.as_ref(),
            violations: self.violations.as_ref(),
        }
    }

    /// So many classes, and so many segments.
    pub fn wide(classes: usize, segments: u64) -> Self {
        let names: Vec<String> = (0..classes)
            .map(|class| format!("product group {class:03}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut sample = Self::new("quality-wide", multiclass(&names));
        sample.probity.segments = (0..segments)
            .map(|index| segment(&format!("branch {index:03}"), &sample.probity.whole))
            .collect();
        sample
    }
}

/// Every kind of report that the page must show well.
pub fn samples() -> Vec<QualitySample> {
    vec![
        with_segments(),
        QualitySample::new(
            "quality-multiclass",
            multiclass(&["sandal", "boot", "sneaker", "coat", "<b>bag</b>"]),
        ),
        QualitySample::new("quality-regression", regression(1.0)),
        worse(),
        unchanged(),
        regression_check(),
        empty(),
    ]
}

fn segment(value: &str, whole: &QualityFacts) -> SegmentQuality {
    SegmentQuality {
        column: "channel".to_owned(),
        value: (!value.is_empty()).then(|| value.to_owned()),
        quality: QualityFacts {
            calibration: Vec::new(),
            classes: Vec::new(),
            residuals: None,
            ..whole.clone()
        },
    }
}

fn with_segments() -> QualitySample {
    let mut sample = QualitySample::new("quality-binary", binary(1_240, 3_560, 2.4));
    sample.probity.segments = [
        ("online", 2.6),
        ("<script>alert(1)</script>", 2.2),
        ("", 1.4),
    ]
    .map(|(value, strength)| segment(value, &binary(300, 900, strength).file.whole))
    .to_vec();
    sample.probity.columns.positive = Some("yes".to_owned());
    sample
}

/// The current documents against the baseline's, every metric a constraint.
fn checked(name: &'static str, then: Documents, now: Documents) -> QualitySample {
    let mut sample = QualitySample::new(name, now);
    let metrics: Vec<MetricChange> = then
        .file
        .whole
        .metrics
        .iter()
        .filter(|metric| !metric.name.ends_with(CONSTANT))
        .map(|metric| change(&sample, metric.name.as_str(), metric.value.unwrap_or(0.0)))
        .collect();
    let named = metrics.iter().filter(|metric| metric.violates_aws);
    sample.violations = Some(ModelQualityViolations {
        violations: named
            .map(|metric| MetricViolation {
                constraint_check_type: metric.comparison_operator,
                description: format!(
                    "Metric {} with {} +/- 0.01 was {} '{}'",
                    metric.name,
                    metric.current.unwrap_or(0.0),
                    metric.comparison_operator.name(),
                    metric.threshold
                ),
                metric_name: metric.name.clone(),
            })
            .collect(),
    });
    sample.probity.check = Some(QualityCheckFacts {
        baseline: "baseline/".to_owned(),
        verdict: "aws".to_owned(),
        false_discovery_rate: 0.05,
        tested: metrics.iter().filter(|m| m.p_value.is_some()).count() as u64,
        minimum_rows: 30,
        metrics,
        notes: Vec::new(),
    });
    sample.baseline = Some(then.statistics);
    sample.baseline_probity = Some(then.file);
    sample
}

fn change(sample: &QualitySample, name: &str, threshold: f64) -> MetricChange {
    let is_error = [
        "mae",
        "mse",
        "rmse",
        "false_positive_rate",
        "false_negative_rate",
    ]
    .contains(&name);
    let comparison_operator = if is_error {
        ComparisonOperator::GreaterThanThreshold
    } else {
        ComparisonOperator::LessThanThreshold
    };
    let mut metrics = sample.probity.whole.metrics.iter();
    let current = metrics
        .find(|metric| metric.name == name)
        .and_then(|metric| metric.value);
    let difference = current.map(|current| current - threshold);
    let is_far = difference.is_some_and(|difference| difference.abs() > 0.03);
    let p = if is_far { 0.002 } else { 0.4 };
    let violates_aws =
        current.is_some_and(|value| comparison_operator.is_violated(value, threshold));
    MetricChange {
        name: name.to_owned(),
        threshold,
        comparison_operator,
        baseline: Some(threshold),
        current,
        difference,
        interval: difference.map(|d| interval(d - 0.02, d + 0.02, "both standard errors")),
        p_value: current.is_some().then_some(p / 2.0),
        p_adjusted: current.is_some().then_some(p),
        violates_aws,
        violates_corrected: violates_aws && is_far,
        note: current
            .is_none()
            .then(|| "the current data have no metric of this name".to_owned()),
    }
}

fn worse() -> QualitySample {
    checked(
        "quality-check-worse",
        binary(1_240, 3_560, 2.4),
        binary(600, 1_900, 1.9),
    )
}

fn unchanged() -> QualitySample {
    checked(
        "quality-check-unchanged",
        binary(1_240, 3_560, 2.4),
        binary(1_240, 3_560, 2.4),
    )
}

fn regression_check() -> QualitySample {
    checked("quality-check-regression", regression(1.0), regression(1.4))
}

/// No row is left: every metric is absent.
fn empty() -> QualitySample {
    let mut sample = QualitySample::new("quality-empty", binary(0, 0, 2.0));
    sample.probity.whole.calibration.clear();
    sample
}
