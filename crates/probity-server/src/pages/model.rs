//! `/models/NAME`: one model on one page.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard;
use probity_app::dashboard::model::{self, ModelPage, ServingEndpoint};
use probity_data::location::Patience;
use probity_domain::document::api::model::ContainerDefinition;
use probity_domain::document::card_dossier::CardDossier;
use serde_json::json;

use super::fields::Fields;
use super::visit::Visit;
use super::{
    Desk, Refusal, badge, fleet_top, model_batches, model_card, model_monitors, performance, reply,
    shell, words,
};
use crate::answer::Answer;
use crate::card;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let page = model::model(desk.app, &visit.caller, name).await?;
    let card = match &page.card {
        None => None,
        Some(card) => {
            let wanted = json!({ "ModelCardName": card });
            Some(
                card::dossier(
                    desk.tools,
                    &visit.caller,
                    (dashboard::SEE, &wanted, Patience::OfAReader),
                )
                .await?,
            )
        }
    };
    Ok(reply::html(
        StatusCode::OK,
        render(visit, &page, card.as_ref()),
    ))
}

fn render(visit: &Visit, page: &ModelPage, card: Option<&CardDossier>) -> Markup {
    let head = shell::Head {
        title: &page.name,
        place: shell::Place::Other,
    };
    let body = html! {
        (shell::trail(visit, &[("Fleet", "/dashboard")]))
        div.title {
            h1 { (page.name) }
            @if let Some(card) = card {
                (badge::risk(card.card.intended_uses.risk_rating.unwrap_or_default()))
                (badge::card_status(card.status))
            }
        }
        (sections())
        (overview(page, card))
        (performance::section(page))
        (model_batches::section(page))
        (model_monitors::section(visit, page))
        (model_monitors::alerts(visit, page))
        (model_card::section(visit, &page.name, card))
        (events(visit, page, card))
    };
    shell::page(visit, head, &body)
}

fn sections() -> Markup {
    let parts = [
        ("overview", "Overview"),
        ("performance", "Performance"),
        ("batches", "Batch jobs"),
        ("monitors", "Monitors"),
        ("alerts", "Alerts"),
        ("card", "Card"),
        ("evidence", "Evidence"),
        ("activity", "Activity"),
    ];
    html! {
        nav.tabs.sections aria-label="On this page" {
            ul { @for (id, name) in parts { li { a href=(format!("#{id}")) { (name) } } } }
        }
    }
}

fn overview(page: &ModelPage, card: Option<&CardDossier>) -> Markup {
    let overview = card.map(|card| &card.card.overview);
    let owner = overview.and_then(|overview| overview.owner.as_deref());
    let description = overview.and_then(|overview| overview.description.as_deref());
    html! {
        section #overview {
            h2 { "Overview" }
            div.pair {
                div.tile {
                    h3 { "What it is" }
                    @if let Some(text) = description { p.prose { (text) } }
                    dl.facts {
                        @if let Some(owner) = owner { dt { "Owner" } dd { (owner) } }
                        dt { "Approval" } dd { (approval(page, card)) }
                        dt { "Created" } dd { (words::ago(page.created_ms, page.as_of_ms)) " by " (page.created_by) }
                        @for container in page.model.all_containers() { (container_facts(container)) }
                        @if let Some(role) = &page.model.execution_role_arn { dt { "Role" } dd { code { (role) } } }
                        dt { "ARN" } dd { code { (page.arn) } }
                    }
                }
                div.tile {
                    h3 { "Where it runs" }
                    (places(page))
                    (registry(page))
                }
            }
        }
    }
}

/// By the card's reviews; of a model without a card, by the registry.
fn approval(page: &ModelPage, card: Option<&CardDossier>) -> Markup {
    let Some(card) = card else {
        return registered_approval(page);
    };
    let Some(step) = card.approval() else {
        return html! { "Not approved" };
    };
    html! {
        "Approved by " (step.actor) ", " (words::moment(step.at_ms))
        @if step.version < card.version { ", as version " (step.version) " of the card" }
        @match card.expires_ms {
            Some(until_ms) if until_ms <= page.as_of_ms => { ", " span.tag.warn { "expired" } " " (words::moment(until_ms)) },
            Some(until_ms) => { ", until " (words::moment(until_ms)) },
            None => {},
        }
    }
}

/// The registry keeps who changed a version last, and that may have been its description.
fn registered_approval(page: &ModelPage) -> Markup {
    let number = page.registered.as_ref().map(|known| known.version);
    let mut versions = page.versions.iter();
    let own = versions.find(|version| Some(version.version) == number);
    let Some(own) = own.filter(|own| own.approval == "Approved") else {
        return html! { "Not approved" };
    };
    html! {
        "Approved in the registry as version " (own.version) ", changed last by " (own.modified_by) ", "
        (words::moment(own.modified_ms))
    }
}

fn container_facts(container: &ContainerDefinition) -> Markup {
    html! {
        @if let Some(image) = &container.image { dt { "Image" } dd { code { (image) } } }
        @if let Some(data) = container.model_data_uri() { dt { "Artifact" } dd { code { (data) } } }
        @if let Some(package) = &container.model_package_name { dt { "Package" } dd { code { (package) } } }
    }
}

fn places(page: &ModelPage) -> Markup {
    html! {
        @if page.endpoints.is_empty() && page.batches.is_empty() {
            p.soft { "Nowhere: no endpoint serves it, and no batch job has used it." }
        }
        @if !page.endpoints.is_empty() {
            div.table tabindex="0" { table {
                thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Status" } th scope="col" { "Variants" } th scope="col" { "Captured" } } }
                tbody { @for endpoint in &page.endpoints { (endpoint_row(endpoint, page.as_of_ms)) } }
            } }
        }
        @if let Some(job) = page.batches.first() {
            p { "Last batch job: " a href="#batches" { (job.name) } " " (badge::work(&job.status)) " "
                span.soft { (words::ago(job.created_ms, page.as_of_ms)) } }
        }
    }
}

fn endpoint_row(endpoint: &ServingEndpoint, now_ms: i64) -> Markup {
    html! {
        tr {
            th scope="row" { (endpoint.name) span.fine.block { "changed " (words::ago(endpoint.modified_ms, now_ms)) } }
            td { (badge::work(&endpoint.status))
                @if let Some(failure) = &endpoint.failure { span.fine.block { (failure) } }
                @if let Some(alert) = endpoint.alert {
                    (badge::monitor(alert, now_ms))
                    @for reason in &endpoint.reasons { span.fine.block { (reason) } }
                }
            }
            td { @for (name, share) in &endpoint.variants { span.block { (name) " " span.soft { (words::percent(*share)) } } } }
            td { @match endpoint.sampling_percent {
                Some(percent) => { (percent) "\u{a0}% of calls" },
                None => span.chip.missing { (shell::symbol("missing")) "Nothing" },
            } }
        }
    }
}

fn registry(page: &ModelPage) -> Markup {
    let Some(known) = &page.registered else {
        return html! {
            h3 { "Registry" }
            p.soft { "The model was not made of a version of a model package group." }
        };
    };
    html! {
        h3 { "Registry: " (known.group) }
        div.table tabindex="0" { table {
            thead { tr { th scope="col" { "Version" } th scope="col" { "Approval" } th scope="col" { "By" } } }
            tbody { @for version in page.versions.iter().take(8) {
                tr {
                    th scope="row" { "v" (version.version)
                        @if version.version == known.version { " " span.tag.sure { "this model" } }
                        @if known.champion == Some(version.version) { " " span.tag.good { "champion" } }
                        @if let Some(text) = &version.description { span.fine.block { (text) } }
                    }
                    td { (badge::approval(&version.approval)) }
                    td { (version.modified_by) span.fine.block { (words::ago(version.modified_ms, page.as_of_ms)) } }
                }
            } }
        } }
    }
}

fn events(visit: &Visit, page: &ModelPage, card: Option<&CardDossier>) -> Markup {
    let about = |arn: &str| visit.link("/activity", &Fields::default().with("about", arn));
    html! {
        section #activity {
            h2 { "Activity" }
            @if page.events.is_empty() { p.soft { "Nothing is known of what was done." } }
            @else {
                div.scroll tabindex="0" { table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "Why" } } }
                    tbody { @for entry in &page.events {
                        tr {
                            td { (words::moment(entry.at_ms)) }
                            td { (entry.actor) }
                            td { (fleet_top::did(&entry.action)) " " code { (fleet_top::short_arn(&entry.resource_arn)) } }
                            td { @match &entry.reason { Some(reason) => (words::prose(reason)), None => span.none { "–" } } }
                        }
                    } }
                } }
                p.fine { a href=(about(&page.arn)) { "All activity of this model" }
                    @if let Some(card) = card { " · " a href=(about(&card.arn)) { "All activity of its card" } } }
            }
        }
    }
}
