//! What S3 keeps about an object besides its bytes, in a JSON file of our own beside the buckets:
//! `.probity/meta/BUCKET/HH/HASH.json`, where `HASH` is the SHA-256 of the key.
//!
//! A file may be replaced by other means, so a sidecar holds the size and the time of the file that
//! it describes; where they differ, the file is described from its name and its status alone.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What S3 tells about an object besides its bytes, its size and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Without quotes; empty only while the object is being written.
    pub etag: String,
    /// `content-type`, `cache-control`, …
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The user's own metadata.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Base64 by algorithm, `crc32`.
    #[serde(default)]
    pub checksums: BTreeMap<String, String>,
    /// Whether the checksum is one of checksums of parts.
    #[serde(default)]
    pub checksum_of_parts: bool,
    #[serde(default)]
    pub tags: Vec<(String, String)>,
    /// Sizes of the parts in which the object came; empty when it came whole.
    #[serde(default)]
    pub part_sizes: Vec<u64>,
}

/// A description and the file that it describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sidecar {
    pub(super) key: String,
    size: u64,
    modified_ns: i64,
    pub(super) description: Description,
}

impl Sidecar {
    pub(super) fn new(key: &str, file: &Metadata, description: Description) -> Sidecar {
        Sidecar {
            key: key.to_owned(),
            size: file.len(),
            modified_ns: modified_ns(file),
            description,
        }
    }

    pub(super) fn describes(&self, key: &str, file: &Metadata) -> bool {
        self.key == key && self.size == file.len() && self.modified_ns == modified_ns(file)
    }
}

/// The description of a file that was not written through us. The `-1` tells clients that the
/// ETag is not the MD5 of the content.
pub(super) fn synthesised(key: &str, file: &Metadata) -> Description {
    let content_type = content_type(key).to_owned();
    Description {
        etag: format!("{:016x}{:016x}-1", modified_ns(file), file.len()),
        headers: BTreeMap::from([("content-type".to_owned(), content_type)]),
        ..Description::default()
    }
}

/// Where the sidecar of a key lies below its bucket's folder of sidecars.
pub(super) fn sidecar_name(key: &str) -> String {
    let hash = hexadecimal(&Sha256::digest(key));
    format!("{}/{hash}.json", &hash[..2])
}

/// Lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digits = |byte: &u8| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    };
    bytes.iter().flat_map(digits).collect()
}

pub(super) fn modified(file: &Metadata) -> SystemTime {
    // Every file system that we run on keeps the time of the last change.
    file.modified().unwrap_or(UNIX_EPOCH)
}

fn modified_ns(file: &Metadata) -> i64 {
    let nanoseconds = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match modified(file).duration_since(UNIX_EPOCH) {
        Ok(after) => nanoseconds(after),
        Err(before) => -nanoseconds(before.duration()),
    }
}

/// By the end of the name; S3's own default otherwise.
pub fn content_type(key: &str) -> &'static str {
    let ending = key.rsplit(['.', '/']).next().unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "json" | "ipynb" => "application/json",
        "jsonl" | "ndjson" => "application/jsonlines",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "html" => "text/html",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "pdf" => "application/pdf",
        "gz" | "tgz" => "application/gzip",
        "zip" => "application/zip",
        "parquet" => "application/vnd.apache.parquet",
        _ => "binary/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_paths_of_one_another_have_sidecars_apart() {
        let names: Vec<String> = ["a", "a/", "a/b", "a.json", "a.json/b"]
            .map(sidecar_name)
            .to_vec();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(name.len(), 2 + 1 + 64 + 5, "{name}");
            assert!(!names[..at].contains(name), "{name}");
        }
    }

    #[test]
    fn the_content_type_follows_the_ending() {
        assert_eq!(content_type("a/b.CSV"), "text/csv");
        assert_eq!(content_type("model.tar.gz"), "application/gzip");
        assert_eq!(content_type("csv/plain"), "binary/octet-stream");
    }

    #[test]
    fn a_file_that_changed_is_not_described_by_its_old_sidecar() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "one").unwrap();
        let before = std::fs::metadata(&path).unwrap();
        let sidecar = Sidecar::new("a", &before, Description::default());
        assert!(sidecar.describes("a", &before) && !sidecar.describes("b", &before));
        std::fs::write(&path, "four").unwrap();
        assert!(!sidecar.describes("a", &std::fs::metadata(&path).unwrap()));
    }
}
