//! The manifests that a transform job with a `DataCaptureConfig` leaves: which objects it read
//! and which it wrote. `DESTINATION/input/yyyy/mm/dd/hh/UUID.json` and `…/output/…`, by the UTC
//! hour of the job's start; one JSON list in each, as real jobs wrote
//! (`model-monitor-data-capture-batch` of the AWS developer guide calls it JSON Lines).

use bytes::Bytes;
use chrono::DateTime;
use probity_data::location::{Environment, WriteOutput, write_object};
use serde_json::{Value, json};

/// Objects of one side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) name: &'static str,
    /// Locations of objects.
    pub(super) uris: &'a [String],
}

/// Where and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manifest<'a> {
    pub(super) destination: &'a str,
    pub(super) started_ms: i64,
    /// Of the file.
    pub(super) id: &'a str,
}

/// Writes the manifest of one side.
pub(super) async fn write(
    manifest: Manifest<'_>,
    side: Side<'_>,
    environment: &Environment,
) -> Result<(), WriteOutput> {
    let uri = format!(
        "{}/{}/{}/{}.json",
        manifest.destination.trim_end_matches('/'),
        side.name,
        hour(manifest.started_ms),
        manifest.id
    );
    let content = Value::Array(entries(side.uris)).to_string();
    write_object(&uri, Bytes::from(content), environment).await
}

/// `[{"prefix": "s3://bucket/folder/"}, "a.csv.out", …]`
fn entries(uris: &[String]) -> Vec<Value> {
    let prefix = common_folder(uris);
    let mut entries = vec![json!({"prefix": prefix})];
    let names = uris.iter().map(|uri| &uri[prefix.len()..]);
    entries.extend(names.map(Value::from));
    entries
}

/// The longest folder that all have in common.
fn common_folder(uris: &[String]) -> &str {
    let Some((first, others)) = uris.split_first() else {
        return "";
    };
    let mut folder = &first[..first.rfind('/').map_or(0, |slash| slash + 1)];
    while !folder.is_empty() && !others.iter().all(|uri| uri.starts_with(folder)) {
        let shorter = folder[..folder.len() - 1].rfind('/');
        folder = &folder[..shorter.map_or(0, |slash| slash + 1)];
    }
    folder
}

/// `2026/11/27/10`
fn hour(at_ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.format("%Y/%m/%d/%H").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_a_prefix_and_what_lies_below_it() {
        let uris = ["s3://b/out/a.csv.out", "s3://b/out/x/b.csv.out"].map(str::to_owned);
        assert_eq!(
            Value::Array(entries(&uris)).to_string(),
            r#"[{"prefix":"s3://b/out/"},"a.csv.out","x/b.csv.out"]"#
        );
        let apart = ["s3://b/x/a", "s3://b/y/a"].map(str::to_owned);
        assert_eq!(entries(&apart)[0], json!({"prefix": "s3://b/"}));
    }

    #[test]
    fn the_hour_is_in_utc() {
        assert_eq!(hour(1_674_264_544_000), "2023/01/21/01");
    }
}
