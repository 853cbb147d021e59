//! What is told of an alert, as webhooks receive it and as people read it. Ours; AWS has only the
//! change in its history.
//!
//! An event is told at least once: its `id` stays the same however often it is sent.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::UtcTime;
use crate::resource::AlertState;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlertEvent {
    /// Receivers tell repetitions by it.
    pub id: String,
    /// `alert`, or `test`.
    pub kind: String,
    /// `InAlert` or `OK`.
    pub state: String,
    /// The alert's name: `Default`, `Heartbeat`, `CaptureStopped`.
    pub alert: String,
    /// `monitoring-schedule/NAME` or `endpoint/NAME`.
    pub subject: String,
    pub account: String,
    pub region: String,
    /// `2026-01-31T10:00:00Z`, by the server's clock.
    pub at: String,
    /// One line.
    pub title: String,
    /// Everything that a person needs, in lines.
    pub text: String,
    /// Why the alert changed.
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<AlertedExecution>,
}

/// The execution that changed an alert. Names, numbers and rules; never what was captured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlertedExecution {
    pub id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    /// `DataQuality`, …
    pub monitoring_type: String,
    /// From here, up to and without the end.
    pub window_start_ms: i64,
    pub window_end_ms: i64,
    /// The first ones, in words.
    pub violations: Vec<String>,
    /// How many there are; unknown where somebody else's job found them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<String>,
}

/// What webhooks and commands receive: one event, or those of a digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertMessage {
    /// Of this format.
    pub version: u32,
    pub title: String,
    pub text: String,
    pub events: Vec<AlertEvent>,
}

pub const MESSAGE_VERSION: u32 = 1;

/// Violations that a text repeats, and how much of each.
const SHOWN_VIOLATIONS: usize = 8;
const LONGEST_VIOLATION: usize = 300;

impl AlertEvent {
    /// Two events of one alert have the same.
    pub fn alert_key(&self) -> String {
        format!("{}/{}/{}", self.region, self.subject, self.alert)
    }

    pub fn is_alerting(&self) -> bool {
        self.state == AlertState::InAlert.as_str()
    }

    /// Writes title and text from the other members.
    pub fn worded(mut self) -> AlertEvent {
        self.title = self.compose_title();
        self.text = self.compose_text();
        self
    }

    fn name(&self) -> &str {
        self.subject
            .split_once('/')
            .map_or(self.subject.as_str(), |(_, name)| name)
    }

    fn subject_words(&self) -> String {
        match self.subject.split_once('/') {
            Some(("monitoring-schedule", name)) => format!("schedule {name}"),
            Some((kind, name)) => format!("{} {name}", kind.replace('-', " ")),
            None => self.subject.clone(),
        }
    }

    fn compose_title(&self) -> String {
        if self.kind == "test" {
            return "Probity test notification".to_owned();
        }
        let place = match &self.execution {
            Some(execution) if !execution.endpoint.is_empty() => {
                format!("endpoint {}, {}", execution.endpoint, self.subject_words())
            }
            Some(_) | None => self.subject_words(),
        };
        if !self.is_alerting() {
            return format!("Resolved: {} of {place}", self.alert);
        }
        match (&self.execution, self.alert.as_str()) {
            (Some(execution), _) => {
                let found = execution.violation_count.map_or_else(
                    || "violations".to_owned(),
                    |count| counted(count, "violation"),
                );
                format!("Alert: {found} ({}), {place}", execution.monitoring_type)
            }
            (None, "Heartbeat") => format!("Alert: monitoring stopped, {place}"),
            (None, "CaptureStopped") => format!("Alert: nothing is captured any more, {place}"),
            (None, alert) => format!("Alert: {alert}, {place}"),
        }
    }

    fn compose_text(&self) -> String {
        let mut text = String::new();
        if let Some(execution) = &self.execution {
            add(&mut text, &looked_at(execution));
            if self.is_alerting() {
                for violation in execution.violations.iter().take(SHOWN_VIOLATIONS) {
                    add(&mut text, &format!("  - {}", shortened(violation)));
                }
                let shown = execution.violations.len().min(SHOWN_VIOLATIONS);
                let rest = execution
                    .violation_count
                    .map(|count| count.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX)));
                match rest {
                    Some(rest) if rest > 0 && shown > 0 => {
                        add(&mut text, &format!("  - and {rest} more"));
                    }
                    Some(_) | None => {}
                }
            }
        }
        add(&mut text, &self.reason);
        if let Some(results) = self.execution.as_ref().and_then(|of| of.results.as_ref()) {
            add(&mut text, &format!("Results: {results}"));
        }
        if self.kind != "test" {
            let place = format!(
                "{} of account {}, region {}, at {}",
                self.subject, self.account, self.region, self.at
            );
            add(&mut text, &format!("Alert `{}` of {place}", self.alert));
            self.add_next_steps(&mut text);
        }
        text
    }

    /// What a person may do about it, in commands that can be pasted.
    fn add_next_steps(&self, text: &mut String) {
        if !self.is_alerting() {
            return;
        }
        let subject = match self.subject.split_once('/') {
            Some(("monitoring-schedule", _)) => self.name(),
            Some(_) | None => self.subject.as_str(),
        };
        let name = match self.alert.as_str() {
            "Default" => String::new(),
            other => format!(" --alert {other}"),
        };
        add(
            text,
            &format!("Say that you are on it: probity alert ack {subject}{name} --why \"…\""),
        );
        add(
            text,
            &format!(
                "Silence it for a while: probity alert silence {subject} --for 2h --why \"…\""
            ),
        );
    }
}

impl AlertMessage {
    /// Of one event, or of a digest.
    pub fn of(events: Vec<AlertEvent>) -> AlertMessage {
        let (title, text) = match events.as_slice() {
            [event] => (event.title.clone(), event.text.clone()),
            events => digest(events),
        };
        AlertMessage {
            version: MESSAGE_VERSION,
            title,
            text,
            events,
        }
    }

    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

fn digest(events: &[AlertEvent]) -> (String, String) {
    let alerting = events.iter().filter(|event| event.is_alerting()).count();
    let alerting = u64::try_from(alerting).unwrap_or(u64::MAX);
    let all = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let title = format!(
        "Probity: {}, {} resolved",
        counted(alerting, "alert"),
        all.saturating_sub(alerting)
    );
    let mut text = String::new();
    for event in events {
        add(&mut text, &format!("{} {}", event.at, event.title));
    }
    for event in events {
        let _ = write!(text, "\n{}\n{}", event.title, event.text);
    }
    (title, text)
}

fn looked_at(execution: &AlertedExecution) -> String {
    let of = match execution.endpoint.as_str() {
        "" => "The batch data".to_owned(),
        endpoint => format!("What endpoint {endpoint} answered"),
    };
    let from = UtcTime::from_epoch_ms(execution.window_start_ms);
    let to = UtcTime::from_epoch_ms(execution.window_end_ms);
    let found = match execution.violation_count {
        None => "has violations".to_owned(),
        Some(0) => "has no violations".to_owned(),
        Some(count) => format!("has {}", counted(count, "violation")),
    };
    format!("{of} from {from} to {to} {found}.")
}

fn add(text: &mut String, line: &str) {
    if !line.is_empty() {
        text.push_str(line);
        text.push('\n');
    }
}

fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}

/// One line of bounded length.
fn shortened(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_VIOLATION {
        return line;
    }
    let mut kept: String = line.chars().take(LONGEST_VIOLATION - 1).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(state: AlertState, n_shown: usize, count: u64) -> AlertEvent {
        let violations = (0..n_shown).map(|at| format!("f{at}: missing_column_check"));
        AlertEvent {
            id: "1".to_owned(),
            kind: "alert".to_owned(),
            state: state.as_str().to_owned(),
            alert: "Default".to_owned(),
            subject: "monitoring-schedule/fraud-hourly".to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            at: "2026-01-12T02:00:07Z".to_owned(),
            reason: "1 of the last 1 executions has violations.".to_owned(),
            execution: Some(AlertedExecution {
                id: "x".to_owned(),
                endpoint: "fraud".to_owned(),
                monitoring_type: "DataQuality".to_owned(),
                window_start_ms: 1_768_179_600_000,
                window_end_ms: 1_768_183_200_000,
                violations: violations.collect(),
                violation_count: Some(count),
                results: Some("s3://b/results".to_owned()),
            }),
            ..AlertEvent::default()
        }
        .worded()
    }

    #[test]
    fn an_alert_says_what_broke_where_and_when() {
        let event = event(AlertState::InAlert, 2, 3);
        assert_eq!(
            event.title,
            "Alert: 3 violations (DataQuality), endpoint fraud, schedule fraud-hourly"
        );
        assert_eq!(
            event.text,
            "What endpoint fraud answered from 2026-01-12T01:00:00Z to 2026-01-12T02:00:00Z has \
             3 violations.\n\
             \x20 - f0: missing_column_check\n\
             \x20 - f1: missing_column_check\n\
             \x20 - and 1 more\n\
             1 of the last 1 executions has violations.\n\
             Results: s3://b/results\n\
             Alert `Default` of monitoring-schedule/fraud-hourly of account 111122223333, region \
             eu-west-1, at 2026-01-12T02:00:07Z\n\
             Say that you are on it: probity alert ack fraud-hourly --why \"…\"\n\
             Silence it for a while: probity alert silence fraud-hourly --for 2h --why \"…\"\n"
        );
    }

    #[test]
    fn a_resolved_alert_repeats_no_violations() {
        let event = event(AlertState::Ok, 0, 0);
        assert_eq!(
            event.title,
            "Resolved: Default of endpoint fraud, schedule fraud-hourly"
        );
        assert!(event.text.contains("has no violations"), "{}", event.text);
        assert!(!event.text.contains("probity alert"), "{}", event.text);
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let event = event(AlertState::InAlert, 20, 40);
        assert_eq!(event.text.matches("  - f").count(), SHOWN_VIOLATIONS);
        assert!(event.text.contains("and 32 more"), "{}", event.text);
    }

    #[test]
    fn a_digest_says_all_of_it() {
        let events = vec![
            event(AlertState::InAlert, 1, 1),
            event(AlertState::Ok, 0, 0),
        ];
        let message = AlertMessage::of(events.clone());
        assert_eq!(message.title, "Probity: 1 alert, 1 resolved");
        for event in &events {
            assert!(message.text.contains(&event.text));
        }
        let read: AlertMessage = serde_json::from_slice(&message.to_json().unwrap()).unwrap();
        assert_eq!(read, message);
    }
}
