//! The features of a data-quality monitor: what moved furthest first, each with a picture the size
//! of a word and a link to its own page.

use maud::{Markup, html};
use probity_app::dashboard::result::MonitorResult;
use probity_report::data_quality::{ColumnLine, ColumnVerdict, Columns};

use super::fields::Fields;
use super::results::{self, Baseline, Found, QualityOfData, origin};
use super::visit::Visit;
use super::{shell, words};

/// Rows of one page: two hundred features with their pictures are too heavy for one.
const ROWS: usize = 50;

pub(super) fn section(
    visit: &Visit,
    result: &MonitorResult,
    found: &Found<QualityOfData>,
) -> Markup {
    html! {
        section #features {
            h2 { "Features" }
            @match found.or_why_not() {
                Err(instead) => (instead),
                Ok(read) => @match read.compared.report() {
                    Some(report) => (list(visit, result, (&Columns::of(&report), &read.baseline))),
                    None => div.empty { h3 { "No statistics" } p { "The results have no " code { "statistics.json" } ": the run was a check of constraints alone." } },
                },
            }
        }
    }
}

/// What the address asks for.
struct Choice<'a> {
    find: &'a str,
    only_violated: bool,
    page: usize,
}

impl<'a> Choice<'a> {
    fn of(visit: &'a Visit) -> Choice<'a> {
        let page = visit.fields.get("page").and_then(|page| page.parse().ok());
        Choice {
            find: visit.fields.get("find").unwrap_or_default(),
            only_violated: visit.fields.get("only") == Some("violated"),
            page: page.unwrap_or(1).max(1),
        }
    }

    fn takes(&self, line: &ColumnLine<'_>) -> bool {
        let is_found = line.name.to_lowercase().contains(&self.find.to_lowercase());
        is_found && (!self.only_violated || is_violated(line))
    }
}

fn is_violated(line: &ColumnLine<'_>) -> bool {
    match line.verdict {
        ColumnVerdict::Violated | ColumnVerdict::Gone | ColumnVerdict::New => true,
        ColumnVerdict::Within | ColumnVerdict::Alone => false,
    }
}

fn list(
    visit: &Visit,
    result: &MonitorResult,
    (columns, baseline): (&Columns<'_>, &Baseline<()>),
) -> Markup {
    let lines = columns.lines();
    let choice = Choice::of(visit);
    let taken: Vec<&ColumnLine<'_>> = lines.iter().filter(|line| choice.takes(line)).collect();
    let pages = taken.len().div_ceil(ROWS).max(1);
    let page = choice.page.min(pages);
    let shown = &taken[(page - 1) * ROWS..taken.len().min(page * ROWS)];
    let violated = lines.iter().filter(|line| is_violated(line)).count();
    html! {
        (origin(visit, result))
        (rows_compared(columns, result))
        (baseline.why_not())
        @if lines.len() > 8 { (tools(visit, result, (&choice, violated))) }
        @if taken.is_empty() {
            div.empty { h3 { "No feature is called like that" } p { a href=(address(visit, result, &Fields::default())) { "Show all " (lines.len()) } } }
        } @else {
            (table(visit, result, (columns, shown)))
            (pager(visit, result, (page, pages, taken.len())))
        }
        (results::notes(columns.notes()))
    }
}

fn rows_compared(columns: &Columns<'_>, result: &MonitorResult) -> Markup {
    let names_one = result
        .run
        .as_ref()
        .is_some_and(|run| run.statistics_uri.is_some());
    let told = |rows: u64| words::count(i64::try_from(rows).unwrap_or(i64::MAX));
    let (then, now) = columns.rows();
    html! {
        p.soft.origin {
            (told(now)) " rows"
            @match then {
                Some(rows) => { " compared with a baseline of " (told(rows)) ". What moved furthest comes first: the largest difference of both distributions, or of the shares of missing values where that is larger." },
                None if names_one => { ", compared with nothing." },
                None => { ". There is no baseline to compare with: give the schedule a " code { "BaselineConfig" } " and what it measures is compared." },
            }
        }
    }
}

/// Fields of the address that belong to other parts of the page.
fn kept(visit: &Visit) -> Fields {
    let fields = visit.fields.without("find").without("only").without("page");
    fields.without("region")
}

fn address(visit: &Visit, result: &MonitorResult, fields: &Fields) -> String {
    visit.link(&shell::monitor_path(&result.monitor), fields) + "#features"
}

fn tools(
    visit: &Visit,
    result: &MonitorResult,
    (choice, violated): (&Choice<'_>, usize),
) -> Markup {
    let action = address(visit, result, &Fields::default());
    html! {
        form.filters.tools method="get" action=(action) {
            @for (name, value) in kept(visit).iter() { input type="hidden" name=(name) value=(value); }
            @if let Some(region) = visit.fields.get("region") { input type="hidden" name="region" value=(region); }
            label.choice { span { "Find a feature" } input type="search" name="find" value=(choice.find) autocomplete="off" maxlength="200"; }
            label.choice { input type="checkbox" name="only" value="violated" checked[choice.only_violated]; span { "Only the " (violated) " that " (if violated == 1 { "violates" } else { "violate" }) " a constraint" } }
            button type="submit" { "Show" }
        }
    }
}

fn table(
    visit: &Visit,
    result: &MonitorResult,
    (columns, lines): (&Columns<'_>, &[&ColumnLine<'_>]),
) -> Markup {
    html! {
        div.scroll.rp tabindex="0" role="region" aria-label="Features by movement" { table.features {
            thead { tr {
                th scope="col" { "Feature" }
                th scope="col" { "Kind" }
                th scope="col" { "Baseline " span aria-hidden="true" { i.key.base {} } " and now " span aria-hidden="true" { i.key.now {} } }
                th scope="col" { "Moved" }
                th.num scope="col" { "Distance" }
                th.num scope="col" { "Allowed" }
                th.num scope="col" { "With a value" }
                th scope="col" { "Verdict" }
            } }
            tbody { @for line in lines { (row(visit, result, (columns, line))) } }
        } }
    }
}

fn row(
    visit: &Visit,
    result: &MonitorResult,
    (columns, line): (&Columns<'_>, &ColumnLine<'_>),
) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(feature_address(visit, result, line.name)) { bdi { (shown_name(line.name)) } }
                @if line.redacted { " " span.tag { "redacted" } }
            }
            td { (line.kind) }
            td { @match columns.small_picture(line.name) { Some(picture) => (picture), None => span.none { "–" } } }
            td { (moved(line.moved, if is_violated(line) { "over" } else { "within" })) }
            @match &line.distance {
                Some((distance, limit)) => { td.num { (distance) } td.num { (limit) } },
                None => { td.num.none { "–" } td.num.none { "–" } },
            }
            td.num { (complete(line)) }
            td { (verdict(line.verdict, &line.violated)) }
        }
    }
}

/// A bar and a number between 0 and 1.
fn moved(moved: f64, class: &str) -> Markup {
    html! {
        span.moved {
            svg viewBox="0 0 60 8" aria-hidden="true" {
                rect.track width="60" height="8" rx="2" {}
                rect.(class) width=(format!("{:.1}", 60.0 * moved.clamp(0.0, 1.0))) height="8" rx="2" {}
            }
            (format!("{moved:.3}"))
        }
    }
}

fn complete(line: &ColumnLine<'_>) -> String {
    match &line.complete {
        (Some(then), Some(now)) if then != now => format!("{then} → {now}"),
        (_, Some(now)) => now.clone(),
        (Some(then), None) => then.clone(),
        (None, None) => "–".to_owned(),
    }
}

/// In a badge; what is violated beside it.
pub(super) fn verdict(verdict: ColumnVerdict, violated: &[&str]) -> Markup {
    html! {
        @match verdict {
            ColumnVerdict::Within => span.chip.ok { (shell::symbol("ok")) "Within limits" },
            ColumnVerdict::Alone => span.none { "Not compared" },
            ColumnVerdict::Gone => span.chip.alert.seen { (shell::symbol("alert")) "Gone" },
            ColumnVerdict::New => span.chip.alert.seen { (shell::symbol("alert")) "New" },
            ColumnVerdict::Violated => span.chip.alert.seen { (shell::symbol("alert")) (violated.join(", ")) },
        }
    }
}

fn pager(
    visit: &Visit,
    result: &MonitorResult,
    (page, pages, features): (usize, usize, usize),
) -> Markup {
    let to = |page: usize| {
        let fields = visit.fields.with("page", &page.to_string());
        address(visit, result, &fields)
    };
    html! {
        @if pages > 1 {
            nav.pages aria-label="Pages of features" {
                span.soft { "Page " (page) " of " (pages) ", " (words::number_of(features, "feature")) }
                @if page > 1 { a.button rel="prev" href=(to(page - 1)) { "Moved further" } }
                @if page < pages { a.button rel="next" href=(to(page + 1)) { "Moved less" } }
            }
        }
    }
}

pub(super) fn feature_address(visit: &Visit, result: &MonitorResult, name: &str) -> String {
    let fields = match &result.run {
        Some(run) if run.is_old => Fields::default().with("run", &run.id),
        Some(_) | None => Fields::default(),
    };
    // Browsers take these for folders, however they are written.
    let (name, fields) = match name {
        "." | ".." => ("", fields.with("feature", name)),
        name => (name, fields),
    };
    visit.link(&shell::feature_path(&result.monitor, name), &fields)
}

/// A name that can be seen.
pub(super) fn shown_name(name: &str) -> &str {
    match name.trim().is_empty() {
        true => "(no name)",
        false => name,
    }
}
