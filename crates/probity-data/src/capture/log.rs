//! The log itself: appending, and the task that syncs, seals and delivers behind it.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use super::delivery::{Deliveries, Sealed, Undelivered};
use super::error::OpenCapture;
use super::group_sync::{GroupSync, Ticket};
use super::loss::{Loss, LossReason, Losses};
use super::options::{CaptureKey, CaptureOptions, CaptureSync};
use super::place::{Place, hour_of};
use super::recovery;
use super::segment::Segment;
use super::stream::{OpenSegments, Stream, is_idle};
use super::under_way::{Entered, UnderWay};

/// When there is no space, segments are delivered before their time, but not over and over.
const RELIEF_EVERY: Duration = Duration::from_secs(1);
/// How often ages are looked at, at most.
const SHORTEST_TICK: Duration = Duration::from_millis(20);
const LONGEST_TICK: Duration = Duration::from_secs(1);

/// With `Interval`, so many times what the last trip to the disk took passes until the next one: on
/// a busy machine two hundred trips in a second cost more than writing the records.
const SYNC_REST: u32 = 20;
const LONGEST_SYNC_REST: Duration = Duration::from_millis(100);

/// Appends captured inferences; cloning is cheap. [`CaptureLog::run`] must run beside it.
#[derive(Clone, Debug)]
pub struct CaptureLog {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    options: CaptureOptions,
    streams: RwLock<HashMap<CaptureKey, Arc<Stream>>>,
    sync: GroupSync,
    deliveries: Deliveries,
    losses: Losses,
    under_way: UnderWay,
    /// Bytes of records that are not delivered.
    kept_bytes: Arc<AtomicU64>,
    /// Whether the last record was lost to the disk or the limit, so that the change is logged once.
    is_losing: AtomicBool,
    /// When segments were last sealed for want of space.
    relieved: Mutex<Option<Instant>>,
    /// Rung when a segment was opened: without one there is no age to look at.
    opened: Notify,
    /// Held as long as the log: two processes must not deliver each other's segments.
    _lock: Mutex<File>,
}

impl CaptureLog {
    /// Opens the log in `folder`, making it if need be. What an earlier process left there is
    /// delivered once [`CaptureLog::run`] runs.
    pub fn open(folder: &Path, options: CaptureOptions) -> Result<CaptureLog, OpenCapture> {
        let failed = |source| OpenCapture::Folder {
            folder: folder.to_owned(),
            source,
        };
        make_private(folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenCapture::InUse {
                    folder: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let left = recovery::find(folder).map_err(failed)?;
        let kept_bytes = Arc::new(AtomicU64::new(left.iter().map(|sealed| sealed.bytes).sum()));
        let deliveries = Deliveries::new(options.environment.clone(), Arc::clone(&kept_bytes));
        if !left.is_empty() {
            let segments = left.len();
            info!(
                segments,
                "found {segments} captured segments of an earlier process"
            );
        }
        for sealed in left {
            deliveries.add(sealed);
        }
        Ok(CaptureLog {
            shared: Arc::new(Shared {
                folder: folder.to_owned(),
                options,
                streams: RwLock::default(),
                sync: GroupSync::new(),
                deliveries,
                losses: Losses::default(),
                under_way: UnderWay::default(),
                kept_bytes,
                is_losing: AtomicBool::new(false),
                relieved: Mutex::new(None),
                opened: Notify::new(),
                _lock: Mutex::new(lock),
            }),
        })
    }

    /// Appends `line`, a record with its line feed, of the moment `at_ms`. When it returns, the
    /// record survives the process; a ticket is to be waited for, so that it survives the machine.
    pub(super) fn write(
        &self,
        (key, at_ms): (&CaptureKey, i64),
        line: &[u8],
    ) -> Result<Option<Ticket>, LossReason> {
        let written = self.shared.write((key, at_ms), line);
        match written {
            Ok(_) if self.shared.is_losing.load(Ordering::Relaxed) => {
                if self.shared.is_losing.swap(false, Ordering::Relaxed) {
                    info!("capture works again");
                }
            }
            Ok(_) => {}
            Err(reason) => {
                if !self.shared.is_losing.swap(true, Ordering::Relaxed) {
                    let reason = reason.as_str();
                    warn!(reason, "capture loses records: {reason}");
                }
                self.lose((key, at_ms), reason);
                self.shared.relieve();
            }
        }
        written
    }

    pub(super) async fn durable(&self, ticket: Ticket) {
        self.shared.sync.durable(ticket).await;
    }

    /// Says that a record is about to be stamped with its time and written, so that a flush waits
    /// for it. See [`CaptureLog::capture_entered`].
    pub fn enter(&self) -> Entered<'_> {
        self.shared.under_way.enter()
    }

    /// Counts a record that could not be kept.
    pub fn lose(&self, (key, at_ms): (&CaptureKey, i64), reason: LossReason) {
        self.shared.losses.add(Loss {
            region: key.region.clone(),
            endpoint: key.endpoint.clone(),
            variant: key.variant.clone(),
            hour_ms: hour_of(at_ms),
            reason,
            lost: 1,
        });
    }

    /// Losses since the last call, to be kept where reports find them.
    pub fn take_losses(&self) -> Vec<Loss> {
        let mut losses = self.shared.deliveries.take_losses();
        losses.extend(self.shared.losses.take());
        losses
    }

    /// Gives losses back that could not be kept, so that the next call has them again.
    pub fn put_back_losses(&self, losses: Vec<Loss>) {
        for loss in losses {
            self.shared.losses.put_back(loss);
        }
    }

    /// Bytes of records that are not delivered yet.
    pub fn kept_bytes(&self) -> u64 {
        self.shared.kept_bytes.load(Ordering::Relaxed)
    }

    /// Whether everything that was stamped before the call was delivered already.
    pub fn is_all_delivered(&self) -> bool {
        self.shared.under_way.is_nobody() && self.kept_bytes() == 0
    }

    /// What waits for its delivery longer than it should.
    pub fn undelivered(&self) -> Vec<Undelivered> {
        self.shared.deliveries.undelivered()
    }

    /// Delivers everything that was stamped before the call; gives how many segments could not
    /// be delivered and are tried again later.
    pub async fn flush(&self) -> usize {
        self.shared.under_way.settle().await;
        self.shared.seal_opened_until(Instant::now());
        self.shared.deliveries.deliver_all().await
    }

    /// Syncs, seals and delivers until `shutdown`, then flushes.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(());
        let shared = &self.shared;
        let work = async {
            tokio::join!(
                shared.keep_syncing(stopped.clone()),
                shared.keep_sealing(stopped.clone()),
                shared.deliveries.keep_delivering(stopped.clone()),
            )
        };
        let end = async move {
            shutdown.await;
            drop(stop);
        };
        tokio::join!(work, end);
        shared.sync.sync().await;
        let left = self.flush().await;
        if left > 0 {
            warn!(left, "{left} captured segments are left for the next start");
        }
    }
}

impl Shared {
    fn write(
        &self,
        (key, at_ms): (&CaptureKey, i64),
        line: &[u8],
    ) -> Result<Option<Ticket>, LossReason> {
        let length = line.len() as u64;
        let kept = self.kept_bytes.fetch_add(length, Ordering::Relaxed);
        let written = match self.options.max_bytes {
            Some(most) if kept + length > most => Err(LossReason::Limit),
            _ => self.append((key, at_ms), line),
        };
        if written.is_err() {
            self.kept_bytes.fetch_sub(length, Ordering::Relaxed);
        }
        written
    }

    fn append(
        &self,
        (key, at_ms): (&CaptureKey, i64),
        line: &[u8],
    ) -> Result<Option<Ticket>, LossReason> {
        let stream = self.stream(key);
        let hour_ms = hour_of(at_ms);
        let mut open = stream.open();
        if open.of_hour(hour_ms).is_none() {
            self.open_segment((key, at_ms), &mut open)?;
        }
        let Some(segment) = open.of_hour(hour_ms) else {
            return Err(LossReason::WriteFailed);
        };
        segment
            .append(line)
            .map_err(|error| LossReason::of_error(&error))?;
        let file = Arc::clone(&segment.file);
        if segment.bytes >= self.options.seal_bytes
            && let Some(full) = open.take_hour(hour_ms)
        {
            self.seal(full);
        }
        drop(open);
        stream.counters.records.increment(1);
        stream.counters.bytes.increment(line.len() as u64);
        match self.options.sync {
            CaptureSync::Off => Ok(None),
            CaptureSync::Interval => {
                self.sync.wrote(&file);
                Ok(None)
            }
            CaptureSync::Always => Ok(Some(self.sync.wrote(&file))),
        }
    }

    fn open_segment(
        &self,
        (key, at_ms): (&CaptureKey, i64),
        open: &mut OpenSegments<'_>,
    ) -> Result<(), LossReason> {
        let name = self.options.names.name();
        let place = Place::new(key, at_ms, &name);
        let segment = Segment::create(&self.folder, &name, place)
            .map_err(|error| LossReason::of_error(&error))?;
        if let Some(oldest) = open.add(segment) {
            self.seal(oldest);
        }
        self.opened.notify_one();
        Ok(())
    }

    fn stream(&self, key: &CaptureKey) -> Arc<Stream> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(stream) = streams.get(key) {
            return Arc::clone(stream);
        }
        drop(streams);
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Stream::new(key));
        Arc::clone(streams.entry(key.clone()).or_insert_with(new))
    }

    /// Hands a segment to the delivery; nothing is written to it any more.
    fn seal(&self, mut segment: Segment) {
        // If the part of a record cannot be cut here, the delivery looks at every line.
        let is_whole = segment.repair().is_ok();
        self.deliveries.add(Sealed::of(segment, is_whole.into()));
    }

    fn seal_opened_until(&self, deadline: Instant) {
        let streams: Vec<Arc<Stream>> = {
            let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
            streams.values().cloned().collect()
        };
        for stream in streams {
            let sealed = stream.open().take_opened_until(deadline);
            for segment in sealed {
                self.seal(segment);
            }
        }
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|_, stream| !is_idle(stream));
    }

    /// Makes space: what is delivered early does not lie here.
    fn relieve(&self) {
        let mut relieved = self.relieved.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if relieved.is_none_or(|last| now.duration_since(last) >= RELIEF_EVERY) {
            *relieved = Some(now);
            drop(relieved);
            self.seal_opened_until(now);
        }
    }

    fn has_open_segments(&self) -> bool {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.values().any(|stream| !stream.open().is_empty())
    }

    async fn keep_syncing(&self, mut stopped: watch::Receiver<()>) {
        let mut rest = self.options.sync_every;
        loop {
            tokio::select! {
                () = self.sync.needed() => {}
                _ = stopped.changed() => return,
            }
            if self.options.sync == CaptureSync::Interval {
                tokio::time::sleep(rest).await;
            }
            let started = Instant::now();
            self.sync.sync().await;
            rest = rest_after(started.elapsed(), self.options.sync_every);
        }
    }

    async fn keep_sealing(&self, mut stopped: watch::Receiver<()>) {
        let tick = (self.options.seal_after / 4).clamp(SHORTEST_TICK, LONGEST_TICK);
        loop {
            tokio::select! {
                () = self.opened.notified() => {}
                _ = stopped.changed() => return,
            }
            while self.has_open_segments() {
                tokio::select! {
                    () = tokio::time::sleep(tick) => {}
                    _ = stopped.changed() => return,
                }
                if let Some(deadline) = Instant::now().checked_sub(self.options.seal_after) {
                    self.seal_opened_until(deadline);
                }
            }
        }
    }
}

/// How long the first record of the next group waits.
fn rest_after(trip: Duration, least: Duration) -> Duration {
    let most = LONGEST_SYNC_REST.max(least);
    trip.saturating_mul(SYNC_REST).clamp(least, most)
}

/// Payloads may be personal data, so other users of the machine stay out.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_disks_are_asked_less_often_but_always_soon() {
        let ms = Duration::from_millis;
        assert_eq!(rest_after(ms(0), ms(5)), ms(5));
        assert_eq!(rest_after(ms(2), ms(5)), ms(40));
        assert_eq!(rest_after(ms(2_000), ms(5)), ms(100));
        assert_eq!(rest_after(ms(2), ms(500)), ms(500));
    }
}
