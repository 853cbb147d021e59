//! What a check of model quality says of constraints that it cannot judge.

use probity_domain::document::model_quality_file::{MetricChange, QualityMetric};

use super::check::QualityComparison;
use crate::constraints::closest_name;

/// Why a constraint's name has no metric in the current data.
pub(crate) fn unknown_name(name: &str, comparison: &QualityComparison<'_>) -> String {
    let facts = &comparison.current.facts;
    let is_named = |metrics: &[QualityMetric]| metrics.iter().any(|metric| metric.name == name);
    if is_named(&facts.extended) {
        return format!("not checked: `{name}` is none of SageMaker's metrics");
    }
    if comparison.baseline.is_some_and(is_named) {
        return "not checked: the current data lack this metric, which the baseline has".to_owned();
    }
    let known = facts.metrics.iter().map(|metric| metric.name.as_str());
    let problem = comparison.current.statistics.problem_type();
    match closest_name(name, known) {
        Some(meant) => format!("no metric of this name; did you mean `{meant}`?"),
        None => format!("no metric of this name for {problem}"),
    }
}

/// Of constraints that did not take part in the corrected verdict, and of none at all.
pub(crate) fn notes_of_check(changes: &[MetricChange]) -> Vec<String> {
    if changes.is_empty() {
        return vec!["the constraints name no metric, so that nothing was checked".to_owned()];
    }
    let mut notes = Vec::new();
    let missing = names_of(changes, |change| change.current.is_none());
    if !missing.is_empty() {
        notes.push(format!(
            "no value in the current data, so that neither rule judges {}: {}",
            of_constraints(missing.len(), changes.len()),
            missing.join(", ")
        ));
    }
    let untested = names_of(changes, |change| {
        change.current.is_some() && change.p_value.is_none()
    });
    if !untested.is_empty() {
        notes.push(format!(
            "no corrected verdict on {}: {}",
            of_constraints(untested.len(), changes.len()),
            untested.join(", ")
        ));
    }
    notes
}

fn of_constraints(count: usize, all: usize) -> String {
    let noun = if all == 1 {
        "constraint"
    } else {
        "constraints"
    };
    format!("{count} of {all} {noun}")
}

/// Each with its reason in brackets.
fn names_of(changes: &[MetricChange], is_named: impl Fn(&MetricChange) -> bool) -> Vec<String> {
    let name = |change: &MetricChange| {
        let note = change.note.as_deref();
        let reason = note.map_or_else(String::new, |note| format!(" ({note})"));
        format!("`{}`{reason}", change.name)
    };
    let named = changes.iter().filter(|change| is_named(change));
    named.map(name).collect()
}
