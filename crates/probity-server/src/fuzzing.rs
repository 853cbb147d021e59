//! An entry point for fuzzing: bytes as they come from the wire, through everything that reads them
//! before a verb does. Errors are right answers; only a panic is a finding.

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use serde_json::Value;
use url::form_urlencoded;

use crate::aws::{Credentials, Service, accept, document_of_form, json, xml_of_document};
use crate::limits::Limits;
use crate::route::Route;

/// A line `METHOD PATH`, lines `NAME: VALUE`, an empty line, and a body.
pub fn wire(data: &[u8]) {
    let end = data.windows(2).position(|two| two == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &b""[..]),
    };
    let Some(parts) = parts_of(head) else { return };
    let body = Bytes::copy_from_slice(body);
    let credentials = Credentials::of(&parts);
    match Route::of(&parts, &credentials) {
        Route::Json(target) => document(target.service, &target.operation, (&parts.headers, &body)),
        Route::Rest(service, operation) => document(service, operation, (&parts.headers, &body)),
        Route::Form => form(credentials.service(), &body),
        Route::UnknownTarget(_)
        | Route::Runtime
        | Route::Scheduler
        | Route::FeatureStore
        | Route::Cbor
        | Route::Probe(_)
        | Route::Page
        | Route::Objects => {}
    }
}

fn parts_of(head: &[u8]) -> Option<Parts> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let (method, uri) = first.split_once(' ')?;
    let mut request = http::Request::builder().method(method).uri(uri);
    for line in lines.take(50) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let value = line[colon + 1..].trim_ascii();
        request = request.header(&line[..colon], value);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

/// What was accepted holds no nulls, and is accepted again as it is.
fn document(service: Service, operation: &str, (headers, body): (&HeaderMap, &Bytes)) {
    let limits = Limits {
        body_bytes: 1024 * 1024,
        ..Limits::default()
    };
    let Ok(value) = json::read(headers, body, &limits) else {
        return;
    };
    if let Some(accepted) = accepted(service, operation, value) {
        let again = self::accepted(service, operation, accepted.clone());
        assert_eq!(
            again,
            Some(accepted),
            "an accepted document is not accepted again"
        );
    }
}

fn accepted(service: Service, operation: &str, value: Value) -> Option<Value> {
    let model = service.model()?;
    let _ = xml_of_document(model, operation, &value);
    accept(model, operation, value).ok()
}

fn form(scope: Option<&str>, body: &Bytes) {
    let members: Vec<(String, String)> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let find = |wanted: &str| {
        let found = members.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let Some(service) = Service::of_form(scope, find("Version")) else {
        return;
    };
    let (Some(model), Some(operation)) = (service.model(), find("Action")) else {
        return;
    };
    let members = members
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()));
    let document = document_of_form(model, operation, members);
    let _ = accepted(service, operation, document);
}
