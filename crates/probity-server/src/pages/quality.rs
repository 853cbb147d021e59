//! What a model-quality monitor found: every constrained metric at the baseline and now, the
//! predictions in pictures, and all metrics with their intervals.

use maud::{Markup, html};
use probity_app::dashboard::result::MonitorResult;
use probity_report::model_quality::{
    ComparedMetric, ModelQualityReport, QualityParts, QualityStanding, quality_parts,
};

use super::bias::measured;
use super::fields::Fields;
use super::results::{self, Found, QualityResult, origin};
use super::visit::Visit;
use super::{shell, words};

pub(super) fn section(
    visit: &Visit,
    result: &MonitorResult,
    found: &Found<QualityResult>,
) -> Markup {
    html! {
        @match found.or_why_not() {
            Err(instead) => section #quality { h2 { "Model quality" } (instead) },
            Ok(read) => {
                @let then = read.then.read();
                @let parts = quality_parts(&ModelQualityReport {
                    title: None,
                    statistics: &read.statistics,
                    probity: &read.probity,
                    baseline: then.and_then(|then| then.statistics.as_ref()),
                    baseline_probity: then.and_then(|then| then.probity.as_ref()),
                    violations: None,
                });
                (all(visit, result, (&parts, &read.then.why_not())))
            },
        }
    }
}

fn all(
    visit: &Visit,
    result: &MonitorResult,
    (parts, why_not): (&QualityParts, &Markup),
) -> Markup {
    html! {
        section #quality {
            h2 { "Model quality" }
            (origin(visit, result))
            p.headline { strong { (parts.headline) "." } }
            @if !parts.said.is_empty() { ul.said { @for sentence in &parts.said { li { (sentence) } } } }
            @if let Some(verdicts) = &parts.verdicts { div.rp.tile.both-verdicts { (verdicts) } }
            @if !parts.compared.is_empty() { (compared(visit, result, parts)) }
            (why_not)
            @if parts.is_baseline_replaced {
                div.notes { p { "The baseline was made anew since this run: what lies there now is not what the run was compared with, so that its intervals, its matrix and its curves are not shown." } }
            }
            (results::notes(parts.notes.iter().map(String::as_str)))
        }
        div.rp.parts { (parts.pictures) }
        @if let Some(then) = &parts.confusion_then {
            details.numbers.rp.then-matrix { summary { "The confusion matrix of the baseline" } div.tile { (then) } }
        }
        section #all-metrics.rp { h2 { "All metrics with their intervals" } (parts.metrics) }
    }
}

fn compared(visit: &Visit, result: &MonitorResult, parts: &QualityParts) -> Markup {
    html! {
        div.scroll.rp tabindex="0" role="region" aria-label="Metrics at the baseline and now" { table.then-now {
            thead { tr {
                th scope="col" { "Metric" }
                th.num scope="col" { "Baseline" }
                th.num scope="col" { "Now" }
                th.forest scope="col" { span.hidden { "Both with their intervals" } (parts.axis) }
                th.num scope="col" { "Limit" }
                th scope="col" { "Verdict" }
                th scope="col" { "Change" }
            } }
            tbody { @for metric in &parts.compared { (row(visit, result, metric)) } }
        } }
        p.fine {
            "In the pictures the baseline is above and now below, each with its interval where it is known. "
            @if let Some(note) = &parts.note_of_all { "Of all of them: " (words::prose(note)) "." }
        }
    }
}

fn row(visit: &Visit, result: &MonitorResult, metric: &ComparedMetric) -> Markup {
    let fields = Fields::default().with("metric", &metric.name);
    let past = visit.link(&shell::monitor_path(&result.monitor), &fields) + "#history";
    html! {
        tr {
            th scope="row" {
                b { (metric.label) }
                @if let Some(formula) = metric.formula { span.fine.block { (formula) } }
                a.fine href=(past) { "Over time" span.hidden { ": " (metric.label) } }
            }
            td.num data-head="Baseline" { (measured(&metric.then)) }
            td.num data-head="Now" { (measured(&metric.now)) }
            td.forest.two.shares { (metric.picture) }
            td.num data-head="Limit" { (metric.limit) }
            td { (standing(metric.standing)) }
            td.says {
                @match &metric.change {
                    Some((by, against)) => p { strong { (by) } " " span.soft { (against) } },
                    None => p.none { "no value" },
                }
                @if let Some(note) = &metric.note { p.fine { (words::prose(note)) } }
                details.numbers { summary { "Explain this number" }
                    dl.facts {
                        @if let Some(formula) = metric.formula { dt { "Formula" } dd.formula { (formula) } }
                        @if let Some(rows) = &metric.rows { dt { "Rows" } dd { (rows) " that it rests on" } }
                        @if let Some(how) = &metric.now.how { dt { "Interval" } dd { (how) ": made so that it holds the true value in that share of all samples" } }
                        @if let Some(interval) = &metric.interval { dt { "Of the change" } dd { (interval) } }
                        @if let Some(p) = &metric.p_adjusted { dt { "Adjusted p" } dd { (p) ", of a change for the worse at least as large, over all metrics of the run (Benjamini–Hochberg)" } }
                    }
                }
            }
        }
    }
}

fn standing(standing: QualityStanding) -> Markup {
    let chip = |text: &str| html! { span.chip.alert.seen { (shell::symbol("alert")) (text) } };
    html! {
        @match standing {
            QualityStanding::Beyond { beyond_chance: true } => { (chip("Beyond its limit")) span.fine.block { "by more than chance explains" } },
            QualityStanding::Beyond { beyond_chance: false } => { (chip("Beyond its limit")) span.fine.block { "chance may explain it" } },
            QualityStanding::WorseByCorrected => { (chip("Worse")) span.fine.block { "than chance explains, though within the limit" } },
            QualityStanding::Within => span.chip.ok { (shell::symbol("ok")) "Within its limit" },
            QualityStanding::NotCompared => span.none { "Not compared" },
        }
    }
}
