//! To come.
use crate::article::Section;
use probity_domain::document::card_dossier::CardDossier;
pub(super) fn sections(dossier: &CardDossier) -> Vec<Section> {
    super::content::sections(dossier)
}
