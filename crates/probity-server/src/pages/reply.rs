//! Answers of pages, with the headers that bind the browser to them.

use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use maud::Markup;

use crate::answer::{Answer, AnswerBody};

/// Nothing from elsewhere, nothing inline, and no frame around it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub(crate) fn html(status: StatusCode, page: Markup) -> Answer {
    let mut answer = Answer::new(AnswerBody::whole(page.into_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    answer
}

/// A file to keep.
pub(crate) fn csv(name: &'static str, text: String) -> Answer {
    let mut answer = Answer::new(AnswerBody::whole(text));
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    answer
}

/// A file of this type and name to keep.
pub(crate) fn file((content_type, name): (&'static str, &str), bytes: Vec<u8>) -> Answer {
    let mut answer = Answer::new(AnswerBody::whole(bytes));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let name: String = name.chars().filter(|letter| plain(*letter)).collect();
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    answer
}

/// For a script of ours.
pub(crate) fn json(document: &serde_json::Value) -> Answer {
    let mut answer = Answer::new(AnswerBody::whole(document.to_string()));
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// After a form, or for somebody who has to sign in first.
pub(crate) fn see_other(address: &str) -> Answer {
    let mut answer = Answer::new(AnswerBody::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/dashboard"));
    answer.headers_mut().insert(LOCATION, place);
    answer
}

pub(crate) fn set_cookie(answer: &mut Answer, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

/// What every answer of this part of the server says.
pub(crate) fn bind(answer: &mut Answer) {
    let headers = answer.headers_mut();
    // A report brings its own, which is stricter.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
