//! Monitoring job definitions: four kinds that differ in the first words of their members' names.

use std::collections::BTreeMap;

use probity_domain::document::api::monitoring_job_definition::{
    MonitoringInput, MonitoringJobDefinition, MonitoringType,
};
use probity_domain::document::api::processing_job::AppSpecification;
use serde_json::{Value, json};

use crate::app::App;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::processing_job::check_image;
use crate::stored::{self, Members, Stored, pick};

/// `StoppingCondition` where a request has none: one hour.
const LONGEST_RUN_S: u64 = 3600;
/// The attribute that lists filter by.
const ENDPOINT: &str = "endpoint";

/// The verbs of one kind. `$words` begins the names of its operations and members.
macro_rules! job_definitions {
    ($module:ident, $kind:ident, $words:literal) => {
        pub mod $module {
            //! The verbs of one kind of definition.

            use probity_domain::ResourceKind;
            use probity_store::resource::{SortBy, SortOrder};
            use serde_json::{Value, json};

            use crate::app::App;
            use crate::caller::Caller;
            use crate::deed::Deed;
            use crate::fault::Fault;
            use crate::listing;
            use crate::stored::{self, Listing, Shown, Stored};

            pub(crate) static JOB_DEFINITION: Stored = Stored {
                kind: ResourceKind::$kind,
                name_member: "JobDefinitionName",
                arn_member: "JobDefinitionArn",
                kept: &[
                    "JobDefinitionName",
                    concat!($words, "BaselineConfig"),
                    concat!($words, "AppSpecification"),
                    concat!($words, "JobInput"),
                    concat!($words, "JobOutputConfig"),
                    "JobResources",
                    "NetworkConfig",
                    "RoleArn",
                    "StoppingCondition",
                ],
                shown: &[Shown::CreationTime],
                attributes: |body| super::attributes(body, concat!($words, "JobInput")),
                list: Listing {
                    items: "JobDefinitionSummaries",
                    summary: |definition| super::summary(definition, concat!($words, "JobInput")),
                    sort_by: SortBy::Created,
                    order: SortOrder::Descending,
                    filters: &[("EndpointName", super::ENDPOINT)],
                },
            };

            pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
                let action = concat!("sagemaker:Create", $words, "JobDefinition");
                let deed = Deed::authorise(app, caller, action)?;
                super::create(&deed, &JOB_DEFINITION, &input).await
            }

            pub async fn describe(
                app: &App,
                caller: &Caller,
                input: Value,
            ) -> Result<Value, Fault> {
                let action = concat!("sagemaker:Describe", $words, "JobDefinition");
                let deed = Deed::authorise(app, caller, action)?;
                stored::describe(&deed, &JOB_DEFINITION, &input).await
            }

            pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
                let action = concat!("sagemaker:List", $words, "JobDefinitions");
                let deed = Deed::authorise(app, caller, action)?;
                listing::list(&deed, &JOB_DEFINITION, &input).await
            }

            pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
                let action = concat!("sagemaker:Delete", $words, "JobDefinition");
                let deed = Deed::authorise(app, caller, action)?;
                let name = JOB_DEFINITION.name(&input)?;
                stored::delete(&deed, &JOB_DEFINITION, name, |_| Ok(())).await?;
                Ok(json!({}))
            }
        }
    };
}

job_definitions!(data_quality, DataQualityJobDefinition, "DataQuality");
job_definitions!(model_quality, ModelQualityJobDefinition, "ModelQuality");
job_definitions!(model_bias, ModelBiasJobDefinition, "ModelBias");
job_definitions!(
    model_explainability,
    ModelExplainabilityJobDefinition,
    "ModelExplainability"
);

/// How definitions of a kind are kept.
pub(crate) fn stored_of(kind: MonitoringType) -> &'static Stored {
    match kind {
        MonitoringType::DataQuality => &data_quality::JOB_DEFINITION,
        MonitoringType::ModelQuality => &model_quality::JOB_DEFINITION,
        MonitoringType::ModelBias => &model_bias::JOB_DEFINITION,
        MonitoringType::ModelExplainability => &model_explainability::JOB_DEFINITION,
    }
}

async fn create(deed: &Deed<'_>, stored: &Stored, input: &Value) -> Result<Value, Fault> {
    let mut draft = stored.draft(input)?;
    let definition: MonitoringJobDefinition =
        serde_json::from_value(Value::Object(draft.body.clone()))
            .map_err(|source| Fault::invalid(source.to_string()))?;
    check(deed.app, &definition)?;
    draft
        .body
        .entry("StoppingCondition")
        .or_insert_with(|| json!({ "MaxRuntimeInSeconds": LONGEST_RUN_S }));
    let resource = stored::insert(deed, stored, draft).await?;
    Ok(json!({ "JobDefinitionArn": resource.arn }))
}

pub(crate) fn check(app: &App, definition: &MonitoringJobDefinition) -> Result<(), Fault> {
    let specification = &definition.app_specification;
    let entrypoint = specification.rest.get("ContainerEntrypoint");
    let entrypoint = entrypoint.and_then(Value::as_array).into_iter().flatten();
    check_image(
        app,
        &AppSpecification {
            image_uri: specification.image_uri.clone(),
            container_entrypoint: entrypoint
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            container_arguments: Vec::new(),
        },
    )?;
    let input = &definition.job_input;
    match (&input.endpoint_input, &input.batch_transform_input) {
        (Some(_), None) => Ok(()),
        (None, Some(batch)) => check_format(batch),
        (Some(_), Some(_)) => Err(Fault::invalid(
            "A job input may have an EndpointInput or a BatchTransformInput, not both",
        )),
        (None, None) => Err(Fault::invalid(
            "A job input needs an EndpointInput or a BatchTransformInput",
        )),
    }
}

/// `DatasetFormat` is one of three members.
fn check_format(batch: &MonitoringInput) -> Result<(), Fault> {
    let given = batch.dataset_format.as_ref().and_then(Value::as_object);
    let formats = ["Csv", "Json", "Parquet"]
        .iter()
        .filter(|format| given.is_some_and(|given| given.contains_key(**format)));
    if formats.count() == 1 {
        return Ok(());
    }
    Err(Fault::invalid(
        "DatasetFormat must be exactly one of Csv, Json and Parquet",
    ))
}

fn attributes(body: &Members, job_input: &str) -> BTreeMap<String, String> {
    endpoint_name(body, job_input)
        .map(|name| (ENDPOINT.to_owned(), name.to_owned()))
        .into_iter()
        .collect()
}

/// The endpoint's name is required in the service model, and empty where a transform job's
/// records are watched.
fn summary(definition: &Members, job_input: &str) -> Members {
    let mut members = pick(definition, &["CreationTime"]);
    let renamed = [
        ("MonitoringJobDefinitionName", "JobDefinitionName"),
        ("MonitoringJobDefinitionArn", "JobDefinitionArn"),
    ];
    for (summary, member) in renamed {
        if let Some(value) = definition.get(member) {
            members.insert(summary.to_owned(), value.clone());
        }
    }
    let endpoint = endpoint_name(definition, job_input).unwrap_or_default();
    members.insert("EndpointName".to_owned(), endpoint.into());
    members
}

fn endpoint_name<'a>(body: &'a Members, job_input: &str) -> Option<&'a str> {
    body.get(job_input)?
        .pointer("/EndpointInput/EndpointName")?
        .as_str()
}
