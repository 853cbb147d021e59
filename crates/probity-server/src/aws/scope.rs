//! What a request says about who signed it, for which region and service.
//!
//! The credential scope is the only place where a request names its region, and what tells a
//! bucket named `endpoints` from the runtime API. Nothing here is checked yet.

use chrono::NaiveDate;
use http::header::AUTHORIZATION;
use http::request::Parts;
use percent_encoding::percent_decode_str;

/// `KEY/20261127/us-west-2/sagemaker/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) access_key_id: String,
    pub(crate) date: NaiveDate,
    pub(crate) region: String,
    pub(crate) service: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    Missing,
    /// Signature version 4, in a header or in the query.
    Scoped(Scope),
    /// Version 2, which only S3 has still.
    Version2,
    /// A signature that names no scope.
    Unreadable,
}

impl Credentials {
    pub(crate) fn of(parts: &Parts) -> Credentials {
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let text = header.to_str().unwrap_or_default();
            return of_header(text);
        }
        of_query(parts.uri.query().unwrap_or_default())
    }

    pub(crate) fn scope(&self) -> Option<&Scope> {
        match self {
            Self::Scoped(scope) => Some(scope),
            Self::Missing | Self::Version2 | Self::Unreadable => None,
        }
    }

    /// The service that the signature is for.
    pub(crate) fn service(&self) -> Option<&str> {
        self.scope().map(|scope| scope.service.as_str())
    }
}

fn of_header(text: &str) -> Credentials {
    let Some(parameters) = text.strip_prefix("AWS4-HMAC-SHA256") else {
        return if text.starts_with("AWS ") {
            Credentials::Version2
        } else {
            Credentials::Unreadable
        };
    };
    let credential = parameters
        .split(',')
        .find_map(|parameter| parameter.trim().strip_prefix("Credential="));
    scoped(credential.and_then(Scope::parse))
}

fn of_query(query: &str) -> Credentials {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "X-Amz-Credential" => {
                let value = percent_decode_str(value).decode_utf8_lossy();
                return scoped(Scope::parse(&value));
            }
            "AWSAccessKeyId" => return Credentials::Version2,
            _ => {}
        }
    }
    Credentials::Missing
}

fn scoped(scope: Option<Scope>) -> Credentials {
    scope.map_or(Credentials::Unreadable, Credentials::Scoped)
}

impl Scope {
    fn parse(text: &str) -> Option<Scope> {
        let mut parts = text.split('/');
        let scope = Scope {
            access_key_id: parts.next()?.to_owned(),
            date: NaiveDate::parse_from_str(parts.next()?, "%Y%m%d").ok()?,
            region: parts.next()?.to_owned(),
            service: parts.next()?.to_owned(),
        };
        let complete = parts.next() == Some("aws4_request") && parts.next().is_none();
        // The region becomes part of ARNs and of rows.
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= 64
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        (complete && plain(&scope.region) && plain(&scope.service)).then_some(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, authorization: Option<&str>) -> Parts {
        let mut request = http::Request::builder().uri(uri);
        if let Some(text) = authorization {
            request = request.header(AUTHORIZATION, text);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[track_caller]
    fn check(uri: &str, authorization: Option<&str>, expected: Option<(&str, &str, &str)>) {
        let credentials = Credentials::of(&parts(uri, authorization));
        let found = credentials.scope().map(|scope| {
            (
                scope.access_key_id.as_str(),
                scope.region.as_str(),
                scope.service.as_str(),
            )
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_scope_is_read_from_header_and_query() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/20261127/eu-west-1/sagemaker/aws4_request, SignedHeaders=host, Signature=00";
        let expected = Some(("AK", "eu-west-1", "sagemaker"));
        check("/", Some(header), expected);
        let query = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20261127%2Feu-west-1%2Fsagemaker%2Faws4_request";
        check(query, None, expected);
    }

    #[test]
    fn a_scope_that_would_not_fit_an_arn_is_none() {
        for scope in [
            "AK/20261127/eu:west/sagemaker/aws4_request",
            "AK/20261127/eu-west-1/sagemaker",
            "AK/20261127//sagemaker/aws4_request",
            "AK",
            "AK/today/eu-west-1/sagemaker/aws4_request",
        ] {
            let header = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host");
            check("/", Some(&header), None);
        }
    }

    #[test]
    fn version_2_is_told_from_none() {
        let of = |uri, header| Credentials::of(&parts(uri, header));
        assert_eq!(
            of("/b/k?AWSAccessKeyId=AK&Signature=x", None),
            Credentials::Version2
        );
        assert_eq!(of("/b/k", Some("AWS AK:signature")), Credentials::Version2);
        assert_eq!(of("/b/k", None), Credentials::Missing);
        assert_eq!(of("/b/k", Some("Bearer x")), Credentials::Unreadable);
    }
}
