//! Dependence plot: the attribution of a feature against its value, one dot per sampled row.
//! Texts are columns side by side, the most frequent first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;
use super::plot::{Area, Plot, horizontal_axis, vertical_axis};

const AREA: Area = Area {
    left: 58.0,
    right: 408.0,
    top: 8.0,
    bottom: 206.0,
};
/// Texts with a column of their own.
const MOST_TEXTS: usize = 7;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScatterPoint {
    pub(crate) value: PointValue,
    pub(crate) attribution: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PointValue {
    Number(f64),
    Text(String),
    Missing,
}

pub(crate) struct ScatterNames<'a> {
    pub(crate) feature: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) description: &'a str,
}

pub(crate) fn scatter_chart(points: &[ScatterPoint], names: &ScatterNames<'_>) -> Markup {
    let numbers = points
        .iter()
        .filter(|point| matches!(point.value, PointValue::Number(_)));
    let is_numeric = numbers.count() * 2 > points.len();
    let y = Axis::fitting(points.iter().map(|point| point.attribution).chain([0.0]));
    html! {
        svg.chart viewBox="0 0 420 248" role="img" {
            title { "Attribution by value of " (names.feature) }
            desc { (names.description) }
            @if is_numeric { (numeric(points, y, names)) } @else { (by_text(points, y, names)) }
        }
    }
}

fn numeric(points: &[ScatterPoint], y: Axis, names: &ScatterNames<'_>) -> Markup {
    let value_of = |point: &ScatterPoint| match point.value {
        PointValue::Number(value) if value.is_finite() => Some(value),
        PointValue::Number(_) | PointValue::Text(_) | PointValue::Missing => None,
    };
    let without = points
        .iter()
        .filter(|point| value_of(point).is_none())
        .count();
    // Rows without a number stand apart, left of all numbers.
    let left = if without > 0 {
        AREA.left + 34.0
    } else {
        AREA.left
    };
    let plot = Plot {
        area: Area { left, ..AREA },
        x: Axis::padded(points.iter().filter_map(value_of)),
        y,
    };
    let mut dots = String::new();
    let mut apart = String::new();
    for point in points.iter().filter(|point| point.attribution.is_finite()) {
        let y = coordinate(plot.y(point.attribution));
        let _ = match value_of(point) {
            Some(value) => write!(dots, "M{} {y}h.01", coordinate(plot.x(value))),
            None => write!(apart, "M{} {y}h.01", AREA.left + 13.0),
        };
    }
    html! {
        (vertical_axis(&Plot { area: AREA, ..plot }, names.unit))
        (zero_line(&plot))
        (horizontal_axis(&plot, AREA.bottom, names.feature))
        @if without > 0 {
            text.tick.mid x=(AREA.left + 13.0) y=(AREA.bottom + 16.0) { "none" }
            path.swarm.vn d=(apart) {}
        }
        path.swarm.one d=(dots) {}
    }
}

fn zero_line(plot: &Plot) -> Markup {
    html! { path.chance d={ "M" (AREA.left) " " (coordinate(plot.y(0.0))) "H" (AREA.right) } {} }
}

fn by_text(points: &[ScatterPoint], y: Axis, names: &ScatterNames<'_>) -> Markup {
    let columns = columns_of(points);
    let plot = Plot {
        area: AREA,
        x: Axis::UNIT,
        y,
    };
    let width = (AREA.right - AREA.left) / columns.len().max(1) as f64;
    let places: Vec<f64> = (0..columns.len())
        .map(|column| AREA.left + (column as f64 + 0.5) * width)
        .collect();
    let label_width = (width / 6.6).floor().max(3.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of characters"
    )]
    let label_width = label_width as usize;
    html! {
        (vertical_axis(&plot, names.unit))
        (zero_line(&plot))
        path.axis d={ "M" (AREA.left) " " (AREA.bottom) "H" (AREA.right) } {}
        @for ((text, attributions), middle) in columns.iter().zip(&places) {
            path.swarm.one d=(strip(attributions, &plot, (*middle, width))) {}
            text.tick.mid x=(coordinate(*middle)) y=(AREA.bottom + 16.0) { (shortened(text, label_width.saturating_sub(1))) }
        }
        text.label.mid x=(coordinate(f64::midpoint(AREA.left, AREA.right))) y=(AREA.bottom + 33.0) { (shortened(names.feature, 46)) }
    }
}

/// Dots beside each other where they would hide one another, in a fixed order.
fn strip(attributions: &[f64], plot: &Plot, (middle, width): (f64, f64)) -> String {
    let reach = (width / 2.0 - 6.0).clamp(2.0, 22.0);
    let mut path = String::new();
    for (at, attribution) in attributions
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
    {
        // The golden ratio spreads any number of dots evenly.
        let shift = ((at as f64 * 0.618_034).fract() - 0.5) * 2.0 * reach;
        let _ = write!(
            path,
            "M{} {}h.01",
            coordinate(middle + shift),
            coordinate(plot.y(*attribution))
        );
    }
    path
}

fn columns_of(points: &[ScatterPoint]) -> Vec<(String, Vec<f64>)> {
    let mut columns: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for point in points {
        let name = match &point.value {
            PointValue::Text(text) if text.trim().is_empty() => "(empty)".to_owned(),
            PointValue::Text(text) => text.clone(),
            PointValue::Number(value) => crate::number::short(*value),
            PointValue::Missing => "none".to_owned(),
        };
        columns.entry(name).or_default().push(point.attribution);
    }
    let mut columns: Vec<(String, Vec<f64>)> = columns.into_iter().collect();
    columns.sort_by_key(|(_, attributions)| std::cmp::Reverse(attributions.len()));
    if columns.len() > MOST_TEXTS {
        let rest: Vec<f64> = columns
            .drain(MOST_TEXTS - 1..)
            .flat_map(|(_, values)| values)
            .collect();
        columns.push(("others".to_owned(), rest));
    }
    columns
}
