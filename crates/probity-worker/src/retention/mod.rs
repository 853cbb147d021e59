//! Deletes what is older than the operator wants to keep it, an hour at a time, and measures what
//! captures take. One job for each database, which comes back every hour of the server's clock.
//!
//! A run deletes so much at most and comes back soon when more is left. Killed between any two
//! steps it leaves nothing that the next run does not find.

mod captures;
mod places;
mod results;

use probity_app::Fault;
use probity_app::retention::{self, DiskUse, JOB_KIND, Keep, Rest};
use probity_data::location::{ReadLocation, measure};
use probity_store::job::{self, Job};
use probity_store::{StoreError, capture_server};
use tracing::{info, warn};

use crate::stop::Stop;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = JOB_KIND;

const EVERY_MS: i64 = 3_600_000;
/// When more is left than one run deletes.
const SOON_MS: i64 = 60_000;

/// Objects of one run.
const OBJECTS: u64 = 20_000;

/// A server that nobody has seen for so long, by the world's clock, does not come back.
const FORGOTTEN_MS: i64 = 30 * 24 * 3_600_000;

#[derive(Debug, thiserror::Error)]
enum Expire {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Location(#[from] ReadLocation),
}

/// What one run may still delete.
#[derive(Debug)]
struct Budget {
    objects: u64,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.objects == 0
    }

    /// As many of so many as are left.
    fn take(&mut self, objects: u64) -> u64 {
        let taken = objects.min(self.objects);
        self.objects -= taken;
        taken
    }
}

pub(crate) async fn run(parts: &Parts, job: &Job, stop: &Stop) -> JobRun {
    let Ok(rest) = stop.unless(expire_all(parts)).await else {
        return JobRun::Again;
    };
    if let Err(error) = come_back(parts, job, rest).await {
        warn!(
            error = &error as &dyn std::error::Error,
            "failed to say when to look for what is too old again"
        );
        return JobRun::Again;
    }
    // It is nobody's now, so that ending it changes nothing.
    JobRun::Done
}

/// A worker that died twice over it is no reason never to look again.
pub(crate) async fn after_deaths(app: &probity_app::App, job: &Job) -> Result<(), StoreError> {
    let mut unit = app.store.begin().await?;
    let next_ms = app.clock.now_ms().saturating_add(EVERY_MS);
    job::release(&mut unit, &job.id, &job.owner, next_ms).await?;
    unit.commit().await
}

async fn come_back(parts: &Parts, job: &Job, rest: Rest) -> Result<(), StoreError> {
    let wait_ms = match rest {
        Rest::Nothing => EVERY_MS,
        Rest::More => SOON_MS,
    };
    let next_ms = parts.app.clock.now_ms().saturating_add(wait_ms);
    let mut unit = parts.app.store.begin().await?;
    job::release(&mut unit, &job.id, &parts.owner, next_ms).await?;
    unit.commit().await
}

/// One thing that fails does not keep the others.
async fn expire_all(parts: &Parts) -> Rest {
    let keep = match retention::keep_now(&parts.app).await {
        Ok(keep) => keep,
        Err(error) => {
            warn!(
                error = &error as &dyn std::error::Error,
                "failed to read what is to be kept for how long"
            );
            return Rest::Nothing;
        }
    };
    let mut budget = Budget { objects: OBJECTS };
    let done = [
        ("captures", captures(parts, &keep, &mut budget).await),
        ("results", results::expire(parts, &keep, &mut budget).await),
        ("rows", rows(parts, &keep).await),
    ];
    let mut rest = Rest::Nothing;
    for (what, done) in done {
        match done {
            Ok(Rest::Nothing) => {}
            Ok(Rest::More) => rest = Rest::More,
            Err(error) => warn!(
                what,
                error = &error as &dyn std::error::Error,
                "failed to delete {what} that are too old"
            ),
        }
    }
    rest
}

async fn captures(parts: &Parts, keep: &Keep, budget: &mut Budget) -> Result<Rest, Expire> {
    let places = places::captured(parts).await?;
    let rest = match keep.captures_ms {
        None => Rest::Nothing,
        Some(kept_ms) => {
            let before_ms = parts.app.clock.now_ms().saturating_sub(kept_ms);
            captures::expire(parts, &places, (before_ms, budget)).await?
        }
    };
    let mut used = Vec::new();
    for place in &places {
        let measured = measure(&place.root, &parts.environment).await?;
        show(place, measured.objects, measured.bytes);
        used.push(DiskUse {
            region: place.region.clone(),
            endpoint: place.endpoint.clone(),
            objects: measured.objects,
            bytes: measured.bytes,
        });
    }
    retention::put_disk_use(&parts.app, &used).await?;
    Ok(rest)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a double: exact up to 2^53 bytes, which are nine petabytes"
)]
fn show(place: &places::Captured, objects: u64, bytes: u64) {
    let labels = [
        ("region", place.region.clone()),
        ("endpoint", place.endpoint.clone()),
    ];
    metrics::gauge!("probity_endpoint_captures_bytes", &labels).set(bytes as f64);
    metrics::gauge!("probity_endpoint_captures_objects", &labels).set(objects as f64);
}

async fn rows(parts: &Parts, keep: &Keep) -> Result<Rest, Expire> {
    let world_ms = parts.lease.clock.now_ms();
    let mut unit = parts.app.store.begin().await?;
    let unseen_ms = world_ms.saturating_sub(FORGOTTEN_MS);
    let forgotten = capture_server::delete_unseen(&mut unit, unseen_ms).await?;
    unit.commit().await?;
    if forgotten > 0 {
        info!(
            forgotten,
            "forgot {forgotten} servers that were not seen for 30 days"
        );
    }
    Ok(retention::delete_rows(&parts.app, keep).await?)
}
