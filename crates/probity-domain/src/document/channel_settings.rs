//! How a notification channel reaches its receiver. With all its secrets, so that it is kept
//! sealed and never shown; what may be shown of it is a document of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the kinds, in the words of the create request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelSettings {
    Webhook(WebhookSettings),
    Slack(SlackSettings),
    Email(EmailSettings),
    PagerDuty(PagerDutySettings),
    Command(CommandSettings),
}

/// `POST` of the events as JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct WebhookSettings {
    pub url: String,
    /// Key of the HMAC in `X-Probity-Signature`; without it nothing is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

/// An incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct SlackSettings {
    pub url: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct EmailSettings {
    /// `smtps://user:password@host:465`, `smtp://host:587?tls=required`, `smtp://host:25`.
    pub smtp_url: String,
    pub from: String,
    pub to: Vec<String>,
}

/// Events API v2.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PagerDutySettings {
    pub routing_key: String,
    /// Where it is not PagerDuty's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events_url: Option<String>,
}

/// A program of the server's machine, which gets the events as JSON on its standard input.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CommandSettings {
    pub arguments: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_in_seconds: Option<u64>,
}

impl ChannelSettings {
    /// Members of the create request, of which there is one.
    pub const MEMBERS: [&str; 5] = ["Webhook", "Slack", "Email", "PagerDuty", "Command"];

    /// As the store and events name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::Email(_) => "email",
            Self::PagerDuty(_) => "pagerduty",
            Self::Command(_) => "command",
        }
    }
}

macro_rules! hide {
    ($($type:ident),+) => {
        $(
            /// Without its members: they are secrets, or hold some.
            impl fmt::Debug for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(stringify!($type))
                }
            }
        )+
    };
}

hide!(
    WebhookSettings,
    SlackSettings,
    EmailSettings,
    PagerDutySettings,
    CommandSettings
);

impl fmt::Debug for ChannelSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelSettings({})", self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_back_and_do_not_show_themselves() {
        let text = r#"{"Email":{"SmtpUrl":"smtp://u:hush@h","From":"a@b.c","To":["d@e.f"]}}"#;
        let settings: ChannelSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.kind(), "email");
        assert_eq!(serde_json::to_string(&settings).unwrap(), text);
        assert!(!format!("{settings:?}").contains("hush"));
        assert!(ChannelSettings::MEMBERS.contains(&"Email"));
    }

    #[test]
    fn a_member_that_is_not_known_is_refused() {
        let text = r#"{"Slack":{"Url":"https://x","Channel":"y"}}"#;
        assert!(serde_json::from_str::<ChannelSettings>(text).is_err());
    }
}
