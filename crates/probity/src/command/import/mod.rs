//! `probity import`: a bucket that SageMaker's monitors wrote becomes endpoints, schedules and
//! history of the server.

mod content;
mod naming;
mod plan;
mod taken;

use anyhow::Result;
use probity_data::location::{Environment, ReadLocation, list_objects};
use probity_domain::document::monitoring_bucket::BucketLayout;
use serde_json::{Value, json};

use self::naming::Naming;
use self::plan::Plan;
use super::wiring::environment;
use crate::arguments::ImportArguments;
use crate::client::Client;
use crate::exit::{Exit, Usage};
use crate::progress;
use crate::screen;
use crate::table::{counted, printable};

/// Runs whose documents the server reads within one call.
const RUNS_AT_ONCE: usize = 200;

pub(crate) async fn run(arguments: ImportArguments) -> Result<Exit> {
    if !arguments.location.starts_with("s3://") {
        return Err(Usage(format!(
            "`{}` is no bucket of the server; copy a folder into one first (aws s3 sync)",
            arguments.location
        ))
        .into());
    }
    let naming = Naming::of(&arguments.renamed)?;
    let client = Client::new(&arguments.server)?;
    let outside = environment();
    let place = match arguments.external_s3 {
        true => &outside,
        false => client.environment(),
    };
    let bar = progress::waiting(arguments.print);
    bar.set_message("looking through the bucket");
    let layout = look(&arguments.location, place).await;
    let plan = match layout {
        Ok(layout) => Plan::of(&layout, naming, place).await,
        Err(error) => Err(error),
    };
    bar.finish_and_clear();
    let mut plan = plan?;
    if arguments.dry_run {
        match taken::taken(&client, &plan.schedules()).await {
            Ok(taken) => plan.add_not_imported(taken),
            Err(error) => plan.add_note(format!("whether names are taken is not known: {error}")),
        }
    }
    if arguments.dry_run || plan.is_empty() {
        screen::print(arguments.print, &plan.document(), || plan.told())?;
        return Ok(Exit::NoViolation);
    }
    let done = write(&client, &plan).await?;
    let printed = json!({"Plan": plan.document(), "Imported": done});
    screen::print(arguments.print, &printed, || told(&plan, &done))?;
    Ok(Exit::NoViolation)
}

async fn look(location: &str, place: &Environment) -> Result<BucketLayout> {
    let objects = match list_objects(location, place).await {
        Ok(objects) => objects,
        Err(ReadLocation::Missing { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let uris: Vec<String> = objects.iter().map(|object| object.uri()).collect();
    Ok(BucketLayout::of(uris.iter().map(String::as_str)))
}

/// Endpoints first, because schedules name them; then each schedule with its runs, in parts.
async fn write(client: &Client, plan: &Plan) -> Result<Value> {
    let mut done = json!({
        "EndpointsCreated": 0, "SchedulesCreated": 0, "ExecutionsCreated": 0, "Problems": [],
    });
    let endpoints = json!({"Endpoints": plan.endpoints()});
    add(&mut done, &import(client, endpoints).await?);
    for schedule in plan.schedules() {
        let runs = schedule["Executions"].as_array().cloned();
        for some in runs.unwrap_or_default().chunks(RUNS_AT_ONCE) {
            let mut part = schedule.clone();
            part["Executions"] = Value::from(some.to_vec());
            add(
                &mut done,
                &import(client, json!({"Schedules": [part]})).await?,
            );
        }
    }
    Ok(done)
}

async fn import(client: &Client, input: Value) -> Result<Value> {
    Ok(client
        .call("Probity.ImportMonitoringHistory", input)
        .await?)
}

fn add(done: &mut Value, part: &Value) {
    for member in ["EndpointsCreated", "SchedulesCreated", "ExecutionsCreated"] {
        let sum = done[member].as_u64().unwrap_or(0) + part[member].as_u64().unwrap_or(0);
        done[member] = Value::from(sum);
    }
    let more = part["Problems"].as_array().into_iter().flatten();
    if let Some(problems) = done["Problems"].as_array_mut() {
        for problem in more {
            // One of a schedule comes back with each part of its runs.
            if !problems.contains(problem) {
                problems.push(problem.clone());
            }
        }
    }
}

fn told(plan: &Plan, done: &Value) -> String {
    let count = |member: &str| done[member].as_u64().unwrap_or_default();
    let mut told = plan.told();
    told.push_str(&format!(
        "\nimported {}, {} (stopped) and {}; what was here already is unchanged\n",
        counted(count("EndpointsCreated"), "endpoint"),
        counted(count("SchedulesCreated"), "schedule"),
        counted(count("ExecutionsCreated"), "execution"),
    ));
    for problem in done["Problems"].as_array().into_iter().flatten() {
        let problem = problem.as_str().unwrap_or_default().to_owned();
        told.push_str(&format!("not imported: {}\n", printable(problem)));
    }
    told
}
