//! One request and its answer: sent again while that helps, never longer than allowed, never read
//! further than allowed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use tokio::sync::Semaphore;
use url::Url;

use super::address::{Addresses, shown_url};
use super::excerpt::excerpt;
use super::failure::{Failure, Remedy, innermost};
use super::options::{HttpOptions, InvalidHttpOptions, Protocol, Retries, Timeouts};
use super::statistics::Counters;

/// Of redirects on the server itself.
const MAX_REDIRECTS: usize = 3;
/// Of an answer that says why there is none.
const MAX_REFUSAL_BYTES: usize = 4 << 10;

/// The way to one model. Not to be printed: it holds keys.
pub(super) struct Exchange {
    client: Client,
    pub(super) addresses: Addresses,
    headers: HeaderMap,
    secrets: Vec<String>,
    timeouts: Timeouts,
    retries: Retries,
    max_answer_bytes: usize,
    /// Requests that may be in flight.
    slots: Semaphore,
    pub(super) counters: Counters,
    retried: AtomicBool,
}

/// A request that failed, and how often it was sent.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) attempts: u32,
}

/// Whether a request that takes too long is worth another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenSlow {
    Again,
    GiveUp,
}

impl Exchange {
    pub(super) fn new(options: &HttpOptions) -> Result<Exchange, InvalidHttpOptions> {
        let addresses = Addresses::new(options)?;
        let client = Client::builder()
            .connect_timeout(options.timeouts.connect)
            .timeout(options.timeouts.request)
            .pool_max_idle_per_host(options.concurrency)
            .redirect(redirect::Policy::custom(follow))
            .referer(false)
            // Both would be read from the environment, and the certificates of the machine from its disk.
            .no_proxy()
            .tls_built_in_native_certs(addresses.predict.scheme() == "https")
            .build()
            .map_err(|error| InvalidHttpOptions::Client {
                problem: innermost(&error),
            })?;
        Ok(Exchange {
            client,
            headers: headers(options)?,
            secrets: secrets(options, &addresses),
            addresses,
            timeouts: options.timeouts,
            retries: options.retries,
            max_answer_bytes: options.max_answer_bytes,
            slots: Semaphore::new(options.concurrency),
            counters: Counters::default(),
            retried: AtomicBool::new(false),
        })
    }

    /// Whether any request had to be sent again.
    pub(super) fn has_retried(&self) -> bool {
        self.retried.load(Ordering::Relaxed)
    }

    pub(super) async fn post(
        &self,
        body: Bytes,
        types: MediaTypes,
        when_slow: WhenSlow,
    ) -> Result<Bytes, Failed> {
        let request = || {
            self.client
                .post(self.addresses.predict.clone())
                .header(CONTENT_TYPE, types.content)
                .header(ACCEPT, types.accept)
                .body(body.clone())
        };
        self.send(request, when_slow).await
    }

    pub(super) async fn get(&self, address: &Url) -> Result<Bytes, Failed> {
        let request = || self.client.get(address.clone());
        self.send(request, WhenSlow::Again).await
    }

    /// One attempt.
    pub(super) async fn get_once(&self, address: &Url) -> Result<Bytes, Failed> {
        let request = self.client.get(address.clone());
        let answer = self.attempt(request, 0).await;
        answer.map_err(|failure| Failed {
            failure,
            attempts: 1,
        })
    }

    async fn send(
        &self,
        request: impl Fn() -> RequestBuilder,
        when_slow: WhenSlow,
    ) -> Result<Bytes, Failed> {
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(request(), attempt).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let again = match failure.remedy() {
                Remedy::Again => true,
                Remedy::Quarter => when_slow == WhenSlow::Again,
                Remedy::Half | Remedy::Single | Remedy::SingleForNow | Remedy::Stop => false,
            };
            if !again || attempt >= self.retries.count {
                let attempts = attempt + 1;
                return Err(Failed { failure, attempts });
            }
            tokio::time::sleep(pause(self.retries, attempt, failure.retry_after())).await;
            self.retried.store(true, Ordering::Relaxed);
            attempt += 1;
        }
    }

    async fn attempt(&self, request: RequestBuilder, attempt: u32) -> Result<Bytes, Failure> {
        let _slot = self
            .slots
            .acquire()
            .await
            .expect("the slots are never closed");
        let _in_flight = self.counters.begin(attempt);
        let mut request = request.headers(self.headers.clone());
        if let Some((user, password)) = &self.addresses.credentials {
            request = request.basic_auth(user, password.as_deref());
        }
        let response = request.send().await.map_err(|error| self.failure(error))?;
        let status = response.status();
        if status.is_success() {
            return self.read(response, self.max_answer_bytes).await;
        }
        if status.is_redirection() {
            return Err(redirected(&response));
        }
        let retry_after = retry_after(&response);
        // Only the status counts; why is read as far as it goes.
        let body = self.start_of(response).await;
        Err(Failure::Status {
            status,
            excerpt: excerpt(&body, &self.secrets),
            retry_after,
        })
    }

    async fn read(&self, mut response: Response, limit_bytes: usize) -> Result<Bytes, Failure> {
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).is_ok_and(|bytes| bytes > limit_bytes) {
            return Err(Failure::TooLong { limit_bytes });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.failure(error))?
        {
            if chunk.len() > limit_bytes - body.len() {
                return Err(Failure::TooLong { limit_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    async fn start_of(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < MAX_REFUSAL_BYTES
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        body
    }

    fn failure(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        if error.is_connect() {
            return Failure::Unreachable(error);
        }
        if error.is_timeout() {
            return Failure::TimedOut(self.timeouts.request);
        }
        Failure::Interrupted(error)
    }

    pub(super) fn excerpt(&self, answer: &[u8]) -> String {
        excerpt(answer, &self.secrets)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct MediaTypes {
    pub(super) content: &'static str,
    pub(super) accept: &'static str,
}

/// Exponential and without chance: the requests of one model are few, and the same run is to be the same.
fn pause(retries: Retries, attempt: u32, asked: Option<Duration>) -> Duration {
    let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
    let usual = retries.first_pause.saturating_mul(factor);
    usual
        .max(asked.unwrap_or_default())
        .min(retries.longest_pause)
}

/// In seconds. The other form is a date, which would need a clock.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A server may send a request elsewhere on itself, as it is. Another server would be sent data and keys.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let keeps_the_body = matches!(
        attempt.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let same_server = attempt
        .previous()
        .iter()
        .all(|previous| previous.origin() == attempt.url().origin());
    if keeps_the_body && same_server && attempt.previous().len() <= MAX_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

fn redirected(response: &Response) -> Failure {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok());
    let to = location.and_then(|location| response.url().join(location).ok());
    Failure::Redirected {
        status: response.status(),
        to: to.map_or_else(
            || "an address that is not told".to_owned(),
            |to| shown_url(&to),
        ),
    }
}

fn headers(options: &HttpOptions) -> Result<HeaderMap, InvalidHttpOptions> {
    let mut headers = HeaderMap::new();
    let invalid = |setting, name: &str, what: &str| {
        InvalidHttpOptions::setting(
            setting,
            format!("`{name}` has {what} that no header may have"),
        )
    };
    for (name, value) in &options.headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| invalid("headers", name, "a name"))?;
        let mut value =
            HeaderValue::from_str(value).map_err(|_| invalid("headers", name, "a value"))?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    if options.protocol == Protocol::SageMaker {
        let given = [
            (
                "custom_attributes",
                "x-amzn-sagemaker-custom-attributes",
                &options.custom_attributes,
            ),
            (
                "target_model",
                "x-amzn-sagemaker-target-model",
                &options.target_model,
            ),
        ];
        for (setting, name, value) in given {
            if let Some(value) = value {
                let value =
                    HeaderValue::from_str(value).map_err(|_| invalid(setting, name, "a value"))?;
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
    Ok(headers)
}

/// What an answer that repeats a request must not show. The longest first: one may hold another.
fn secrets(options: &HttpOptions, addresses: &Addresses) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    for (_, value) in &options.headers {
        secrets.push(value.clone());
        // `Bearer` and the like are none, but the token is.
        secrets.extend(value.split_whitespace().skip(1).map(str::to_owned));
    }
    let password = addresses
        .credentials
        .as_ref()
        .and_then(|(_, password)| password.clone());
    secrets.extend(password);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attempt: u32, asked: Option<u64>, expected_ms: u64) {
        let asked = asked.map(Duration::from_secs);
        let expected = Duration::from_millis(expected_ms);
        assert_eq!(pause(Retries::default(), attempt, asked), expected);
    }

    #[test]
    fn pauses_double_and_are_bounded() {
        check(0, None, 200);
        check(1, None, 400);
        check(3, None, 1_600);
        check(40, None, 20_000);
        check(0, Some(3), 3_000);
        check(5, Some(3), 6_400);
        check(0, Some(100_000), 20_000);
    }
}
