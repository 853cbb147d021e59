//! The one place where verbs ask the workspace's policy.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::governance_policy::Finding;
use probity_domain::document::model_card::Content;
use probity_domain::resource::CardStatus;

use super::review::Move;
use crate::deed::Deed;
use crate::fault::Fault;

/// Whether the policy lets this actor take the step. `authors` wrote what would be approved.
pub(crate) fn permit(_deed: &Deed<'_>, _authors: &[String], _step: Move<'_>) -> Result<(), Fault> {
    Ok(())
}

/// Whether a card in this status may be edited.
pub(crate) fn permit_edit(_deed: &Deed<'_>, _status: CardStatus) -> Result<(), Fault> {
    Ok(())
}

/// The status of the version that an edit makes.
pub(crate) fn status_after_edit(_deed: &Deed<'_>, status: CardStatus) -> CardStatus {
    status
}

/// Fills in what the policy finds, and when the next review is due.
pub(super) fn judge(_deed: &Deed<'_>, _dossier: &mut CardDossier) {}

/// What the policy finds in a card that is about to be.
pub(crate) fn findings_of_new(_deed: &Deed<'_>, _content: &Content) -> Vec<Finding> {
    Vec::new()
}
