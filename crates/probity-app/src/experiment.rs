//! Experiments: groups of trials.

use probity_domain::ResourceKind;
use probity_store::resource::{self, ListResources, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::association;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::stored::{self, Edited, Listing, Members, Shown, Stored};
use crate::trial;

pub(crate) static EXPERIMENT: Stored = Stored {
    kind: ResourceKind::Experiment,
    name_member: "ExperimentName",
    arn_member: "ExperimentArn",
    kept: &["ExperimentName", "DisplayName", "Description"],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::LastModifiedTime,
        Shown::LastModifiedBy,
    ],
    attributes: stored::no_attributes,
    list: Listing {
        items: "ExperimentSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ExperimentArn",
            "ExperimentName",
            "DisplayName",
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateExperiment")?;
    let mut draft = EXPERIMENT.draft(&input)?;
    draft.body = lineage::with_display_name(draft.body, &draft.name);
    let experiment = stored::insert(&deed, &EXPERIMENT, draft).await?;
    Ok(json!({"ExperimentArn": experiment.arn}))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeExperiment")?;
    stored::describe(&deed, &EXPERIMENT, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListExperiments")?;
    listing::list(&deed, &EXPERIMENT, &lineage::with_list_names(input)).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateExperiment")?;
    let name = EXPERIMENT.name(&input)?;
    let experiment = stored::change(&deed, &EXPERIMENT, name, |experiment| {
        if let Value::Object(body) = &mut experiment.body {
            lineage::take_over(body, &input, &["DisplayName", "Description"]);
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ExperimentArn": experiment.arn}))
}

/// Refused while the experiment has trials. Trials are made under the same lock, so none slips in.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteExperiment")?;
    let name = EXPERIMENT.name(&input)?;
    let key = EXPERIMENT.key(&deed, name);
    let mut unit = app.store.begin().await?;
    let experiment = resource::lock(&mut unit, key)
        .await?
        .ok_or_else(|| EXPERIMENT.missing(name))?;
    let mut trials = ListResources::all(trial::TRIAL.kind, deed.region, 1);
    trials.attributes = vec![("ExperimentName".to_owned(), name.to_owned())];
    if !resource::list(&app.store, &trials).await?.items.is_empty() {
        return Err(Fault::invalid(format!(
            "Experiment {name} has trials. Delete all trials of the experiment before you delete it."
        )));
    }
    association::delete_edges(&mut unit, &deed, &experiment.arn).await?;
    stored::delete_in(&mut unit, &deed, key, |_| Ok(())).await?;
    unit.commit().await?;
    Ok(json!({"ExperimentArn": experiment.arn}))
}
