//! Beeswarm: every sampled row as a dot at its attribution, one band per feature, coloured by
//! the feature's value. Colour is not the only signal: dependence plots show the same dots with
//! the value as a position.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;
use super::plot::sparse_ticks;

const LABEL_END: f64 = 118.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 410.0;
const TOP: f64 = 4.0;
const ROW: f64 = 30.0;
/// Dots keep this far from the border of their band.
const HALF: f64 = ROW / 2.0 - 3.0;
const DOT: f64 = 3.8;
/// In characters.
const LABEL_WIDTH: usize = 18;
/// Steps of colour between low and high values.
pub(crate) const LEVELS: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SwarmBand {
    pub(crate) label: String,
    pub(crate) dots: Vec<SwarmDot>,
    /// Not of a group of columns, nor where values are not to be shown.
    pub(crate) shows_values: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SwarmDot {
    pub(crate) attribution: f64,
    /// `None`: a text, or no value.
    pub(crate) value: Option<f64>,
}

pub(crate) fn swarm_chart(
    bands: &[SwarmBand],
    unit: &str,
    (title, description): (&str, &str),
) -> Markup {
    let dots = bands.iter().flat_map(|band| &band.dots);
    let axis = Axis::fitting(dots.map(|dot| dot.attribution).chain([0.0]));
    let bottom = TOP + bands.len() as f64 * ROW;
    let key = key(bands, bottom + 48.0);
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(key.bottom + 8.0)) } role="img" {
            title { (title) }
            desc { (description) }
            @for (value, label) in sparse_ticks(axis, RIGHT - LEFT) {
                path.grid d={ "M" (coordinate(x(axis, value))) " " (TOP) "V" (bottom) } {}
                text.tick.mid x=(coordinate(x(axis, value))) y=(bottom + 15.0) { (label) }
            }
            path.axis d={ "M" (coordinate(x(axis, 0.0))) " " (TOP) "V" (bottom) } {}
            @for (row, band) in bands.iter().enumerate() {
                @let middle = TOP + row as f64 * ROW + ROW / 2.0;
                text.label.end x=(LABEL_END) y=(coordinate(middle)) dy=".32em" { (shortened(&band.label, LABEL_WIDTH)) }
                @for (class, path) in band_paths(band, axis, middle) { path.swarm.(class) d=(path) {} }
            }
            text.tick.mid x=(f64::midpoint(LEFT, RIGHT)) y=(bottom + 30.0) { (shortened(unit, 46)) }
            (key.drawn)
        }
    }
}

fn x(axis: Axis, value: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * axis.position(value)
}

struct Key {
    drawn: Markup,
    /// The middle of its last line.
    bottom: f64,
}

/// What the colours mean.
fn key(bands: &[SwarmBand], y: f64) -> Key {
    let (shown, hidden): (Vec<&SwarmBand>, Vec<&SwarmBand>) =
        bands.iter().partition(|band| band.shows_values);
    let below = if shown.is_empty() { y } else { y + 16.0 };
    Key {
        drawn: html! {
            @if !shown.is_empty() { (level_key(y)) }
            @if !hidden.is_empty() {
                path.swarm.vh d={ "M130 " (below) "h.01" } {}
                text.tick.start x="137" y=(below) dy=".32em" { "a group, or values not shown" }
            }
        },
        bottom: if hidden.is_empty() { y } else { below },
    }
}

fn level_key(y: f64) -> Markup {
    html! {
        text.tick.end x="206" y=(y) dy=".32em" { "feature’s value: low" }
        @for level in 0..LEVELS {
            path.swarm.(level_class(level)) d={ "M" (214 + level * 10) " " (y) "h.01" } {}
        }
        text.tick.start x="262" y=(y) dy=".32em" { "high" }
        path.swarm.vn d={ "M300 " (y) "h.01" } {}
        text.tick.start x="307" y=(y) dy=".32em" { "text or missing" }
    }
}

pub(crate) fn level_class(level: usize) -> &'static str {
    ["v0", "v1", "v2", "v3", "v4"][level.min(LEVELS - 1)]
}

/// The class of each dot: a fifth of the range between the 5th and 95th percentile.
pub(crate) fn classes(dots: &[SwarmDot]) -> Vec<&'static str> {
    let mut values: Vec<f64> = dots
        .iter()
        .filter_map(|dot| dot.value)
        .filter(|v| v.is_finite())
        .collect();
    values.sort_by(f64::total_cmp);
    let cut = values.len().saturating_sub(1) * 5 / 100;
    let low = values.get(cut).copied().unwrap_or(0.0);
    let high = values.iter().rev().nth(cut).copied().unwrap_or(0.0);
    dots.iter()
        .map(|dot| match dot.value {
            Some(value) if value.is_finite() => level_class(level(value, (low, high))),
            Some(_) | None => "vn",
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the number of levels"
)]
fn level(value: f64, (low, high): (f64, f64)) -> usize {
    if high <= low {
        // All but a few are one value: only what lies off it is told apart.
        return if value > high {
            LEVELS - 1
        } else if value < low {
            0
        } else {
            LEVELS / 2
        };
    }
    let position = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    (position * LEVELS as f64)
        .floor()
        .clamp(0.0, LEVELS as f64 - 1.0) as usize
}

/// One path per class: round caps of lines that have a length, because typesetters leave out
/// those that have none. Dots in the same place are stacked around the middle.
fn band_paths(band: &SwarmBand, axis: Axis, middle: f64) -> BTreeMap<&'static str, String> {
    let place = |dot: &SwarmDot| x(axis, dot.attribution);
    let mut stacks: BTreeMap<i64, usize> = BTreeMap::new();
    for dot in band.dots.iter().filter(|dot| dot.attribution.is_finite()) {
        *stacks.entry(column(place(dot))).or_default() += 1;
    }
    let highest = stacks.values().copied().max().unwrap_or(1) as f64;
    let gap = (HALF / (highest / 2.0).ceil()).min(DOT);
    stacks.clear();
    let mut paths: BTreeMap<&'static str, String> = BTreeMap::new();
    for (dot, class) in band.dots.iter().zip(classes(&band.dots)) {
        if !dot.attribution.is_finite() {
            continue;
        }
        let in_stack = stacks.entry(column(place(dot))).or_default();
        let side = if in_stack.is_multiple_of(2) {
            1.0
        } else {
            -1.0
        };
        let y = middle + side * in_stack.div_ceil(2) as f64 * gap;
        *in_stack += 1;
        let class = if band.shows_values { class } else { "vh" };
        let path = paths.entry(class).or_default();
        let _ = write!(path, "M{} {}h.01", coordinate(place(dot)), coordinate(y));
    }
    paths
}

#[expect(clippy::cast_possible_truncation, reason = "within the picture")]
fn column(x: f64) -> i64 {
    (x / DOT).round() as i64
}

#[cfg(test)]
mod tests {
    use super::{SwarmDot, classes};

    #[track_caller]
    fn check(values: &[Option<f64>], expected: &[&str]) {
        let dots: Vec<SwarmDot> = values
            .iter()
            .map(|value| SwarmDot {
                attribution: 0.0,
                value: *value,
            })
            .collect();
        assert_eq!(classes(&dots), expected);
    }

    #[test]
    fn colours_go_from_low_to_high_and_leave_out_what_is_no_number() {
        check(&[Some(0.0), Some(5.0), Some(10.0)], &["v0", "v2", "v4"]);
        check(&[Some(f64::MAX), Some(f64::MIN), None], &["v4", "v0", "vn"]);
        check(&[Some(f64::NAN)], &["vn"]);
    }

    #[test]
    fn one_value_is_in_the_middle() {
        check(&[Some(3.0), Some(3.0)], &["v2", "v2"]);
    }
}
