//! The file that says which events of a merge found no label: a line of JSON, then the hashes of their ids, 16
//! bytes each, rising.
//!
//! Hashes suffice to match labels, take 16 MB for a million events, and keep ids, which may tell who somebody
//! is, out of yet another file.

use serde::{Deserialize, Serialize};

use super::IdHash;
use crate::window::Window;

const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    version: u32,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// When the last of the labels was written that the merge read, by the clock of their store.
    pub(super) labels_seen_ms: i64,
    pub(super) unmatched: u64,
}

impl Header {
    pub(super) fn new(window: Window, labels_seen_ms: i64) -> Header {
        Header {
            version: VERSION,
            start_ms: window.start_ms,
            end_ms: window.end_ms,
            labels_seen_ms,
            unmatched: 0,
        }
    }
}

/// A whole file.
pub(super) fn write(header: &Header, mut ids: Vec<IdHash>) -> Vec<u8> {
    ids.sort_unstable();
    ids.dedup();
    let header = Header {
        unmatched: ids.len() as u64,
        ..header.clone()
    };
    let mut out = serde_json::to_vec(&header).unwrap_or_default();
    out.push(b'\n');
    out.reserve(ids.len() * 16);
    for id in ids {
        out.extend_from_slice(&id.to_be_bytes());
    }
    out
}

/// What [`write`] wrote; `None` for anything else.
pub(super) fn read(bytes: &[u8]) -> Option<(Header, &[[u8; 16]])> {
    let end = memchr::memchr(b'\n', bytes)?;
    let header: Header = serde_json::from_slice(&bytes[..end]).ok()?;
    let (ids, rest) = bytes[end + 1..].as_chunks();
    let whole =
        header.version == VERSION && rest.is_empty() && ids.len() as u64 == header.unmatched;
    whole.then_some((header, ids))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let window = Window {
            start_ms: 1,
            end_ms: 2,
        };
        let header = Header::new(window, 77);
        let bytes = write(&header, vec![u128::from(b'\n'), 3, 1 << 120, 3]);
        let (read_header, ids) = read(&bytes).unwrap();
        assert_eq!((read_header.labels_seen_ms, read_header.unmatched), (77, 3));
        let ids: Vec<u128> = ids.iter().map(|id| u128::from_be_bytes(*id)).collect();
        assert_eq!(ids, [3, 10, 1 << 120]);
        assert!(read(&bytes[..bytes.len() - 1]).is_none());
        assert!(read(b"{}\n").is_none());
        assert!(read(b"").is_none());
    }
}
