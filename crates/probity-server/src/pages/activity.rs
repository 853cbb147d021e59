//! `/activity`: the audit log, with filters and pages.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Access;
use probity_app::dashboard::activity::{self, Activity, ActivityQuery, Entry};

use super::visit::Visit;
use super::{Desk, Refusal, fleet_top, reply, shell, words};
use crate::answer::Answer;

const PAGE: u32 = 50;
const DAY_MS: i64 = 86_400_000;

/// Kinds of things that people look for, as ARNs spell them.
const KINDS: [(&str, &str); 12] = [
    ("model", "Models"),
    ("model-card", "Model cards"),
    ("model-package", "Model packages"),
    ("endpoint", "Endpoints"),
    ("endpoint-config", "Endpoint configurations"),
    ("monitoring-schedule", "Monitoring schedules"),
    ("data-quality-job-definition", "Data quality definitions"),
    ("model-quality-job-definition", "Model quality definitions"),
    ("model-bias-job-definition", "Bias definitions"),
    (
        "model-explainability-job-definition",
        "Attribution definitions",
    ),
    ("processing-job", "Processing jobs"),
    ("user", "Users and sign-ins"),
];

pub(super) async fn page(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = query(visit, PAGE);
    let activity = activity::list(desk.app, &visit.caller, &query).await?;
    Ok(reply::html(StatusCode::OK, render(visit, &activity)))
}

/// Also of the file.
pub(super) fn query(visit: &Visit, limit: u32) -> ActivityQuery {
    let text = |name: &str| visit.fields.get(name).map(str::trim).map(str::to_owned);
    let day = |name: &str| visit.fields.get(name).and_then(words::day_of_text);
    ActivityQuery {
        actor: text("who"),
        action: text("what"),
        resource_arn: text("about"),
        kind: text("kind"),
        contains: text("q"),
        from_ms: day("from"),
        // The whole of the last day.
        to_ms: day("to").map(|at_ms| at_ms + DAY_MS - 1),
        before_seq: visit
            .fields
            .get("before")
            .and_then(|text| text.parse().ok()),
        limit,
    }
}

/// What an address may narrow the log by.
const FILTERS: [&str; 8] = ["q", "who", "kind", "what", "about", "from", "to", "before"];

fn render(visit: &Visit, activity: &Activity) -> Markup {
    let head = shell::Head {
        title: "Activity",
        place: shell::Place::Activity,
    };
    let is_filtered = FILTERS.iter().any(|name| visit.fields.get(name).is_some());
    let body = html! {
        div.title {
            h1 { "Activity" }
            span.grow {}
            @if may_verify(visit) { a.button href=(visit.href("/activity/chain")) { (shell::symbol("ok")) "Verify the chain" } }
            a.button href=(visit.fields.without("before").address("/activity.csv")) download { (shell::symbol("file")) "CSV" }
        }
        p.soft.lead { "Every change is an event of one chain: each carries the hash of the one before. Reading, and what was refused, is not kept." }
        (filters(visit, is_filtered.then(|| visit.href("/activity"))))
        @if activity.entries.is_empty() {
            div.empty { h2 { "Nothing like this was done" } p { a href=(visit.href("/activity")) { "Show everything" } } }
        } @else {
            div.scroll tabindex="0" { table.activity.stacked {
                thead { tr { th.num scope="col" { "No." } th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Change" } } }
                tbody { @for entry in &activity.entries { (row(visit, entry)) } }
            } }
            @if let Some(next) = activity.next {
                nav.pages aria-label="Pages" { span {} a.button rel="next" href=(visit.fields.with("before", &next.to_string()).address("/activity")) { "Older" } }
            }
        }
    };
    shell::page(visit, head, &body)
}

/// It reads the whole log: administrators may ask for that.
pub(super) fn may_verify(visit: &Visit) -> bool {
    match visit.caller.access {
        Access::Administrator => true,
        Access::ReadOnly => false,
    }
}

fn filters(visit: &Visit, clear: Option<String>) -> Markup {
    let field = |name: &'static str, label: &'static str, kind: &'static str| {
        html! { label.choice { span { (label) } input type=(kind) name=(name) value=[visit.fields.get(name)]; } }
    };
    let kind = visit.fields.get("kind").unwrap_or_default();
    html! {
        form.filters.tools method="get" action="/activity" role="search" {
            @for kept in ["region", "what", "about"] { @if let Some(value) = visit.fields.get(kept) { input type="hidden" name=(kept) value=(value); } }
            label.search { span.hidden { "Part of an action or an ARN" } (shell::symbol("search")) input type="search" name="q" placeholder="Action or ARN" value=[visit.fields.get("q")]; }
            (field("who", "Who", "text"))
            label.choice { span { "About" } select name="kind" {
                option value="" { "anything" }
                @for (value, name) in KINDS { option value=(value) selected[value == kind] { (name) } }
            } }
            // Times are shown in the reader's zone, and days are those of UTC.
            (field("from", "From (UTC)", "date")) (field("to", "To (UTC)", "date"))
            button type="submit" { "Filter" }
            @if let Some(all) = clear { a.clear href=(all) { "Clear" } }
        }
        (narrowed(visit))
    }
}

/// What a click in the table narrowed it to, each with a way back.
fn narrowed(visit: &Visit) -> Markup {
    let chosen = [("what", "Action"), ("about", "ARN")]
        .map(|(name, label)| (name, label, visit.fields.get(name)));
    html! {
        @if chosen.iter().any(|(_, _, value)| value.is_some()) {
            p.narrowed { @for (name, label, value) in chosen { @if let Some(value) = value {
                span.tag { (label) " " code { (value) } " " a href=(visit.fields.without(name).without("before").address("/activity")) aria-label=(format!("Without {label} {value}")) { "×" } } " "
            } } }
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
            td.num data-label="No." { a href=(visit.href(&format!("/activity/{}", entry.seq))) { (entry.seq) } }
            td data-label="When" { (words::moment(entry.at_ms)) }
            td data-label="Who" { a href=(only("who", &entry.actor)) { (entry.actor) } }
            td.whole data-label="What" { a href=(only("what", &entry.action)) { (fleet_top::did(&entry.action)) }
                a.about href=(only("about", &entry.resource_arn)) { code { (fleet_top::short_arn(&entry.resource_arn)) } } }
            td.absent[entry.reason.is_none()] data-label="Why" { @match &entry.reason { Some(reason) => (words::prose(reason)), None => span.none { "–" } } }
            td.whole { details { summary { "Details" }
                pre tabindex="0" { code { (pretty(entry)) } }
                p.fine { a href=(visit.href(&format!("/activity/{}", entry.seq))) { "The whole event" } }
            } }
        }
    }
}

/// Long changes are cut: the event's own page has them whole.
fn pretty(entry: &Entry) -> String {
    const LONGEST: usize = 600;
    let text = serde_json::to_string_pretty(&entry.change).unwrap_or_default();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
