//! Processing jobs: the analyses of the monitors and of Clarify, and scripts where the operator
//! allows them.

use std::collections::{BTreeMap, BTreeSet};

use probity_domain::ResourceKind;
use probity_domain::document::api::processing_job::{
    AppSpecification, ImageRole, ProcessingInput, ProcessingJob, ProcessingOutput,
};
use probity_domain::resource::JobState;
use probity_store::Unit;
use probity_store::resource::{Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::{App, LocalProcesses};
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::long_job::{self, JobOutcome, LongJob, Started};
use crate::stored::{self, Listing, Members, Shown, Stored, pick};
use crate::timestamp;

/// What a worker's queue calls these jobs.
pub const JOB_KIND: &str = "processing_job";
/// `StoppingCondition` where a request has none: one day.
const LONGEST_RUN_S: u64 = 86_400;

pub(crate) static PROCESSING_JOB: Stored = Stored {
    kind: ResourceKind::ProcessingJob,
    name_member: "ProcessingJobName",
    arn_member: "ProcessingJobArn",
    kept: &[
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingJobName",
        "ProcessingResources",
        "StoppingCondition",
        "AppSpecification",
        "Environment",
        "NetworkConfig",
        "RoleArn",
        "ExperimentConfig",
    ],
    shown: &[
        Shown::Status("ProcessingJobStatus"),
        Shown::LastModifiedTime,
        Shown::CreationTime,
    ],
    attributes,
    list: Listing {
        items: "ProcessingJobSummaries",
        summary: |job| {
            let members = [
                "ProcessingJobName",
                "ProcessingJobArn",
                "CreationTime",
                "ProcessingEndTime",
                "LastModifiedTime",
                "ProcessingJobStatus",
                "FailureReason",
                "ExitMessage",
            ];
            pick(job, &members)
        },
        sort_by: SortBy::Created,
        order: SortOrder::Ascending,
        filters: &[],
    },
};

/// Where its outputs go, by which the jobs are found that wrote a report.
fn attributes(job: &Members) -> BTreeMap<String, String> {
    let places = job.get("ProcessingOutputConfig").map(places_of);
    let places = places.into_iter().flatten();
    places
        .map(|place| (output_attribute(&place), String::new()))
        .collect()
}

/// Where the outputs of a job go, without a slash at the end.
pub(crate) fn output_places(job: &Value) -> Vec<String> {
    places_of(&job["ProcessingOutputConfig"])
}

fn places_of(config: &Value) -> Vec<String> {
    let outputs = config.get("Outputs").and_then(Value::as_array);
    let places = outputs
        .into_iter()
        .flatten()
        .filter_map(|output| output.pointer("/S3Output/S3Uri")?.as_str());
    places
        .map(|place| place.trim_end_matches('/').to_owned())
        .collect()
}

/// A job may have several outputs, and an attribute has one value: the place is in the name.
pub(crate) fn output_attribute(place: &str) -> String {
    format!("output:{}", place.trim_end_matches('/'))
}

static LONG_JOB: LongJob = LongJob {
    stored: &PROCESSING_JOB,
    queue: JOB_KIND,
    start_member: "ProcessingStartTime",
    end_member: "ProcessingEndTime",
    words: "processing job",
};

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateProcessingJob")?;
    let mut draft = PROCESSING_JOB.draft(&input)?;
    let job: ProcessingJob = serde_json::from_value(Value::Object(draft.body.clone()))
        .map_err(|source| Fault::invalid(source.to_string()))?;
    check(app, &job)?;
    fill(&mut draft.body);
    draft.status = JobState::InProgress.as_str();
    draft.job = Some(LONG_JOB.queued(&deed, &draft.name));
    let resource = stored::insert(&deed, &PROCESSING_JOB, draft).await?;
    Ok(json!({ "ProcessingJobArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeProcessingJob")?;
    stored::describe(&deed, &PROCESSING_JOB, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListProcessingJobs")?;
    listing::list(&deed, &PROCESSING_JOB, &input).await
}

pub async fn stop(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:StopProcessingJob")?;
    LONG_JOB.stop(&deed, PROCESSING_JOB.name(&input)?).await?;
    Ok(json!({}))
}

/// Only a job that has ended can be deleted.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteProcessingJob")?;
    let allowed = |resource: &Resource| {
        let state = long_job::state(resource)?;
        if state.is_final() {
            return Ok(());
        }
        Err(Fault::InUse {
            message: format!(
                "Processing job \"{}\" is in status {} and cannot be deleted.",
                resource.arn,
                state.as_str()
            ),
        })
    };
    stored::delete(
        &deed,
        &PROCESSING_JOB,
        PROCESSING_JOB.name(&input)?,
        allowed,
    )
    .await?;
    Ok(json!({}))
}

/// For the worker: takes up the job.
pub async fn start(app: &App, region: &str, name: &str) -> Result<Started<ProcessingJob>, Fault> {
    LONG_JOB.start(app, region, name).await
}

/// For the worker: whether a running job must give up.
pub async fn is_stopping(app: &App, region: &str, name: &str) -> Result<bool, Fault> {
    LONG_JOB.is_stopping(app, region, name).await
}

/// For the worker: the job's final state. A job that has ended already stays as it is.
pub async fn finish(
    app: &App,
    region: &str,
    name: &str,
    outcome: &JobOutcome,
) -> Result<(), Fault> {
    LONG_JOB.finish(app, region, (name, outcome)).await
}

/// For a monitor: its job as a row, already started, which nobody claims from the queue. One that
/// is there from an earlier try stays.
pub(crate) async fn begin_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    job: &ProcessingJob,
) -> Result<String, Fault> {
    let document = serde_json::to_value(job)
        .map_err(|source| Fault::internal("write a processing job", source))?;
    let mut draft = PROCESSING_JOB.draft(&document)?;
    fill(&mut draft.body);
    if let Some(arn) = &job.monitoring_schedule_arn {
        let arn = Value::from(arn.as_str());
        draft.body.insert("MonitoringScheduleArn".to_owned(), arn);
    }
    let started = timestamp::seconds(deed.now_ms);
    draft.body.insert(LONG_JOB.start_member.to_owned(), started);
    draft.status = JobState::InProgress.as_str();
    let arn = deed
        .arn(format!("{}/{}", PROCESSING_JOB.kind.as_str(), draft.name))
        .to_string();
    match stored::insert_in(unit, deed, &PROCESSING_JOB, draft).await {
        Ok(_) | Err(Fault::Exists { .. }) => Ok(arn),
        Err(fault) => Err(fault),
    }
}

/// For a monitor: the end of its job, in the unit that ends its execution.
pub(crate) async fn finish_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (name, outcome): (&str, &JobOutcome),
) -> Result<(), Fault> {
    LONG_JOB.finish_in(unit, deed, (name, outcome)).await
}

/// Whether this server runs the image, and if not, which it runs.
pub(crate) fn check_image(app: &App, specification: &AppSpecification) -> Result<(), Fault> {
    match ImageRole::of(&specification.image_uri) {
        ImageRole::Analyzer | ImageRole::Clarify => return Ok(()),
        ImageRole::Other => {}
    }
    let scripts_run = match app.settings.local_processes {
        LocalProcesses::Refused => false,
        LocalProcesses::Isolated | LocalProcesses::AllowUnisolated => true,
    };
    let problem = match (scripts_run, specification.container_entrypoint.is_empty()) {
        (true, false) => return Ok(()),
        (true, true) => "It names no ContainerEntrypoint to run as a local process.",
        (false, _) => {
            "Other images run only as local processes, by their ContainerEntrypoint, on a server \
             that was started with --allow-local-processes."
        }
    };
    Err(Fault::invalid(format!(
        "Image \"{}\" does not run here. The images {} and {} run, of any account, region and \
         tag. {problem}",
        specification.image_uri,
        ImageRole::ANALYZER_REPOSITORY,
        ImageRole::CLARIFY_REPOSITORY,
    )))
}

fn check(app: &App, job: &ProcessingJob) -> Result<(), Fault> {
    check_image(app, &job.app_specification)?;
    let mut names = BTreeSet::new();
    for input in &job.processing_inputs {
        check_input(input)?;
        if !names.insert(input.input_name.as_str()) {
            return Err(Fault::invalid(format!(
                "Input names must be unique: `{}`",
                input.input_name
            )));
        }
    }
    let mut names = BTreeSet::new();
    for output in job.outputs() {
        check_output(output)?;
        if !names.insert(output.output_name.as_str()) {
            return Err(Fault::invalid(format!(
                "Output names must be unique: `{}`",
                output.output_name
            )));
        }
    }
    Ok(())
}

fn check_input(input: &ProcessingInput) -> Result<(), Fault> {
    let problem = match (&input.s3_input, &input.dataset_definition) {
        (Some(s3_input), None) => match &s3_input.local_path {
            Some(_) => return Ok(()),
            None => "needs a LocalPath in its S3Input",
        },
        (None, Some(_)) => "has a DatasetDefinition: this server reads no Athena and no Redshift",
        (Some(_), Some(_)) => "may have an S3Input or a DatasetDefinition, not both",
        (None, None) => "needs an S3Input",
    };
    Err(Fault::invalid(format!(
        "Input `{}` {problem}",
        input.input_name
    )))
}

fn check_output(output: &ProcessingOutput) -> Result<(), Fault> {
    let problem = match (&output.s3_output, &output.feature_store_output) {
        (Some(s3_output), None) => match &s3_output.local_path {
            Some(_) => return Ok(()),
            None => "needs a LocalPath in its S3Output",
        },
        (None, None) => "needs an S3Output",
        (_, Some(_)) => "has a FeatureStoreOutput: this server has no feature store",
    };
    Err(Fault::invalid(format!(
        "Output `{}` {problem}",
        output.output_name
    )))
}

/// What the service adds to a request that leaves it out.
fn fill(body: &mut Members) {
    body.entry("StoppingCondition")
        .or_insert_with(|| json!({ "MaxRuntimeInSeconds": LONGEST_RUN_S }));
    if let Some(inputs) = body.get_mut("ProcessingInputs") {
        app_managed(inputs);
    }
    if let Some(Value::Object(config)) = body.get_mut("ProcessingOutputConfig")
        && let Some(outputs) = config.get_mut("Outputs")
    {
        app_managed(outputs);
    }
}

fn app_managed(items: &mut Value) {
    for item in items.as_array_mut().into_iter().flatten() {
        if let Value::Object(members) = item {
            members.entry("AppManaged").or_insert(Value::Bool(false));
        }
    }
}
