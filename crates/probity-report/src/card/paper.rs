//! A card as a document of pages: markup for the typesetter.

use std::fmt::Write as _;

use probity_domain::document::card_dossier::CardDossier;

use super::cover::{Cover, cover};
use super::template::Template;
use crate::article::{Body, Rows, Typesetting, sections_markup, typst_content, typst_string};
use crate::chart::shortened;

const PRELUDE: &str = include_str!("prelude.typ");

/// What `probity_pdf::typeset` takes.
pub fn typesetting(dossier: &CardDossier, template: Template) -> Typesetting {
    let mut body = Body::new(Rows::All);
    body.source.push_str(PRELUDE);
    let front = cover(dossier, template);
    let _ = writeln!(
        body.source,
        "#set document(title: {}, author: {})",
        typst_string(&format!("{}, {}", dossier.name, front.version)),
        typst_string(dossier.card.overview.owner.as_deref().unwrap_or_default()),
    );
    let _ = writeln!(
        body.source,
        "#show: card-document.with(kind: {}, name: {}, version: {})",
        typst_string(front.kind),
        // In one line at the foot of each page.
        typst_string(&shortened(&dossier.name, 70)),
        typst_string(&front.version),
    );
    write_cover(&mut body, &front);
    body.source.push_str("#card-contents()\n");
    sections_markup(&mut body, &template.sections(dossier));
    body.done()
}

fn write_cover(body: &mut Body, front: &Cover) {
    let mut facts = String::new();
    for (label, words) in front.verdict.iter().chain(&front.facts) {
        let _ = write!(
            facts,
            "({}, {}), ",
            typst_string(label),
            typst_content(words)
        );
    }
    // A hash is copied as a whole, so nothing is put into it where a line might break.
    let _ = write!(
        facts,
        "({}, whole-hash({})), ",
        typst_string("SHA-256 of the content"),
        typst_string(&front.sha256)
    );
    let lead = front.lead.as_ref().map_or("none".to_owned(), typst_content);
    let _ = writeln!(
        body.source,
        "#cover(kind: {}, name: {}, badges: {}, lead: {lead}, facts: ({facts}))",
        typst_string(front.kind),
        typst_content(&front.name),
        typst_content(&front.badges),
    );
}
