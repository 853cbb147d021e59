//! Transform jobs: a model over every record below a prefix.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::model::Model;
use probity_domain::document::api::transform_job::TransformJob;
use probity_domain::resource::JobState;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::long_job::{JobOutcome, LongJob, Started};
use crate::model::{self, MODEL};
use crate::stored::{self, Listing, Members, Shown, Stored, pick};

/// What a worker's queue calls these jobs.
pub const JOB_KIND: &str = "transform_job";

pub(crate) static TRANSFORM_JOB: Stored = Stored {
    kind: ResourceKind::TransformJob,
    name_member: "TransformJobName",
    arn_member: "TransformJobArn",
    kept: &[
        "TransformJobName",
        "ModelName",
        "MaxConcurrentTransforms",
        "ModelClientConfig",
        "MaxPayloadInMB",
        "BatchStrategy",
        "Environment",
        "TransformInput",
        "TransformOutput",
        "DataCaptureConfig",
        "TransformResources",
        "DataProcessing",
        "ExperimentConfig",
    ],
    shown: &[
        Shown::Status("TransformJobStatus"),
        Shown::CreationTime,
        // In lists only.
        Shown::LastModifiedTime,
    ],
    attributes,
    list: Listing {
        items: "TransformJobSummaries",
        summary: |job| {
            let members = [
                "TransformJobName",
                "TransformJobArn",
                "CreationTime",
                "TransformEndTime",
                "LastModifiedTime",
                "TransformJobStatus",
                "FailureReason",
            ];
            pick(job, &members)
        },
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

/// The model, by which Search finds its last job.
fn attributes(job: &Members) -> BTreeMap<String, String> {
    let model = job.get("ModelName").and_then(Value::as_str);
    let attribute = model.map(|name| ("ModelName".to_owned(), name.to_owned()));
    attribute.into_iter().collect()
}

static LONG_JOB: LongJob = LongJob {
    stored: &TRANSFORM_JOB,
    queue: JOB_KIND,
    start_member: "TransformStartTime",
    end_member: "TransformEndTime",
    words: "transform job",
};

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateTransformJob")?;
    let mut draft = TRANSFORM_JOB.draft(&input)?;
    stored::get(&deed, &MODEL, stored::text(&input, "ModelName")?).await?;
    draft.status = JobState::InProgress.as_str();
    draft.job = Some(LONG_JOB.queued(&deed, &draft.name));
    let resource = stored::insert(&deed, &TRANSFORM_JOB, draft).await?;
    Ok(json!({ "TransformJobArn": resource.arn }))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeTransformJob")?;
    let mut job = stored::describe(&deed, &TRANSFORM_JOB, &input).await?;
    if let Value::Object(members) = &mut job {
        members.remove("LastModifiedTime");
    }
    Ok(job)
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListTransformJobs")?;
    listing::list(&deed, &TRANSFORM_JOB, &input).await
}

pub async fn stop(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:StopTransformJob")?;
    LONG_JOB.stop(&deed, TRANSFORM_JOB.name(&input)?).await?;
    Ok(json!({}))
}

/// The newest job of a model.
pub(crate) async fn last_of(deed: &Deed<'_>, model: &str) -> Result<Option<Resource>, Fault> {
    let mut wanted = ListResources::all(ResourceKind::TransformJob, deed.region, 1);
    wanted.sort_by = SortBy::Created;
    wanted.order = SortOrder::Descending;
    wanted.attributes = vec![("ModelName".to_owned(), model.to_owned())];
    let page = resource::list(&deed.app.store, &wanted).await?;
    Ok(page.items.into_iter().next())
}

/// For the worker: takes up the job.
pub async fn start(app: &App, region: &str, name: &str) -> Result<Started<TransformJob>, Fault> {
    LONG_JOB.start(app, region, name).await
}

/// For the worker: the model that a job names, with what it refers to in its place. `None` when
/// it was deleted meanwhile.
pub async fn model(app: &App, region: &str, name: &str) -> Result<Option<Model>, Fault> {
    let deed = Deed::of_server(app, region, "probity:ReadModel");
    match model::resolved(&deed, name).await {
        Ok(model) => Ok(Some(model)),
        Err(Fault::NotFound { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
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
