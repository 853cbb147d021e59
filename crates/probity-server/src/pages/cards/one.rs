//! `/cards/NAME` and `/cards/NAME/versions/N`: what a version says, how its evidence stands, and
//! what the policy finds.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::SEE;
use probity_data::location::Patience;
use probity_domain::document::card_dossier::CardDossier;
use serde_json::json;

use super::super::fields::Fields;
use super::super::visit::Visit;
use super::super::{Desk, Refusal, badge, reply, shell, words};
use super::address::{Leaf, leaf_path};
use super::{card_path, document, may_write, value_words, versions};
use crate::answer::Answer;
use crate::card;

pub(super) async fn page(
    desk: Desk<'_>,
    visit: &Visit,
    (name, version): (&str, Option<i64>),
) -> Result<Answer, Refusal> {
    let mut wanted = json!({ "ModelCardName": name });
    if let Some(version) = version {
        wanted["ModelCardVersion"] = version.into();
    }
    let card = card::dossier(
        desk.tools,
        &visit.caller,
        (SEE, &wanted, Patience::OfAReader),
    )
    .await?;
    Ok(reply::html(StatusCode::OK, render(visit, &card)))
}

fn render(visit: &Visit, card: &CardDossier) -> Markup {
    let is_latest = card.version == card.latest_version;
    let title = match is_latest {
        true => card.name.clone(),
        false => format!("{}, version {}", card.name, card.version),
    };
    let head = shell::Head {
        title: &title,
        place: shell::Place::Cards,
    };
    let body = html! {
        (shell::trail(visit, &[("Cards", "/cards")]))
        (header(visit, card))
        (tabs(visit, &card.name, if is_latest { Leaf::Card } else { Leaf::Versions }))
        @if !is_latest { (old_version(visit, card)) }
        @if is_latest { (needs(visit, card)) }
        div.card-page {
            div.card-body { (probity_report::card::body(card)) }
            aside.card-side aria-label="About this card" { (side(visit, card)) }
        }
    };
    shell::page(visit, head, &body)
}

/// Name, states and what can be done, the same on every page of a card.
pub(super) fn header(visit: &Visit, card: &CardDossier) -> Markup {
    html! {
        div.title {
            h1 { (card.name) }
            (badge::card_status(card.status))
            (badge::risk(card.card.intended_uses.risk_rating.unwrap_or_default()))
            span.soft { "version " (card.version) }
            span.grow {}
            @if may_write(visit) { a.button href=(visit.href(&leaf_path(&card.name, Leaf::Edit))) { "Edit" } }
            (document::menu(visit, card))
        }
    }
}

pub(super) fn tabs(visit: &Visit, name: &str, here: Leaf) -> Markup {
    let leaves = [
        (Leaf::Card, "Card"),
        (Leaf::Review, "Review"),
        (Leaf::Versions, "Versions"),
        (Leaf::Changes, "Changes"),
    ];
    html! {
        nav.tabs.card-tabs aria-label="Pages of this card" {
            ul { @for (leaf, text) in leaves {
                li { a href=(visit.href(&leaf_path(name, leaf))) aria-current=[(leaf == here).then_some("page")] { (text) } }
            } }
        }
    }
}

fn old_version(visit: &Visit, card: &CardDossier) -> Markup {
    html! {
        div.notes role="note" {
            p { "This is version " (card.version) " of " (card.latest_version) ". "
                a href=(visit.href(&card_path(&card.name))) { "See the latest" } " or "
                a href=(visit.link(&leaf_path(&card.name, Leaf::Changes), &Fields::default().with("from", &card.version.to_string()))) { "what changed since" } "."
                @if may_write(visit) { " " a href=(visit.link(&leaf_path(&card.name, Leaf::Edit), &Fields::default().with("from", &card.version.to_string()))) { "Begin a new version from it" } "." } }
        }
    }
}

/// What somebody ought to do about the card.
fn needs(visit: &Visit, card: &CardDossier) -> Markup {
    html! {
        @if !card.findings.is_empty() {
            div.notes {
                h2 { "The policy of this workspace finds " (words::number_of(card.findings.len(), "thing")) }
                ul { @for finding in &card.findings { li { (words::prose(&finding.message)) " " span.fine { (finding.rule) } } } }
                @if may_write(visit) { p { a href=(visit.href(&leaf_path(&card.name, Leaf::Edit))) { "Mend it in the editor" } } }
            }
        }
    }
}

fn side(visit: &Visit, card: &CardDossier) -> Markup {
    let now_ms = card.as_of_ms.unwrap_or(visit.now_ms);
    html! {
        section.tile { h2 { "Standing" } (standing(visit, card, now_ms)) }
        section.tile { h2 { "Evidence" } (evidence(card)) }
        section.tile { h2 { "Reviews" }
            (versions::steps(card.reviews.iter().rev().take(4), now_ms))
            p.fine { a href=(visit.href(&leaf_path(&card.name, Leaf::Review))) { "All reviews" } }
        }
        section.tile { h2 { "Identity" } dl.facts {
            dt { "ARN" } dd { code { (card.arn) } }
            dt { "SHA-256" } dd { code { (card.sha256) } }
            @for (name, value) in &card.tags { dt { (name) } dd { (value) } }
        }
        p.fine { a href=(visit.link("/activity", &Fields::default().with("about", &card.arn))) { "What was done to it" } } }
    }
}

fn standing(visit: &Visit, card: &CardDossier, now_ms: i64) -> Markup {
    html! {
        dl.facts {
            dt { "Model" } dd {
                @match (value_words::model_of_server(card), value_words::model(card)) {
                    (Some(model), _) => a href=(visit.href(&shell::model_path(model))) { (model) },
                    (None, Some(model)) => (model),
                    (None, None) => span.none { "names none" },
                }
            }
            @if let Some(owner) = &card.card.overview.owner { dt { "Owner" } dd { (owner) } }
            @if let Some(why) = &card.card.intended_uses.risk_explanation { dt { "Why " (card.card.intended_uses.risk_rating.unwrap_or_default().as_str().to_lowercase()) " risk" } dd { (why) } }
            dt { "Approved" } dd { @match card.approval() {
                Some(step) => { "by " (step.actor) " " (words::ago(step.at_ms, now_ms)) @if step.version != card.version { ", as version " (step.version) } },
                None => span.none { "not now" },
            } }
            @if let Some(at_ms) = card.review_due_ms { dt { "Next review" } dd { (words::ago(at_ms, now_ms)) } }
            @if let Some(at_ms) = card.expires_ms { dt { "Approval holds" } dd { "until " (words::moment(at_ms)) } }
            @if let (Some(at_ms), Some(by)) = (card.version_created_ms, &card.version_created_by) {
                dt { "Written" } dd { "by " (by) " " (words::ago(at_ms, now_ms)) }
            }
        }
    }
}

fn evidence(card: &CardDossier) -> Markup {
    html! {
        @if card.evaluations.is_empty() { p.soft { "The card has no evaluations. Bind a report to one, and its numbers come from the report itself." } }
        ul.standings { @for own in &card.evaluations {
            li {
                strong { (own.evaluation) } " " (value_words::standing(own))
                @for reason in &own.stale { span.fine.block { (words::prose(&value_words::reason(reason))) } }
                @if let Some(binding) = &own.binding { span.fine.block { code { (binding.report) } } }
            }
        } }
    }
}
