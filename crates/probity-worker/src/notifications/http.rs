//! What webhooks, Slack and PagerDuty have in common: one `POST`, a short patience, no redirects
//! (a receiver must not send what we say elsewhere), and of the answer only its status.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::SendNotification;

/// From the first byte to the status.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A receiver that was down is asked anew, not by a connection that died.
        .pool_max_idle_per_host(0)
        .user_agent(concat!("probity/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Sends JSON; any status of success is one.
pub(super) async fn post(
    client: &Client,
    url: &str,
    (mut headers, body): (HeaderMap, Vec<u8>),
) -> Result<(), SendNotification> {
    let url = Url::parse(url).map_err(|error| SendNotification::Settings {
        problem: error.to_string(),
    })?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let sent = client.post(url).headers(headers).body(body).send().await;
    let answer = sent.map_err(|error| match error.is_timeout() {
        true => SendNotification::TimedOut {
            seconds: TIMEOUT.as_secs(),
        },
        // Addresses may be passwords.
        false => SendNotification::Unreachable {
            source: Box::new(error.without_url()),
        },
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    Err(SendNotification::Refused {
        status: status.as_u16(),
    })
}
