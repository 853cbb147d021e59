//! A card that somebody is writing: what it began from, and what is wrong with it so far.

use probity_domain::document::card_dossier::{CardDossier, Verification};
use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::{Content, ContentFault, Variant};
use probity_domain::resource::CardStatus;
use serde_json::Value;

use super::{rules, version};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

const EDIT: &str = "probity:EditModelCard";
/// `ModelCardContent` of the API: characters of the whole content.
pub const LONGEST_CONTENT: usize = 100_000;

/// The version that an edit begins from.
#[derive(Clone, Debug, PartialEq)]
pub struct EditBase {
    pub name: String,
    pub version: i64,
    pub latest: i64,
    pub status: CardStatus,
    /// Of the version that the edit makes.
    pub status_after: CardStatus,
    pub content: Value,
    pub created_by: String,
    pub created_ms: i64,
    /// Why the policy does not let the card be edited.
    pub refusal: Option<String>,
}

/// The latest version where none is named.
pub async fn edit_base(
    app: &App,
    caller: &Caller,
    (card, wanted): (&str, Option<i64>),
) -> Result<EditBase, Fault> {
    let deed = Deed::authorise(app, caller, EDIT)?;
    let card = version::read(&deed, card, wanted).await?;
    let status = version::status_of(&card.resource)?;
    let refusal = rules::permit_edit(&deed, status).err();
    Ok(EditBase {
        name: card.resource.name.clone(),
        version: card.version,
        latest: card.latest,
        status,
        status_after: rules::status_after_edit(&deed, status),
        content: card.content.into_value(),
        created_by: card.created_by,
        created_ms: card.created_ms,
        refusal: refusal.map(|fault| fault.to_string()),
    })
}

/// What is wrong with a content that is not kept yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftCheck {
    /// By the schema: it cannot be kept.
    pub faults: Vec<ContentFault>,
    /// How many more there are.
    pub more: usize,
    /// By the policy of the workspace: it can be kept, and not be approved.
    pub findings: Vec<Finding>,
    /// Characters of the whole content.
    pub characters: usize,
}

impl DraftCheck {
    pub fn can_be_kept(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Reports are not read: whether a bound evaluation says what its report says is found at the
/// review.
pub fn check_draft(app: &App, caller: &Caller, text: &str) -> Result<DraftCheck, Fault> {
    let deed = Deed::authorise(app, caller, EDIT)?;
    let mut check = DraftCheck {
        characters: text.chars().count(),
        ..DraftCheck::default()
    };
    match Content::parse(text, Variant::Card) {
        Err(invalid) => (check.faults, check.more) = (invalid.faults, invalid.more),
        Ok(content) => {
            let mut dossier = CardDossier::of_content("", content.card(), String::new());
            let bound = dossier.evaluations.iter_mut();
            for standing in bound.filter(|standing| standing.binding.is_some()) {
                standing.verification = Verification::Verified;
            }
            check.findings = rules::findings_of(&deed, &dossier);
        }
    }
    if check.characters > LONGEST_CONTENT {
        check.faults.push(ContentFault {
            path: "$".to_owned(),
            problem: format!(
                "the content has {} characters, at most {LONGEST_CONTENT} are allowed",
                check.characters
            ),
        });
    }
    Ok(check)
}
