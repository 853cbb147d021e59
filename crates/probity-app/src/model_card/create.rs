//! A new card: version 1.

use probity_domain::document::model_card::Content;
use probity_domain::resource::CardStatus;
use probity_store::model_card_review::{self, CardReview};
use probity_store::model_card_version::{self, CardText};
use serde_json::{Value, json};

use super::review::{self, Move};
use super::stamp;
use super::version;
use super::{MODEL_CARD, STATUS, VERSION};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::stored;

pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:CreateModelCard")?;
    let content = stamp::stamped(&deed, None, stored::text(&input, "Content")?).await?;
    first_version(&deed, &input, content).await
}

/// The card of a request, whose content is this.
pub(super) async fn first_version(
    deed: &Deed<'_>,
    input: &Value,
    (content, text): (Content, String),
) -> Result<Value, Fault> {
    let status = review::status(stored::text(input, STATUS)?)?;
    let mut draft = MODEL_CARD.draft(input)?;
    let name = draft.name.clone();
    if version::is_there(deed, &name).await? {
        return Err(exists(&name));
    }
    if status != CardStatus::Draft {
        let step = Move {
            from: None,
            to: status,
            comment: None,
        };
        review::permit_new(deed, &content, step)?;
    }
    draft.status = status.as_str();
    let hash = version::sha256(&text);
    draft.body.insert(VERSION.to_owned(), 1.into());
    version::describe_content(&mut draft.body, &content, &hash);
    let mut unit = deed.app.store.begin().await?;
    let card = match stored::insert_in(&mut unit, deed, &MODEL_CARD, draft).await {
        Err(Fault::Exists { name, .. }) => return Err(exists(&name)),
        other => other?,
    };
    super::claim_model(&mut unit, deed, (&name, content.model_id())).await?;
    let first = CardText {
        version: 1,
        content: text,
        sha256: hash,
        created_ms: deed.now_ms,
        created_by: deed.actor.to_owned(),
        reason: None,
    };
    model_card_version::insert(&mut unit, version::key(deed, &name), &first).await?;
    let step = CardReview {
        version: 1,
        before_status: String::new(),
        after_status: status.as_str().to_owned(),
        at_ms: deed.now_ms,
        actor: deed.actor.to_owned(),
        comment: None,
    };
    model_card_review::append(&mut unit, version::key(deed, &name), &step).await?;
    unit.commit().await?;
    Ok(json!({ "ModelCardArn": card.arn }))
}

fn exists(name: &str) -> Fault {
    Fault::Conflict {
        message: format!("Modelcard {name} already exists"),
    }
}
