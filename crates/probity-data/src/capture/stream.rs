//! The open segments of one endpoint and variant: one per hour, and two at the turn of an hour.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use metrics::Counter;

use super::options::CaptureKey;
use super::segment::Segment;

/// More hours than these at once are late records; the oldest segment goes.
const OPEN_HOURS: usize = 2;

#[derive(Debug)]
pub(super) struct Stream {
    open: Mutex<Vec<Segment>>,
    pub(super) counters: Counters,
}

/// Found once, because looking them up costs more than writing a record.
pub(super) struct Counters {
    pub(super) records: Counter,
    pub(super) bytes: Counter,
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counters")
    }
}

impl Stream {
    pub(super) fn new(key: &CaptureKey) -> Stream {
        let labels = [
            ("endpoint", key.endpoint.clone()),
            ("variant", key.variant.clone()),
        ];
        Stream {
            open: Mutex::default(),
            counters: Counters {
                records: metrics::counter!("probity_capture_records_total", &labels),
                bytes: metrics::counter!("probity_capture_bytes_total", &labels),
            },
        }
    }

    pub(super) fn open(&self) -> OpenSegments<'_> {
        OpenSegments(self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The segments, while nobody else writes.
#[derive(Debug)]
pub(super) struct OpenSegments<'a>(MutexGuard<'a, Vec<Segment>>);

impl OpenSegments<'_> {
    pub(super) fn of_hour(&mut self, hour_ms: i64) -> Option<&mut Segment> {
        self.0
            .iter_mut()
            .find(|segment| segment.place.hour_ms == hour_ms)
    }

    /// Adds a segment; gives the one that has to go for it.
    pub(super) fn add(&mut self, segment: Segment) -> Option<Segment> {
        let oldest = (self.0.len() >= OPEN_HOURS).then(|| self.0.remove(0));
        self.0.push(segment);
        oldest
    }

    pub(super) fn take_hour(&mut self, hour_ms: i64) -> Option<Segment> {
        let position = self
            .0
            .iter()
            .position(|segment| segment.place.hour_ms == hour_ms)?;
        Some(self.0.remove(position))
    }

    /// Segments that were opened at `deadline` or before.
    pub(super) fn take_opened_until(&mut self, deadline: Instant) -> Vec<Segment> {
        self.0
            .extract_if(.., |segment| segment.opened <= deadline)
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether nobody but the table of streams holds it, so that it can be dropped from there.
pub(super) fn is_idle(stream: &Arc<Stream>) -> bool {
    Arc::strong_count(stream) == 1 && stream.open().is_empty()
}
