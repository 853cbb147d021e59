//! The table of models: a row for each, and pages of them.

use maud::{Markup, html};
use probity_app::dashboard::fleet::{CardFreshness, FleetCard, FleetModel, FleetSort};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::resource::SortOrder;

use super::fleet::{FleetPage, with};
use super::fleet_query::{PAGE, page_number, read, sort_value};
use super::{badge, fleet_query, shell, spark, words};

pub(super) fn table(page: FleetPage<'_>) -> Markup {
    html! {
        @if page.fleet.n_found == 0 {
            div.empty {
                h3 { "No model is like this" }
                p { "Of " (words::number_of(page.fleet.n_models, "model")) ", none passes the filters. "
                    a href=(page.visit.href("/dashboard")) { "Show all" } "." }
            }
        } @else if page.fleet.models.is_empty() {
            div.empty {
                h3 { "There is no such page" }
                p { "The list ends before it, with " (words::number_of(page.fleet.n_found, "model")) ". "
                    a href=(with(page, "page", "")) { "To its beginning" } "." }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Table of models" {
                table.fleet.stacked {
                    thead { (heads(page)) }
                    tbody { @for model in &page.fleet.models { (row(page, model)) } }
                }
            }
            (pages(page))
        }
    }
}

fn heads(page: FleetPage<'_>) -> Markup {
    html! {
        tr {
            (column(page, FleetSort::Name, "Model"))
            (column(page, FleetSort::Risk, "Risk"))
            (column(page, FleetSort::Card, "Card"))
            (column(page, FleetSort::Version, "Version"))
            th scope="col" { "Runs at" }
            @for kind in MonitoringType::ALL { th.monitor scope="col" { (badge::kind(kind)) } }
            th scope="col" { "Calls, 7 days" }
            (column(page, FleetSort::LastRun, "Last check"))
        }
    }
}

fn column(page: FleetPage<'_>, sort: FleetSort, name: &str) -> Markup {
    let query = read(&page.visit.fields);
    let is_sorted = query.sort == sort;
    let (state, next) = match (is_sorted, query.order) {
        (true, SortOrder::Ascending) => (Some("ascending"), SortOrder::Descending),
        (true, SortOrder::Descending) => (Some("descending"), SortOrder::Ascending),
        (false, _) => (None, SortOrder::Ascending),
    };
    let fields = page.visit.fields.without("page").without("order");
    let fields = fields.with("sort", &sort_value(sort, next));
    html! {
        th scope="col" aria-sort=[state] { a href=(fields.address("/dashboard")) { (name) } }
    }
}

fn row(page: FleetPage<'_>, model: &FleetModel) -> Markup {
    let now_ms = page.visit.now_ms;
    html! {
        tr {
            th scope="row" {
                a.name href=(page.visit.href(&shell::model_path(&model.name))) { (model.name) }
                a.owner href=(with(page, "owner", model.owner())) title="All models of this owner" { (model.owner()) }
            }
            td data-label="Risk" {
                @match &model.card {
                    Some(card) => (badge::risk(card.risk)),
                    None => span.none { "–" },
                }
            }
            td data-label="Card" {
                @match &model.card {
                    Some(card) => (card_cell(card, now_ms)),
                    None => span.chip.missing { (shell::symbol("missing")) "No card" },
                }
            }
            td data-label="Version" { (version(model)) }
            td data-label="Runs at" { (places(model, now_ms)) }
            @for (kind, state) in MonitoringType::ALL.into_iter().zip(model.monitors) {
                td.monitor data-label=(badge::kind(kind)) { (badge::monitor(state, now_ms)) }
            }
            td data-label="Calls, 7 days" {
                @match &model.traffic {
                    Some(traffic) => (spark::traffic(traffic)),
                    None => span.none { "–" },
                }
            }
            td data-label="Last check" { (last_run(model, now_ms)) }
        }
    }
}

fn card_cell(card: &FleetCard, now_ms: i64) -> Markup {
    let overdue = |word: &str, at_ms: Option<i64>| {
        html! {
            span.fine.overdue { (shell::symbol("waiting")) (word)
                @if let Some(at_ms) = at_ms { " " (words::for_so_long(at_ms, now_ms)) }
            }
        }
    };
    html! {
        (badge::card_status(card.status))
        @match card.freshness {
            CardFreshness::Current => span.fine title="Changed last" { (words::ago(card.modified_ms, now_ms)) },
            CardFreshness::Stale => span.fine.overdue title="Monitors have run since its evaluations were taken from them" {
                (shell::symbol("waiting")) "stale evidence"
            },
            CardFreshness::ReviewOverdue => (overdue("review overdue", card.review_due_ms)),
            CardFreshness::Expired => (overdue("approval expired", card.expires_ms)),
        }
    }
}

fn version(model: &FleetModel) -> Markup {
    let Some(known) = &model.registered else {
        return html! { span.none { "–" } };
    };
    let is_champion = known.champion == Some(known.version);
    html! {
        span.version { "v" (known.version) }
        span.soft { " of " (known.versions) }
        span.fine {
            @match known.champion {
                Some(_) if is_champion => "champion",
                Some(champion) => { "champion is v" (champion) },
                None => "none approved",
            }
        }
    }
}

fn places(model: &FleetModel, now_ms: i64) -> Markup {
    html! {
        @for endpoint in model.endpoints.iter().take(2) {
            span.place { (endpoint.name)
                @if let Some(alert) = endpoint.alert {
                    " " span title="Captures stopped" { (badge::monitor(alert, now_ms)) }
                }
                @if endpoint.status != "InService" { " " span.tag.warn { (endpoint.status) } }
            }
        }
        @if model.endpoints.len() > 2 { span.fine { "and " (model.endpoints.len() - 2) " more" } }
        @if let Some(batch) = &model.last_batch {
            span.fine { "Batch " (words::ago(batch.created_ms, now_ms))
                @if batch.status != "Completed" { " " span.tag.warn { (batch.status) } }
            }
        }
        @if model.endpoints.is_empty() && model.last_batch.is_none() { span.none { "nowhere" } }
    }
}

fn last_run(model: &FleetModel, now_ms: i64) -> Markup {
    let Some(run) = &model.last_run else {
        return html! { span.none { "never" } };
    };
    let found = run.violations.unwrap_or(0);
    html! {
        (words::ago(run.at_ms, now_ms))
        span.fine {
            @match run.status.as_str() {
                "CompletedWithViolations" => (words::number_of(usize::try_from(found).unwrap_or(0), "violation")),
                "Completed" => "no violations",
                other => (other),
            }
        }
    }
}

fn pages(page: FleetPage<'_>) -> Markup {
    let found = page.fleet.n_found;
    let number = page_number(&page.visit.fields);
    let last = found.saturating_sub(1) / PAGE;
    let first_row = number * PAGE + 1;
    let last_row = number * PAGE + page.fleet.models.len();
    html! {
        nav.pages aria-label="Pages" {
            span.soft {
                @if last > 0 { (first_row) "–" (last_row) " of " }
                (words::number_of(found, "model"))
                @if fleet_query::filters(&page.visit.fields) { " found" }
            }
            @if last > 0 {
                @if number > 0 { a.button rel="prev" href=(with_page(page, number - 1)) { "Previous" } }
                @if number < last { a.button rel="next" href=(with_page(page, number + 1)) { "Next" } }
            }
        }
    }
}

fn with_page(page: FleetPage<'_>, number: usize) -> String {
    match number {
        0 => with(page, "page", ""),
        other => with(page, "page", &(other + 1).to_string()),
    }
}
