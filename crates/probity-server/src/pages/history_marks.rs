//! The marks of a history: a point for each run, or, where those are too many to tell apart, one for
//! each day that leads to its runs. What a mark is, its form and its words say without its colour.

use std::fmt::Write as _;

use probity_analysis::limits::Limit;
use probity_app::dashboard::history::{History, Point};

use super::fields::Fields;
use super::history::number_beside;
use super::history_chart::Drawn;
use super::visit::Visit;
use super::{shell, words};

/// With more points than these, a mark stands for a day and leads to its runs.
const MOST_MARKS: usize = 180;
const DAY_MS: i64 = 86_400_000;

/// Whether the marks of a history are days.
pub(super) fn is_by_day(history: &History) -> bool {
    history.points.len() > MOST_MARKS
}

/// One mark of the line: a point, or all points of a day.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) at_ms: i64,
    pub(super) value: f64,
    pub(super) spread: Option<(f64, f64)>,
    pub(super) form: Form,
    pub(super) href: Option<String>,
    pub(super) words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Fine,
    /// The number itself is beyond its limit.
    Beyond,
    /// Its run found violations of other numbers.
    FoundElsewhere,
}

/// Points of one day, each with its limits.
type Day<'a> = (i64, Vec<(&'a Point, &'a Vec<Limit>)>);

pub(super) fn marks(visit: &Visit, drawn: &Drawn<'_>) -> Vec<Mark> {
    let history = drawn.history;
    let points = history.points.iter().zip(&drawn.limits.of_points);
    if !is_by_day(history) {
        return points
            .map(|(point, limits)| mark(visit, drawn, (point, limits)))
            .collect();
    }
    let mut days: Vec<Day<'_>> = Vec::new();
    for (point, limits) in points {
        let day = point.at_ms.div_euclid(DAY_MS);
        match days.last_mut() {
            Some((known, own)) if *known == day => own.push((point, limits)),
            Some(_) | None => days.push((day, vec![(point, limits)])),
        }
    }
    days.iter()
        .map(|(day, own)| day_mark(visit, drawn, (*day, own)))
        .collect()
}

fn form(point: &Point, limits: &[Limit]) -> Form {
    let has_found = || {
        let run = point.run.as_ref();
        run.and_then(|run| run.violations).is_some_and(|n| n > 0)
    };
    if limits.iter().any(|limit| limit.is_violated_by(point.value)) {
        Form::Beyond
    } else if has_found() {
        Form::FoundElsewhere
    } else {
        Form::Fine
    }
}

/// What a mark is compared with: its own limits, and those that the chart names.
fn beside(drawn: &Drawn<'_>, own: &[Limit]) -> Vec<f64> {
    let named = drawn
        .limits
        .now
        .iter()
        .chain(drawn.tried.unwrap_or_default());
    own.iter().chain(named).map(|limit| limit.value).collect()
}

fn mark(visit: &Visit, drawn: &Drawn<'_>, (point, limits): (&Point, &Vec<Limit>)) -> Mark {
    let form = form(point, drawn.tried.unwrap_or(limits));
    let beside = beside(drawn, limits);
    let number = |value: f64| number_beside(value, &beside);
    let mut text = format!(
        "{}: {}",
        words::moment_text(point.at_ms),
        number(point.value)
    );
    if let Some((low, high)) = point.interval {
        let _ = write!(text, ", interval {} to {}", number(low), number(high));
    }
    text.push_str(match form {
        Form::Fine => "",
        Form::Beyond => ", beyond the limit",
        Form::FoundElsewhere => ", the run found violations of others",
    });
    let run = point.run.as_ref();
    Mark {
        at_ms: point.at_ms,
        value: point.value,
        spread: point.interval,
        form,
        href: run.map(|run| visit.href(&shell::run_path(drawn.monitor, &run.id))),
        words: text,
    }
}

/// The day's mean, with the least and the largest value of the day.
fn day_mark(visit: &Visit, drawn: &Drawn<'_>, (day, own): (i64, &[(&Point, &Vec<Limit>)])) -> Mark {
    let values = || own.iter().map(|(point, _)| point.value);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let mean = values().sum::<f64>() / own.len().max(1) as f64;
    let count = |wanted: Form| {
        let forms = own
            .iter()
            .map(|(point, limits)| form(point, drawn.tried.unwrap_or(limits)));
        forms.filter(|found| *found == wanted).count()
    };
    let (beyond, elsewhere) = (count(Form::Beyond), count(Form::FoundElsewhere));
    let limits: Vec<Limit> = own
        .iter()
        .flat_map(|(_, limits)| limits.iter().copied())
        .collect();
    let beside = beside(drawn, &limits);
    let number = |value: f64| number_beside(value, &beside);
    let at_ms = day * DAY_MS;
    let date = words::date_text(at_ms);
    let fields = Fields::default()
        .with("metric", &drawn.history.key)
        .with("day", &date);
    Mark {
        at_ms,
        value: mean,
        spread: Some((low, high)),
        form: match (beyond, elsewhere) {
            (0, 0) => Form::Fine,
            (0, _) => Form::FoundElsewhere,
            _ => Form::Beyond,
        },
        href: Some(visit.link(&shell::monitor_path(drawn.monitor), &fields) + "#history"),
        words: format!(
            "{date}: {}, {} on average, {} to {}, {beyond} beyond the limit",
            words::number_of(own.len(), "run"),
            number(mean),
            number(low),
            number(high)
        ),
    }
}

#[cfg(test)]
mod tests {
    use probity_analysis::limits::Side;

    use super::*;

    fn limit(value: f64) -> Limit {
        Limit {
            value,
            violates: Side::Above,
        }
    }

    #[test]
    fn a_number_beyond_its_own_limit_is_told_from_one_whose_run_found_others() {
        let point = |value, violations| Point {
            at_ms: 0,
            value,
            interval: None,
            run: Some(probity_app::dashboard::history::PointRun {
                id: "r".to_owned(),
                revision: 0,
                violations,
                constraints_sha256: None,
            }),
        };
        for (value, violations, expected) in [
            (0.2, Some(1), Form::Beyond),
            (0.05, Some(1), Form::FoundElsewhere),
            (0.05, Some(0), Form::Fine),
            (0.05, None, Form::Fine),
        ] {
            assert_eq!(form(&point(value, violations), &[limit(0.1)]), expected);
        }
    }
}
