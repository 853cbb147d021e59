//! What an invocation says in its headers, checked as the service model has it.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::error::RuntimeError;

pub(super) const CUSTOM_ATTRIBUTES: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-custom-attributes");
pub(super) const INFERENCE_ID: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-inference-id");
const TARGET_MODEL: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-model");
const TARGET_VARIANT: HeaderName = HeaderName::from_static("x-amzn-sagemaker-target-variant");
const TARGET_CONTAINER: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-target-container-hostname");
const ENABLE_EXPLANATIONS: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-enable-explanations");
const INFERENCE_COMPONENT: HeaderName =
    HeaderName::from_static("x-amzn-sagemaker-inference-component");
const SESSION_ID: HeaderName = HeaderName::from_static("x-amzn-sagemaker-session-id");
const INPUT_LOCATION: HeaderName = HeaderName::from_static("x-amzn-sagemaker-inputlocation");
/// Where `Content-Type` and `Accept` of the payload stand when the request itself has none or
/// another one.
const PAYLOAD_TYPE: HeaderName = HeaderName::from_static("x-amzn-sagemaker-content-type");
const PAYLOAD_ACCEPT: HeaderName = HeaderName::from_static("x-amzn-sagemaker-accept");

/// What goes on to a model server.
const PASSED: [HeaderName; 4] = [CUSTOM_ATTRIBUTES, INFERENCE_ID, TARGET_MODEL, SESSION_ID];

/// The headers of one request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) content_type: Option<&'a str>,
    pub(super) accept: Option<&'a str>,
    pub(super) custom_attributes: Option<&'a str>,
    pub(super) inference_id: Option<&'a str>,
    pub(super) target_model: Option<&'a str>,
    pub(super) target_variant: Option<&'a str>,
    pub(super) enable_explanations: Option<&'a str>,
    /// Of an asynchronous invocation.
    pub(super) input_location: Option<&'a str>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Result<Asked<'a>, RuntimeError> {
        let get = |name: HeaderName, limit| text(headers, name, limit);
        if let Some(component) = get(INFERENCE_COMPONENT, 63)? {
            return Err(RuntimeError::invalid(format!(
                "Inference Component Name {component} is not found: inference components are not \
                 served here."
            )));
        }
        if get(TARGET_CONTAINER, 63)?.is_some() {
            return Err(RuntimeError::invalid(
                "A target container hostname is only for endpoints of several containers, which \
                 are not served here.",
            ));
        }
        let asked = Asked {
            content_type: get(PAYLOAD_TYPE, 1024)?.or(get(CONTENT_TYPE, 1024)?),
            accept: get(PAYLOAD_ACCEPT, 1024)?.or(get(ACCEPT, 1024)?),
            custom_attributes: get(CUSTOM_ATTRIBUTES, 1024)?,
            inference_id: get(INFERENCE_ID, 64)?,
            target_model: get(TARGET_MODEL, 1024)?,
            target_variant: get(TARGET_VARIANT, 63)?,
            enable_explanations: get(ENABLE_EXPLANATIONS, 64)?,
            input_location: get(INPUT_LOCATION, 1024)?,
        };
        for (member, value) in [
            ("inferenceId", asked.inference_id),
            ("enableExplanations", asked.enable_explanations),
            ("targetModel", asked.target_model),
        ] {
            if value.is_some_and(|value| value.is_empty() || value.starts_with(' ')) {
                return Err(RuntimeError::invalid(format!(
                    "1 validation error detected: Value at '{member}' failed to satisfy \
                     constraint: Member must have length greater than or equal to 1"
                )));
            }
        }
        Ok(asked)
    }
}

/// Visible ASCII of at most `limit` characters.
fn text(headers: &HeaderMap, name: HeaderName, limit: usize) -> Result<Option<&str>, RuntimeError> {
    let Some(value) = headers.get(&name) else {
        return Ok(None);
    };
    let refused = |constraint: String| {
        RuntimeError::invalid(format!(
            "1 validation error detected: Value at '{}' failed to satisfy constraint: {constraint}",
            member(&name)
        ))
    };
    let text = value.to_str().map_err(|_| {
        refused("Member must satisfy regular expression pattern: \\p{ASCII}*".to_owned())
    })?;
    match text.len() <= limit {
        true => Ok(Some(text)),
        false => Err(refused(format!(
            "Member must have length less than or equal to {limit}"
        ))),
    }
}

/// As the service model calls what a header carries.
fn member(name: &HeaderName) -> String {
    let short = name.as_str();
    let short = short.strip_prefix("x-amzn-sagemaker-").unwrap_or(short);
    let mut member = String::with_capacity(short.len());
    for (at, part) in short.split('-').enumerate() {
        match (at, part.chars().next()) {
            (0, _) | (_, None) => member.push_str(part),
            (_, Some(first)) => {
                member.push(first.to_ascii_uppercase());
                member.push_str(&part[first.len_utf8()..]);
            }
        }
    }
    member
}

/// The headers that a model server gets.
pub(super) fn passed(headers: &HeaderMap) -> HeaderMap {
    let mut passed = HeaderMap::new();
    for name in PASSED {
        if let Some(value) = headers.get(&name) {
            passed.insert(name, value.clone());
        }
    }
    passed
}

/// A value that came from a header, or from a configuration that was checked.
pub(super) fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            )
        });
        pairs.collect()
    }

    #[track_caller]
    fn check_refused(name: &str, value: &str, expected: &str) {
        let headers = headers(&[(name, value)]);
        let error = Asked::of(&headers).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_payload_has_a_type_of_its_own() {
        let headers = headers(&[
            ("content-type", "application/octet-stream"),
            ("x-amzn-sagemaker-content-type", "text/csv"),
            ("accept", "a/b"),
            ("X-Amzn-SageMaker-Accept", "application/json"),
        ]);
        let asked = Asked::of(&headers).unwrap();
        assert_eq!(asked.content_type, Some("text/csv"));
        assert_eq!(asked.accept, Some("application/json"));
    }

    #[test]
    fn lengths_and_characters_are_checked() {
        let long = "x".repeat(1025);
        check_refused(
            "x-amzn-sagemaker-custom-attributes",
            &long,
            "'customAttributes'",
        );
        check_refused("x-amzn-sagemaker-custom-attributes", "ä", "ASCII");
        check_refused("x-amzn-sagemaker-inference-id", &long[..65], "equal to 64");
        check_refused("x-amzn-sagemaker-inference-id", "", "equal to 1");
        check_refused("x-amzn-sagemaker-inference-component", "c", "not served");
        check_refused(
            "x-amzn-sagemaker-target-container-hostname",
            "c",
            "several containers",
        );
    }

    #[test]
    fn a_model_server_gets_what_concerns_it() {
        let headers = headers(&[
            ("authorization", "AWS4-HMAC-SHA256 …"),
            ("x-amzn-sagemaker-custom-attributes", "trace=1"),
            ("x-amzn-sagemaker-target-variant", "a"),
        ]);
        let passed = passed(&headers);
        assert_eq!(passed.len(), 1);
        assert_eq!(passed[CUSTOM_ATTRIBUTES], "trace=1");
    }
}
