//! `probity monitor set-constraints`: what a schedule obeys from now on, with who and why.

use anyhow::Result;
use bytes::Bytes;
use probity_data::location::ReadLocation;
use serde_json::{Value, json};

use super::definition::Definition;
use super::preview::document;
use super::text;
use crate::arguments::MonitorConstraintsArguments;
use crate::client::Client;
use crate::exit::Exit;
use crate::moment;
use crate::screen;

/// What lies beside the constraints of a data-quality baseline, and makes distances exact.
const BESIDE: [&str; 3] = ["statistics.json", "probity.json", "summaries.bin"];

pub(super) async fn set(client: &Client, arguments: &MonitorConstraintsArguments) -> Result<Exit> {
    let definition = Definition::of(client, &arguments.name).await?;
    let content = document(client, &arguments.constraints).await?;
    let folder = new_folder(client, &arguments.name, &definition).await?;
    let uri = format!("{folder}/{}", definition.constraints_name());
    client.put(&uri, Bytes::from(content)).await?;
    let mut change = Change {
        schedule: &arguments.name,
        reason: &arguments.reason,
        constraints: uri,
        statistics: None,
    };
    if definition.kind == "DataQuality"
        && let Some(before) = definition.baseline_folder(client).await?
    {
        let copied = copy_beside(client, &before, &folder).await?;
        change.statistics = copied.then(|| format!("{folder}/statistics.json"));
    }
    let answer = change.apply(client).await?;
    screen::print(arguments.print, &answer, || told(&arguments.name, &answer))?;
    Ok(Exit::NoViolation)
}

/// A place of its own for each baseline of a schedule, below its results.
pub(super) async fn new_folder(
    client: &Client,
    schedule: &str,
    definition: &Definition,
) -> Result<String> {
    let now = moment::iso(client.server_now_ms().await?).replace([':', '-'], "");
    // Two of one second keep apart; the processing job of a baseline has the same last part.
    let own = uuid::Uuid::new_v4().simple().to_string();
    Ok(format!(
        "{}/baselines/{schedule}/{now}-{}",
        definition.output_uri,
        &own[..6]
    ))
}

/// Whether there were statistics to copy.
async fn copy_beside(client: &Client, before: &str, folder: &str) -> Result<bool> {
    let mut has_statistics = false;
    for name in BESIDE {
        match client.get(&format!("{before}/{name}")).await {
            Ok(content) => {
                client.put(&format!("{folder}/{name}"), content).await?;
                has_statistics |= name == "statistics.json";
            }
            // SageMaker's baselines have no files of ours.
            Err(ReadLocation::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(has_statistics)
}

#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) schedule: &'a str,
    pub(super) reason: &'a str,
    pub(super) constraints: String,
    pub(super) statistics: Option<String>,
}

impl Change<'_> {
    pub(super) async fn apply(&self, client: &Client) -> Result<Value> {
        let mut input = json!({
            "MonitoringScheduleName": self.schedule,
            "ConstraintsS3Uri": self.constraints,
            "Reason": self.reason,
        });
        if let Some(statistics) = &self.statistics {
            input["StatisticsS3Uri"] = Value::from(statistics.as_str());
        }
        let answer = client
            .call("Probity.UpdateMonitoringBaseline", input)
            .await?;
        Ok(answer)
    }
}

pub(super) fn told(schedule: &str, answer: &Value) -> String {
    let is_same = ["Constraints", "Statistics"]
        .into_iter()
        .all(|member| answer[member]["BeforeSha256"] == answer[member]["AfterSha256"]);
    let mut told = match is_same {
        true => format!("schedule `{schedule}` obeys what it obeyed before, from another place\n"),
        false => format!("schedule `{schedule}` obeys another baseline from now on\n"),
    };
    for (words, member) in [("constraints", "Constraints"), ("statistics", "Statistics")] {
        let side = &answer[member];
        if side.is_null() {
            continue;
        }
        let short = |member: &str| match text(side, member) {
            "" => "none".to_owned(),
            sha256 => sha256.chars().take(12).collect(),
        };
        told.push_str(&format!(
            "{words:<12} {} (sha256 {} before, {} now)\n",
            text(side, "AfterS3Uri"),
            short("BeforeSha256"),
            short("AfterSha256"),
        ));
    }
    let name = text(answer, "MonitoringJobDefinitionName");
    if !name.is_empty() {
        told.push_str(&format!("{:<12} {name}\n", "definition"));
    }
    told
}
