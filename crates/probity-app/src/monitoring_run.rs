//! Runs of monitors as people look at them: with their cause, window, violations and notes, which
//! SageMaker's listing leaves out. Not of AWS.

use probity_domain::document::execution::ExecutionBody;
use probity_store::Cursor;
use probity_store::monitoring_execution::{
    self as executions, Execution, ListExecutions, SortExecutions,
};
use probity_store::resource::SortOrder;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::monitoring_execution::{body_of, run_now};
use crate::page_token::Question;
use crate::stored;
use crate::timestamp::{self, seconds};

/// `RunMonitoringSchedule`.
pub async fn run(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:RunMonitoringSchedule")?;
    let name = stored::text(&input, "MonitoringScheduleName")?;
    let window = match (time(&input, "StartTime")?, time(&input, "EndTime")?) {
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err(Fault::invalid(
                "StartTime and EndTime are given together or not at all",
            ));
        }
    };
    let id = run_now(app, caller, (name, window)).await?;
    told(&get(&deed, &id).await?)
}

/// `DescribeMonitoringExecution`.
pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:DescribeMonitoringExecution")?;
    let id = stored::text(&input, "MonitoringExecutionId")?;
    told(&get(&deed, id).await?)
}

/// `ListMonitoringExecutions` of ours, the newest slot first.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListMonitoringExecutions")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let text = |member: &str| stored::text(&input, member).ok().map(str::to_owned);
    let mut wanted = ListExecutions {
        region: deed.region.to_owned(),
        schedule: text("MonitoringScheduleName"),
        endpoint: text("EndpointName"),
        status: text("StatusEquals"),
        scheduled_after_ms: time(&input, "ScheduledTimeAfter")?,
        scheduled_before_ms: time(&input, "ScheduledTimeBefore")?.map(|before| before - 1),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        limit: listing::page_limit(&input),
        ..ListExecutions::default()
    };
    if let Some(token) = listing::token(&input) {
        wanted.after = Some(question.after::<Cursor>(token)?);
    }
    let page = executions::list(&app.store, &wanted).await?;
    let shown: Result<Vec<Value>, Fault> = page.items.iter().map(told).collect();
    let mut answer = Map::new();
    answer.insert("MonitoringExecutions".to_owned(), Value::from(shown?));
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

async fn get(deed: &Deed<'_>, id: &str) -> Result<Execution, Fault> {
    executions::get(&deed.app.store, id)
        .await?
        .filter(|execution| execution.region == deed.region)
        .ok_or_else(|| Fault::missing(format!("Could not find the execution `{id}`.")))
}

fn time(input: &Value, member: &str) -> Result<Option<i64>, Fault> {
    input
        .get(member)
        .map(|value| timestamp::read(member, value))
        .transpose()
}

/// Everything of an execution but the definition that it ran by.
fn told(execution: &Execution) -> Result<Value, Fault> {
    let body: ExecutionBody = body_of(execution)?;
    let mut told = json!({
        "MonitoringExecutionId": execution.id,
        "MonitoringScheduleName": execution.schedule,
        "MonitoringType": execution.monitoring_type,
        "MonitoringExecutionStatus": execution.status,
        "Cause": execution.cause,
        "Revision": execution.revision,
        "ScheduledTime": seconds(execution.scheduled_ms),
        "CreationTime": seconds(execution.created_ms),
        "LastModifiedTime": seconds(execution.modified_ms),
        "WindowStartTime": seconds(body.window.start_ms),
        "WindowEndTime": seconds(body.window.end_ms),
    });
    let mut show = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            told[member] = value;
        }
    };
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    show("EndpointName", text(&execution.endpoint));
    show(
        "MonitoringJobDefinitionName",
        text(&execution.job_definition),
    );
    let known = execution.violations >= 0;
    show("ViolationCount", known.then(|| execution.violations.into()));
    show("StartTime", body.started_ms.map(seconds));
    show("EndTime", body.finished_ms.map(seconds));
    show("ProcessingJobArn", body.processing_job_arn.map(Value::from));
    show("MergeJobArn", body.merge_job_arn.map(Value::from));
    show("OutputS3Uri", body.output_uri.map(Value::from));
    show("ExitMessage", body.exit_message.map(Value::from));
    show("FailureReason", body.failure_reason.map(Value::from));
    show(
        "ConstraintsSha256",
        body.constraints_sha256.map(Value::from),
    );
    show("Rescores", body.rescores.map(Value::from));
    show("Violations", some(body.violations));
    show("Notes", some(body.notes));
    show("Join", body.join.map(|join| join.to_string().into()));
    let sentence = |coverage: &Value| coverage.as_str().map(str::to_owned);
    show(
        "Coverage",
        body.coverage.as_ref().and_then(sentence).map(Value::from),
    );
    Ok(told)
}

fn some(texts: Vec<String>) -> Option<Value> {
    (!texts.is_empty()).then(|| Value::from(texts))
}
