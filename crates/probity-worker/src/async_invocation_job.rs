//! Asynchronous invocations: one job each, whose subject says everything.

use std::time::Duration;

use probity_data::location::Environment;
use probity_data::serving::{
    ASYNC_INVOCATION, AsyncInvocation, ModelSource, MoveObject, OpenServed, fail_async_invocation,
    open_served, run_async_invocation,
};
use probity_store::job::Job;
use tracing::{error, warn};

use crate::chain::Chain;
use crate::model_row::{FindModel, model_of_endpoint};
use crate::stop::Stop;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = ASYNC_INVOCATION;

pub(crate) async fn run(parts: &Parts, job: &Job, stop: &Stop) -> JobRun {
    let asked: AsyncInvocation = match serde_json::from_str(&job.subject) {
        Ok(asked) => asked,
        Err(error) => {
            error!(job.id = %job.id, error = &error as &dyn std::error::Error,
                "asynchronous invocation `{}` cannot be read", job.id);
            return JobRun::Done;
        }
    };
    match stop.unless(invoke(parts, &asked)).await {
        Ok(Ok(())) => JobRun::Done,
        Ok(Err(error)) => {
            warn!(job.id = %job.id, inference_id = asked.inference_id,
                error = &error as &dyn std::error::Error,
                "failed to keep the result of invocation `{}` of endpoint `{}`",
                asked.inference_id, asked.endpoint);
            // Its caller waits for an object: without one it has not ended.
            JobRun::Again
        }
        Err(_) => JobRun::Again,
    }
}

/// For a caller whose invocation was tried as often as it is.
const GIVEN_UP: &str = "InternalServerError: the invocation was tried twice; its result could not \
                        be written, or its worker died";

/// As long a worker waits for the object store before it goes on with other jobs.
const GIVE_UP_TIME: Duration = Duration::from_secs(10);

/// Tells by the failure object, if it can be written, that nobody tries the invocation again.
pub(crate) async fn give_up(job: &Job, environment: &Environment) {
    // Whoever ran it logged what cannot be read.
    let Ok(asked) = serde_json::from_str::<AsyncInvocation>(&job.subject) else {
        return;
    };
    let written = fail_async_invocation(&asked, GIVEN_UP, environment);
    let problem = match tokio::time::timeout(GIVE_UP_TIME, written).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => Chain(&error).to_string(),
        Err(_) => format!("no answer within {} seconds", GIVE_UP_TIME.as_secs()),
    };
    error!(job.id = %job.id, inference_id = asked.inference_id,
        "invocation `{}` of endpoint `{}` is lost, and `{}` cannot say so: {problem}",
        asked.inference_id, asked.endpoint, asked.failure);
}

async fn invoke(parts: &Parts, asked: &AsyncInvocation) -> Result<(), MoveObject> {
    let opened = async {
        let place = (asked.region.as_str(), asked.endpoint.as_str());
        let model = model_of_endpoint(&parts.app.store, place, Some(&asked.variant)).await?;
        let source = ModelSource::of_model(&model)?;
        Ok::<_, CannotAsk>(open_served(&source, &parts.environment).await?)
    };
    match opened.await {
        Ok(model) => {
            run_async_invocation(&model, asked, &parts.environment).await?;
        }
        Err(error) => {
            let reason = Chain(&error).to_string();
            fail_async_invocation(asked, &reason, &parts.environment).await?;
        }
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum CannotAsk {
    #[error(transparent)]
    Find(#[from] FindModel),
    #[error(transparent)]
    Open(#[from] OpenServed),
}
