//! The card of a model on the model's page: its gist, and the way to the pages of the card.

use maud::{Markup, html};
use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding};

use super::cards::{Leaf, card_path, leaf_path, may_write, reason, standing, status_steps};
use super::visit::Visit;
use super::{badge, shell, words};

/// `model` has no card where `card` is `None`.
pub(super) fn section(visit: &Visit, model: &str, card: Option<&CardDossier>) -> Markup {
    let Some(card) = card else {
        return missing(visit, model);
    };
    html! {
        section #card {
            h2 { "Model card " span.soft { a href=(visit.href(&card_path(&card.name))) { (card.name) } " · version " (card.version) } }
            (ways(visit, card))
            div.pair { (content(card)) (history(visit, card)) }
            (findings(card))
        }
        section #evidence {
            h2 { "Evidence" }
            (evidence(card))
        }
    }
}

fn missing(visit: &Visit, model: &str) -> Markup {
    html! {
        section #card {
            h2 { "Model card" }
            div.empty {
                h3 { "No card describes this model" }
                p { "A card says what the model is for, how risky it is, and what it was measured by." }
                @if may_write(visit) { p { a.button href=(visit.href(&format!("/models/{}/card", shell::encoded(model)))) { "Write one" } }
                    p.soft { "What is known of the model here is filled in." } }
            }
        }
        section #evidence { h2 { "Evidence" } p.soft { "Evidence hangs on a card." } }
    }
}

fn ways(visit: &Visit, card: &CardDossier) -> Markup {
    let leaf = |leaf: Leaf| visit.href(&leaf_path(&card.name, leaf));
    html! {
        p.ways {
            a.button href=(leaf(Leaf::Card)) { "Read the card" }
            a.button href=(leaf(Leaf::Review)) { "Review" }
            @if may_write(visit) { a.button href=(leaf(Leaf::Edit)) { "Edit" } }
            a.button href=(leaf(Leaf::Versions)) { (words::number_of(card.versions.len(), "version")) }
        }
    }
}

fn content(card: &CardDossier) -> Markup {
    let uses = &card.card.intended_uses;
    let facts = [
        ("Purpose", &uses.purpose),
        ("Intended uses", &uses.intended_uses),
        ("What makes it worse", &uses.factors_affecting_efficiency),
        ("Why this risk rating", &uses.risk_explanation),
    ];
    html! {
        div.tile {
            div.title { (badge::card_status(card.status)) (badge::risk(uses.risk_rating.unwrap_or_default())) }
            @if facts.iter().all(|(_, text)| text.is_none()) { p.soft { "The card says nothing about its uses yet." } }
            dl.prose-facts { @for (name, text) in facts {
                @if let Some(text) = text { dt { (name) } dd { (text) } }
            } }
        }
    }
}

fn history(visit: &Visit, card: &CardDossier) -> Markup {
    let now_ms = card.as_of_ms.unwrap_or(visit.now_ms);
    html! {
        div.tile {
            h3 { "Reviews" }
            @if let Some(at_ms) = card.expires_ms { p { "The approval holds until " (words::moment(at_ms)) "." } }
            @if let Some(at_ms) = card.review_due_ms { p { "The next review is due " (words::ago(at_ms, now_ms)) "." } }
            (status_steps(card.reviews.iter().rev().take(5), now_ms))
        }
    }
}

fn findings(card: &CardDossier) -> Markup {
    html! {
        @if !card.findings.is_empty() {
            div.notes {
                h3 { "The policy of this workspace finds" }
                ul { @for finding in &card.findings { li { (words::prose(&finding.message)) } } }
            }
        }
    }
}

fn evidence(card: &CardDossier) -> Markup {
    html! {
        @if card.evaluations.is_empty() {
            p.soft { "The card has no evaluations. Bind a report to one, and its numbers come from the report itself." }
        } @else {
            div.scroll tabindex="0" { table.stacked {
                thead { tr { th scope="col" { "Evaluation" } th scope="col" { "Standing" } th scope="col" { "Report" } } }
                tbody { @for own in &card.evaluations { (evaluation(own)) } }
            } }
        }
    }
}

fn evaluation(own: &EvaluationStanding) -> Markup {
    html! {
        tr {
            th scope="row" { (own.evaluation) }
            td.whole { (standing(own)) @for stale in &own.stale { span.fine.block { (words::prose(&reason(stale))) } } }
            td.whole { @match &own.binding {
                Some(binding) => {
                    code { (binding.report) }
                    span.fine.block { "SHA-256 " code { (binding.sha256.get(..16).unwrap_or(&binding.sha256)) "…" } }
                },
                None => span.none { "–" },
            } }
        }
    }
}
