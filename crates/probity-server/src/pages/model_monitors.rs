//! The monitors of a model: how each stands, and a calendar of its runs; and the alerts they raised.

use maud::{Markup, html};
use probity_app::dashboard::model::ModelPage;
use probity_app::dashboard::monitor_state::MonitorState;
use probity_app::dashboard::monitors::{AlertHistory, AlertOf, CALENDAR_DAYS, Day, Monitor};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::visit::Visit;
use super::{badge, shell, words};

pub(super) fn section(visit: &Visit, page: &ModelPage) -> Markup {
    html! {
        section #monitors {
            h2 { "Monitors " span.soft { "runs of the last " (CALENDAR_DAYS) " days" } }
            div.scroll tabindex="0" { table.monitors {
                thead { tr { th scope="col" { "Monitor" } th scope="col" { "State" } th scope="col" { "Runs" } th scope="col" { "Last run" } th scope="col" { "Next run" } } }
                tbody { @for kind in MonitoringType::ALL {
                    @let own: Vec<&Monitor> = page.monitors.iter().filter(|monitor| monitor.kind == kind).collect();
                    @if own.is_empty() { (missing(kind, page)) }
                    @for monitor in own { (row(visit, monitor, page.as_of_ms)) }
                } }
            } }
            (calendar_key())
        }
    }
}

fn missing(kind: MonitoringType, page: &ModelPage) -> Markup {
    let state = match page.runs {
        true => MonitorState::Missing,
        false => MonitorState::Idle,
    };
    html! {
        tr {
            th scope="row" { (badge::kind(kind)) }
            td { (badge::monitor(state, page.as_of_ms)) }
            td.soft colspan="3" { "Nobody watches this. "
                @if state == MonitorState::Missing {
                    code { "probity monitor create" } " or " code { "create_monitoring_schedule" } " makes a monitor."
                }
            }
        }
    }
}

fn row(visit: &Visit, monitor: &Monitor, now_ms: i64) -> Markup {
    html! {
        tr {
            th scope="row" {
                a.name href=(visit.href(&shell::monitor_path(&monitor.name))) { (monitor.name) }
                span.fine.block { (badge::kind(monitor.kind)) " · " (monitor.expression) }
            }
            td { (badge::monitor(monitor.state, now_ms))
                @for alert in monitor.alerts.iter().filter(|alert| alert.status == "InAlert") {
                    span.fine.block { (alert.reason) }
                }
            }
            td { (calendar(&monitor.calendar)) }
            td { @match &monitor.last_run {
                Some(run) => { (words::ago(run.scheduled_ms, now_ms)) span.fine.block { (badge::run_result(run)) } },
                None => span.none { "never" },
            } }
            td { @match monitor.next_ms {
                Some(at_ms) => (words::ago(at_ms, now_ms)),
                None => span.none { "–" },
            } }
        }
    }
}

/// A cell for each day. What a day came to is told by colour and by form, and by its title.
pub(super) fn calendar(days: &[Day]) -> Markup {
    let runs: usize = days.iter().map(|day| day.runs).sum();
    let found: usize = days.iter().map(|day| day.with_violations).sum();
    let failed: usize = days.iter().map(|day| day.failed).sum();
    let label = format!(
        "{} in {} days, {found} with violations, {failed} failed",
        words::number_of(runs, "run"),
        days.len()
    );
    html! {
        svg.calendar viewBox=(format!("0 0 {} 20", days.len() * 8)) role="img" aria-label=(label) {
            @for (place, day) in days.iter().enumerate() { (cell(place * 8, day)) }
        }
    }
}

fn cell(x: usize, day: &Day) -> Markup {
    let date = words::day_text(day.day_ms);
    html! {
        g {
            title { (date) ": " @if day.runs == 0 { "no run" } @else {
                (words::number_of(day.runs, "run")) ", " (day.with_violations) " with violations, " (day.failed) " failed" } }
            @if day.runs == 0 { rect.day-none x=(x) y="9" width="6" height="2" {} }
            @else if day.failed > 0 { path.day-failed d=(format!("M{x} 2h6v16h-6zM{x} 2l6 16M{} 2l-6 16", x + 6)) {} }
            @else if day.with_violations > 0 { rect.day-found x=(x) y="2" width="6" height="16" rx="1" {} }
            @else { rect.day-ok x=(x) y="6" width="6" height="8" rx="1" {} }
        }
    }
}

pub(super) fn calendar_key() -> Markup {
    let day = |runs, with_violations, failed| Day {
        day_ms: 0,
        runs,
        with_violations,
        failed,
    };
    let keys = [
        ("no violations", day(1, 0, 0)),
        ("violations", day(1, 1, 0)),
        ("failed", day(1, 0, 1)),
        ("no run", day(0, 0, 0)),
    ];
    html! {
        ul.legend.calendar-key aria-hidden="true" { @for (name, day) in keys {
            li { svg.calendar viewBox="0 0 6 20" { (cell(0, &day)) } (name) }
        } }
    }
}

pub(super) fn alerts(visit: &Visit, page: &ModelPage) -> Markup {
    html! {
        section #alerts {
            h2 { "Alert history" }
            (history(visit, &page.alert_history))
            @if page.alert_history.goes_on && !page.monitors.is_empty() {
                p.fine { "Older ones stand with each monitor: "
                    @for (place, monitor) in page.monitors.iter().enumerate() {
                        @if place > 0 { ", " }
                        a href=(alerts_of(visit, &monitor.name)) { (monitor.name) }
                    }
                }
            }
        }
    }
}

/// Where the page of a monitor tells of its alerts.
fn alerts_of(visit: &Visit, monitor: &str) -> String {
    format!("{}#alerts", visit.href(&shell::monitor_path(monitor)))
}

pub(super) fn history(visit: &Visit, history: &AlertHistory) -> Markup {
    let changes = &history.changes;
    html! {
        @if changes.is_empty() { p.soft { "No alert was ever raised." } }
        @else {
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "When" } th scope="col" { "Became" } th scope="col" { "Of" } th scope="col" { "Why" } } }
                tbody { @for change in changes {
                    tr {
                        td { (words::moment(change.at_ms)) }
                        td { (badge::alert_status(&change.status)) }
                        td {
                            @match &change.of {
                                AlertOf::Monitor(name) => a href=(alerts_of(visit, name)) { (name) },
                                AlertOf::Endpoint(name) => { "Endpoint " (name) },
                            }
                            @if change.alert != "Default" { span.fine.block { (change.alert) } } }
                        td { (change.reason) }
                    }
                } }
            } }
        }
    }
}
