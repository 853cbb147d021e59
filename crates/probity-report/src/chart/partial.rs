//! Partial dependence: the mean output where one feature is set, with the band of its interval,
//! some rows of their own (ICE), and below it where the data are.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;
use super::plot::{Area, Plot, horizontal_axis, sparse_ticks, vertical_axis};
use crate::number;

const AREA: Area = Area {
    left: 58.0,
    right: 408.0,
    top: 8.0,
    bottom: 196.0,
};
/// Height of the largest bar of the distribution.
const SHARES: f64 = 30.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PartialPoint {
    pub(crate) x: f64,
    pub(crate) share: f64,
    pub(crate) mean: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

pub(crate) struct PartialNames<'a> {
    pub(crate) feature: &'a str,
    pub(crate) output: &'a str,
    pub(crate) description: &'a str,
}

/// `individual`: one output per point, a row each.
pub(crate) fn partial_chart(
    points: &[PartialPoint],
    individual: &[Vec<f64>],
    names: &PartialNames<'_>,
) -> Markup {
    let plot = Plot {
        area: AREA,
        x: Axis::padded(points.iter().map(|point| point.x)),
        y: Axis::fitting(
            points
                .iter()
                .flat_map(heights)
                .chain(individual.iter().flatten().copied()),
        ),
    };
    let rows: String = individual
        .iter()
        .map(|row| plot.path(points.iter().map(|point| point.x).zip(row.iter().copied())))
        .collect();
    let base = AREA.bottom + SHARES + 8.0;
    html! {
        svg.chart viewBox={ "0 0 420 " (base + 42.0) } role="img" {
            title { "Partial dependence on " (names.feature) }
            desc { (names.description) }
            (vertical_axis(&plot, names.output))
            @if !rows.is_empty() { path.ice d=(rows) {} }
            path.band d=(band(&plot, points)) {}
            path.curve d=(plot.path(points.iter().map(|point| (point.x, point.mean)))) {}
            @for point in points.iter().filter(|point| point.mean.is_finite() && points.len() <= 30) {
                circle.pin cx=(coordinate(plot.x(point.x))) cy=(coordinate(plot.y(point.mean))) r="2.2" {}
            }
            path.base d=(share_bars(&plot, points, base)) {}
            (horizontal_axis(&plot, base, names.feature))
            text.tick.end x=(AREA.left - 6.0) y=(base - SHARES / 2.0) dy=".32em" { "rows" }
        }
    }
}

fn heights(point: &PartialPoint) -> impl Iterator<Item = f64> {
    let ends = point.interval.map(|(low, high)| [low, high]);
    std::iter::once(point.mean).chain(ends.into_iter().flatten())
}

/// There along the upper ends, back along the lower ones.
fn band(plot: &Plot, points: &[PartialPoint]) -> String {
    let ends: Vec<(f64, f64, f64)> = points
        .iter()
        .filter_map(|point| point.interval.map(|(low, high)| (point.x, low, high)))
        .filter(|(x, low, high)| x.is_finite() && low.is_finite() && high.is_finite())
        .collect();
    if ends.len() < 2 {
        return String::new();
    }
    let mut path = plot.path(ends.iter().map(|(x, _, high)| (*x, *high)));
    for (x, low, _) in ends.iter().rev() {
        let _ = write!(
            path,
            "L{} {}",
            coordinate(plot.x(*x)),
            coordinate(plot.y(*low))
        );
    }
    path.push('Z');
    path
}

/// Each bar reaches half-way to its neighbours.
fn share_bars(plot: &Plot, points: &[PartialPoint], base: f64) -> String {
    let largest = points
        .iter()
        .map(|point| point.share)
        .filter(|share| share.is_finite())
        .fold(0.0, f64::max);
    let places: Vec<f64> = points.iter().map(|point| plot.x(point.x)).collect();
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        if !(point.share > 0.0 && largest > 0.0 && point.x.is_finite()) {
            continue;
        }
        let before = at
            .checked_sub(1)
            .and_then(|at| places.get(at))
            .map(|x| places[at] - x);
        let after = places.get(at + 1).map(|x| x - places[at]);
        let half = |gap: Option<f64>| {
            (gap.or(before).or(after).unwrap_or(24.0) / 2.0 - 0.5).clamp(0.7, 12.0)
        };
        let height = (point.share / largest * SHARES).max(0.8);
        let (left, right) = (places[at] - half(before), places[at] + half(after));
        let _ = write!(
            path,
            "M{} {base}V{}H{}V{base}Z",
            coordinate(left.max(AREA.left)),
            coordinate(base - height),
            coordinate(right.min(AREA.right))
        );
    }
    path
}

const ROW: f64 = 26.0;
const LABEL_END: f64 = 122.0;
const LEFT: f64 = 132.0;
const RIGHT: f64 = 330.0;

/// One row per category: the mean with its interval, and the share of the rows beside it.
pub(crate) fn partial_rows(points: &[(String, PartialPoint)], names: &PartialNames<'_>) -> Markup {
    let axis = Axis::fitting(points.iter().flat_map(|(_, point)| heights(point)));
    let x = |value: f64| LEFT + (RIGHT - LEFT) * axis.position(value);
    let bottom = 20.0 + points.len() as f64 * ROW;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(bottom + 38.0)) } role="img" {
            title { "Partial dependence on " (names.feature) }
            desc { (names.description) }
            text.tick.start x="346" y="11" { "share of rows" }
            @for (value, label) in sparse_ticks(axis, RIGHT - LEFT) {
                path.grid d={ "M" (coordinate(x(value))) " 18V" (bottom) } {}
                text.tick.mid x=(coordinate(x(value))) y=(bottom + 15.0) { (label) }
            }
            @for (row, (label, point)) in points.iter().enumerate() {
                @let y = 20.0 + row as f64 * ROW + ROW / 2.0;
                text.label.end x=(LABEL_END) y=(coordinate(y)) dy=".32em" { (shortened(label, 19)) }
                @if let Some((low, high)) = point.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
                    path.span d={ "M" (coordinate(x(low))) " " (coordinate(y)) "H" (coordinate(x(high))) } {}
                }
                @if point.mean.is_finite() { circle.bead cx=(coordinate(x(point.mean))) cy=(coordinate(y)) r="4" {} }
                rect.base x="346" y=(coordinate(y - 5.0)) width=(coordinate((point.share.clamp(0.0, 1.0) * 34.0).max(0.5))) height="10" {}
                text.tick.end x="416" y=(coordinate(y)) dy=".32em" { (number::percent(point.share)) }
            }
            text.tick.mid x=(f64::midpoint(LEFT, RIGHT)) y=(bottom + 31.0) { (shortened(names.output, 40)) }
        }
    }
}
