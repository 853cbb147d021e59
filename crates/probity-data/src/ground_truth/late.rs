//! Labels that came after their window was merged: which earlier merges would find more now.

use std::collections::HashMap;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::error::MergeGroundTruth;
use super::labels::{self, LabelTally};
use super::merge::put;
use super::report::LeftWaiting;
use super::waiting;
use super::{IdHash, hash_of};
use crate::format::capture::hour_of_folder;
use crate::location::{Environment, ReadLocation, read_object};
use crate::window::Window;

/// A label that was written as long before the last one that a merge saw may have been missed by it: the clocks
/// of a store's machines are not one.
const CLOCK_SKEW_MS: i64 = 5 * 60_000;

/// Files of waiting ids read at a time.
const AT_ONCE: usize = 8;

/// An earlier merge that left events without a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// To be recognised by: the id of an execution.
    pub key: String,
    pub window: Window,
    pub left: LeftWaiting,
}

/// Where to look.
#[derive(Clone, Debug)]
pub struct LateLabels {
    pub ground_truth: String,
    pub waiting: Vec<Waiting>,
    /// Labels of the hours up to then are read.
    pub now_ms: i64,
}

/// An earlier merge that would find more labels now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gained {
    pub key: String,
    /// So many of its events have a label now.
    pub labels: u64,
    pub waiting: u64,
}

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// The merges that gain labels, in the order in which they were given.
    pub gained: Vec<Gained>,
    /// When the newest label that is there was written, by the clock of its store; `None` without any.
    pub newest_label_ms: Option<i64>,
}

/// Looks for labels that were written since the merges read theirs ([`LeftWaiting::labels_seen_ms`], which a
/// caller may raise to what an earlier look has seen), and reads no others.
pub async fn late(
    request: &LateLabels,
    environment: &Environment,
) -> Result<Late, MergeGroundTruth> {
    let mut waiting = request.waiting.clone();
    waiting.retain(|one| one.left.events > 0);
    let Some(first_ms) = waiting.iter().map(|one| one.window.start_ms).min() else {
        return Ok(Late::default());
    };
    let window = Window {
        start_ms: first_ms,
        end_ms: first_ms,
    };
    let hours = labels::upload_hours(window, request.now_ms);
    let mut files = labels::find(&request.ground_truth, hours, environment).await?;
    let newest_label_ms = files.iter().map(|file| file.modified_ms).max();
    let since = Since::of(&waiting);
    files.retain(|file| {
        let hour_ms = hour_of_folder(file.file.uri()).unwrap_or(i64::MAX);
        file.modified_ms >= since.of_hour(hour_ms)
    });
    // With the latest hour of upload: a merge reads labels from its window on.
    let mut new: HashMap<IdHash, i64> = HashMap::new();
    labels::for_each(&files, &mut LabelTally::default(), |upload, label| {
        let hour_ms = new.entry(hash_of(label.id)).or_insert(i64::MIN);
        *hour_ms = upload.hour_ms.unwrap_or(i64::MIN).max(*hour_ms);
    })
    .await?;
    if new.is_empty() {
        waiting.clear();
    }
    let new = &new;
    let gained = futures::stream::iter(waiting)
        .map(|one| async move { gained(&one, new, environment).await })
        .buffered(AT_ONCE);
    let gained: Vec<Option<Gained>> = gained.try_collect().await?;
    Ok(Late {
        gained: gained.into_iter().flatten().collect(),
        newest_label_ms,
    })
}

/// From when on a file of labels is new to some merge that reads its hour: the first hour that a merge reads,
/// rising, and the earliest of what the merges up to there have seen.
struct Since(Vec<(i64, i64)>);

impl Since {
    fn of(waiting: &[Waiting]) -> Since {
        let hour_and_seen = |one: &Waiting| {
            let first_ms = labels::upload_hours(one.window, i64::MAX).start_ms;
            (
                first_ms,
                one.left.labels_seen_ms.saturating_sub(CLOCK_SKEW_MS),
            )
        };
        let mut since: Vec<(i64, i64)> = waiting.iter().map(hour_and_seen).collect();
        since.sort_unstable();
        let mut least = i64::MAX;
        for (_, seen_ms) in &mut since {
            least = least.min(*seen_ms);
            *seen_ms = least;
        }
        Since(since)
    }

    fn of_hour(&self, hour_ms: i64) -> i64 {
        let readers = self.0.partition_point(|(first_ms, _)| *first_ms <= hour_ms);
        match readers {
            0 => i64::MAX,
            readers => self.0[readers - 1].1,
        }
    }
}

/// What has been looked through for late labels, so that it is not read each time: events that never get a label
/// wait for a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookedThrough {
    /// Labels up to then were read, by the clock of their store.
    pub newest_label_ms: i64,
    /// For the merges that had ended by then.
    pub at_ms: i64,
}

impl LookedThrough {
    /// `None` where nobody looked yet.
    pub async fn read(
        uri: &str,
        environment: &Environment,
    ) -> Result<Option<LookedThrough>, MergeGroundTruth> {
        let bytes = read_waiting(uri, environment).await?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    pub async fn write(self, uri: &str, environment: &Environment) -> Result<(), MergeGroundTruth> {
        let content = serde_json::to_vec(&self).unwrap_or_default();
        put(content, uri, environment).await
    }
}

async fn gained(
    waiting: &Waiting,
    new: &HashMap<IdHash, i64>,
    environment: &Environment,
) -> Result<Option<Gained>, MergeGroundTruth> {
    let bytes = read_waiting(&waiting.left.uri, environment).await?;
    let Some((_, ids)) = bytes.as_deref().and_then(waiting::read) else {
        return Ok(None);
    };
    let hours = labels::upload_hours(waiting.window, i64::MAX);
    let is_new = |id: &&[u8; 16]| {
        let hour_ms = new.get(&IdHash::from_be_bytes(**id));
        hour_ms.is_some_and(|hour_ms| hours.contains(*hour_ms))
    };
    let labels = ids.iter().filter(is_new).count() as u64;
    Ok((labels > 0).then(|| Gained {
        key: waiting.key.clone(),
        labels,
        waiting: waiting.left.events,
    }))
}

/// `None` where it is gone, as with the results that it belonged to.
pub(super) async fn read_waiting(
    uri: &str,
    environment: &Environment,
) -> Result<Option<Bytes>, MergeGroundTruth> {
    let read = match uri.contains("://") {
        true => read_object(uri, environment).await,
        false => tokio::fs::read(uri)
            .await
            .map(Bytes::from)
            .map_err(|error| ReadLocation::from_io(uri, error)),
    };
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadLocation::Missing { .. }) => Ok(None),
        Err(source) => Err(MergeGroundTruth::Waiting {
            location: uri.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn waiting(hour: i64, labels_seen_ms: i64) -> Waiting {
        Waiting {
            key: String::new(),
            window: Window {
                start_ms: hour * HOUR_MS,
                end_ms: (hour + 1) * HOUR_MS,
            },
            left: LeftWaiting {
                uri: String::new(),
                events: 1,
                labels_seen_ms: labels_seen_ms + CLOCK_SKEW_MS,
            },
        }
    }

    #[test]
    fn a_file_is_new_if_some_merge_that_reads_its_hour_has_not_seen_it() {
        // The newest merge saw no label at all, since there was none in its hours.
        let since = Since::of(&[waiting(20, 0), waiting(10, 500), waiting(12, 700)]);
        for (hour, expected) in [
            (8, i64::MAX),
            (9, 500),
            (11, 500),
            (18, 500),
            (19, 0),
            (30, 0),
        ] {
            assert_eq!(since.of_hour(hour * HOUR_MS), expected, "{hour}");
        }
    }
}
