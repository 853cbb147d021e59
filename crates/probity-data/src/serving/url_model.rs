//! A model that a server elsewhere runs: an invocation is passed on to its URL as it came, and
//! the answer as it is.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::StreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use url::Url;

use super::error::InvokeModel;
use super::{Answer, Invocation, StreamedAnswer};

/// As a SageMaker endpoint waits for its container.
const ANSWER_SECONDS: u64 = 60;
const CONNECT: Duration = Duration::from_secs(10);
/// Model servers close idle connections after a while; ours go before.
const IDLE: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: usize = 64 << 20;
/// Of an answer that is an error: as much goes into the message.
const MAX_MESSAGE_BYTES: usize = 4 << 10;
/// Where SageMaker's containers answer.
const DEFAULT_PATH: &str = "/invocations";

/// Headers of an answer that go back to the caller.
const OWN_HEADERS: &str = "x-amzn-sagemaker-";

type Plain = Client<HttpConnector, Full<Bytes>>;
type Secure = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

#[derive(Clone)]
enum HttpClient {
    Plain(Plain),
    Secure(Secure),
}

#[derive(Clone)]
pub(super) struct UrlModel {
    client: HttpClient,
    uri: Uri,
    /// Without a password or a query.
    shown: String,
    authorization: Option<HeaderValue>,
}

/// Without keys.
impl fmt::Debug for UrlModel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("UrlModel")
            .field(&self.shown)
            .finish()
    }
}

impl UrlModel {
    /// `Err` says what is wrong with the URL.
    pub(super) fn new(address: &str) -> Result<UrlModel, String> {
        let mut url = Url::parse(address).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("expected `http://HOST:PORT` or `https://…`".to_owned());
        }
        if matches!(url.path(), "" | "/") {
            url.set_path(DEFAULT_PATH);
        }
        let authorization = authorization(&url)?;
        let no_user = "a URL with a host can be without a user";
        url.set_username("").expect(no_user);
        url.set_password(None).expect(no_user);
        url.set_fragment(None);
        let uri = url
            .as_str()
            .parse()
            .map_err(|_| "it is malformed".to_owned())?;
        let client = client(url.scheme())?;
        url.set_query(None);
        Ok(UrlModel {
            client,
            uri,
            shown: url.to_string(),
            authorization,
        })
    }

    pub(super) fn url(&self) -> String {
        self.uri.to_string()
    }

    pub(super) async fn invoke(&self, asked: Invocation<'_>) -> Result<Answer, InvokeModel> {
        let answered = async {
            let response = self.send(asked).await?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| self.interrupted(error))?.to_bytes();
            if !head.status.is_success() {
                return Err(refusal(head.status, &body));
            }
            Ok(Answer {
                content_type: content_type(&head.headers),
                headers: own_headers(&head.headers),
                body,
            })
        };
        timeout(Duration::from_secs(ANSWER_SECONDS), answered)
            .await
            .unwrap_or(Err(timed_out()))
    }

    /// As it comes; an error that the model answers is still an error.
    pub(super) async fn invoke_streaming(
        &self,
        asked: Invocation<'_>,
    ) -> Result<StreamedAnswer, InvokeModel> {
        let answered = async {
            let response = self.send(asked).await?;
            let (head, body) = response.into_parts();
            if !head.status.is_success() {
                let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
                let body = body.map_err(|error| self.interrupted(error))?.to_bytes();
                return Err(refusal(head.status, &body));
            }
            let model = self.clone();
            let parts = body.into_data_stream();
            let parts =
                parts.map(move |part| part.map_err(|error| model.interrupted(error.into())));
            Ok(StreamedAnswer {
                content_type: content_type(&head.headers),
                headers: own_headers(&head.headers),
                parts: parts.boxed(),
            })
        };
        timeout(Duration::from_secs(ANSWER_SECONDS), answered)
            .await
            .unwrap_or(Err(timed_out()))
    }

    async fn send(
        &self,
        asked: Invocation<'_>,
    ) -> Result<
        Response<
            impl http_body::Body<Data = Bytes, Error = impl std::error::Error + Send + Sync + 'static>
            + Send
            + Unpin
            + 'static,
        >,
        InvokeModel,
    > {
        let mut request = Request::new(Full::new(asked.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        if let Some(passed) = asked.headers {
            headers.extend(passed.clone());
        }
        let named = [(CONTENT_TYPE, asked.content_type), (ACCEPT, asked.accept)];
        for (name, value) in named {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let sent = match &self.client {
            HttpClient::Plain(client) => client.request(request).await,
            HttpClient::Secure(client) => client.request(request).await,
        };
        sent.map_err(|error| self.unreachable(innermost(&error).into()))
    }

    fn unreachable(&self, source: Box<dyn std::error::Error + Send + Sync>) -> InvokeModel {
        InvokeModel::Unreachable {
            address: self.shown.clone(),
            source,
        }
    }

    fn interrupted(&self, error: Box<dyn std::error::Error + Send + Sync>) -> InvokeModel {
        match error.is::<LengthLimitError>() {
            true => InvokeModel::TooLong {
                limit_bytes: MAX_ANSWER_BYTES,
            },
            false => self.unreachable(error),
        }
    }
}

fn timed_out() -> InvokeModel {
    InvokeModel::TimedOut {
        seconds: ANSWER_SECONDS,
    }
}

/// A user and password in the URL are sent as HTTP has it.
fn authorization(url: &Url) -> Result<Option<HeaderValue>, String> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(None);
    }
    let decoded = |text: &str| {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        pairs.map(|(name, _)| name.into_owned()).collect::<String>()
    };
    let user = decoded(url.username());
    let password = decoded(url.password().unwrap_or_default());
    let value = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {value}"))
        .map_err(|_| "its user or password cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn client(scheme: &str) -> Result<HttpClient, String> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    connector.enforce_http(false);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new());
    builder.pool_idle_timeout(IDLE);
    if scheme == "http" {
        return Ok(HttpClient::Plain(builder.build(connector)));
    }
    let secure = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("this machine's certificates cannot be read: {error}"))?
        .https_only()
        .enable_http1()
        .wrap_connector(connector);
    Ok(HttpClient::Secure(builder.build(secure)))
}

/// The client's own text names the address with all that is in it.
fn innermost(error: &ClientError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn refusal(status: StatusCode, body: &[u8]) -> InvokeModel {
    let message = &body[..body.len().min(MAX_MESSAGE_BYTES)];
    InvokeModel::answered(status.as_u16(), String::from_utf8_lossy(message))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.to_owned())
}

fn own_headers(headers: &HeaderMap) -> HeaderMap {
    let own = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with(OWN_HEADERS));
    own.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_is_that_of_a_sagemaker_container() {
        let url = |address| UrlModel::new(address).unwrap().url();
        assert_eq!(url("http://model:8080"), "http://model:8080/invocations");
        assert_eq!(url("http://model:8080/"), "http://model:8080/invocations");
        assert_eq!(
            url("http://model/v1/score?x=1"),
            "http://model/v1/score?x=1"
        );
    }

    #[test]
    fn keys_are_sent_and_not_shown() {
        let model = UrlModel::new("http://me:hu%40sh@model/score?key=hush").unwrap();
        assert_eq!(model.shown, "http://model/score");
        assert!(!format!("{model:?}").contains("hush"));
        let sent = model.authorization.unwrap();
        assert_eq!(sent.to_str().unwrap(), "Basic bWU6aHVAc2g=");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for address in ["", "model:8080", "ftp://model", "file:///etc/passwd"] {
            assert!(UrlModel::new(address).is_err(), "{address}");
        }
    }
}
