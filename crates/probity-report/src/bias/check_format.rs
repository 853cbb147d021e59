//! A bias check for CI, as JUnit XML and as Markdown.

use probity_domain::document::bias_file::{BiasCheckFacts, MetricDriftFacts};
use probity_domain::document::bias_violations::DriftViolation;

use super::BiasReport;
use super::headline::of_check;
use super::report::all_notes;
use super::words::{facet_words, interval_text, metric_number};
use crate::data_quality::plural_of;
use crate::masthead::Mark;
use crate::metric_check::{CheckedMetric, MetricCheck};
use crate::number;
use crate::verdict::Verdict;

/// One test case per metric and facet value under `verdict`; what was not judged is skipped.
pub fn check_results(report: &BiasReport<'_>, verdict: Verdict) -> String {
    of(report, verdict).junit(verdict)
}

/// The violations under `verdict` with a sentence each, and what the other verdict says.
pub fn check_summary(report: &BiasReport<'_>, verdict: Verdict) -> String {
    of(report, verdict).markdown(verdict)
}

fn of<'a>(report: &BiasReport<'a>, verdict: Verdict) -> MetricCheck<'a> {
    let file = report.probity;
    let check = file.check.as_ref();
    let compared = check.map_or(String::new(), |check| {
        format!(", against {}", check.baseline)
    });
    let unjudged = check
        .map(|check| of_check(check, verdict))
        .filter(|(mark, _)| *mark == Mark::Warning);
    MetricCheck {
        suite: "bias",
        title: "Bias",
        check_type: "bias_drift_check",
        compared: format!("{}{compared}", plural_of(file.dataset.rows, "row")),
        metrics: check.map_or_else(Vec::new, |check| metrics(report, check)),
        notes: all_notes(file).map(String::as_str).collect(),
        unjudged: unjudged.map(|(_, headline)| headline),
    }
}

fn metrics(report: &BiasReport<'_>, check: &BiasCheckFacts) -> Vec<CheckedMetric> {
    check
        .metrics
        .iter()
        .map(|metric| {
            let is_on_both_sides = metric.baseline.is_some() && metric.current.is_some();
            let why = metric.note.clone();
            CheckedMetric {
                subject: facet_words(&metric.facet, &metric.value_or_threshold),
                name: metric.name.clone(),
                told: told(metric),
                description: description(report, metric),
                aws: metric.violates_aws,
                corrected: metric.violates_corrected,
                not_compared: (!is_on_both_sides).then(|| {
                    why.clone()
                        .unwrap_or_else(|| "no value on both sides".to_owned())
                }),
                not_tested: metric
                    .p_value
                    .is_none()
                    .then(|| why.unwrap_or_else(|| "the change could not be tested".to_owned())),
            }
        })
        .collect()
}

/// SageMaker's sentence in the document of violations.
fn description(report: &BiasReport<'_>, metric: &MetricDriftFacts) -> Option<String> {
    let violations = report.violations.iter().flat_map(|file| &file.violations);
    violations
        .filter_map(|violation| match violation {
            DriftViolation::Bias(violation) => Some(violation),
            DriftViolation::Attribution(_) => None,
        })
        .find(|violation| {
            violation.facet == metric.facet
                && violation.facet_value == metric.value_or_threshold
                && violation.metric_name == metric.name
        })
        .map(|violation| violation.description.clone())
}

/// `0.12 before, 0.26 now; the difference is 0.08 to 0.2 (95% interval), adjusted p 0.03.`
fn told(metric: &MetricDriftFacts) -> String {
    let shown = |value: Option<f64>| value.map_or("no value".to_owned(), metric_number);
    let mut told = format!(
        "{} then, {} now",
        shown(metric.baseline),
        shown(metric.current)
    );
    if let Some(interval) = &metric.interval {
        let level = number::percent(interval.level);
        told.push_str(&format!(
            "; now − then is {} ({level} interval)",
            interval_text(interval)
        ));
    }
    if let Some(p) = metric.p_adjusted {
        told.push_str(&format!(", adjusted p {}", number::probability(p)));
    }
    told.push('.');
    told
}
