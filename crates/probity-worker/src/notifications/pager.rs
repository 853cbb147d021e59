//! PagerDuty's Events API v2 (<https://developer.pagerduty.com/docs/events-api-v2-overview>): one
//! incident for each alert, opened when it is raised and resolved when it is over.

use probity_domain::document::alert_event::AlertEvent;
use probity_domain::document::channel_settings::PagerDutySettings;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{SendNotification, Sender, http};
use crate::chain::at_most;

const EVENTS_URL: &str = "https://events.pagerduty.com/v2/enqueue";

/// PagerDuty's limits.
const LONGEST_SUMMARY: usize = 1024;
const LONGEST_KEY: usize = 255;

pub(super) async fn send(
    sender: &Sender,
    settings: &PagerDutySettings,
    events: &[AlertEvent],
) -> Result<(), SendNotification> {
    let url = settings.events_url.as_deref().unwrap_or(EVENTS_URL);
    for event in events {
        for action in actions(event) {
            let body = document(&settings.routing_key, event, action);
            let body = body.to_string().into_bytes();
            http::post(&sender.client, url, (HeaderMap::new(), body)).await?;
        }
    }
    Ok(())
}

/// A test opens an incident and closes it, so that nobody has to.
fn actions(event: &AlertEvent) -> &'static [&'static str] {
    match (event.kind.as_str(), event.is_alerting()) {
        ("test", _) => &["trigger", "resolve"],
        (_, true) => &["trigger"],
        (_, false) => &["resolve"],
    }
}

fn document(routing_key: &str, event: &AlertEvent, action: &str) -> Value {
    let key = match event.kind.as_str() {
        "test" => format!("probity/test/{}", event.id),
        _ => format!("probity/{}/{}", event.account, event.alert_key()),
    };
    let severity = if event.kind == "test" {
        "info"
    } else {
        "error"
    };
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": at_most(LONGEST_KEY, &key),
        "client": "Probity",
        "payload": {
            "summary": at_most(LONGEST_SUMMARY, &event.title),
            "source": format!("{}/{}", event.region, event.subject),
            "severity": severity,
            "timestamp": event.at,
            "component": event.execution.as_ref().map(|execution| &execution.endpoint),
            "class": event.alert,
            "custom_details": { "text": event.text, "event": event.id },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(state: &str) -> AlertEvent {
        AlertEvent {
            id: format!("event-{state}"),
            kind: "alert".to_owned(),
            state: state.to_owned(),
            alert: "Default".to_owned(),
            subject: "monitoring-schedule/s".to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            ..AlertEvent::default()
        }
        .worded()
    }

    #[test]
    fn what_opens_an_incident_and_what_resolves_it_have_one_key() {
        let (raised, over) = (event("InAlert"), event("OK"));
        assert_eq!(
            (actions(&raised), actions(&over)),
            (&["trigger"][..], &["resolve"][..])
        );
        let opened = document("k", &raised, "trigger");
        let resolved = document("k", &over, "resolve");
        assert_eq!(opened["dedup_key"], resolved["dedup_key"]);
        assert_eq!(
            opened["dedup_key"],
            "probity/111122223333/eu-west-1/monitoring-schedule/s/Default"
        );
    }
}
