//! What webhooks, Slack and PagerDuty have in common: one `POST`, a short patience, no redirects
//! (a receiver must not send what we say elsewhere), and of the answer only its status.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

use super::error::Until;
use super::{SendNotification, link};

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
        .dns_resolver(Arc::new(link::NoLinkLocal))
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
    if link::names_one(&url) {
        return Err(SendNotification::LinkLocal);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let sent = client.post(url).headers(headers).body(body).send().await;
    let answer = sent.map_err(|error| match error.is_timeout() {
        true => SendNotification::TimedOut {
            seconds: TIMEOUT.as_secs(),
        },
        false if link::was_refused(&error) => SendNotification::LinkLocal,
        // Addresses may be passwords.
        false => SendNotification::Unreachable {
            source: Box::new(error.without_url()),
        },
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let asked = answer.headers().get(RETRY_AFTER);
    let until = asked.and_then(|value| until(value.to_str().ok()?));
    if let (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(until)) =
        (status, until)
    {
        return Err(SendNotification::Wait {
            status: status.as_u16(),
            until,
        });
    }
    Err(SendNotification::Refused {
        status: status.as_u16(),
    })
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn until(text: &str) -> Option<Until> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Until::Seconds(i64::from(seconds)));
    }
    let at = DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(Until::AtMs(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_says_for_how_long_or_until_when() {
        assert_eq!(until("120"), Some(Until::Seconds(120)));
        let date = until("Fri, 31 Dec 1999 23:59:59 GMT");
        assert_eq!(date, Some(Until::AtMs(946_684_799_000)));
        assert_eq!(until("soon"), None);
        assert_eq!(until("-1"), None);
    }
}
