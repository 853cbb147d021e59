//! Jobs that two workers did not survive: they are ended, so that nobody waits for them.

use probity_app::App;
use probity_app::endpoint::{self, Prepared};
use probity_data::location::Environment;
use probity_store::StoreError;
use probity_store::job::{self, Finished, Job};
use tracing::{error, warn};

use crate::monitoring::{execution_job, slot_job};
use crate::worker::shown;
use crate::{
    async_invocation_job, card_export_job, endpoint_job, processing_job, retention, transform_job,
};

pub(crate) const REASON: &str = "InternalServerError: the worker that ran the job died twice";

/// Gives each a final status.
pub(crate) async fn end_all(app: &App, environment: &Environment, now_ms: i64) {
    let found = match job::abandoned(&app.store, now_ms).await {
        Ok(found) => found,
        Err(error) => {
            warn!(
                error = &error as &dyn std::error::Error,
                "failed to look for abandoned jobs"
            );
            return;
        }
    };
    for job in found {
        error!(job.id = %job.id, subject = shown(&job),
            "{} job `{}` of `{}` is given up after its last attempt",
            job.kind, job.id, shown(&job));
        if let Err(error) = end(app, environment, &job).await {
            warn!(job.id = %job.id, error = &error as &dyn std::error::Error,
                "failed to give up job `{}`", job.id);
        }
    }
}

async fn end(app: &App, environment: &Environment, job: &Job) -> Result<(), EndAbandoned> {
    let (region, subject) = (job.region.as_str(), job.subject.as_str());
    match job.kind.as_str() {
        endpoint_job::KIND => {
            let failed = Prepared::Failed(REASON.to_owned());
            endpoint::finish(app, region, subject, &failed).await?;
        }
        processing_job::KIND => processing_job::fail(app, (region, subject), REASON).await?,
        transform_job::KIND => transform_job::fail(app, (region, subject), REASON).await?,
        card_export_job::KIND => card_export_job::fail(app, (region, subject), REASON).await?,
        execution_job::KIND => execution_job::fail(app, subject, REASON).await?,
        // It has no status: its caller waits for objects.
        async_invocation_job::KIND => async_invocation_job::give_up(job, environment).await,
        // A schedule lives by its slots, and the deletion by its next time.
        slot_job::KIND => return Ok(slot_job::give_back(app, job).await?),
        retention::KIND => return Ok(retention::after_deaths(app, job).await?),
        // Of a kind that only another version knows.
        _ => {}
    }
    let mut unit = app.store.begin().await?;
    match job::finish(&mut unit, &job.id, &job.owner).await? {
        Finished::Yes => unit.commit().await?,
        // Somebody else gave it up.
        Finished::Lost => {}
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum EndAbandoned {
    #[error(transparent)]
    Fault(#[from] probity_app::Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
}
