//! Progress lines of a long scan: one a second at most.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use probity_analysis::explain::Step;
use probity_data::dataset::Partition;

use crate::job_log::JobLog;

const PAUSE: Duration = Duration::from_secs(1);

/// Counts what is read.
#[derive(Debug)]
pub(super) struct Progress {
    log: JobLog,
    so_far: Mutex<SoFar>,
}

#[derive(Debug)]
struct SoFar {
    partitions: u64,
    bytes: u64,
    told: Instant,
}

impl Progress {
    pub(super) fn new(log: &JobLog) -> Progress {
        Progress {
            log: log.clone(),
            so_far: Mutex::new(SoFar {
                partitions: 0,
                bytes: 0,
                told: Instant::now(),
            }),
        }
    }

    pub(super) fn partition(&self, partition: &Partition) {
        let Ok(mut so_far) = self.so_far.lock() else {
            return;
        };
        so_far.partitions += 1;
        so_far.bytes += partition.size_bytes();
        if so_far.told.elapsed() >= PAUSE {
            so_far.told = Instant::now();
            self.log.line(format!(
                "Scanned {} partitions, {} MiB",
                so_far.partitions,
                so_far.bytes >> 20
            ));
        }
    }

    pub(super) fn size(&self, size: Option<u64>) {
        if let Some(size) = size {
            self.log.line(format!("Dataset size: {size} bytes"));
        }
    }

    pub(super) fn step(&self, step: Step) {
        let Ok(mut so_far) = self.so_far.lock() else {
            return;
        };
        let (what, done, total) = match step {
            Step::Rows { done, total } => ("Explained", done, total),
            Step::Dependence { done, total } => ("Partial dependence of", done, total),
        };
        if done == total || so_far.told.elapsed() >= PAUSE {
            so_far.told = Instant::now();
            let of = match step {
                Step::Rows { .. } => "rows",
                Step::Dependence { .. } => "features",
            };
            self.log.line(format!("{what} {done} of {total} {of}"));
        }
    }
}
