//! `/activity`: the audit log, with filters and pages.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::activity::{self, Activity, ActivityQuery, Entry};

use super::visit::Visit;
use super::{Desk, Refusal, fleet_top, reply, shell, words};
use crate::answer::Answer;

const PAGE: u32 = 50;
const DAY_MS: i64 = 86_400_000;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = query(visit);
    let activity = activity::list(desk.app, &visit.caller, &query).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &activity)))
}

fn query(visit: &Visit) -> ActivityQuery {
    let text = |name: &str| visit.fields.get(name).map(str::trim).map(str::to_owned);
    let day = |name: &str| visit.fields.get(name).and_then(words::day_of_text);
    ActivityQuery {
        actor: text("who"),
        action: text("what"),
        resource_arn: text("about"),
        from_ms: day("from"),
        // The whole of the last day.
        to_ms: day("to").map(|at_ms| at_ms + DAY_MS - 1),
        before_seq: visit
            .fields
            .get("before")
            .and_then(|text| text.parse().ok()),
        limit: PAGE,
    }
}

fn render(visit: &Visit, activity: &Activity) -> Markup {
    let head = shell::Head {
        title: "Activity",
        place: shell::Place::Activity,
    };
    let body = html! {
        h1 { "Activity" }
        p.soft.lead { "Every change is an event of one chain: each carries the hash of the one before. "
            code { "probity admin verify-audit" } " walks along it." }
        (filters(visit))
        @if activity.entries.is_empty() {
            div.empty { h2 { "Nothing like this was done" } p { a href=(visit.href("/activity")) { "Show everything" } } }
        } @else {
            div.scroll tabindex="0" { table.activity {
                thead { tr { th.num scope="col" { "No." } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Change" } } }
                tbody { @for entry in &activity.entries { (row(visit, entry)) } }
            } }
            @if let Some(next) = activity.next {
                nav.pages { span {} a.button rel="next" href=(visit.fields.with("before", &next.to_string()).address("/activity")) { "Older" } }
            }
        }
    };
    shell::page(visit, head, &body)
}

fn filters(visit: &Visit) -> Markup {
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        html! { label.choice { span { (label) } input type=(kind) name=(name) value=[visit.fields.get(name)]; } }
    };
    html! {
        form.filters.tools method="get" action="/activity" role="search" {
            (field("who", "Who", "text")) (field("what", "Action", "text")) (field("about", "ARN", "text"))
            (field("from", "From", "date")) (field("to", "To", "date"))
            button type="submit" { "Filter" }
            @if visit.fields.iter().next().is_some() { a.clear href=(visit.href("/activity")) { "Clear" } }
        }
    }
}

fn row(visit: &Visit, entry: &Entry) -> Markup {
    let only = |name: &str, value: &str| {
        visit
            .fields
            .without("before")
            .with(name, value)
            .address("/activity")
    };
    html! {
        tr {
            td.num { (entry.seq) }
            td { (words::moment(entry.at_ms)) }
            td { a href=(only("who", &entry.actor)) { (entry.actor) } }
            td { a href=(only("what", &entry.action)) { (fleet_top::did(&entry.action)) }
                a.about href=(only("about", &entry.resource_arn)) { code { (fleet_top::short_arn(&entry.resource_arn)) } } }
            td { @match &entry.reason { Some(reason) => (reason), None => span.none { "–" } } }
            td { details { summary { "Details" }
                pre { code { (pretty(entry)) } }
                p.fine { "Request " code { (entry.request_id) } br; "Hash " code { (entry.hash) } }
            } }
        }
    }
}

/// Long changes are cut: the API has them whole.
fn pretty(entry: &Entry) -> String {
    const LONGEST: usize = 600;
    let text = serde_json::to_string_pretty(&entry.change).unwrap_or_default();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
