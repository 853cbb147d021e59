//! A processing job from its start to its final status: one of our analyses, or a script of the
//! user's own.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use probity_app::coverage::Coverage;
use probity_app::processing_job::{self, JOB_KIND};
use probity_app::{App, Fault, JobOutcome, Running, Started};
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_store::job::Job;
use tempfile::TempDir;
use tracing::{error, warn};

use crate::analyses::{self, JobSpec, Tools};
use crate::captured_data;
use crate::job_log::{self, JobLog, LogPlace};
use crate::script_job;
use crate::stop::{Stop, StopReason, Stopper};
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = JOB_KIND;

/// How soon a wish to stop is noticed.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn run(parts: &Parts, job: &Job, (stopper, stop): (&Stopper, &Stop)) -> JobRun {
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let ran = async {
        match processing_job::start(&parts.app, region, name).await? {
            Started::Over => Ok(JobRun::Done),
            Started::Stopping => {
                let outcome = JobOutcome::stopped(None);
                processing_job::finish(&parts.app, region, name, &outcome).await?;
                Ok(JobRun::Done)
            }
            Started::Run(running) => started(parts, (job, &running), (stopper, stop)).await,
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
    processing_job::finish(app, region, name, &JobOutcome::failed(reason)).await
}

/// A fault of ours is tried once more, by the queue.
pub(crate) fn or_again(ran: Result<JobRun, Fault>, job: &Job) -> JobRun {
    match ran {
        Ok(ran) => ran,
        Err(fault) => {
            error!(job.id = %job.id, subject = %job.subject,
                error = &fault as &dyn std::error::Error,
                "failed to run {} job `{}`", job.kind, job.subject);
            JobRun::Again
        }
    }
}

async fn started(
    parts: &Parts,
    (job, running): (&Job, &Running<ProcessingJob>),
    (stopper, stop): (&Stopper, &Stop),
) -> Result<JobRun, Fault> {
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let place = LogPlace::of_processing_job((region, name), running.started_ms);
    let (log, writer) = job_log::open(&parts.app, place);
    let limit = running.job.stopping_condition.as_ref();
    let limit = limit.map_or(0, |limit| limit.max_runtime_in_seconds);
    let watched = Watched {
        limit: (limit > 0).then(|| Duration::from_secs(limit)),
        is_stopping: || processing_job::is_stopping(&parts.app, region, name),
    };
    let outcome = tokio::select! {
        biased;
        outcome = outcome(parts, (job, &running.job), (&log, stop)) => outcome,
        () = watch(&watched, stopper) => return Ok(JobRun::Again),
    };
    drop(log);
    // Whoever sees the final status finds the whole log.
    writer.finish().await;
    match outcome {
        None => Ok(JobRun::Again),
        Some(outcome) => {
            processing_job::finish(&parts.app, region, name, &outcome).await?;
            Ok(JobRun::Done)
        }
    }
}

/// `None`: it is not over, and runs again.
async fn outcome(
    parts: &Parts,
    (job, described): (&Job, &ProcessingJob),
    (log, stop): (&JobLog, &Stop),
) -> Option<JobOutcome> {
    let folder = match work_folder(parts, job) {
        Ok(folder) => folder,
        Err(error) => {
            let reason = format!("InternalServerError: no folder for the job: {error}");
            return Some(JobOutcome::failed(reason));
        }
    };
    let outcome = match JobSpec::of_processing_job(described) {
        Some(spec) => {
            let mut tools = tools(parts, job, (log, &folder));
            tools.notes = notes_on_captures(parts, &spec, &tools).await;
            stop.unless(analysis(parts, spec, tools)).await
        }
        None => script_job::run(parts, (described, folder.path()), (log, stop)).await,
    };
    match outcome {
        Ok(outcome) => Some(outcome),
        Err(reason) => stopped(log, reason),
    }
}

/// How a stopped job ends; the SDK says of `Stopped` that the job may have timed out.
pub(crate) fn stopped(log: &JobLog, reason: StopReason) -> Option<JobOutcome> {
    match reason {
        StopReason::Asked => {
            log.line("Signal 15 received, cleaning up");
            Some(JobOutcome::stopped(None))
        }
        StopReason::TimeLimit => {
            let said = "Stopped: the job ran longer than MaxRuntimeInSeconds allows.";
            log.line(said);
            Some(JobOutcome::stopped(Some(said.to_owned())))
        }
        StopReason::LeaseLost | StopReason::Shutdown => None,
    }
}

async fn analysis(parts: &Parts, spec: JobSpec, tools: Tools) -> JobOutcome {
    let image = spec.image;
    let log = tools.log.clone();
    let computed = parts
        .compute
        .run(move || async move { analyses::run(&spec, &tools).await });
    match computed.await {
        Ok(Ok(outcome)) => JobOutcome::completed(Some(outcome.exit_message)),
        Ok(Err(failed)) => {
            let exit_message = failed.exit_message(image);
            log.line(format!("exit_message: {exit_message}"));
            JobOutcome {
                exit_message: Some(exit_message),
                ..JobOutcome::failed(failed.reason(image))
            }
        }
        Err(lost) => {
            log.line(format!("exit_message: Internal Error: {lost}"));
            JobOutcome::failed(format!("InternalServerError: {lost}"))
        }
    }
}

pub(crate) fn tools(parts: &Parts, job: &Job, (log, folder): (&JobLog, &TempDir)) -> Tools {
    let now = DateTime::from_timestamp_millis(parts.app.clock.now_ms()).unwrap_or_default();
    Tools {
        app: parts.app.clone(),
        region: job.region.clone(),
        environment: Arc::clone(&parts.environment),
        log: log.clone(),
        threads: parts.threads,
        evaluated_at: now.to_rfc3339_opts(SecondsFormat::Millis, true),
        work_folder: folder.path().to_owned(),
        scripts: parts.scripts.clone(),
        notes: Vec::new(),
    }
}

/// What readers of results on captured data must know of its coverage.
async fn notes_on_captures(parts: &Parts, spec: &JobSpec, tools: &Tools) -> Vec<String> {
    match captured_data::coverage(parts, &tools.region, spec).await {
        Ok(found) => {
            for coverage in &found {
                tools.log.line(format!("Coverage: {}", coverage.sentence()));
            }
            found.iter().flat_map(Coverage::notes).collect()
        }
        Err(fault) => {
            let error = &fault as &dyn std::error::Error;
            warn!(job.name = %spec.name, error, "failed to read the coverage of captures");
            vec!["the coverage of these captures could not be read".to_owned()]
        }
    }
}

/// A folder of this run alone: a second run must not find what a first one left.
pub(crate) fn work_folder(parts: &Parts, job: &Job) -> std::io::Result<TempDir> {
    std::fs::create_dir_all(&parts.jobs_folder)?;
    tempfile::Builder::new()
        .prefix(&format!("{}-", job.id))
        .tempdir_in(&parts.jobs_folder)
}

/// What ends a job from outside.
pub(crate) struct Watched<Asked> {
    pub(crate) limit: Option<Duration>,
    pub(crate) is_stopping: Asked,
}

/// Tells the job when somebody stops it or its time is over, and never ends: the job does.
pub(crate) async fn watch<Asked, Answer>(watched: &Watched<Asked>, stopper: &Stopper)
where
    Asked: Fn() -> Answer,
    Answer: Future<Output = Result<bool, Fault>>,
{
    let started = tokio::time::Instant::now();
    loop {
        let look = started.elapsed() + LOOK;
        let next = watched.limit.map_or(look, |limit| look.min(limit));
        tokio::time::sleep_until(started + next).await;
        if watched
            .limit
            .is_some_and(|limit| started.elapsed() >= limit)
        {
            stopper.stop(StopReason::TimeLimit);
            break;
        }
        match (watched.is_stopping)().await {
            Ok(false) => {}
            Ok(true) => {
                stopper.stop(StopReason::Asked);
                break;
            }
            Err(fault) => warn!(
                error = &fault as &dyn std::error::Error,
                "failed to see whether a job is stopped"
            ),
        }
    }
    std::future::pending().await
}
