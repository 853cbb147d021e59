//! The resource types that Search finds here, and the record of each. The other types that the
//! API names are not kept: searching them finds nothing.

use probity_domain::ResourceKind;
use probity_store::resource::Resource;
use serde_json::{Map, Value};

use super::extras::Extras;
use crate::endpoint;
use crate::experiment::EXPERIMENT;
use crate::fault::Fault;
use crate::model::MODEL;
use crate::model_card::MODEL_CARD;
use crate::model_package;
use crate::model_package_group;
use crate::stored::Members;
use crate::trial::TRIAL;
use crate::trial_component;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Endpoint,
    Experiment,
    Model,
    ModelCard,
    ModelPackage,
    ModelPackageGroup,
    Trial,
    TrialComponent,
}

impl Kept {
    /// By the `Resource` of a request.
    pub(super) fn of(resource_type: &str) -> Option<Kept> {
        Some(match resource_type {
            "Endpoint" => Self::Endpoint,
            "Experiment" => Self::Experiment,
            "Model" => Self::Model,
            "ModelCard" => Self::ModelCard,
            "ModelPackage" => Self::ModelPackage,
            "ModelPackageGroup" => Self::ModelPackageGroup,
            "ExperimentTrial" => Self::Trial,
            "ExperimentTrialComponent" => Self::TrialComponent,
            _ => return None,
        })
    }

    pub(super) fn kind(self) -> ResourceKind {
        match self {
            Self::Endpoint => ResourceKind::Endpoint,
            Self::Experiment => ResourceKind::Experiment,
            Self::Model => ResourceKind::Model,
            Self::ModelCard => ResourceKind::ModelCard,
            Self::ModelPackage => ResourceKind::ModelPackage,
            Self::ModelPackageGroup => ResourceKind::ModelPackageGroup,
            Self::Trial => ResourceKind::Trial,
            Self::TrialComponent => ResourceKind::TrialComponent,
        }
    }

    /// The member of `SearchRecord`, and the first part of names: `ModelName`, `ModelArn`.
    pub(super) fn wrapper(self) -> &'static str {
        match self {
            Self::Endpoint => "Endpoint",
            Self::Experiment => "Experiment",
            Self::Model => "Model",
            Self::ModelCard => "ModelCard",
            Self::ModelPackage => "ModelPackage",
            Self::ModelPackageGroup => "ModelPackageGroup",
            Self::Trial => "Trial",
            Self::TrialComponent => "TrialComponent",
        }
    }

    /// What filters and sort orders see. A model's record is that of the dashboard, with the model
    /// inside; clients name the model's properties both as `ModelName` and as `Model.ModelName`.
    pub(super) fn view(self, row: &Resource, extras: &Extras) -> Result<Value, Fault> {
        let record = self.record(row, extras)?;
        Ok(match (self, record) {
            (Self::Model, Value::Object(mut record)) => {
                if let Some(Value::Object(model)) = record.get("Model") {
                    let model = model.clone();
                    record.extend(model);
                }
                Value::Object(record)
            }
            (_, record) => record,
        })
    }

    pub(super) fn record(self, row: &Resource, extras: &Extras) -> Result<Value, Fault> {
        let mut members = match self {
            Self::Endpoint => endpoint(row, extras)?,
            Self::Experiment => EXPERIMENT.describe(row),
            Self::Model => MODEL.describe(row),
            Self::ModelCard => card(row, extras),
            Self::ModelPackage => model_package::record(row),
            Self::ModelPackageGroup => model_package_group::record(row),
            Self::Trial => TRIAL.describe(row),
            Self::TrialComponent => trial_component::record(row),
        };
        if let Some(tags) = extras.tags_of(&row.arn) {
            members.insert("Tags".to_owned(), tags);
        }
        Ok(match self {
            Self::Model => dashboard(row, members, extras),
            Self::Trial => {
                let components = extras.components_of(&row.name);
                members.insert("TrialComponentSummaries".to_owned(), components);
                Value::Object(members)
            }
            Self::Endpoint
            | Self::Experiment
            | Self::ModelCard
            | Self::ModelPackage
            | Self::ModelPackageGroup
            | Self::TrialComponent => Value::Object(members),
        })
    }
}

fn endpoint(row: &Resource, extras: &Extras) -> Result<Members, Fault> {
    let mut members = endpoint::members(row)?;
    let schedules = extras.schedules_of_endpoint(&row.name);
    members.insert("MonitoringSchedules".to_owned(), schedules);
    Ok(members)
}

/// A card as it is latest.
fn card(row: &Resource, extras: &Extras) -> Members {
    let mut members = MODEL_CARD.describe(row);
    members.retain(|name, _| !name.starts_with("probity:"));
    if let Some(content) = extras.content_of(&row.name) {
        members.insert("Content".to_owned(), content.into());
    }
    members
}

/// A model with what the dashboard shows around it.
fn dashboard(row: &Resource, model: Members, extras: &Extras) -> Value {
    let mut record = Map::new();
    record.insert("Model".to_owned(), Value::Object(model));
    record.insert("Endpoints".to_owned(), extras.endpoints_of(&row.name));
    if let Some(job) = extras.last_transform_job_of(&row.name) {
        record.insert("LastBatchTransformJob".to_owned(), job);
    }
    let schedules = extras.schedules_of_model(&row.name);
    record.insert("MonitoringSchedules".to_owned(), schedules);
    if let Some(card) = extras.card_of(row) {
        record.insert("ModelCard".to_owned(), card);
    }
    Value::Object(record)
}
