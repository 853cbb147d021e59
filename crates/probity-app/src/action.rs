//! Actions: what was done, as a step of a workflow, a deployment or an approval.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::association;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::stored::{self, Edited, Listing, Members, Shown, Stored};

pub(crate) static ACTION: Stored = Stored {
    kind: ResourceKind::Action,
    name_member: "ActionName",
    arn_member: "ActionArn",
    kept: &[
        "ActionName",
        "Source",
        "ActionType",
        "Description",
        "Status",
        "Properties",
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
        items: "ActionSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[("SourceUri", "SourceUri"), ("ActionType", "ActionType")],
    },
};

fn attributes(body: &Members) -> BTreeMap<String, String> {
    lineage::entity_attributes(body, "ActionType")
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ActionArn",
            "ActionName",
            "Source",
            "ActionType",
            "Status",
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateAction")?;
    stored::create(&deed, &ACTION, &input).await
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeAction")?;
    let input = lineage::with_name(&deed, ACTION.kind, "ActionName", input)?;
    stored::describe(&deed, &ACTION, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListActions")?;
    listing::list(&deed, &ACTION, &lineage::with_list_names(input)).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateAction")?;
    let action = stored::change(&deed, &ACTION, ACTION.name(&input)?, |action| {
        if let Value::Object(body) = &mut action.body {
            lineage::take_over(body, &input, &["Description", "Status"]);
            lineage::update_map(body, &input, lineage::PROPERTIES)?;
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ActionArn": action.arn}))
}

/// With its associations.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteAction")?;
    let arn = association::delete_entity(&deed, &ACTION, ACTION.name(&input)?).await?;
    Ok(json!({"ActionArn": arn}))
}
