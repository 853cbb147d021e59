//! Schedules: list, show, start, stop.

use anyhow::Result;
use serde_json::{Value, json};

use super::execution;
use super::{text, time};
use crate::arguments::{MonitorListArguments, MonitorNameArguments};
use crate::client::Client;
use crate::exit::Exit;
use crate::screen;
use crate::table::{Align, table};

/// Executions under a schedule that is shown.
const SHOWN: usize = 5;

pub(super) async fn list(client: &Client, arguments: &MonitorListArguments) -> Result<Exit> {
    let input = json!({"MaxResults": 100, "SortBy": "Name", "SortOrder": "Ascending"});
    let member = "MonitoringScheduleSummaries";
    let found = client
        .pages("SageMaker.ListMonitoringSchedules", input, member)
        .await?;
    screen::print(arguments.print, &found, || {
        if found.is_empty() {
            return "no schedules\n".to_owned();
        }
        let header = [
            ("schedule", Align::Left),
            ("monitors", Align::Left),
            ("endpoint", Align::Left),
            ("status", Align::Left),
            ("changed", Align::Left),
        ];
        let rows = found.iter().map(|schedule| {
            vec![
                text(schedule, "MonitoringScheduleName").to_owned(),
                text(schedule, "MonitoringType").to_owned(),
                text(schedule, "EndpointName").to_owned(),
                text(schedule, "MonitoringScheduleStatus").to_owned(),
                time(schedule, "LastModifiedTime"),
            ]
        });
        table(&header, rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn show(client: &Client, arguments: &MonitorNameArguments) -> Result<Exit> {
    let name = json!({"MonitoringScheduleName": arguments.name});
    let schedule = client
        .call("SageMaker.DescribeMonitoringSchedule", name)
        .await?;
    let runs = execution::latest(client, &arguments.name, SHOWN).await?;
    let shown = json!({"Schedule": schedule, "MonitoringExecutions": runs});
    screen::print(arguments.print, &shown, || told(&schedule, &runs))?;
    Ok(Exit::NoViolation)
}

fn told(schedule: &Value, runs: &[Value]) -> String {
    let config = &schedule["MonitoringScheduleConfig"];
    let definition = match text(config, "MonitoringJobDefinitionName") {
        "" => "in the schedule",
        name => name,
    };
    let lines = [
        ("schedule", text(schedule, "MonitoringScheduleName")),
        ("arn", text(schedule, "MonitoringScheduleArn")),
        ("monitors", text(schedule, "MonitoringType")),
        ("endpoint", text(schedule, "EndpointName")),
        ("status", text(schedule, "MonitoringScheduleStatus")),
        ("reason", text(schedule, "FailureReason")),
        (
            "runs",
            text(&config["ScheduleConfig"], "ScheduleExpression"),
        ),
        ("definition", definition),
    ];
    let mut told = String::new();
    for (name, value) in lines {
        if !value.is_empty() {
            told.push_str(&format!("{name:<11} {value}\n"));
        }
    }
    told.push('\n');
    told.push_str(&execution::table_of(runs));
    told
}

pub(super) async fn start(client: &Client, arguments: &MonitorNameArguments) -> Result<Exit> {
    change(client, arguments, ("Start", "runs again")).await
}

pub(super) async fn stop(client: &Client, arguments: &MonitorNameArguments) -> Result<Exit> {
    change(client, arguments, ("Stop", "is stopped")).await
}

async fn change(
    client: &Client,
    arguments: &MonitorNameArguments,
    (verb, told): (&str, &str),
) -> Result<Exit> {
    let name = &arguments.name;
    let target = format!("SageMaker.{verb}MonitoringSchedule");
    let input = json!({"MonitoringScheduleName": name});
    let answer = client.call(&target, input).await?;
    screen::print(arguments.print, &answer, || {
        format!("schedule `{name}` {told}\n")
    })?;
    Ok(Exit::NoViolation)
}
