//! Bringing records to the disk in groups: one trip serves all that were written before it.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, watch};
use tracing::error;

use super::segment::SegmentFile;

/// The records that were written so far when this one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

#[derive(Debug)]
pub(super) struct GroupSync {
    state: Mutex<State>,
    /// Rung when the first file of a group comes.
    waiting: Notify,
    synced: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    written: u64,
    /// Files with records that may not be on the disk; each once.
    files: Vec<Arc<SegmentFile>>,
}

impl GroupSync {
    pub(super) fn new() -> GroupSync {
        GroupSync {
            state: Mutex::default(),
            waiting: Notify::new(),
            synced: watch::Sender::new(0),
        }
    }

    /// Notes that a record was written to `file`.
    pub(super) fn wrote(&self, file: &Arc<SegmentFile>) -> Ticket {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.written += 1;
        // A handful of files at most, the last one most likely.
        if !state
            .files
            .iter()
            .rev()
            .any(|known| Arc::ptr_eq(known, file))
        {
            state.files.push(Arc::clone(file));
            if state.files.len() == 1 {
                self.waiting.notify_one();
            }
        }
        Ticket(state.written)
    }

    /// Returns when there is something to bring to the disk.
    pub(super) async fn needed(&self) {
        self.waiting.notified().await;
    }

    /// Brings everything that was written before the call to the disk.
    pub(super) async fn sync(&self) {
        let (written, files) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.written, mem::take(&mut state.files))
        };
        if files.is_empty() {
            return;
        }
        let synced = tokio::task::spawn_blocking(move || {
            for file in files {
                if let Err(error) = file.sync() {
                    metrics::counter!("probity_capture_sync_failures_total").increment(1);
                    error!(error = %error, "failed to bring captured records to the disk: {error}");
                }
            }
        });
        drop(synced.await);
        // A disk that fails must not hold the answers: the records are in the kernel.
        self.synced.send_if_modified(|synced| {
            let is_later = written > *synced;
            *synced = written.max(*synced);
            is_later
        });
    }

    /// Returns when the record is on the disk.
    pub(super) async fn durable(&self, ticket: Ticket) {
        let mut synced = self.synced.subscribe();
        // The sender lives as long as `self`.
        drop(synced.wait_for(|synced| *synced >= ticket.0).await);
    }
}
