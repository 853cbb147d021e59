//! Errors of the runtime API, in AWS's codes, statuses and words.

use std::error::Error;

use http::{HeaderName, HeaderValue, StatusCode, header};
use probity_analysis::explain::ExplainOnline;
use probity_app::{Caller, Fault};
use probity_data::serving::InvokeModel;
use serde_json::{Value, json};
use thiserror::Error;

use crate::answer::{Answer, AnswerBody};

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

#[derive(Debug, Error)]
pub(super) enum RuntimeError {
    #[error("unknown operation of the runtime API")]
    UnknownOperation,
    #[error("{message}")]
    Invalid { message: String },
    #[error("Endpoint {name} of account {account} not found.")]
    NoEndpoint { name: String, account: String },
    #[error("the body is longer than {} bytes", super::MAX_BODY_BYTES)]
    TooLarge,
    /// The model's own refusal or failure.
    #[error("the model of endpoint `{endpoint}` gave no answer")]
    Model {
        endpoint: String,
        #[source]
        source: InvokeModel,
    },
    #[error("endpoint `{endpoint}` did not explain its answer")]
    Explain {
        endpoint: String,
        #[source]
        source: Box<ExplainOnline>,
    },
    /// What is in service cannot be opened after a restart.
    #[error("endpoint `{endpoint}` cannot be served: {reason}")]
    NotReady { endpoint: String, reason: String },
    #[error(transparent)]
    Verb(#[from] Fault),
}

/// What goes to the client.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
    /// With `Message` and what the code has beside it.
    pub(super) body: Value,
}

impl RuntimeError {
    pub(super) fn invalid(message: impl Into<String>) -> RuntimeError {
        RuntimeError::Invalid {
            message: message.into(),
        }
    }

    pub(super) fn answer(&self, caller: &Caller) -> Answer {
        let told = self.told(caller);
        if told.status.is_server_error() {
            tracing::error!(
                request_id = caller.request_id,
                "failed to answer the invocation `{}`: {}",
                caller.request_id,
                chain(self)
            );
        }
        let mut answer = Answer::new(AnswerBody::whole(told.body.to_string()));
        *answer.status_mut() = told.status;
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(ERROR_TYPE, HeaderValue::from_static(told.code));
        answer
    }

    pub(super) fn told(&self, caller: &Caller) -> Told {
        match self {
            Self::UnknownOperation => {
                let message = "The requested operation is not recognized by the service.";
                plain("UnknownOperationException", StatusCode::NOT_FOUND, message)
            }
            Self::Invalid { message } => validation(message),
            Self::NoEndpoint { .. } => validation(&self.to_string()),
            Self::TooLarge => plain(
                "ValidationError",
                StatusCode::PAYLOAD_TOO_LARGE,
                &self.to_string(),
            ),
            Self::Model { endpoint, source } => model_error((caller, endpoint), source),
            Self::Explain { endpoint, source } => explain_error((caller, endpoint), source),
            Self::NotReady { .. } => plain(
                "ServiceUnavailable",
                StatusCode::SERVICE_UNAVAILABLE,
                "The endpoint cannot be served at the moment.",
            ),
            Self::Verb(fault) => verb(fault),
        }
    }
}

fn plain(code: &'static str, status: StatusCode, message: &str) -> Told {
    Told {
        code,
        status,
        body: json!({"message": message, "Message": message}),
    }
}

fn validation(message: &str) -> Told {
    plain("ValidationError", StatusCode::BAD_REQUEST, message)
}

fn internal() -> Told {
    plain(
        "InternalFailure",
        StatusCode::INTERNAL_SERVER_ERROR,
        "The request processing has failed because of an unknown error, exception or failure.",
    )
}

fn verb(fault: &Fault) -> Told {
    match fault {
        Fault::Denied { user, action } => plain(
            "AccessDeniedException",
            StatusCode::FORBIDDEN,
            &format!("User: {user} is not authorized to perform: {action}"),
        ),
        Fault::Overloaded => plain(
            "ThrottlingException",
            StatusCode::TOO_MANY_REQUESTS,
            "Rate exceeded",
        ),
        Fault::NotFound { .. }
        | Fault::Exists { .. }
        | Fault::Missing { .. }
        | Fault::InUse { .. }
        | Fault::Limit { .. }
        | Fault::Conflict { .. }
        | Fault::Invalid { .. } => validation(&fault.to_string()),
        Fault::Internal { .. } => internal(),
    }
}

/// As AWS writes it: the container's status and words in members of their own.
fn model_error((caller, endpoint): (&Caller, &str), error: &InvokeModel) -> Told {
    let (status, message) = match error {
        InvokeModel::Answered { status, message } => (*status, message.clone()),
        InvokeModel::TimedOut { .. } => (
            0,
            "Your invocation timed out while waiting for a response from container primary."
                .to_owned(),
        ),
        InvokeModel::Unreachable { .. } | InvokeModel::TooLong { .. } => (0, chain(error)),
        InvokeModel::Target { problem } => return validation(problem),
        InvokeModel::OpenTarget { .. } => (500, chain(error)),
    };
    of_model((caller, endpoint), status, &message)
}

fn of_model((caller, endpoint): (&Caller, &str), status: u16, message: &str) -> Told {
    let (code, side) = match status {
        400..=499 => ("CLIENT_ERROR_FROM_MODEL", "client"),
        _ => ("SERVER_ERROR_FROM_MODEL", "server"),
    };
    let group = format!("/aws/sagemaker/Endpoints/{endpoint}");
    let text = format!(
        "Received {side} error ({status}) from primary with message \"{message}\". See the log \
         group {group} in account {} for more information.",
        caller.account
    );
    let log = format!(
        "arn:aws:logs:{}:{}:log-group:{group}",
        caller.region, caller.account
    );
    Told {
        code: "ModelError",
        status: StatusCode::FAILED_DEPENDENCY,
        body: json!({
            "ErrorCode": code,
            "LogStreamArn": log,
            "Message": text,
            "OriginalMessage": message,
            "OriginalStatusCode": status,
        }),
    }
}

/// What the caller sent is the caller's; what came of the model is the model's.
fn explain_error(place: (&Caller, &str), error: &ExplainOnline) -> Told {
    match error {
        ExplainOnline::Request { problem } => validation(problem),
        ExplainOnline::Apply(problem) => of_model(place, 400, &problem.to_string()),
        ExplainOnline::Explain(_) => of_model(place, 400, &chain(error)),
        ExplainOnline::TimedOut => of_model(place, 0, &error.to_string()),
        ExplainOnline::Config { .. }
        | ExplainOnline::Baseline(_)
        | ExplainOnline::BadBaseline(_)
        | ExplainOnline::BaselineColumns(_) => internal(),
    }
}

/// An error and all its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
