//! Between what is kept of an object and what S3's answers show of it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use probity_data::location::buckets::{Condition, Description, Found};
use s3s::dto::{ChecksumType, ETag, ETagCondition, Metadata, Timestamp, TimestampFormat};
use s3s::{S3Result, s3_error};

/// Headers that S3 keeps as they came, from the inputs of three operations of one shape.
macro_rules! kept_headers {
    ($input:expr) => {
        $crate::s3::shape::headers([
            ("content-type", $input.content_type.clone()),
            ("content-encoding", $input.content_encoding.clone()),
            ("content-language", $input.content_language.clone()),
            ("content-disposition", $input.content_disposition.clone()),
            ("cache-control", $input.cache_control.clone()),
            (
                "expires",
                $input
                    .expires
                    .as_ref()
                    .and_then($crate::s3::shape::http_date),
            ),
            (
                "website-redirect-location",
                $input.website_redirect_location.clone(),
            ),
        ])
    };
}

/// The answer to a GET or a HEAD, which have these members in common.
macro_rules! object_answer {
    ($output:ident, $found:expr, $checksum:expr) => {{
        let found = &$found;
        let header = |name: &str| found.description.headers.get(name).cloned();
        let checksum = $checksum;
        $output {
            accept_ranges: Some("bytes".to_owned()),
            cache_control: header("cache-control"),
            content_disposition: header("content-disposition"),
            content_encoding: header("content-encoding"),
            content_language: header("content-language"),
            content_type: header("content-type"),
            checksum_type: checksum.checksum_type,
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            e_tag: Some($crate::s3::shape::etag(found)),
            expires: header("expires").and_then(|date| $crate::s3::shape::from_http_date(&date)),
            last_modified: Some($crate::s3::shape::whole_seconds(found.modified)),
            metadata: Some($crate::s3::shape::metadata(&found.description)),
            website_redirect_location: header("website-redirect-location"),
            ..Default::default()
        }
    }};
}

pub(super) use {kept_headers, object_answer};

pub(super) fn headers<const N: usize>(
    given: [(&str, Option<String>); N],
) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for (name, value) in given {
        let value = match (name, value) {
            ("content-encoding", Some(value)) => without_chunking(&value),
            ("content-type", None) => Some("binary/octet-stream".to_owned()),
            (_, value) => value,
        };
        if let Some(value) = value {
            kept.insert(name.to_owned(), value);
        }
    }
    kept
}

/// `aws-chunked` is how the request came, not how the object is encoded.
fn without_chunking(encoding: &str) -> Option<String> {
    let kept: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

pub(super) fn etag(found: &Found) -> ETag {
    ETag::Strong(found.description.etag.clone())
}

pub(super) fn metadata(description: &Description) -> Metadata {
    description
        .metadata
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn kept_metadata(metadata: Option<Metadata>) -> BTreeMap<String, String> {
    metadata.into_iter().flatten().collect()
}

pub(super) fn checksum_type(description: &Description) -> Option<ChecksumType> {
    if description.checksums.is_empty() {
        return None;
    }
    Some(ChecksumType::from_static(
        if description.checksum_of_parts {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        },
    ))
}

/// The dates of HTTP know no parts of a second.
pub(super) fn whole_seconds(time: SystemTime) -> Timestamp {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds))
}

pub(super) fn http_date(time: &Timestamp) -> Option<String> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

pub(super) fn from_http_date(text: &str) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, text).ok()
}

/// The condition of a write: `If-Match`, `If-None-Match: *`.
pub(super) fn condition(
    matching: Option<&ETagCondition>,
    not_matching: Option<&ETagCondition>,
) -> S3Result<Condition> {
    match (matching, not_matching) {
        (None, None) => Ok(Condition::Always),
        (None, Some(ETagCondition::Any)) => Ok(Condition::Absent),
        (Some(ETagCondition::Any), None) => Ok(Condition::Present),
        (Some(ETagCondition::ETag(etag)), None) => Ok(Condition::Etag(etag.value().to_owned())),
        _ => Err(s3_error!(
            NotImplemented,
            "A header you provided implies functionality that is not implemented"
        )),
    }
}

/// `key=value&…` of the `x-amz-tagging` header.
pub(super) fn tags_of_header(header: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(header.unwrap_or_default().as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

/// An object's length as the library counts it.
pub(super) fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_kept_without_the_framing_of_the_request() {
        assert_eq!(without_chunking("aws-chunked"), None);
        assert_eq!(
            without_chunking("gzip,aws-chunked"),
            Some("gzip".to_owned())
        );
        assert_eq!(without_chunking("gzip"), Some("gzip".to_owned()));
    }

    #[test]
    fn conditions_of_writes_are_those_of_s3() {
        let etag = || Some(ETagCondition::ETag(ETag::Strong("abc".to_owned())));
        let check = |matching: Option<ETagCondition>, not: Option<ETagCondition>, expected| {
            assert_eq!(condition(matching.as_ref(), not.as_ref()).ok(), expected);
        };
        check(None, None, Some(Condition::Always));
        check(None, Some(ETagCondition::Any), Some(Condition::Absent));
        check(etag(), None, Some(Condition::Etag("abc".to_owned())));
        check(None, etag(), None);
    }

    #[test]
    fn tags_of_a_header_are_decoded() {
        assert_eq!(
            tags_of_header(Some("a=1&b%20c=d+e")),
            [
                ("a".to_owned(), "1".to_owned()),
                ("b c".to_owned(), "d e".to_owned())
            ]
        );
        assert!(tags_of_header(None).is_empty());
    }
}
