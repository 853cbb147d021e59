//! Bringing sealed segments to their destinations, until it works.
//!
//! The object is put first, then the records are removed, then the place. Killed between any two
//! of these, the next start puts the same bytes under the same name again, or finds nothing left.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tokio::sync::{Notify, watch};
use tracing::{debug, warn};

use super::loss::{Loss, LossReason, Losses};
use super::place::{Paths, Place};
use super::recovery;
use super::segment::{Segment, SegmentFile};
use crate::location::{Environment, WriteOutput, move_file};

/// Deliveries at a time.
const AT_ONCE: usize = 4;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A segment that was not tried in this time is said to be undelivered: its store is slow.
const OVERDUE: Duration = Duration::from_secs(4);

/// Segments of one endpoint that wait for their delivery longer than they should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    pub region: String,
    pub endpoint: String,
    pub segments: u64,
    /// The earliest hour that some are of.
    pub from_ms: i64,
}

/// Whether every line is known to be a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Whole,
    /// It is read before it is delivered.
    Unchecked,
}

impl From<bool> for Content {
    fn from(is_whole: bool) -> Content {
        match is_whole {
            true => Content::Whole,
            false => Content::Unchecked,
        }
    }
}

/// What the lines of a segment are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) whole_bytes: u64,
    pub(super) damaged: u64,
}

/// A segment that nothing is written to any more.
#[derive(Debug)]
pub(super) struct Sealed {
    paths: Paths,
    place: Place,
    /// What it counts for in the bytes that are kept.
    pub(super) bytes: u64,
    content: Content,
    /// To be brought to the disk before it is moved; none of an earlier process.
    file: Option<Arc<SegmentFile>>,
    sealed: Instant,
    attempts: AtomicUsize,
    next_try: Mutex<Instant>,
}

impl Sealed {
    pub(super) fn of(segment: Segment, content: Content) -> Sealed {
        Sealed {
            file: Some(segment.file),
            ..Sealed::new(segment.paths, segment.place, (segment.bytes, content))
        }
    }

    /// One that an earlier process left.
    pub(super) fn left(paths: Paths, place: Place, bytes: u64) -> Sealed {
        Sealed::new(paths, place, (bytes, Content::Unchecked))
    }

    fn new(paths: Paths, place: Place, (bytes, content): (u64, Content)) -> Sealed {
        Sealed {
            paths,
            place,
            bytes,
            content,
            file: None,
            sealed: Instant::now(),
            attempts: AtomicUsize::new(0),
            next_try: Mutex::new(Instant::now()),
        }
    }

    fn next_try(&self) -> Instant {
        *self.next_try.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_undelivered(&self) -> bool {
        self.attempts.load(Ordering::Relaxed) > 0 || self.sealed.elapsed() >= OVERDUE
    }

    fn try_later(&self) {
        let attempts = self.attempts.fetch_add(1, Ordering::Relaxed);
        let doubled = u32::try_from(attempts).map_or(u32::MAX, |attempts| 1 << attempts.min(16));
        let wait = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
        *self.next_try.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + wait;
    }
}

#[derive(Debug)]
pub(super) struct Deliveries {
    queue: Mutex<Vec<Arc<Sealed>>>,
    added: Notify,
    /// One round at a time: a segment must not be moved by two.
    round: tokio::sync::Mutex<()>,
    environment: Environment,
    kept_bytes: Arc<AtomicU64>,
    losses: Losses,
}

impl Deliveries {
    pub(super) fn new(environment: Environment, kept_bytes: Arc<AtomicU64>) -> Deliveries {
        Deliveries {
            queue: Mutex::default(),
            added: Notify::new(),
            round: tokio::sync::Mutex::new(()),
            environment,
            kept_bytes,
            losses: Losses::default(),
        }
    }

    pub(super) fn add(&self, sealed: Sealed) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(Arc::new(sealed));
        drop(queue);
        self.added.notify_one();
    }

    pub(super) fn take_losses(&self) -> Vec<Loss> {
        self.losses.take()
    }

    pub(super) fn undelivered(&self) -> Vec<Undelivered> {
        let mut found: Vec<Undelivered> = Vec::new();
        for sealed in self.queue().iter().filter(|sealed| sealed.is_undelivered()) {
            let place = &sealed.place;
            let known = found
                .iter_mut()
                .find(|known| known.region == place.region && known.endpoint == place.endpoint);
            match known {
                Some(known) => {
                    known.segments += 1;
                    known.from_ms = known.from_ms.min(place.hour_ms);
                }
                None => found.push(Undelivered {
                    region: place.region.clone(),
                    endpoint: place.endpoint.clone(),
                    segments: 1,
                    from_ms: place.hour_ms,
                }),
            }
        }
        found
    }

    /// Tries every segment that is waiting now; gives how many are left.
    pub(super) async fn deliver_all(&self) -> usize {
        self.deliver(|_| true).await
    }

    pub(super) async fn keep_delivering(&self, mut stopped: watch::Receiver<()>) {
        loop {
            let next = self.queue().iter().map(|sealed| sealed.next_try()).min();
            let due = async {
                match next {
                    Some(next) => tokio::time::sleep_until(next.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.added.notified() => continue,
                _ = stopped.changed() => return,
            }
            tokio::select! {
                _ = self.deliver(|sealed| sealed.next_try() <= Instant::now()) => {}
                // The flush at the end tries again what this breaks off.
                _ = stopped.changed() => return,
            }
        }
    }

    async fn deliver(&self, is_due: impl Fn(&Sealed) -> bool) -> usize {
        let _round = self.round.lock().await;
        let mut due = self.queue();
        due.retain(|sealed| is_due(sealed));
        let tries = futures::stream::iter(due).map(|sealed| async move {
            match self.deliver_one(&sealed).await {
                Ok(()) => self.forget(&sealed),
                Err(error) => {
                    metrics::counter!("probity_capture_delivery_failures_total").increment(1);
                    let (object, error) = (&sealed.place.object, Chain(&error).to_string());
                    warn!(
                        object,
                        error, "failed to deliver captured records to `{object}`: {error}"
                    );
                    sealed.try_later();
                }
            }
        });
        tries.buffer_unordered(AT_ONCE).collect::<()>().await;
        self.queue().len()
    }

    async fn deliver_one(&self, sealed: &Arc<Sealed>) -> Result<(), WriteOutput> {
        let local = |source| WriteOutput::Local {
            location: sealed.paths.records.display().to_string(),
            source,
        };
        let prepared = {
            let sealed = Arc::clone(sealed);
            tokio::task::spawn_blocking(move || prepare(&sealed))
        };
        let lines = prepared
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(local)?;
        if lines.whole_bytes > 0 {
            let object = &sealed.place.object;
            match move_file(&sealed.paths.records, object, &self.environment).await {
                // A try that was broken off has moved it meanwhile.
                Err(_) if !sealed.paths.records.exists() => {}
                moved => moved?,
            }
            debug!(object, "delivered captured records to `{object}`");
        }
        sealed.paths.remove().map_err(local)?;
        if lines.damaged > 0 {
            self.losses.add(Loss {
                region: sealed.place.region.clone(),
                endpoint: sealed.place.endpoint.clone(),
                variant: sealed.place.variant.clone(),
                hour_ms: sealed.place.hour_ms,
                reason: LossReason::Damaged,
                lost: lines.damaged,
            });
        }
        Ok(())
    }

    fn forget(&self, delivered: &Arc<Sealed>) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.retain(|sealed| !Arc::ptr_eq(sealed, delivered));
        self.kept_bytes
            .fetch_sub(delivered.bytes, Ordering::Relaxed);
    }

    fn queue(&self) -> Vec<Arc<Sealed>> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Makes the file ready to be the object. A segment that is gone was moved by a try that was
/// broken off after that.
fn prepare(sealed: &Sealed) -> std::io::Result<Lines> {
    if !sealed.paths.records.exists() {
        return Ok(Lines::default());
    }
    if let Some(file) = &sealed.file {
        file.sync()?;
    }
    match sealed.content {
        Content::Whole => Ok(Lines {
            whole_bytes: sealed.bytes,
            damaged: 0,
        }),
        Content::Unchecked => recovery::clean(&sealed.paths),
    }
}

/// An error with its causes.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
