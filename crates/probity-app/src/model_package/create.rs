//! Registering a package: the next version of a group, or one with a name of its own.

use probity_store::Unit;
use probity_store::resource::{self, ListResources, Resource};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CREATE_REQUEST, CREATE_TOKEN, MODEL_PACKAGE, card};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::model_package_group::{self, MODEL_PACKAGE_GROUP};
use crate::stored::{self, Draft, Edited, Members};
use crate::tags;

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModelPackage")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let mut draft = draft(&input)?;
    card::begin(&deed, &mut draft.body)?;
    let mut unit = app.store.begin().await?;
    let arn = match (text("ModelPackageName"), text("ModelPackageGroupName")) {
        (None, Some(group)) => {
            let group = lineage::name_of(&deed, MODEL_PACKAGE_GROUP.kind, group)?;
            version(&mut unit, &deed, draft, &group).await?
        }
        (Some(name), None) => unversioned(&mut unit, &deed, draft, name).await?,
        (Some(_), Some(_)) => {
            return Err(Fault::invalid(
                "Both ModelPackageName and ModelPackageGroupName were given: a version of a group \
                 has no name of its own",
            ));
        }
        (None, None) => {
            return Err(Fault::invalid(
                "Either ModelPackageName or ModelPackageGroupName must be provided",
            ));
        }
    };
    unit.commit().await?;
    Ok(json!({"ModelPackageArn": arn}))
}

/// The package without the name that it is going to have.
fn draft(input: &Value) -> Result<Draft, Fault> {
    let mut body = match input {
        Value::Object(members) => stored::pick(members, MODEL_PACKAGE.kept),
        _ => Members::new(),
    };
    if let Some(token) = input.get("ClientToken").and_then(Value::as_str) {
        body.insert(CREATE_TOKEN.to_owned(), Value::from(token));
        body.insert(CREATE_REQUEST.to_owned(), Value::from(fingerprint(input)));
    }
    Ok(Draft {
        name: String::new(),
        status: "Completed",
        body,
        tags: tags::of_request(input)?,
        job: None,
    })
}

/// What a request asks for, in few characters.
pub(super) fn fingerprint(input: &Value) -> String {
    let digest = Sha256::digest(input.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Under the group's lock: two versions never get the same number.
async fn version(
    unit: &mut Unit,
    deed: &Deed<'_>,
    mut draft: Draft,
    group: &str,
) -> Result<String, Fault> {
    let key = MODEL_PACKAGE_GROUP.key(deed, group);
    let mut number = None;
    let before = resource::lock(unit, key)
        .await?
        .ok_or_else(|| MODEL_PACKAGE_GROUP.missing(group))?;
    if let Some(token) = draft.body.get(CREATE_TOKEN).and_then(Value::as_str)
        && let Some(arn) = made_before(deed, &before, token, &draft).await?
    {
        return Ok(arn);
    }
    stored::change_in(unit, deed, key, |group| {
        number = model_package_group::next_version(group);
        Ok(Edited::Yes)
    })
    .await?;
    let number = number.ok_or_else(|| Fault::Limit {
        message: format!("no more versions fit into model package group {group}"),
    })?;
    draft.name = format!("{group}/{number}");
    let body = std::mem::take(&mut draft.body);
    for (member, value) in [
        ("ModelPackageName", Value::from(draft.name.as_str())),
        ("ModelPackageGroupName", Value::from(group)),
        ("ModelPackageVersion", Value::from(number)),
        ("ModelApprovalStatus", Value::from("PendingManualApproval")),
    ] {
        draft.body.insert(member.to_owned(), value);
    }
    draft.body.extend(body);
    Ok(stored::insert_in(unit, deed, &MODEL_PACKAGE, draft)
        .await?
        .arn)
}

/// The version that the same request has made already. Another request with its token is refused.
async fn made_before(
    deed: &Deed<'_>,
    group: &Resource,
    token: &str,
    draft: &Draft,
) -> Result<Option<String>, Fault> {
    let mut wanted = ListResources::all(MODEL_PACKAGE.kind, deed.region, 1);
    wanted.attributes = vec![
        ("ModelPackageGroupName".to_owned(), group.name.clone()),
        (CREATE_TOKEN.to_owned(), token.to_owned()),
    ];
    let page = resource::list(&deed.app.store, &wanted).await?;
    let Some(package) = page.items.first() else {
        return Ok(None);
    };
    if package.body.get(CREATE_REQUEST) == draft.body.get(CREATE_REQUEST) {
        return Ok(Some(package.arn.clone()));
    }
    Err(Fault::Conflict {
        message: format!(
            "ClientToken {token} was used for another model package: {}",
            package.arn
        ),
    })
}

async fn unversioned(
    unit: &mut Unit,
    deed: &Deed<'_>,
    mut draft: Draft,
    name: &str,
) -> Result<String, Fault> {
    if let Some(token) = draft.body.get(CREATE_TOKEN) {
        let there = resource::lock(unit, MODEL_PACKAGE.key(deed, name)).await?;
        if let Some(there) = there
            && there.body.get(CREATE_TOKEN) == Some(token)
            && there.body.get(CREATE_REQUEST) == draft.body.get(CREATE_REQUEST)
        {
            return Ok(there.arn);
        }
    }
    draft.name = name.to_owned();
    draft
        .body
        .insert("ModelPackageName".to_owned(), Value::from(name));
    Ok(stored::insert_in(unit, deed, &MODEL_PACKAGE, draft)
        .await?
        .arn)
}
