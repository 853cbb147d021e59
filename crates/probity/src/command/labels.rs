//! `probity labels add`: labels of a file to a running server, in batches.

use anyhow::Result;
use probity_data::ground_truth::{Label, LabelTable, LabelValue};
use serde_json::{Map, Value, json};

use crate::arguments::{LabelsAddArguments, LabelsArguments, LabelsCommand};
use crate::client::{CallError, Client};
use crate::command::environment;
use crate::exit::{Exit, Usage};
use crate::moment::iso;
use crate::screen;

/// Labels of one request: the server takes ten thousand, and four million bytes.
const LABELS_PER_CALL: usize = 5_000;
const BYTES_PER_CALL: usize = 2 << 20;

pub(crate) async fn run(arguments: LabelsArguments) -> Result<Exit> {
    let client = Client::new(&arguments.server)?;
    match arguments.command {
        LabelsCommand::Add(arguments) => add(&client, &arguments).await,
    }
}

async fn add(client: &Client, arguments: &LabelsAddArguments) -> Result<Exit> {
    let mut table = LabelTable::open(&arguments.file, &environment())
        .await
        .map_err(bad_input)?;
    // A table with a fault adds nothing, and only its end tells that it has none.
    while table.next().await.map_err(bad_input)?.is_some() {}
    let mut table = table.again().await.map_err(bad_input)?;
    let mut adding = Adding {
        client,
        arguments,
        batch: Vec::new(),
        batch_bytes: 0,
        added: 0,
        last: Value::Null,
    };
    while let Some(labels) = table.next().await.map_err(bad_input)? {
        for label in labels {
            adding.push(&label).await?;
        }
    }
    adding.send().await?;
    if adding.added == 0 {
        return Err(Usage(format!("no labels in `{}`", arguments.file)).into());
    }
    let answer = json!({
        "LabelCount": adding.added,
        "MonitoringScheduleNames": adding.last["MonitoringScheduleNames"],
    });
    screen::print(arguments.print, &answer, || {
        let noun = if adding.added == 1 { "label" } else { "labels" };
        format!("added {} {noun}\n", adding.added)
    })?;
    Ok(Exit::NoViolation)
}

fn bad_input(error: impl std::error::Error) -> Usage {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    Usage(text)
}

struct Adding<'a> {
    client: &'a Client,
    arguments: &'a LabelsAddArguments,
    batch: Vec<Value>,
    batch_bytes: usize,
    added: usize,
    last: Value,
}

impl Adding<'_> {
    async fn push(&mut self, label: &Label) -> Result<(), CallError> {
        let (member, text) = match &label.value {
            LabelValue::Csv(text) => ("Label", text),
            LabelValue::Json(text) => ("LabelDocument", text),
        };
        let mut entry = Map::new();
        entry.insert("Id".to_owned(), label.id.as_str().into());
        entry.insert(member.to_owned(), text.as_str().into());
        if let Some(at_ms) = label.inference_ms {
            entry.insert("InferenceTime".to_owned(), iso(at_ms).into());
        }
        let bytes = label.id.len() + text.len() + 100;
        if self.batch.len() == LABELS_PER_CALL || self.batch_bytes + bytes > BYTES_PER_CALL {
            self.send().await?;
        }
        self.batch.push(Value::Object(entry));
        self.batch_bytes += bytes;
        Ok(())
    }

    async fn send(&mut self) -> Result<(), CallError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let count = self.batch.len();
        let mut input = json!({ "Labels": std::mem::take(&mut self.batch) });
        self.batch_bytes = 0;
        if let Some(name) = &self.arguments.schedule {
            input["MonitoringScheduleName"] = name.as_str().into();
        }
        if let Some(place) = &self.arguments.ground_truth {
            input["GroundTruthS3Uri"] = place.as_str().into();
        }
        self.last = self
            .client
            .call("Probity.AddGroundTruthLabels", input)
            .await?;
        self.added += count;
        Ok(())
    }
}
