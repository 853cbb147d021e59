//! Contexts: what lineage is grouped by, as an endpoint or a model package group.

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

pub(crate) static CONTEXT: Stored = Stored {
    kind: ResourceKind::Context,
    name_member: "ContextName",
    arn_member: "ContextArn",
    kept: &[
        "ContextName",
        "Source",
        "ContextType",
        "Description",
        "Properties",
    ],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::LastModifiedTime,
        Shown::LastModifiedBy,
    ],
    attributes,
    list: Listing {
        items: "ContextSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[("SourceUri", "SourceUri"), ("ContextType", "ContextType")],
    },
};

fn attributes(body: &Members) -> BTreeMap<String, String> {
    lineage::entity_attributes(body, "ContextType")
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ContextArn",
            "ContextName",
            "Source",
            "ContextType",
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateContext")?;
    stored::create(&deed, &CONTEXT, &input).await
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeContext")?;
    let input = lineage::with_name(&deed, CONTEXT.kind, "ContextName", input)?;
    stored::describe(&deed, &CONTEXT, &input).await
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListContexts")?;
    listing::list(&deed, &CONTEXT, &lineage::with_list_names(input)).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateContext")?;
    let context = stored::change(&deed, &CONTEXT, CONTEXT.name(&input)?, |context| {
        if let Value::Object(body) = &mut context.body {
            lineage::take_over(body, &input, &["Description"]);
            lineage::update_map(body, &input, lineage::PROPERTIES)?;
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ContextArn": context.arn}))
}

/// With its associations.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteContext")?;
    let arn = association::delete_entity(&deed, &CONTEXT, CONTEXT.name(&input)?).await?;
    Ok(json!({"ContextArn": arn}))
}
