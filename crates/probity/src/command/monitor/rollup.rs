//! `probity monitor rollup`: the summaries of any span of a schedule's runs in one result, without
//! the captures. Days and weeks are rolled up by the server itself.

use anyhow::Result;
use probity_analysis::data_quality::{ProfileTable, StoredResult, merge_stored};
use probity_data::location::{OutputFolder, ReadLocation};
use probity_domain::document::execution::{ExecutionWindow, without_overlap};
use serde_json::{Value, json};

use super::run::span;
use super::text;
use crate::arguments::MonitorRollupArguments;
use crate::client::Client;
use crate::command::profile;
use crate::exit::{Exit, Usage};
use crate::moment::{Between, iso, of_seconds};
use crate::screen;
use crate::table::counted;

/// A run looks back by its offsets, so that it may be due long after its window.
const LONGEST_OFFSET_MS: i64 = 32 * 86_400_000;

pub(super) async fn run(client: &Client, arguments: &MonitorRollupArguments) -> Result<Exit> {
    let between = Between {
        from: arguments.from,
        to: arguments.to,
    };
    let (from, to) = span(client, between).await?;
    let folders = folders(client, &arguments.name, (from, to)).await?;
    let mut found = Vec::new();
    for folder in &folders {
        match StoredResult::find(folder, client.environment()).await {
            Ok(Some(stored)) => found.push(stored),
            Ok(None) => {}
            Err(probity_analysis::data_quality::AnalysisError::Locate(ReadLocation::Missing {
                ..
            })) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if found.is_empty() {
        return Err(Usage(format!(
            "schedule `{}` has no results with summaries from {} to {}",
            arguments.name,
            iso(from),
            iso(to)
        ))
        .into());
    }
    let merged = counted(found.len() as u64, "result");
    let documents = merge_stored(found)?;
    if let Some(place) = &arguments.output_folder {
        let folder = OutputFolder::create(place, client.environment()).await?;
        documents.write(folder).await?;
    }
    let table = ProfileTable::of_documents(&documents);
    screen::print(arguments.print, &table, || {
        format!(
            "{merged} from {} to {}\n\n{}",
            iso(from),
            iso(to),
            profile::text(&table)
        )
    })?;
    Ok(Exit::NoViolation)
}

/// Results whose windows begin in the span, without those that read what others have read.
async fn folders(client: &Client, name: &str, (from, to): (i64, i64)) -> Result<Vec<String>> {
    let input = json!({
        "MonitoringScheduleName": name,
        "ScheduledTimeAfter": iso(from),
        "ScheduledTimeBefore": iso(to.saturating_add(LONGEST_OFFSET_MS)),
        "MaxResults": 100,
    });
    let member = "MonitoringExecutions";
    let mut runs = client
        .pages("Probity.ListMonitoringExecutions", input, member)
        .await?;
    runs.retain(|run| {
        let starts = window(run).start_ms;
        let has_verdict = text(run, "MonitoringExecutionStatus").starts_with("Completed");
        has_verdict && from <= starts && starts < to && !text(run, "OutputS3Uri").is_empty()
    });
    let windows: Vec<ExecutionWindow> = runs.iter().map(window).collect();
    let chosen = without_overlap(&windows);
    let folders = chosen
        .iter()
        .map(|index| text(&runs[*index], "OutputS3Uri"));
    Ok(folders.map(str::to_owned).collect())
}

fn window(run: &Value) -> ExecutionWindow {
    let ms = |member: &str| of_seconds(run[member].as_f64().unwrap_or_default());
    ExecutionWindow {
        start_ms: ms("WindowStartTime"),
        end_ms: ms("WindowEndTime"),
    }
}
