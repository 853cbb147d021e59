//! `/cards/NAME/versions`: every version, with who wrote it and why.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::SEE;
use probity_app::model_card::{self, DossierRequest, ReportStates};
use probity_domain::document::card_dossier::{CardDossier, ReviewStep, VersionFact};

use super::super::fields::Fields;
use super::super::visit::Visit;
use super::super::{Desk, Refusal, badge, reply, shell, words};
use super::address::{Leaf, leaf_path};
use super::{one, value_words};
use crate::answer::Answer;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    // No report is read: the page tells nothing of evidence.
    let request = DossierRequest {
        action: SEE,
        card: name,
        version: None,
        reports: &ReportStates::new(),
    };
    let card = model_card::dossier(desk.app, &visit.caller, request).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &card)))
}

fn render(visit: &Visit, card: &CardDossier) -> Markup {
    let title = format!("Versions of {}", card.name);
    let head = shell::Head {
        title: &title,
        place: shell::Place::Cards,
    };
    let now_ms = card.as_of_ms.unwrap_or(visit.now_ms);
    let body = html! {
        (shell::trail(visit, &[("Cards", "/cards")]))
        (one::header(visit, card))
        (one::tabs(visit, &card.name, Leaf::Versions))
        h2 { (words::number_of(card.versions.len(), "version")) }
        p.soft.lead { "A version never changes. A review changes the status of the latest one, and makes none." }
        (compare(visit, card))
        div.scroll tabindex="0" { table {
            thead { tr { th scope="col" { "Version" } th scope="col" { "Status" } th scope="col" { "Written" } th scope="col" { "Why" } th scope="col" { "Changes" } th scope="col" { "SHA-256" } } }
            tbody { @for version in &card.versions { (row(visit, card, (version, now_ms))) } }
        } }
    };
    shell::page(visit, head, &body)
}

fn compare(visit: &Visit, card: &CardDossier) -> Markup {
    let choices = |name: &str, chosen: i64| {
        html! {
            select name=(name) { @for version in &card.versions {
                option value=(version.version) selected[version.version == chosen] { "version " (version.version) }
            } }
        }
    };
    let latest = card.latest_version;
    html! {
        @if card.versions.len() > 1 {
            form.filters.tools method="get" action=(leaf_path(&card.name, Leaf::Changes)) {
                @if let Some(region) = visit.fields.get("region") { input type="hidden" name="region" value=(region); }
                label.choice { span { "From" } (choices("from", latest - 1)) }
                label.choice { span { "to" } (choices("to", latest)) }
                button type="submit" { "Compare" }
            }
        }
    }
}

fn row(visit: &Visit, card: &CardDossier, (version, now_ms): (&VersionFact, i64)) -> Markup {
    let number = version.version;
    html! {
        tr {
            th scope="row" { a href=(visit.href(&leaf_path(&card.name, Leaf::Version(number)))) { "Version " (number) } }
            td { (badge::card_status(version.status)) }
            td { "by " (version.created_by) span.fine.block { (words::ago(version.created_ms, now_ms)) } }
            td { @match &version.reason { Some(reason) => (words::prose(reason)), None => span.none { "–" } } }
            td { @if number > 1 {
                a href=(visit.link(&leaf_path(&card.name, Leaf::Changes), &Fields::default().with("from", &(number - 1).to_string()).with("to", &number.to_string()))) { "since version " (number - 1) }
            } @else { span.none { "the first" } } }
            td { code { (version.sha256.get(..16).unwrap_or(&version.sha256)) "…" } }
        }
    }
}

/// Steps of reviews, in the order in which they come.
pub(in super::super) fn steps<'a>(
    steps: impl Iterator<Item = &'a ReviewStep>,
    now_ms: i64,
) -> Markup {
    html! {
        ol.steps { @for step in steps {
            li {
                @if step.is_edit() {
                    "Edited, version " (step.version)
                } @else if step.from.is_none() {
                    "Created as " (value_words::status(step.to).to_lowercase())
                } @else if step.from == Some(step.to) && !step.is_approval() {
                    "Comment on version " (step.version)
                } @else {
                    (badge::card_status(step.to)) " version " (step.version)
                }
                " by " strong { (step.actor) } " " span.soft { (words::ago(step.at_ms, now_ms)) }
                @if let Some(comment) = &step.comment { p.comment { (words::prose(comment)) } }
            }
        } }
    }
}
