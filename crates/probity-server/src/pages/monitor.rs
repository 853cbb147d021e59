//! `/monitors/NAME`: one monitor on one page, and what can be done about it.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::monitor::{self, MonitorPage, MonitorQuery, Run};
use probity_app::dashboard::monitors::CALENDAR_DAYS;
use serde_json::json;

use super::fields::Fields;
use super::visit::{Asked, Visit};
use super::{Desk, Refusal, badge, found, history, model_monitors, reply, shell, words};
use crate::answer::Answer;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let query = MonitorQuery {
        name: name.to_owned(),
        metric: visit.fields.get("metric").map(str::to_owned),
        before: visit.fields.get("before").map(str::to_owned),
    };
    let page = monitor::monitor(desk.app, &visit.caller, &query).await?;
    let found = found::section(desk, visit, name).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &page, &found)))
}

fn render(visit: &Visit, page: &MonitorPage, found: &Markup) -> Markup {
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
        (alert(visit, page))
        (overview(page))
        (found)
        (history::section(visit, page))
        (runs(visit, page))
        section #alerts { h2 { "Alert history" } (model_monitors::history(visit, &page.alert_changes)) }
    };
    shell::page(visit, head, &body)
}

fn action(visit: &Visit, page: &MonitorPage) -> String {
    visit.href(&shell::monitor_path(&page.monitor.name))
}

fn run_now(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        form method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            button.primary name="do" value="run" type="submit" { "Run now" }
        }
    }
}

/// What is wrong, and what to do about it.
fn alert(visit: &Visit, page: &MonitorPage) -> Markup {
    let in_alert: Vec<_> = page
        .monitor
        .alerts
        .iter()
        .filter(|alert| alert.status == "InAlert")
        .collect();
    html! {
        @for alert in &in_alert {
            div.alarm role="status" {
                div {
                    p { strong { "In alert since " (words::moment(alert.modified_ms)) }
                        @if alert.name != "Default" { " (" (alert.name) ")" } }
                    p { (alert.reason) }
                    @if let Some(known) = &alert.acknowledged {
                        p.soft { "Seen by " (known.by) " " (words::ago(known.at_ms, page.as_of_ms)) ": " (known.why) }
                    }
                }
                @if alert.acknowledged.is_none() { (reason_form(visit, page, ("acknowledge", "Acknowledge", alert.name.as_str()))) }
            }
        }
        @match &page.silence {
            Some(silence) => {
                div.notes { p { "Silent until " (words::moment(silence.until_ms)) ", by " (silence.actor) ": " (silence.why) } }
            },
            None if !in_alert.is_empty() => {
                details.quiet-down { summary { "Silence this monitor" } (silence_form(visit, page)) }
            },
            None => {},
        }
    }
}

fn reason_form(
    visit: &Visit,
    page: &MonitorPage,
    (verb, name, alert): (&str, &str, &str),
) -> Markup {
    html! {
        form.reason method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            input type="hidden" name="alert" value=(alert);
            label { span { "What do you know about it?" } input name="reason" required maxlength="1000" autocomplete="off"; }
            button name="do" value=(verb) type="submit" { (name) }
        }
    }
}

fn silence_form(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        form.reason method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            label { span { "Why" } input name="reason" required maxlength="1000" autocomplete="off"; }
            label { span { "For" } select name="hours" {
                @for (hours, text) in [("1", "1 hour"), ("8", "8 hours"), ("24", "1 day"), ("168", "1 week")] { option value=(hours) { (text) } }
            } }
            button name="do" value="silence" type="submit" { "Silence" }
        }
    }
}

fn overview(page: &MonitorPage) -> Markup {
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
                        dt { "Constraints" } dd { (place(page.baseline.constraints_uri.as_deref())) }
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
        section #runs {
            h2 { "Runs" }
            @if page.runs.is_empty() {
                div.empty { h3 { "It has not run yet" } p { "It runs by its schedule, or when somebody presses " strong { "Run now" } "." } }
            } @else {
                div.scroll tabindex="0" { table.runs {
                    thead { tr { th scope="col" { "Due" } th scope="col" { "Result" } th scope="col" { "What it found" } th scope="col" { "Results" } } }
                    tbody { @for run in &page.runs { (run_row(run)) } }
                } }
                @if let Some(older) = &page.older {
                    nav.pages { span {} a.button rel="next" href=(visit.link(&shell::monitor_path(&page.monitor.name), &Fields::default().with("before", older)) + "#runs") { "Older runs" } }
                }
            }
        }
    }
}

fn run_row(run: &Run) -> Markup {
    html! {
        tr id=(format!("run-{}", run.id)) {
            th scope="row" { (words::moment(run.scheduled_ms))
                @if run.cause != "slot" { span.fine.block { (run.cause) } }
                @if run.revision > 0 { span.fine.block { "scored again (" (run.revision) ")" } }
            }
            td { (badge::run(&run.status, run.violations)) }
            td.found {
                @if let Some(reason) = &run.body.failure_reason { p { (reason) } }
                @for text in run.body.violations.iter().take(6) { p { (text) } }
                @if run.body.violations.len() > 6 { p.soft { "and " (run.body.violations.len() - 6) " more" } }
                @for note in run.body.notes.iter().take(3) { p.soft { (note) } }
                @if run.body.violations.is_empty() && run.body.failure_reason.is_none() && run.body.notes.is_empty() { span.none { "–" } }
            }
            td { @match &run.body.output_uri { Some(uri) => code { (uri) }, None => span.none { "–" } } }
        }
    }
}

/// Run now, acknowledge, silence.
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
            probity_app::monitoring_run::run(app, caller, input).await?;
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
        _ => return Err(Refusal::NoSuchPage),
    }
    Ok(reply::see_other(&visit.href(&shell::monitor_path(name))))
}
