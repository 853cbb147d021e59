//! `InvokeEndpointAsync`: what is to be done goes into the queue; a worker does it.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use probity_app::{App, Caller};
use probity_data::serving::{ASYNC_INVOCATION, AsyncInvocation};
use serde_json::json;

use super::error::RuntimeError;
use super::headers::{Asked, value};
use super::in_service::InService;
use crate::answer::{Answer, AnswerBody};

const OUTPUT_LOCATION: HeaderName = HeaderName::from_static("x-amzn-sagemaker-outputlocation");
const FAILURE_LOCATION: HeaderName = HeaderName::from_static("x-amzn-sagemaker-failurelocation");

/// Where an endpoint puts answers that has no `AsyncInferenceConfig`: in the bucket of the input,
/// which is there. AWS refuses such calls.
const DEFAULT_FOLDER: &str = "async-inference";

pub(super) async fn accept(
    (app, caller): (&App, &Caller),
    endpoint: &InService,
    headers: &HeaderMap,
) -> Result<Answer, RuntimeError> {
    let asked = Asked::of(headers)?;
    let input = asked.input_location.ok_or_else(|| {
        RuntimeError::invalid(
            "1 validation error detected: Value null at 'inputLocation' failed to satisfy \
             constraint: Member must not be null",
        )
    })?;
    // A path would be one of this machine.
    let bucket = bucket_of_object(input).ok_or_else(|| {
        RuntimeError::invalid(
            "1 validation error detected: Value at 'inputLocation' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: s3://([^/]+)/(.+)",
        )
    })?;
    let variant = endpoint.variant(&asked)?;
    let id = asked.inference_id.map(str::to_owned);
    let id = id.unwrap_or_else(|| app.ids.uuid());
    // An id may be given twice, an answer is not to be overwritten.
    let (output, failure) = locations(endpoint, bucket, &app.ids.uuid());
    let invocation = AsyncInvocation {
        endpoint: endpoint.name.clone(),
        region: caller.region.clone(),
        variant: variant.name.clone(),
        model: variant.model_name.clone(),
        inference_id: id.clone(),
        input: input.to_owned(),
        output: output.clone(),
        failure: failure.clone(),
        content_type: asked.content_type.map(str::to_owned),
        accept: asked.accept.map(str::to_owned),
        custom_attributes: asked.custom_attributes.map(str::to_owned),
    };
    let subject = serde_json::to_string(&invocation).map_err(|error| {
        RuntimeError::Verb(probity_app::Fault::internal("write an invocation", error))
    })?;
    probity_app::invocation::accept(app, caller, (ASYNC_INVOCATION, subject)).await?;
    let body = json!({"InferenceId": id}).to_string();
    let mut answer = Answer::new(AnswerBody::whole(body));
    *answer.status_mut() = StatusCode::ACCEPTED;
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(OUTPUT_LOCATION, value(&output));
    headers.insert(FAILURE_LOCATION, value(&failure));
    Ok(answer)
}

/// `None` where it names no object.
fn bucket_of_object(location: &str) -> Option<&str> {
    let (bucket, key) = location.strip_prefix("s3://")?.split_once('/')?;
    (!bucket.is_empty() && !key.is_empty()).then_some(bucket)
}

/// Where the answer goes, and where the failure.
fn locations(endpoint: &InService, input_bucket: &str, id: &str) -> (String, String) {
    let config = &endpoint.asynchronous;
    let by_default = || format!("s3://{input_bucket}/{DEFAULT_FOLDER}/{}", endpoint.name);
    let output = config.s3_output_path.clone().unwrap_or_else(by_default);
    let output = output.trim_end_matches('/');
    let failure = match &config.s3_failure_path {
        Some(failure) => format!("{}/{id}-error.out", failure.trim_end_matches('/')),
        None => format!("{output}/failures/{id}-error.out"),
    };
    (format!("{output}/{id}.out"), failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_an_object() {
        assert_eq!(bucket_of_object("s3://b/k"), Some("b"));
        for location in [
            "s3://b",
            "s3://b/",
            "s3:///k",
            "/etc/passwd",
            "file:///etc/passwd",
            "-",
        ] {
            assert_eq!(bucket_of_object(location), None, "{location}");
        }
    }
}
