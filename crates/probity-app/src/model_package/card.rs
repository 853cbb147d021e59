//! The card that travels in a model package: held against its schema, and reviewed by the rules
//! that cards of their own are reviewed by.
//!
//! Source: `ModelPackageModelCard` in the SageMaker API reference, and "Model package model card
//! schema" in the developer guide. The package keeps the card as it is now; the audit log keeps
//! every card that it had.

use probity_domain::document::model_card::{Content, Variant};
use probity_domain::resource::CardStatus;
use serde_json::{Map, Value};

use crate::deed::Deed;
use crate::fault::Fault;
use crate::model_card::review::{Move, refuse_findings};
use crate::model_card::rules;
use crate::stored::Members;

const CARD: &str = "ModelCard";
const CONTENT: &str = "ModelCardContent";
const STATUS: &str = "ModelCardStatus";

/// Who wrote any part of the content since it was approved last. Not shown.
const AUTHORS: &str = "probity:ModelCardAuthors";

/// There while the content is the one that was approved: an edit of a card that stays approved is
/// nobody's approval. Not shown.
const APPROVED: &str = "probity:ModelCardApproved";

/// Checks the card of a package that is about to be, if it has one. Whoever registers the package
/// is the author of its card.
pub(super) fn begin(deed: &Deed<'_>, body: &mut Members) -> Result<(), Fault> {
    let Some(Value::Object(card)) = body.get_mut(CARD) else {
        return Ok(());
    };
    let content = match card.get(CONTENT).and_then(Value::as_str) {
        Some(text) => Some(parse(text)?),
        None => None,
    };
    let to = status(card).unwrap_or(CardStatus::Draft);
    card.insert(STATUS.to_owned(), to.as_str().into());
    let authors = vec![deed.actor.to_owned()];
    if to != CardStatus::Draft {
        let wanted = Move {
            from: None,
            to,
            comment: deed.reason,
        };
        permit(deed, (&authors, wanted), content.as_ref())?;
    }
    if content.is_some() {
        body.insert(AUTHORS.to_owned(), authors.into());
    }
    if to == CardStatus::Approved {
        body.insert(APPROVED.to_owned(), true.into());
    }
    Ok(())
}

/// Changes the card as a request says. One request may change both: the content first, so that
/// nobody approves what was not there to be read.
pub(super) fn change(
    deed: &Deed<'_>,
    (body, registrar): (&mut Members, &str),
    changed: &Map<String, Value>,
) -> Result<(), Fault> {
    let mut card = match body.get(CARD) {
        Some(Value::Object(card)) => card.clone(),
        _ => Map::new(),
    };
    let before = status(&card).unwrap_or(CardStatus::Draft);
    let mut authors = authors(body, registrar);
    let mut now = before;
    let new = changed.get(CONTENT).and_then(Value::as_str);
    let new = new.filter(|text| card.get(CONTENT).and_then(Value::as_str) != Some(text));
    if let Some(text) = new {
        now = edit(deed, before, text)?;
        card.insert(CONTENT.to_owned(), text.into());
        if body.shift_remove(APPROVED).is_some() {
            authors.clear();
        }
        if !authors.iter().any(|author| author == deed.actor) {
            authors.push(deed.actor.to_owned());
        }
    }
    // Clients repeat the status that they read when they send content: that is no step.
    if let Some(to) = status(changed).filter(|to| *to != before) {
        let wanted = Move {
            from: Some(now),
            to,
            comment: deed.reason,
        };
        let content = match card.get(CONTENT).and_then(Value::as_str) {
            Some(text) => Content::parse(text, Variant::Package).ok(),
            None => None,
        };
        permit(deed, (&authors, wanted), content.as_ref())?;
        now = to;
        if to == CardStatus::Approved {
            body.insert(APPROVED.to_owned(), true.into());
        }
    }
    card.insert(STATUS.to_owned(), now.as_str().into());
    body.insert(CARD.to_owned(), Value::Object(card));
    body.insert(AUTHORS.to_owned(), authors.into());
    Ok(())
}

/// The status that the card has with its new content.
fn edit(deed: &Deed<'_>, before: CardStatus, text: &str) -> Result<CardStatus, Fault> {
    if before == CardStatus::Archived {
        return Err(Fault::Conflict {
            message: "Model Card is in Archived state".to_owned(),
        });
    }
    parse(text)?;
    rules::permit_edit(deed, before)?;
    Ok(rules::status_after_edit(deed, before))
}

fn permit(
    deed: &Deed<'_>,
    (authors, wanted): (&[String], Move<'_>),
    content: Option<&Content>,
) -> Result<(), Fault> {
    rules::permit(deed, authors, wanted)?;
    match wanted.to {
        CardStatus::Approved => {
            let empty;
            let content = match content {
                Some(content) => content,
                None => {
                    empty = parse("{}")?;
                    &empty
                }
            };
            rules::refuse_unread(
                deed,
                content,
                "describe the model package in a model card of its own, and approve that",
            )?;
            refuse_findings(&rules::findings_of_unread(deed, content))
        }
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => Ok(()),
    }
}

fn parse(text: &str) -> Result<Content, Fault> {
    Content::parse(text, Variant::Package)
        .map_err(|error| Fault::invalid(format!("ModelCard.ModelCardContent: {error}")))
}

fn status(card: &Map<String, Value>) -> Option<CardStatus> {
    CardStatus::parse(card.get(STATUS)?.as_str()?)
}

/// Of a card that was kept before authors were, whoever registered the package.
fn authors(body: &Members, registrar: &str) -> Vec<String> {
    let card = body.get(CARD).and_then(|card| card.get(CONTENT));
    match (body.get(AUTHORS).and_then(Value::as_array), card) {
        (Some(kept), _) => {
            let names = kept.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }
        (None, Some(_)) => vec![registrar.to_owned()],
        (None, None) => Vec::new(),
    }
}

/// `MetadataOnly`: of the content only what identifies the model. Content that was kept before it
/// was held against a schema may be none, and then shows nothing.
pub(super) fn reduce(members: &mut Members) {
    let Some(Value::Object(card)) = members.get_mut(CARD) else {
        return;
    };
    let Some(text) = card.get(CONTENT).and_then(Value::as_str) else {
        return;
    };
    let shown = match Content::parse(text, Variant::Package) {
        Ok(content) => content.metadata_only().to_string(),
        Err(_) => "{}".to_owned(),
    };
    card.insert(CONTENT.to_owned(), shown.into());
}
