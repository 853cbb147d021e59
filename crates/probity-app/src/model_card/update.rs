//! Changing a card: its content, which makes a version, or its status, which does not.

use serde_json::{Value, json};

use super::dossier::ReportStates;
use super::review::{self, Move};
use super::stamp;
use super::version::{self, NewContent};
use super::{MODEL_CARD, STATUS, VERSION};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::stored;

/// `UpdateModelCard`: one of content and status.
pub async fn update(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    update_by(app, caller, (input, &ReportStates::new())).await
}

/// The same by what lies at the places of the card's reports.
pub async fn update_by(
    app: &App,
    caller: &Caller,
    (input, reports): (Value, &ReportStates),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:UpdateModelCard")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let (content, status) = (text("Content"), text(STATUS));
    let card = version::read(&deed, MODEL_CARD.name(&input)?, None).await?;
    match (content, status) {
        (Some(_), Some(_)) => {
            return Err(Fault::invalid(
                "Content and ModelCardStatus cannot be updated in one request: update the status \
                 first, then the content",
            ));
        }
        (None, None) => {
            return Err(Fault::invalid(
                "Either Content or ModelCardStatus must be provided",
            ));
        }
        (Some(text), None) => {
            write(&deed, &card, (text, None)).await?;
        }
        (None, Some(status)) => {
            let step = Move {
                from: Some(card.status),
                to: review::status(status)?,
                comment: None,
            };
            review::step(&deed, (&card, reports), step).await?;
        }
    }
    Ok(json!({ "ModelCardArn": card.resource.arn }))
}

/// `EditModelCard`: new content, with a reason, for the version that the caller has read.
pub async fn edit(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:EditModelCard")?;
    let card = version::read(&deed, MODEL_CARD.name(&input)?, None).await?;
    version::expect_version(&card, &input)?;
    let reason = input.get("Reason").and_then(Value::as_str);
    let reason = reason.filter(|reason| !reason.is_empty());
    let next = write(&deed, &card, (stored::text(&input, "Content")?, reason)).await?;
    Ok(json!({ "ModelCardArn": card.resource.arn, VERSION: next }))
}

async fn write(
    deed: &Deed<'_>,
    card: &version::CardVersion,
    (text, reason): (&str, Option<&str>),
) -> Result<i64, Fault> {
    let (content, text) = stamp::stamped(deed, Some(card.content.card()), text).await?;
    let new = NewContent {
        content: &content,
        text: &text,
        reason,
    };
    let mut unit = deed.app.store.begin().await?;
    let next = version::write_content(&mut unit, deed, (card, new)).await?;
    unit.commit().await?;
    Ok(next)
}
