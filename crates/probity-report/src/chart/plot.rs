//! The frame of a picture with two straight axes: where a value lies, grid, ticks, names.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;

/// The inner rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plot {
    pub(crate) area: Area,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Plot {
    pub(crate) fn x(&self, value: f64) -> f64 {
        self.area.left + (self.area.right - self.area.left) * self.x.position(value)
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.area.bottom - (self.area.bottom - self.area.top) * self.y.position(value)
    }

    /// A line through all finite points.
    pub(crate) fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let (x, y) = (coordinate(self.x(x)), coordinate(self.y(y)));
            let _ = write!(path, "{command}{x} {y}");
        }
        path
    }
}

/// Characters of the name of an axis.
const NAME_WIDTH: usize = 46;

/// Horizontal lines with their values, and the name of the vertical axis.
pub(crate) fn vertical_axis(plot: &Plot, name: &str) -> Markup {
    let Area {
        left,
        right,
        top,
        bottom,
    } = plot.area;
    let mut grid = String::new();
    for (value, _) in plot.y.ticks() {
        let _ = write!(grid, "M{left} {}H{right}", coordinate(plot.y(value)));
    }
    html! {
        path.grid d=(grid) {}
        @for (value, label) in plot.y.ticks() {
            text.tick.end x=(left - 6.0) y=(coordinate(plot.y(value))) dy=".32em" { (label) }
        }
        text.tick.mid transform={ "translate(9 " (coordinate(f64::midpoint(top, bottom))) ") rotate(-90)" } { (shortened(name, NAME_WIDTH)) }
    }
}

/// Values below the plot, and the name of the horizontal axis.
pub(crate) fn horizontal_axis(plot: &Plot, y: f64, name: &str) -> Markup {
    let Area { left, right, .. } = plot.area;
    let ticks = sparse_ticks(plot.x, right - left);
    let mut marks = String::new();
    for (value, _) in &ticks {
        let _ = write!(marks, "M{} {y}v4", coordinate(plot.x(*value)));
    }
    html! {
        path.axis d={ "M" (left) " " (y) "H" (right) (marks) } {}
        @for (value, label) in ticks {
            text.tick.mid x=(coordinate(plot.x(value))) y=(y + 16.0) { (label) }
        }
        text.label.mid x=(coordinate(f64::midpoint(left, right))) y=(y + 33.0) { (shortened(name, NAME_WIDTH)) }
    }
}

/// The ticks of an axis, as many as have room beside each other.
pub(crate) fn sparse_ticks(axis: Axis, width: f64) -> Vec<(f64, String)> {
    let ticks = axis.ticks();
    let widest = ticks
        .iter()
        .map(|(_, label)| label.chars().count())
        .max()
        .unwrap_or(1);
    let room = (width / (widest as f64 * 6.5 + 14.0)).max(1.0);
    let every = (1..=ticks.len().max(1))
        .find(|every| ticks.len().div_ceil(*every) as f64 <= room)
        .unwrap_or(1);
    ticks.into_iter().step_by(every).collect()
}
