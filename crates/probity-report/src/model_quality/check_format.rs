//! A check of model quality for CI, as JUnit XML and as Markdown.

use probity_domain::document::model_quality_file::{MetricChange, QualityCheckFacts};

use super::ModelQualityReport;
use super::check::{headline, limit, measured_against};
use super::report::all_notes;
use super::words::metric_number;
use crate::data_quality::plural_of;
use crate::masthead::Mark;
use crate::metric_check::{CheckedMetric, MetricCheck};
use crate::number;
use crate::verdict::Verdict;

/// One test case per constraint under `verdict`; what was not judged is skipped.
pub fn check_results(report: &ModelQualityReport<'_>, verdict: Verdict) -> String {
    of(report, verdict).junit(verdict)
}

/// The violations under `verdict` with a sentence each, and what the other verdict says.
pub fn check_summary(report: &ModelQualityReport<'_>, verdict: Verdict) -> String {
    of(report, verdict).markdown(verdict)
}

fn of<'a>(report: &ModelQualityReport<'a>, verdict: Verdict) -> MetricCheck<'a> {
    let file = report.probity;
    let check = file.check.as_ref();
    let compared = check.map_or(String::new(), |check| {
        format!(", against {}", check.baseline)
    });
    let unjudged = check
        .map(|check| headline(check, verdict))
        .filter(|(mark, _)| *mark == Mark::Warning);
    MetricCheck {
        suite: "model quality",
        title: "Model quality",
        check_type: "model_quality_check",
        compared: format!("{}{compared}", plural_of(file.whole.rows.n_used, "row")),
        metrics: check.map_or_else(Vec::new, |check| metrics(report, check)),
        notes: all_notes(file).map(String::as_str).collect(),
        unjudged: unjudged.map(|(_, headline)| headline),
    }
}

fn metrics(report: &ModelQualityReport<'_>, check: &QualityCheckFacts) -> Vec<CheckedMetric> {
    check
        .metrics
        .iter()
        .map(|metric| {
            let why = metric.note.clone();
            CheckedMetric {
                subject: report.probity.problem_type.name().to_owned(),
                name: metric.name.clone(),
                told: told(metric),
                description: description(report, metric),
                aws: metric.violates_aws,
                corrected: metric.violates_corrected,
                not_compared: metric.current.is_none().then(|| {
                    why.clone()
                        .unwrap_or_else(|| "the metric has no value".to_owned())
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
fn description(report: &ModelQualityReport<'_>, metric: &MetricChange) -> Option<String> {
    let mut violations = report.violations.iter().flat_map(|file| &file.violations);
    violations
        .find(|violation| violation.metric_name == metric.name)
        .map(|violation| violation.description.clone())
}

/// `0.81 then, 0.74 now, limit at least 0.81; now − then is −0.1 to −0.04 (95% interval).`
fn told(metric: &MetricChange) -> String {
    let shown = |value: Option<f64>| value.map_or("no value".to_owned(), metric_number);
    let mut told = format!(
        "{} then, {} now, limit {}",
        shown(metric.baseline),
        shown(metric.current),
        limit(metric)
    );
    if let Some(interval) = &metric.interval {
        let level = number::percent(interval.level);
        let (low, high) = (metric_number(interval.low), metric_number(interval.high));
        told.push_str(&format!(
            "; {} is {low} to {high} ({level} interval)",
            measured_against(metric)
        ));
    }
    if let Some(p) = metric.p_adjusted {
        told.push_str(&format!(", adjusted p {}", number::probability(p)));
    }
    told.push('.');
    told
}
