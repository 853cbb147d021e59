//! AWS JSON 1.1 and 1.0, and the JSON bodies of REST services: a document in, a document out.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, HeaderMap};
use probity_app::{Caller, Fault};
use serde_json::{Map, Value};

use super::error::{AwsError, Protocol, whole};
use super::fault::{error_of_fault, error_of_rejected, unknown_operation};
use super::service::Service;
use super::service_model::accept;
use crate::answer::Answer;
use crate::limits::Limits;
use crate::operations::{Operation, Tools, find};
use crate::report::{log_gaps, log_internal};

/// What `X-Amz-Target` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: Service,
    pub(crate) operation: String,
    pub(crate) protocol: Protocol,
}

impl Target {
    /// `SageMaker.CreateModel`. `None` for a service that is not served here.
    pub(crate) fn parse(text: &str) -> Option<Target> {
        let (prefix, operation) = text.split_once('.')?;
        let (service, protocol) = Service::of_target(prefix)?;
        Some(Target {
            service,
            operation: operation.to_owned(),
            protocol,
        })
    }
}

/// Answers a request whose caller is known.
pub(crate) async fn answer(
    (tools, caller): (Tools<'_>, &Caller),
    target: &Target,
    request: &http::Request<Bytes>,
    limits: &Limits,
) -> Answer {
    let done = async {
        let operation = known(target.service, &target.operation)?;
        let document = read(request.headers(), request.body(), limits)?;
        call(tools, caller, operation, document).await
    };
    match done.await {
        // Operations without an output answer with an empty object; clients take both.
        Ok(document) => whole(StatusCode::OK, target.protocol, document.to_string()),
        Err(error) => {
            let mut answer = error.answer(target.protocol, &caller.request_id);
            if target.service == Service::CloudWatch {
                query_compatible(&error, &mut answer);
            }
            answer
        }
    }
}

/// CloudWatch's clients read the code of the older protocol from a header.
fn query_compatible(error: &AwsError, answer: &mut Answer) {
    let side = if error.status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    if let Ok(value) = http::HeaderValue::from_str(&format!("{};{side}", error.code)) {
        answer.headers_mut().insert("x-amzn-query-error", value);
    }
}

/// The row of an operation, or AWS's answer to one that is not there.
pub(crate) fn known(service: Service, name: &str) -> Result<&'static Operation, AwsError> {
    if let Some(operation) = find(service, name) {
        return Ok(operation);
    }
    metrics::counter!("probity_unknown_operations_total").increment(1);
    let aws_has_it = service.model().is_some_and(|model| model.knows(name));
    if aws_has_it {
        tracing::info!(
            operation = name,
            "refused the operation `{name}`, which is not kept here"
        );
        let message = format!(
            "The operation {name} of {} is not kept by this server; its coverage page lists those that are.",
            service.as_str()
        );
        return Err(AwsError::new("UnknownOperationException", message));
    }
    Err(unknown_operation(name))
}

/// Checks a document and does the verb.
pub(crate) async fn call(
    tools: Tools<'_>,
    caller: &Caller,
    operation: &Operation,
    document: Value,
) -> Result<Value, AwsError> {
    let refused = |fault: Fault| {
        log_internal(&fault, operation.name, caller);
        error_of_fault(&fault, operation, caller)
    };
    tools
        .app
        .authorise(caller, &operation.action())
        .map_err(refused)?;
    let Some(model) = operation.service.model() else {
        return Err(AwsError::internal());
    };
    let document = accept(model, operation.name, document)
        .map_err(|rejected| error_of_rejected(rejected, operation))?;
    let output = (operation.run)(tools, caller, document)
        .await
        .map_err(refused)?;
    log_gaps(
        &output,
        model.required_output(operation.name),
        operation.name,
    );
    Ok(output)
}

/// The document of a request's body.
pub(crate) fn read(headers: &HeaderMap, body: &Bytes, limits: &Limits) -> Result<Value, AwsError> {
    let unreadable = |message: &str| AwsError::new("SerializationException", message);
    let plain = match headers.get(CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"" | b"identity") => body.clone(),
        Some(b"gzip") => gunzipped(body, limits.body_bytes)?,
        Some(_) => return Err(unreadable("The content encoding is not supported.")),
    };
    if plain.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    if deeper_than(&plain, limits.nesting) {
        return Err(unreadable("The request is nested too deeply."));
    }
    serde_json::from_slice(&plain).map_err(|_| unreadable("The request is no valid JSON."))
}

/// Never more than the limit, however little came.
fn gunzipped(body: &Bytes, limit: usize) -> Result<Bytes, AwsError> {
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(body.as_ref())
        .take(most)
        .read_to_end(&mut plain)
        .map_err(|_| AwsError::new("SerializationException", "The body is no valid gzip."))?;
    if plain.len() > limit {
        return Err(too_large());
    }
    Ok(plain.into())
}

/// A body over the limit.
pub(crate) fn too_large() -> AwsError {
    AwsError::new(
        "RequestEntityTooLargeException",
        "The request is too large.",
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

/// Whether brackets are open within more than `most` others, at any place outside of a string.
pub(crate) fn deeper_than(json: &[u8], most: usize) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
        headers
    }

    fn zipped(text: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn depth_counts_open_brackets_outside_of_strings() {
        for (json, depth) in [
            ("{}", 1),
            ("[[1]]", 2),
            (r#"{"a":"[[[["}"#, 1),
            (r#"["\"[",[]]"#, 2),
            ("[],[]", 1),
        ] {
            assert!(!deeper_than(json.as_bytes(), depth), "{json}");
            assert!(deeper_than(json.as_bytes(), depth - 1), "{json}");
        }
    }

    #[test]
    fn an_empty_body_is_an_empty_document() {
        let read = read(
            &HeaderMap::new(),
            &Bytes::from_static(b" \n"),
            &Limits::default(),
        );
        assert_eq!(read.unwrap(), serde_json::json!({}));
    }

    #[test]
    fn a_compressed_body_is_read() {
        let read = read(&gzip(), &zipped(br#"{"a":1}"#), &Limits::default());
        assert_eq!(read.unwrap(), serde_json::json!({"a": 1}));
    }

    #[test]
    fn a_body_that_unfolds_beyond_the_limit_is_refused() {
        let limits = Limits {
            body_bytes: 1000,
            ..Limits::default()
        };
        let body = zipped(&vec![b' '; 1_000_000]);
        assert!(body.len() < 10_000);
        assert_eq!(read(&gzip(), &body, &limits), Err(too_large()));
    }

    #[test]
    fn a_target_names_service_and_operation() {
        let target = Target::parse("SageMaker.CreateModel").unwrap();
        assert_eq!(
            (target.service, target.operation.as_str()),
            (Service::SageMaker, "CreateModel")
        );
        assert_eq!(Target::parse("AWSGlue.GetTable"), None);
        assert_eq!(Target::parse("CreateModel"), None);
    }
}
