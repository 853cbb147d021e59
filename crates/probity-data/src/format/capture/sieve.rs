//! Decides, in the order of the events, which are passed over without being read: those whose inference was
//! outside the window, and those whose id was there before. Everything else is decided by workers, a partition
//! each; this has to be done in order, so it reads no payload.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::metadata::{EventMetadata, hour_of_folder};
use crate::dataset::blocks::Block;
use crate::dataset::events::{BadRecords, EventTally};
use crate::dataset::options::ReadOptions;

/// Ids remembered: their hashes take at most some 300 MB.
const MAX_IDS: usize = 1 << 24;

/// The ids of all events so far, of all files of a dataset. Two of a million ids have the same hash
/// with a probability of 3 in 10⁸.
pub(crate) type SeenIds = Arc<Mutex<HashSet<u64>>>;

/// What of a block is passed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sifted {
    /// Lines of the block, counted from 0, rising.
    pub(crate) passed_over: Vec<u32>,
    pub(crate) tally: EventTally,
}

/// Of one file.
#[derive(Debug)]
pub(crate) struct Sieve {
    seen: SeenIds,
    options: Arc<ReadOptions>,
    folder_hour_ms: Option<i64>,
}

impl Sieve {
    /// `None` where every event is wanted.
    pub(crate) fn new(uri: &str, options: &Arc<ReadOptions>, seen: &SeenIds) -> Option<Sieve> {
        let needed = options.window.is_some() || options.bad_records == BadRecords::Skip;
        needed.then(|| Sieve {
            seen: Arc::clone(seen),
            options: Arc::clone(options),
            folder_hour_ms: hour_of_folder(uri),
        })
    }

    pub(crate) fn sift(&self, block: &Block) -> Sifted {
        let mut sifted = Sifted::default();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, line) in (0_u32..).zip(block.bytes.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let metadata = EventMetadata::of(line);
            if !self.is_in_window(&metadata, &mut sifted.tally) {
                sifted.tally.outside_window += 1;
                sifted.passed_over.push(index);
            } else if self.is_repeated(&metadata, &mut seen, &mut sifted.tally) {
                sifted.tally.duplicates += 1;
                sifted.passed_over.push(index);
            }
        }
        sifted
    }

    /// Whether the event is wanted for its time: one that tells none is taken to be of the beginning of the hour
    /// of its folder, and of one window in any case.
    pub(crate) fn is_in_window(
        &self,
        metadata: &EventMetadata<'_>,
        tally: &mut EventTally,
    ) -> bool {
        let Some(window) = self.options.window else {
            return true;
        };
        if let Some(at_ms) = metadata.inference_ms() {
            return window.contains(at_ms);
        }
        let wanted = self
            .folder_hour_ms
            .is_none_or(|hour_ms| window.contains(hour_ms));
        tally.untimed += u64::from(wanted);
        wanted
    }

    fn is_repeated(
        &self,
        metadata: &EventMetadata<'_>,
        seen: &mut HashSet<u64>,
        tally: &mut EventTally,
    ) -> bool {
        let (BadRecords::Skip, Some(id)) = (self.options.bad_records, &metadata.event_id) else {
            return false;
        };
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let id = hasher.finish();
        if seen.len() < MAX_IDS {
            return !seen.insert(id);
        }
        tally.ids_not_kept += u64::from(!seen.contains(&id));
        seen.contains(&id)
    }
}
