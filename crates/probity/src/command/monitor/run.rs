//! `probity monitor run`: a run that somebody asks for.

use std::time::Duration;

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::execution::window;
use super::text;
use crate::arguments::MonitorRunArguments;
use crate::client::Client;
use crate::exit::{Exit, Failed, Usage};
use crate::moment::{Between, NOW, iso};
use crate::progress;
use crate::screen;
use crate::table::printable;

/// Between two looks: short at first, so that a small run is over at once.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const MS_PER_SECOND: i64 = 1000;

pub(super) async fn run(client: &Client, arguments: &MonitorRunArguments) -> Result<Exit> {
    let mut input = json!({"MonitoringScheduleName": arguments.name});
    if let Some(between) = asked_for(arguments) {
        let (from, to) = span(client, between).await?;
        input["StartTime"] = Value::from(iso(from));
        input["EndTime"] = Value::from(iso(to));
    }
    let started = client.call("Probity.RunMonitoringSchedule", input).await?;
    if !arguments.wait {
        screen::print(arguments.print, &started, || {
            format!(
                "running `{}` on calls from {}; look at it: probity monitor executions {}\n",
                arguments.name,
                window(&started),
                arguments.name
            )
        })?;
        return Ok(Exit::NoViolation);
    }
    let bar = progress::waiting(arguments.print);
    let ended = wait(client, text(&started, "MonitoringExecutionId"), &bar).await;
    bar.finish_and_clear();
    let ended = ended?;
    screen::print(arguments.print, &ended, || told(&ended))?;
    match text(&ended, "MonitoringExecutionStatus") {
        "Completed" => Ok(Exit::NoViolation),
        "CompletedWithViolations" => Ok(Exit::Violations),
        status => Err(Failed(format!(
            "the execution ended as {status}: {}",
            match text(&ended, "FailureReason") {
                "" => "no reason is known",
                reason => reason,
            }
        ))
        .into()),
    }
}

/// The span that is named; none where the schedule's own is meant.
fn asked_for(arguments: &MonitorRunArguments) -> Option<Between> {
    let from_to = || {
        Some(Between {
            from: arguments.from?,
            to: arguments.to.unwrap_or(NOW),
        })
    };
    arguments.window.or_else(from_to)
}

/// Relative times are counted from the server's now.
pub(super) async fn span(client: &Client, between: Between) -> Result<(i64, i64)> {
    let is_relative = between.from.is_relative() || between.to.is_relative();
    let now_ms = match is_relative {
        true => client.server_now_ms().await?,
        false => 0,
    };
    // Captured records have whole seconds, so that a span takes all of those that it touches.
    let from = between.from.ms(now_ms).div_euclid(MS_PER_SECOND) * MS_PER_SECOND;
    let to = -((-between.to.ms(now_ms)).div_euclid(MS_PER_SECOND) * MS_PER_SECOND);
    if from >= to {
        return Err(Usage(format!(
            "the span ends before it begins: {} is not before {}",
            iso(from),
            iso(to)
        ))
        .into());
    }
    Ok((from, to))
}

/// Looks until the execution has ended.
async fn wait(client: &Client, id: &str, bar: &ProgressBar) -> Result<Value> {
    let mut pause = FIRST_LOOK;
    loop {
        let input = json!({"MonitoringExecutionId": id});
        let execution = client
            .call("Probity.DescribeMonitoringExecution", input)
            .await?;
        let status = text(&execution, "MonitoringExecutionStatus");
        match status {
            "Pending" | "InProgress" | "Stopping" => bar.set_message(status.to_owned()),
            _ => return Ok(execution),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn told(execution: &Value) -> String {
    let mut told = format!(
        "{} on calls from {}\n",
        text(execution, "MonitoringExecutionStatus"),
        window(execution)
    );
    let list = |member: &str| execution[member].as_array().cloned().unwrap_or_default();
    for violation in list("Violations") {
        told.push_str(&format!(
            "  {}\n",
            printable(violation.as_str().unwrap_or_default().to_owned())
        ));
    }
    let named = list("Violations").len() as i64;
    if let Some(more) = execution["ViolationCount"]
        .as_i64()
        .map(|all| all - named)
        .filter(|more| *more > 0)
    {
        told.push_str(&format!("  and {more} more\n"));
    }
    for note in list("Notes") {
        told.push_str(&format!(
            "note: {}\n",
            printable(note.as_str().unwrap_or_default().to_owned())
        ));
    }
    let uri = text(execution, "OutputS3Uri");
    if !uri.is_empty() {
        told.push_str(&format!("results: {uri}\n"));
    }
    told
}
