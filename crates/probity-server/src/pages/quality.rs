//! What a model-quality monitor found: every constrained metric at the baseline and now, the
//! predictions in pictures, and all metrics with their intervals.

use maud::{Markup, html};
use probity_app::dashboard::result::MonitorResult;
use probity_report::model_quality::{ModelQualityReport, QualityParts, quality_parts};

use super::results::{Found, QualityResult, origin};
use super::visit::Visit;
use super::words;

pub(super) fn section(
    visit: &Visit,
    result: &MonitorResult,
    found: &Found<QualityResult>,
) -> Markup {
    html! {
        @match found.or_why_not() {
            Err(instead) => section #quality { h2 { "Model quality" } (instead) },
            Ok(read) => {
                @let then = read.then.as_ref();
                @let parts = quality_parts(&ModelQualityReport {
                    title: None,
                    statistics: &read.statistics,
                    probity: &read.probity,
                    baseline: then.and_then(|then| then.statistics.as_ref()),
                    baseline_probity: then.and_then(|then| then.probity.as_ref()),
                    violations: None,
                });
                (all(visit, result, &parts))
            },
        }
    }
}

fn all(visit: &Visit, result: &MonitorResult, parts: &QualityParts) -> Markup {
    html! {
        section #quality {
            h2 { "Model quality" }
            (origin(visit, result))
            p.headline { strong { (parts.headline) "." } }
            @if !parts.said.is_empty() { ul.said { @for sentence in &parts.said { li { (sentence) } } } }
            @if !parts.notes.is_empty() { div.notes { ul { @for note in parts.notes.iter().take(8) { li { (words::prose(note)) } } } } }
        }
        div.rp.parts { (parts.compared) (parts.pictures) }
        @if let Some(then) = &parts.confusion_then {
            details.numbers.rp { summary { "The confusion matrix of the baseline" } div.tile.then-matrix { (then) } }
        }
        section #all-metrics.rp { h2 { "All metrics with their intervals" } (parts.metrics) }
    }
}
