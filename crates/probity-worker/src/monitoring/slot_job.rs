//! A slot of a schedule that is due.

use probity_app::App;
use probity_app::monitoring_schedule::{self, SLOT_JOB, Taken};
use probity_store::StoreError;
use probity_store::job::{self, Job};
use tracing::{debug, error, info, warn};

use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = SLOT_JOB;

pub(crate) async fn run(parts: &Parts, job: &Job) -> JobRun {
    let how = (parts.owner.as_str(), parts.catch_up);
    let taken = monitoring_schedule::take_slot(&parts.app, job, how).await;
    match &taken {
        Ok(taken) => {
            tell(taken, job);
            JobRun::Done
        }
        Err(fault) => {
            error!(job.id = %job.id, subject = %job.subject, error = fault as &dyn std::error::Error,
                "failed to take a slot");
            later(parts, job).await
        }
    }
}

/// A schedule lives by its slots: one that cannot be taken now is taken later, however often.
async fn later(parts: &Parts, job: &Job) -> JobRun {
    let released = async {
        let mut unit = parts.app.store.begin().await?;
        let again_ms = parts.app.clock.now_ms() + PAUSE_MS;
        job::release(&mut unit, &job.id, &parts.owner, again_ms).await?;
        unit.commit().await
    };
    if let Err(error) = released.await {
        // Its lease runs out, and whoever finds it gives it back.
        warn!(job.id = %job.id, error = &error as &dyn std::error::Error,
            "failed to give a slot back");
    }
    JobRun::Again
}

/// Until a slot that could not be taken is tried again.
const PAUSE_MS: i64 = 5_000;

/// A slot whose worker died, twice: it is given back, since the schedule's next slot hangs on it.
pub(crate) async fn give_back(app: &App, job: &Job) -> Result<(), StoreError> {
    let mut unit = app.store.begin().await?;
    job::release(&mut unit, &job.id, &job.owner, job.run_at_ms).await?;
    unit.commit().await
}

fn tell(taken: &Taken, job: &Job) {
    let schedule = job.subject.split(' ').next().unwrap_or_default();
    match taken {
        Taken::Yes { execution, skipped } => {
            info!(
                schedule,
                execution, "slot of schedule `{schedule}` is execution `{execution}`"
            );
            if *skipped > 0 {
                warn!(
                    schedule,
                    skipped, "{skipped} slots of schedule `{schedule}` were missed and are skipped"
                );
            }
        }
        Taken::Void => debug!(schedule, "a slot of schedule `{schedule}` is void"),
        Taken::Lost => debug!(
            schedule,
            "a slot of schedule `{schedule}` is another worker's"
        ),
    }
}
