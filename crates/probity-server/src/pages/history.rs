//! What a monitor measured over time: one metric drawn, and the table of all of them.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_app::dashboard::monitor::{History, Metric, MonitorPage};

use super::fields::Fields;
use super::visit::Visit;
use super::{shell, words};

pub(super) fn section(visit: &Visit, page: &MonitorPage) -> Markup {
    html! {
        section #history {
            h2 { "What it measured" }
            @if page.metrics.is_empty() {
                div.empty { h3 { "No numbers yet" } p { "The first run that ends with a verdict leaves its metrics here." } }
            } @else {
                @if let Some(history) = &page.history { (chart(history)) }
                (table(visit, page))
            }
        }
    }
}

const LEFT: f64 = 70.0;
const RIGHT: f64 = 1110.0;
const TOP: f64 = 14.0;
const BASE: f64 = 190.0;

struct Scale {
    from_ms: f64,
    span_ms: f64,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(history: &History) -> Option<Scale> {
        let (first, last) = (
            history.points.first()?.0 as f64,
            history.points.last()?.0 as f64,
        );
        let values = || history.points.iter().map(|(_, value)| *value);
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        // A flat line lies in the middle; what can be seen against zero is shown against zero.
        let low = if low > 0.0 && low < high * 0.6 {
            0.0
        } else {
            low
        };
        let room = (high - low) * 0.08;
        let room = if room > 0.0 {
            room
        } else {
            high.abs().max(1.0) * 0.1
        };
        Some(Scale {
            from_ms: first,
            span_ms: (last - first).max(1.0),
            low: if low == 0.0 { 0.0 } else { low - room },
            high: high + room,
        })
    }

    fn x(&self, at_ms: i64) -> f64 {
        LEFT + (RIGHT - LEFT) * (at_ms as f64 - self.from_ms) / self.span_ms
    }

    fn y(&self, value: f64) -> f64 {
        BASE - (BASE - TOP) * (value - self.low) / (self.high - self.low)
    }
}

pub(super) fn chart(history: &History) -> Markup {
    let Some(scale) = Scale::of(history) else {
        return html! { p.soft { "No point of " code { (history.key) } " lies within the last 90 days." } };
    };
    let marked: Vec<&(i64, f64)> = history
        .points
        .iter()
        .filter(|(at_ms, _)| history.found_at_ms.contains(at_ms))
        .collect();
    html! {
        figure.tile {
            figcaption { strong { (history.key) } " " span.soft { (words::number_of(history.points.len(), "point")) ", 90 days" }
                span.legend { span { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.found-mark d="M6 0l6 6-6 6-6-6z" {} } " the run found violations" } }
            }
            svg.line-chart viewBox="0 0 1120 214" role="img" aria-label=(format!("{} over time; the table below has the numbers", history.name)) {
                @for step in 0..5 {
                    @let value = scale.low + (scale.high - scale.low) * f64::from(step) / 4.0;
                    path.grid d=(format!("M{LEFT} {:.1}H{RIGHT}", scale.y(value))) {}
                    text.scale x=(LEFT - 8.0) y=(format!("{:.1}", scale.y(value) + 4.0)) text-anchor="end" { (number(value)) }
                }
                path.line d=(line(&scale, &history.points)) {}
                @if history.points.len() <= 60 {
                    @for (at_ms, value) in &history.points {
                        circle.dot cx=(format!("{:.1}", scale.x(*at_ms))) cy=(format!("{:.1}", scale.y(*value))) r="2.5" { title { (words::moment_text(*at_ms)) ": " (number(*value)) } }
                    }
                }
                @for (at_ms, value) in marked {
                    path.found-mark d=(format!("M{:.1} {:.1}l5 5-5 5-5-5z", scale.x(*at_ms), scale.y(*value) - 5.0)) { title { (words::moment_text(*at_ms)) ": " (number(*value)) ", violations" } }
                }
                @for (at_ms, anchor) in ends(history) { text.scale x=(format!("{:.1}", scale.x(at_ms))) y="208" text-anchor=(anchor) { (words::day_text(at_ms)) } }
            }
            details.numbers { summary { "Numbers" }
                div.scroll tabindex="0" { table { thead { tr { th scope="col" { "From (UTC)" } th.num scope="col" { "Value" } } }
                    tbody { @for (at_ms, value) in history.points.iter().rev().take(100) {
                        tr { th scope="row" { (words::moment_text(*at_ms)) } td.num { (number(*value)) } }
                    } } } }
            }
        }
    }
}

fn ends(history: &History) -> Vec<(i64, &'static str)> {
    let first = history.points.first().map(|(at_ms, _)| (*at_ms, "start"));
    let last = history.points.last().map(|(at_ms, _)| (*at_ms, "end"));
    let both = first.into_iter().chain(last);
    let mut ends: Vec<(i64, &str)> = both.collect();
    ends.dedup_by_key(|(at_ms, _)| *at_ms);
    ends
}

fn line(scale: &Scale, points: &[(i64, f64)]) -> String {
    let mut path = String::new();
    for (place, (at_ms, value)) in points.iter().enumerate() {
        let sign = if place == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{sign}{:.1} {:.1}", scale.x(*at_ms), scale.y(*value));
    }
    path
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
                    td.num { (number(metric.value)) }
                    td.num { @match metric.before { Some(before) => (number(before)), None => span.none { "–" } } }
                    td.num { (change(metric)) }
                }
            } }
        } }
        @if page.metrics.len() > MOST_ROWS { p.soft { "and " (page.metrics.len() - MOST_ROWS) " more" } }
    }
}

fn address(visit: &Visit, page: &MonitorPage, key: &str) -> String {
    let fields = Fields::default().with("metric", key);
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

/// Four digits that matter.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = match value.abs() {
        size if !(1e-4..1e6).contains(&size) => format!("{value:.3e}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    };
    let text = match text.contains('.') && !text.contains('e') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text.as_str(),
    };
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_keep_what_matters() {
        for (value, text) in [
            (0.0, "0"),
            (0.31, "0.31"),
            (-1.5, "\u{2212}1.5"),
            (12_345.6, "12346"),
            (2.348_543e108, "2.349e108"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
