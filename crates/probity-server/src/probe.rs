//! What operators' tools get.

use std::net::SocketAddr;

use http::header::{self, AUTHORIZATION, HeaderMap};
use http::{HeaderValue, StatusCode};
use probity_app::App;
use probity_store::setting;

use crate::answer::{Answer, AnswerBody};
use crate::report::Chain;
use crate::server::MetricsPage;

pub(crate) fn plain(status: StatusCode, text: impl Into<String>) -> Answer {
    with_type(status, "text/plain; charset=utf-8", text.into())
}

fn with_type(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut answer = Answer::new(AnswerBody::whole(text));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Ready when the metadata store answers; what it says does not matter.
pub(crate) async fn ready(app: &App) -> Answer {
    match setting::get(&app.store, "readyz").await {
        Ok(_) => plain(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!("not ready: {}", Chain(&error));
            plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the metadata store does not answer\n",
            )
        }
    }
}

/// Numbers for Prometheus. Without a token they are for this machine only.
pub(crate) fn metrics(page: Option<&MetricsPage>, headers: &HeaderMap, peer: SocketAddr) -> Answer {
    let Some(page) = page else {
        return plain(StatusCode::NOT_FOUND, "no metrics are kept\n");
    };
    let allowed = match &page.token {
        Some(token) => has_token(headers, token),
        None => peer.ip().is_loopback(),
    };
    if !allowed {
        return plain(
            StatusCode::FORBIDDEN,
            "metrics need the token of --metrics-token-file\n",
        );
    }
    let text = page.recorder.render();
    with_type(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    )
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let shown = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    // Digests of equal length are compared, so that time tells nothing of the token.
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    shown.is_some_and(|shown| digest(shown).as_ref() == digest(token).as_ref())
}
