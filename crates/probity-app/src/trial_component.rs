//! Trial components: what was done in a trial, with parameters, artifacts and metrics. A component
//! may be part of several trials; its own row names them.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{self, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::association;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::experiment::EXPERIMENT;
use crate::fault::Fault;
use crate::lineage::{self, MapMember};
use crate::listing;
use crate::metric_summary;
use crate::stored::{self, Edited, Listing, Members, Shown, Stored};
use crate::timestamp;
use crate::trial::TRIAL;

pub(crate) static TRIAL_COMPONENT: Stored = Stored {
    kind: ResourceKind::TrialComponent,
    name_member: "TrialComponentName",
    arn_member: "TrialComponentArn",
    kept: &[
        "TrialComponentName",
        "DisplayName",
        "Status",
        "StartTime",
        "EndTime",
        "Parameters",
        "InputArtifacts",
        "OutputArtifacts",
        "MetadataProperties",
    ],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::LastModifiedTime,
        Shown::LastModifiedBy,
    ],
    attributes,
    list: Listing {
        items: "TrialComponentSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[("SourceArn", "SourceArn")],
    },
};

/// The trials of a component, in its row: `[{"TrialName": …, "ExperimentName": …}]`.
const PARENTS: &str = "Parents";

const MAPS: [MapMember; 3] = [
    MapMember {
        member: "Parameters",
        to_remove: "ParametersToRemove",
        most: 300,
    },
    MapMember {
        member: "InputArtifacts",
        to_remove: "InputArtifactsToRemove",
        most: 60,
    },
    MapMember {
        member: "OutputArtifacts",
        to_remove: "OutputArtifactsToRemove",
        most: 60,
    },
];

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for parent in body
        .get(PARENTS)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(name) = parent.get("TrialName").and_then(Value::as_str) {
            attributes.extend([of_trial(name)]);
        }
        if let Some(name) = parent.get("ExperimentName").and_then(Value::as_str) {
            attributes.extend([of_experiment(name)]);
        }
    }
    attributes
}

/// The attribute of components of a trial.
pub(crate) fn of_trial(name: &str) -> (String, String) {
    (format!("TrialName {name}"), "yes".to_owned())
}

/// The attribute of components of any trial of an experiment.
pub(crate) fn of_experiment(name: &str) -> (String, String) {
    (format!("ExperimentName {name}"), "yes".to_owned())
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "TrialComponentName",
            "TrialComponentArn",
            "DisplayName",
            "Status",
            "StartTime",
            "EndTime",
            "CreationTime",
            "CreatedBy",
            "LastModifiedTime",
            "LastModifiedBy",
        ],
    )
}

/// What Search shows: with metrics, and with the trials that Describe does not name.
pub(crate) fn record(component: &Resource) -> Members {
    let mut members = TRIAL_COMPONENT.describe(component);
    metric_summary::show(&mut members, &component.arn);
    members
}

pub(crate) fn trial_names(component: &Resource) -> Vec<&str> {
    let parents = component.body.get(PARENTS).and_then(Value::as_array);
    parents
        .into_iter()
        .flatten()
        .filter_map(|parent| parent.get("TrialName").and_then(Value::as_str))
        .collect()
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateTrialComponent")?;
    let mut draft = TRIAL_COMPONENT.draft(&input)?;
    draft.body = lineage::with_display_name(draft.body, &draft.name);
    as_seconds(&mut draft.body)?;
    let component = stored::insert(&deed, &TRIAL_COMPONENT, draft).await?;
    Ok(json!({"TrialComponentArn": component.arn}))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeTrialComponent")?;
    let name = TRIAL_COMPONENT.name(&input)?;
    let name = lineage::name_of(&deed, TRIAL_COMPONENT.kind, name)?;
    let component = stored::get(&deed, &TRIAL_COMPONENT, &name).await?;
    let mut members = record(&component);
    members.shift_remove(PARENTS);
    Ok(Value::Object(members))
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListTrialComponents")?;
    let mut attributes = Vec::new();
    if let Some(name) = input.get("ExperimentName").and_then(Value::as_str) {
        stored::get(&deed, &EXPERIMENT, name).await?;
        attributes.push(of_experiment(name));
    }
    if let Some(name) = input.get("TrialName").and_then(Value::as_str) {
        stored::get(&deed, &TRIAL, name).await?;
        attributes.push(of_trial(name));
    }
    let input = lineage::with_list_names(input);
    listing::list_where(&deed, &TRIAL_COMPONENT, &input, attributes).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateTrialComponent")?;
    let name = TRIAL_COMPONENT.name(&input)?;
    let component = stored::change(&deed, &TRIAL_COMPONENT, name, |component| {
        if let Value::Object(body) = &mut component.body {
            let members = ["DisplayName", "Status", "StartTime", "EndTime"];
            lineage::take_over(body, &input, &members);
            as_seconds(body)?;
            for of in MAPS {
                lineage::update_map(body, &input, of)?;
            }
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"TrialComponentArn": component.arn}))
}

/// Refused while the component is part of a trial. Its associations go with it.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteTrialComponent")?;
    let name = TRIAL_COMPONENT.name(&input)?;
    let key = TRIAL_COMPONENT.key(&deed, name);
    let mut unit = app.store.begin().await?;
    let component = resource::lock(&mut unit, key)
        .await?
        .ok_or_else(|| TRIAL_COMPONENT.missing(name))?;
    if !trial_names(&component).is_empty() {
        return Err(Fault::invalid(format!(
            "Trial component {name} is associated with a trial. Disassociate the trial component \
             from all trials before you delete it."
        )));
    }
    association::delete_edges(&mut unit, &deed, &component.arn).await?;
    stored::delete_in(&mut unit, &deed, key, |_| Ok(())).await?;
    unit.commit().await?;
    Ok(json!({"TrialComponentArn": component.arn}))
}

/// Makes a component part of a trial; once more changes nothing.
pub async fn associate(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:AssociateTrialComponent")?;
    let (name, trial_name) = (TRIAL_COMPONENT.name(&input)?, TRIAL.name(&input)?);
    let mut unit = app.store.begin().await?;
    // The trial stays until the component names it: deleting a trial takes the same lock.
    let trial = resource::lock(&mut unit, TRIAL.key(&deed, trial_name))
        .await?
        .ok_or_else(|| TRIAL.missing(trial_name))?;
    let key = TRIAL_COMPONENT.key(&deed, name);
    let (component, _) = stored::change_in(&mut unit, &deed, key, |component| {
        if trial_names(component).contains(&trial_name) {
            return Ok(Edited::Not);
        }
        let parent = json!({
            "TrialName": trial_name,
            "ExperimentName": trial.body.get("ExperimentName"),
        });
        with_parents(component, |parents| parents.push(parent));
        Ok(Edited::Yes)
    })
    .await?;
    unit.commit().await?;
    Ok(json!({"TrialComponentArn": component.arn, "TrialArn": trial.arn}))
}

pub async fn disassociate(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DisassociateTrialComponent")?;
    let (name, trial_name) = (TRIAL_COMPONENT.name(&input)?, TRIAL.name(&input)?);
    let trial = stored::get(&deed, &TRIAL, trial_name).await?;
    let component = stored::change(&deed, &TRIAL_COMPONENT, name, |component| {
        if !trial_names(component).contains(&trial_name) {
            return Err(TRIAL.missing(trial_name));
        }
        with_parents(component, |parents| {
            parents.retain(|parent| {
                parent.get("TrialName").and_then(Value::as_str) != Some(trial_name)
            });
        });
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"TrialComponentArn": component.arn, "TrialArn": trial.arn}))
}

fn with_parents(component: &mut Resource, edit: impl FnOnce(&mut Vec<Value>)) {
    let Value::Object(body) = &mut component.body else {
        return;
    };
    let mut parents = match body.get(PARENTS) {
        Some(Value::Array(parents)) => parents.clone(),
        _ => Vec::new(),
    };
    edit(&mut parents);
    if parents.is_empty() {
        body.shift_remove(PARENTS);
    } else {
        body.insert(PARENTS.to_owned(), Value::Array(parents));
    }
    component.attributes = attributes(body);
}

/// Times that came as text are kept as numbers, which is how they are answered.
fn as_seconds(body: &mut Members) -> Result<(), Fault> {
    for member in ["StartTime", "EndTime"] {
        if let Some(value) = body.get(member)
            && value.is_string()
        {
            let seconds = timestamp::seconds(timestamp::read(member, value)?);
            body.insert(member.to_owned(), seconds);
        }
    }
    Ok(())
}
