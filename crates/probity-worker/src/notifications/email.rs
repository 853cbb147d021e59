//! E-mail over SMTP (RFC 5321): plain text, with what mail programs need to tell repetitions and
//! to answer no machine (`Message-ID`, `Auto-Submitted`, RFC 3834).

use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use probity_domain::document::alert_event::AlertMessage;
use probity_domain::document::channel_settings::EmailSettings;

use super::SendNotification;
use crate::chain::at_most;

/// For each command of the conversation, and for all of it.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(30);

const LONGEST_SUBJECT: usize = 200;

pub(super) async fn send(
    settings: &EmailSettings,
    message: &AlertMessage,
) -> Result<(), SendNotification> {
    let mail = compose(settings, message)?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.smtp_url)
        .map_err(|error| SendNotification::Settings {
            problem: error.to_string(),
        })?
        .timeout(Some(COMMAND_TIMEOUT))
        .build();
    match tokio::time::timeout(TIMEOUT, transport.send(mail)).await {
        Ok(Ok(_)) => Ok(()),
        // The server answered: it has something against this message, or against us.
        Ok(Err(error)) if error.status().is_some() => Err(SendNotification::Mail { source: error }),
        Ok(Err(error)) => Err(SendNotification::Unreachable {
            source: Box::new(error),
        }),
        Err(_) => Err(SendNotification::TimedOut {
            seconds: TIMEOUT.as_secs(),
        }),
    }
}

fn compose(settings: &EmailSettings, message: &AlertMessage) -> Result<Message, SendNotification> {
    let mailbox = |address: &str| {
        address
            .parse::<Mailbox>()
            .map_err(|error| SendNotification::Settings {
                problem: format!("`{address}`: {error}"),
            })
    };
    let mut builder = Message::builder()
        .from(mailbox(&settings.from)?)
        .subject(at_most(LONGEST_SUBJECT, &one_line(&message.title)))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN);
    if let Some(event) = message.events.first() {
        builder = builder.message_id(Some(format!("<{}@probity>", event.id)));
    }
    for address in &settings.to {
        builder = builder.to(mailbox(address)?);
    }
    builder
        .body(message.text.clone())
        .map_err(|error| SendNotification::Message {
            source: Box::new(error),
        })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Auto-Submitted: auto-generated`: no out-of-office answers.
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use probity_domain::document::alert_event::AlertEvent;

    #[test]
    fn a_title_cannot_become_a_header() {
        let settings = EmailSettings {
            smtp_url: "smtp://localhost".to_owned(),
            from: "probity@example.org".to_owned(),
            to: vec!["a@example.org".to_owned(), "b@example.org".to_owned()],
        };
        let event = AlertEvent {
            id: "0-1".to_owned(),
            ..AlertEvent::default()
        };
        let message = AlertMessage {
            title: "Alert: x\r\nBcc: c@example.org".to_owned(),
            text: "für 3 Uhr\n".to_owned(),
            ..AlertMessage::of(vec![event])
        };
        let mail = compose(&settings, &message).unwrap().formatted();
        let mail = String::from_utf8(mail).unwrap();
        assert!(
            mail.contains("Subject: Alert: x Bcc: c@example.org\r\n"),
            "{mail}"
        );
        assert!(
            mail.contains("To: a@example.org, b@example.org\r\n"),
            "{mail}"
        );
        assert!(mail.contains("Message-ID: <0-1@probity>\r\n"), "{mail}");
        assert!(
            mail.contains("Auto-Submitted: auto-generated\r\n"),
            "{mail}"
        );
        assert!(!mail.contains("\r\nBcc:"), "{mail}");
    }
}
