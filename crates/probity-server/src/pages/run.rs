//! `/monitors/NAME/runs/ID`: the evidence of one run. What it looked at and how it ended, what it
//! found and what was expected, every file that it left, the constraints that it obeyed, its log.

use http::StatusCode;
use maud::{Markup, html};
use probity_analysis::recheck::RecheckedViolation;
use probity_analysis::violation_text::parted;
use probity_app::dashboard::run::{self, RunNumber, RunPage, RunQuery};
use probity_data::location::StoredObject;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::address::RunAddress;
use super::fields::Fields;
use super::history::number;
use super::visit::Visit;
use super::{Desk, Refusal, badge, reply, run_parts, shell, words};
use crate::answer::Answer;
use crate::run_evidence::{self, Unread};

/// What a run left, read from its place.
#[derive(Debug, Default)]
struct Left {
    files: Vec<StoredObject>,
    violations: Vec<RecheckedViolation>,
    problem: Option<String>,
}

pub(super) async fn page(
    desk: Desk<'_>,
    visit: &Visit,
    address: &RunAddress,
) -> Result<Answer, Refusal> {
    let page = find(desk, visit, address).await?;
    let left = left(desk, &page).await;
    Ok(reply::html(StatusCode::OK, render(visit, (&page, &left))))
}

pub(super) async fn find(
    desk: Desk<'_>,
    visit: &Visit,
    address: &RunAddress,
) -> Result<RunPage, Refusal> {
    let query = RunQuery {
        monitor: &address.monitor,
        id: &address.id,
    };
    Ok(run::run(desk.app, &visit.caller, query).await?)
}

async fn left(desk: Desk<'_>, page: &RunPage) -> Left {
    let Some(folder) = page.body.output_uri.as_deref() else {
        return Left::default();
    };
    let environment = desk.tools.environment;
    let (files, violations) = futures::join!(
        run_evidence::files(folder, environment),
        run_evidence::violations(page.kind, folder, environment),
    );
    let problem = match (&files, &violations) {
        (Err(Unread::Missing { .. }), _) => Some(
            "Its files are no longer where it left them: the bucket was cleaned, or they were kept for a time only."
                .to_owned(),
        ),
        (Err(error), _) | (Ok(_), Err(error)) => Some(error.to_string()),
        (Ok(_), Ok(_)) => None,
    };
    Left {
        files: files.unwrap_or_default(),
        violations: violations.ok().flatten().unwrap_or_default(),
        problem,
    }
}

fn render(visit: &Visit, (page, left): (&RunPage, &Left)) -> Markup {
    let title = format!(
        "Run of {}, {}",
        page.monitor,
        words::moment_text(page.scheduled_ms)
    );
    let monitor = shell::monitor_path(&page.monitor);
    let body = html! {
        (shell::trail(visit, &[("Fleet", "/dashboard"), (&page.monitor, &monitor)]))
        div.title {
            h1 { "Run of " (words::moment(page.scheduled_ms)) }
            (badge::run(&page.status, page.violations))
            span.grow {}
            (neighbours(visit, page))
        }
        p.lead.soft { (badge::kind(page.kind)) @if let Some(endpoint) = &page.endpoint { " of " (endpoint) } " · " (run_parts::cause_words(&page.cause)) }
        @if page.is_under_way() { (under_way(page)) }
        (outcome(page))
        @if !page.is_under_way() { (found(page, left)) }
        (overview(visit, page))
        (measured(visit, page))
        (run_parts::files(visit, page, (&left.files, left.problem.as_deref())))
        (run_parts::log(page))
    };
    let head = shell::Head::of(&title);
    match page.is_under_way() {
        true => shell::page_under_way(visit, head, &body),
        false => shell::page(visit, head, &body),
    }
}

fn neighbours(visit: &Visit, page: &RunPage) -> Markup {
    let href = |id: &str| visit.href(&shell::run_path(&page.monitor, id));
    html! {
        nav.pages.inline aria-label="Other runs" {
            @if let Some(id) = &page.earlier { a.button rel="prev" href=(href(id)) { "Run before" } }
            @if let Some(id) = &page.later { a.button rel="next" href=(href(id)) { "Run after" } }
        }
    }
}

fn under_way(page: &RunPage) -> Markup {
    html! {
        div.notes.running role="status" data-live="run" {
            p { strong { @match page.status.as_str() { "Pending" => "Waits for a worker", "Stopping" => "Is being stopped", _ => "Runs now" } }
                @if let Some(at_ms) = page.body.started_ms { ", since " (words::moment(at_ms)) }
                ". This page shows how it ends." }
        }
    }
}

/// Why it failed, or what keeps its numbers from being the whole truth.
fn outcome(page: &RunPage) -> Markup {
    html! {
        @if let Some(reason) = &page.body.failure_reason {
            div.alarm role="status" { div { p { strong { "It failed" } } p { (reason) } (run_parts::advice(reason)) } }
        }
        @if !page.body.notes.is_empty() {
            div.notes { h2.small { "What to know about it" } ul { @for note in &page.body.notes { li { (note) } } } }
        }
    }
}

fn found(page: &RunPage, left: &Left) -> Markup {
    html! {
        section #violations {
            h2 { "What it found" }
            @if left.violations.is_empty() {
                @match page.violations {
                    Some(0) => p.quiet-news { (shell::symbol("ok")) "Nothing violated its constraints." },
                    Some(_) if !page.body.violations.is_empty() => ul.plain { @for text in &page.body.violations { li { (text) } } },
                    Some(_) | None if page.body.failure_reason.is_some() => p.soft { "It ended before it could compare anything." },
                    Some(_) | None => p.soft { "It had nothing to compare with: the monitor has no constraints. They come with a baseline." },
                }
            } @else {
                (violations(page, &left.violations))
            }
        }
    }
}

fn violations(page: &RunPage, violations: &[RecheckedViolation]) -> Markup {
    const SHOWN: usize = 200;
    html! {
        div.scroll tabindex="0" { table.violations {
            thead { tr {
                th scope="col" { (subject_words(page.kind)) } th scope="col" { "Check" }
                th scope="col" { "Expected" } th scope="col" { "Found" } th scope="col" { "95 % interval" } th scope="col" { "In the words of the file" }
            } }
            tbody { @for violation in violations.iter().take(SHOWN) {
                @let parted = parted(&violation.description).unwrap_or_default();
                tr {
                    th scope="row" { (violation.subject) }
                    td { (check_words(&violation.check)) span.fine.block { code { (violation.check) } } }
                    td { (or_none(&parted.expected)) }
                    td { @if parted.found.is_empty() { span.none { "–" } } @else { strong { (parted.found) } } }
                    td { @match interval(page, violation) { Some((low, high)) => { (number(low)) " to " (number(high)) }, None => span.none { "–" } } }
                    td.fine { (violation.description) }
                }
            } }
        } }
        @if violations.len() > SHOWN { p.soft { "and " (violations.len() - SHOWN) " more, which are in the file." } }
    }
}

fn or_none(text: &str) -> Markup {
    html! { @if text.is_empty() { span.none { "–" } } @else { (text) } }
}

fn subject_words(kind: MonitoringType) -> &'static str {
    match kind {
        MonitoringType::DataQuality => "Feature",
        MonitoringType::ModelQuality => "Metric",
        MonitoringType::ModelBias => "Facet and metric",
        MonitoringType::ModelExplainability => "Label",
    }
}

/// A check in words; one that is not known has its own.
fn check_words(check: &str) -> &str {
    match check {
        "data_type_check" => "type of values",
        "completeness_check" => "values present",
        "baseline_drift_check" => "distance to the baseline",
        "missing_column_check" => "column missing",
        "extra_column_check" => "column too many",
        "categorical_values_check" => "values in the domain",
        "bias_drift_check" => "bias against the baseline",
        "feature_attribution_drift_check" => "order of the attributions",
        "LessThanThreshold" => "less than its threshold",
        "GreaterThanThreshold" => "greater than its threshold",
        other => other,
    }
}

/// Of the number that the violation is about, where the run published one.
fn interval(page: &RunPage, violation: &RecheckedViolation) -> Option<(f64, f64)> {
    let is_it = |own: &&RunNumber| match page.kind {
        MonitoringType::DataQuality => {
            violation.check == "baseline_drift_check"
                && own.name.strip_prefix("feature_baseline_drift_") == Some(&violation.subject)
        }
        MonitoringType::ModelQuality => own.name == violation.subject,
        MonitoringType::ModelBias => {
            let of = |name: &str| own.dimensions.get(name).map_or("", String::as_str);
            let metric = own.name.trim_start_matches("bias_metric_");
            violation.subject == format!("{} {} {metric}", of("Facet"), of("FacetValue"))
        }
        MonitoringType::ModelExplainability => false,
    };
    page.numbers.iter().find(is_it)?.interval
}

fn overview(visit: &Visit, page: &RunPage) -> Markup {
    html! {
        section #overview {
            h2 { "What it looked at" }
            div.pair { (run_parts::window(page)) (run_parts::compared(visit, page)) }
        }
    }
}

fn measured(visit: &Visit, page: &RunPage) -> Markup {
    const SHOWN: usize = 120;
    if page.numbers.is_empty() {
        return html! {};
    }
    let address = |own: &RunNumber| {
        let fields = Fields::default().with("metric", &own.key());
        visit.link(&shell::monitor_path(&page.monitor), &fields) + "#history"
    };
    html! {
        section #numbers {
            h2 { "What it measured" }
            div.scroll.metrics tabindex="0" { table {
                thead { tr { th scope="col" { "Metric, with its history" } th.num scope="col" { "Value" } th.num scope="col" { "95 % interval" } } }
                tbody { @for own in page.numbers.iter().take(SHOWN) {
                    tr {
                        th scope="row" { a href=(address(own)) { (own.name) }
                            @for (name, value) in &own.dimensions { span.fine.block { (name) ": " (value) } } }
                        td.num { (number(own.value)) }
                        td.num { @match own.interval { Some((low, high)) => { (number(low)) " to " (number(high)) }, None => span.none { "–" } } }
                    }
                } }
            } }
            @if page.numbers.len() > SHOWN { p.soft { "and " (page.numbers.len() - SHOWN) " more, which are in " code { "statistics.json" } "." } }
        }
    }
}
