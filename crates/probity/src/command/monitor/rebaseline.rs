//! `probity monitor rebaseline`: a baseline from captured traffic, beside the one that is obeyed, and
//! in its place when asked for.

use std::time::Duration;

use anyhow::Result;
use probity_analysis::data_quality::diff;
use serde_json::{Value, json};

use super::constraints::{self, Change, new_folder};
use super::definition::Definition;
use super::run::span;
use super::text;
use crate::arguments::MonitorRebaselineArguments;
use crate::client::Client;
use crate::command::diff as difference;
use crate::exit::{Exit, Failed, Usage};
use crate::moment::{Between, iso};
use crate::progress;
use crate::screen;

const DATA: &str = "/opt/ml/processing/input/baseline_dataset_input";
const OUTPUT: &str = "/opt/ml/processing/output";
const SEGMENT_BY: &str = "PROBITY_SEGMENT_BY";
const EXCLUDE: &str = "exclude_features_attribute";
const FORMER_CONSTRAINTS: &str = "PROBITY_FORMER_CONSTRAINTS";
const FORMER_STATISTICS: &str = "PROBITY_FORMER_STATISTICS";
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(client: &Client, arguments: &MonitorRebaselineArguments) -> Result<Exit> {
    let reason = match (arguments.apply, &arguments.reason) {
        (true, None) => {
            return Err(Usage("--apply needs a --reason, which is kept".to_owned()).into());
        }
        (_, reason) => reason.clone(),
    };
    let definition = Definition::of(client, &arguments.name).await?;
    let between = Between {
        from: arguments.from,
        to: arguments.to,
    };
    let (from, to) = span(client, between).await?;
    let folder = new_folder(client, &arguments.name, &definition).await?;
    let input = job(client, &definition, (from, to), &folder).await?;
    let name = text(&input, "ProcessingJobName").to_owned();
    client.call("SageMaker.CreateProcessingJob", input).await?;
    let bar = progress::waiting(arguments.print);
    bar.set_message(format!("processing job {name}"));
    let ended = wait(client, &name).await;
    bar.finish_and_clear();
    ended?;
    let mut answer = json!({"Folder": folder, "ProcessingJobName": name});
    let mut told = format!(
        "a baseline of calls from {} to {}: {folder}\n\n",
        iso(from),
        iso(to)
    );
    if definition.kind == "DataQuality"
        && let Some(before) = definition.baseline_folder(client).await?
    {
        let found = diff(&before, &folder, client.environment()).await?;
        told.push_str(&difference::text(&found));
        answer["Diff"] = serde_json::to_value(&found)?;
    }
    match reason.filter(|_| arguments.apply) {
        Some(reason) => {
            let change = Change {
                schedule: &arguments.name,
                reason: &reason,
                constraints: format!("{folder}/constraints.json"),
                statistics: (definition.kind == "DataQuality")
                    .then(|| format!("{folder}/statistics.json")),
            };
            let applied = change.apply(client).await?;
            told.push('\n');
            told.push_str(&constraints::told(&arguments.name, &applied));
            answer["Applied"] = applied;
        }
        None => told.push_str(&format!(
            "\nnothing was applied; to obey it: probity monitor set-constraints {} --constraints {folder}/constraints.json --reason …, or this command with --apply --reason …\n",
            arguments.name
        )),
    }
    screen::print(arguments.print, &answer, || told)?;
    Ok(Exit::NoViolation)
}

/// A baselining job as the SDK would make it, on captured calls instead of a training set.
async fn job(
    client: &Client,
    definition: &Definition,
    (from, to): (i64, i64),
    folder: &str,
) -> Result<Value> {
    let mut environment = definition.app["Environment"].clone();
    if !environment.is_object() {
        environment = json!({});
    }
    // The baseline has all columns, and no segments: names are given by their order.
    for variable in [SEGMENT_BY, EXCLUDE] {
        environment[variable] = Value::from("");
    }
    let mut inputs = Vec::new();
    for (name, value) in [
        ("dataset_source", DATA.to_owned()),
        ("output_path", OUTPUT.to_owned()),
        ("publish_cloudwatch_metrics", "Disabled".to_owned()),
        ("start_time", iso(from)),
        ("end_time", iso(to)),
    ] {
        environment[name] = Value::from(value);
    }
    let source = match definition.kind.as_str() {
        "DataQuality" => {
            environment["dataset_format"] = Value::from(
                r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#,
            );
            inputs = beside(client, definition, &mut environment).await?;
            captures(client, definition).await?
        }
        "ModelQuality" => {
            quality_variables(definition, &mut environment);
            merged(definition)?
        }
        kind => {
            return Err(Usage(format!(
                "a {kind} monitor's baseline is made by a Clarify processing job, not from captured calls"
            ))
            .into());
        }
    };
    inputs.insert(0, input("baseline_dataset_input", &source, DATA));
    let stamp: String = folder.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(json!({
        "ProcessingJobName": format!("rebaseline-{stamp}"),
        "AppSpecification": {"ImageUri": definition.app["ImageUri"]},
        "Environment": environment,
        "RoleArn": definition.role,
        "ProcessingResources": definition.resources,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{
            "OutputName": "monitoring_output",
            "S3Output": {"S3Uri": folder, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"},
        }]},
    }))
}

fn input(name: &str, uri: &str, path: &str) -> Value {
    json!({
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    })
}

/// What the new baseline takes from the one that is obeyed (names of columns, what people have
/// set), and the script that makes records of the calls.
async fn beside(
    client: &Client,
    definition: &Definition,
    environment: &mut Value,
) -> Result<Vec<Value>> {
    let (constraints, statistics) = definition.baseline_uris();
    let (mut constraints, mut statistics) = (
        constraints.map(str::to_owned),
        statistics.map(str::to_owned),
    );
    if constraints.is_none()
        && statistics.is_none()
        && let Some(folder) = definition.baseline_folder(client).await?
    {
        constraints = Some(format!("{folder}/constraints.json"));
        statistics = Some(format!("{folder}/statistics.json"));
    }
    let script = text(&definition.app, "RecordPreprocessorSourceUri");
    let mut inputs = Vec::new();
    for (variable, name, uri) in [
        (FORMER_CONSTRAINTS, "former_constraints", constraints),
        (FORMER_STATISTICS, "former_statistics", statistics),
        (
            "record_preprocessor_script",
            "pre_processor_script",
            (!script.is_empty()).then(|| script.to_owned()),
        ),
    ] {
        let Some(uri) = uri else { continue };
        let file = uri.rsplit('/').next().unwrap_or_default();
        let folder = format!("/opt/ml/processing/{name}");
        environment[variable] = Value::from(format!("{folder}/{file}"));
        inputs.push(input(name, &uri, &folder));
    }
    Ok(inputs)
}

/// Where calls of the endpoint are captured.
async fn captures(client: &Client, definition: &Definition) -> Result<String> {
    let endpoint = text(&definition.input, "EndpointName");
    if endpoint.is_empty() {
        return Err(Usage(
            "a monitor of transform jobs has no captured calls; name the data in a baselining job"
                .to_owned(),
        )
        .into());
    }
    let described = client
        .call(
            "SageMaker.DescribeEndpoint",
            json!({"EndpointName": endpoint}),
        )
        .await?;
    let capture = match text(&described["DataCaptureConfig"], "DestinationS3Uri") {
        "" => {
            let name = text(&described, "EndpointConfigName");
            let config = client
                .call(
                    "SageMaker.DescribeEndpointConfig",
                    json!({"EndpointConfigName": name}),
                )
                .await?;
            text(&config["DataCaptureConfig"], "DestinationS3Uri").to_owned()
        }
        uri => uri.to_owned(),
    };
    if capture.is_empty() {
        return Err(Usage(format!("endpoint `{endpoint}` captures nothing")).into());
    }
    Ok(format!("{}/{endpoint}/", capture.trim_end_matches('/')))
}

/// Where runs have left calls joined with their labels.
fn merged(definition: &Definition) -> Result<String> {
    match text(&definition.input, "EndpointName") {
        "" => Err(Usage(
            "a monitor of transform jobs has no captured calls; name the data in a baselining job"
                .to_owned(),
        )
        .into()),
        endpoint => Ok(format!("{}/merge/{endpoint}/", definition.output_uri)),
    }
}

fn quality_variables(definition: &Definition, environment: &mut Value) {
    environment["analysis_type"] = Value::from("MODEL_QUALITY");
    environment["dataset_format"] =
        Value::from(r#"{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"]}}"#);
    let problem = text(&definition.app, "ProblemType");
    environment["problem_type"] = Value::from(problem);
    for (variable, member) in [
        ("inference_attribute", "InferenceAttribute"),
        ("probability_attribute", "ProbabilityAttribute"),
    ] {
        let given = text(&definition.input, member);
        if !given.is_empty() {
            environment[variable] = Value::from(given);
        }
    }
    if let Some(threshold) = definition.input["ProbabilityThresholdAttribute"].as_f64() {
        environment["probability_threshold_attribute"] = Value::from(threshold.to_string());
    }
}

async fn wait(client: &Client, name: &str) -> Result<()> {
    let mut pause = PAUSE;
    loop {
        let input = json!({"ProcessingJobName": name});
        let job = client
            .call("SageMaker.DescribeProcessingJob", input)
            .await?;
        match text(&job, "ProcessingJobStatus") {
            "InProgress" | "Stopping" => {}
            "Completed" => return Ok(()),
            status => {
                return Err(Failed(format!(
                    "processing job `{name}` ended as {status}: {}",
                    text(&job, "FailureReason")
                ))
                .into());
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
