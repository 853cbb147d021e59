//! One request through the gateway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, BodyStream, Either, Full, StreamBody};
use hyper::body::Incoming;
use serde_json::json;

use super::Gateway;
use super::message::{Outgoing, strip, strip_request};
use super::upstream::{Unreachable, Upstream};
use crate::answer::{Answer, AnswerBody, BodyError};
use crate::leftover::{Lent, lend};
use crate::runtime::MAX_BODY_BYTES;
use crate::runtime::error::chain;
use crate::runtime::headers::{CUSTOM_ATTRIBUTES, INFERENCE_ID};
use crate::runtime::record::OwnedCall;

/// An announced answer of at most so many bytes is read whole before it goes on.
const SMALL_ANSWER: u64 = 1 << 20;

/// How long a body that cannot be passed on is read on.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// A request that is answered here, because it cannot be passed on.
enum Refusal {
    TooLarge,
    Broken,
    Unreachable(Unreachable),
    Slow,
}

pub(super) async fn forward(
    gateway: &Arc<Gateway>,
    upstream: &Arc<Upstream>,
    request: Request<Incoming>,
) -> Answer {
    let (head, body) = request.into_parts();
    let (body, leftover) = lend(&head.headers, body);
    let passed = pass(gateway, upstream, Request::from_parts(head, body)).await;
    let mut answer = passed.unwrap_or_else(|refusal| refused(gateway, &refusal));
    leftover.clear(&mut answer, LINGER_TIME).await;
    answer
}

async fn pass(
    gateway: &Arc<Gateway>,
    upstream: &Arc<Upstream>,
    request: Request<Lent<Incoming>>,
) -> Result<Answer, Refusal> {
    let (mut head, body) = request.into_parts();
    let is_captured = is_captured(gateway, &head.method, head.uri.path());
    strip_request(&mut head.headers);
    let (body, mut call) = match is_captured {
        false => (Either::Left(body), None),
        true => {
            let whole = read(body).await?;
            let call = call_of(gateway, &head.headers, whole.clone());
            (Either::Right(Full::new(whole)), Some(call))
        }
    };
    let request: Request<Outgoing> = Request::from_parts(head, body);
    let started = Instant::now();
    let sent = upstream.send(&gateway.target, request);
    let sent = tokio::time::timeout(gateway.options.answer_time, sent).await;
    let (response, sender) = sent
        .map_err(|_| Refusal::Slow)?
        .map_err(Refusal::Unreachable)?;
    // It is ready again once the answer was read.
    upstream.keep(sender);
    metrics::histogram!("probity_gateway_seconds").record(started.elapsed());
    let (mut head, body) = response.into_parts();
    strip(&mut head.headers);
    // What a model refuses is no inference.
    if !head.status.is_success() {
        call = None;
    }
    let body = match call {
        None => AnswerBody::stream(body),
        Some(mut call) => {
            call.answered_as(text(&head.headers, &CONTENT_TYPE));
            captured(gateway, call, body).await?
        }
    };
    Ok(Response::from_parts(head, body))
}

fn is_captured(gateway: &Gateway, method: &Method, path: &str) -> bool {
    gateway.recorder.is_some()
        && *method == Method::POST
        && gateway
            .options
            .captured_paths
            .iter()
            .any(|captured| captured == path)
}

fn call_of(gateway: &Gateway, headers: &HeaderMap, request: Bytes) -> OwnedCall {
    OwnedCall {
        variant: gateway.options.variant_name.clone(),
        content_type: text(headers, &CONTENT_TYPE).map(str::to_owned),
        inference_id: text(headers, &INFERENCE_ID).map(str::to_owned),
        custom_attributes: text(headers, &CUSTOM_ATTRIBUTES).map(str::to_owned),
        request,
        answer_type: None,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn read(body: Lent<Incoming>) -> Result<Bytes, Refusal> {
    match whole(body, MAX_BODY_BYTES).await {
        Ok(Some(read)) => Ok(read),
        Ok(None) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::Broken),
    }
}

/// All of a body; `None` where it is longer than `limit`. Most come in one piece, which is not
/// copied.
async fn whole<B>(mut body: B, limit: usize) -> Result<Option<Bytes>, hyper::Error>
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if first.len().max(joined.len()) + data.len() > limit {
            return Ok(None);
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        if joined.is_empty() {
            joined.extend_from_slice(&first);
        }
        joined.extend_from_slice(&data);
    }
    Ok(Some(match joined.is_empty() {
        true => first,
        false => joined.freeze(),
    }))
}

/// A small answer is captured before any of it leaves; of another, its last part waits.
async fn captured(
    gateway: &Arc<Gateway>,
    call: OwnedCall,
    body: Incoming,
) -> Result<AnswerBody, Refusal> {
    let announced = body.size_hint().exact();
    if announced.is_some_and(|bytes| bytes <= SMALL_ANSWER) {
        let whole = whole(body, usize::MAX)
            .await
            .map_err(|error| Refusal::Unreachable(Unreachable::Broken(error)))?
            .unwrap_or_default();
        record(gateway, &call, Some(&whole)).await;
        return Ok(AnswerBody::whole(whole));
    }
    let rest = Rest {
        gateway: Arc::clone(gateway),
        call,
        frames: BodyStream::new(body),
        held: None,
        whole: Some(BytesMut::new()),
        state: State::Running,
    };
    Ok(AnswerBody::stream(StreamBody::new(rest.into_frames())))
}

async fn record(gateway: &Gateway, call: &OwnedCall, answer: Option<&[u8]>) {
    match (&gateway.recorder, answer) {
        (Some(recorder), Some(answer)) => {
            recorder.record(call.with_answer(answer)).await;
        }
        (Some(recorder), None) => recorder.record_too_long(call).await,
        (None, _) => {}
    }
}

/// What is left of a streamed answer.
struct Rest {
    gateway: Arc<Gateway>,
    call: OwnedCall,
    frames: BodyStream<Incoming>,
    /// Received and not yet passed on.
    held: Option<Frame<Bytes>>,
    /// All data so far; absent once they are too many.
    whole: Option<BytesMut>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Ended,
}

impl Rest {
    fn into_frames(self) -> impl Stream<Item = Result<Frame<Bytes>, BodyError>> + Send {
        futures::stream::unfold(self, |mut rest| async move {
            let frame = rest.next().await?;
            Some((frame, rest))
        })
    }

    async fn next(&mut self) -> Option<Result<Frame<Bytes>, BodyError>> {
        loop {
            if self.state == State::Ended {
                return self.held.take().map(Ok);
            }
            match self.frames.next().await {
                Some(Ok(frame)) => {
                    self.remember(&frame);
                    if let Some(held) = self.held.replace(frame) {
                        return Some(Ok(held));
                    }
                }
                Some(Err(error)) => {
                    self.state = State::Ended;
                    self.held = None;
                    return Some(Err(error.into()));
                }
                None => {
                    self.state = State::Ended;
                    record(&self.gateway, &self.call, self.whole.as_deref()).await;
                }
            }
        }
    }

    fn remember(&mut self, frame: &Frame<Bytes>) {
        let Some(data) = frame.data_ref() else {
            return;
        };
        let fits = |whole: &BytesMut| whole.len() + data.len() <= MAX_BODY_BYTES;
        self.whole = self.whole.take().filter(fits);
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(data);
        }
    }
}

fn refused(gateway: &Gateway, refusal: &Refusal) -> Answer {
    let (status, message) = match refusal {
        Refusal::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is longer than {MAX_BODY_BYTES} bytes"),
        ),
        Refusal::Broken => (
            StatusCode::BAD_REQUEST,
            "the body ended too early".to_owned(),
        ),
        Refusal::Unreachable(error) => {
            let reason = chain(error);
            tracing::error!(
                endpoint = gateway.options.endpoint_name,
                "failed to reach the model server of `{}`: {reason}",
                gateway.options.endpoint_name
            );
            (StatusCode::BAD_GATEWAY, reason)
        }
        Refusal::Slow => (
            StatusCode::GATEWAY_TIMEOUT,
            format!(
                "the model server did not answer within {} seconds",
                gateway.options.answer_time.as_secs()
            ),
        ),
    };
    let body = json!({"message": message}).to_string();
    let mut answer = Answer::new(AnswerBody::whole(body));
    *answer.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}
