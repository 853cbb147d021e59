//! The card of a model, and how its evidence stands.

use maud::{Markup, html};
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Verification,
};

use super::{badge, shell, words};

pub(super) fn section(card: Option<&CardDossier>, as_of_ms: i64) -> Markup {
    let Some(card) = card else {
        return html! {
            section #card {
                h2 { "Model card" }
                div.empty {
                    h3 { "No card describes this model" }
                    p { "A card says what the model is for, how risky it is, and what it was measured by. Make one with "
                        code { "create_model_card" } ", its " code { "model_overview.model_id" } " being this model's ARN." }
                }
            }
            section #evidence { h2 { "Evidence" } p.soft { "Evidence hangs on a card." } }
        };
    };
    html! {
        section #card {
            h2 { "Model card " span.soft { (card.name) " · version " (card.version) } }
            div.pair { (content(card)) (history(card, as_of_ms)) }
            (findings(card))
        }
        section #evidence {
            h2 { "Evidence" }
            (evidence(card))
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

fn history(card: &CardDossier, now_ms: i64) -> Markup {
    html! {
        div.tile {
            h3 { "Reviews and versions" }
            @if let Some(at_ms) = card.expires_ms { p { "The approval holds until " (words::moment(at_ms)) "." } }
            @if let Some(at_ms) = card.review_due_ms { p { "The next review is due " (words::ago(at_ms, now_ms)) "." } }
            ol.steps {
                @for step in card.reviews.iter().rev().take(8) {
                    li {
                        (badge::card_status(step.to)) " version " (step.version) " by " strong { (step.actor) } " "
                        span.soft { (words::ago(step.at_ms, now_ms)) }
                        @if let Some(comment) = &step.comment { p.comment { (comment) } }
                    }
                }
            }
            details.numbers { summary { (words::number_of(card.versions.len(), "version")) }
                ol.steps { @for version in &card.versions {
                    li { "Version " (version.version) " by " (version.created_by) " " span.soft { (words::ago(version.created_ms, now_ms)) }
                        @if let Some(reason) = &version.reason { p.comment { (reason) } } }
                } }
            }
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
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "Evaluation" } th scope="col" { "Standing" } th scope="col" { "Report" } } }
                tbody { @for standing in &card.evaluations { (evaluation(standing)) } }
            } }
        }
    }
}

fn evaluation(standing: &EvaluationStanding) -> Markup {
    html! {
        tr {
            th scope="row" { (standing.evaluation) }
            td {
                @if standing.is_stale() {
                    span.chip.missing { (shell::symbol("waiting")) "Stale" }
                    @for reason in &standing.stale { span.fine.block { (told(reason)) } }
                } @else if standing.binding.is_some() {
                    (verification(standing.verification))
                } @else {
                    span.chip.inactive { "Typed in" }
                }
            }
            td { @match &standing.binding {
                Some(binding) => {
                    code { (binding.report) }
                    span.fine.block { "SHA-256 " code { (binding.sha256.get(..16).unwrap_or(&binding.sha256)) "…" } }
                },
                None => span.none { "–" },
            } }
        }
    }
}

fn verification(verification: Verification) -> Markup {
    match verification {
        Verification::Verified => html! { span.chip.ok { (shell::symbol("ok")) "Current" } },
        Verification::Refuted => {
            html! { span.chip.failed { (shell::symbol("failed")) "Not what the report says" } }
        }
        Verification::NotVerified => html! {
            span.chip.waiting title="The report was not read for this page" {
                (shell::symbol("waiting")) "Bound to a report"
            }
        },
    }
}

fn told(reason: &Staleness) -> String {
    match reason {
        Staleness::NewerExecution { .. } => "The monitor has run again since.".to_owned(),
        Staleness::NewerReport { .. } => "A later job wrote a report to the same place.".to_owned(),
        Staleness::ReportChanged => {
            "What lies at the report's place is another document.".to_owned()
        }
        Staleness::ReportMissing => "Nothing lies at the report's place.".to_owned(),
        Staleness::ModelChanged { what } => what.clone(),
        Staleness::ValuesDiffer => {
            "The numbers in the card are not those of the report any more.".to_owned()
        }
    }
}
