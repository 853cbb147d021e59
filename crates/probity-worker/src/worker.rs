//! The loop that claims jobs and sees each to its end.
//!
//! A job is claimed with a lease, which is renewed while it runs. A worker that dies stops
//! renewing, and another one claims the job once more; a job that two workers did not survive is
//! ended as failed. Nothing but its id is remembered of a job: it reads everything again.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use probity_analysis::card_document::Fonts;
use probity_app::monitoring_schedule::CatchUp;
use probity_app::{App, Clock};
use probity_data::location::Environment;
use probity_store::StoreError;
use probity_store::job::{self, Claim, Job, Renewed};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::{Instrument, error, info, warn};

use crate::compute::Compute;
use crate::exports::PointFeed;
use crate::local_process::LocalProcess;
use crate::monitoring::{execution_job, late_labels, slot_job};
use crate::stop::{self, Stop, StopReason, Stopper};
use crate::{
    abandoned, async_invocation_job, card_export_job, endpoint_job, heartbeat, notifications,
    processing_job, retention, roll_up_job, transform_job,
};

/// What is claimed.
pub(crate) const KINDS: [&str; 10] = [
    endpoint_job::KIND,
    processing_job::KIND,
    transform_job::KIND,
    async_invocation_job::KIND,
    slot_job::KIND,
    execution_job::KIND,
    roll_up_job::KIND,
    late_labels::KIND,
    retention::KIND,
    card_export_job::KIND,
];

/// How often a worker looks whether somebody else enqueued a job.
const LOOK: Duration = Duration::from_secs(1);

/// Renewals within one lease.
const RENEWALS: u32 = 3;

/// What a worker is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    pub app: App,
    pub environment: Arc<Environment>,
    /// Jobs have their folders below it; what a worker that died left is removed at the start.
    pub jobs_folder: PathBuf,
    /// Different for each process and start.
    pub owner: String,
    /// Jobs at once.
    pub concurrency: NonZeroUsize,
    pub compute: Compute,
    pub threads: NonZeroUsize,
    pub scripts: LocalProcess,
    pub lease: Lease,
    /// What becomes of slots that were due while no server ran.
    pub catch_up: CatchUp,
    /// Where numbers of monitors go beside the store.
    pub exports: PointFeed,
    /// Of the PDFs of model cards.
    pub fonts: Fonts,
}

/// How long a job is a worker's own. Leases are counted by a clock that runs as the world does:
/// simulated time may run a thousand times faster.
#[derive(Clone, Debug)]
pub struct Lease {
    pub clock: Arc<dyn Clock>,
    pub length: Duration,
}

impl Lease {
    fn length_ms(&self) -> i64 {
        i64::try_from(self.length.as_millis()).unwrap_or(i64::MAX)
    }

    fn until_ms(&self) -> i64 {
        self.clock.now_ms().saturating_add(self.length_ms())
    }
}

/// How the running of a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobRun {
    /// It has its final status.
    Done,
    /// It runs again, here or elsewhere.
    Again,
}

/// Works until `shutdown` is over. Jobs under way are told to stop, and run again by their lease.
pub async fn run(parts: Parts, shutdown: impl Future<Output = ()> + Send) {
    clear(&parts.jobs_folder);
    let parts = Arc::new(parts);
    let places = Arc::new(Semaphore::new(parts.concurrency.get()));
    let mut running = JoinSet::new();
    let (stopper, stop) = stop::channel();
    let mut beside = JoinSet::new();
    beside.spawn(notifications::run(Arc::clone(&parts), stop.clone()));
    beside.spawn(heartbeat::run(Arc::clone(&parts), stop.clone()));
    tokio::pin!(shutdown);
    info!(
        concurrency = parts.concurrency.get(),
        "worker `{}` runs {} jobs at once", parts.owner, parts.concurrency
    );
    loop {
        while running.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, next_job(&parts).await)
        };
        let (place, claimed) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let (parts, stop) = (Arc::clone(&parts), stop.clone());
        running.spawn(async move {
            see_to(&parts, claimed, &stop).await;
            drop(place);
        });
    }
    stopper.stop(StopReason::Shutdown);
    while running.join_next().await.is_some() {}
    while let Some(ended) = beside.join_next().await {
        if let Err(error) = ended {
            error!("what runs beside jobs ended: {error}");
        }
    }
}

/// Waits for a job and claims it.
async fn next_job(parts: &Parts) -> Job {
    loop {
        match claim(parts).await {
            Ok(Some(job)) => return job,
            Ok(None) => {}
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "failed to look for jobs"
            ),
        }
        let wait = wait(parts).await;
        // A ring that comes before we wait is kept.
        tokio::select! {
            () = parts.app.jobs.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Until the next job is due, if that is soon.
async fn wait(parts: &Parts) -> Duration {
    // Whoever cannot be asked now is asked again when we look next.
    let due_ms = job::next_due_ms(&parts.app.store).await.ok().flatten();
    let ahead_ms = due_ms.map(|due_ms| due_ms - parts.app.clock.now_ms());
    match ahead_ms.and_then(|ahead_ms| u64::try_from(ahead_ms).ok()) {
        // A slot that is due is not ours, or of a kind that another version knows.
        None => LOOK,
        // The clock may be between two milliseconds.
        Some(ahead_ms) => LOOK.min(Duration::from_millis(ahead_ms + 1)),
    }
}

async fn claim(parts: &Parts) -> Result<Option<Job>, StoreError> {
    let now_ms = parts.lease.clock.now_ms();
    abandoned::end_all(&parts.app, &parts.environment, now_ms).await;
    let claim = Claim {
        owner: &parts.owner,
        kinds: &KINDS,
        now_ms,
        due_ms: parts.app.clock.now_ms(),
        lease_ms: parts.lease.length_ms(),
    };
    job::claim(&parts.app.store, &claim).await
}

/// Runs a job with its lease kept, and ends it in the queue.
async fn see_to(parts: &Parts, job: Job, shutdown: &Stop) {
    info!(job.id = %job.id, kind = %job.kind, subject = shown(&job), attempt = job.attempt,
        "started {} job `{}`", job.kind, job.id);
    let (stopper, stop) = stop::channel();
    let keeping = keep(parts, &job, (&stopper, shutdown));
    let span = tracing::info_span!(
        target: "probity_trace",
        "job",
        otel.name = %job.kind,
        job.id = %job.id,
        subject = shown(&job),
        attempt = job.attempt,
    );
    let ran = tokio::select! {
        biased;
        ran = dispatch(parts, &job, (&stopper, &stop)).instrument(span) => ran,
        () = keeping => JobRun::Again,
    };
    let ended = match ran {
        JobRun::Done => finish(parts, &job).await,
        // Nobody waits for the rest of a lease.
        JobRun::Again => release(parts, &job, shutdown).await,
    };
    match ended {
        Ok(()) => {
            metrics::counter!("probity_jobs_total", "kind" => job.kind.clone()).increment(1);
            info!(job.id = %job.id, "ended {} job `{}`", job.kind, job.id);
        }
        Err(error) => error!(job.id = %job.id, error = &error as &dyn std::error::Error,
            "failed to end {} job `{}` in the queue", job.kind, job.id),
    }
}

/// A job's subject for the log. That of an asynchronous invocation is what its caller sent.
pub(crate) fn shown(job: &Job) -> &str {
    match job.kind.as_str() {
        async_invocation_job::KIND => "an invocation",
        _ => &job.subject,
    }
}

async fn dispatch(parts: &Parts, job: &Job, stops: (&Stopper, &Stop)) -> JobRun {
    match job.kind.as_str() {
        endpoint_job::KIND => endpoint_job::run(parts, job, stops.1).await,
        processing_job::KIND => processing_job::run(parts, job, stops).await,
        transform_job::KIND => transform_job::run(parts, job, stops).await,
        async_invocation_job::KIND => async_invocation_job::run(parts, job, stops.1).await,
        slot_job::KIND => slot_job::run(parts, job).await,
        execution_job::KIND => execution_job::run(parts, job, stops).await,
        roll_up_job::KIND => roll_up_job::run(parts, job).await,
        late_labels::KIND => late_labels::run(parts, job).await,
        retention::KIND => retention::run(parts, job, stops.1).await,
        card_export_job::KIND => card_export_job::run(parts, job, stops.1).await,
        kind => {
            error!(job.id = %job.id, "no worker knows jobs of kind `{kind}`");
            JobRun::Done
        }
    }
}

/// Renews the lease for ever; tells the job when it is lost, or when the process ends.
async fn keep(parts: &Parts, job: &Job, (stopper, shutdown): (&Stopper, &Stop)) {
    let pause = parts.lease.length / RENEWALS;
    loop {
        tokio::select! {
            reason = shutdown.wait() => {
                stopper.stop(reason);
                break;
            }
            () = tokio::time::sleep(pause) => {}
        }
        let until_ms = parts.lease.until_ms();
        match job::renew(&parts.app.store, &job.id, &parts.owner, until_ms).await {
            Ok(Renewed::Yes) => {}
            Ok(Renewed::Lost) => {
                warn!(job.id = %job.id, "lost {} job `{}` to another worker", job.kind, job.id);
                stopper.stop(StopReason::LeaseLost);
                break;
            }
            // The lease lasts for more than one renewal.
            Err(error) => warn!(job.id = %job.id, error = &error as &dyn std::error::Error,
                "failed to renew the lease of job `{}`", job.id),
        }
    }
    // The job ends by itself, at a safe point.
    std::future::pending().await
}

async fn finish(parts: &Parts, job: &Job) -> Result<(), StoreError> {
    let mut unit = parts.app.store.begin().await?;
    job::finish(&mut unit, &job.id, &parts.owner).await?;
    unit.commit().await
}

/// A server that ends gives its jobs back as if it had not claimed them: however often it is
/// started anew, that is no death of a worker.
async fn release(parts: &Parts, job: &Job, shutdown: &Stop) -> Result<(), StoreError> {
    if shutdown.is_told() {
        let mut unit = parts.app.store.begin().await?;
        job::release(&mut unit, &job.id, &parts.owner, job.run_at_ms).await?;
        return unit.commit().await;
    }
    let now_ms = parts.lease.clock.now_ms();
    job::renew(&parts.app.store, &job.id, &parts.owner, now_ms).await?;
    Ok(())
}

/// Folders of jobs that no process runs any more.
fn clear(folder: &std::path::Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(entry.path());
    }
}
