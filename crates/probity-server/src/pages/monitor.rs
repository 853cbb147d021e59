//! `/monitors/NAME`: one monitor on one page, and what can be done about it.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::monitor::{self, MonitorPage, MonitorQuery, Run};
use probity_app::dashboard::monitors::CALENDAR_DAYS;
use serde_json::json;

use super::fields::Fields;
use super::visit::{Asked, Visit};
use super::{
    Desk, Refusal, alerts, badge, found, history, model_monitors, reply, run_parts, shell, words,
};
use crate::answer::Answer;
use crate::run_evidence::{self, HistoryLimits};

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let query = MonitorQuery {
        name: name.to_owned(),
        metric: visit.fields.get("metric").map(str::to_owned),
        range: history::range(&visit.fields),
        before: visit.fields.get("before").map(str::to_owned),
    };
    let page = monitor::monitor(desk.app, &visit.caller, &query).await?;
    let limits = match &page.history {
        Some(history) => {
            let environment = desk.tools.environment;
            run_evidence::history_limits((history, &page.baseline), environment).await
        }
        None => HistoryLimits::default(),
    };
    let found = found::section(desk, visit, name).await?;
    Ok(reply::html(
        StatusCode::OK,
        render(visit, (&page, &limits), &found),
    ))
}

fn render(visit: &Visit, (page, limits): (&MonitorPage, &HistoryLimits), found: &Markup) -> Markup {
    let monitor = &page.monitor;
    let head = shell::Head {
        title: &monitor.name,
        place: shell::Place::Other,
    };
    let body = html! {
        (shell::trail(visit, &[("Fleet", "/dashboard")]))
        div.title {
            h1 { (monitor.name) }
            (badge::monitor(monitor.state, page.as_of_ms))
            span.grow {}
            (run_now(visit, page))
        }
        (alerts::alarms(visit, page))
        (under_way(visit, page))
        (overview(visit, page))
        (found)
        (history::section(visit, page, limits))
        (runs(visit, page))
        (alerts::section(visit, page))
    };
    match running(page).is_some() {
        true => shell::page_under_way(visit, head, &body),
        false => shell::page(visit, head, &body),
    }
}

fn run_now(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        @if visit.may("probity:RunMonitoringSchedule") {
            form method="post" action=(visit.href(&shell::monitor_path(&page.monitor.name))) {
                (shell::form_key(visit))
                button.primary name="do" value="run" type="submit" { "Run now" }
            }
        }
    }
}

/// The newest run, where it has not ended.
fn running(page: &MonitorPage) -> Option<&Run> {
    let is_under_way =
        |run: &&Run| matches!(run.status.as_str(), "Pending" | "InProgress" | "Stopping");
    page.runs.iter().find(is_under_way)
}

fn under_way(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        div data-live="running" {
            @if let Some(run) = running(page) {
                div.notes.running role="status" {
                    p { strong { @if run.status == "Pending" { "A run waits for a worker" } @else { "A run is under way" } }
                        ": " a href=(visit.href(&shell::run_path(&page.monitor.name, &run.id))) { "see how it goes" } "." }
                }
            }
        }
    }
}

fn overview(visit: &Visit, page: &MonitorPage) -> Markup {
    let monitor = &page.monitor;
    html! {
        section #overview {
            h2 { "Overview" }
            div.pair {
                div.tile {
                    dl.facts {
                        dt { "Watches" } dd { (badge::kind(monitor.kind)) @if let Some(endpoint) = &monitor.endpoint { " of " strong { (endpoint) } } }
                        dt { "Schedule" } dd { code { (monitor.expression) } }
                        dt { "Next run" } dd { @match monitor.next_ms { Some(at_ms) => (words::moment(at_ms)), None => "none" } }
                        dt { "Last run" } dd { @match &monitor.last_run { Some(run) => { (words::ago(run.scheduled_ms, page.as_of_ms)) ": " (badge::run_result(run)) }, None => "never" } }
                        @for alert in &monitor.alerts { @if alert.name == "Default" {
                            dt { "Alerts" } dd { "when " (alert.datapoints_to_alert) " of the last " (alert.evaluation_period) " runs found violations" }
                        } }
                    }
                }
                div.tile {
                    dl.facts {
                        dt { "Constraints" } dd { (place(page.baseline.constraints_uri.as_deref()))
                            " " a.underlined href=(visit.href(&shell::constraints_path(&monitor.name))) { @if visit.may("probity:UpdateMonitoringBaseline") { "see and change" } @else { "see" } } }
                        dt { "Statistics" } dd { (place(page.baseline.statistics_uri.as_deref())) }
                        dt { "Results" } dd { code { (page.baseline.output_uri) } }
                        dt { "ARN" } dd { code { (page.arn) } }
                    }
                }
            }
            div.tile.year { h3 { "Last " (CALENDAR_DAYS) " days" } (model_monitors::calendar(&monitor.calendar)) (model_monitors::calendar_key()) }
        }
    }
}

fn place(uri: Option<&str>) -> Markup {
    html! { @match uri { Some(uri) => code { (uri) }, None => span.none { "none" } } }
}

fn runs(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        section #runs data-live="runs" {
            h2 { "Runs" }
            @if page.runs.is_empty() {
                div.empty { h3 { "It has not run yet" } p { "It runs by its schedule, or when somebody presses " strong { "Run now" } "." } }
            } @else {
                div.scroll tabindex="0" { table.runs {
                    thead { tr { th scope="col" { "Due" } th scope="col" { "Result" } th scope="col" { "What it found" } } }
                    tbody { @for run in &page.runs { (run_row(visit, page, run)) } }
                } }
                @if let Some(older) = &page.older {
                    nav.pages { span {} a.button rel="next" href=(visit.link(&shell::monitor_path(&page.monitor.name), &Fields::default().with("before", older)) + "#runs") { "Older runs" } }
                }
            }
        }
    }
}

fn run_row(visit: &Visit, page: &MonitorPage, run: &Run) -> Markup {
    let href = visit.href(&shell::run_path(&page.monitor.name, &run.id));
    html! {
        tr id=(format!("run-{}", run.id)) {
            th scope="row" { a href=(href) { (words::moment(run.scheduled_ms)) }
                @if run.cause != "slot" { span.fine.block { (run_parts::cause_words(&run.cause)) } }
                @if run.revision > 0 { span.fine.block { "scored again (" (run.revision) ")" } }
            }
            td { (badge::run(&run.status, run.violations)) }
            td.found {
                @if let Some(reason) = &run.body.failure_reason { p { (reason) } }
                @for text in run.body.violations.iter().take(6) { p { (words::prose(&words::rounded(text))) } }
                @if run.body.violations.len() > 6 { p.soft { "and " (run.body.violations.len() - 6) " more" } }
                @for note in run.body.notes.iter().take(3) { p.soft { (note) } }
                @if run.body.violations.is_empty() && run.body.failure_reason.is_none() && run.body.notes.is_empty() { span.none { "–" } }
            }
        }
    }
}

/// Run now, acknowledge, silence and lift that, comment.
pub(super) async fn act(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    name: &str,
) -> Result<Answer, Refusal> {
    let (app, caller) = (desk.app, &visit.caller);
    let field = |name: &str| asked.form.get(name).unwrap_or_default();
    let subject = format!("monitoring-schedule/{name}");
    match field("do") {
        "run" => {
            let input = json!({ "MonitoringScheduleName": name });
            let run = probity_app::monitoring_run::run(app, caller, input).await?;
            // Who asks for a run wants to see how it goes.
            if let Some(id) = run["MonitoringExecutionId"].as_str() {
                return Ok(reply::see_other(&visit.href(&shell::run_path(name, id))));
            }
        }
        "comment" => {
            let input =
                json!({ "Subject": subject, "AlertName": field("alert"), "Text": field("text") });
            probity_app::monitoring_alert::comment(app, caller, input).await?;
            let thread = visit.href(&shell::monitor_path(name)) + "#alerts";
            return Ok(reply::see_other(&thread));
        }
        "acknowledge" => {
            let input = json!({ "Subject": subject, "AlertName": field("alert"), "Reason": field("reason") });
            probity_app::monitoring_alert::acknowledge(app, caller, input).await?;
        }
        "silence" => {
            let hours: i64 = field("hours").parse().unwrap_or(1).clamp(1, 24 * 31);
            let until_ms = visit.now_ms + hours * 3_600_000;
            let input = json!({ "Subject": subject, "Reason": field("reason"), "Until": until_ms as f64 / 1000.0 });
            probity_app::alert_silence::create(app, caller, input).await?;
        }
        "lift" => {
            let mut input = json!({ "SilenceId": field("silence") });
            if !field("reason").is_empty() {
                input["Reason"] = field("reason").into();
            }
            probity_app::alert_silence::lift(app, caller, input).await?;
        }
        _ => return Err(Refusal::NoSuchPage),
    }
    Ok(reply::see_other(&visit.href(&shell::monitor_path(name))))
}
