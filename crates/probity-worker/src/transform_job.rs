//! A transform job from its start to its final status.

use std::sync::Arc;

use probity_app::transform_job::{self, JOB_KIND};
use probity_app::{App, Fault, JobOutcome, Running, Started};
use probity_data::serving::{ModelSource, OpenServed, open_served};
use probity_domain::document::api::transform_job::TransformJob;
use probity_store::job::Job;

use crate::chain::Chain;
use crate::job_log::{self, JobLog, LogPlace};
use crate::processing_job::{Watched, or_again, stopped, watch, work_folder};
use crate::stop::{Stop, Stopper};
use crate::transform::{self, TransformFailed, TransformTools};
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = JOB_KIND;

pub(crate) async fn run(parts: &Parts, job: &Job, (stopper, stop): (&Stopper, &Stop)) -> JobRun {
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let ran = async {
        match transform_job::start(&parts.app, region, name).await? {
            Started::Over => Ok(JobRun::Done),
            Started::Stopping => {
                let outcome = JobOutcome::stopped(None);
                transform_job::finish(&parts.app, region, name, &outcome).await?;
                Ok(JobRun::Done)
            }
            Started::Run(running) => started(parts, (job, running), (stopper, stop)).await,
        }
    };
    or_again(ran.await, job)
}

/// Gives a job that nobody runs any more its final status.
pub(crate) async fn fail(
    app: &App,
    (region, name): (&str, &str),
    reason: &str,
) -> Result<(), Fault> {
    transform_job::finish(app, region, name, &JobOutcome::failed(reason)).await
}

async fn started(
    parts: &Parts,
    (job, running): (&Job, Running<TransformJob>),
    (stopper, stop): (&Stopper, &Stop),
) -> Result<JobRun, Fault> {
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let model = transform_job::model(&parts.app, region, &running.job.model_name).await?;
    let place = LogPlace::of_transform_job((region, name), running.started_ms);
    let (log, writer) = job_log::open(&parts.app, place);
    let watched = Watched {
        limit: None,
        is_stopping: || transform_job::is_stopping(&parts.app, region, name),
    };
    let worked = async {
        let Some(model) = model else {
            return Ok(JobOutcome::failed(format!(
                "ClientError: there is no model `{}` any more",
                running.job.model_name
            )));
        };
        let source = ModelSource::of_model(&model);
        stop.unless(transformed(parts, (job, running, source), &log))
            .await
    };
    let outcome = tokio::select! {
        biased;
        outcome = worked => outcome,
        () = watch(&watched, stopper) => return Ok(JobRun::Again),
    };
    let outcome = match outcome {
        Ok(outcome) => Some(outcome),
        Err(reason) => stopped(&log, reason),
    };
    drop(log);
    // Whoever sees the final status finds the whole log.
    writer.finish().await;
    match outcome {
        None => Ok(JobRun::Again),
        Some(outcome) => {
            transform_job::finish(&parts.app, region, name, &outcome).await?;
            Ok(JobRun::Done)
        }
    }
}

async fn transformed(
    parts: &Parts,
    (job, running, source): (&Job, Running<TransformJob>, Result<ModelSource, OpenServed>),
    log: &JobLog,
) -> JobOutcome {
    let opened = match source {
        Ok(mut source) => {
            // Of the job, where it has any.
            source.environment.extend(running.job.environment.clone());
            open_served(&source, &parts.environment).await
        }
        Err(error) => Err(error),
    };
    let model = match opened {
        Ok(model) => model,
        Err(error) => {
            let said = Chain(&error).to_string();
            log.line(&said);
            return JobOutcome::failed(format!("ClientError: {said}"));
        }
    };
    let folder = match work_folder(parts, job) {
        Ok(folder) => folder,
        Err(error) => {
            let reason = format!("InternalServerError: no folder for the job: {error}");
            return JobOutcome::failed(reason);
        }
    };
    let tools = TransformTools {
        model,
        environment: Arc::clone(&parts.environment),
        log: log.clone(),
        ids: Arc::clone(&parts.app.ids),
        started_ms: running.started_ms,
        threads: parts.threads,
        work_folder: folder.path().to_owned(),
    };
    let described = running.job;
    let computed = parts
        .compute
        .run(move || async move { transform::run(&described, &tools).await });
    match computed.await {
        Ok(Ok(())) => JobOutcome::completed(None),
        Ok(Err(failed)) => JobOutcome::failed(told(log, &failed)),
        Err(lost) => JobOutcome::failed(format!("InternalServerError: {lost}")),
    }
}

fn told(log: &JobLog, failed: &TransformFailed) -> String {
    log.line(Chain(failed).to_string());
    failed.reason()
}
