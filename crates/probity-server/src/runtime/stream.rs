//! `InvokeEndpointWithResponseStream`: the answer in event-stream frames, part by part as the
//! model gives it. The last part is held back until the call is captured, so that what was
//! answered whole is captured.
//!
//! Source of the framing: <https://smithy.io/2.0/aws/amazon-eventstream.html>.

use std::sync::Arc;
use std::time::Instant;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue as EventValue, Message};
use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, Stream, StreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use probity_data::serving::{Invocation, InvokeModel};
use serde_json::json;

use super::MAX_BODY_BYTES;
use super::error::{RuntimeError, chain};
use super::headers::{Asked, passed, value};
use super::in_service::InService;
use super::invoke::{VARIANT, outcome_of};
use super::record::OwnedCall;
use super::traffic::Outcome;
use crate::answer::{Answer, AnswerBody, BodyError};

const PAYLOAD_TYPE: HeaderName = HeaderName::from_static("x-amzn-sagemaker-content-type");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("application/vnd.amazon.eventstream");

/// Bytes of one part: a frame holds at most 16 MiB, and clients read part by part.
const PART_BYTES: usize = 64 << 10;

pub(super) async fn invoke(
    endpoint: &Arc<InService>,
    (headers, body): (&HeaderMap, Bytes),
) -> Result<Answer, RuntimeError> {
    let begun = Instant::now();
    let asked = Asked::of(headers)?;
    let variant = endpoint.variant(&asked)?;
    if endpoint.explainer.is_some() {
        return Err(RuntimeError::invalid(format!(
            "Endpoint {} explains its answers, which are not streamed.",
            endpoint.name
        )));
    }
    let passed = passed(headers);
    let started = Instant::now();
    let invocation = Invocation {
        content_type: asked.content_type,
        accept: asked.accept,
        headers: Some(&passed),
        target_model: asked.target_model,
        body: body.clone(),
    };
    let answered = variant.model.invoke_streaming(invocation).await;
    let answered = answered.map_err(|source| {
        let took = started.elapsed();
        variant.count_failure(took);
        variant.measure(took, begun.elapsed(), outcome_of(&source));
        RuntimeError::Model {
            endpoint: endpoint.name.clone(),
            source,
        }
    })?;
    // Up to the first part: how long the rest takes is for the model and its caller to say.
    let took = started.elapsed();
    variant.count_answer(took);
    variant.measure(took, begun.elapsed(), Outcome::Answered);
    let call = OwnedCall::of(
        &asked,
        (&variant.name, answered.content_type.as_deref()),
        body,
    );
    let frames = frames((Arc::clone(endpoint), call), answered.parts);
    let mut out = Answer::new(AnswerBody::stream(StreamBody::new(frames)));
    let out_headers = out.headers_mut();
    out_headers.extend(answered.headers);
    out_headers.insert(CONTENT_TYPE, EVENT_STREAM);
    if let Some(content_type) = &answered.content_type {
        out_headers.insert(PAYLOAD_TYPE, value(content_type));
    }
    out_headers.insert(VARIANT, variant.header.clone());
    Ok(out)
}

/// What is left to be sent.
struct Rest {
    endpoint: Arc<InService>,
    call: OwnedCall,
    parts: BoxStream<'static, Result<Bytes, InvokeModel>>,
    /// Received and not yet sent.
    held: Option<Bytes>,
    /// All parts so far, for the capture; absent once they are too many.
    whole: Option<BytesMut>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Ended,
}

fn frames(
    (endpoint, call): (Arc<InService>, OwnedCall),
    parts: BoxStream<'static, Result<Bytes, InvokeModel>>,
) -> impl Stream<Item = Result<Frame<Bytes>, BodyError>> + Send + 'static {
    let rest = Rest {
        endpoint,
        call,
        parts: parts
            .flat_map(|part| futures::stream::iter(cut(part)))
            .boxed(),
        held: None,
        whole: Some(BytesMut::new()),
        state: State::Running,
    };
    futures::stream::unfold(rest, |mut rest| async move {
        let message = rest.next().await?;
        Some((framed(&message), rest))
    })
}

impl Rest {
    async fn next(&mut self) -> Option<Message> {
        loop {
            if self.state == State::Ended {
                return self.held.take().map(payload_part);
            }
            match self.parts.next().await {
                Some(Ok(part)) => {
                    self.remember(&part);
                    if let Some(held) = self.held.replace(part) {
                        return Some(payload_part(held));
                    }
                }
                Some(Err(error)) => {
                    self.state = State::Ended;
                    // What was held is sent no more: the error ends the stream.
                    self.held = None;
                    return Some(model_stream_error(&error));
                }
                None => {
                    self.state = State::Ended;
                    let whole = self.whole.as_deref();
                    record(&self.endpoint, &self.call, whole).await;
                }
            }
        }
    }

    fn remember(&mut self, part: &Bytes) {
        let fits = |whole: &BytesMut| whole.len() + part.len() <= MAX_BODY_BYTES;
        self.whole = self.whole.take().filter(fits);
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(part);
        }
    }
}

async fn record(endpoint: &InService, call: &OwnedCall, whole: Option<&[u8]>) {
    let Some(recorder) = &endpoint.recorder else {
        return;
    };
    match whole {
        Some(whole) => recorder.record(call.with_answer(whole)).await,
        None => recorder.record_too_long(call).await,
    }
}

/// Parts of a size that clients like; nothing is left of an empty one.
fn cut(part: Result<Bytes, InvokeModel>) -> Vec<Result<Bytes, InvokeModel>> {
    let mut part = match part {
        Ok(part) => part,
        Err(error) => return vec![Err(error)],
    };
    let mut parts = Vec::new();
    while !part.is_empty() {
        parts.push(Ok(part.split_to(part.len().min(PART_BYTES))));
    }
    parts
}

fn header(name: &'static str, text: &'static str) -> Header {
    Header::new(name, EventValue::String(text.into()))
}

fn payload_part(part: Bytes) -> Message {
    Message::new(part)
        .add_header(header(":event-type", "PayloadPart"))
        .add_header(header(":content-type", "application/octet-stream"))
        .add_header(header(":message-type", "event"))
}

fn model_stream_error(error: &InvokeModel) -> Message {
    let body = json!({"Message": chain(error), "ErrorCode": "ModelInvocationError"});
    Message::new(Bytes::from(body.to_string()))
        .add_header(header(":exception-type", "ModelStreamError"))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", "exception"))
}

fn framed(message: &Message) -> Result<Frame<Bytes>, BodyError> {
    let mut frame = BytesMut::with_capacity(message.payload().len() + 256);
    write_message_to(message, &mut frame)?;
    Ok(Frame::data(frame.freeze()))
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::read_message_from;

    use super::*;

    #[test]
    fn a_part_reads_back_with_its_headers() {
        let frame = framed(&payload_part(Bytes::from_static(b"0.5\n"))).unwrap();
        let message = read_message_from(frame.into_data().unwrap()).unwrap();
        assert_eq!(message.payload().as_ref(), b"0.5\n");
        let kind = message
            .headers()
            .iter()
            .find(|h| h.name().as_str() == ":event-type");
        let kind = kind.unwrap().value().as_string().unwrap();
        assert_eq!(kind.as_str(), "PayloadPart");
    }

    #[test]
    fn parts_are_cut_and_empty_ones_left_out() {
        let lengths = |n: usize| -> Vec<usize> {
            let parts = cut(Ok(Bytes::from(vec![0; n])));
            parts.into_iter().map(|part| part.unwrap().len()).collect()
        };
        assert!(lengths(0).is_empty());
        assert_eq!(lengths(PART_BYTES + 1), [PART_BYTES, 1]);
    }
}
