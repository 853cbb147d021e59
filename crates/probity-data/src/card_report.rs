//! Reports that model cards are bound to, read with their hash.

use bytes::Bytes;
use probity_domain::document::ReadDocument;
use probity_domain::document::card_report::CardReport;
use probity_domain::document::model_card::report::{
    InvalidReport, ReportKind, metric_groups, metric_groups_of, read_report,
};
use sha2::{Digest, Sha256};

use crate::location::{Environment, ReadLocation, StoredObject, find_object};

/// Metrics of a report go into a card of at most 100,000 characters: what is larger is none.
pub const LARGEST_BYTES: u64 = 32 << 20;

/// Why an evaluation cannot be taken from what lies at a place.
#[derive(Debug, thiserror::Error)]
pub enum ReadCardReport {
    #[error("failed to read the report `{uri}`")]
    Read { uri: String, source: ReadLocation },
    #[error("there is no report at `{uri}`")]
    Missing { uri: String },
    #[error("`{uri}` has {bytes} bytes, which is too large for a report: {LARGEST_BYTES} at most")]
    TooLarge { uri: String, bytes: u64 },
    #[error("`{uri}` is no JSON document")]
    NoDocument { uri: String, source: ReadDocument },
    #[error("`{uri}` cannot be taken into a card")]
    NoReport { uri: String, source: InvalidReport },
}

/// Reads a report; its kind is seen from what it holds where none is given.
///
/// # Errors
///
/// Where there is none, or it is not of the kind.
pub async fn read(
    uri: &str,
    kind: Option<ReportKind>,
    environment: &Environment,
) -> Result<CardReport, ReadCardReport> {
    let (object, bytes) = bytes_of(uri, environment).await?;
    let own = || uri.to_owned();
    let value =
        read_report(&bytes).map_err(|source| ReadCardReport::NoDocument { uri: own(), source })?;
    let taken = match kind {
        Some(kind) => metric_groups_of(kind, &value).map(|groups| (kind, groups)),
        None => metric_groups(&value),
    };
    let (kind, groups) = taken.map_err(|source| ReadCardReport::NoReport { uri: own(), source })?;
    Ok(CardReport {
        uri: own(),
        sha256: sha256(&bytes),
        kind,
        groups,
        modified_ms: Some(object.modified_ms()),
    })
}

async fn bytes_of(
    uri: &str,
    environment: &Environment,
) -> Result<(StoredObject, Bytes), ReadCardReport> {
    let failed = |source| match source {
        ReadLocation::Missing { .. } => ReadCardReport::Missing {
            uri: uri.to_owned(),
        },
        source => ReadCardReport::Read {
            uri: uri.to_owned(),
            source,
        },
    };
    let object = find_object(uri, environment).await.map_err(failed)?;
    if object.size_bytes() > LARGEST_BYTES {
        return Err(ReadCardReport::TooLarge {
            uri: uri.to_owned(),
            bytes: object.size_bytes(),
        });
    }
    let bytes = object.read().await.map_err(failed)?;
    Ok((object, bytes))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use probity_domain::document::card_dossier::ReportState;

    use super::*;

    const REPORT: &str = r#"{"regression_metrics": {"mae": {"value": 0.5}}}"#;

    fn world() -> (tempfile::TempDir, Environment) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("bucket/out")).unwrap();
        let environment = Environment::default().with_buckets(folder.path().to_owned());
        (folder, environment)
    }

    fn put(folder: &tempfile::TempDir, key: &str, content: &str) {
        std::fs::write(folder.path().join("bucket").join(key), content).unwrap();
    }

    async fn problem(uri: &str, environment: &Environment) -> String {
        read(uri, None, environment).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_report_is_read_with_its_hash() {
        let (folder, environment) = world();
        put(&folder, "out/statistics.json", REPORT);
        let uri = "s3://bucket/out/statistics.json";
        let report = read(uri, None, &environment).await.unwrap();
        assert_eq!(report.kind, ReportKind::ModelQualityRegression);
        assert_eq!(report.groups.len(), 1);
        assert!(report.modified_ms.is_some());
        let states = crate::location::report_states(
            &[uri.to_owned()],
            &environment,
            crate::location::Patience::OfARecord,
        )
        .await;
        assert!(matches!(
            &states[uri],
            ReportState::Read { sha256, .. } if *sha256 == report.sha256
        ));
    }

    #[tokio::test]
    async fn what_is_no_report_says_why() {
        let (folder, environment) = world();
        put(&folder, "out/statistics.json", REPORT);
        put(&folder, "out/other.json", r#"{"a": 1}"#);
        put(&folder, "out/text.json", "hello");
        let told = problem("s3://bucket/out/none.json", &environment).await;
        assert_eq!(told, "there is no report at `s3://bucket/out/none.json`");
        // A folder, or the beginning of a name, is no report.
        for uri in ["s3://bucket/out", "s3://bucket/out/stat"] {
            assert!(
                problem(uri, &environment)
                    .await
                    .starts_with("there is no report"),
                "{uri}"
            );
        }
        let told = problem("s3://bucket/out/other.json", &environment).await;
        assert!(told.contains("cannot be taken into a card"), "{told}");
        let told = problem("s3://bucket/out/text.json", &environment).await;
        assert!(told.contains("no JSON"), "{told}");
        let uri = "s3://bucket/out/statistics.json";
        let other = read(uri, Some(ReportKind::ClarifyBias), &environment).await;
        assert!(other.is_err());
    }
}
