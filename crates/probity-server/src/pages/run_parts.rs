//! Parts of the page of a run: its window and joins, what it was compared with, files, and log.

use maud::{Markup, html};
use probity_app::dashboard::run::RunPage;
use probity_data::location::StoredObject;
use serde_json::Value;

use super::visit::Visit;
use super::{badge, shell, words};

/// Why a run is.
pub(super) fn cause_words(cause: &str) -> &str {
    match cause {
        "slot" => "by its schedule",
        "now" => "at once, as its schedule says",
        "asked" => "because somebody asked for it",
        "late-labels" => "scored again, because labels came late",
        "imported" => "ran elsewhere, and was imported",
        other => other,
    }
}

/// What to do about a failure that is common.
pub(super) fn advice(reason: &str) -> Markup {
    let lower = reason.to_lowercase();
    let text = if lower.contains("label") || lower.contains("ground truth") {
        "Labels are added with probity labels add, or by AddGroundTruthLabels; the window is scored anew when they come."
    } else if lower.contains("nodata") || lower.contains("no data") || lower.contains("captured") {
        "Nothing was captured in its window: look whether the endpoint was called, and whether its configuration captures."
    } else if lower.contains("baseline") || lower.contains("constraints") {
        "Look at what the monitor is compared with, on its page."
    } else {
        return html! {};
    };
    html! { p.soft { (text) } }
}

pub(super) fn window(page: &RunPage) -> Markup {
    let window = page.body.window;
    let long = words::span(window.end_ms.saturating_sub(window.start_ms));
    html! {
        div.tile {
            dl.facts {
                dt { "Window" } dd { (words::moment(window.start_ms)) " to " (words::moment(window.end_ms)) span.fine { " (" (long) ")" } }
                @if let Some(at_ms) = page.body.started_ms { dt { "Ran" } dd { (words::moment(at_ms)) @if let Some(end_ms) = page.body.finished_ms { span.fine { ", for " (seconds(end_ms - at_ms)) } } } }
                @if let Some(coverage) = &page.body.coverage { dt { "Captured" } dd { (told(coverage)) } }
                @if let Some(message) = &page.body.exit_message { dt { "Exit message" } dd { (message) } }
                dt { "Run" } dd { code { (page.id) } }
                @if let Some(arn) = &page.body.processing_job_arn { dt { "Job" } dd { code { (arn) } } }
            }
            @if let Some(join) = &page.body.join { h3 { "Labels" } (labels(join)) }
        }
    }
}

fn seconds(ms: i64) -> String {
    match ms {
        ..60_000 => format!("{:.1} s", ms.max(0) as f64 / 1000.0),
        _ => words::span(ms),
    }
}

/// A sentence, or members of a document.
fn told(value: &Value) -> Markup {
    html! { @match value {
        Value::String(text) => (words::prose(text)),
        other => code { (other.to_string()) },
    } }
}

/// How captures and labels were joined.
fn labels(join: &Value) -> Markup {
    let count = |member: &str| join.get(member).and_then(Value::as_i64);
    let rows = [
        ("captured", "Events captured in the window"),
        ("matched", "with a label"),
        ("unmatched", "without a label"),
        ("late", "whose label came too late"),
        ("labels", "Labels read"),
        ("orphan", "without an event"),
        ("duplicate", "given twice"),
        ("conflicting", "given twice, and not alike"),
    ];
    html! {
        dl.facts { @for (member, name) in rows {
            @if let Some(count) = count(member) { @if count > 0 || matches!(member, "captured" | "matched" | "labels") {
                dt { (name) } dd { (words::count(count)) }
            } }
        } }
        @if let (Some(matched), Some(captured)) = (count("matched"), count("captured")) { @if captured > 0 {
            p.fine { (words::percent(100.0 * matched as f64 / captured as f64)) " of the events had a label." }
        } }
    }
}

/// The documents that it obeyed, as its definition named them then; and other runs of its slot.
pub(super) fn compared(visit: &Visit, page: &RunPage) -> Markup {
    let baseline = page.body.definition.baseline_config.as_ref();
    let constraints =
        baseline.and_then(|found| found.constraints_resource.as_ref()?.s3_uri.as_deref());
    let statistics =
        baseline.and_then(|found| found.statistics_resource.as_ref()?.s3_uri.as_deref());
    let job = baseline.and_then(|found| found.baselining_job_name.as_deref());
    html! {
        div.tile {
            dl.facts {
                dt { "Constraints" } dd { (uri(constraints))
                    @if let Some(sha256) = &page.body.constraints_sha256 { span.fine.block { "SHA-256 " code { (sha256) } } } }
                dt { "Statistics" } dd { (uri(statistics)) }
                @if let Some(job) = job { dt { "Baselining job" } dd { code { (job) } } }
                dt { "Definition" } dd { @match page.body.definition.job_definition_name.as_str() { "" => "stands in the schedule", name => code { (name) } } }
                dt { "Results" } dd { (uri(page.body.output_uri.as_deref())) }
            }
            @if !page.same_slot.is_empty() {
                h3 { "The same slot was scored " (page.same_slot.len() + 1) " times" }
                ul.plain {
                    @for other in &page.same_slot {
                        li { a href=(visit.href(&shell::run_path(&page.monitor, &other.id))) { (cause_words(&other.cause)) @if other.revision > 0 { " (" (other.revision) ")" } }
                            " " (badge::run(&other.status, (other.violations >= 0).then_some(other.violations))) }
                    }
                }
            }
        }
    }
}

fn uri(uri: Option<&str>) -> Markup {
    html! { @match uri { Some(uri) => code { (uri) }, None => span.none { "none" } } }
}

/// Every file of the result, and the report to look at.
pub(super) fn files(
    visit: &Visit,
    page: &RunPage,
    (files, problem): (&[StoredObject], Option<&str>),
) -> Markup {
    if page.body.output_uri.is_none() && files.is_empty() {
        return html! {};
    }
    let run = shell::run_path(&page.monitor, &page.id);
    let href = |name: &str| visit.href(&shell::file_path(&run, name));
    html! {
        section #files {
            h2 { "Files it left" }
            @if let Some(problem) = problem { p.soft { (problem) } }
            @if files.iter().any(|file| file.relative() == "report.html") {
                p.lead { a.button href=(visit.href(&format!("{run}/report"))) { (shell::symbol("file")) "Open the full report" } }
            }
            @if !files.is_empty() {
                div.scroll tabindex="0" { table.files {
                    thead { tr { th scope="col" { "File" } th scope="col" { "What it is" } th.num scope="col" { "Size" } } }
                    tbody { @for file in files {
                        tr {
                            th scope="row" { a href=(href(file.relative())) download { (file.relative()) } }
                            td.soft { (purpose(file.relative())) }
                            td.num { (words::size(file.size_bytes())) }
                        }
                    } }
                } }
            }
        }
    }
}

fn purpose(name: &str) -> &'static str {
    match name {
        "statistics.json" => "statistics of the window, in SageMaker's format",
        "constraints.json" => "constraints that the window itself suggests",
        "constraint_violations.json" => "what violated, in SageMaker's format",
        "analysis.json" => "bias metrics and attributions, in Clarify's format",
        "baseline-constraints.json" => "the constraints that were obeyed",
        "baseline-summaries.bin" => "summaries of the baseline, to recompute distances",
        "summaries.bin" => "summaries of the window, to recompute and merge",
        "probity.json" => "intervals, tests and both verdicts",
        "report.html" => "the report for people",
        "report.pdf" => "the report to print",
        "report.ipynb" => "the report as a notebook",
        _ => "",
    }
}

pub(super) fn log(page: &RunPage) -> Markup {
    html! {
        @if !page.log.is_empty() {
            section #log data-live="log" {
                h2 { "Log" }
                details open[page.is_under_way() || page.body.failure_reason.is_some()] {
                    summary { (words::number_of(page.log.len(), "line")) }
                    pre.log tabindex="0" { @for line in &page.log { (line) "\n" } }
                }
            }
        }
    }
}
