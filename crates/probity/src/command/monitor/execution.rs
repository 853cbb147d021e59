//! Executions as the server keeps them: with their cause, window and number of violations, which
//! SageMaker's own listing leaves out.

use anyhow::Result;
use serde_json::{Value, json};

use super::{text, time};
use crate::arguments::MonitorExecutionsArguments;
use crate::client::{CallError, Client};
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, short, table};

/// Of a reason in a table; all of it is in the JSON.
const REASON: usize = 80;

pub(super) async fn list(client: &Client, arguments: &MonitorExecutionsArguments) -> Result<Exit> {
    let found = latest(client, &arguments.name, arguments.limit).await?;
    if found.is_empty() {
        // Executions outlive their schedule: a name that has neither is a mistake.
        let input = json!({"MonitoringScheduleName": arguments.name});
        client
            .call("SageMaker.DescribeMonitoringSchedule", input)
            .await?;
    }
    screen::print(arguments.print, &found, || table_of(&found))?;
    Ok(Exit::NoViolation)
}

/// The newest executions of a schedule.
pub(super) async fn latest(
    client: &Client,
    name: &str,
    limit: usize,
) -> Result<Vec<Value>, CallError> {
    let mut input = json!({"MonitoringScheduleName": name});
    let mut found = Vec::new();
    while found.len() < limit {
        input["MaxResults"] = Value::from((limit - found.len()).min(100));
        let mut page = client
            .call("Probity.ListMonitoringExecutions", input.clone())
            .await?;
        if let Some(executions) = page["MonitoringExecutions"].as_array_mut() {
            found.append(executions);
        }
        match page["NextToken"].take() {
            Value::String(token) => input["NextToken"] = Value::from(token),
            _ => break,
        }
    }
    Ok(found)
}

pub(super) fn table_of(executions: &[Value]) -> String {
    if executions.is_empty() {
        return "no executions\n".to_owned();
    }
    let header = [
        ("due", Align::Left),
        ("window", Align::Left),
        ("cause", Align::Left),
        ("status", Align::Left),
        ("violations", Align::Right),
        ("", Align::Left),
    ];
    let rows = executions.iter().map(|execution| {
        vec![
            time(execution, "ScheduledTime"),
            window(execution),
            cause(execution),
            text(execution, "MonitoringExecutionStatus").to_owned(),
            violations(execution),
            short(remark(execution), REASON),
        ]
    });
    table(&header, rows.collect())
}

/// `2026-11-27 12:00:00Z to 2026-11-27 13:00:00Z`
pub(super) fn window(execution: &Value) -> String {
    format!(
        "{} to {}",
        time(execution, "WindowStartTime"),
        time(execution, "WindowEndTime")
    )
}

fn cause(execution: &Value) -> String {
    let cause = text(execution, "Cause");
    match execution["Revision"].as_i64() {
        Some(revision) if revision > 0 => format!("{cause} ({revision})"),
        Some(_) | None => cause.to_owned(),
    }
}

fn violations(execution: &Value) -> String {
    execution["ViolationCount"]
        .as_i64()
        .map_or_else(String::new, |n| n.to_string())
}

/// Why it failed; else what a reader should know first.
fn remark(execution: &Value) -> &str {
    match text(execution, "FailureReason") {
        "" => execution["Notes"][0].as_str().unwrap_or_default(),
        reason => reason,
    }
}
