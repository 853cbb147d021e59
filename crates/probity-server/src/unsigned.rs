//! Signatures that nobody checks. A server without signatures takes those of clients that sign
//! all the same, as every SDK with any key does; the library behind S3 would verify them, so they
//! are taken off. A body whose chunks are signed stays as it is, and is refused there: only
//! the verified form is taken apart.

use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, Uri};

const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// Of presigned URLs, versions 4 and 2.
const IN_QUERY: [&str; 9] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "AWSAccessKeyId",
    "Signature",
    "Expires",
];

/// The request as if its client had no key.
pub(crate) fn without_signature<B>(mut request: Request<B>) -> Request<B> {
    if has_signed_chunks(request.headers()) {
        return request;
    }
    request.headers_mut().remove(AUTHORIZATION);
    if let Some(uri) = without_presigning(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn has_signed_chunks(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_SHA256);
    content.is_some_and(|content| content.as_bytes().starts_with(b"STREAMING-"))
}

/// `None` when there is nothing to take off.
fn without_presigning(uri: &Uri) -> Option<Uri> {
    let query = uri.query()?;
    let is_signing = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        IN_QUERY
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    };
    if !query.split('&').any(|part| is_signing(&part)) {
        return None;
    }
    let kept: Vec<&str> = query.split('&').filter(|part| !is_signing(part)).collect();
    let place = match kept.is_empty() {
        true => uri.path().to_owned(),
        false => format!("{}?{}", uri.path(), kept.join("&")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(place).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(uri: &str, expected: &str) {
        let request = Request::get(uri)
            .header(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=x")
            .body(())
            .unwrap();
        let taken = without_signature(request);
        assert_eq!(taken.uri().to_string(), expected);
        assert!(!taken.headers().contains_key(AUTHORIZATION));
    }

    #[test]
    fn signatures_are_taken_off_and_the_rest_stays() {
        check(
            "/b/k?list-type=2&prefix=a%2Fb",
            "/b/k?list-type=2&prefix=a%2Fb",
        );
        check(
            "/b/k?X-Amz-Signature=1&X-Amz-Date=2&versionId=null",
            "/b/k?versionId=null",
        );
        check("/b/k?AWSAccessKeyId=A&Signature=s%2B&Expires=9", "/b/k");
        check("http://h/b/k%20x?X-Amz-Expires=9", "http://h/b/k%20x");
    }

    #[test]
    fn signed_chunks_are_left_to_who_takes_them_apart() {
        let request = Request::put("/b/k")
            .header(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=x")
            .header(CONTENT_SHA256, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
            .body(())
            .unwrap();
        assert!(
            without_signature(request)
                .headers()
                .contains_key(AUTHORIZATION)
        );
    }
}
