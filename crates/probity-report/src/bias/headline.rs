//! The finding of a bias result in one line, and what it is about.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasCheckFacts, BiasFile};

use super::BiasReport;
use super::significance::Correction;
use super::words::{facet_title, facet_words, shown_value};
use crate::data_quality::{plural, plural_of};
use crate::masthead::{Mark, sources};
use crate::number;
use crate::verdict::Verdict;

/// Groups named in the lead.
const MOST_GROUPS: usize = 4;

pub(crate) fn headline(report: &BiasReport<'_>) -> (Mark, String) {
    let file = report.probity;
    match &file.check {
        Some(check) => of_check(check, Verdict::named(&check.verdict)),
        None => of_analysis(file),
    }
}

pub(crate) fn of_check(check: &BiasCheckFacts, verdict: Verdict) -> (Mark, String) {
    let compared = plural(check.metrics.len(), "metric");
    let metrics = check.metrics.iter();
    let uncompared = metrics
        .filter(|metric| metric.baseline.is_none() || metric.current.is_none())
        .count();
    match violations(check, verdict) {
        0 if uncompared == check.metrics.len() => (
            Mark::Warning,
            "Nothing could be judged: no metric is on both sides".to_owned(),
        ),
        0 if check.tested == 0 && verdict == Verdict::Corrected => (
            Mark::Warning,
            "No violation found, but no change could be tested".to_owned(),
        ),
        0 if uncompared > 0 => (
            Mark::Neutral,
            format!(
                "No violation found, but {} of {compared} could not be compared",
                number::count(uncompared as u64)
            ),
        ),
        0 => (
            Mark::Good,
            format!("None of {compared} is worse than the baseline"),
        ),
        1 => (
            Mark::Bad,
            format!("1 of {compared} is worse than the baseline"),
        ),
        n => (
            Mark::Bad,
            format!(
                "{} of {compared} are worse than the baseline",
                number::count(n as u64)
            ),
        ),
    }
}

pub(crate) fn violations(check: &BiasCheckFacts, verdict: Verdict) -> usize {
    let held = check.metrics.iter().filter(|metric| match verdict {
        Verdict::Aws => metric.violates_aws,
        Verdict::Corrected => metric.violates_corrected,
    });
    held.count()
}

fn of_analysis(file: &BiasFile) -> (Mark, String) {
    if file.facets.iter().all(|facet| facet.metrics.is_empty()) {
        return (Mark::Warning, "No bias metric could be computed".to_owned());
    }
    let correction = Correction::of(file);
    let differing: Vec<_> = file
        .facets
        .iter()
        .filter(|facet| {
            let mut metrics = facet.metrics.iter().chain(&facet.extended);
            metrics.any(|metric| correction.is_sure_difference(metric))
        })
        .collect();
    match (differing.as_slice(), file.facets.len()) {
        ([], _) if correction.n_metrics == 0 => (
            Mark::Neutral,
            format!(
                "Bias of {}, without intervals",
                plural_of(file.dataset.rows, "row")
            ),
        ),
        ([], _) => (
            Mark::Neutral,
            "No difference between groups beyond sampling error".to_owned(),
        ),
        ([facet], 1) => (
            Mark::Warning,
            format!(
                "{} differs from all others beyond sampling error",
                facet_words(&facet.facet, &facet.value_or_threshold)
            ),
        ),
        ([facet], n) => (
            Mark::Warning,
            format!(
                "1 of {} differs from the others beyond sampling error: {}",
                plural(n, "group"),
                facet_words(&facet.facet, &facet.value_or_threshold)
            ),
        ),
        (differing, n) => (
            Mark::Warning,
            format!(
                "{} of {} differ from the others beyond sampling error",
                number::count(differing.len() as u64),
                plural(n, "group")
            ),
        ),
    }
}

/// What was measured, on how many rows, between whom.
pub(crate) fn lead(file: &BiasFile) -> Markup {
    let more = file.facets.len().saturating_sub(MOST_GROUPS);
    html! {
        (plural_of(file.dataset.rows, "row")) " of " (sources(&file.dataset.sources))
        "; label " code { bdi { (shown_value(&file.label.column)) } } ", positive " b { bdi { (shown_value(&file.label.positive)) } }
        @match &file.predicted_label {
            Some(predicted) => { "; prediction " code { bdi { (shown_value(&predicted.column)) } } }
            None => "; no predictions",
        }
        @if !file.facets.is_empty() {
            "; " (if file.facets.len() == 1 { "group" } else { "groups" }) " "
            @for (index, facet) in file.facets.iter().take(MOST_GROUPS).enumerate() {
                @if index > 0 { ", " }
                b { (facet_title(facet)) } " (" (number::count(facet.disadvantaged.n)) " of "
                (plural_of(facet.disadvantaged.n + facet.advantaged.n, "row")) ")"
            }
            @if more > 0 { " and " (number::count(more as u64)) " more" }
        }
        @if let Some(check) = &file.check {
            "; compared with " code { bdi { (check.baseline) } }
        }
        "."
    }
}
