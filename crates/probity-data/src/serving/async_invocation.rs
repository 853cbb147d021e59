//! An asynchronous invocation, from the object that holds the request to the object that holds
//! the answer or the failure. What is to be done is the subject of a job: JSON text.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::error::{InvokeModel, MoveObject};
use super::object::{read_object, write_object};
use super::{Invocation, ServedModel};
use crate::location::Environment;

/// The kind of such jobs.
pub const ASYNC_INVOCATION: &str = "async_invocation";

/// AWS takes inputs of 1 GB; they are held in memory here.
const MAX_INPUT_BYTES: usize = 256 << 20;

/// One asynchronous invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncInvocation {
    pub endpoint: String,
    pub region: String,
    /// Chosen when the invocation was accepted.
    pub variant: String,
    /// The Model of the variant.
    pub model: String,
    pub inference_id: String,
    /// Locations of objects.
    pub input: String,
    pub output: String,
    pub failure: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<String>,
}

/// How it ended; either way an object says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncOutcome {
    Answered,
    Failed,
}

/// Does what `asked` says. May be done twice: the same objects are written. `Err` where not even
/// the failure could be written.
pub async fn run_async_invocation(
    model: &ServedModel,
    asked: &AsyncInvocation,
    environment: &Environment,
) -> Result<AsyncOutcome, MoveObject> {
    let reason = match read_object(&asked.input, MAX_INPUT_BYTES, environment).await {
        Ok(input) => match invoke(model, asked, input).await {
            Ok(answer) => {
                write_object(&asked.output, answer, environment).await?;
                return Ok(AsyncOutcome::Answered);
            }
            Err(error) => told(&error),
        },
        Err(error) => told(&error),
    };
    fail_async_invocation(asked, &reason, environment).await?;
    Ok(AsyncOutcome::Failed)
}

/// Writes the failure: for invocations whose model is gone.
pub async fn fail_async_invocation(
    asked: &AsyncInvocation,
    reason: &str,
    environment: &Environment,
) -> Result<(), MoveObject> {
    write_object(&asked.failure, Bytes::from(reason.to_owned()), environment).await
}

async fn invoke(
    model: &ServedModel,
    asked: &AsyncInvocation,
    input: Bytes,
) -> Result<Bytes, InvokeModel> {
    let mut headers = HeaderMap::new();
    let named = [
        ("x-amzn-sagemaker-inference-id", Some(&asked.inference_id)),
        (
            "x-amzn-sagemaker-custom-attributes",
            asked.custom_attributes.as_ref(),
        ),
    ];
    for (name, value) in named {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let answer = model.invoke(Invocation {
        content_type: asked.content_type.as_deref(),
        accept: asked.accept.as_deref(),
        headers: Some(&headers),
        target_model: None,
        body: input,
    });
    answer.await.map(|answer| answer.body)
}

/// An error and its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
