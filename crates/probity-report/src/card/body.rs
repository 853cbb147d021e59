//! What a card says, for pages that have a frame, a history and a review of their own.

use maud::{Markup, html};
use probity_domain::document::card_dossier::CardDossier;

use super::content;
use crate::article::sections_html;

/// The content of the version and what monitors measured last, in sections.
pub fn body(dossier: &CardDossier) -> Markup {
    html! { div.dossier { (sections_html(&content::said(dossier))) } }
}
