//! What lies before somebody who reviews a card: what changed since it was approved, what the
//! policy finds, and which steps they may take.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::difference::{Change, differences};
use probity_domain::resource::CardStatus;
use probity_store::model_card_version;
use serde_json::{Value, json};

use super::dossier::ReportStates;
use super::review::{Move, refuse_findings};
use super::{dossier, rules, version};
use crate::app::App;
use crate::caller::Caller;
use crate::dashboard::SEE;
use crate::deed::Deed;
use crate::fault::Fault;

/// The verb that takes the steps.
const REVIEW: &str = "probity:ReviewModelCard";

#[derive(Clone, Debug, PartialEq)]
pub struct ReviewDesk {
    /// Of the latest version, without live measurements.
    pub dossier: CardDossier,
    /// The version that was approved before this one, if any was.
    pub approved: Option<i64>,
    /// Since then; where nothing was approved, since there was nothing.
    pub changes: Vec<Change>,
    /// To every status but the one the card has; an approved card may be approved again.
    pub steps: Vec<PossibleStep>,
    pub comment: CommentWanted,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleStep {
    pub to: CardStatus,
    /// Why the policy does not let this user take it; `None` where it does.
    pub refusal: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentWanted {
    Always,
    Perhaps,
}

/// `reports` is what lies at the places of the card's reports.
pub async fn review_desk(
    app: &App,
    caller: &Caller,
    (card, reports): (&str, &ReportStates),
) -> Result<ReviewDesk, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let card = version::read(&deed, card, None).await?;
    let dossier = dossier::without_live(&deed, &card, reports).await?;
    let approved = approved_before(&dossier);
    let before = match approved {
        None => json!({}),
        Some(approved) => {
            let before = version::read(&deed, &card.resource.name, Some(approved)).await?;
            before.content.into_value()
        }
    };
    let may = app
        .authorise(caller, REVIEW)
        .map_err(|fault| fault.to_string());
    let steps = CardStatus::ALL.into_iter();
    let steps = steps.filter(|to| *to != card.status || *to == CardStatus::Approved);
    let steps = steps.map(|to| PossibleStep {
        to,
        refusal: may.clone().err().or_else(|| refusal(&deed, &dossier, to)),
    });
    Ok(ReviewDesk {
        steps: steps.collect(),
        comment: match rules::permit(&deed, &[], anonymous_step(&dossier)) {
            Ok(()) => CommentWanted::Perhaps,
            Err(_) => CommentWanted::Always,
        },
        changes: differences(&before, card.content.value()),
        approved,
        dossier,
    })
}

/// The latest approval of an earlier version.
fn approved_before(dossier: &CardDossier) -> Option<i64> {
    let earlier = dossier.reviews.iter();
    let earlier = earlier.filter(|step| step.is_approval() && step.version < dossier.version);
    earlier.map(|step| step.version).max()
}

/// Back to a draft is in every order, so that it is refused for want of a comment only.
fn anonymous_step(dossier: &CardDossier) -> Move<'static> {
    Move {
        from: match dossier.status {
            CardStatus::Draft => Some(CardStatus::PendingReview),
            CardStatus::PendingReview | CardStatus::Approved | CardStatus::Archived => {
                Some(CardStatus::Approved)
            }
        },
        to: CardStatus::Draft,
        comment: None,
    }
}

/// As the step itself is judged, for a reviewer who says something.
fn refusal(deed: &Deed<'_>, dossier: &CardDossier, to: CardStatus) -> Option<String> {
    let authors: Vec<String> = dossier.authors().into_iter().map(str::to_owned).collect();
    let wanted = Move {
        from: Some(dossier.status),
        to,
        comment: Some("…"),
    };
    let permitted = rules::permit(deed, &authors, wanted);
    let permitted = permitted.and_then(|()| match to {
        CardStatus::Approved => refuse_findings(&rules::findings_of(deed, dossier)),
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => Ok(()),
    });
    permitted.err().map(|fault| fault.to_string())
}

/// What lies between two versions of a card, with who wrote them.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionChanges {
    pub name: String,
    /// 0 for nothing.
    pub from: i64,
    pub to: i64,
    pub latest: i64,
    pub changes: Vec<Change>,
    /// Who wrote the versions that made the changes, each once, the first writer first.
    pub authors: Vec<String>,
    /// Of version `to`.
    pub created_ms: i64,
}

/// From the version before, or the one that is named, to the latest or the one that is named.
pub async fn changes_between(
    app: &App,
    caller: &Caller,
    (card, from, to): (&str, Option<i64>, Option<i64>),
) -> Result<VersionChanges, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let to = version::read(&deed, card, to).await?;
    let from = from.unwrap_or(to.version - 1);
    let before: Value = match from {
        0 => json!({}),
        from => {
            let before = version::read(&deed, card, Some(from)).await?;
            before.content.into_value()
        }
    };
    let key = version::key(&deed, &to.resource.name);
    let facts = model_card_version::facts(&deed.app.store, key).await?;
    let (older, newer) = (from.min(to.version), from.max(to.version));
    let made = facts.iter().rev();
    let made = made.filter(|fact| fact.version > older && fact.version <= newer);
    let mut authors: Vec<String> = Vec::new();
    for fact in made {
        if !authors.contains(&fact.created_by) {
            authors.push(fact.created_by.clone());
        }
    }
    Ok(VersionChanges {
        name: to.resource.name,
        from,
        to: to.version,
        latest: to.latest,
        changes: differences(&before, to.content.value()),
        authors,
        created_ms: to.created_ms,
    })
}
