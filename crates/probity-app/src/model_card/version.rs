//! Reading a version of a card, and writing the next one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use probity_domain::document::model_card::{Content, Variant};
use probity_domain::resource::CardStatus;
use probity_store::Unit;
use probity_store::model_card_review::{self, CardReview};
use probity_store::model_card_version::{self, CardKey, CardText, CardTextFact};
use probity_store::resource::{self, Resource};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::around::followed;
use super::source::named_execution;
use super::{
    FOLLOWS, MODEL_CARD, MODEL_ID, OWNER, PACKAGE_GROUP, RISK_RATING, SHA256, VERSION, rules,
};
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::stored::{self, Edited, Members};

/// A version of a card as it was read.
#[derive(Clone, Debug)]
pub(crate) struct CardVersion {
    /// The card; its own version is what an edit expects.
    pub(crate) resource: Resource,
    pub(crate) version: i64,
    pub(crate) latest: i64,
    pub(crate) status: CardStatus,
    pub(crate) content: Content,
    /// The content as it was sent.
    pub(crate) text: String,
    pub(crate) sha256: String,
    pub(crate) created_ms: i64,
    pub(crate) created_by: String,
    /// Of the last step of the version.
    pub(crate) modified_ms: i64,
    pub(crate) modified_by: String,
}

/// A version without its text, with its state.
#[derive(Clone, Debug)]
pub(super) struct VersionRow {
    pub(super) fact: CardTextFact,
    pub(super) status: CardStatus,
    pub(super) modified_ms: i64,
}

pub(super) fn key<'a>(deed: &Deed<'a>, card: &'a str) -> CardKey<'a> {
    CardKey {
        region: deed.region,
        card,
    }
}

/// `card` is a name or an ARN.
pub(super) async fn resource_of(deed: &Deed<'_>, card: &str) -> Result<Resource, Fault> {
    let name = lineage::name_of(deed, MODEL_CARD.kind, card)?;
    stored::get(deed, &MODEL_CARD, &name).await
}

/// The latest version where none is named.
pub(crate) async fn read(
    deed: &Deed<'_>,
    card: &str,
    wanted: Option<i64>,
) -> Result<CardVersion, Fault> {
    let resource = resource_of(deed, card).await?;
    let latest = latest_of(&resource);
    let version = wanted.unwrap_or(latest);
    let text = model_card_version::get(&deed.app.store, key(deed, &resource.name), version).await?;
    let Some(text) = text else {
        return Err(Fault::missing(format!(
            "Model card {} has no version {version}; the latest is {latest}.",
            resource.name
        )));
    };
    let last = match version == latest {
        true => last_of(&resource)?,
        false => {
            let reviews = model_card_review::list(&deed.app.store, key(deed, &resource.name));
            last_step(&reviews.await?, &resource, version)?
        }
    };
    card_version(resource, text, last)
}

/// The latest versions of cards that were read, without those that were deleted meanwhile.
pub(super) async fn latest_of_each(
    deed: &Deed<'_>,
    rows: Vec<Resource>,
) -> Result<Vec<CardVersion>, Fault> {
    let wanted = rows.iter().map(|row| (row.name.as_str(), latest_of(row)));
    let wanted: Vec<(&str, i64)> = wanted.collect();
    let texts = model_card_version::get_each(&deed.app.store, deed.region, &wanted).await?;
    let mut texts: HashMap<String, CardText> = texts.into_iter().collect();
    let mut cards = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(text) = texts.remove(&row.name) else {
            continue;
        };
        let last = last_of(&row)?;
        cards.push(card_version(row, text, last)?);
    }
    Ok(cards)
}

/// The state of the latest version.
fn last_of(resource: &Resource) -> Result<LastStep, Fault> {
    Ok(LastStep {
        status: status_of(resource)?,
        at_ms: resource.modified_ms,
        actor: resource.modified_by.clone(),
    })
}

fn card_version(resource: Resource, text: CardText, last: LastStep) -> Result<CardVersion, Fault> {
    Ok(CardVersion {
        status: last.status,
        modified_ms: last.at_ms,
        modified_by: last.actor,
        version: text.version,
        latest: latest_of(&resource),
        content: kept_content(&resource, &text)?,
        text: text.content,
        sha256: text.sha256,
        created_ms: text.created_ms,
        created_by: text.created_by,
        resource,
    })
}

/// What was accepted once is read again, whatever is refused today; but what was approved is not
/// what somebody wrote into the database since.
fn kept_content(resource: &Resource, text: &CardText) -> Result<Content, Fault> {
    let doing = || format!("read version {} of `{}`", text.version, resource.arn);
    let found = sha256(&text.content);
    if found != text.sha256 {
        let kept = text.sha256.clone();
        return Err(Fault::internal(doing(), OtherText { kept, found }));
    }
    Content::parse(&text.content, Variant::Card).map_err(|source| Fault::internal(doing(), source))
}

#[derive(Debug, Error)]
#[error(
    "its text was changed in the database after it was written: it has the hash {found}, and had \
     {kept}; restore it from a backup"
)]
struct OtherText {
    kept: String,
    found: String,
}

fn latest_of(resource: &Resource) -> i64 {
    resource
        .body
        .get(VERSION)
        .and_then(Value::as_i64)
        .unwrap_or(1)
}

pub(super) fn status_of(resource: &Resource) -> Result<CardStatus, Fault> {
    CardStatus::parse(&resource.status).ok_or_else(|| damaged(resource, &resource.status))
}

fn damaged(resource: &Resource, status: &str) -> Fault {
    let doing = format!("read `{}`", resource.arn);
    Fault::internal(doing, UnknownStatus(status.to_owned()))
}

#[derive(Debug, Error)]
#[error("the database holds an unknown status, `{0}`")]
struct UnknownStatus(String);

/// The state of a version, since when, and by whom.
struct LastStep {
    status: CardStatus,
    at_ms: i64,
    actor: String,
}

fn last_step(reviews: &[CardReview], resource: &Resource, version: i64) -> Result<LastStep, Fault> {
    let step = reviews.iter().rfind(|step| step.version == version);
    let status = step.map_or("", |step| step.after_status.as_str());
    let status = CardStatus::parse(status).ok_or_else(|| damaged(resource, status))?;
    Ok(LastStep {
        status,
        at_ms: step.map_or(resource.created_ms, |step| step.at_ms),
        actor: step
            .map_or(&resource.created_by, |step| &step.actor)
            .clone(),
    })
}

/// All versions of a card, the newest first.
pub(super) async fn facts(deed: &Deed<'_>, card: &str) -> Result<Vec<VersionRow>, Fault> {
    let resource = stored::get(deed, &MODEL_CARD, card).await?;
    let reviews = model_card_review::list(&deed.app.store, key(deed, card)).await?;
    let facts = model_card_version::facts(&deed.app.store, key(deed, card)).await?;
    rows_of(&resource, (&reviews, facts))
}

/// Versions as they are kept, with their states by the card's steps.
pub(super) fn rows_of(
    resource: &Resource,
    (reviews, facts): (&[CardReview], Vec<CardTextFact>),
) -> Result<Vec<VersionRow>, Fault> {
    let rows = facts.into_iter().map(|fact| {
        let last = last_step(reviews, resource, fact.version)?;
        Ok(VersionRow {
            fact,
            status: last.status,
            modified_ms: last.at_ms,
        })
    });
    rows.collect()
}

/// Content that a caller sent.
pub(super) fn parse(text: &str) -> Result<Content, Fault> {
    Content::parse(text, Variant::Card).map_err(|error| Fault::invalid(error.to_string()))
}

pub(super) fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the card's row knows of its content.
pub(super) fn describe_content(body: &mut Members, content: &Content, hash: &str) {
    let card = content.card();
    let group = card
        .package
        .as_ref()
        .and_then(|package| package.group.clone());
    let rating = card.intended_uses.risk_rating;
    for (member, value) in [
        (MODEL_ID, content.model_id().map(str::to_owned)),
        (RISK_RATING, rating.map(|rating| rating.as_str().to_owned())),
        (PACKAGE_GROUP, group),
        (OWNER, card.overview.owner.clone()),
        (SHA256, Some(hash.to_owned())),
    ] {
        match value {
            Some(value) => body.insert(member.to_owned(), Value::from(value)),
            None => body.shift_remove(member),
        };
    }
    body.retain(|member, _| !member.starts_with(FOLLOWS));
    for (schedule, runs) in follows(content) {
        body.insert(format!("{FOLLOWS}{schedule}"), runs.into());
    }
}

/// Executions that evaluations were taken from, by the schedules that they follow. Two of one
/// schedule are enough to know that it has a later one: values stay short, as they are in an index.
fn follows(content: &Content) -> BTreeMap<String, String> {
    let mut runs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for evaluation in &content.card().evaluations {
        let Some(binding) = evaluation.binding() else {
            continue;
        };
        let own = binding.source.as_deref().and_then(named_execution);
        if let (Some(schedule), Some((_, id))) = (followed(&binding), own) {
            runs.entry(schedule).or_default().insert(id);
        }
    }
    let short = |ids: BTreeSet<String>| ids.into_iter().take(2).collect::<Vec<_>>().join(" ");
    runs.into_iter()
        .map(|(schedule, ids)| (schedule, short(ids)))
        .collect()
}

/// The content of a new version, and why it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewContent<'a> {
    pub(crate) content: &'a Content,
    /// As it is going to be kept.
    pub(crate) text: &'a str,
    pub(crate) reason: Option<&'a str>,
}

/// Writes the next version of the card that was read as `before`, and answers its number. Refused
/// with a conflict where somebody else changed the card since.
pub(crate) async fn write_content(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (before, new): (&CardVersion, NewContent<'_>),
) -> Result<i64, Fault> {
    let name = &before.resource.name;
    let was = status_of(&before.resource)?;
    rules::permit_edit(deed, was)?;
    let status = rules::status_after_edit(deed, was);
    let next = before.latest + 1;
    let hash = sha256(new.text);
    let deed = deed.because(new.reason);
    stored::change_in(unit, &deed, MODEL_CARD.key(&deed, name), |card| {
        expect_unchanged(card, &before.resource)?;
        if let Value::Object(body) = &mut card.body {
            body.insert(VERSION.to_owned(), next.into());
            describe_content(body, new.content, &hash);
            card.attributes = (MODEL_CARD.attributes)(body);
        }
        card.status = status.as_str().to_owned();
        Ok(Edited::Yes)
    })
    .await?;
    super::claim_model(unit, &deed, (name, new.content.model_id())).await?;
    let text = CardText {
        version: next,
        content: new.text.to_owned(),
        sha256: hash,
        created_ms: deed.now_ms,
        created_by: deed.actor.to_owned(),
        reason: new.reason.map(str::to_owned),
    };
    model_card_version::insert(unit, key(&deed, name), &text).await?;
    let first = CardReview {
        version: next,
        before_status: String::new(),
        after_status: status.as_str().to_owned(),
        at_ms: deed.now_ms,
        actor: deed.actor.to_owned(),
        comment: new.reason.map(str::to_owned),
    };
    model_card_review::append(unit, key(&deed, name), &first).await?;
    Ok(next)
}

pub(super) fn expect_unchanged(now: &Resource, read: &Resource) -> Result<(), Fault> {
    match now.version == read.version {
        true => Ok(()),
        false => Err(changed_meanwhile(&read.name)),
    }
}

pub(super) fn changed_meanwhile(name: &str) -> Fault {
    Fault::Conflict {
        message: format!(
            "model card {name} has changed meanwhile: read it again, and apply your change to \
             what it says now"
        ),
    }
}

/// The version that a caller says to have read.
pub(super) fn expect_version(card: &CardVersion, input: &Value) -> Result<(), Fault> {
    match input.get("ExpectedVersion").and_then(Value::as_i64) {
        Some(expected) if expected != card.latest => Err(changed_meanwhile(&card.resource.name)),
        Some(_) | None => Ok(()),
    }
}

/// Whether a resource of this name is there.
pub(super) async fn is_there(deed: &Deed<'_>, name: &str) -> Result<bool, Fault> {
    let found = resource::get(&deed.app.store, MODEL_CARD.key(deed, name)).await?;
    Ok(found.is_some())
}
