//! Labels that came after their window was merged: which earlier merges would find more now.

use std::collections::HashMap;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::error::MergeGroundTruth;
use super::labels::{self, LabelTally};
use super::report::LeftWaiting;
use super::waiting;
use super::{IdHash, hash_of};
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

/// The merges that gain labels, in the order in which they were given. Reads only labels that were written since
/// the merges read theirs.
pub async fn late(
    request: &LateLabels,
    environment: &Environment,
) -> Result<Vec<Gained>, MergeGroundTruth> {
    let waiting = || request.waiting.iter().filter(|one| one.left.events > 0);
    let first_ms = waiting().map(|one| one.window.start_ms).min();
    let since_ms = waiting().map(|one| one.left.labels_seen_ms).min();
    let (Some(first_ms), Some(since_ms)) = (first_ms, since_ms) else {
        return Ok(Vec::new());
    };
    let window = Window {
        start_ms: first_ms,
        end_ms: first_ms,
    };
    let hours = labels::upload_hours(window, request.now_ms);
    let mut files = labels::find(&request.ground_truth, hours, environment).await?;
    files.retain(|file| file.modified_ms >= since_ms.saturating_sub(CLOCK_SKEW_MS));
    // With the latest hour of upload: a merge reads labels from its window on.
    let mut new: HashMap<IdHash, i64> = HashMap::new();
    labels::for_each(&files, &mut LabelTally::default(), |upload, label| {
        let hour_ms = new.entry(hash_of(label.id)).or_insert(i64::MIN);
        *hour_ms = upload.hour_ms.unwrap_or(i64::MIN).max(*hour_ms);
    })
    .await?;
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let (waiting, new): (Vec<Waiting>, _) = (waiting().cloned().collect(), &new);
    let gained = futures::stream::iter(waiting)
        .map(|one| async move { gained(&one, new, environment).await })
        .buffered(AT_ONCE);
    let gained: Vec<Option<Gained>> = gained.try_collect().await?;
    Ok(gained.into_iter().flatten().collect())
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
