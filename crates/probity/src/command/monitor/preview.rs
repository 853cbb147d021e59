//! `probity monitor preview`: other constraints over the history.

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::{text, time};
use crate::arguments::MonitorPreviewArguments;
use crate::client::Client;
use crate::exit::{Exit, Usage};
use crate::moment::iso;
use crate::progress;
use crate::screen;
use crate::table::{Align, counted, short, table};

/// Rows of the table; the JSON has all of them.
const SHOWN: usize = 40;
const SUBJECTS: usize = 60;

pub(super) async fn run(client: &Client, arguments: &MonitorPreviewArguments) -> Result<Exit> {
    let mut input = json!({
        "MonitoringScheduleName": arguments.name,
        "Constraints": document(client, &arguments.constraints).await?,
    });
    let now_ms = match (arguments.from, arguments.to) {
        (None, None) => 0,
        (Some(_), _) | (_, Some(_)) => client.server_now_ms().await?,
    };
    for (member, moment) in [("StartTime", arguments.from), ("EndTime", arguments.to)] {
        if let Some(moment) = moment {
            input[member] = Value::from(iso(moment.ms(now_ms)));
        }
    }
    let bar = progress::waiting(arguments.print);
    let found = all_pages(client, input, &bar).await;
    bar.finish_and_clear();
    let found = found?;
    screen::print(arguments.print, &found, || told(&found))?;
    Ok(Exit::NoViolation)
}

/// Page after page, as one answer.
async fn all_pages(client: &Client, mut input: Value, bar: &ProgressBar) -> Result<Value> {
    let target = "Probity.PreviewMonitoringConstraints";
    let mut found = client.call(target, input.clone()).await?;
    while let Value::String(token) = found["NextToken"].take() {
        input["NextToken"] = Value::from(token);
        let mut page = client.call(target, input.clone()).await?;
        for (name, count) in page["Counts"].as_object().into_iter().flatten() {
            let sum = found["Counts"][name].as_u64().unwrap_or(0) + count.as_u64().unwrap_or(0);
            found["Counts"][name] = Value::from(sum);
        }
        if let (Some(all), Some(more)) = (
            found["Executions"].as_array_mut(),
            page["Executions"].as_array_mut(),
        ) {
            all.append(more);
            bar.set_message(format!("{} executions", all.len()));
        }
        found["NextToken"] = page["NextToken"].take();
    }
    if let Some(members) = found.as_object_mut() {
        members.remove("NextToken");
    }
    Ok(found)
}

/// The text of a document that lies in a file or at the server.
pub(super) async fn document(client: &Client, place: &str) -> Result<String> {
    let bytes = match place.starts_with("s3://") {
        true => client.get(place).await?.to_vec(),
        false => std::fs::read(place)
            .map_err(|error| Usage(format!("failed to read `{place}`: {error}")))?,
    };
    String::from_utf8(bytes).with_context(|| format!("`{place}` is not text"))
}

fn told(found: &Value) -> String {
    let count = |member: &str| found["Counts"][member].as_u64().unwrap_or_default();
    let mut told = format!(
        "{}: {} alarmed then, {} would with these constraints ({} newly, {} no longer)\n",
        counted(count("Executions"), "execution"),
        count("FiredThen"),
        count("FireNow"),
        count("FireNewly"),
        count("FireNoLonger"),
    );
    if count("NotJudged") > 0 {
        told.push_str(&format!("{} could not be judged\n", count("NotJudged")));
    }
    if found["OlderExecutionsOmitted"] == Value::Bool(true) {
        told.push_str("older executions were left out; name a span with --from and --to\n");
    }
    let executions = found["Executions"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let telling: Vec<&Value> = executions.iter().filter(says_something).collect();
    if telling.is_empty() {
        return told;
    }
    let header = [
        ("due", Align::Left),
        ("then", Align::Right),
        ("now", Align::Right),
        ("what would alarm", Align::Left),
    ];
    let number = |one: &Value, member: &str| {
        one[member]
            .as_u64()
            .map_or_else(|| "?".to_owned(), |n| n.to_string())
    };
    let rows = telling.iter().take(SHOWN).map(|one| {
        vec![
            time(one, "ScheduledTime"),
            number(one, "ViolationsThen"),
            number(one, "ViolationsNow"),
            match text(one, "Problem") {
                "" => subjects(one),
                problem => problem.to_owned(),
            },
        ]
    });
    told.push('\n');
    told.push_str(&table(&header, rows.collect()));
    if telling.len() > SHOWN {
        told.push_str(&format!("and {} more\n", telling.len() - SHOWN));
    }
    told
}

/// Whether it alarmed, would, or cannot be judged.
fn says_something(execution: &&Value) -> bool {
    let any = |member: &str| execution[member].as_u64().is_some_and(|n| n > 0);
    any("ViolationsThen") || any("ViolationsNow") || !text(execution, "Problem").is_empty()
}

fn subjects(execution: &Value) -> String {
    let violations = execution["Violations"].as_array();
    let named: Vec<&str> = violations
        .into_iter()
        .flatten()
        .map(|violation| text(violation, "Subject"))
        .collect();
    short(&named.join(", "), SUBJECTS)
}
