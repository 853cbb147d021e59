//! `InvokeEndpoint`: the model is asked, the call is captured, the answer goes out.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use probity_analysis::explain::{Invoked, check_request_types};
use probity_data::serving::{Invocation, InvokeModel};

use super::error::RuntimeError;
use super::headers::{Asked, passed, value};
use super::in_service::{InService, Variant};
use super::record::Call;
use super::traffic::Outcome;
use crate::answer::{Answer, AnswerBody};

pub(super) const VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");

pub(super) async fn invoke(
    endpoint: &InService,
    (headers, body): (&HeaderMap, Bytes),
) -> Result<Answer, RuntimeError> {
    let begun = Instant::now();
    let asked = Asked::of(headers)?;
    let variant = endpoint.variant(&asked)?;
    check_explained(endpoint, &asked)?;
    let passed = variant.model.url().map(|_| passed(headers));
    let started = Instant::now();
    let invocation = Invocation {
        content_type: asked.content_type,
        accept: asked.accept,
        headers: passed.as_ref(),
        target_model: asked.target_model,
        body: body.clone(),
    };
    let answered = variant.model.invoke(invocation).await;
    let answer = match answered {
        Ok(answer) => answer,
        Err(source) => {
            let took = started.elapsed();
            variant.count_failure(took);
            variant.measure(took, begun.elapsed(), outcome_of(&source));
            return Err(RuntimeError::Model {
                endpoint: endpoint.name.clone(),
                source,
            });
        }
    };
    let took = started.elapsed();
    variant.count_answer(took);
    if let Some(recorder) = &endpoint.recorder {
        let call = Call {
            variant: &variant.name,
            content_type: asked.content_type,
            inference_id: asked.inference_id,
            custom_attributes: asked.custom_attributes,
            request: &body,
            answer_type: answer.content_type.as_deref(),
            answer: &answer.body,
        };
        recorder.record(call).await;
    }
    let explained = explain((endpoint, variant), &asked, (&body, &answer)).await;
    variant.measure(took, begun.elapsed(), Outcome::Answered);
    let explained = explained?;
    let (content_type, body) = match explained {
        Some(explained) => (
            Some(HeaderValue::from_static("application/json")),
            Bytes::from(explained),
        ),
        None => (answer.content_type.as_deref().map(value), answer.body),
    };
    let mut out = Answer::new(AnswerBody::whole(body));
    let out_headers = out.headers_mut();
    out_headers.extend(answer.headers);
    if let Some(content_type) = content_type {
        out_headers.insert(header::CONTENT_TYPE, content_type);
    }
    out_headers.insert(VARIANT, variant.header.clone());
    Ok(out)
}

/// As AWS counts errors: 4xx are the caller's, everything else is the model's.
pub(super) fn outcome_of(failure: &InvokeModel) -> Outcome {
    match failure {
        InvokeModel::Answered { status, .. } if (400..500).contains(status) => Outcome::Refused,
        InvokeModel::Target { .. } => Outcome::Refused,
        InvokeModel::Answered { .. }
        | InvokeModel::TimedOut { .. }
        | InvokeModel::Unreachable { .. }
        | InvokeModel::TooLong { .. }
        | InvokeModel::OpenTarget { .. } => Outcome::Failed,
    }
}

/// Whether the request fits an endpoint that explains, or none that does.
fn check_explained(endpoint: &InService, asked: &Asked<'_>) -> Result<(), RuntimeError> {
    match (&endpoint.explainer, asked.enable_explanations) {
        (None, Some(_)) => Err(RuntimeError::invalid(format!(
            "Endpoint {} has no explainer: explanations cannot be enabled.",
            endpoint.name
        ))),
        (None, None) => Ok(()),
        (Some(_), _) => {
            let checked = check_request_types(asked.content_type, asked.accept);
            checked.map_err(|source| RuntimeError::Explain {
                endpoint: endpoint.name.clone(),
                source: Box::new(source),
            })
        }
    }
}

async fn explain(
    (endpoint, variant): (&InService, &Variant),
    asked: &Asked<'_>,
    (request, answer): (&Bytes, &probity_data::serving::Answer),
) -> Result<Option<Vec<u8>>, RuntimeError> {
    let Some(explainer) = &endpoint.explainer else {
        return Ok(None);
    };
    let invoked = Invoked {
        content_type: asked.content_type,
        request,
        answer_type: answer.content_type.as_deref(),
        answer: &answer.body,
        enable: asked.enable_explanations,
    };
    let explained = explainer.explain(&variant.model, invoked).await;
    explained.map(Some).map_err(|source| RuntimeError::Explain {
        endpoint: endpoint.name.clone(),
        source: Box::new(source),
    })
}
