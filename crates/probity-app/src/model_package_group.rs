//! Model package groups: the versions of one model, and who of other accounts may use them.

use probity_domain::ResourceKind;
use probity_store::resource::{self, ListResources, Resource, SortBy, SortOrder};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::listing;
use crate::model_package::MODEL_PACKAGE;
use crate::stored::{self, Edited, Listing, Members, Shown, Stored};

pub(crate) static MODEL_PACKAGE_GROUP: Stored = Stored {
    kind: ResourceKind::ModelPackageGroup,
    name_member: "ModelPackageGroupName",
    arn_member: "ModelPackageGroupArn",
    kept: &[
        "ModelPackageGroupName",
        "ModelPackageGroupDescription",
        "ManagedConfiguration",
    ],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::Status("ModelPackageGroupStatus"),
    ],
    attributes: stored::no_attributes,
    list: Listing {
        items: "ModelPackageGroupSummaryList",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Ascending,
        filters: &[],
    },
};

/// Members of the row that Describe does not show.
const POLICY: &str = "probity:ResourcePolicy";
const LAST_VERSION: &str = "probity:LastVersion";

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ModelPackageGroupName",
            "ModelPackageGroupArn",
            "ModelPackageGroupDescription",
            "CreationTime",
            "ModelPackageGroupStatus",
            "ManagedConfiguration",
        ],
    )
}

/// What Describe and Search show.
pub(crate) fn record(group: &Resource) -> Members {
    let mut members = MODEL_PACKAGE_GROUP.describe(group);
    members.retain(|name, _| !name.starts_with("probity:"));
    members
}

/// The number of the group's next version; numbers of deleted versions are not given again.
pub(crate) fn next_version(group: &mut Resource) -> Option<i64> {
    let Value::Object(body) = &mut group.body else {
        return None;
    };
    let last = body.get(LAST_VERSION).and_then(Value::as_i64).unwrap_or(0);
    let next = last.checked_add(1)?;
    body.insert(LAST_VERSION.to_owned(), Value::from(next));
    Some(next)
}

/// The group's name in a request that may give it as an ARN.
fn name_in(deed: &Deed<'_>, input: &Value) -> Result<String, Fault> {
    let text = MODEL_PACKAGE_GROUP.name(input)?;
    lineage::name_of(deed, MODEL_PACKAGE_GROUP.kind, text)
}

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModelPackageGroup")?;
    let mut draft = MODEL_PACKAGE_GROUP.draft(&input)?;
    draft.status = "Completed";
    let group = stored::insert(&deed, &MODEL_PACKAGE_GROUP, draft).await?;
    Ok(json!({"ModelPackageGroupArn": group.arn}))
}

pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeModelPackageGroup")?;
    let name = name_in(&deed, &input)?;
    let group = stored::get(&deed, &MODEL_PACKAGE_GROUP, &name).await?;
    Ok(Value::Object(record(&group)))
}

pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModelPackageGroups")?;
    if is_of_other_accounts(&input) {
        return Ok(json!({"ModelPackageGroupSummaryList": []}));
    }
    listing::list(&deed, &MODEL_PACKAGE_GROUP, &input).await
}

/// Whether a request asks for what other accounts share; there are none here.
pub(crate) fn is_of_other_accounts(input: &Value) -> bool {
    input
        .get("CrossAccountFilterOption")
        .and_then(Value::as_str)
        == Some("CrossAccount")
}

/// Refused while the group has versions. They are registered under the same lock.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteModelPackageGroup")?;
    let name = name_in(&deed, &input)?;
    let key = MODEL_PACKAGE_GROUP.key(&deed, &name);
    let mut unit = app.store.begin().await?;
    let group = resource::lock(&mut unit, key)
        .await?
        .ok_or_else(|| MODEL_PACKAGE_GROUP.missing(&name))?;
    let mut versions = ListResources::all(MODEL_PACKAGE.kind, deed.region, 1);
    versions.attributes = vec![("ModelPackageGroupName".to_owned(), name.clone())];
    if !resource::list(&app.store, &versions)
        .await?
        .items
        .is_empty()
    {
        return Err(Fault::Conflict {
            message: format!(
                "Model Package Group cannot be deleted because it still contains Model Packages: {}",
                group.arn
            ),
        });
    }
    stored::delete_in(&mut unit, &deed, key, |_| Ok(())).await?;
    unit.commit().await?;
    Ok(json!({}))
}

pub async fn put_policy(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:PutModelPackageGroupPolicy")?;
    let policy = stored::text(&input, "ResourcePolicy")?;
    if !serde_json::from_str::<Value>(policy).is_ok_and(|policy| policy.is_object()) {
        return Err(Fault::invalid(
            "ResourcePolicy is not a valid JSON policy document",
        ));
    }
    let name = name_in(&deed, &input)?;
    let group = stored::change(&deed, &MODEL_PACKAGE_GROUP, &name, |group| {
        if let Value::Object(body) = &mut group.body {
            body.insert(POLICY.to_owned(), Value::from(policy));
        }
        Ok(Edited::Yes)
    })
    .await?;
    Ok(json!({"ModelPackageGroupArn": group.arn}))
}

pub async fn get_policy(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:GetModelPackageGroupPolicy")?;
    let name = name_in(&deed, &input)?;
    let group = stored::get(&deed, &MODEL_PACKAGE_GROUP, &name).await?;
    let policy = group.body.get(POLICY).ok_or_else(|| no_policy(&group))?;
    Ok(json!({"ResourcePolicy": policy}))
}

pub async fn delete_policy(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteModelPackageGroupPolicy")?;
    let name = name_in(&deed, &input)?;
    stored::change(&deed, &MODEL_PACKAGE_GROUP, &name, |group| {
        let removed = match &mut group.body {
            Value::Object(body) => body.shift_remove(POLICY),
            _ => None,
        };
        removed.map(|_| Edited::Yes).ok_or_else(|| no_policy(group))
    })
    .await?;
    Ok(json!({}))
}

fn no_policy(group: &Resource) -> Fault {
    Fault::Missing {
        message: format!("Cannot find resource policy for: {}", group.arn),
    }
}
