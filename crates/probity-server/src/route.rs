//! Which of the services on this port a request is for.
//!
//! The order is that of what clients send: a target header, a form, then the path, read by what
//! the signature is for, so that a bucket named `endpoints` or `schedules` collides with nothing.

use http::header::{CONTENT_TYPE, HeaderMap};
use http::request::Parts;
use http::{HeaderName, Method};

use crate::aws::{Credentials, Service, Target};
use crate::pages;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A target of a service that is served here.
    Json(Target),
    /// A target of one that is not.
    UnknownTarget(String),
    /// The query protocol, in a form or in the URL.
    Form,
    /// A REST operation with a JSON body.
    Rest(Service, &'static str),
    /// `/endpoints/…`.
    Runtime,
    /// EventBridge Scheduler: nothing is kept, so nothing is found.
    Scheduler,
    FeatureStore,
    /// CBOR of Smithy, which no client of ours needs.
    Cbor,
    Probe(Probe),
    /// A person with a browser.
    Page,
    /// Everything else is an object store's.
    Objects,
}

/// What operators' tools ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Health,
    Ready,
    Metrics,
}

impl Route {
    pub(crate) fn of(parts: &Parts, credentials: &Credentials) -> Route {
        if let Some(target) = parts.headers.get(TARGET) {
            let text = String::from_utf8_lossy(target.as_bytes());
            return match Target::parse(&text) {
                Some(target) => Route::Json(target),
                None => Route::UnknownTarget(text.into_owned()),
            };
        }
        if parts.headers.contains_key(SMITHY_PROTOCOL) {
            return Route::Cbor;
        }
        if is_form(parts, credentials) {
            return Route::Form;
        }
        let path = parts.uri.path();
        match (credentials, credentials.service()) {
            (_, Some("sagemaker")) => of_sagemaker(&parts.method, path),
            (_, Some("scheduler")) => Route::Scheduler,
            // A bearer token is for the probes.
            (Credentials::Missing | Credentials::Unreadable, _) => of_unsigned(parts),
            _ => Route::Objects,
        }
    }
}

impl Route {
    /// On a server that asks for signatures, where nobody reads an object without one: a browser
    /// that brings none looks for a page, and is told that there is none.
    pub(crate) fn or_no_page(self, parts: &Parts) -> Route {
        match self {
            Route::Objects if pages::is_lost(parts) => Route::Page,
            other => other,
        }
    }
}

fn of_sagemaker(method: &Method, path: &str) -> Route {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    match (method.as_str(), first) {
        ("PUT", "BatchPutMetrics") => Route::Rest(Service::SageMakerMetrics, "BatchPutMetrics"),
        ("POST", "BatchGetMetrics") => Route::Rest(Service::SageMakerMetrics, "BatchGetMetrics"),
        (_, "FeatureGroup" | "BatchGetRecord" | "BatchWriteRecord") => Route::FeatureStore,
        (_, "endpoints") => Route::Runtime,
        _ => Route::UnknownTarget(String::new()),
    }
}

/// Without a signature the path alone decides; what needs a caller is refused later, unless the
/// server asks for none.
fn of_unsigned(parts: &Parts) -> Route {
    let path = parts.uri.path();
    let reading = parts.method == Method::GET || parts.method == Method::HEAD;
    match path {
        "/healthz" if reading => Route::Probe(Probe::Health),
        "/readyz" if reading => Route::Probe(Probe::Ready),
        "/metrics" if reading => Route::Probe(Probe::Metrics),
        _ if pages::is_page(parts) => Route::Page,
        _ if parts.method == Method::POST && is_invocation(path) => Route::Runtime,
        "/BatchPutMetrics" | "/BatchGetMetrics" => of_sagemaker(&parts.method, path),
        _ => Route::Objects,
    }
}

fn is_invocation(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    parts.next() == Some("endpoints")
        && parts.next().is_some()
        && matches!(
            parts.next(),
            Some("invocations" | "async-invocations" | "invocations-response-stream")
        )
        && parts.next().is_none()
}

fn is_form(parts: &Parts, credentials: &Credentials) -> bool {
    let of_query_service = matches!(credentials.service(), Some("sts" | "iam" | "monitoring"));
    let root = parts.uri.path() == "/";
    let posted = parts.method == Method::POST
        && content_type(&parts.headers).starts_with(b"application/x-www-form-urlencoded");
    let in_url = parts
        .uri
        .query()
        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("Action=")));
    // A signature for S3 makes it an upload of a form, which browsers do.
    root && (of_query_service || (credentials.service() != Some("s3") && (posted || in_url)))
}

fn content_type(headers: &HeaderMap) -> &[u8] {
    headers
        .get(CONTENT_TYPE)
        .map_or(b"", |value| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(request: &str, headers: &[(&str, &str)], expected: &Route) {
        let (method, uri) = request.split_once(' ').unwrap();
        let mut built = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            built = built.header(*name, *value);
        }
        let parts = built.body(()).unwrap().into_parts().0;
        let credentials = Credentials::of(&parts);
        assert_eq!(&Route::of(&parts, &credentials), expected, "{request}");
    }

    fn signed(service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AK/20261127/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    #[test]
    fn a_target_decides_first() {
        let target = Target::parse("SageMaker.ListModels").unwrap();
        let header = signed("s3");
        let headers = [
            ("x-amz-target", "SageMaker.ListModels"),
            ("authorization", header.as_str()),
        ];
        check(
            "POST /endpoints/x/invocations",
            &headers,
            &Route::Json(target),
        );
        let headers = [("x-amz-target", "AWSGlue.GetTable")];
        check(
            "POST /",
            &headers,
            &Route::UnknownTarget("AWSGlue.GetTable".to_owned()),
        );
    }

    #[test]
    fn buckets_may_have_the_names_of_our_paths() {
        let s3 = signed("s3");
        for path in [
            "/endpoints/x/invocations",
            "/metrics",
            "/healthz",
            "/schedules/a",
            "/FeatureGroup/a",
            "/",
        ] {
            check(
                &format!("GET {path}"),
                &[("authorization", &s3)],
                &Route::Objects,
            );
        }
        check(
            "GET /metrics?AWSAccessKeyId=AK&Signature=x&Expires=1",
            &[],
            &Route::Objects,
        );
    }

    #[test]
    fn the_scope_names_the_service_of_a_path() {
        let sagemaker = signed("sagemaker");
        let headers = [("authorization", sagemaker.as_str())];
        check("POST /endpoints/x/invocations", &headers, &Route::Runtime);
        check(
            "PUT /BatchPutMetrics",
            &headers,
            &Route::Rest(Service::SageMakerMetrics, "BatchPutMetrics"),
        );
        check("PUT /FeatureGroup/a", &headers, &Route::FeatureStore);
        let scheduler = signed("scheduler");
        check(
            "GET /schedules/a",
            &[("authorization", &scheduler)],
            &Route::Scheduler,
        );
    }

    #[test]
    fn forms_are_those_of_the_query_protocol() {
        let form = (
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        let sts = signed("sts");
        check("POST /", &[form, ("authorization", &sts)], &Route::Form);
        check("POST /", &[form], &Route::Form);
        check(
            "GET /?Action=GetCallerIdentity&Version=2011-06-15",
            &[],
            &Route::Form,
        );
        let s3 = signed("s3");
        check(
            "POST /bucket",
            &[form, ("authorization", &s3)],
            &Route::Objects,
        );
    }

    #[test]
    fn probes_and_pages_need_no_signature() {
        check("GET /healthz", &[], &Route::Probe(Probe::Health));
        check("GET /readyz", &[], &Route::Probe(Probe::Ready));
        check("GET /metrics", &[], &Route::Probe(Probe::Metrics));
        check("GET /", &[("accept", "text/html,*/*")], &Route::Page);
        check("GET /", &[("accept", "*/*")], &Route::Objects);
        check("PUT /metrics", &[], &Route::Objects);
        let token = [("authorization", "Bearer x")];
        check("GET /metrics", &token, &Route::Probe(Probe::Metrics));
    }

    #[test]
    fn an_unsigned_invocation_is_told_from_an_upload() {
        check("POST /endpoints/x/invocations", &[], &Route::Runtime);
        check("PUT /endpoints/x/invocations", &[], &Route::Objects);
        check("POST /endpoints/x/other", &[], &Route::Objects);
    }

    #[track_caller]
    fn check_signed_server(request: &str, headers: &[(&str, &str)], expected: &Route) {
        let (method, uri) = request.split_once(' ').unwrap();
        let mut built = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            built = built.header(*name, *value);
        }
        let parts = built.body(()).unwrap().into_parts().0;
        let route = Route::of(&parts, &Credentials::of(&parts)).or_no_page(&parts);
        assert_eq!(&route, expected, "{request}");
    }

    #[test]
    fn a_browser_without_a_signature_reads_no_object_of_a_server_that_asks_for_one() {
        let html = ("accept", "text/html,*/*;q=0.8");
        let s3 = signed("s3");
        for (request, headers, expected) in [
            ("GET /nope", &[html][..], Route::Page),
            ("HEAD /models", &[html], Route::Page),
            ("GET /nope", &[("accept", "*/*")], Route::Objects),
            ("PUT /nope", &[html], Route::Objects),
            ("GET /nope", &[html, ("authorization", &s3)], Route::Objects),
            (
                "GET /nope",
                &[html, ("authorization", "Bearer x")],
                Route::Objects,
            ),
            ("GET /b/k?X-Amz-Signature=0", &[html], Route::Objects),
            ("GET /b/k?x-amz-expires=0", &[html], Route::Objects),
            ("GET /b/k?AWSAccessKeyId=AK", &[html], Route::Objects),
        ] {
            check_signed_server(request, headers, &expected);
        }
        check("GET /nope", &[html], &Route::Objects);
        check("GET /models", &[html], &Route::Objects);
        check("GET /dashboard/", &[html], &Route::Page);
    }
}
