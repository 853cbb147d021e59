//! A card as GitHub Flavored Markdown.

use std::fmt::Write as _;

use probity_domain::document::card_dossier::CardDossier;

use super::cover::cover;
use super::template::Template;
use crate::article::{sections_markdown, words_markdown};

pub fn markdown(dossier: &CardDossier, template: Template) -> String {
    let front = cover(dossier, template);
    let mut out = String::new();
    let _ = writeln!(out, "# {}\n", words_markdown(&front.name));
    let _ = writeln!(
        out,
        "{} · {} · {}\n",
        front.kind,
        front.version,
        words_markdown(&front.badges)
    );
    for (label, words) in &front.facts {
        let _ = writeln!(out, "- **{label}**: {}", words_markdown(words));
    }
    let _ = writeln!(
        out,
        "- **SHA-256 of the content**: <code>{}</code>\n",
        crate::article::escaped_markdown(&front.sha256)
    );
    out.push_str(&sections_markdown(&template.sections(dossier), 2));
    out
}
