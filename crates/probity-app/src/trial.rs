//! Trials: steps of an experiment, each with its components.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::experiment::EXPERIMENT;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::sorted_page;
use crate::stored::{self, Edited, Listing, Members, Shown, Stored};
use crate::trial_component::{self, TRIAL_COMPONENT};

pub(crate) static TRIAL: Stored = Stored {
    kind: ResourceKind::Trial,
    name_member: "TrialName",
    arn_member: "TrialArn",
    kept: &[
        "TrialName",
        "DisplayName",
        "ExperimentName",
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
        items: "TrialSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[("ExperimentName", "ExperimentName")],
    },
};

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let experiment = body.get("ExperimentName").and_then(Value::as_str);
    experiment
        .map(|name| ("ExperimentName".to_owned(), name.to_owned()))
        .into_iter()
        .collect()
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "TrialArn",
            "TrialName",
            "DisplayName",
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateTrial")?;
    let experiment = EXPERIMENT.name(&input)?;
    let mut draft = TRIAL.draft(&input)?;
    draft.body = lineage::with_display_name(draft.body, &draft.name);
    let mut unit = app.store.begin().await?;
    resource::lock(&mut unit, EXPERIMENT.key(&deed, experiment))
        .await?
        .ok_or_else(|| EXPERIMENT.missing(experiment))?;
    let trial = stored::insert_in(&mut unit, &deed, &TRIAL, draft).await?;
    unit.commit().await?;
    Ok(json!({"TrialArn": trial.arn}))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeTrial")?;
    stored::describe(&deed, &TRIAL, &input).await
}

/// Of an experiment, or of a component, or both, or all.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListTrials")?;
    if let Some(name) = input.get("ExperimentName").and_then(Value::as_str) {
        stored::get(&deed, &EXPERIMENT, name).await?;
    }
    let input = lineage::with_list_names(input);
    let Some(component) = input.get("TrialComponentName").and_then(Value::as_str) else {
        return listing::list(&deed, &TRIAL, &input).await;
    };
    let component = stored::get(&deed, &TRIAL_COMPONENT, component).await?;
    sorted_page::list_of(&deed, &TRIAL, &input, trials_of(&deed, &component).await?)
}

/// A component is part of few trials: those that its own row names.
async fn trials_of(deed: &Deed<'_>, component: &Resource) -> Result<Vec<Resource>, Fault> {
    let mut trials = Vec::new();
    for name in trial_component::trial_names(component) {
        let key = TRIAL.key(deed, name);
        if let Some(trial) = resource::get(&deed.app.store, key).await? {
            trials.push(trial);
        }
    }
    Ok(trials)
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateTrial")?;
    let trial = stored::change(&deed, &TRIAL, TRIAL.name(&input)?, |trial| {
        if let Value::Object(body) = &mut trial.body {
            lineage::take_over(body, &input, &["DisplayName"]);
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"TrialArn": trial.arn}))
}

/// Refused while the trial has components.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteTrial")?;
    let name = TRIAL.name(&input)?;
    let key = TRIAL.key(&deed, name);
    let mut unit = app.store.begin().await?;
    let trial = resource::lock(&mut unit, key)
        .await?
        .ok_or_else(|| TRIAL.missing(name))?;
    let mut components = ListResources::all(TRIAL_COMPONENT.kind, deed.region, 1);
    components.attributes = vec![trial_component::of_trial(name)];
    if !resource::list(&app.store, &components)
        .await?
        .items
        .is_empty()
    {
        return Err(Fault::invalid(format!(
            "Trial {name} has trial components. Disassociate all trial components from the trial \
             before you delete it."
        )));
    }
    stored::delete_in(&mut unit, &deed, key, |_| Ok(())).await?;
    unit.commit().await?;
    Ok(json!({"TrialArn": trial.arn}))
}
