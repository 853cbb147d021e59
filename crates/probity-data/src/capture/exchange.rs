//! From an answered invocation to a record: sampled, redacted, written.

use std::borrow::Cow;
use std::cell::RefCell;

use probity_domain::document::capture_record::{
    CaptureContentTypes, CaptureEncoding, CaptureMode, CaptureRecord, CapturedPayload, is_sampled,
};

use super::log::CaptureLog;
use super::loss::LossReason;
use super::options::CaptureKey;
use super::redact::{Redaction, Side};
use super::under_way::Entered;

/// A buffer that grew beyond this for one record is not kept for the next.
const BUFFER_BYTES: usize = 1024 * 1024;

/// What to capture of a production variant: `DataCaptureConfig`, and the rules of redaction.
#[derive(Clone, Debug)]
pub struct CapturePlan {
    pub key: CaptureKey,
    /// 0 to 100 of a hundred inferences.
    pub sampling_percentage: u8,
    pub mode: CaptureMode,
    pub content_types: CaptureContentTypes,
    pub redaction: Redaction,
}

/// What was sent one way.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub content_type: Option<&'a str>,
    pub data: &'a [u8],
}

/// One invocation that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// A new UUID: the sample is drawn by it.
    pub event_id: &'a str,
    /// `X-Amzn-SageMaker-Inference-Id`.
    pub inference_id: Option<&'a str>,
    /// `X-Amzn-SageMaker-Custom-Attributes`.
    pub custom_attributes: Option<&'a str>,
    /// When it was asked; decides the hour that it belongs to.
    pub at_ms: i64,
    pub input: Body<'a>,
    pub output: Body<'a>,
}

/// What became of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// It does not belong to the sample.
    NotSampled,
    Kept,
    /// It was counted as lost. The answer leaves all the same.
    Lost(LossReason),
}

impl CaptureLog {
    /// Captures an answered invocation, if it belongs to the sample. Call it before the answer
    /// leaves: what returns has reached the kernel, or is counted as lost.
    pub async fn capture(&self, plan: &CapturePlan, exchange: &Exchange<'_>) -> Captured {
        self.capture_entered(self.enter(), (plan, exchange)).await
    }

    /// As [`CaptureLog::capture`], of a call that entered before it was stamped with its time:
    /// whoever flushes up to a moment then has every record of before.
    pub async fn capture_entered(
        &self,
        entered: Entered<'_>,
        (plan, exchange): (&CapturePlan, &Exchange<'_>),
    ) -> Captured {
        if !is_sampled(plan.sampling_percentage, exchange.event_id) {
            return Captured::NotSampled;
        }
        let place = (&plan.key, exchange.at_ms);
        let written = with_buffer(|buffer| {
            if write_record(plan, exchange, buffer).is_err() {
                self.lose(place, LossReason::Unredactable);
                return Err(LossReason::Unredactable);
            }
            self.write(place, buffer)
        });
        drop(entered);
        match written {
            Ok(None) => Captured::Kept,
            Ok(Some(ticket)) => {
                self.durable(ticket).await;
                Captured::Kept
            }
            Err(reason) => Captured::Lost(reason),
        }
    }

    /// Counts an invocation as lost that would have been captured, if it belongs to the sample.
    pub fn miss(
        &self,
        plan: &CapturePlan,
        (event_id, at_ms): (&str, i64),
        reason: LossReason,
    ) -> Captured {
        if !is_sampled(plan.sampling_percentage, event_id) {
            return Captured::NotSampled;
        }
        self.lose((&plan.key, at_ms), reason);
        Captured::Lost(reason)
    }
}

/// A side that could not be redacted.
struct Unredactable;

fn write_record(
    plan: &CapturePlan,
    exchange: &Exchange<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Unredactable> {
    let input = match plan.mode.has_input() {
        true => Some(redacted(plan, exchange.input, Side::Input)?),
        false => None,
    };
    let output = match plan.mode.has_output() {
        true => Some(redacted(plan, exchange.output, Side::Output)?),
        false => None,
    };
    let record = CaptureRecord {
        input: input
            .as_deref()
            .map(|data| payload(plan, exchange.input, data)),
        output: output
            .as_deref()
            .map(|data| payload(plan, exchange.output, data)),
        event_id: exchange.event_id,
        inference_id: exchange.inference_id,
        custom_attributes: exchange.custom_attributes,
        at_ms: exchange.at_ms,
    };
    record.write(out);
    out.push(b'\n');
    Ok(())
}

fn payload<'a>(plan: &CapturePlan, body: Body<'a>, data: &'a [u8]) -> CapturedPayload<'a> {
    CapturedPayload {
        content_type: body.content_type,
        data,
        encoding: plan.content_types.encoding(body.content_type),
    }
}

fn redacted<'a>(
    plan: &CapturePlan,
    body: Body<'a>,
    side: Side,
) -> Result<Cow<'a, [u8]>, Unredactable> {
    plan.redaction
        .apply(side, form(plan, body.content_type), body.data)
        .ok_or(Unredactable)
}

/// What the payload is, even where it is to stand in the record as base64.
fn form(plan: &CapturePlan, content_type: Option<&str>) -> CaptureEncoding {
    match plan.content_types.encoding(content_type) {
        CaptureEncoding::Base64 => CaptureEncoding::well_known(content_type),
        configured => configured,
    }
}

/// Lends this thread's buffer, empty.
fn with_buffer<Answer>(work: impl FnOnce(&mut Vec<u8>) -> Answer) -> Answer {
    thread_local! {
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        let answer = work(buffer);
        if buffer.capacity() > BUFFER_BYTES {
            *buffer = Vec::new();
        }
        answer
    })
}
