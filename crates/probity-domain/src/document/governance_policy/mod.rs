//! `governance.toml`: what a workspace demands of its model cards. Ours; without the file, or
//! without a table in it, nothing is demanded beyond what SageMaker demands.
//!
//! ```toml
//! [review]
//! four_eyes = true              # who approves has not written any part of what is approved
//! comment = "required"          # with each step of a review
//! transitions = "ordered"       # Draft, PendingReview, Approved, Archived; back to Draft
//! approvers = ["risk-officer"]  # nobody else approves
//! archived = "final"            # an archived card stays as it is
//!
//! [card]                        # of every card, whatever its rating
//! required = ["intended_uses.purpose_of_model", "intended_uses.risk_rating"]
//!
//! [card.High]                   # what cards of a rating need beside it
//! required = ["business_details", "additional_information.ethical_considerations"]
//! evaluations = ["fairness"]    # of these names
//! evidence = "bound"            # evaluations are taken from reports, not typed in
//! stale = "refused"             # and are still the newest
//! review_every = "90d"
//! expires_after = "365d"
//! ```

mod duration;
mod file;
mod findings;
mod review;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model_card::RiskRating;

pub use file::InvalidPolicy;
pub use findings::{EVIDENCE, contradictions};
pub use review::{Refusal, Step};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GovernancePolicy {
    pub review: ReviewRules,
    /// Of every card.
    pub card: CardRules,
    /// What cards of a rating need beside [`GovernancePolicy::card`].
    pub by_rating: BTreeMap<RiskRating, CardRules>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewRules {
    pub four_eyes: bool,
    pub comment: CommentRule,
    pub transitions: TransitionRule,
    /// Users who may approve; empty where everybody may who may write.
    pub approvers: Vec<String>,
    pub archived: ArchivedRule,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommentRule {
    #[default]
    Optional,
    Required,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransitionRule {
    /// From any state to any other, as in SageMaker.
    #[default]
    Any,
    Ordered,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArchivedRule {
    /// As in SageMaker: no more updates should be made, and none is refused.
    #[default]
    Advisory,
    Final,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardRules {
    /// Paths of the content that must say something.
    pub required: Vec<String>,
    /// Names of evaluations that must be there.
    pub evaluations: Vec<String>,
    pub evidence: EvidenceRule,
    pub stale: StaleRule,
    pub review_every_ms: Option<i64>,
    pub expires_after_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceRule {
    #[default]
    Claimed,
    Bound,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaleRule {
    #[default]
    Allowed,
    Refused,
}

/// Something that the policy demands and a card does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule as `governance.toml` spells it: `card.High.required`.
    pub rule: String,
    /// Where in the content: `business_details.business_problem`; empty for the card as a whole.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}
