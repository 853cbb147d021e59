//! Which records go into which request, and what came back so far.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::answer::append;
use super::request::EncodedRecords;
use crate::model::{AskModel, Predictions};

/// After so many requests whose records had to be sent one by one, all are.
const FALLBACKS: usize = 2;

/// How large requests may be: less, once the model failed on as much.
#[derive(Debug)]
pub(super) struct SizeLimit {
    records: AtomicUsize,
    bytes: usize,
    fallbacks: AtomicUsize,
}

impl SizeLimit {
    pub(super) fn new(records: usize, bytes: usize) -> SizeLimit {
        SizeLimit {
            records: AtomicUsize::new(records),
            bytes,
            fallbacks: AtomicUsize::new(0),
        }
    }

    /// Gives what holds from now on.
    pub(super) fn lower(&self, records: usize) -> usize {
        let before = self.records.fetch_min(records.max(1), Ordering::Relaxed);
        before.min(records.max(1))
    }

    pub(super) fn fell_back(&self) {
        if self.fallbacks.fetch_add(1, Ordering::Relaxed) + 1 >= FALLBACKS {
            self.lower(1);
        }
    }
}

/// The records of one batch on their way.
#[derive(Debug)]
pub(super) struct Pieces<'e> {
    encoded: &'e EncodedRecords,
    limit: &'e SizeLimit,
    /// What is still to be sent, in order, and the most records of a request of it.
    waiting: VecDeque<(Range<usize>, usize)>,
    answered: BTreeMap<usize, Predictions>,
}

impl<'e> Pieces<'e> {
    pub(super) fn new(encoded: &'e EncodedRecords, limit: &'e SizeLimit) -> Pieces<'e> {
        Pieces {
            encoded,
            limit,
            waiting: VecDeque::from([(0..encoded.n_records, encoded.max_records)]),
            answered: BTreeMap::new(),
        }
    }

    /// The records of the next request.
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, AskModel> {
        let Some((range, most)) = self.waiting.pop_front() else {
            return Ok(None);
        };
        let limit = self.limit.records.load(Ordering::Relaxed);
        let mut end = range.end.min(range.start + most.min(limit));
        while end - range.start > 1 && self.encoded.bytes(range.start..end) > self.limit.bytes {
            end = range.start + (end - range.start).div_ceil(2);
        }
        let bytes = self.encoded.bytes(range.start..end);
        if bytes > self.limit.bytes {
            return Err(AskModel::Records {
                reason: format!(
                    "record {} alone makes a request of {bytes} bytes, more than the {} that are allowed",
                    range.start + 1,
                    self.limit.bytes
                ),
            });
        }
        if end < range.end {
            self.waiting.push_front((end..range.end, most));
        }
        Ok(Some(range.start..end))
    }

    /// To be sent again, in requests of at most `most` records.
    pub(super) fn put_back(&mut self, range: Range<usize>, most: usize) {
        self.waiting
            .push_front((range, most.min(self.encoded.max_records)));
    }

    pub(super) fn answered(&mut self, range: Range<usize>, predictions: Predictions) {
        self.answered.insert(range.start, predictions);
    }

    /// Everything that came back, in the order of the records.
    pub(super) fn in_order(self) -> Result<Predictions, AskModel> {
        let mut all = None;
        for (start, predictions) in self.answered {
            append(&mut all, predictions).map_err(|problem| AskModel::Answer {
                answer: format!("{} (from record {} on)", problem.0, start + 1),
            })?;
        }
        Ok(all.unwrap_or_default())
    }
}
