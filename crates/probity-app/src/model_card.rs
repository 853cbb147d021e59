//! Model cards: documents about models, in versions that never change, with a status that does.
//!
//! Source: "Amazon SageMaker Model Cards" in the developer guide, and the card operations of the
//! API reference. The card is a resource; its texts and the steps of its review are rows of their
//! own. What the documentation leaves open is told in docs/api-quirks.md.

mod around;
mod autofill;
mod bind;
mod compare;
mod create;
mod desk;
mod dossier;
mod draft;
mod evidence;
pub mod export_job;
mod live;
mod overview;
pub(crate) mod review;
pub(crate) mod rules;
mod shelf;
mod source;
mod stamp;
mod subject;
mod update;
mod version;

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use probity_store::model_card_subject::{self, Claimed};
use probity_store::resource::{SortBy, SortOrder};
use probity_store::{Unit, model_card_review, model_card_version};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::sorted_page::{self, Key, Place};
use crate::stored::{self, Listing, Members, Shown, Stored};
use crate::timestamp;

pub use autofill::{FilledReport, Filling, RegisteredReport, filled, filling};
pub use bind::{
    BIND_TAG, WantedReport, add_tags, bind, create_bound, reports_of_tags, unbind, wanted_report,
};
pub use compare::{describe_changes, described_compliance};
pub use create::create;
pub use desk::{
    CommentWanted, PossibleStep, ReviewDesk, VersionChanges, changes_between, review_desk,
};
pub use dossier::{
    DossierRequest, ReportStates, bound_reports, bound_reports_of_server, content, dossier,
    dossier_of_server,
};
pub use draft::{DraftCheck, EditBase, LONGEST_CONTENT, check_draft, edit_base};
pub(crate) use live::captured;
pub use overview::{described_evidence, overview, reports_of_page};
pub use review::{list_reviews, review, review_by};
pub use shelf::{Shelf, ShelfQuery, reports_of_shelf, shelf};
pub use source::Origin;
pub use update::{edit, update, update_by};

pub(crate) static MODEL_CARD: Stored = Stored {
    kind: ResourceKind::ModelCard,
    name_member: "ModelCardName",
    arn_member: "ModelCardArn",
    kept: &["ModelCardName", "SecurityConfig"],
    shown: &[
        Shown::CreationTime,
        Shown::CreatedBy,
        Shown::LastModifiedTime,
        Shown::LastModifiedBy,
        Shown::Status(STATUS),
    ],
    attributes,
    list: Listing {
        items: "ModelCardSummaries",
        summary,
        sort_by: SortBy::Created,
        order: SortOrder::Descending,
        filters: &[],
    },
};

const STATUS: &str = "ModelCardStatus";
pub(crate) const VERSION: &str = "ModelCardVersion";
/// What the content says and lists and searches ask for, kept with the card's row.
pub(crate) const MODEL_ID: &str = "ModelId";
pub(crate) const RISK_RATING: &str = "RiskRating";
pub(crate) const PACKAGE_GROUP: &str = "ModelPackageGroupName";
/// For the dashboard, and not shown by the API beside the content.
pub(crate) const OWNER: &str = "probity:ModelOwner";
/// The beginning of attributes that name a monitoring schedule which evaluations follow; the values
/// are the executions that they were taken from. For the dashboard, and not shown by the API.
pub(crate) const FOLLOWS: &str = "probity:Follows/";
/// Of the row, and not shown: the hash of the latest content, so that events tell it.
const SHA256: &str = "probity:ContentSha256";

fn attributes(body: &Members) -> BTreeMap<String, String> {
    let names = [MODEL_ID, RISK_RATING, PACKAGE_GROUP, OWNER].into_iter();
    let attributes = names.filter_map(|name| {
        let value = body.get(name).and_then(Value::as_str)?;
        Some((name.to_owned(), value.to_owned()))
    });
    let follows = body.iter().filter_map(|(name, value)| {
        let runs = name.starts_with(FOLLOWS).then(|| value.as_str())??;
        Some((name.clone(), runs.to_owned()))
    });
    attributes.chain(follows).collect()
}

fn summary(described: &Members) -> Members {
    stored::pick(
        described,
        &[
            "ModelCardName",
            "ModelCardArn",
            STATUS,
            "CreationTime",
            "LastModifiedTime",
        ],
    )
}

/// `MetadataOnly` leaves out what AWS may have encrypted with a customer's key.
pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DescribeModelCard")?;
    let wanted = input.get(VERSION).and_then(Value::as_i64);
    let card = version::read(&deed, MODEL_CARD.name(&input)?, wanted).await?;
    let mut members = MODEL_CARD.describe(&card.resource);
    members.retain(|name, _| !name.starts_with("probity:"));
    for name in [MODEL_ID, RISK_RATING, PACKAGE_GROUP] {
        members.shift_remove(name);
    }
    let is_metadata = input.get("IncludedData").and_then(Value::as_str) == Some("MetadataOnly");
    let content = match is_metadata {
        true => card.content.metadata_only().to_string(),
        false => card.text,
    };
    members.insert(VERSION.to_owned(), card.version.into());
    members.insert("Content".to_owned(), content.into());
    members.insert(STATUS.to_owned(), card.status.as_str().into());
    if card.version != card.latest {
        let modified = timestamp::seconds(card.modified_ms);
        members.insert("LastModifiedTime".to_owned(), modified);
        let by = stored::user_context(&card.resource, &card.modified_by);
        members.insert("LastModifiedBy".to_owned(), by);
    }
    Ok(Value::Object(members))
}

pub async fn list(app: &App, caller: &Caller, mut input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModelCards")?;
    if let Value::Object(members) = &mut input
        && let Some(status) = members.get(STATUS).cloned()
    {
        members.insert("StatusEquals".to_owned(), status);
    }
    listing::list(&deed, &MODEL_CARD, &input).await
}

/// The newest version first, unless asked otherwise.
pub async fn list_versions(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListModelCardVersions")?;
    let card = version::resource_of(&deed, MODEL_CARD.name(&input)?).await?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let after = match listing::token(&input) {
        Some(token) => Some(question.after::<Place>(token)?),
        None => None,
    };
    let time = |member: &str| match input.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => timestamp::read(member, value).map(Some),
    };
    let (from, to) = (time("CreationTimeAfter")?, time("CreationTimeBefore")?);
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let order = match text("SortOrder") {
        Some("Ascending") => SortOrder::Ascending,
        Some(_) | None => SortOrder::Descending,
    };
    let versions = version::facts(&deed, &card.name).await?;
    let wanted = versions.into_iter().filter(|fact| {
        from.is_none_or(|from| fact.fact.created_ms >= from)
            && to.is_none_or(|to| fact.fact.created_ms < to)
            && text(STATUS).is_none_or(|status| status == fact.status.as_str())
    });
    let items = wanted.map(|fact| {
        let place = Place {
            key: Key::Number(fact.fact.version as f64),
            name: String::new(),
        };
        (place, fact)
    });
    let limit = listing::page_limit(&input);
    let (page, next) = sorted_page::page(items.collect(), order, after.as_ref(), limit);
    let summaries = page.iter().map(|fact| {
        json!({
            "ModelCardName": card.name,
            "ModelCardArn": card.arn,
            STATUS: fact.status.as_str(),
            VERSION: fact.fact.version,
            "CreationTime": timestamp::seconds(fact.fact.created_ms),
            "LastModifiedTime": timestamp::seconds(fact.modified_ms),
        })
    });
    let mut answer = Map::new();
    answer.insert(
        "ModelCardVersionSummaryList".to_owned(),
        summaries.collect(),
    );
    if let Some(next) = &next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// With its versions, reviews and export jobs. What was approved by whom stays in the audit log.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteModelCard")?;
    let name = MODEL_CARD.name(&input)?;
    let mut unit = app.store.begin().await?;
    stored::delete_in(&mut unit, &deed, MODEL_CARD.key(&deed, name), |card| {
        // An archive that is final would be left by deleting the card and making it anew.
        rules::permit_edit(&deed, version::status_of(card)?)
    })
    .await?;
    export_job::delete_all_in(&mut unit, &deed, name).await?;
    let key = version::key(&deed, name);
    model_card_version::delete_all(&mut unit, key).await?;
    model_card_review::delete_all(&mut unit, key).await?;
    model_card_subject::release_others(&mut unit, key, None).await?;
    unit.commit().await?;
    Ok(json!({}))
}

/// A model has one card at most: the card, whose row the unit has locked, is the one of this model
/// from now on, unless another is.
async fn claim_model(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (card, model_id): (&str, Option<&str>),
) -> Result<(), Fault> {
    let key = version::key(deed, card);
    let model_id = model_id.filter(|id| !id.is_empty());
    if let Some(model_id) = model_id {
        match model_card_subject::claim(unit, key, model_id).await? {
            Claimed::Yes => {}
            Claimed::By(other) => {
                return Err(Fault::Conflict {
                    message: format!(
                        "model card {other} already describes {model_id}: a model has one card at \
                         most"
                    ),
                });
            }
        }
    }
    model_card_subject::release_others(unit, key, model_id).await?;
    Ok(())
}
