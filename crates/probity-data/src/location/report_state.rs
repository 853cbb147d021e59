//! What lies at the places of reports that somebody relies on: their hashes now, to be compared
//! with the ones that were noted.

use std::collections::HashMap;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use probity_domain::document::card_dossier::ReportState;
use probity_domain::document::model_card::report::read_report;
use sha2::{Digest, Sha256};

use tokio::time::Instant;

use super::environment::Environment;
use super::error::ReadLocation;
use super::parse::{self, Location};
use super::remote;
use super::store;

/// Reports are read a few at a time.
const AT_ONCE: usize = 8;
/// Reports are small; a larger object is not looked at.
const LARGEST_BYTES: u64 = 256 << 20;
/// What is larger has too many metrics for a card.
const LARGEST_DOCUMENT_BYTES: u64 = 32 << 20;
/// How long all of the reports may take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Somebody looks at an empty page: a bucket that does not answer keeps it for so long only.
    OfAReader,
    /// What is written down depends on it.
    OfARecord,
}

impl Patience {
    fn time(self) -> Duration {
        match self {
            Self::OfAReader => Duration::from_secs(3),
            Self::OfARecord => Duration::from_secs(20),
        }
    }
}

/// Of each URI. What cannot be read is unknown, not missing, and so is what was not read in time.
pub async fn report_states(
    uris: &[String],
    environment: &Environment,
    patience: Patience,
) -> HashMap<String, ReportState> {
    states_within(patience.time(), uris, environment).await
}

/// What was read by then counts, whatever else does not answer.
async fn states_within(
    time: Duration,
    uris: &[String],
    environment: &Environment,
) -> HashMap<String, ReportState> {
    let deadline = Instant::now() + time;
    let mut wanted: Vec<String> = uris.to_vec();
    wanted.sort();
    wanted.dedup();
    let looking = wanted.into_iter().map(|uri| async {
        let state = match tokio::time::timeout_at(deadline, look(&uri, environment)).await {
            Ok(Ok(state)) => state,
            Ok(Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. })) => {
                ReportState::Missing
            }
            Ok(Err(_)) | Err(_) => ReportState::Unknown,
        };
        (uri, state)
    });
    futures::stream::iter(looking)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

async fn look(uri: &str, environment: &Environment) -> Result<ReportState, ReadLocation> {
    let Location::Remote(address) = parse::parse(uri)? else {
        return Ok(ReportState::Unknown);
    };
    let store = store::connect(&address, environment)?;
    let path = remote::parse_key(uri, &address.key)?;
    let size = store.head(&path).await?.size;
    if size > LARGEST_BYTES {
        return Ok(ReportState::Unknown);
    }
    let mut hash = Sha256::new();
    let mut document = (size <= LARGEST_DOCUMENT_BYTES).then(Vec::new);
    let mut parts = remote::read(&store, &path).await?;
    while let Some(part) = parts.try_next().await? {
        hash.update(&part);
        if let Some(document) = &mut document {
            document.extend_from_slice(&part);
        }
    }
    let hash = hash.finalize();
    let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(match document {
        // What is no JSON says nothing, and hence nothing that a card has.
        Some(bytes) => ReportState::Read {
            sha256,
            document: read_report(&bytes).unwrap_or_default(),
        },
        None => ReportState::Sha256(sha256),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// An endpoint of S3 that answers for the bucket `good` and says nothing for others.
    async fn half_silent() -> Environment {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(answer(socket));
            }
        });
        [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_SKIP_SIGNATURE", "true"),
            ("AWS_REGION", "us-east-1"),
        ]
        .into_iter()
        .collect()
    }

    async fn answer(mut socket: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(socket.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        if !request.contains(" /good/") {
            // The socket stays open for as long as the test runs.
            return std::future::pending().await;
        }
        let head = "Content-Length: 3\r\nETag: \"e\"\r\n\
                    Last-Modified: Fri, 27 Nov 2026 14:00:00 GMT\r\nConnection: close\r\n\r\n";
        // Objects are read in ranges.
        let answer = if request.starts_with("GET") {
            format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-2/3\r\n{head}abc")
        } else {
            format!("HTTP/1.1 200 OK\r\n{head}")
        };
        socket.write_all(answer.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn places_that_do_not_answer_take_nothing_from_those_that_do() {
        let environment = half_silent().await;
        let silent = (0..=2 * AT_ONCE).map(|n| format!("s3://silent/{n}"));
        let mut uris: Vec<String> = silent.collect();
        uris.push("s3://good/abc".to_owned());
        let patience = Duration::from_secs(1);
        let begin = Instant::now();
        let states = states_within(patience, &uris, &environment).await;
        assert!(begin.elapsed() < 2 * patience, "{:?}", begin.elapsed());
        assert!(matches!(states["s3://good/abc"], ReportState::Read { .. }));
        let unknown = states
            .values()
            .filter(|state| **state == ReportState::Unknown);
        assert_eq!(unknown.count(), uris.len() - 1);
    }

    #[tokio::test]
    async fn a_report_is_there_gone_or_beyond_reach() {
        let buckets = tempfile::tempdir().unwrap();
        std::fs::create_dir(buckets.path().join("reports")).unwrap();
        std::fs::write(buckets.path().join("reports/abc"), "abc").unwrap();
        std::fs::write(buckets.path().join("reports/json"), r#"{"a":1}"#).unwrap();
        let environment = Environment::default().with_buckets(buckets.path().to_owned());
        let uris = [
            "s3://reports/abc",
            "s3://reports/gone",
            "/etc/passwd",
            "s3://reports/json",
        ];
        let uris = uris.map(str::to_owned);
        let states = report_states(&uris, &environment, Patience::OfARecord).await;
        // FIPS 180-2, appendix B.1.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let text = ReportState::Read {
            sha256: hash.to_owned(),
            document: serde_json::Value::Null,
        };
        assert_eq!(states[&uris[0]], text);
        assert!(matches!(
            &states[&uris[3]],
            ReportState::Read { document, .. } if document["a"] == 1
        ));
        assert_eq!(states[&uris[1]], ReportState::Missing);
        assert_eq!(states[&uris[2]], ReportState::Unknown);
    }
}
