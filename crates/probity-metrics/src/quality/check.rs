//! The two verdicts about metrics with thresholds.
//!
//! AWS's is the plain comparison with the threshold, which by default is the baseline's
//! value, so that half of all unchanged samples violate. The corrected one asks whether the
//! change for the worse is larger than sampling explains: the interval of the difference
//! from the intervals of both sides (MOVER; Donner and Zou, 2012), a one-sided p-value from
//! the same interval's half width towards 0, and Benjamini and Hochberg over the metrics. A
//! threshold that somebody edited is a fixed number, without an error of its own; what cannot
//! be judged says why.

use probity_domain::document::JavaDouble;
use probity_domain::document::model_quality_constraints::{
    ComparisonOperator, MetricConstraint, ModelQualityConstraints,
};
use probity_domain::document::model_quality_file::{MetricChange, QualityMetric};
use probity_domain::document::model_quality_statistics::{
    MetricValue, ProblemMetrics, ProblemType,
};
use probity_domain::document::model_quality_violations::{MetricViolation, ModelQualityViolations};
use statrs::function::erf::erfc;

use super::QualityFindings;
use super::check_notes::{notes_of_check, unknown_name};
use super::interval::{Z, interval, weighted_sum};
use crate::drift::{MINIMUM_ROWS, adjust_benjamini_hochberg};

/// Thresholds this near to a baseline's value are that value, printed and read.
const SAME_VALUE: f64 = 1e-12;

const NO_BASELINE: &str = "the baseline's own sampling error is unknown, so that the verdict allows for that of the current data alone: measured against the threshold";
const EDITED: &str = "measured against the threshold, which is not the baseline's value";

const METHOD: &str = "mover of both intervals";
/// The current value's interval alone, moved by the limit.
const METHOD_FIXED: &str = "mover, against a fixed limit";

/// What is compared.
#[derive(Clone, Copy, Debug)]
pub struct QualityComparison<'a> {
    pub constraints: &'a ModelQualityConstraints,
    /// Metrics of the baseline's `probity.json`; `None` when the folder is SageMaker's own.
    pub baseline: Option<&'a [QualityMetric]>,
    pub current: &'a QualityFindings,
}

/// What a check decides.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityVerdicts {
    /// By AWS's rule.
    pub violations: ModelQualityViolations,
    /// One entry per constraint, in the order of the file, with both verdicts.
    pub changes: Vec<MetricChange>,
    /// Metrics whose change was tested.
    pub tested: u64,
    /// What a reader should know of the check as a whole.
    pub notes: Vec<String>,
}

/// Why constraints cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckQuality {
    #[error(
        "the constraints are of a {baseline} baseline, the data are checked as {current}; give the problem type of the baseline"
    )]
    OtherProblem {
        baseline: ProblemType,
        current: ProblemType,
    },
}

/// Both verdicts. `false_discovery_rate` bounds the expected share of false alarms among the
/// corrected violations.
pub fn check_constraints(
    comparison: &QualityComparison<'_>,
    false_discovery_rate: f64,
) -> Result<QualityVerdicts, CheckQuality> {
    let current = comparison.current.statistics.problem_type();
    let baseline = comparison.constraints.problem_type;
    if current != baseline {
        return Err(CheckQuality::OtherProblem { baseline, current });
    }
    let constraints = &comparison.constraints.constraints;
    let mut changes: Vec<MetricChange> = constraints
        .iter()
        .map(|(name, constraint)| change(comparison, name, constraint))
        .collect();
    correct(&mut changes, false_discovery_rate);
    let scalars = comparison.current.statistics.scalars();
    let violations = changes
        .iter()
        .filter(|change| change.violates_aws)
        .map(|change| {
            let value = scalars.iter().find(|(name, _)| *name == change.name);
            violation(
                (&change.name, change.comparison_operator, change.threshold),
                value.map_or_else(MetricValue::default, |(_, value)| *value),
            )
        });
    Ok(QualityVerdicts {
        violations: ModelQualityViolations {
            violations: violations.collect(),
        },
        tested: changes
            .iter()
            .filter(|change| change.p_value.is_some())
            .count() as u64,
        notes: notes_of_check(&changes),
        changes,
    })
}

/// Everything about one metric but the correction.
fn change(
    comparison: &QualityComparison<'_>,
    name: &str,
    constraint: &MetricConstraint,
) -> MetricChange {
    let (threshold, operator) = (constraint.threshold, constraint.comparison_operator);
    let named = |metrics: &'_ [QualityMetric]| metrics.iter().find(|m| m.name == name).cloned();
    let current = named(&comparison.current.facts.metrics);
    let value = current.as_ref().and_then(|metric| metric.value);
    let mut change = MetricChange {
        name: name.to_owned(),
        threshold,
        comparison_operator: operator,
        // What a limit allows is not what was measured.
        baseline: None,
        current: value,
        difference: value.map(|value| value - threshold),
        interval: None,
        p_value: None,
        p_adjusted: None,
        violates_aws: value.is_some_and(|value| operator.is_violated(value, threshold)),
        violates_corrected: false,
        note: None,
    };
    let Some(current) = current else {
        change.baseline = comparison.baseline.and_then(named).and_then(|m| m.value);
        change.note = Some(unknown_name(name, comparison));
        return change;
    };
    let baseline = match comparison.baseline.map(named) {
        None => Reference::fixed(threshold, NO_BASELINE),
        Some(found) => {
            change.baseline = found.as_ref().and_then(|metric| metric.value);
            match found.filter(|metric| is_value_of(metric, threshold)) {
                Some(metric) => Reference::measured(metric),
                None => Reference::fixed(threshold, EDITED),
            }
        }
    };
    compare(&mut change, &baseline, &current);
    change
}

fn is_value_of(metric: &QualityMetric, threshold: f64) -> bool {
    let near = |value: f64| (value - threshold).abs() <= SAME_VALUE * threshold.abs();
    metric.value.is_some_and(near)
}

/// What the current value is measured against.
struct Reference {
    value: f64,
    /// `None` when it has no error of its own, or none that is known.
    measured: Option<QualityMetric>,
    note: Option<&'static str>,
}

impl Reference {
    fn fixed(threshold: f64, note: &'static str) -> Self {
        Self {
            value: threshold,
            measured: None,
            note: Some(note),
        }
    }

    fn measured(metric: QualityMetric) -> Self {
        Self {
            value: metric.value.unwrap_or(f64::NAN),
            measured: Some(metric),
            note: None,
        }
    }
}

/// Fills in the difference, its interval and its p-value, or why there are none.
fn compare(change: &mut MetricChange, baseline: &Reference, current: &QualityMetric) {
    change.note = baseline.note.map(str::to_owned);
    let Some(value) = current.value else {
        change.difference = None;
        let reason = current.note.as_deref();
        let reason = reason.unwrap_or("the current data have no value of this metric");
        change.note = Some(reason.to_owned());
        return;
    };
    change.difference = Some(value - baseline.value);
    let sides = [
        Some(("current", current)),
        baseline.measured.as_ref().map(|m| ("baseline", m)),
    ];
    for (side, metric) in sides.into_iter().flatten() {
        if metric.n < MINIMUM_ROWS {
            change.note = Some(format!(
                "too few rows: {} in the {side} data, a verdict needs {MINIMUM_ROWS}",
                metric.n
            ));
            return;
        }
    }
    let Some(of_current) = &current.interval else {
        let reason = current.note.as_deref();
        let reason = reason.unwrap_or("the current value has no interval");
        change.note = Some(reason.to_owned());
        return;
    };
    let of_baseline = match &baseline.measured {
        None => (baseline.value, baseline.value),
        Some(metric) => match &metric.interval {
            Some(interval) => (interval.low, interval.high),
            None => (baseline.value, baseline.value),
        },
    };
    let (low, high) = weighted_sum(&[
        (value, (of_current.low, of_current.high), 1.0),
        (baseline.value, of_baseline, -1.0),
    ]);
    let method = match &baseline.measured {
        Some(_) => METHOD,
        None => METHOD_FIXED,
    };
    change.interval = Some(interval((low, high), method));
    change.p_value = p_value(
        change.comparison_operator,
        value - baseline.value,
        (low, high),
    );
}

/// Of a change for the worse. The interval reaches towards 0 by z standard errors.
fn p_value(operator: ComparisonOperator, difference: f64, (low, high): (f64, f64)) -> Option<f64> {
    let worse = match operator {
        ComparisonOperator::LessThanThreshold => -difference,
        ComparisonOperator::GreaterThanThreshold => difference,
    };
    let towards_zero = if difference > 0.0 {
        difference - low
    } else {
        high - difference
    };
    if towards_zero <= 0.0 {
        return (difference.abs() <= 0.0).then_some(0.5);
    }
    let errors = worse * Z / towards_zero;
    Some(erfc(errors / std::f64::consts::SQRT_2) / 2.0)
}

fn correct(changes: &mut [MetricChange], false_discovery_rate: f64) {
    let p_values: Vec<f64> = changes.iter().filter_map(|change| change.p_value).collect();
    let mut adjusted = adjust_benjamini_hochberg(&p_values).into_iter();
    for change in changes.iter_mut().filter(|change| change.p_value.is_some()) {
        change.p_adjusted = adjusted.next();
        change.violates_corrected = change.p_adjusted.is_some_and(|p| p <= false_discovery_rate);
    }
}

/// AWS's verdict alone, from `statistics.json`: metrics beyond their thresholds, in the order of
/// the constraints.
pub fn threshold_violations(
    constraints: &ModelQualityConstraints,
    statistics: &ProblemMetrics,
) -> Vec<MetricViolation> {
    let scalars = statistics.scalars();
    let mut violations = Vec::new();
    for (name, constraint) in &constraints.constraints {
        let (threshold, operator) = (constraint.threshold, constraint.comparison_operator);
        let found = scalars.iter().find(|(known, _)| known == name);
        let Some((_, current)) = found else { continue };
        if current
            .value
            .is_some_and(|value| operator.is_violated(value, threshold))
        {
            violations.push(violation((name, operator, threshold), *current));
        }
    }
    violations
}

/// The text has the form that issue titles of users show (`0.0 +/- 0.0`); the rest of it is
/// guessed.
fn violation(
    (name, operator, threshold): (&str, ComparisonOperator, f64),
    current: MetricValue,
) -> MetricViolation {
    MetricViolation {
        constraint_check_type: operator,
        description: format!(
            "Metric {name} with {} +/- {} was {} '{}'",
            JavaDouble(current.value.unwrap_or(f64::NAN)),
            JavaDouble(current.standard_deviation.unwrap_or(f64::NAN)),
            operator.name(),
            JavaDouble(threshold),
        ),
        metric_name: name.to_owned(),
    }
}
