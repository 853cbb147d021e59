//! The alerts of a monitor: what is wrong now, who is on it, what people said, and what was before.

use maud::{Markup, html};
use probity_app::dashboard::monitor::MonitorPage;
use probity_store::alert_comment::Comment;
use probity_store::alert_silence::Silence;
use probity_store::monitoring_alert::Alert;

use super::fields::Fields;
use super::visit::Visit;
use super::{model_monitors, shell, words};

/// What is wrong, and what to do about it.
pub(super) fn alarms(visit: &Visit, page: &MonitorPage) -> Markup {
    let in_alert: Vec<&Alert> = page
        .monitor
        .alerts
        .iter()
        .filter(|alert| alert.status == "InAlert")
        .collect();
    html! {
        @for alert in &in_alert { (alarm(visit, page, alert)) }
        @match &page.silence {
            Some(silence) => {
                div.notes { p { "Nobody is notified until " (words::moment(silence.until_ms)) ": " (silence.actor) " silenced it, " q { (silence.why) } }
                    @if visit.may("probity:LiftSilence") { (lift_form(visit, page, silence)) }
                }
            },
            None if !in_alert.is_empty() && visit.may("probity:SilenceAlert") => {
                details.quiet-down { summary { "Silence this monitor" } (silence_form(visit, page)) }
            },
            None => {},
        }
    }
}

fn alarm(visit: &Visit, page: &MonitorPage, alert: &Alert) -> Markup {
    html! {
        div.alarm role="status" {
            div {
                p { strong { "In alert since " (words::moment(alert.since_ms)) }
                    @if alert.name != "Default" { " (" (alert.name) ")" } }
                p { (alert.reason) }
                @if let Some(known) = &alert.acknowledged {
                    p.soft { "Seen by " (known.by) " " (words::ago(known.at_ms, page.as_of_ms)) ": " q { (known.why) } }
                }
            }
            @if alert.acknowledged.is_none() && visit.may("probity:AcknowledgeAlert") { (acknowledge_form(visit, page, &alert.name)) }
        }
    }
}

/// One of the whole region is lifted for every monitor.
fn lift_form(visit: &Visit, page: &MonitorPage, silence: &Silence) -> Markup {
    html! {
        form.reason method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            input type="hidden" name="silence" value=(silence.id);
            label { span { "Why notify again?" } input name="reason" maxlength="1000" autocomplete="off"; }
            button name="do" value="lift" type="submit" {
                @if silence.subject.is_empty() { "Lift the silence of the whole region" } @else { "Lift the silence" }
            }
        }
    }
}

fn action(visit: &Visit, page: &MonitorPage) -> String {
    visit.href(&shell::monitor_path(&page.monitor.name))
}

fn acknowledge_form(visit: &Visit, page: &MonitorPage, alert: &str) -> Markup {
    html! {
        form.reason method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            input type="hidden" name="alert" value=(alert);
            label { span { "What do you know about it?" } input name="reason" required maxlength="1000" autocomplete="off"; }
            button name="do" value="acknowledge" type="submit" { "Acknowledge" }
        }
    }
}

fn silence_form(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        form.reason method="post" action=(action(visit, page)) {
            (shell::form_key(visit))
            label { span { "Why" } input name="reason" required maxlength="1000" autocomplete="off"; }
            label.short { span { "For" } select name="hours" {
                @for (hours, text) in [("1", "1 hour"), ("8", "8 hours"), ("24", "1 day"), ("168", "1 week")] { option value=(hours) { (text) } }
            } }
            button name="do" value="silence" type="submit" { "Silence" }
        }
    }
}

/// The history of its alerts, and the thread beside it.
pub(super) fn section(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        section #alerts data-live="alerts" {
            h2 { "Alerts" }
            div.alert-columns {
                div { h3 { "History" } (model_monitors::history(visit, &page.alert_history)) (older(visit, page)) }
                div { h3 { "Comments" } (thread(visit, page)) }
            }
        }
    }
}

/// Every change of an alert is an event too, about the alert.
fn older(visit: &Visit, page: &MonitorPage) -> Markup {
    let history = &page.alert_history;
    let about = |alert: &str| {
        let arn = format!("{}/alert/{alert}", page.arn);
        visit.link("/activity", &Fields::default().with("about", &arn))
    };
    html! {
        @if history.goes_on {
            p.fine { "The last " (history.changes.len()) " changes. All of them are in the activity: "
                @for (place, alert) in page.monitor.alerts.iter().enumerate() {
                    @if place > 0 { ", " }
                    a href=(about(&alert.name)) { (alert_words(&alert.name)) }
                }
            }
        }
    }
}

fn thread(visit: &Visit, page: &MonitorPage) -> Markup {
    let names: Vec<&str> = page
        .monitor
        .alerts
        .iter()
        .map(|alert| alert.name.as_str())
        .collect();
    html! {
        @if page.comments.is_empty() {
            p.soft { "Nobody has said anything yet." @if visit.may("probity:CommentAlert") { " What was found, and what was done about it, helps whoever meets the next alert." } }
        } @else {
            ol.thread { @for comment in &page.comments { (said(comment, page.as_of_ms)) } }
        }
        @if visit.may("probity:CommentAlert") && !names.is_empty() {
            form.say method="post" action=(action(visit, page)) {
                (shell::form_key(visit))
                label { span { "Comment" } textarea name="text" rows="3" required maxlength="1000" {} }
                div.row {
                    @if names.len() > 1 {
                        label.choice { span { "About" } select name="alert" { @for name in &names { option value=(name) { (alert_words(name)) } } } }
                    } @else { input type="hidden" name="alert" value=(names[0]); }
                    button name="do" value="comment" type="submit" { "Add the comment" }
                }
            }
        }
    }
}

fn alert_words(name: &str) -> &str {
    match name {
        "Default" => "violations",
        other => other,
    }
}

fn said(comment: &Comment, now_ms: i64) -> Markup {
    html! {
        li {
            p.fine { strong { (comment.actor) } " " (words::ago(comment.at_ms, now_ms))
                @if comment.name != "Default" { " about " (comment.name) } }
            p.words { (comment.text) }
        }
    }
}
