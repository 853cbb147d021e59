//! Checksums of objects: what the client says, what was received, what is kept.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::dto::Checksum;
use s3s::{S3Result, s3_error};

/// Base64 by algorithm, as they are kept.
pub(super) type Checksums = BTreeMap<String, String>;

pub(super) const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

/// What a request says about the checksum of its body.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Values in headers.
    pub(super) values: Checksums,
    /// Algorithms whose value follows the body, or that the server is asked to compute.
    pub(super) algorithms: Vec<String>,
}

impl Said {
    pub(super) fn of(headers: &HeaderMap, algorithm: Option<&str>) -> Said {
        let mut said = Said {
            values: values(headers),
            algorithms: algorithm.map(str::to_ascii_lowercase).into_iter().collect(),
        };
        let trailers = headers.get_all("x-amz-trailer").iter();
        for names in trailers.filter_map(|names| names.to_str().ok()) {
            let named = names
                .split(',')
                .filter_map(|name| name.trim().strip_prefix("x-amz-checksum-"));
            said.algorithms.extend(named.map(str::to_owned));
        }
        said
    }

    pub(super) fn hasher(&self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        for name in self.values.keys().chain(&self.algorithms) {
            enable(&mut hasher, name);
        }
        hasher
    }

    /// Refuses a body that is not what the client sent; `trailers` came behind it.
    pub(super) fn check(
        mut self,
        computed: &Checksums,
        trailers: Option<HeaderMap>,
    ) -> S3Result<()> {
        self.values.extend(values(&trailers.unwrap_or_default()));
        for (name, value) in &self.values {
            if computed.get(name) != Some(value) {
                return Err(s3_error!(
                    BadDigest,
                    "The {} you specified did not match the calculated checksum.",
                    name.to_ascii_uppercase()
                ));
            }
        }
        Ok(())
    }
}

pub(super) fn enable(hasher: &mut ChecksumHasher, algorithm: &str) {
    match algorithm {
        "crc32" => hasher.crc32 = Some(Default::default()),
        "crc32c" => hasher.crc32c = Some(Default::default()),
        "crc64nvme" => hasher.crc64nvme = Some(Default::default()),
        "sha1" => hasher.sha1 = Some(Default::default()),
        "sha256" => hasher.sha256 = Some(Default::default()),
        _ => {}
    }
}

/// Values of `x-amz-checksum-…` headers.
fn values(headers: &HeaderMap) -> Checksums {
    let value = |name: &str| {
        let value = headers
            .get(format!("x-amz-checksum-{name}"))?
            .to_str()
            .ok()?;
        Some((name.to_owned(), value.to_owned()))
    };
    ALGORITHMS.iter().filter_map(|name| value(name)).collect()
}

pub(super) fn kept(checksum: Checksum) -> Checksums {
    [
        ("crc32", checksum.checksum_crc32),
        ("crc32c", checksum.checksum_crc32c),
        ("crc64nvme", checksum.checksum_crc64nvme),
        ("sha1", checksum.checksum_sha1),
        ("sha256", checksum.checksum_sha256),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect()
}

/// Kept checksums as the library shows them.
pub(super) fn shown(checksums: &Checksums) -> Checksum {
    let value = |name: &str| checksums.get(name).cloned();
    Checksum {
        checksum_crc32: value("crc32"),
        checksum_crc32c: value("crc32c"),
        checksum_crc64nvme: value("crc64nvme"),
        checksum_sha1: value("sha1"),
        checksum_sha256: value("sha256"),
        checksum_type: None,
    }
}

/// The checksum of the checksums of parts, `VALUE-PARTS`; `None` when a part has none.
pub(super) fn of_parts(algorithm: &str, parts: &[Checksums]) -> Option<String> {
    let mut hasher = ChecksumHasher::default();
    enable(&mut hasher, algorithm);
    for part in parts {
        hasher.update(&BASE64_STANDARD.decode(part.get(algorithm)?).ok()?);
    }
    let value = kept(hasher.finalize()).remove(algorithm)?;
    Some(format!("{value}-{}", parts.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    http::HeaderName::from_static(name),
                    http::HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn computed(said: &Said, body: &[u8]) -> Checksums {
        let mut hasher = said.hasher();
        hasher.update(body);
        kept(hasher.finalize())
    }

    #[test]
    fn a_wrong_checksum_is_refused_in_a_header_and_behind_the_body() {
        // CRC32 of `hello`: 3610a686.
        for (value, holds) in [("NhCmhg==", true), ("NhCmhw==", false)] {
            let said = Said::of(&headers(&[("x-amz-checksum-crc32", value)]), None);
            let sums = computed(&said, b"hello");
            assert_eq!(said.check(&sums, None).is_ok(), holds, "{value}");
            let said = Said::of(&headers(&[("x-amz-trailer", "x-amz-checksum-crc32")]), None);
            let sums = computed(&said, b"hello");
            let trailers = headers(&[("x-amz-checksum-crc32", value)]);
            assert_eq!(said.check(&sums, Some(trailers)).is_ok(), holds, "{value}");
        }
    }

    #[test]
    fn the_checksum_of_parts_is_that_of_their_checksums() {
        let part = Checksums::from([("crc32".to_owned(), "NhCmhg==".to_owned())]);
        // CRC32 of the bytes 36 10 a6 86, by Python's zlib: 0xa5119db9.
        assert_eq!(of_parts("crc32", std::slice::from_ref(&part)), expected());
        assert_eq!(of_parts("sha256", &[part]), None);
    }

    fn expected() -> Option<String> {
        Some(format!(
            "{}-1",
            BASE64_STANDARD.encode(crc32fast::hash(&[0x36, 0x10, 0xa6, 0x86]).to_be_bytes())
        ))
    }
}
