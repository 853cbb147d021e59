//! A slot of a schedule that is due.

use probity_app::monitoring_schedule::{self, SLOT_JOB, Taken};
use probity_store::job::Job;
use tracing::{debug, info, warn};

use crate::processing_job::or_again;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = SLOT_JOB;

pub(crate) async fn run(parts: &Parts, job: &Job) -> JobRun {
    let how = (parts.owner.as_str(), parts.catch_up);
    let taken = monitoring_schedule::take_slot(&parts.app, job, how).await;
    if let Ok(taken) = &taken {
        tell(taken, job);
    }
    or_again(taken.map(|_| JobRun::Done), job)
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
