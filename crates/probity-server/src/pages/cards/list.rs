//! `/cards`: every card of the region, with what needs somebody's attention.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::model_card::{self, Shelf, ShelfQuery};
use probity_data::location::{Patience, report_states};
use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;

use super::super::visit::Visit;
use super::super::{Desk, Refusal, badge, reply, shell, words};
use super::{card_path, may_write, value_words};
use crate::answer::Answer;

const PAGE: u32 = 25;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = query(visit);
    let places = model_card::reports_of_shelf(desk.app, &visit.caller, &query).await?;
    let states = report_states(&places, desk.tools.environment, Patience::OfAReader).await;
    let shelf = model_card::shelf(desk.app, &visit.caller, (&query, &states)).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &shelf)))
}

fn query(visit: &Visit) -> ShelfQuery {
    let text = |name: &str| visit.fields.get(name).map(str::trim);
    ShelfQuery {
        name_contains: text("q").filter(|text| !text.is_empty()).map(str::to_owned),
        status: text("status").and_then(CardStatus::parse),
        risk: text("risk").and_then(RiskRating::parse),
        after: text("after").map(str::to_owned),
        limit: PAGE,
    }
}

fn render(visit: &Visit, shelf: &Shelf) -> Markup {
    let head = shell::Head {
        title: "Model cards",
        place: shell::Place::Cards,
    };
    let is_filtered = ["q", "status", "risk", "after"]
        .iter()
        .any(|name| visit.fields.get(name).is_some());
    // The way back to every card.
    let all = is_filtered.then(|| visit.href("/cards"));
    let body = html! {
        div.title {
            h1 { "Model cards" }
            span.grow {}
            @if may_write(visit) { a.button href=(visit.href("/cards/new")) { "New card" } }
        }
        p.soft.lead { "What each model is for, how risky it is, what was measured, and who approved it." }
        (filters(visit, all.as_deref()))
        @if shelf.cards.is_empty() { (nothing(visit, all.as_deref())) } @else {
            div.scroll tabindex="0" { table.cards-table.stacked {
                thead { tr {
                    th scope="col" { "Card" } th scope="col" { "Risk" } th scope="col" { "Status" }
                    th scope="col" { "Evidence" } th scope="col" { "Policy" } th scope="col" { "Next review" } th scope="col" { "Changed" }
                } }
                tbody { @for card in &shelf.cards { (row(visit, card, shelf.as_of_ms)) } }
            } }
            @if let Some(next) = &shelf.next {
                nav.pages aria-label="Pages" { span {} a.button rel="next" href=(visit.fields.with("after", next).address("/cards")) { "More cards" } }
            }
        }
    };
    shell::page(visit, head, &body)
}

fn filters(visit: &Visit, all: Option<&str>) -> Markup {
    let status = CardStatus::ALL.map(|status| (status.as_str(), value_words::status(status)));
    let risk = RiskRating::ALL.map(|rating| (rating.as_str(), rating.as_str()));
    html! {
        form.filters.tools method="get" action="/cards" role="search" data-auto-submit {
            @if let Some(region) = visit.fields.get("region") { input type="hidden" name="region" value=(region); }
            label.search { span.hidden { "Name of the card" } (shell::symbol("search")) input type="search" name="q" placeholder="Name" value=[visit.fields.get("q")]; }
            (choice(visit, ("status", "Status"), &status))
            (choice(visit, ("risk", "Risk"), &risk))
            button type="submit" { "Filter" }
            @if let Some(all) = all { a.clear href=(all) { "Clear" } }
        }
    }
}

fn choice(visit: &Visit, (name, label): (&str, &str), known: &[(&str, &str)]) -> Markup {
    let chosen = visit.fields.get(name).unwrap_or_default();
    html! {
        label.choice { span { (label) } select name=(name) {
            option value="" { "any" }
            @for (value, text) in known { option value=(value) selected[*value == chosen] { (text) } }
        } }
    }
}

fn nothing(visit: &Visit, all: Option<&str>) -> Markup {
    html! {
        div.empty {
            @if let Some(all) = all {
                h2 { "No card is like this" }
                p { a href=(all) { "Show every card" } }
            } @else {
                h2 { "No cards yet" }
                p { "A card says what a model is for, how risky it is, and what it was measured by." }
                @if may_write(visit) { p { a.button href=(visit.href("/cards/new")) { "Write the first one" } } }
                p.soft { "Or send one: " code { "create_model_card" } " of boto3, " code { "ModelCard" } " of the SageMaker SDK, " code { "probity card apply" } "." }
            }
        }
    }
}

fn row(visit: &Visit, card: &CardDossier, now_ms: i64) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href=(visit.href(&card_path(&card.name))) { (card.name) }
                span.fine.block { @match value_words::model(card) { Some(model) => (model), None => "names no model" } }
            }
            td data-label="Risk" { (badge::risk(card.card.intended_uses.risk_rating.unwrap_or_default())) }
            td data-label="Status" { (badge::card_status(card.status)) span.fine.block { "version " (card.version) } }
            td data-label="Evidence" { (value_words::evidence(card)) }
            td data-label="Policy" { (findings(card)) }
            td data-label="Next review" { (due(card, now_ms)) }
            td data-label="Changed" { @match card.modified_ms { Some(at_ms) => (words::ago(at_ms, now_ms)), None => span.none { "–" } }
                @if let Some(by) = &card.modified_by { span.fine.block { "by " (by) } } }
        }
    }
}

fn findings(card: &CardDossier) -> Markup {
    match card.findings.len() {
        0 => html! { span.chip.ok { (shell::symbol("ok")) "Met" } },
        count => {
            html! { span.chip.missing { (shell::symbol("alert")) (words::number_of(count, "finding")) } }
        }
    }
}

fn due(card: &CardDossier, now_ms: i64) -> Markup {
    match card.review_due_ms {
        None => html! { span.none { "–" } },
        Some(at_ms) if at_ms < now_ms => html! {
            span.chip.failed { (shell::symbol("alert")) "Overdue " (words::for_so_long(at_ms, now_ms)) }
        },
        Some(at_ms) => words::ago(at_ms, now_ms),
    }
}
