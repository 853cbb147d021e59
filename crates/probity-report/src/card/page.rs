//! A card as one HTML file.

use maud::{Markup, html};
use probity_domain::document::card_dossier::CardDossier;

use super::cover::{Cover, cover};
use super::template::Template;
use crate::article::{Section, sections_html, words_html};
use crate::page::page;

/// One file that needs nothing else.
pub fn html(dossier: &CardDossier, template: Template) -> String {
    let front = cover(dossier, template);
    let sections = template.sections(dossier);
    let body = html! {
        (head(&front))
        main.wrap.dossier {
            (contents(&sections))
            (sections_html(&sections))
        }
        footer { div.wrap { p { (front.kind) " of " (words_html(&front.name)) ", " (front.version) ". Written by Probity." } } }
    };
    let title = format!("{}, {} · Probity", dossier.name, front.version);
    page(&title, &body).into_string()
}

fn head(front: &Cover) -> Markup {
    html! {
        header.top {
            div.wrap.cover {
                p.kind { b { "Probity" } " " (front.kind) }
                h1 { (words_html(&front.name)) }
                p.states { (words_html(&front.badges)) }
                dl.facts.of-card {
                    @for (label, words) in &front.facts { div { dt { (label) } dd { (words_html(words)) } } }
                    div.hash { dt { "SHA-256 of the content" } dd { code { (front.sha256) } } }
                }
            }
        }
    }
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav.toc aria-label="Contents" {
            ol { @for section in sections { li { a href={ "#" (section.id) } { (words_html(&section.heading)) } } } }
        }
    }
}
