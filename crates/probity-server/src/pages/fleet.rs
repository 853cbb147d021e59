//! `/dashboard`: all models, what is wrong with them, and what is missing.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::dashboard::fleet::{self, ByMonitors, Fleet, FleetSort, Slice};
use probity_app::dashboard::views::{self, View};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::resource::SortOrder;

use super::fields::{Fields, own_address};
use super::visit::{Asked, Visit};
use super::{Desk, Refusal, badge, fleet_query, fleet_table, fleet_top, reply, shell};
use crate::answer::Answer;

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct FleetPage<'a> {
    pub(super) visit: &'a Visit,
    pub(super) fleet: &'a Fleet,
    pub(super) views: &'a [View],
}

pub(super) async fn page(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let query = fleet_query::read(&visit.fields);
    let slice = Slice::Page {
        number: fleet_query::page_number(&visit.fields),
        size: fleet_query::PAGE,
    };
    let fleet = fleet::fleet(desk.app, &visit.caller, &query, slice).await?;
    let views = views::list(desk.app, &visit.caller).await?;
    let page = FleetPage {
        visit,
        fleet: &fleet,
        views: &views,
    };
    Ok(reply::html(StatusCode::OK, render(page)))
}

fn render(page: FleetPage<'_>) -> Markup {
    let head = shell::Head {
        title: "Fleet",
        place: shell::Place::Fleet,
    };
    let body = html! {
        h1.hidden { "Fleet" }
        @if page.fleet.n_models == 0 {
            (nothing_yet())
        } @else {
            (fleet_top::summary(page))
            section.models {
                (heading(page))
                (tools(page))
                (fleet_table::table(page))
            }
        }
    };
    shell::page(page.visit, head, &body)
}

fn nothing_yet() -> Markup {
    html! {
        div.empty {
            h2 { "No models yet" }
            p { "A model appears here when a client of the SageMaker API creates one:" }
            pre { code {
                "sagemaker = boto3.client(\"sagemaker\", endpoint_url=…)\n"
                "sagemaker.create_model(ModelName=\"fraud\", PrimaryContainer={…}, ExecutionRoleArn=…)"
            } }
            p { "For the address and keys, in a shell on this machine: " code { "eval \"$(probity env)\"" } }
        }
    }
}

/// One press to what is wrong.
fn heading(page: FleetPage<'_>) -> Markup {
    let ByMonitors {
        all,
        with: attention,
    } = page.fleet.by_monitors;
    let tabs = [
        ("", "All", all),
        ("attention", "Need attention", attention.any),
        ("alert", "In alert", attention.alert),
        ("failed", "Failed", attention.failed),
        ("missing", "Missing monitors", attention.missing),
        ("inactive", "Inactive", attention.inactive),
    ];
    let now = page.visit.fields.get("monitor").unwrap_or_default();
    html! {
        h2 #models { "Models" }
        nav.tabs aria-label="By monitors" { ul {
            @for (state, name, count) in tabs {
                li { a href=(with(page, "monitor", state)) aria-current=[(state == now).then_some("true")] {
                    (name) " " b { (count) }
                } }
            }
        } }
    }
}

/// This page with another choice, from its beginning.
pub(super) fn with(page: FleetPage<'_>, name: &str, value: &str) -> String {
    let fields = page.visit.fields.without("page").with(name, value);
    fields.address("/dashboard")
}

const CARDS: [(&str, &str); 8] = [
    ("Approved", "Approved"),
    ("PendingReview", "Pending review"),
    ("Draft", "Draft"),
    ("Archived", "Archived"),
    ("missing", "No card"),
    ("stale", "Stale evidence"),
    ("overdue", "Review overdue"),
    ("expired", "Approval expired"),
];
const VERSIONS: [(&str, &str); 4] = [
    ("champion", "Champion"),
    ("outdated", "Not the champion"),
    ("none-approved", "None approved"),
    ("unregistered", "Not registered"),
];
const RISKS: [(&str, &str); 4] = [
    ("High", "High"),
    ("Medium", "Medium"),
    ("Low", "Low"),
    ("Unknown", "Unknown"),
];

fn tools(page: FleetPage<'_>) -> Markup {
    let fields = &page.visit.fields;
    let kinds = MonitoringType::ALL.map(|kind| (kind.as_str(), badge::kind(kind)));
    html! {
        div.tools {
            form.filters method="get" action="/dashboard" role="search" data-auto-submit {
                @for name in ["monitor", "region", "owner"] {
                    @if let Some(value) = fields.get(name) { input type="hidden" name=(name) value=(value); }
                }
                label.search { span.hidden { "Search models" } (shell::symbol("search"))
                    input type="search" name="q" value=[fields.get("q")]
                        placeholder="Model, owner, endpoint or group";
                }
                (choice(fields, ("risk", "Risk"), &RISKS))
                (choice(fields, ("card", "Card"), &CARDS))
                (choice(fields, ("version", "Version"), &VERSIONS))
                (choice(fields, ("kind", "Monitor"), &kinds))
                (sort_choice(fields))
                @if let Some(owner) = fields.get("owner") {
                    a.tag.sure href=(with(page, "owner", "")) title="Show the models of all owners" {
                        "Owner: " (owner) " ×"
                    }
                }
                button type="submit" { "Filter" }
                @if fleet_query::filters(fields) { a.clear href=(page.visit.href("/dashboard")) { "Clear" } }
            }
            div.more-tools {
                (saved_views(page))
                a.button href=(page.visit.link("/dashboard.csv", &fleet_query::view(fields))) download="models.csv" {
                    (shell::symbol("file")) "CSV"
                }
            }
        }
    }
}

fn choice(fields: &Fields, (name, label): (&str, &str), values: &[(&str, &str)]) -> Markup {
    let now = fields.get(name).unwrap_or_default();
    html! {
        label.choice { span { (label) }
            select name=(name) {
                option value="" { "Any" }
                @for (value, text) in values {
                    option value=(value) selected[*value == now] { (text) }
                }
            }
        }
    }
}

/// Each order and, where people look for it, its reverse: the head of the table has no place on a
/// phone, and no way back to what needs attention.
const SORTS: [(FleetSort, SortOrder, &str); 10] = [
    (FleetSort::Attention, SortOrder::Ascending, "Attention"),
    (FleetSort::Name, SortOrder::Ascending, "Name, A to Z"),
    (FleetSort::Name, SortOrder::Descending, "Name, Z to A"),
    (FleetSort::Owner, SortOrder::Ascending, "Owner"),
    (FleetSort::Risk, SortOrder::Ascending, "Highest risk"),
    (FleetSort::Card, SortOrder::Ascending, "Card"),
    (FleetSort::Version, SortOrder::Ascending, "Version"),
    (
        FleetSort::LastRun,
        SortOrder::Ascending,
        "Last check, newest",
    ),
    (
        FleetSort::LastRun,
        SortOrder::Descending,
        "Last check, oldest",
    ),
    (FleetSort::Created, SortOrder::Ascending, "Newest model"),
];

fn sort_choice(fields: &Fields) -> Markup {
    let query = fleet_query::read(fields);
    let now = (query.sort, query.order);
    let is_listed = SORTS.iter().any(|(sort, order, _)| (*sort, *order) == now);
    html! {
        label.choice { span { "Sort" }
            select name="sort" {
                @for (sort, order, text) in SORTS {
                    option value=(fleet_query::sort_value(sort, order)) selected[(sort, order) == now] { (text) }
                }
                // The head of the table turns the others round too.
                @if !is_listed {
                    option value=(fleet_query::sort_value(now.0, now.1)) selected { (reversed(now.0)) }
                }
            }
        }
    }
}

fn reversed(sort: FleetSort) -> String {
    let listed = SORTS.iter().find(|(known, _, _)| *known == sort);
    let text = listed.map_or(sort.as_str(), |(_, _, text)| *text);
    format!("{text}, reversed")
}

fn saved_views(page: FleetPage<'_>) -> Markup {
    let now = fleet_query::view(&page.visit.fields).query();
    html! {
        details.menu.views {
            summary { (shell::symbol("star")) "Views" @if !page.views.is_empty() { " " b { (page.views.len()) } } }
            div {
                @if page.views.is_empty() {
                    p.soft { "Filter and sort as you like, then keep it under a name." }
                }
                ul { @for view in page.views {
                    li {
                        a href=(page.visit.link("/dashboard", &Fields::parse(view.query.as_bytes())))
                            aria-current=[(view.query == now).then_some("true")] { (view.name) }
                        form method="post" action="/dashboard/views" {
                            (shell::form_key(page.visit))
                            input type="hidden" name="delete" value=(view.name);
                            input type="hidden" name="next" value=(page.visit.here());
                            button.quiet type="submit" aria-label=(format!("Delete the view {}", view.name)) { (shell::symbol("failed")) }
                        }
                    }
                } }
                form.save-view method="post" action="/dashboard/views" {
                    (shell::form_key(page.visit))
                    input type="hidden" name="query" value=(now);
                    input type="hidden" name="next" value=(page.visit.here());
                    label { span { "Keep this view as" }
                        input name="name" required maxlength="60" autocomplete="off";
                    }
                    button type="submit" { "Save" }
                }
            }
        }
    }
}

pub(super) async fn change_views(
    desk: Desk<'_>,
    asked: &Asked,
    visit: &Visit,
) -> Result<Answer, Refusal> {
    let next = own_address(asked.form.get("next"));
    match asked.form.get("delete") {
        Some(name) => views::delete(desk.app, &visit.caller, name).await?,
        None => {
            let kept = asked.form.get("query").unwrap_or_default();
            let view = View {
                name: asked.form.get("name").unwrap_or_default().to_owned(),
                query: fleet_query::view(&Fields::parse(kept.as_bytes())).query(),
            };
            views::save(desk.app, &visit.caller, view).await?;
        }
    }
    Ok(reply::see_other(next))
}
