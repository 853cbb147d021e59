//! Slack's incoming webhooks (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>)
//! and those that take the same. Receivers that know no blocks show `text`.

use probity_domain::document::alert_event::AlertMessage;
use probity_domain::document::channel_settings::SlackSettings;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{SendNotification, Sender, http};
use crate::chain::at_most;

/// Slack refuses longer ones.
const LONGEST_HEADER: usize = 150;
const LONGEST_SECTION: usize = 3000;
const LONGEST_TEXT: usize = 30_000;

pub(super) async fn send(
    sender: &Sender,
    settings: &SlackSettings,
    message: &AlertMessage,
) -> Result<(), SendNotification> {
    let body = document(message).to_string().into_bytes();
    http::post(&sender.client, &settings.url, (HeaderMap::new(), body)).await
}

fn document(message: &AlertMessage) -> Value {
    let title = at_most(LONGEST_HEADER, &message.title);
    let text = escaped(&message.text);
    json!({
        "text": at_most(LONGEST_TEXT, &format!("*{}*\n{text}", escaped(&message.title))),
        "blocks": [
            { "type": "header", "text": { "type": "plain_text", "text": title } },
            { "type": "section",
              "text": { "type": "mrkdwn", "text": at_most(LONGEST_SECTION, &text) } },
        ],
    })
}

/// The three signs that Slack takes for its own; a name cannot become a link or a mention.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_call_everybody() {
        let message = AlertMessage {
            version: 1,
            title: "t".to_owned(),
            text: "feature <!channel> & \"x\"".to_owned(),
            events: Vec::new(),
        };
        let document = document(&message);
        assert_eq!(
            document["blocks"][1]["text"]["text"],
            "feature &lt;!channel&gt; &amp; \"x\""
        );
        assert_eq!(
            document["text"],
            "*t*\nfeature &lt;!channel&gt; &amp; \"x\""
        );
    }

    #[test]
    fn a_long_message_is_cut_to_what_is_taken() {
        let message = AlertMessage {
            version: 1,
            title: "t".repeat(1000),
            text: "x".repeat(100_000),
            events: Vec::new(),
        };
        let document = document(&message);
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert_eq!(
            length(&document["blocks"][0]["text"]["text"]),
            LONGEST_HEADER
        );
        assert_eq!(
            length(&document["blocks"][1]["text"]["text"]),
            LONGEST_SECTION
        );
        assert_eq!(length(&document["text"]), LONGEST_TEXT);
    }
}
