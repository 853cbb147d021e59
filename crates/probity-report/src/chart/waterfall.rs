//! Waterfall: from the mean output to the output of one row, one step per feature.
//! Steps are arrows, so that the direction can be seen without the colour.

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;
use super::plot::sparse_ticks;
use crate::number;

const LABEL_END: f64 = 158.0;
const LEFT: f64 = 168.0;
const RIGHT: f64 = 352.0;
const ROW: f64 = 25.0;
const HALF: f64 = 7.5;
const TOP: f64 = 26.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waterfall<'a> {
    pub(crate) start_name: &'a str,
    pub(crate) end_name: &'a str,
    pub(crate) start: f64,
    pub(crate) steps: Vec<WaterfallStep>,
    pub(crate) end: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WaterfallStep {
    pub(crate) label: String,
    pub(crate) change: f64,
    pub(crate) standard_error: Option<f64>,
}

pub(crate) fn waterfall_chart(fall: &Waterfall<'_>, title: &str, description: &str) -> Markup {
    let mut at = fall.start;
    let mut places = Vec::with_capacity(fall.steps.len());
    for step in &fall.steps {
        places.push((at, at + step.change));
        at += step.change;
    }
    let ends = places.iter().flat_map(|(from, to)| [*from, *to]);
    let axis = Axis::fitting(ends.chain([fall.start, fall.end]));
    let bottom = TOP + fall.steps.len() as f64 * ROW;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(bottom + 44.0)) } role="img" {
            title { (title) }
            desc { (description) }
            @for (value, label) in sparse_ticks(axis, RIGHT - LEFT) {
                path.grid d={ "M" (coordinate(x(axis, value))) " " (TOP - 4.0) "V" (coordinate(bottom + 4.0)) } {}
                text.tick.mid x=(coordinate(x(axis, value))) y=(coordinate(bottom + 38.0)) { (label) }
            }
            (total(fall.start_name, fall.start, axis, TOP - 13.0))
            @for (row, (step, place)) in fall.steps.iter().zip(&places).enumerate() {
                (step_row(step, *place, axis, TOP + row as f64 * ROW + ROW / 2.0))
            }
            (total(fall.end_name, fall.end, axis, bottom + 13.0))
        }
    }
}

fn x(axis: Axis, value: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * axis.position(value)
}

fn total(label: &str, value: f64, axis: Axis, y: f64) -> Markup {
    html! {
        text.label.end.total x=(LABEL_END) y=(coordinate(y)) dy=".32em" { (label) }
        @if value.is_finite() {
            path.limit d={ "M" (coordinate(x(axis, value))) " " (coordinate(y - 9.0)) "v18" } {}
        }
        text.value.end.total x="416" y=(coordinate(y)) dy=".32em" { (number::short(value)) }
    }
}

fn step_row(step: &WaterfallStep, (from, to): (f64, f64), axis: Axis, y: f64) -> Markup {
    let class = if step.change < 0.0 { "down" } else { "up" };
    let sign = if step.change > 0.0 { "+" } else { "" };
    html! {
        text.label.end x=(LABEL_END) y=(coordinate(y)) dy=".32em" { (shortened(&step.label, 25)) }
        @if from.is_finite() && to.is_finite() {
            path.(class) d=(arrow(x(axis, from), x(axis, to), y)) {}
            path.join d={ "M" (coordinate(x(axis, to))) " " (coordinate(y + HALF)) "v" (coordinate(ROW - 2.0 * HALF)) } {}
        }
        text.value.end x="416" y=(coordinate(y)) dy=".32em" { (sign) (number::short(step.change)) }
        @if let Some(error) = step.standard_error.filter(|error| error.is_finite() && *error > 0.0 && to.is_finite()) {
            @let (low, high) = (x(axis, to - error), x(axis, to + error));
            path.halo d={ "M" (coordinate(low)) " " (coordinate(y)) "H" (coordinate(high)) } {}
            path.interval d={ "M" (coordinate(low)) " " (coordinate(y)) "H" (coordinate(high)) "m0-3v6M" (coordinate(low)) " " (coordinate(y)) "m0-3v6" } {}
        }
    }
}

/// A bar with a tip at its end; of a small change only the tip.
fn arrow(from: f64, to: f64, y: f64) -> String {
    let length = (to - from).abs();
    let tip = length.min(5.0).copysign(to - from);
    let (top, bottom) = (coordinate(y - HALF), coordinate(y + HALF));
    if length < 0.8 {
        return format!("M{} {top}h1V{bottom}h-1Z", coordinate(from - 0.5));
    }
    let neck = coordinate(to - tip);
    let (from, to, y) = (coordinate(from), coordinate(to), coordinate(y));
    format!("M{from} {top}H{neck}L{to} {y}L{neck} {bottom}H{from}Z")
}

#[cfg(test)]
mod tests {
    use super::{Waterfall, WaterfallStep, waterfall_chart};

    #[test]
    fn steps_point_where_they_go() {
        let step = |change| WaterfallStep {
            label: "x".to_owned(),
            change,
            standard_error: None,
        };
        let fall = Waterfall {
            start_name: "mean",
            end_name: "row",
            start: 0.0,
            steps: vec![step(1.0), step(-0.5)],
            end: 0.5,
        };
        let drawn = waterfall_chart(&fall, "t", "d").into_string();
        assert!(drawn.contains("+1") && drawn.contains("−0.5"), "{drawn}");
        assert!(
            drawn.contains("class=\"up\"") && drawn.contains("class=\"down\""),
            "{drawn}"
        );
    }

    #[test]
    fn what_is_no_number_is_not_drawn() {
        let step = WaterfallStep {
            label: "x".to_owned(),
            change: f64::NAN,
            standard_error: Some(f64::NAN),
        };
        let fall = Waterfall {
            start_name: "mean",
            end_name: "row",
            start: f64::NAN,
            steps: vec![step],
            end: f64::INFINITY,
        };
        let drawn = waterfall_chart(&fall, "t", "d").into_string();
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    }
}
