//! An execution from what was captured to its final status.
//!
//! Its window's captures are brought to their place first, then its records are found and, where
//! its kind needs labels, joined with them. What it found, its jobs' ends, its numbers and its
//! alert are written in one unit: killed before, it runs again from the start and gives the same.

use std::time::Duration;

use probity_app::monitoring_execution::{self, EXECUTION_JOB, EndedExecution, Written};
use probity_app::{App, Fault};
use probity_domain::document::UtcTime;
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use probity_store::job::Job;
use probity_store::monitoring_execution::Execution;
use serde_json::Value;
use tempfile::TempDir;

use super::kinds::{self, FindBaseline, Finding, Order, SegmentFinding};
use super::names::Names;
use super::records::{self, FindPlaces, Found};
use super::{aftermath, order};
use crate::analyses::{AnalysisFailed, AnalysisImage, Tools};
use crate::chain::Chain;
use crate::job_log::{self, JobLog, LogPlace};
use crate::processing_job::{Watched, or_again, tools, watch, work_folder};
use crate::stop::{Stop, StopReason, Stopper};
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = EXECUTION_JOB;

/// Violations that an execution's row tells in words; all of them are in its results.
const MAX_TOLD: usize = 20;

pub(crate) async fn run(parts: &Parts, job: &Job, (stopper, stop): (&Stopper, &Stop)) -> JobRun {
    let ran = async {
        let found = monitoring_execution::to_run(&parts.app, &job.subject).await?;
        match found {
            None => Ok(JobRun::Done),
            Some((execution, body)) => {
                let run = Run {
                    parts,
                    job,
                    execution: &execution,
                    body: &body,
                };
                run.to_the_end(stopper, stop).await
            }
        }
    };
    or_again(ran.await, job)
}

/// Gives an execution that nobody runs any more its final status.
pub(crate) async fn fail(app: &App, id: &str, reason: &str) -> Result<(), Fault> {
    monitoring_execution::finish(app, id, failed(reason.to_owned(), Vec::new())).await?;
    Ok(())
}

struct Run<'a> {
    parts: &'a Parts,
    job: &'a Job,
    execution: &'a Execution,
    body: &'a ExecutionBody,
}

/// How the work on an execution ended.
enum Worked {
    Found(Box<(Finding, Found)>),
    Failed {
        reason: String,
        notes: Vec<String>,
        join: Option<Value>,
    },
}

impl Run<'_> {
    async fn to_the_end(&self, stopper: &Stopper, stop: &Stop) -> Result<JobRun, Fault> {
        let app = &self.parts.app;
        let prepared = match stop.unless(self.prepare()).await {
            Ok(prepared) => prepared?,
            // It has no job yet that somebody could stop.
            Err(_) => return Ok(JobRun::Again),
        };
        let (order, places) = match prepared {
            Ok(prepared) => prepared,
            Err(reason) => return self.end(failed(reason, Vec::new())).await,
        };
        let mut notes = Vec::new();
        let analysis = kinds::processing_job(&order);
        let merge = places.merge_job(&order);
        let id = &self.execution.id;
        match monitoring_execution::begin(app, id, (merge.as_ref(), &analysis)).await? {
            Written::Yes => {}
            Written::Over => return Ok(JobRun::Done),
        }
        let place = LogPlace::of_processing_job(
            (&order.region, &analysis.processing_job_name),
            app.clock.now_ms(),
        );
        let (log, writer) = job_log::open(app, place);
        let watched = Watched {
            limit: time_limit(&analysis),
            is_stopping: || {
                let name = analysis.processing_job_name.as_str();
                probity_app::processing_job::is_stopping(app, &order.region, name)
            },
        };
        let work = self.work((&order, &analysis), &places, &log);
        let worked = tokio::select! {
            biased;
            worked = stop.unless(work) => worked,
            () = watch(&watched, stopper) => return Ok(JobRun::Again),
        };
        let ended = match worked {
            Ok(Worked::Found(found)) => self.completed(&order, *found, &mut notes).await?,
            Ok(Worked::Failed {
                reason,
                notes: more,
                join,
            }) => {
                notes.extend(more);
                log.line(format!("exit_message: Error: {reason}"));
                let mut ended = failed(reason, notes);
                ended.found.join = join;
                let late_labels = aftermath::late_labels(app, self.execution, &order);
                ended.jobs.extend(late_labels);
                ended
            }
            Err(reason) => match stopped(&log, reason, notes) {
                Some(ended) => ended,
                None => return Ok(JobRun::Again),
            },
        };
        drop(log);
        // Whoever sees the final status finds the whole log.
        writer.finish().await;
        self.end(ended).await
    }

    /// What it looks at, or why nothing can be looked at, in words for a person.
    async fn prepare(&self) -> Result<Result<(Order, records::Places), String>, Fault> {
        let app = &self.parts.app;
        let mut order = order::of(app, self.execution, self.body).await?;
        records::seal(self.parts, &order).await?;
        match order::baseline(app, &order).await {
            Ok(baseline) => order.baseline = baseline,
            Err(FindBaseline::Store(error)) => return Err(error.into()),
            Err(error) => return Ok(Err(format!("ClientError: {}", Chain(&error)))),
        }
        match records::places(self.parts, &order).await {
            Ok(places) => {
                order.records = places.records(&order);
                Ok(Ok((order, places)))
            }
            Err(FindPlaces::Store(error)) => Err(error.into()),
            Err(error) => Ok(Err(error.reason())),
        }
    }

    async fn end(&self, ended: EndedExecution) -> Result<JobRun, Fault> {
        let end = ended.end;
        let points = ended.metrics.clone();
        let id = &self.execution.id;
        match monitoring_execution::finish(&self.parts.app, id, ended).await? {
            Written::Yes => self.parts.exports.tell(points),
            // Another worker was faster, and has told.
            Written::Over => return Ok(JobRun::Done),
        }
        let schedule = self.execution.schedule.as_str();
        metrics::counter!("probity_monitoring_executions_total", "status" => status(end))
            .increment(1);
        tracing::info!(
            schedule,
            execution = %self.execution.id,
            "execution `{}` of schedule `{schedule}` ended as {}",
            self.execution.id, status(end)
        );
        Ok(JobRun::Done)
    }

    async fn work(
        &self,
        (order, analysis): (&Order, &ProcessingJob),
        places: &records::Places,
        log: &JobLog,
    ) -> Worked {
        log.line(format!(
            "Window: {} to {}",
            UtcTime::from_epoch_ms(order.window.start_ms),
            UtcTime::from_epoch_ms(order.window.end_ms)
        ));
        let found = match records::find(self.parts, (order, places), log).await {
            Ok(found) => found,
            Err(problem) => {
                return Worked::Failed {
                    reason: problem.reason,
                    notes: problem.notes,
                    join: problem.join,
                };
            }
        };
        let folder = match work_folder(self.parts, self.job) {
            Ok(folder) => folder,
            Err(error) => {
                return Worked::Failed {
                    reason: format!("InternalServerError: no folder for the job: {error}"),
                    notes: found.notes,
                    join: found.join,
                };
            }
        };
        let joined = found.joined(order);
        let own = joined.as_ref().map(kinds::processing_job);
        let order = joined.as_ref().unwrap_or(order);
        let analysis = own.as_ref().unwrap_or(analysis);
        let names = Names::of(analysis, folder.path());
        let notes = found.notes.clone();
        match self.analyse((order, analysis), (log, &folder), notes).await {
            Ok(Ok(mut finding)) => {
                finding.notes = finding
                    .notes
                    .iter()
                    .map(|note| names.in_text(note))
                    .collect();
                for note in &finding.notes {
                    log.line(format!("Note: {note}"));
                }
                Worked::Found(Box::new((finding, found)))
            }
            Ok(Err(error)) => Worked::Failed {
                reason: names.in_text(&records::reason_of(order, &found, &error)),
                notes: found.notes,
                join: found.join,
            },
            Err(lost) => Worked::Failed {
                reason: format!("InternalServerError: {lost}"),
                notes: found.notes,
                join: found.join,
            },
        }
    }

    async fn analyse(
        &self,
        (order, analysis): (&Order, &ProcessingJob),
        (log, folder): (&JobLog, &TempDir),
        notes: Vec<String>,
    ) -> Result<Result<Finding, AnalysisFailed>, crate::compute::Lost> {
        // The report says them, too.
        let tools = Tools {
            notes,
            ..tools(self.parts, self.job, (log, folder))
        };
        let (order, analysis) = (order.clone(), analysis.clone());
        self.parts
            .compute
            .run(move || async move { kinds::analyse(&order, &analysis, &tools).await })
            .await
    }

    async fn completed(
        &self,
        order: &Order,
        (finding, found): (Finding, Found),
        notes: &mut Vec<String>,
    ) -> Result<EndedExecution, Fault> {
        notes.extend(found.notes);
        let segments = finding.segments.iter().filter_map(segment_note);
        // Some of them came from there.
        for note in finding.notes.into_iter().chain(segments) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        let violations = finding.n_violations;
        let jobs = aftermath::jobs(&self.parts.app, self.execution, order);
        Ok(EndedExecution {
            end: match violations {
                None | Some(0) => ExecutionEnd::Completed,
                Some(_) => ExecutionEnd::CompletedWithViolations,
            },
            exit_message: Some(finding.exit_message),
            failure_reason: None,
            violations,
            metrics: finding.metrics,
            intervals: finding.intervals,
            found: ExecutionBody {
                output_uri: Some(finding.output_uri),
                constraints_sha256: finding.constraints_sha256,
                violations: finding.violations.into_iter().take(MAX_TOLD).collect(),
                notes: std::mem::take(notes),
                join: found.join,
                coverage: found.coverage.map(|coverage| coverage.sentence().into()),
                ..ExecutionBody::default()
            },
            jobs,
        })
    }
}

/// Violations of a segment do not count for the execution, so they are told beside it.
fn segment_note(segment: &SegmentFinding) -> Option<String> {
    let SegmentFinding { name, rows, .. } = segment;
    match (&segment.problem, segment.n_violations) {
        (Some(problem), _) => Some(format!("segment {name} ({rows} rows): {problem}")),
        (None, Some(n)) if n > 0 => Some(format!("segment {name} ({rows} rows): {n} violations")),
        (None, _) => None,
    }
}

/// For the container's own words of what an execution did not find.
pub(super) fn words(error: &AnalysisFailed) -> String {
    error.reason(AnalysisImage::Analyzer)
}

fn time_limit(job: &ProcessingJob) -> Option<Duration> {
    let limit = job.stopping_condition.as_ref()?;
    let seconds = limit.max_runtime_in_seconds;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

fn failed(reason: String, notes: Vec<String>) -> EndedExecution {
    EndedExecution {
        end: ExecutionEnd::Failed,
        exit_message: None,
        failure_reason: Some(reason),
        violations: None,
        metrics: Vec::new(),
        intervals: Vec::new(),
        found: ExecutionBody {
            notes,
            ..ExecutionBody::default()
        },
        jobs: Vec::new(),
    }
}

/// `None`: it is not over, and runs again.
fn stopped(log: &JobLog, reason: StopReason, notes: Vec<String>) -> Option<EndedExecution> {
    let said = match reason {
        StopReason::Asked => "Stopped: somebody stopped the job.",
        StopReason::TimeLimit => "Stopped: the job ran longer than MaxRuntimeInSeconds allows.",
        StopReason::LeaseLost | StopReason::Shutdown => return None,
    };
    log.line(said);
    Some(EndedExecution {
        end: ExecutionEnd::Stopped,
        exit_message: Some(said.to_owned()),
        ..failed(said.to_owned(), notes)
    })
}

fn status(end: ExecutionEnd) -> &'static str {
    match end {
        ExecutionEnd::Completed => "Completed",
        ExecutionEnd::CompletedWithViolations => "CompletedWithViolations",
        ExecutionEnd::Failed => "Failed",
        ExecutionEnd::Stopped => "Stopped",
    }
}
