//! `/activity/NUMBER`: one event with its place in the chain, and `/activity/chain`: the whole
//! chain, walked along.

use std::time::Instant;

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::activity::{self, Chain, Link};

use super::visit::Visit;
use super::{Desk, Refusal, activity as log, fleet_top, reply, shell, words};
use crate::answer::Answer;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, seq: i64) -> Result<Answer, Refusal> {
    let link = activity::event(desk.app, &visit.caller, seq).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &link)))
}

fn render(visit: &Visit, link: &Link) -> Markup {
    let entry = &link.entry;
    let title = format!("Event {}", entry.seq);
    let head = shell::Head {
        title: &title,
        place: shell::Place::Activity,
    };
    let beside = |seq: i64| visit.href(&format!("/activity/{seq}"));
    let change = serde_json::to_string_pretty(&entry.change).unwrap_or_default();
    let body = html! {
        (shell::trail(visit, &[("Activity", "/activity")]))
        div.title {
            h1 { (title) }
            (follows(link))
            span.grow {}
            @if entry.seq > 1 { a.button rel="prev" href=(beside(entry.seq - 1)) { "Before" } }
            @if entry.seq < link.head { a.button rel="next" href=(beside(entry.seq + 1)) { "After" } }
        }
        p.lead { strong { (entry.actor) } " " (fleet_top::did(&entry.action)) " " code { (fleet_top::short_arn(&entry.resource_arn)) } ", " (words::moment(entry.at_ms)) "." }
        div.pair.event {
            section.tile { h2 { "What was done" } dl.facts {
                dt { "Who" } dd { (entry.actor) }
                dt { "Action" } dd { code { (entry.action) } }
                dt { "About" } dd { code { (entry.resource_arn) } }
                dt { "When" } dd { (words::moment(entry.at_ms)) }
                dt { "Why" } dd { @match &entry.reason { Some(reason) => (words::prose(reason)), None => span.none { "nothing was said" } } }
                dt { "Request" } dd { code { (entry.request_id) } }
            } }
            section.tile { h2 { "Its place in the chain" } dl.facts {
                dt { "Number" } dd { (words::count(entry.seq)) " of " (words::count(link.head)) }
                dt { "Hash" } dd { code { (entry.hash) } }
                dt { "Before" } dd { @if link.hash_before.is_empty() { span.none { "nothing: it is the first" } } @else { code { (link.hash_before) } } }
            }
            p.fine { "The hash is the SHA-256 of the hash before and of what the event says, as canonical JSON." } }
        }
        section.whole-change { h2 { "Change" } pre tabindex="0" { code { (change) } } }
    };
    shell::page(visit, head, &body)
}

fn follows(link: &Link) -> Markup {
    match link.follows {
        true => html! { span.chip.ok { (shell::symbol("ok")) "Follows from the event before" } },
        false => html! {
            span.chip.failed title="One of the two was changed after it was written, or one between them was taken away" {
                (shell::symbol("failed")) "Does not follow from the event before"
            }
        },
    }
}

/// A look at everything: it changes nothing, so that it is a page and no form.
pub(super) async fn chain(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let begun = Instant::now();
    let chain = activity::verify(desk.app, &visit.caller).await?;
    let took_ms = begun.elapsed().as_millis();
    let page = render_chain(visit, &chain, took_ms);
    Ok(reply::html(StatusCode::OK, page))
}

fn render_chain(visit: &Visit, chain: &Chain, took_ms: u128) -> Markup {
    let head = shell::Head {
        title: "The chain of the audit log",
        place: shell::Place::Activity,
    };
    let events = i64::try_from(chain.events).unwrap_or(i64::MAX);
    let body = html! {
        (shell::trail(visit, &[("Activity", "/activity")]))
        h1 { "The chain of the audit log" }
        @match chain.broken_at {
            None => div.verdict.good role="status" {
                (shell::symbol("ok"))
                div {
                    p { strong { "The chain is whole up to event " (words::count(events)) "." } }
                    p { "Every event from the first on carries the hash of what it says behind the one before. Looked at in " (took_ms) " ms." }
                }
            },
            Some(seq) => div.verdict.bad role="alert" {
                (shell::symbol("failed"))
                div {
                    p { strong { "The chain is broken at event " a href=(visit.href(&format!("/activity/{seq}"))) { (words::count(seq)) } "." } }
                    p { "That event or the one before it was changed, or one was put in or taken away, after it was written. The " (words::count(events)) " before it are as they were. Compare it with a backup." }
                }
            },
        }
        div.pair {
            section.tile { h2 { "What to keep elsewhere" }
                dl.facts {
                    dt { "Event" } dd { (words::count(chain.head)) }
                    dt { "Hash" } dd { code { (chain.head_hash) } }
                    dt { "As of" } dd { (words::moment(chain.as_of_ms)) }
                }
            }
            section.tile { h2 { "What this shows, and what not" }
                p { "Whoever changes, adds or removes an event in the database breaks the chain at that place. Whoever can rewrite the whole database can rewrite the whole chain: against that, keep the hash of the last event outside of this server, and compare it with the event of the same number later." }
                p.fine { "The same from the command line: " code { "probity admin audit" } }
            }
        }
        @if log::may_verify(visit) { p { a.button href=(visit.href("/activity/chain")) { "Verify again" } } }
    };
    shell::page(visit, head, &body)
}
