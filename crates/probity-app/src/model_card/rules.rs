//! The one place where verbs ask the workspace's policy.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::governance_policy::{
    EvidenceRule, Finding, Refusal, StaleRule, Step, contradictions,
};
use probity_domain::document::model_card::Content;
use probity_domain::resource::CardStatus;

use super::review::Move;
use crate::deed::Deed;
use crate::fault::Fault;

/// Whether the policy lets this actor take the step. `authors` wrote what would be approved.
pub(crate) fn permit(deed: &Deed<'_>, authors: &[String], wanted: Move<'_>) -> Result<(), Fault> {
    let step = Step {
        from: wanted.from,
        to: wanted.to,
        actor: deed.actor,
        authors,
        comment: wanted.comment,
    };
    deed.app.policy.now().review.permits(&step).map_err(refused)
}

/// Whether a card in this status may be edited.
pub(crate) fn permit_edit(deed: &Deed<'_>, status: CardStatus) -> Result<(), Fault> {
    let policy = deed.app.policy.now();
    policy.review.permits_edit(status).map_err(refused)
}

fn refused(refusal: Refusal) -> Fault {
    Fault::invalid(refusal.to_string())
}

/// The status of the version that an edit makes.
pub(crate) fn status_after_edit(deed: &Deed<'_>, status: CardStatus) -> CardStatus {
    deed.app.policy.now().status_after_edit(status)
}

/// Fills in what the policy finds, and what no policy allows; and when the next review is due.
pub(super) fn judge(deed: &Deed<'_>, dossier: &mut CardDossier) {
    let policy = deed.app.policy.now();
    dossier.findings = policy.findings(dossier, deed.now_ms);
    dossier.findings.extend(contradictions(dossier));
    dossier.review_due_ms = policy.review_due_ms(dossier);
    dossier.expires_ms = policy.expires_ms(dossier);
}

/// What stands in the way of an approval.
pub(super) fn findings_of(deed: &Deed<'_>, dossier: &CardDossier) -> Vec<Finding> {
    let mut findings = deed.app.policy.now().content_findings(dossier);
    findings.extend(contradictions(dossier));
    findings
}

/// The same of a card whose reports nobody reads: one that is about to be, or a package's.
pub(crate) fn findings_of_unread(deed: &Deed<'_>, content: &Content) -> Vec<Finding> {
    let dossier = CardDossier::of_content("", content.card(), String::new());
    findings_of(deed, &dossier)
}

/// Refuses an approval that depends on reports where nobody reads them.
pub(crate) fn refuse_unread(deed: &Deed<'_>, content: &Content, advice: &str) -> Result<(), Fault> {
    let card = content.card();
    let rating = card.intended_uses.risk_rating.unwrap_or_default();
    let rules = deed.app.policy.now().rules_for(rating);
    let rule = match (rules.evidence, rules.stale) {
        (EvidenceRule::Bound, StaleRule::Allowed | StaleRule::Refused) => "evidence = \"bound\"",
        (EvidenceRule::Claimed, StaleRule::Refused) => "stale = \"refused\"",
        (EvidenceRule::Claimed, StaleRule::Allowed) => return Ok(()),
    };
    let mut evaluations = card.evaluations.iter();
    match evaluations.any(|evaluation| evaluation.binding().is_some()) {
        false => Ok(()),
        true => Err(Fault::invalid(format!(
            "the governance policy says `{rule}`, and the reports that the card is bound to are \
             not read here: {advice}"
        ))),
    }
}
