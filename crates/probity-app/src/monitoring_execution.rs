//! Runs of monitors: made by a due slot or by somebody who asks, run by a worker, and kept when
//! the schedule is gone.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::alert_event::AlertedExecution;
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_domain::document::execution::{ExecutionBody, ExecutionCause, ExecutionWindow};
use probity_domain::resource::{ExecutionEnd, ExecutionState, JobEnd};
use probity_store::job::{self, NewJob};
use probity_store::metric_interval::{self, MetricInterval};
use probity_store::metric_point::{self, MetricPoint};
use probity_store::monitoring_execution::{
    self as executions, Execution, ListExecutions, SortExecutions, UNKNOWN_VIOLATIONS,
};
use probity_store::resource::{Inserted, SortOrder};
use probity_store::{Cursor, Unit};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::listing;
use crate::long_job::JobOutcome;
use crate::monitoring_alert::{self, AlertEvaluation};
use crate::monitoring_schedule::{self, Schedule, whole_seconds};
use crate::page_token::Question;
use crate::processing_job;
use crate::stored;
use crate::timestamp;

/// What a worker's queue calls these jobs; the subject is the execution's id.
pub const EXECUTION_JOB: &str = "monitoring_execution";

/// The longest texts that the API shows.
const LONGEST_TEXT: usize = 1024;

/// A run that is about to be.
#[derive(Clone, Debug)]
pub(crate) struct NewExecution {
    pub(crate) cause: ExecutionCause,
    pub(crate) scheduled_ms: i64,
    pub(crate) revision: i64,
    pub(crate) window: ExecutionWindow,
    /// The execution that it scores anew.
    pub(crate) rescores: Option<String>,
    /// Why it cannot run: it is written as failed, and nobody runs it.
    pub(crate) problem: Option<String>,
}

/// The interval of one of the numbers that a run publishes.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberInterval {
    pub name: String,
    /// Beside those of the schedule and its endpoint.
    pub dimensions: BTreeMap<String, String>,
    pub low: f64,
    pub high: f64,
}

/// How a run ended, and what it found.
#[derive(Clone, Debug)]
pub struct EndedExecution {
    pub end: ExecutionEnd,
    pub exit_message: Option<String>,
    pub failure_reason: Option<String>,
    /// `None` where nothing was compared with a baseline.
    pub violations: Option<usize>,
    pub metrics: Vec<MetricPoint>,
    /// Of those numbers whose analysis gave one.
    pub intervals: Vec<NumberInterval>,
    /// Told to whoever reads the run later: notes, violations in words, joins, coverage.
    pub found: ExecutionBody,
    /// What is to be done after it.
    pub jobs: Vec<NewJob>,
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListMonitoringExecutions")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let mut wanted = wanted(&deed, &input)?;
    if let Some(token) = listing::token(&input) {
        wanted.after = Some(question.after::<Cursor>(token)?);
    }
    let page = executions::list(&app.store, &wanted).await?;
    let mut answer = Map::new();
    answer.insert(
        "MonitoringExecutionSummaries".to_owned(),
        page.items.iter().map(summary).collect(),
    );
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// Runs a schedule now, whatever its state; `window` is what it would look at next, if not given.
pub async fn run_now(
    app: &App,
    caller: &Caller,
    (name, window): (&str, Option<(i64, i64)>),
) -> Result<String, Fault> {
    let deed = Deed::authorise(app, caller, "probity:RunMonitoringSchedule")?;
    let missing = || Fault::NotFound {
        kind: ResourceKind::MonitoringSchedule,
        name: name.to_owned(),
    };
    let schedule = monitoring_schedule::get(app, deed.region, name)
        .await?
        .ok_or_else(missing)?;
    let window = match window {
        Some((start_ms, end_ms)) => {
            monitoring_schedule::check_window((start_ms, end_ms), deed.now_ms)?;
            whole_seconds(start_ms, end_ms)
        }
        None => {
            let expression = monitoring_schedule::expression_of(&schedule.config, deed.now_ms)?;
            let config = schedule.config.schedule_config.as_ref();
            monitoring_schedule::window(&expression, config, &schedule.definition, deed.now_ms)?
        }
    };
    let mut unit = app.store.begin().await?;
    let place = (deed.region, name, deed.now_ms);
    let new = NewExecution {
        cause: ExecutionCause::Asked,
        scheduled_ms: deed.now_ms,
        revision: executions::next_revision(&mut unit, place).await?,
        window,
        rescores: None,
        problem: None,
    };
    let id = insert(&mut unit, &deed, (&schedule, new)).await?;
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(id)
}

/// For the worker: scores the window of an execution anew, because labels came late. `None` when
/// its schedule is gone, or another has scored it anew since the revision `newest`.
pub async fn rescore(
    app: &App,
    (execution, newest): (&Execution, i64),
) -> Result<Option<String>, Fault> {
    let deed = Deed::of_server(app, &execution.region, "probity:RescoreMonitoringExecution");
    let name = execution.schedule.as_str();
    let Some(schedule) = monitoring_schedule::get(app, deed.region, name).await? else {
        return Ok(None);
    };
    if execution.created_ms < schedule.created_ms {
        // It belongs to an earlier schedule of this name.
        return Ok(None);
    }
    let mut unit = app.store.begin().await?;
    let place = (deed.region, name, execution.scheduled_ms);
    let revision = executions::next_revision(&mut unit, place).await?;
    if revision != newest + 1 {
        return Ok(None);
    }
    let new = NewExecution {
        cause: ExecutionCause::LateLabels,
        scheduled_ms: execution.scheduled_ms,
        revision,
        window: body_of(execution)?.window,
        rescores: Some(execution.id.clone()),
        problem: None,
    };
    let id = insert(&mut unit, &deed, (&schedule, new)).await?;
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(Some(id))
}

/// Writes an execution and the job that runs it. A slot that has one keeps it.
pub(crate) async fn insert(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (schedule, new): (&Schedule, NewExecution),
) -> Result<String, Fault> {
    let body = ExecutionBody {
        window: new.window,
        definition: schedule.definition.clone(),
        rescores: new.rescores,
        failure_reason: new.problem.as_deref().map(cut),
        ..ExecutionBody::default()
    };
    let state = match new.problem {
        None => ExecutionState::Pending,
        Some(_) => ExecutionState::Failed,
    };
    let execution = Execution {
        id: deed.app.ids.uuid(),
        region: deed.region.to_owned(),
        schedule: schedule.name.clone(),
        scheduled_ms: new.scheduled_ms,
        cause: new.cause.as_str().to_owned(),
        revision: new.revision,
        status: state.as_str().to_owned(),
        created_ms: deed.now_ms,
        modified_ms: deed.now_ms,
        monitoring_type: schedule.monitoring_type.as_str().to_owned(),
        endpoint: schedule.endpoint.clone(),
        job_definition: schedule.definition_name.clone(),
        violations: UNKNOWN_VIOLATIONS,
        body: value_of(&body)?,
    };
    match executions::insert(unit, &execution).await? {
        Inserted::Yes => {}
        Inserted::Exists => {
            return Err(Fault::Conflict {
                message: format!("Schedule `{}` runs for this time already", schedule.name),
            });
        }
    }
    let change = json!({ "execution": {
        "id": execution.id,
        "scheduledMs": execution.scheduled_ms,
        "cause": execution.cause,
        "revision": execution.revision,
        "status": execution.status,
        "window": body.window,
    } });
    event::record(unit, deed, &schedule.arn, change).await?;
    if state.is_final() {
        return Ok(execution.id);
    }
    let run = NewJob {
        id: deed.app.ids.uuid(),
        kind: EXECUTION_JOB.to_owned(),
        subject: execution.id.clone(),
        region: execution.region,
        // Runs are in the order of what they were due.
        run_at_ms: execution.scheduled_ms.min(deed.now_ms),
    };
    job::enqueue(unit, &run).await?;
    Ok(execution.id)
}

/// For the worker: the execution, where there is something to run.
pub async fn to_run(app: &App, id: &str) -> Result<Option<(Execution, ExecutionBody)>, Fault> {
    let Some(execution) = executions::get(&app.store, id).await? else {
        return Ok(None);
    };
    if state(&execution)?.is_final() {
        return Ok(None);
    }
    let body = body_of(&execution)?;
    Ok(Some((execution, body)))
}

/// What a worker's word did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Yes,
    /// The execution has ended before, or is no more: nothing was written, and nothing is to be
    /// done for it.
    Over,
}

/// For the worker: the execution runs, as this processing job (and the one that joins labels).
pub async fn begin(
    app: &App,
    id: &str,
    (merge, analysis): (Option<&ProcessingJob>, &ProcessingJob),
) -> Result<Written, Fault> {
    let Some(known) = executions::get(&app.store, id).await? else {
        return Ok(Written::Over);
    };
    let deed = Deed::of_server(app, &known.region, "probity:StartMonitoringExecution");
    let mut unit = app.store.begin().await?;
    let Some(mut execution) = executions::lock(&mut unit, id).await? else {
        return Ok(Written::Over);
    };
    let Ok(next) = state(&execution)?.start() else {
        return Ok(Written::Over);
    };
    let mut body = body_of(&execution)?;
    if let Some(merge) = merge {
        let arn = processing_job::begin_in(&mut unit, &deed, merge).await?;
        body.merge_job_arn = Some(arn);
    }
    let arn = processing_job::begin_in(&mut unit, &deed, analysis).await?;
    body.processing_job_arn = Some(arn);
    body.started_ms.get_or_insert(deed.now_ms);
    execution.status = next.as_str().to_owned();
    execution.modified_ms = deed.now_ms;
    execution.body = value_of(&body)?;
    executions::replace(&mut unit, &execution).await?;
    unit.commit().await?;
    Ok(Written::Yes)
}

/// For the worker: how the run ended, in one unit with its jobs' ends, its numbers and its alert.
/// A run that has ended stays as it is.
pub async fn finish(app: &App, id: &str, ended: EndedExecution) -> Result<Written, Fault> {
    let Some(known) = executions::get(&app.store, id).await? else {
        return Ok(Written::Over);
    };
    let deed = Deed::of_server(app, &known.region, "probity:FinishMonitoringExecution");
    let works = !ended.jobs.is_empty();
    let mut unit = app.store.begin().await?;
    let Some(mut execution) = executions::lock(&mut unit, id).await? else {
        return Ok(Written::Over);
    };
    let Ok(next) = state(&execution)?.finish(ended.end) else {
        return Ok(Written::Over);
    };
    let before = body_of(&execution)?;
    end_jobs(&mut unit, &deed, (&before, &ended)).await?;
    let body = merged(before, &ended, deed.now_ms);
    execution.status = next.as_str().to_owned();
    execution.modified_ms = deed.now_ms;
    execution.violations = ended
        .violations
        .and_then(|n| i64::try_from(n).ok())
        .unwrap_or(UNKNOWN_VIOLATIONS);
    execution.body = value_of(&body)?;
    executions::replace(&mut unit, &execution).await?;
    metric_point::insert(&mut unit, &ended.metrics).await?;
    let intervals = intervals(&execution, (body.window.start_ms, &ended.intervals));
    metric_interval::insert(&mut unit, &intervals).await?;
    let arn = deed
        .arn(format!("monitoring-schedule/{}", execution.schedule))
        .to_string();
    let change = json!({ "execution": {
        "id": execution.id,
        "scheduledMs": execution.scheduled_ms,
        "status": execution.status,
        "violations": ended.violations,
        "constraintsSha256": body.constraints_sha256,
        "outputUri": body.output_uri,
        "failureReason": body.failure_reason,
    } });
    event::record(&mut unit, &deed, &arn, change).await?;
    if ended.violations.is_some() {
        let evaluation = AlertEvaluation {
            schedule: &execution.schedule,
            execution: alerted(&execution, (&body, &ended)),
        };
        monitoring_alert::evaluate(&mut unit, &deed, evaluation).await?;
    }
    for new_job in &ended.jobs {
        job::enqueue_once(&mut unit, new_job).await?;
    }
    unit.commit().await?;
    if works {
        app.jobs.notify_one();
    }
    Ok(Written::Yes)
}

fn intervals(
    execution: &Execution,
    (start_ms, found): (i64, &[NumberInterval]),
) -> Vec<MetricInterval> {
    let of = |found: &NumberInterval| MetricInterval {
        region: execution.region.clone(),
        schedule: execution.schedule.clone(),
        name: found.name.clone(),
        dimensions: found.dimensions.clone(),
        at_ms: start_ms,
        execution: execution.id.clone(),
        low: found.low,
        high: found.high,
    };
    found.iter().map(of).collect()
}

/// The execution in the words of a notification.
fn alerted(
    execution: &Execution,
    (body, ended): (&ExecutionBody, &EndedExecution),
) -> AlertedExecution {
    AlertedExecution {
        id: execution.id.clone(),
        endpoint: execution.endpoint.clone(),
        monitoring_type: execution.monitoring_type.clone(),
        window_start_ms: body.window.start_ms,
        window_end_ms: body.window.end_ms,
        violations: body.violations.clone(),
        violation_count: ended.violations.and_then(|n| u64::try_from(n).ok()),
        results: body.output_uri.clone(),
    }
}

/// The jobs that the execution was end as it did.
async fn end_jobs(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (body, ended): (&ExecutionBody, &EndedExecution),
) -> Result<(), Fault> {
    let outcome = JobOutcome {
        end: match ended.end {
            ExecutionEnd::Completed | ExecutionEnd::CompletedWithViolations => JobEnd::Completed,
            ExecutionEnd::Failed => JobEnd::Failed,
            ExecutionEnd::Stopped => JobEnd::Stopped,
        },
        exit_message: ended.exit_message.clone(),
        failure_reason: ended.failure_reason.clone(),
    };
    for arn in [&body.merge_job_arn, &body.processing_job_arn]
        .into_iter()
        .flatten()
    {
        let name = arn.rsplit('/').next().unwrap_or_default();
        processing_job::finish_in(unit, deed, (name, &outcome)).await?;
    }
    Ok(())
}

fn merged(before: ExecutionBody, ended: &EndedExecution, now_ms: i64) -> ExecutionBody {
    ExecutionBody {
        window: before.window,
        definition: before.definition,
        processing_job_arn: before.processing_job_arn,
        merge_job_arn: before.merge_job_arn,
        started_ms: before.started_ms,
        rescores: before.rescores,
        finished_ms: Some(now_ms),
        exit_message: ended.exit_message.clone(),
        failure_reason: ended.failure_reason.as_deref().map(cut),
        ..ended.found.clone()
    }
}

/// What the API shows of a run.
pub(crate) fn summary(execution: &Execution) -> Value {
    let mut members = Map::new();
    let mut show = |member: &str, value: Value| {
        members.insert(member.to_owned(), value);
    };
    show("MonitoringScheduleName", execution.schedule.as_str().into());
    show("ScheduledTime", timestamp::seconds(execution.scheduled_ms));
    show("CreationTime", timestamp::seconds(execution.created_ms));
    show(
        "LastModifiedTime",
        timestamp::seconds(execution.modified_ms),
    );
    show(
        "MonitoringExecutionStatus",
        execution.status.as_str().into(),
    );
    show("MonitoringType", execution.monitoring_type.as_str().into());
    for (member, column) in [
        ("EndpointName", &execution.endpoint),
        ("MonitoringJobDefinitionName", &execution.job_definition),
    ] {
        if !column.is_empty() {
            show(member, column.as_str().into());
        }
    }
    for (member, kept) in [
        ("ProcessingJobArn", "processingJobArn"),
        ("FailureReason", "failureReason"),
    ] {
        if let Some(text) = execution.body.get(kept).and_then(Value::as_str) {
            show(member, text.into());
        }
    }
    Value::Object(members)
}

/// What is kept of a run beside its row.
pub fn body_of(execution: &Execution) -> Result<ExecutionBody, Fault> {
    serde_json::from_value(execution.body.clone())
        .map_err(|source| Fault::internal(format!("read execution `{}`", execution.id), source))
}

fn value_of(body: &ExecutionBody) -> Result<Value, Fault> {
    serde_json::to_value(body).map_err(|source| Fault::internal("write an execution", source))
}

fn state(execution: &Execution) -> Result<ExecutionState, Fault> {
    ExecutionState::parse(&execution.status).ok_or_else(|| {
        let problem = std::io::Error::other(format!("no state `{}`", execution.status));
        Fault::internal(format!("read execution `{}`", execution.id), problem)
    })
}

fn wanted(deed: &Deed<'_>, input: &Value) -> Result<ListExecutions, Fault> {
    let text = |member: &str| stored::text(input, member).ok().map(str::to_owned);
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    // The API's "before" is before; the store's bounds are part of the range.
    let before = |member: &str| time(member).map(|at| at.map(|ms| ms - 1));
    Ok(ListExecutions {
        region: deed.region.to_owned(),
        schedule: text("MonitoringScheduleName"),
        endpoint: text("EndpointName"),
        status: text("StatusEquals"),
        monitoring_type: text("MonitoringTypeEquals"),
        job_definition: text("MonitoringJobDefinitionName"),
        scheduled_after_ms: time("ScheduledTimeAfter")?,
        scheduled_before_ms: before("ScheduledTimeBefore")?,
        created_after_ms: time("CreationTimeAfter")?,
        created_before_ms: before("CreationTimeBefore")?,
        modified_after_ms: time("LastModifiedTimeAfter")?,
        modified_before_ms: before("LastModifiedTimeBefore")?,
        sort_by: match text("SortBy").as_deref() {
            Some("ScheduledTime") => SortExecutions::Scheduled,
            Some("Status") => SortExecutions::Status,
            Some(_) | None => SortExecutions::Created,
        },
        order: match text("SortOrder").as_deref() {
            Some("Ascending") => SortOrder::Ascending,
            Some(_) | None => SortOrder::Descending,
        },
        after: None,
        limit: listing::page_limit(input),
    })
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}
