//! Webhooks: the message as JSON, signed where the channel has a secret.
//!
//! `X-Probity-Timestamp` is the time of sending in seconds, `X-Probity-Signature` is `sha256=` and
//! the HMAC-SHA256 in hexadecimal of the timestamp, a dot and the body. Receivers refuse old
//! timestamps, so that nobody replays a message; repetitions have the same `events[].id`.

use probity_domain::document::alert_event::AlertMessage;
use probity_domain::document::channel_settings::WebhookSettings;
use reqwest::header::{HeaderMap, HeaderValue};
use ring::hmac;

use super::{SendNotification, Sender, http};

pub(super) async fn send(
    sender: &Sender,
    settings: &WebhookSettings,
    message: &AlertMessage,
) -> Result<(), SendNotification> {
    let body = message
        .to_json()
        .map_err(|error| SendNotification::Message {
            source: Box::new(error),
        })?;
    let mut headers = HeaderMap::new();
    let timestamp = sender.clock.now_ms().div_euclid(1000);
    headers.insert("x-probity-timestamp", HeaderValue::from(timestamp));
    if let Some(secret) = &settings.signing_secret {
        let signature = format!("sha256={}", signature(secret, timestamp, &body));
        let signature = HeaderValue::from_str(&signature);
        headers.insert(
            "x-probity-signature",
            signature.expect("hexadecimal digits are a header's value"),
        );
    }
    http::post(&sender.client, &settings.url, (headers, body)).await
}

fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    let tag = context.sign();
    tag.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef`
    #[test]
    fn a_signature_is_the_hmac_of_timestamp_and_body() {
        assert_eq!(
            signature("0123456789abcdef", 1_700_000_000, b"{}"),
            "e4f8e2ecae2295b2ddb2f0b5584c8275e226c0ebe9b3b819e70156bb67122e3e"
        );
    }
}
