//! Create, describe, list, change and delete, for kinds of resources that differ in a description
//! only. What a kind does beyond that stands in its own module.
//!
//! A resource's body is its create request without what is kept elsewhere (tags, idempotency
//! tokens). Describe shows the body and what the row adds: ARN, times, state.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::job::{self, NewJob};
use probity_store::resource::{
    self, Deleted, Inserted, Replaced, Resource, ResourceKey, SortBy, SortOrder,
};
use probity_store::{Unit, tag};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::tags;
use crate::timestamp;

/// A document: members in the words of the SageMaker API.
pub(crate) type Members = Map<String, Value>;

/// One kind of resource.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) kind: ResourceKind,
    /// Names a resource of this kind in requests: `ModelName`.
    pub(crate) name_member: &'static str,
    pub(crate) arn_member: &'static str,
    /// Members of the create request that are kept, and shown as they came.
    pub(crate) kept: &'static [&'static str],
    /// What Describe adds of the row.
    pub(crate) shown: &'static [Shown],
    /// What lists filter by, of the body.
    pub(crate) attributes: fn(&Members) -> BTreeMap<String, String>,
    pub(crate) list: Listing,
}

/// What Describe adds to the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    CreationTime,
    LastModifiedTime,
    /// The state, as the member of that name.
    Status(&'static str),
    /// As a user context.
    CreatedBy,
    LastModifiedBy,
}

/// How a kind is listed.
#[derive(Debug)]
pub(crate) struct Listing {
    /// Holds the summaries: `Models`.
    pub(crate) items: &'static str,
    /// A summary, of what Describe shows.
    pub(crate) summary: fn(&Members) -> Members,
    pub(crate) sort_by: SortBy,
    pub(crate) order: SortOrder,
    /// Members of the list request that ask for an attribute's value, and that attribute.
    pub(crate) filters: &'static [(&'static str, &'static str)],
}

/// A resource that is about to be.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) status: &'static str,
    pub(crate) body: Members,
    pub(crate) tags: Vec<(String, String)>,
    /// Done when the resource is there.
    pub(crate) job: Option<NewJob>,
}

/// What an edit did.
#[derive(Debug)]
pub(crate) enum Edited {
    /// Nothing: no new version, no event.
    Not,
    Yes,
    /// And there is work to do.
    WithJob(NewJob),
}

/// For kinds whose lists filter by nothing of the body.
pub(crate) fn no_attributes(_: &Members) -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// The members of `names` that `document` has.
pub(crate) fn pick(document: &Members, names: &[&str]) -> Members {
    let picked = names.iter().filter_map(|name| {
        let value = document.get(*name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    });
    picked.collect()
}

/// The body as a type, which every body that was written here fits.
pub(crate) fn read_body<T: DeserializeOwned>(resource: &Resource) -> Result<T, Fault> {
    serde_json::from_value(resource.body.clone())
        .map_err(|source| Fault::internal(format!("read `{}`", resource.arn), source))
}

/// The reverse of [`read_body`].
pub(crate) fn write_body(resource: &mut Resource, body: &impl Serialize) -> Result<(), Fault> {
    resource.body = serde_json::to_value(body)
        .map_err(|source| Fault::internal(format!("write `{}`", resource.arn), source))?;
    Ok(())
}

/// A text member that the service model has checked to be there.
pub(crate) fn text<'a>(input: &'a Value, member: &str) -> Result<&'a str, Fault> {
    input
        .get(member)
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::invalid(format!("{member} is missing")))
}

impl Stored {
    /// The name that a request is about.
    pub(crate) fn name<'a>(&self, input: &'a Value) -> Result<&'a str, Fault> {
        text(input, self.name_member)
    }

    pub(crate) fn key<'a>(&self, deed: &Deed<'a>, name: &'a str) -> ResourceKey<'a> {
        ResourceKey {
            kind: self.kind,
            region: deed.region,
            name,
        }
    }

    pub(crate) fn missing(&self, name: &str) -> Fault {
        Fault::NotFound {
            kind: self.kind,
            name: name.to_owned(),
        }
    }

    /// What a create request asks for, in no state and without work to do.
    pub(crate) fn draft(&self, input: &Value) -> Result<Draft, Fault> {
        let body = match input {
            Value::Object(members) => pick(members, self.kept),
            _ => Members::new(),
        };
        Ok(Draft {
            name: self.name(input)?.to_owned(),
            status: "",
            body,
            tags: tags::of_request(input)?,
            job: None,
        })
    }

    /// What Describe shows.
    pub(crate) fn describe(&self, resource: &Resource) -> Members {
        let mut members = match &resource.body {
            Value::Object(body) => body.clone(),
            _ => Members::new(),
        };
        members.insert(
            self.arn_member.to_owned(),
            Value::from(resource.arn.as_str()),
        );
        for shown in self.shown {
            let (member, value) = match *shown {
                Shown::CreationTime => ("CreationTime", timestamp::seconds(resource.created_ms)),
                Shown::LastModifiedTime => {
                    ("LastModifiedTime", timestamp::seconds(resource.modified_ms))
                }
                Shown::Status(member) => (member, Value::from(resource.status.as_str())),
                Shown::CreatedBy => ("CreatedBy", user_context(resource, &resource.created_by)),
                Shown::LastModifiedBy => (
                    "LastModifiedBy",
                    user_context(resource, &resource.modified_by),
                ),
            };
            members.insert(member.to_owned(), value);
        }
        members
    }
}

/// Who did it, as the API's `UserContext`.
pub(crate) fn user_context(resource: &Resource, user: &str) -> Value {
    let account = resource.arn.split(':').nth(4).unwrap_or_default();
    json!({
        "UserProfileName": user,
        "IamIdentity": {
            "Arn": format!("arn:aws:iam::{account}:user/{user}"),
            "PrincipalId": user,
        },
    })
}

/// Creates what `input` asks for, and answers with its ARN.
pub(crate) async fn create(
    deed: &Deed<'_>,
    stored: &Stored,
    input: &Value,
) -> Result<Value, Fault> {
    let resource = insert(deed, stored, stored.draft(input)?).await?;
    Ok(json!({ stored.arn_member: resource.arn }))
}

/// Writes a draft in a transaction of its own.
pub(crate) async fn insert(
    deed: &Deed<'_>,
    stored: &Stored,
    draft: Draft,
) -> Result<Resource, Fault> {
    let works = draft.job.is_some();
    let mut unit = deed.app.store.begin().await?;
    let resource = insert_in(&mut unit, deed, stored, draft).await?;
    unit.commit().await?;
    if works {
        deed.app.jobs.notify_one();
    }
    Ok(resource)
}

/// Writes a draft together with what else `unit` writes. Whoever commits rings `app.jobs` where
/// the draft has a job.
pub(crate) async fn insert_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    stored: &Stored,
    draft: Draft,
) -> Result<Resource, Fault> {
    let arn = deed.arn(format!("{}/{}", stored.kind.arn_type(), draft.name));
    let resource = Resource {
        kind: stored.kind,
        region: deed.region.to_owned(),
        name: draft.name,
        arn: arn.to_string(),
        version: 1,
        status: draft.status.to_owned(),
        created_ms: deed.now_ms,
        modified_ms: deed.now_ms,
        created_by: deed.actor.to_owned(),
        modified_by: deed.actor.to_owned(),
        attributes: (stored.attributes)(&draft.body),
        body: Value::Object(draft.body),
    };
    match resource::insert(unit, &resource).await? {
        Inserted::Yes => {}
        Inserted::Exists => {
            return Err(Fault::Exists {
                kind: stored.kind,
                name: resource.name,
            });
        }
    }
    tag::put(unit, &resource.arn, &draft.tags).await?;
    event::record(unit, deed, &resource.arn, event::created(&resource)).await?;
    if let Some(new_job) = &draft.job {
        job::enqueue(unit, new_job).await?;
    }
    Ok(resource)
}

/// The resource that a request names.
pub(crate) async fn get(deed: &Deed<'_>, stored: &Stored, name: &str) -> Result<Resource, Fault> {
    resource::get(&deed.app.store, stored.key(deed, name))
        .await?
        .ok_or_else(|| stored.missing(name))
}

pub(crate) async fn describe(
    deed: &Deed<'_>,
    stored: &Stored,
    input: &Value,
) -> Result<Value, Fault> {
    let resource = get(deed, stored, stored.name(input)?).await?;
    Ok(Value::Object(stored.describe(&resource)))
}

/// Changes the resource called `name` as `edit` says, which sees it as it stands inside the
/// transaction. `edit` leaves identity, times, attributes and version to this function.
pub(crate) async fn change(
    deed: &Deed<'_>,
    stored: &Stored,
    name: &str,
    edit: impl FnOnce(&mut Resource) -> Result<Edited, Fault>,
) -> Result<Resource, Fault> {
    let mut unit = deed.app.store.begin().await?;
    let (resource, works) = change_in(&mut unit, deed, stored.key(deed, name), |resource| {
        let edited = edit(resource)?;
        if let Value::Object(body) = &resource.body {
            resource.attributes = (stored.attributes)(body);
        }
        Ok(edited)
    })
    .await?;
    unit.commit().await?;
    if works {
        deed.app.jobs.notify_one();
    }
    Ok(resource)
}

/// The change inside a transaction; the second value tells whether a job was enqueued.
pub(crate) async fn change_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    key: ResourceKey<'_>,
    edit: impl FnOnce(&mut Resource) -> Result<Edited, Fault>,
) -> Result<(Resource, bool), Fault> {
    let Some(before) = resource::lock(unit, key).await? else {
        return Err(Fault::NotFound {
            kind: key.kind,
            name: key.name.to_owned(),
        });
    };
    let mut after = before.clone();
    let new_job = match edit(&mut after)? {
        Edited::Not => return Ok((before, false)),
        Edited::Yes => None,
        Edited::WithJob(new_job) => Some(new_job),
    };
    // Two changes within a millisecond, or a clock set back, must not make a list go backwards.
    after.modified_ms = deed.now_ms.max(before.modified_ms);
    after.modified_by = deed.actor.to_owned();
    match resource::replace(unit, &after).await? {
        Replaced::Yes => after.version += 1,
        Replaced::Stale => {
            return Err(Fault::Conflict {
                message: format!("{} `{}` has changed meanwhile", key.kind.as_str(), key.name),
            });
        }
    }
    event::record(unit, deed, &after.arn, event::changed(&before, &after)).await?;
    if let Some(new_job) = &new_job {
        job::enqueue(unit, new_job).await?;
    }
    Ok((after, new_job.is_some()))
}

/// Deletes the resource called `name`, if `allowed` says so of it as it stands.
pub(crate) async fn delete(
    deed: &Deed<'_>,
    stored: &Stored,
    name: &str,
    allowed: impl FnOnce(&Resource) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut unit = deed.app.store.begin().await?;
    delete_in(&mut unit, deed, stored.key(deed, name), allowed).await?;
    unit.commit().await?;
    Ok(())
}

/// The deletion together with what else `unit` writes.
pub(crate) async fn delete_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    key: ResourceKey<'_>,
    allowed: impl FnOnce(&Resource) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let missing = || Fault::NotFound {
        kind: key.kind,
        name: key.name.to_owned(),
    };
    let resource = resource::lock(unit, key).await?.ok_or_else(missing)?;
    allowed(&resource)?;
    match resource::delete(unit, key).await? {
        Deleted::Yes => {}
        Deleted::Missing => return Err(missing()),
    }
    event::record(unit, deed, &resource.arn, event::deleted(&resource)).await
}
