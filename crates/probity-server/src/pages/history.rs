//! What a monitor measured over time: one metric drawn, and the table of all of them.

use maud::{Markup, html};
use probity_analysis::limits::Limit;
use probity_app::dashboard::history::{History, Point, Range};
use probity_app::dashboard::monitor::{Metric, MonitorPage};

use super::fields::Fields;
use super::history_chart::{self, Drawn};
use super::visit::Visit;
use super::{shell, words};
use crate::run_evidence::HistoryLimits;

/// What a reader may choose from.
const RANGES: [i64; 3] = [7, 30, 90];
const DEFAULT_DAYS: i64 = 30;

/// The range that an address names.
pub(super) fn range(fields: &Fields) -> Range {
    if let Some(day_ms) = fields.get("day").and_then(words::day_of_text) {
        return Range::Day(day_ms);
    }
    let days = fields.get("range").and_then(|days| days.parse().ok());
    Range::Days(
        days.filter(|days| RANGES.contains(days))
            .unwrap_or(DEFAULT_DAYS),
    )
}

pub(super) fn section(visit: &Visit, page: &MonitorPage, limits: &HistoryLimits) -> Markup {
    html! {
        section #history data-live="history" {
            h2 { "What it measured" }
            @if page.metrics.is_empty() {
                div.empty { h3 { "No numbers yet" } p { "The first run that ends with a verdict leaves its metrics here." } }
            } @else {
                @if let Some(history) = &page.history { (drawn(visit, (page, history), limits)) }
                (table(visit, page))
            }
        }
    }
}

fn drawn(
    visit: &Visit,
    (page, history): (&MonitorPage, &History),
    limits: &HistoryLimits,
) -> Markup {
    let monitor = &page.monitor.name;
    let drawn = Drawn {
        monitor,
        history,
        limits,
        tried: None,
    };
    html! {
        figure.tile {
            figcaption {
                span { strong { (history.name) }
                    @for (name, value) in &history.dimensions { span.fine { " " (name) " " b { (value) } } }
                    span.soft { " " (words::number_of(history.points.len(), "point")) ", " (history_chart::range_words(history.range)) }
                }
                (ranges(visit, (page, history)))
            }
            @match history_chart::chart(visit, &drawn) {
                Some(chart) => (chart),
                None => p.soft.no-points { "No window of this time left a number." },
            }
            @if let Some(problem) = &limits.problem { p.fine { "The limits are not drawn: " (problem) "." } }
            @if !history.points.is_empty() { (numbers(visit, monitor, (history, limits))) }
        }
    }
}

fn ranges(visit: &Visit, (page, history): (&MonitorPage, &History)) -> Markup {
    let address = |days: i64| {
        let fields = Fields::default()
            .with("metric", visit.fields.get("metric").unwrap_or_default())
            .with("range", &days.to_string());
        visit.link(&shell::monitor_path(&page.monitor.name), &fields) + "#history"
    };
    html! {
        nav.tabs.ranges aria-label="How far back" { ul {
            @for days in RANGES {
                li { a href=(address(days)) aria-current=[(history.range == Range::Days(days)).then_some("true")] { (days) " days" } }
            }
            @if let Range::Day(_) = history.range {
                li { a href=(address(DEFAULT_DAYS)) aria-current="true" title="Leave this day" { (history_chart::range_words(history.range)) } }
            }
        } }
    }
}

/// The chart of another page, with its numbers.
pub(super) fn figure(visit: &Visit, drawn: &Drawn<'_>) -> Markup {
    let (history, limits) = (drawn.history, drawn.limits);
    html! {
        figure.tile.year {
            figcaption { span { strong { (history.name) } span.soft { " " (words::number_of(history.points.len(), "point")) ", " (history_chart::range_words(history.range)) } } }
            @match history_chart::chart(visit, drawn) {
                Some(chart) => (chart),
                None => p.soft.no-points { "No window of this time left a number." },
            }
            @if !history.points.is_empty() { (numbers(visit, drawn.monitor, (history, limits))) }
        }
    }
}

/// The same for who reads rather than looks.
fn numbers(visit: &Visit, monitor: &str, (history, limits): (&History, &HistoryLimits)) -> Markup {
    let rows: Vec<_> = history.points.iter().zip(&limits.of_points).collect();
    let limits_of =
        |limits: &[Limit]| -> Vec<f64> { limits.iter().map(|limit| limit.value).collect() };
    html! {
        details.numbers { summary { "Numbers" }
            div.scroll tabindex="0" { table {
                thead { tr {
                    th scope="col" { "Window from" } th.num scope="col" { "Value" } th.num scope="col" { "95 % interval" }
                    th scope="col" { "Limit" } th scope="col" { "The run found" }
                } }
                tbody { @for (point, limits) in rows.iter().rev().take(100) {
                    @let beside = limits_of(limits);
                    tr {
                        th scope="row" { (words::moment(point.at_ms)) }
                        td.num { (number_beside(point.value, &beside)) }
                        td.num { @match point.interval { Some((low, high)) => { (number_beside(low, &beside)) " to " (number_beside(high, &beside)) }, None => span.none { "–" } } }
                        td { @for limit in limits.iter() { span.block { (history_chart::limit_words(limit, &told(point))) } } @if limits.is_empty() { span.none { "–" } } }
                        td { (found(visit, monitor, point)) }
                    }
                } }
            } }
            @if rows.len() > 100 { p.fine { "The newest 100; a shorter time shows the others." } }
        }
    }
}

/// What a row tells of its point.
fn told(point: &Point) -> Vec<f64> {
    let interval = point.interval.map(|(low, high)| [low, high]);
    let values = std::iter::once(point.value);
    values.chain(interval.into_iter().flatten()).collect()
}

fn found(visit: &Visit, monitor: &str, point: &Point) -> Markup {
    let Some(run) = &point.run else {
        return html! { span.none { "the run is no more" } };
    };
    let text = match run.violations {
        None => "nothing to compare with".to_owned(),
        Some(0) => "no violations".to_owned(),
        Some(count) => words::number_of(usize::try_from(count).unwrap_or(0), "violation"),
    };
    html! {
        a href=(visit.href(&shell::run_path(monitor, &run.id))) { (text) }
        @if run.revision > 0 { span.fine { " scored again" } }
    }
}

const MOST_ROWS: usize = 200;

fn table(visit: &Visit, page: &MonitorPage) -> Markup {
    let shown = page.history.as_ref().map(|history| history.key.as_str());
    html! {
        div.scroll.metrics tabindex="0" { table {
            thead { tr { th scope="col" { "Metric, what moved most first" } th.num scope="col" { "Last run" } th.num scope="col" { "Run before" } th.num scope="col" { "Change" } } }
            tbody { @for metric in page.metrics.iter().take(MOST_ROWS) {
                @let key = metric.key();
                tr {
                    th scope="row" { a href=(address(visit, page, &key)) aria-current=[(shown == Some(key.as_str())).then_some("true")] { (metric.name) }
                        @for (name, value) in &metric.dimensions { span.fine.block { (name) ": " (value) } }
                    }
                    td.num { (number_beside(metric.value, metric.before.as_slice())) }
                    td.num { @match metric.before { Some(before) => (number_beside(before, &[metric.value])), None => span.none { "–" } } }
                    td.num { (change(metric)) }
                }
            } }
        } }
        @if page.metrics.len() > MOST_ROWS { p.soft { "and " (page.metrics.len() - MOST_ROWS) " more" } }
    }
}

fn address(visit: &Visit, page: &MonitorPage, key: &str) -> String {
    let fields = Fields::default()
        .with("metric", key)
        .with("range", visit.fields.get("range").unwrap_or_default());
    visit.link(&shell::monitor_path(&page.monitor.name), &fields) + "#history"
}

fn change(metric: &Metric) -> Markup {
    let Some(before) = metric.before else {
        return html! { span.none { "–" } };
    };
    let by = metric.value - before;
    let sign = if by > 0.0 { "+" } else { "" };
    html! { @if by == 0.0 { span.none { "none" } } @else { (sign) (number(by)) } }
}

/// Four digits that matter, and as many more as tell what is nearly everything from everything.
pub(super) fn number(value: f64) -> String {
    number_beside(value, &[])
}

/// The same beside numbers that it is compared with: what is beyond its limit never reads as if it
/// were the limit.
pub(super) fn number_beside(value: f64, others: &[f64]) -> String {
    // A sum of many shares is 1 but for rounding.
    let wholes = [1.0, 100.0];
    let wholes = wholes
        .into_iter()
        .filter(|whole| (value - whole).abs() > whole * 1e-9);
    let all: Vec<f64> = others.iter().copied().chain(wholes).collect();
    probity_report::short_number_apart(value, &all)
}

#[cfg(test)]
mod tests {
    use super::{number, number_beside};

    #[test]
    fn numbers_keep_what_matters() {
        for (value, text) in [
            (0.0, "0"),
            (0.31, "0.31"),
            (-1.5, "\u{2212}1.5"),
            (12_345.6, "12,346"),
            (2.348_543e108, "2.35×10¹⁰⁸"),
            (0.999_96, "0.99996"),
            (99.999_6, "99.9996"),
            (1.0 - 1e-15, "1"),
            (1.0, "1"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_number_beyond_its_limit_never_reads_as_the_limit() {
        for (value, limit, texts) in [
            (0.123_42, 0.123_44, ("0.12342", "0.12344")),
            (1_000_000.2, 1_000_000.1, ("1,000,000.2", "1,000,000.1")),
            (1.0 - 1e-15, 1.0, ("0.999999999999999", "1")),
            (0.3, 0.3, ("0.3", "0.3")),
        ] {
            assert_eq!(number_beside(value, &[limit]), texts.0);
            assert_eq!(number_beside(limit, &[value]), texts.1);
        }
    }
}
