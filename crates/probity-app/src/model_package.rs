//! Model packages: registered models. Most are versions of a group and named `group/3`; one
//! without a group has a name of its own.
//!
//! Source: the model registry pages of the SageMaker developer guide, and CreateModelPackage,
//! UpdateModelPackage and ListModelPackages in the API reference.

mod card;
mod create;
mod reference;
mod update;

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::resource::{self, Resource, SortBy, SortOrder};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::model_package_group::MODEL_PACKAGE_GROUP;
use crate::stored::{self, Listing, Members, Shown, Stored};

pub use create::create;
pub(crate) use reference::find;
pub use update::update;

pub(crate) static MODEL_PACKAGE: Stored = Stored {
    kind: ResourceKind::ModelPackage,
    name_member: "ModelPackageName",
    arn_member: "ModelPackageArn",
    kept: &[
        "ModelPackageDescription",
        "ModelPackageRegistrationType",
        "InferenceSpecification",
        "ValidationSpecification",
        "SourceAlgorithmSpecification",
        "CertifyForMarketplace",
        "ModelApprovalStatus",
        "MetadataProperties",
        "ModelMetrics",
        "Domain",
        "Task",
        "SamplePayloadUrl",
        "CustomerMetadataProperties",
        "DriftCheckBaselines",
        "AdditionalInferenceSpecifications",
        "SkipModelValidation",
        "SourceUri",
        "SecurityConfig",
        "ModelCard",
        "ModelLifeCycle",
        "ManagedStorageType",
    ],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::LastModifiedTime,
        Shown::LastModifiedBy,
        Shown::Status("ModelPackageStatus"),
    ],
    attributes,
    list: Listing {
        items: "ModelPackageSummaryList",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Ascending,
        filters: &[("ModelApprovalStatus", "ModelApprovalStatus")],
    },
};

/// Members of the row that Describe does not show: the tokens of the requests that made it what it
/// is, so that a request that comes twice is done once.
const CREATE_TOKEN: &str = "probity:ClientToken";
const CREATE_REQUEST: &str = "probity:CreateRequest";
const UPDATE_REQUEST: &str = "probity:UpdateRequest";

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    for member in ["ModelPackageGroupName", "ModelApprovalStatus", CREATE_TOKEN] {
        if let Some(value) = body.get(member).and_then(Value::as_str) {
            attributes.insert(member.to_owned(), value.to_owned());
        }
    }
    let kind = match body.contains_key("ModelPackageGroupName") {
        true => "Versioned",
        false => "Unversioned",
    };
    attributes.insert("ModelPackageType".to_owned(), kind.to_owned());
    attributes
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ModelPackageName",
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageArn",
            "ModelPackageDescription",
            "CreationTime",
            "ModelPackageStatus",
            "ModelApprovalStatus",
            "ModelLifeCycle",
            "ModelPackageRegistrationType",
        ],
    )
}

/// What Describe and Search show.
pub(crate) fn record(package: &Resource) -> Members {
    let mut members = MODEL_PACKAGE.describe(package);
    members.retain(|name, _| !name.starts_with("probity:"));
    // Nothing is scanned or validated here.
    members.insert(
        "ModelPackageStatusDetails".to_owned(),
        json!({"ValidationStatuses": [], "ImageScanStatuses": []}),
    );
    members
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeModelPackage")?;
    let package = find(&deed, MODEL_PACKAGE.name(&input)?).await?;
    let mut members = record(&package);
    // It leaves out what AWS may have encrypted with a customer's key.
    if input.get("IncludedData").and_then(Value::as_str) == Some("MetadataOnly") {
        card::reduce(&mut members);
    }
    Ok(Value::Object(members))
}

/// Without a type, versions of the group that is named, else packages without a group.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModelPackages")?;
    let mut attributes = Vec::new();
    let group = input.get("ModelPackageGroupName").and_then(Value::as_str);
    if let Some(group) = group {
        let name = lineage::name_of(&deed, MODEL_PACKAGE_GROUP.kind, group)?;
        stored::get(&deed, &MODEL_PACKAGE_GROUP, &name).await?;
        attributes.push(("ModelPackageGroupName".to_owned(), name));
    }
    let kind = match (input.get("ModelPackageType").and_then(Value::as_str), group) {
        (Some("Both"), _) => None,
        (Some("Versioned"), _) | (None, Some(_)) => Some("Versioned"),
        (Some(_) | None, _) => Some("Unversioned"),
    };
    if let Some(kind) = kind {
        attributes.push(("ModelPackageType".to_owned(), kind.to_owned()));
    }
    listing::list_where(&deed, &MODEL_PACKAGE, &input, attributes).await
}

pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteModelPackage")?;
    let name = reference::name_of(&deed, MODEL_PACKAGE.name(&input)?)?;
    stored::delete(&deed, &MODEL_PACKAGE, &name, |_| Ok(())).await?;
    Ok(json!({}))
}

/// Many at once: what is not there is told, and the rest answered.
pub async fn batch_describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:BatchDescribeModelPackage")?;
    let (mut found, mut faults) = (Map::new(), Map::new());
    let arns = input.get("ModelPackageArnList").and_then(Value::as_array);
    for arn in arns.into_iter().flatten().filter_map(Value::as_str) {
        let package = match reference::name_of(&deed, arn) {
            Ok(name) => resource::get(&app.store, MODEL_PACKAGE.key(&deed, &name)).await?,
            Err(_) => None,
        };
        match package {
            Some(package) => {
                let described = record(&package);
                let mut members = summary(&described);
                members.extend(stored::pick(&described, &["InferenceSpecification"]));
                for member in ["ModelPackageName", "ModelLifeCycle"] {
                    members.shift_remove(member);
                }
                found.insert(arn.to_owned(), Value::Object(members));
            }
            None => {
                let fault = json!({
                    "ErrorCode": "ValidationException",
                    "ErrorResponse": format!("ModelPackage {arn} does not exist."),
                });
                faults.insert(arn.to_owned(), fault);
            }
        }
    }
    Ok(json!({
        "ModelPackageSummaries": found,
        "BatchDescribeModelPackageErrorMap": faults,
    }))
}
