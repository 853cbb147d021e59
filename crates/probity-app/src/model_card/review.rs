//! The review of a card: steps from status to status, by the rules of the workspace's policy,
//! whichever way they come in.

use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::Content;
use probity_domain::resource::CardStatus;
use probity_store::Cursor;
use probity_store::model_card_review::{self, CardReview};
use serde_json::{Map, Value, json};

use super::dossier::ReportStates;
use super::version::{self, CardVersion};
use super::{MODEL_CARD, STATUS, VERSION, dossier, rules};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::stored::{self, Edited};
use crate::timestamp;

/// A step that somebody wants to take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move<'a> {
    /// `None` for the first state of a card.
    pub(crate) from: Option<CardStatus>,
    pub(crate) to: CardStatus,
    pub(crate) comment: Option<&'a str>,
}

pub(super) fn status(text: &str) -> Result<CardStatus, Fault> {
    CardStatus::parse(text)
        .ok_or_else(|| Fault::invalid(format!("{STATUS}: there is no status `{text}`")))
}

/// `ReviewModelCard`: a step with what the reviewer says to it.
pub async fn review(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    review_by(app, caller, (input, &ReportStates::new())).await
}

/// The same by what lies at the places of the card's reports.
pub async fn review_by(
    app: &App,
    caller: &Caller,
    (input, reports): (Value, &ReportStates),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ReviewModelCard")?;
    let card = version::read(&deed, MODEL_CARD.name(&input)?, None).await?;
    version::expect_version(&card, &input)?;
    let comment = input.get("Comment").and_then(Value::as_str);
    let wanted = Move {
        from: Some(card.status),
        to: status(stored::text(&input, STATUS)?)?,
        comment: comment.filter(|comment| !comment.trim().is_empty()),
    };
    step(&deed, (&card, reports), wanted).await?;
    Ok(json!({
        "ModelCardArn": card.resource.arn,
        VERSION: card.latest,
        STATUS: wanted.to.as_str(),
    }))
}

/// Takes the step, if the policy permits it. A status that the card has already is no step, unless
/// something is said to it.
pub(super) async fn step(
    deed: &Deed<'_>,
    (card, reports): (&CardVersion, &ReportStates),
    wanted: Move<'_>,
) -> Result<(), Fault> {
    if card.status == wanted.to && wanted.comment.is_none() {
        return Ok(());
    }
    // A comment needs nobody's leave; an approval that is renewed is an approval.
    if card.status != wanted.to || wanted.to == CardStatus::Approved {
        permit(deed, (card, reports), wanted).await?;
    }
    let name = &card.resource.name;
    let deed = deed.because(wanted.comment);
    let mut unit = deed.app.store.begin().await?;
    stored::change_in(&mut unit, &deed, MODEL_CARD.key(&deed, name), |row| {
        version::expect_unchanged(row, &card.resource)?;
        row.status = wanted.to.as_str().to_owned();
        Ok(Edited::Yes)
    })
    .await?;
    let step = CardReview {
        version: card.latest,
        before_status: card.status.as_str().to_owned(),
        after_status: wanted.to.as_str().to_owned(),
        at_ms: deed.now_ms,
        actor: deed.actor.to_owned(),
        comment: wanted.comment.map(str::to_owned),
    };
    model_card_review::append(&mut unit, version::key(&deed, name), &step).await?;
    unit.commit().await?;
    Ok(())
}

/// Whether the policy lets the card take the step: an approval depends on who wrote it and on what
/// its reports say.
async fn permit(
    deed: &Deed<'_>,
    (card, reports): (&CardVersion, &ReportStates),
    wanted: Move<'_>,
) -> Result<(), Fault> {
    match wanted.to {
        CardStatus::Approved => {
            let dossier = dossier::without_live(deed, card, reports).await?;
            let authors: Vec<String> = dossier.authors().into_iter().map(str::to_owned).collect();
            rules::permit(deed, &authors, wanted)?;
            refuse_findings(&rules::findings_of(deed, &dossier))
        }
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => {
            rules::permit(deed, &[], wanted)
        }
    }
}

/// Whether a card may begin in this status: whoever makes it is its author.
pub(super) fn permit_new(
    deed: &Deed<'_>,
    content: &Content,
    wanted: Move<'_>,
) -> Result<(), Fault> {
    rules::permit(deed, &[deed.actor.to_owned()], wanted)?;
    match wanted.to {
        CardStatus::Approved => {
            rules::refuse_unread(
                deed,
                content,
                "create the card as a `Draft`, and approve it then",
            )?;
            refuse_findings(&rules::findings_of_unread(deed, content))
        }
        CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived => Ok(()),
    }
}

/// What the policy demands of an approved card is there before it is approved.
pub(crate) fn refuse_findings(findings: &[Finding]) -> Result<(), Fault> {
    if findings.is_empty() {
        return Ok(());
    }
    let said: Vec<String> = findings
        .iter()
        .map(|finding| match finding.path.as_str() {
            "" => format!("{} ({})", finding.message, finding.rule),
            path => format!("{path}: {} ({})", finding.message, finding.rule),
        })
        .collect();
    Err(Fault::invalid(format!(
        "the card does not meet the policy of the workspace: {}",
        said.join("; ")
    )))
}

/// `ListModelCardReviews`: every step of the card, the newest first.
pub async fn list_reviews(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListModelCardReviews")?;
    let card = version::resource_of(&deed, MODEL_CARD.name(&input)?).await?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let before = match listing::token(&input) {
        Some(token) => Some(position(&question.after::<Cursor>(token)?)?),
        None => None,
    };
    let steps = model_card_review::list(&app.store, version::key(&deed, &card.name)).await?;
    let end = before.unwrap_or(steps.len()).min(steps.len());
    let limit = usize::try_from(listing::page_limit(&input)).unwrap_or(usize::MAX);
    let start = end.saturating_sub(limit);
    let shown = steps.get(start..end).unwrap_or_default();
    let mut answer = Map::new();
    answer.insert(
        "ModelCardReviews".to_owned(),
        shown.iter().rev().map(shown_step).collect(),
    );
    if start > 0 {
        let next = Cursor {
            key: start.to_string(),
            name: String::new(),
        };
        answer.insert("NextToken".to_owned(), question.token(&next)?.into());
    }
    Ok(Value::Object(answer))
}

/// Steps are only added, so that a position stays what it is.
fn position(cursor: &Cursor) -> Result<usize, Fault> {
    cursor
        .key
        .parse()
        .map_err(|_| Fault::invalid("Invalid NextToken: it is not from this list"))
}

fn shown_step(step: &CardReview) -> Value {
    let mut shown = Map::new();
    shown.insert(VERSION.to_owned(), step.version.into());
    if !step.before_status.is_empty() {
        let before = Value::from(step.before_status.as_str());
        shown.insert("FromStatus".to_owned(), before);
    }
    shown.insert(
        "ToStatus".to_owned(),
        Value::from(step.after_status.as_str()),
    );
    shown.insert("Time".to_owned(), timestamp::seconds(step.at_ms));
    shown.insert("Actor".to_owned(), Value::from(step.actor.as_str()));
    if let Some(comment) = &step.comment {
        shown.insert("Comment".to_owned(), Value::from(comment.as_str()));
    }
    Value::Object(shown)
}
