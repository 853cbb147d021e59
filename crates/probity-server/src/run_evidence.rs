//! What the runs of a monitor left in buckets, for the pages that show it: constraints and
//! statistics, violations, and every file of a result. A place that does not answer must not keep a
//! page from being shown, and a large file is no part of one.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use probity_analysis::limits::{Limit, MeasureLimits, limits_of, reference_of};
use probity_analysis::recheck::{NewConstraints, RecheckedViolation, found_then};
use probity_app::dashboard::history::History;
use probity_app::monitoring_baseline::Obeyed;
use probity_data::location::{Environment, ReadLocation, StoredObject, find_object, list_objects};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use ring::digest;
use thiserror::Error;

use crate::report::Chain;

/// Of all the documents of a page together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// A document of a page.
const LARGEST_DOCUMENT: u64 = 8 << 20;
/// A file that is handed out whole.
pub(crate) const LARGEST_FILE: u64 = 256 << 20;
const AT_ONCE: usize = 8;
/// Files of a result that are named.
const MOST_FILES: usize = 400;

/// Why a document is not shown.
#[derive(Debug, Error)]
pub(crate) enum Unread {
    #[error("there is nothing at `{uri}` any more")]
    Missing { uri: String },
    #[error("`{uri}` has {size_bytes} bytes, which is more than a page reads")]
    TooLarge { uri: String, size_bytes: u64 },
    #[error("`{uri}` did not answer in time")]
    Late { uri: String },
    #[error("`{uri}` cannot be read: {reason}")]
    Other { uri: String, reason: String },
}

impl Unread {
    fn of(uri: &str, error: &ReadLocation) -> Unread {
        let uri = uri.to_owned();
        match error {
            ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. } => {
                Unread::Missing { uri }
            }
            error => Unread::Other {
                uri,
                reason: Chain(error).to_string(),
            },
        }
    }
}

async fn in_time<T>(uri: &str, work: impl Future<Output = Result<T, Unread>>) -> Result<T, Unread> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| {
        Err(Unread::Late {
            uri: uri.to_owned(),
        })
    })
}

/// A document that a page is made of.
pub(crate) async fn document(uri: &str, environment: &Environment) -> Result<Bytes, Unread> {
    in_time(uri, async {
        let fault = |error: ReadLocation| Unread::of(uri, &error);
        let object = find_object(uri, environment).await.map_err(fault)?;
        if object.size_bytes() > LARGEST_DOCUMENT {
            return Err(Unread::TooLarge {
                uri: uri.to_owned(),
                size_bytes: object.size_bytes(),
            });
        }
        object.read().await.map_err(fault)
    })
    .await
}

/// The files that a run left, and not those of other runs of the same hour, which lie below.
pub(crate) async fn files(
    folder: &str,
    environment: &Environment,
) -> Result<Vec<StoredObject>, Unread> {
    in_time(folder, async {
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let found = list_objects(&prefix, environment).await;
        let mut found = found.map_err(|error| Unread::of(folder, &error))?;
        found.retain(|file| !is_of_another_run(file.relative()));
        found.truncate(MOST_FILES);
        Ok(found)
    })
    .await
}

/// As `docs/monitoring.md` lays out what several runs of an hour leave.
fn is_of_another_run(relative: &str) -> bool {
    let Some((folder, _)) = relative.split_once('/') else {
        return false;
    };
    let is_minute = folder.len() == 2 && folder.bytes().all(|byte| byte.is_ascii_digit());
    is_minute || folder.starts_with("run-") || folder.starts_with("revision-")
}

/// What a run found, from its own document; `None` where it left none.
pub(crate) async fn violations(
    kind: MonitoringType,
    folder: &str,
    environment: &Environment,
) -> Result<Option<Vec<RecheckedViolation>>, Unread> {
    in_time(folder, async {
        let found = found_then(kind, folder, environment).await;
        found.map_err(|error| Unread::Other {
            uri: folder.to_owned(),
            reason: Chain(&error).to_string(),
        })
    })
    .await
}

/// What a chart of one number draws beside its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HistoryLimits {
    /// Of each point of the history, by what its run obeyed.
    pub(crate) of_points: Vec<Vec<Limit>>,
    /// By what is obeyed now.
    pub(crate) now: Vec<Limit>,
    /// What the baseline had.
    pub(crate) reference: Option<f64>,
    /// Some points are shown with the limits of now: what their runs obeyed is not known any more.
    pub(crate) is_guessed: bool,
    /// Why there are none.
    pub(crate) problem: Option<String>,
}

/// The limits of a number over time. Constraints that are not what they were when a run obeyed them
/// say nothing of that run.
pub(crate) async fn history_limits(
    (history, obeyed): (&History, &Obeyed),
    environment: &Environment,
) -> HistoryLimits {
    let Some(uri) = obeyed.constraints_uri.as_deref() else {
        return HistoryLimits {
            of_points: vec![Vec::new(); history.points.len()],
            ..HistoryLimits::default()
        };
    };
    let read = read_all(wanted(history, obeyed), environment).await;
    let number = (history.name.as_str(), &history.dimensions);
    let parse = |uri: &str| {
        let bytes = read.get(uri)?.as_ref().ok()?;
        NewConstraints::parse(obeyed.monitoring_type, bytes).ok()
    };
    let mut limits = HistoryLimits::default();
    if let Some(Err(error)) = read.get(uri) {
        limits.problem = Some(error.to_string());
    }
    let now = parse(uri);
    let of_now = now
        .as_ref()
        .map_or_else(MeasureLimits::default, |now| limits_of(now, number));
    let statistics = statistics_uri(obeyed).and_then(|uri| read.get(&uri)?.as_ref().ok().cloned());
    limits.reference = of_now.reference.or_else(|| {
        let (now, statistics) = (now.as_ref()?, statistics?);
        reference_of(now, &statistics, &history.name).ok()?
    });
    let mut then: BTreeMap<&str, Vec<Limit>> = BTreeMap::new();
    for known in &history.constraints {
        let Some(Ok(bytes)) = read.get(&known.uri) else {
            continue;
        };
        if sha256(bytes) == known.sha256
            && let Some(constraints) = parse(&known.uri)
        {
            then.insert(&known.sha256, limits_of(&constraints, number).limits);
        }
    }
    for point in &history.points {
        let sha256 = point
            .run
            .as_ref()
            .and_then(|run| run.constraints_sha256.as_deref());
        match sha256.and_then(|sha256| then.get(sha256)) {
            Some(known) => limits.of_points.push(known.clone()),
            None => {
                limits.is_guessed |= !of_now.limits.is_empty();
                limits.of_points.push(of_now.limits.clone());
            }
        }
    }
    limits.now = of_now.limits;
    limits
}

fn wanted(history: &History, obeyed: &Obeyed) -> Vec<String> {
    let then = history.constraints.iter().map(|known| known.uri.clone());
    let mut wanted: Vec<String> = obeyed
        .constraints_uri
        .iter()
        .cloned()
        .chain(statistics_uri(obeyed))
        .chain(then)
        .collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

/// Of model quality, they lie beside the constraints where they lie at all.
fn statistics_uri(obeyed: &Obeyed) -> Option<String> {
    match obeyed.monitoring_type {
        MonitoringType::DataQuality => obeyed.statistics_uri.clone(),
        MonitoringType::ModelQuality => {
            let (folder, _) = obeyed.constraints_uri.as_deref()?.rsplit_once('/')?;
            Some(format!("{folder}/statistics.json"))
        }
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => None,
    }
}

async fn read_all(
    uris: Vec<String>,
    environment: &Environment,
) -> HashMap<String, Result<Bytes, Unread>> {
    let reading = uris.into_iter().map(|uri| async {
        let read = document(&uri, environment).await;
        (uri, read)
    });
    futures::stream::iter(reading)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_runs_of_the_hour_left_is_theirs() {
        for (relative, other) in [
            ("statistics.json", false),
            ("explanations_shap/out.csv", false),
            ("segments/region=north/statistics.json", false),
            ("30/statistics.json", true),
            ("run-0a1b2c3d/statistics.json", true),
            ("revision-2/statistics.json", true),
        ] {
            assert_eq!(is_of_another_run(relative), other, "{relative}");
        }
    }
}
