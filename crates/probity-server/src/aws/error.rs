//! An error as AWS's protocols write it. `botocore` reads the code from the body's `__type` for
//! JSON, from `x-amzn-ErrorType` for REST, and from the XML of query and S3.

use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::xml::escaped;
use crate::answer::{Answer, AnswerBody};

/// How a service spells requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json11,
    Json10,
    RestJson,
    Query,
    /// For a client that speaks none of them.
    Plain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub(crate) code: Cow<'static, str>,
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl AwsError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> AwsError {
        AwsError {
            code: Cow::Borrowed(code),
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> AwsError {
        self.status = status;
        self
    }

    /// What is ours: the log has the cause under the request's id.
    pub(crate) fn internal() -> AwsError {
        AwsError::new(
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        )
        .status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn answer(&self, protocol: Protocol, request_id: &str) -> Answer {
        let body = match protocol {
            Protocol::Json11 | Protocol::Json10 => {
                json!({"__type": self.code, "message": self.message}).to_string()
            }
            Protocol::RestJson => {
                json!({"message": self.message, "Message": self.message}).to_string()
            }
            Protocol::Query => format!(
                "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
                if self.status.is_server_error() {
                    "Receiver"
                } else {
                    "Sender"
                },
                escaped(&self.code),
                escaped(&self.message),
                escaped(request_id),
            ),
            Protocol::Plain => format!("{}: {}\n", self.code, self.message),
        };
        let mut answer = whole(self.status, protocol, body);
        if let Ok(code) = HeaderValue::from_str(&self.code) {
            answer.headers_mut().insert("x-amzn-errortype", code);
        }
        answer
    }
}

/// An answer whose body is all there.
pub(crate) fn whole(status: StatusCode, protocol: Protocol, body: String) -> Answer {
    let content_type = match protocol {
        Protocol::Json11 => "application/x-amz-json-1.1",
        Protocol::Json10 => "application/x-amz-json-1.0",
        Protocol::RestJson => "application/json",
        Protocol::Query => "text/xml",
        Protocol::Plain => "text/plain; charset=utf-8",
    };
    let mut answer = Answer::new(AnswerBody::whole(body));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn text(answer: Answer) -> String {
        let collected = futures::executor::block_on(answer.into_body().collect()).unwrap();
        String::from_utf8(collected.to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn json_names_the_code_in_body_and_header() {
        let answer = AwsError::new("ResourceInUse", "x").answer(Protocol::Json11, "id");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers()["x-amzn-errortype"], "ResourceInUse");
        assert_eq!(text(answer), r#"{"__type":"ResourceInUse","message":"x"}"#);
    }

    #[test]
    fn xml_is_escaped() {
        let answer = AwsError::new("ValidationError", "<a>&").answer(Protocol::Query, "id");
        assert!(text(answer).contains("<Message>&lt;a&gt;&amp;</Message>"));
    }
}
