//! Artifacts: data, images and models that have an address. An address has one artifact, so its
//! ARN follows from it.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{SortBy, SortOrder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::association;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::stored::{self, Draft, Edited, Listing, Members, Shown, Stored};
use crate::tags;

pub(crate) static ARTIFACT: Stored = Stored {
    kind: ResourceKind::Artifact,
    name_member: "ArtifactArn",
    arn_member: "ArtifactArn",
    kept: &[
        "ArtifactName",
        "Source",
        "ArtifactType",
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
        items: "ArtifactSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[("SourceUri", "SourceUri"), ("ArtifactType", "ArtifactType")],
    },
};

fn attributes(body: &Members) -> BTreeMap<String, String> {
    lineage::entity_attributes(body, "ArtifactType")
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ArtifactArn",
            "ArtifactName",
            "Source",
            "ArtifactType",
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

/// 32 hexadecimal digits, as AWS's artifacts have.
fn id(source_uri: &str) -> String {
    let digest = Sha256::digest(source_uri);
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn source_uri(input: &Value) -> Option<&str> {
    input.get("Source")?.get("SourceUri")?.as_str()
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateArtifact")?;
    let uri = source_uri(&input).ok_or_else(|| Fault::invalid("Source.SourceUri is missing"))?;
    let draft = Draft {
        name: id(uri),
        status: "",
        body: match &input {
            Value::Object(members) => stored::pick(members, ARTIFACT.kept),
            _ => Members::new(),
        },
        tags: tags::of_request(&input)?,
        job: None,
    };
    let artifact = stored::insert(&deed, &ARTIFACT, draft).await?;
    Ok(json!({"ArtifactArn": artifact.arn}))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeArtifact")?;
    let id = lineage::name_of(&deed, ARTIFACT.kind, ARTIFACT.name(&input)?)?;
    let artifact = stored::get(&deed, &ARTIFACT, &id).await?;
    Ok(Value::Object(ARTIFACT.describe(&artifact)))
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListArtifacts")?;
    listing::list(&deed, &ARTIFACT, &lineage::with_list_names(input)).await
}

pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateArtifact")?;
    let id = lineage::name_of(&deed, ARTIFACT.kind, ARTIFACT.name(&input)?)?;
    let artifact = stored::change(&deed, &ARTIFACT, &id, |artifact| {
        if let Value::Object(body) = &mut artifact.body {
            lineage::take_over(body, &input, &["ArtifactName"]);
            lineage::update_map(body, &input, lineage::PROPERTIES)?;
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ArtifactArn": artifact.arn}))
}

/// By ARN or by source; with its associations.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteArtifact")?;
    let id = match (
        input.get("ArtifactArn").and_then(Value::as_str),
        source_uri(&input),
    ) {
        (Some(arn), _) => lineage::name_of(&deed, ARTIFACT.kind, arn)?,
        (None, Some(uri)) => id(uri),
        (None, None) => {
            return Err(Fault::invalid(
                "Either ArtifactArn or Source must be specified",
            ));
        }
    };
    let arn = association::delete_entity(&deed, &ARTIFACT, &id).await?;
    Ok(json!({"ArtifactArn": arn}))
}
