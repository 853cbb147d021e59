//! Labels that came after their window was merged: which earlier merges would find more now.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
use crate::location::{Environment, ListedFile, ReadLocation, read_object};
use crate::window::Window;

/// A label that was written as long before the last one that a merge saw may have been missed by it: the clocks
/// of a store's machines are not one.
const CLOCK_SKEW_MS: i64 = 5 * 60_000;

/// Files of waiting ids read at a time.
const AT_ONCE: usize = 8;

/// Bytes of files whose ids are in memory at a time: some two million labels, uncompressed.
const MOST_BYTES: u64 = 256 << 20;

/// An earlier merge that left events without a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// To be recognised by: the id of an execution.
    pub key: String,
    pub window: Window,
    pub left: LeftWaiting,
}

/// Ids whose labels came, and that are still waiting for the merge that joins them.
pub type FoundIds = BTreeSet<u128>;

/// Where to look.
#[derive(Clone, Debug)]
pub struct LateLabels {
    pub ground_truth: String,
    pub waiting: Vec<Waiting>,
    /// By the key of [`Waiting`]: what earlier looks found, which has not been merged since.
    pub found: BTreeMap<String, FoundIds>,
    /// Labels of the hours up to then are read.
    pub now_ms: i64,
}

/// An earlier merge that would find more labels now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gained {
    pub key: String,
    /// Those of its events that have a label now.
    pub ids: FoundIds,
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
/// caller may raise to what an earlier look has seen). A file is read if it is new to a merge that reads its
/// hour, and once; the ids of so many files are in memory at a time as take [`MOST_BYTES`].
pub async fn late(
    request: &LateLabels,
    environment: &Environment,
) -> Result<Late, MergeGroundTruth> {
    let mut looks: Vec<Look<'_>> = request
        .waiting
        .iter()
        .filter(|one| one.left.events > 0)
        .map(|waiting| Look::new(waiting, &request.found))
        .collect();
    let Some(first_ms) = looks.iter().map(|look| look.waiting.window.start_ms).min() else {
        return Ok(Late::default());
    };
    let window = Window {
        start_ms: first_ms,
        end_ms: first_ms,
    };
    let hours = labels::upload_hours(window, request.now_ms);
    let mut files = labels::find(&request.ground_truth, hours, environment).await?;
    let newest_label_ms = files.iter().map(|file| file.modified_ms).max();
    let since = Since::of(&request.waiting);
    files.retain(|file| {
        let hour_ms = hour_of_folder(file.file.uri()).unwrap_or(i64::MAX);
        file.modified_ms >= since.of_hour(hour_ms)
    });
    for some in portions(&files) {
        // With the latest hour of upload: a merge reads labels from its window on.
        let mut new: HashMap<IdHash, i64> = HashMap::new();
        labels::for_each(some, &mut LabelTally::default(), |upload, label| {
            let hour_ms = new.entry(hash_of(label.id)).or_insert(i64::MIN);
            *hour_ms = upload.hour_ms.unwrap_or(i64::MIN).max(*hour_ms);
        })
        .await?;
        let new = &new;
        looks = futures::stream::iter(looks)
            .map(|look| async move { look.with(new, environment).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
    }
    Ok(Late {
        gained: looks.into_iter().filter_map(Look::gained).collect(),
        newest_label_ms,
    })
}

/// Files whose ids are in memory together.
fn portions(files: &[ListedFile]) -> impl Iterator<Item = &[ListedFile]> {
    let mut bytes = 0;
    files.chunk_by(move |_, next| {
        bytes += next.file.size_bytes().unwrap_or(MOST_BYTES);
        let fits = bytes < MOST_BYTES;
        if !fits {
            bytes = 0;
        }
        fits
    })
}

/// What was found for a merge so far.
struct Look<'a> {
    waiting: &'a Waiting,
    ids: FoundIds,
}

impl<'a> Look<'a> {
    fn new(waiting: &'a Waiting, found: &BTreeMap<String, FoundIds>) -> Look<'a> {
        Look {
            waiting,
            ids: found.get(&waiting.key).cloned().unwrap_or_default(),
        }
    }

    /// `new` has the upload hour of each label.
    async fn with(
        mut self,
        new: &HashMap<IdHash, i64>,
        environment: &Environment,
    ) -> Result<Self, MergeGroundTruth> {
        if new.is_empty() {
            return Ok(self);
        }
        let bytes = read_waiting(&self.waiting.left.uri, environment).await?;
        let Some((_, ids)) = bytes.as_deref().and_then(waiting::read) else {
            return Ok(self);
        };
        let hours = labels::upload_hours(self.waiting.window, i64::MAX);
        for id in ids.iter().map(|id| IdHash::from_be_bytes(*id)) {
            let is_new = new.get(&id).is_some_and(|hour_ms| hours.contains(*hour_ms));
            if is_new {
                self.ids.insert(id);
            }
        }
        Ok(self)
    }

    fn gained(self) -> Option<Gained> {
        (!self.ids.is_empty()).then(|| Gained {
            key: self.waiting.key.clone(),
            ids: self.ids,
            waiting: self.waiting.left.events,
        })
    }
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LookedThrough {
    /// Labels up to then were read, by the clock of their store.
    pub newest_label_ms: i64,
    /// For the merges that had ended by then.
    pub at_ms: i64,
    /// What was found for merges that are not made anew yet, since it is little.
    #[serde(with = "hexadecimal")]
    pub found: BTreeMap<String, FoundIds>,
    /// The merges that are made anew: their labels are looked for again, from this time on, should that fail.
    pub behind: BTreeMap<String, i64>,
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

    /// Raises what merges have seen to what was looked through since.
    pub fn raise(&self, waiting: &mut Waiting, ended_ms: Option<i64>) {
        // What ended later was no part of that look.
        if ended_ms.is_none_or(|ended_ms| ended_ms >= self.at_ms) {
            return;
        }
        let behind = self.behind.get(&waiting.key).copied();
        let seen_ms = &mut waiting.left.labels_seen_ms;
        *seen_ms = behind.unwrap_or(self.newest_label_ms).max(*seen_ms);
    }

    pub async fn write(
        &self,
        uri: &str,
        environment: &Environment,
    ) -> Result<(), MergeGroundTruth> {
        let content = serde_json::to_vec(self).unwrap_or_default();
        put(content, uri, environment).await
    }
}

/// Ids one after the other, 32 digits each.
mod hexadecimal {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::FoundIds;

    pub(super) fn serialize<S: Serializer>(
        found: &BTreeMap<String, FoundIds>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = |ids: &FoundIds| ids.iter().map(|id| format!("{id:032x}")).collect();
        let texts = found.iter().map(|(key, ids)| (key, text(ids)));
        texts
            .collect::<BTreeMap<&String, String>>()
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, FoundIds>, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        let ids = |text: String| -> FoundIds {
            let digits = text.as_bytes().chunks(32);
            let digits = digits.filter_map(|digits| std::str::from_utf8(digits).ok());
            digits
                .filter_map(|digits| u128::from_str_radix(digits, 16).ok())
                .collect()
        };
        Ok(texts
            .into_iter()
            .map(|(key, text)| (key, ids(text)))
            .collect())
    }
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
    fn what_was_noted_reads_back_and_raises_what_a_merge_has_seen() {
        let looked = LookedThrough {
            newest_label_ms: 900,
            at_ms: 50,
            found: [("a".to_owned(), FoundIds::from([1, u128::MAX]))].into(),
            behind: [("b".to_owned(), 400)].into(),
        };
        let text = serde_json::to_string(&looked).unwrap();
        assert_eq!(
            serde_json::from_str::<LookedThrough>(&text).unwrap(),
            looked
        );
        let old = r#"{"newestLabelMs": 900, "atMs": 50}"#;
        let old: LookedThrough = serde_json::from_str(old).unwrap();
        assert!(old.found.is_empty() && old.behind.is_empty());
        for (key, ended_ms, expected) in [
            ("a", Some(49), 900),
            ("a", Some(50), 300),
            ("a", None, 300),
            // It is made anew; should that fail, it has not missed anything.
            ("b", Some(49), 400),
        ] {
            let mut one = waiting(0, 300 - CLOCK_SKEW_MS);
            key.clone_into(&mut one.key);
            looked.raise(&mut one, ended_ms);
            assert_eq!(one.left.labels_seen_ms, expected, "{key} {ended_ms:?}");
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
