//! How documents are read: from bytes, with errors that name the place and what is wrong.
//!
//! Lenient where the wild demands it: a byte-order mark, unknown members, and the bare
//! `NaN`, `Infinity` and `-Infinity` that Python writes though JSON has no such numbers.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why the bytes of a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadDocument {
    #[error("`{document}` is not JSON")]
    NotJson {
        document: &'static str,
        source: serde_json::Error,
    },
    #[error("`{document}` is wrong at `{path}`")]
    WrongMember {
        document: &'static str,
        /// E.g. `features[3].numerical_statistics.mean`.
        path: String,
        source: serde_json::Error,
    },
    #[error("`{document}` has the format `{found}`, expected `{expected}`")]
    OtherFormat {
        document: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("`{document}` has version {found}; this program reads up to {newest}")]
    NewerVersion {
        document: &'static str,
        found: u64,
        newest: u32,
    },
}

/// Reads the file that is named `document` in errors.
pub(crate) fn read<T: DeserializeOwned>(
    document: &'static str,
    bytes: &[u8],
) -> Result<T, ReadDocument> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    // Most files are right: only a wrong one is read again, slowly, to say where and why.
    let quoted = quote_bare_names(bytes);
    let bytes = quoted.as_deref().unwrap_or(bytes);
    read_with_path(document, bytes)
}

/// Reads a file in a format of our own, of this or an older version.
pub(crate) fn read_own<T: DeserializeOwned>(
    document: &'static str,
    expected: &OwnFormat,
    bytes: &[u8],
) -> Result<T, ReadDocument> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
        version: u64,
    }
    let head: Head = read(document, bytes)?;
    if head.format != expected.format {
        return Err(ReadDocument::OtherFormat {
            document,
            found: head.format,
            expected: expected.format,
        });
    }
    if head.version > u64::from(expected.newest) {
        return Err(ReadDocument::NewerVersion {
            document,
            found: head.version,
            newest: expected.newest,
        });
    }
    read(document, bytes)
}

/// What the head of a file in a format of our own says.
pub(crate) struct OwnFormat {
    pub(crate) format: &'static str,
    pub(crate) newest: u32,
}

fn read_with_path<T: DeserializeOwned>(
    document: &'static str,
    bytes: &[u8],
) -> Result<T, ReadDocument> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let source = error.into_inner();
        if source.is_data() {
            ReadDocument::WrongMember {
                document,
                path,
                source,
            }
        } else {
            ReadDocument::NotJson { document, source }
        }
    })?;
    deserializer
        .end()
        .map_err(|source| ReadDocument::NotJson { document, source })?;
    Ok(value)
}

/// Puts quotes around `NaN`, `Infinity` and `-Infinity` outside strings; `None` when there
/// are none. Positions in later errors move by the quotes; the path stays right.
fn quote_bare_names(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut quoted = Vec::new();
    let mut copied_to = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'"' {
            at = end_of_string(bytes, at);
            continue;
        }
        let rest = &bytes[at..];
        let names = [b"NaN".as_slice(), b"Infinity", b"-Infinity"];
        let Some(name) = names.into_iter().find(|name| rest.starts_with(name)) else {
            at += 1;
            continue;
        };
        quoted.extend_from_slice(&bytes[copied_to..at]);
        quoted.push(b'"');
        quoted.extend_from_slice(name);
        quoted.push(b'"');
        at += name.len();
        copied_to = at;
    }
    if quoted.is_empty() {
        return None;
    }
    quoted.extend_from_slice(&bytes[copied_to..]);
    Some(quoted)
}

/// The position behind the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::quote_bare_names;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let quoted = quote_bare_names(text.as_bytes());
        assert_eq!(quoted.as_deref(), expected.map(str::as_bytes));
    }

    #[test]
    fn bare_names_outside_strings_are_quoted() {
        check(
            r#"{"a": NaN, "b": [-Infinity,Infinity]}"#,
            Some(r#"{"a": "NaN", "b": ["-Infinity","Infinity"]}"#),
        );
    }

    #[test]
    fn names_inside_strings_stay() {
        check(r#"{"NaN": "Infinity \" NaN"}"#, None);
    }

    #[test]
    fn unfinished_strings_end_with_the_file() {
        check(r#"["NaN\"#, None);
    }
}
