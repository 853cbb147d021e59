//! Records that were dropped: counted by endpoint, variant and hour, so that every later report
//! can say how much of the traffic it saw.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why a record was dropped. The invocation itself went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LossReason {
    /// The disk was full.
    DiskFull,
    /// More than `--capture-max-bytes` was waiting to be delivered.
    Limit,
    /// The disk failed otherwise.
    WriteFailed,
    /// It was written, and found damaged after a crash of the machine.
    Damaged,
    /// It was to be redacted and could not be read.
    Unredactable,
    /// The answer was streamed, and longer than what is kept of one.
    TooLong,
}

impl LossReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DiskFull => "disk-full",
            Self::Limit => "limit",
            Self::WriteFailed => "write-failed",
            Self::Damaged => "damaged",
            Self::Unredactable => "unredactable",
            Self::TooLong => "too-long",
        }
    }

    pub(super) fn of_error(error: &io::Error) -> LossReason {
        match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull,
            _ => Self::WriteFailed,
        }
    }
}

/// What was lost of one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    /// The beginning of the hour.
    pub hour_ms: i64,
    pub reason: LossReason,
    pub lost: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    region: String,
    endpoint: String,
    variant: String,
    hour_ms: i64,
    reason: LossReason,
}

/// Losses that nobody has taken yet.
#[derive(Debug, Default)]
pub(super) struct Losses {
    counts: Mutex<BTreeMap<Place, u64>>,
}

impl Losses {
    pub(super) fn add(&self, loss: Loss) {
        let labels = [
            ("endpoint", loss.endpoint.clone()),
            ("variant", loss.variant.clone()),
            ("reason", loss.reason.as_str().to_owned()),
        ];
        metrics::counter!("probity_capture_lost_total", &labels).increment(loss.lost);
        self.put_back(loss);
    }

    /// Adds what was counted before.
    pub(super) fn put_back(&self, loss: Loss) {
        let place = Place {
            region: loss.region,
            endpoint: loss.endpoint,
            variant: loss.variant,
            hour_ms: loss.hour_ms,
            reason: loss.reason,
        };
        *self.counts().entry(place).or_default() += loss.lost;
    }

    pub(super) fn take(&self) -> Vec<Loss> {
        let counts = std::mem::take(&mut *self.counts());
        counts
            .into_iter()
            .map(|(place, lost)| Loss {
                region: place.region,
                endpoint: place.endpoint,
                variant: place.variant,
                hour_ms: place.hour_ms,
                reason: place.reason,
                lost,
            })
            .collect()
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Place, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
