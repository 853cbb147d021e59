//! The picture of one number over time: its values with their intervals, the limit that was in
//! force, what the baseline had, which runs violated, and when the monitor was in alert. Each mark
//! leads to the run that it came from; form and words tell what colour tells.

use std::fmt::Write as _;

use maud::{Markup, html};
use probity_analysis::limits::{Limit, Side};
use probity_app::dashboard::history::{History, Range};
use probity_report::Axis;

use super::history::number_beside;
use super::history_marks::{Form, Mark, is_by_day, marks};
use super::visit::Visit;
use super::words;
use crate::run_evidence::HistoryLimits;

/// Room at the left, where numbers are short.
const LEAST_LEFT: f64 = 64.0;
/// Between a number and its line.
const GAP: f64 = 8.0;
const RIGHT: f64 = 1104.0;
const TOP: f64 = 16.0;
const BASE: f64 = 224.0;
/// Of the strip of alerts, below the axis.
const STRIP: f64 = 236.0;
const HEIGHT: f64 = 272.0;

/// What is drawn, and what is only tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn<'a> {
    pub(super) monitor: &'a str,
    pub(super) history: &'a History,
    pub(super) limits: &'a HistoryLimits,
    /// Limits that somebody tries, beside those in force.
    pub(super) tried: Option<&'a [Limit]>,
}

struct Scale {
    from_ms: f64,
    span_ms: f64,
    values: Axis,
    /// Where the frame begins, behind the numbers of the axis.
    left: f64,
    /// All values that the chart tells: no two that differ read alike.
    told: Vec<f64>,
}

impl Scale {
    fn of(drawn: &Drawn<'_>, marks: &[Mark]) -> Option<Scale> {
        let (first, last) = (marks.first()?.at_ms, marks.last()?.at_ms);
        let limits = drawn
            .limits
            .of_points
            .iter()
            .flatten()
            .chain(&drawn.limits.now);
        let tried = drawn.tried.unwrap_or_default();
        let values = || {
            let spread = marks.iter().filter_map(|mark| mark.spread);
            let beside = limits.clone().chain(tried).map(|limit| limit.value);
            let all = marks.iter().map(|mark| mark.value);
            all.chain(spread.flat_map(|(low, high)| [low, high]))
                .chain(beside)
                .chain(drawn.limits.reference)
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        // What can be seen against zero is shown against zero.
        let zero = (low > 0.0 && low < high * 0.6).then_some(0.0);
        // Hundreds of points share a limit.
        let mut told: Vec<f64> = values().collect();
        told.sort_by(f64::total_cmp);
        told.dedup();
        let values = Axis::fitting(values().chain(zero));
        Some(Scale {
            from_ms: first as f64,
            span_ms: ((last - first) as f64).max(1.0),
            left: left(&values),
            values,
            told,
        })
    }

    fn x(&self, at_ms: i64) -> f64 {
        if self.span_ms <= 1.0 {
            return f64::midpoint(self.left, RIGHT);
        }
        let share = (at_ms as f64 - self.from_ms) / self.span_ms;
        self.left + (RIGHT - self.left) * share.clamp(0.0, 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        BASE - (BASE - TOP) * self.values.position(value)
    }

    fn number(&self, value: f64) -> String {
        number_beside(value, &self.told)
    }

    /// From the frame's left to its right.
    fn level(&self, value: f64) -> String {
        format!("M{} {:.1}H{RIGHT}", self.left, self.y(value))
    }
}

/// Room for the longest number of an axis: a picture cuts off what stands beyond its edge.
fn left(values: &Axis) -> f64 {
    // Below 60rem; above it letters are smaller (monitor.css).
    const LARGEST_LETTERS: f64 = 15.0;
    let width = |text: &str| text.chars().map(letter_width).sum::<f64>();
    let ticks = values.ticks();
    let widest = ticks.iter().map(|(_, text)| width(text));
    let room = LARGEST_LETTERS * widest.fold(0.0, f64::max) + GAP + 2.0;
    room.ceil().max(LEAST_LEFT)
}

/// In sizes of the letters, by the wider ones of the fonts that systems have.
fn letter_width(letter: char) -> f64 {
    match letter {
        ',' | '.' => 0.34,
        '⁻' | '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' => 0.44,
        'M' => 0.95,
        _ => 0.65,
    }
}

/// `None`: no point lies within the range.
pub(super) fn chart(visit: &Visit, drawn: &Drawn<'_>) -> Option<Markup> {
    let marks = marks(visit, drawn);
    let scale = Scale::of(drawn, &marks)?;
    Some(html! {
        div.chart-scroll tabindex="0" role="group" aria-label="Chart, scrolls where it is wide" {
            svg.line-chart.history viewBox=(format!("0 0 1120 {HEIGHT}")) role="group" aria-label=(told(drawn, &scale, &marks)) {
                (grid(&scale))
                (beyond(&scale, drawn))
                @if let Some(path) = band(&scale, &marks) { path.band d=(path) {} }
                (lines(&scale, drawn))
                path.line d=(line(&scale, &marks)) {}
                (tags(&scale, drawn))
                @for mark in &marks { (shown(&scale, mark)) }
                (strip(&scale, drawn))
                @for (at_ms, anchor) in ends(&marks) {
                    text.scale x=(format!("{:.1}", scale.x(at_ms))) y=(HEIGHT - 4.0) text-anchor=(anchor) { (words::day_text(at_ms)) }
                }
            }
        }
        (legend(drawn, &marks))
    })
}

/// For who does not see it.
fn told(drawn: &Drawn<'_>, scale: &Scale, marks: &[Mark]) -> String {
    let beyond = marks
        .iter()
        .filter(|mark| mark.form == Form::Beyond)
        .count();
    let limits = drawn.limits.now.iter();
    let limits: Vec<String> = limits
        .map(|limit| limit_words(limit, &scale.told))
        .collect();
    let limits = match limits.is_empty() {
        true => "no limit".to_owned(),
        false => limits.join(", "),
    };
    format!(
        "{} over time: {}, {beyond} beyond the limit; {limits}. The numbers are in the table below.",
        drawn.history.name,
        words::number_of(marks.len(), "point"),
    )
}

/// `beside`: what the limit is compared with.
pub(super) fn limit_words(limit: &Limit, beside: &[f64]) -> String {
    let side = match limit.violates {
        Side::Above => "violates above",
        Side::Below => "violates below",
    };
    format!("{side} {}", number_beside(limit.value, beside))
}

fn grid(scale: &Scale) -> Markup {
    html! {
        @for (value, text) in scale.values.ticks() {
            path.grid d=(scale.level(value)) {}
            text.scale x=(scale.left - GAP) y=(format!("{:.1}", scale.y(value) + 4.0)) text-anchor="end" { (text) }
        }
    }
}

/// Where values violate, by the limits of now.
fn beyond(scale: &Scale, drawn: &Drawn<'_>) -> Markup {
    html! {
        @for limit in drawn.tried.unwrap_or(&drawn.limits.now) {
            @let y = scale.y(limit.value);
            @let (top, bottom) = match limit.violates { Side::Above => (TOP, y), Side::Below => (y, BASE) };
            @if bottom - top > 0.5 { rect.beyond x=(scale.left) y=(format!("{top:.1}")) width=(RIGHT - scale.left) height=(format!("{:.1}", bottom - top)) {} }
        }
    }
}

fn band(scale: &Scale, marks: &[Mark]) -> Option<String> {
    let known: Vec<(&Mark, (f64, f64))> = marks
        .iter()
        .filter_map(|mark| Some((mark, mark.spread?)))
        .collect();
    if known.len() < 2 {
        return None;
    }
    let mut path = String::new();
    for (place, (mark, (_, high))) in known.iter().enumerate() {
        let sign = if place == 0 { 'M' } else { 'L' };
        let _ = write!(
            path,
            "{sign}{:.1} {:.1}",
            scale.x(mark.at_ms),
            scale.y(*high)
        );
    }
    for (mark, (low, _)) in known.iter().rev() {
        let _ = write!(path, "L{:.1} {:.1}", scale.x(mark.at_ms), scale.y(*low));
    }
    path.push('Z');
    Some(path)
}

/// Limits, as steps where they changed; what is tried; and the baseline's value.
fn lines(scale: &Scale, drawn: &Drawn<'_>) -> Markup {
    html! {
        @for path in steps(scale, drawn) { path.limit d=(path) {} }
        @for limit in drawn.tried.unwrap_or_default() {
            path.limit.tried d=(scale.level(limit.value)) {}
        }
        @if let Some(reference) = drawn.limits.reference {
            path.reference d=(scale.level(reference)) {}
        }
    }
}

/// What the lines are. They stand before the line of values, so that it does not strike them out.
fn tags(scale: &Scale, drawn: &Drawn<'_>) -> Markup {
    let limits = drawn.limits;
    let taken: Vec<f64> = limits
        .now
        .iter()
        .map(|limit| scale.y(limit.value))
        .collect();
    html! {
        @for limit in &limits.now {
            text.tag.limit-tag x=(RIGHT - 4.0) y=(format!("{:.1}", label_y(scale.y(limit.value), &[]))) text-anchor="end" {
                @if drawn.tried.is_some() { "now " } @else { "limit " } (scale.number(limit.value))
            }
        }
        @for limit in drawn.tried.unwrap_or_default() {
            text.tag.tried-tag x=(scale.left + 4.0) y=(format!("{:.1}", label_y(scale.y(limit.value), &[]))) { "tried " (scale.number(limit.value)) }
        }
        @if let Some(reference) = limits.reference {
            text.tag x=(scale.left + 4.0) y=(format!("{:.1}", label_y(scale.y(reference), &taken))) { "baseline " (scale.number(reference)) }
        }
    }
}

/// Above its line, where there is room.
fn label_y(y: f64, taken: &[f64]) -> f64 {
    let is_taken = taken
        .iter()
        .any(|other| (y - other).abs() < 14.0 && *other < y);
    if y < TOP + 16.0 || is_taken {
        y + 14.0
    } else {
        y - 5.0
    }
}

/// One path for each side that has limits.
fn steps(scale: &Scale, drawn: &Drawn<'_>) -> Vec<String> {
    let points = &drawn.history.points;
    [Side::Above, Side::Below]
        .into_iter()
        .filter_map(|side| {
            let value = |limits: &Vec<Limit>| {
                let found = limits.iter().find(|limit| limit.violates == side);
                found.map(|limit| limit.value)
            };
            let mut path = String::new();
            let mut before = None;
            for (point, limits) in points.iter().zip(&drawn.limits.of_points) {
                let now = value(limits);
                if now != before {
                    let x = match before {
                        None if path.is_empty() => scale.left,
                        _ => scale.x(point.at_ms),
                    };
                    if before.is_some() {
                        let _ = write!(path, "H{x:.1}");
                    }
                    if let Some(now) = now {
                        let _ = write!(path, "M{x:.1} {:.1}", scale.y(now));
                    }
                }
                before = now;
            }
            if before.is_some() {
                let _ = write!(path, "H{RIGHT}");
            }
            (!path.is_empty()).then_some(path)
        })
        .collect()
}

fn line(scale: &Scale, marks: &[Mark]) -> String {
    let mut path = String::new();
    for (place, mark) in marks.iter().enumerate() {
        let sign = if place == 0 { 'M' } else { 'L' };
        let (x, y) = (scale.x(mark.at_ms), scale.y(mark.value));
        let _ = write!(path, "{sign}{x:.1} {y:.1}");
    }
    path
}

fn shown(scale: &Scale, mark: &Mark) -> Markup {
    let (x, y) = (scale.x(mark.at_ms), scale.y(mark.value));
    let sign = html! {
        @match mark.form {
            Form::Fine => circle.dot cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="3" {},
            Form::Beyond => path.found-mark d=(format!("M{x:.1} {:.1}l6 6-6 6-6-6z", y - 6.0)) {},
            Form::FoundElsewhere => path.elsewhere-mark d=(format!("M{x:.1} {:.1}l5 5-5 5-5-5z", y - 5.0)) {},
        }
    };
    html! {
        @match &mark.href {
            Some(href) => a href=(href) aria-label=(mark.words) { title { (mark.words) } (sign) },
            None => g { title { (mark.words) } (sign) },
        }
    }
}

/// When the monitor was in alert, and which runs failed.
fn strip(scale: &Scale, drawn: &Drawn<'_>) -> Markup {
    let stretches = stretches(drawn.history);
    let middle = STRIP + 5.0;
    html! {
        @if !stretches.is_empty() || !drawn.history.failed.is_empty() {
            text.scale x=(scale.left - GAP) y=(STRIP + 9.0) text-anchor="end" { "alerts" }
            path.grid d=(format!("M{} {middle}H{RIGHT}", scale.left)) {}
        }
        @for stretch in stretches {
            @let (x, until) = (scale.x(stretch.from_ms), stretch.to_ms.map_or(RIGHT, |to_ms| scale.x(to_ms)));
            g {
                title { (stretch.words) }
                rect.alert-bar x=(format!("{x:.1}")) y=(STRIP + 2.0) width=(format!("{:.1}", (until - x).max(2.0))) height="6" rx="1" {}
                path.alert-bar d=(format!("M{:.1} {STRIP}l5 10h-10z", x)) {}
            }
        }
        @for run in &drawn.history.failed {
            @let x = scale.x(run.at_ms);
            path.failed-mark d=(format!("M{:.1} {STRIP}l8 8m0-8l-8 8", x - 4.0)) { title { "Failed: " (words::moment_text(run.at_ms)) } }
        }
    }
}

/// A time in alert, beside the points that raised and cleared it.
#[derive(Debug, PartialEq, Eq)]
struct Stretch {
    from_ms: i64,
    to_ms: Option<i64>,
    /// When it was raised and cleared, which is when the runs of those points were due.
    words: String,
}

/// From one change of the monitor's alert to the next; the last one may last.
fn stretches(history: &History) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let changes = history.alert_changes.iter();
    for change in changes.filter(|change| change.alert == "Default") {
        let is_raised = change.status == "InAlert";
        let changed = words::moment_text(change.changed_ms);
        match found.last_mut() {
            Some(last) if last.to_ms.is_none() => {
                if !is_raised {
                    last.to_ms = Some(change.at_ms);
                    let _ = write!(last.words, ", until {changed}");
                }
            }
            Some(_) | None if is_raised => found.push(Stretch {
                from_ms: change.at_ms,
                to_ms: None,
                words: format!("In alert since {changed}"),
            }),
            // It was raised before the chart begins.
            None => found.push(Stretch {
                from_ms: history.from_ms,
                to_ms: Some(change.at_ms),
                words: format!("In alert until {changed}"),
            }),
            Some(_) => {}
        }
    }
    found
}

fn ends(marks: &[Mark]) -> Vec<(i64, &'static str)> {
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        return Vec::new();
    };
    match first.at_ms == last.at_ms {
        true => vec![(first.at_ms, "middle")],
        false => vec![(first.at_ms, "start"), (last.at_ms, "end")],
    }
}

fn legend(drawn: &Drawn<'_>, marks: &[Mark]) -> Markup {
    let has = |form: Form| marks.iter().any(|mark| mark.form == form);
    let is_by_day = is_by_day(drawn.history);
    let limits = drawn.limits;
    html! {
        ul.legend.chart-legend {
            li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { circle.dot cx="6" cy="6" r="3" {} }
                @if is_by_day { "a day's mean; a press shows its runs" } @else { "a run, where its window begins; a press shows its evidence" } }
            @if has(Form::Beyond) { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.found-mark d="M6 0l6 6-6 6-6-6z" {} } "beyond the limit" } }
            @if has(Form::FoundElsewhere) { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.elsewhere-mark d="M6 1l5 5-5 5-5-5z" {} } "the run found violations of others" } }
            @if marks.iter().any(|mark| mark.spread.is_some()) {
                li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { rect.band x="0" y="1" width="12" height="10" {} }
                    @if is_by_day { "least to largest of the day" } @else { "95 % interval" } }
            }
            @if !limits.of_points.iter().all(Vec::is_empty) || !limits.now.is_empty() {
                li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.limit d="M0 6H12" {} } "limit"
                    @if limits.is_guessed { ", of now where a run's own is not known" } }
            }
            @if drawn.tried.is_some() { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.limit.tried d="M0 6H12" {} } "limit that is tried" } }
            @if limits.reference.is_some() { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.reference d="M0 6H12" {} } "baseline" } }
            @if !drawn.history.alert_changes.is_empty() { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.alert-bar d="M6 1l5 10h-10z" {} } "alert raised, and how long it lasted" } }
            @if !drawn.history.failed.is_empty() { li { svg.mark viewBox="0 0 12 12" aria-hidden="true" { path.failed-mark d="M2 2l8 8m0-8l-8 8" {} } "run failed" } }
        }
    }
}

/// How a range is named in addresses and to people.
pub(super) fn range_words(range: Range) -> String {
    match range {
        Range::Days(days) => format!("last {days} days"),
        Range::Day(day_ms) => words::date_text(day_ms),
    }
}

#[cfg(test)]
mod tests {
    use probity_app::dashboard::history::ChangeThen;

    use super::*;

    #[track_caller]
    fn check(values: &[f64], expected: f64) {
        assert_eq!(
            left(&Axis::fitting(values.iter().copied())).to_string(),
            expected.to_string()
        );
    }

    #[test]
    fn the_longest_number_of_the_axis_has_room() {
        check(&[0.0, 1.0], LEAST_LEFT);
        // `0.999999998`, ten digits and a point of 15 px, and ten beside them.
        check(&[0.999_999_994, 1.0], 113.0);
        // `1,730,050,000`: its step is too fine for a unit.
        check(&[1_730_050_000.0, 1_730_050_003.0], 123.0);
    }

    #[test]
    fn an_alert_is_drawn_beside_its_points_and_tells_when_it_was_raised() {
        const HOUR_MS: i64 = 3_600_000;
        let change = |status: &str, hours: i64| ChangeThen {
            alert: "Default".to_owned(),
            status: status.to_owned(),
            at_ms: hours * HOUR_MS,
            changed_ms: (hours + 24) * HOUR_MS,
        };
        let history = History {
            key: String::new(),
            name: String::new(),
            dimensions: std::collections::BTreeMap::new(),
            range: Range::default(),
            from_ms: 0,
            to_ms: 96 * HOUR_MS,
            points: Vec::new(),
            failed: Vec::new(),
            alert_changes: vec![change("InAlert", 24), change("OK", 48)],
            constraints: Vec::new(),
        };
        let found = stretches(&history);
        let words = format!(
            "In alert since {}, until {}",
            words::moment_text(48 * HOUR_MS),
            words::moment_text(72 * HOUR_MS)
        );
        let expected = Stretch {
            from_ms: 24 * HOUR_MS,
            to_ms: Some(48 * HOUR_MS),
            words,
        };
        assert_eq!(found, [expected]);
    }
}
