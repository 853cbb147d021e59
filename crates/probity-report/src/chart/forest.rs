//! Estimates with their intervals around an ideal value, one row each, all on one scale: the
//! forest plot of a meta-analysis, cut into the rows of a table.
//!
//! Differences lie on a linear scale around 0, ratios on a logarithmic one around 1, so that
//! half and double are equally far away. The scale is symmetric: the ideal value is always in
//! the middle, where the style sheet draws its line through the whole column.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::coordinate;
use crate::number;

const WIDTH: f64 = 220.0;
const MIDDLE: f64 = WIDTH / 2.0;
/// From the middle to the end of the scale; arrows and dots at the end keep inside the picture.
const HALF: f64 = MIDDLE - 12.0;
const Y: f64 = 10.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Around 0.
    Linear,
    /// Around 1.
    Logarithmic,
}

/// How far a picture reaches on both sides of the ideal value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ForestScale {
    spacing: Spacing,
    /// The end of the scale: a difference, or a factor.
    reach: f64,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    /// ±infinity is an arrow at the end.
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) weight: Weight,
}

/// Whether a dot is filled: a second signal beside the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// More than sampling error explains.
    Sure,
    Unsure,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::Unsure => "unsure",
        }
    }
}

impl ForestScale {
    /// A scale on which all of `values` fit, if that is possible without squashing the rest:
    /// what lies further is an arrow.
    pub(crate) fn fitting(spacing: Spacing, values: impl Iterator<Item = f64>) -> Self {
        let ends: &[f64] = match spacing {
            Spacing::Linear => &[0.05, 0.1, 0.2, 0.3, 0.5, 1.0],
            Spacing::Logarithmic => &[1.25, 1.5, 2.0, 3.0, 4.0, 10.0],
        };
        let last = ends.last().copied().unwrap_or(1.0);
        let distance = |value: f64| match spacing {
            Spacing::Linear => value.abs(),
            Spacing::Logarithmic => value.max(1.0 / value),
        };
        let furthest = values
            .map(distance)
            .filter(|distance| *distance <= last)
            .fold(0.0, f64::max);
        let reach = ends.iter().copied().find(|end| furthest <= *end);
        Self {
            spacing,
            reach: reach.unwrap_or(last),
        }
    }

    pub(crate) fn ideal(&self) -> f64 {
        match self.spacing {
            Spacing::Linear => 0.0,
            Spacing::Logarithmic => 1.0,
        }
    }

    /// Labels of both ends.
    pub(crate) fn end_labels(&self) -> (String, String) {
        match self.spacing {
            Spacing::Linear => (number::short(-self.reach), number::short(self.reach)),
            Spacing::Logarithmic => (
                format!("÷{}", number::short(self.reach)),
                format!("×{}", number::short(self.reach)),
            ),
        }
    }

    /// −1 to 1 within the scale; beyond it outside. Never NaN for numbers and infinities.
    fn position(&self, value: f64) -> f64 {
        match self.spacing {
            Spacing::Linear => value / self.reach,
            Spacing::Logarithmic => value.max(0.0).ln() / self.reach.ln(),
        }
    }

    fn x(&self, value: f64) -> f64 {
        MIDDLE + HALF * self.position(value).clamp(-1.0, 1.0)
    }

    fn is_beyond(&self, value: f64) -> bool {
        self.position(value).abs() > 1.0 + 1e-9
    }
}

/// The axis, for the head of the column.
pub(crate) fn forest_axis(scale: &ForestScale) -> Markup {
    let (low, high) = scale.end_labels();
    html! {
        svg.forest viewBox="0 0 220 16" aria-hidden="true" {
            text.tick.start x="0" y="11" { (low) }
            text.tick.mid x=(MIDDLE) y="11" { (number::short(scale.ideal())) }
            text.tick.end x=(WIDTH) y="11" { (high) }
        }
    }
}

/// One row. Hidden from screen readers: the cells beside it say the same in numbers.
pub(crate) fn forest_mark(scale: &ForestScale, estimate: &Estimate) -> Markup {
    html! {
        svg.forest viewBox="0 0 220 20" aria-hidden="true" { (estimate_at(scale, estimate)) }
    }
}

/// Its whisker and dot, 220 wide and 20 high.
pub(crate) fn estimate_at(scale: &ForestScale, estimate: &Estimate) -> Markup {
    let whisker = estimate
        .interval
        .filter(|(low, high)| !low.is_nan() && !high.is_nan())
        .map(|(low, high)| whisker(scale, low, high))
        .unwrap_or_default();
    html! {
        path.interval d=(whisker) {}
        (dot(scale, estimate.value, estimate.weight))
    }
}

/// From the baseline (open) to the current value (filled).
pub(crate) fn forest_move(scale: &ForestScale, baseline: f64, current: f64) -> Markup {
    let (from, to) = (coordinate(scale.x(baseline)), coordinate(scale.x(current)));
    html! {
        svg.forest viewBox="0 0 220 20" aria-hidden="true" {
            path.interval d={ "M" (from) " 10H" (to) } {}
            (dot(scale, baseline, Weight::Unsure))
            (dot(scale, current, Weight::Sure))
        }
    }
}

fn whisker(scale: &ForestScale, low: f64, high: f64) -> String {
    let (left, right) = (coordinate(scale.x(low)), coordinate(scale.x(high)));
    let mut path = format!("M{left} {Y}H{right}");
    for (end, x, point) in [
        (low, &left, "l5-4m-5 4l5 4"),
        (high, &right, "l-5-4m5 4l-5 4"),
    ] {
        let cap = if scale.is_beyond(end) {
            point
        } else {
            "m0-4v8"
        };
        let _ = write!(path, "M{x} {Y}{cap}");
    }
    path
}

fn dot(scale: &ForestScale, value: f64, weight: Weight) -> Markup {
    if value.is_nan() {
        return html! {};
    }
    let x = coordinate(scale.x(value));
    if !scale.is_beyond(value) {
        return html! { circle.dot.(weight.class()) cx=(x) cy=(Y) r="4" {} };
    }
    let points = if scale.position(value) > 0.0 {
        "l-8-5v10z"
    } else {
        "l8-5v10z"
    };
    html! { path.dot.(weight.class()) d=(PreEscaped(format!("M{x} {Y}{points}"))) {} }
}

#[cfg(test)]
mod tests {
    use super::{Estimate, ForestScale, Spacing, Weight, forest_mark};

    #[track_caller]
    fn check(spacing: Spacing, values: &[f64], ends: (&str, &str)) {
        let scale = ForestScale::fitting(spacing, values.iter().copied());
        let (low, high) = scale.end_labels();
        assert_eq!((low.as_str(), high.as_str()), ends);
    }

    #[test]
    fn a_scale_ends_at_a_round_number_beyond_all_values() {
        check(Spacing::Linear, &[-0.12, 0.27], ("−0.3", "0.3"));
        check(Spacing::Linear, &[], ("−0.05", "0.05"));
        check(Spacing::Logarithmic, &[0.6, 1.2], ("÷2", "×2"));
    }

    #[test]
    fn values_without_bounds_do_not_squash_the_rest() {
        check(
            Spacing::Linear,
            &[0.1, -36.7, f64::INFINITY, f64::NAN],
            ("−0.1", "0.1"),
        );
        check(Spacing::Logarithmic, &[0.9, 0.0], ("÷1.25", "×1.25"));
    }

    #[test]
    fn half_and_double_are_equally_far_from_one() {
        let scale = ForestScale::fitting(Spacing::Logarithmic, [0.5, 2.0].into_iter());
        let sum = scale.position(0.5) + scale.position(2.0);
        assert!(sum.abs() < 1e-15, "{sum}");
    }

    #[test]
    fn an_infinite_value_is_an_arrow_at_the_end() {
        let scale = ForestScale::fitting(Spacing::Linear, [0.5].into_iter());
        let estimate = Estimate {
            value: f64::NEG_INFINITY,
            interval: None,
            weight: Weight::Unsure,
        };
        let drawn = forest_mark(&scale, &estimate).into_string();
        assert!(drawn.contains("M12 10l8-5v10z"), "{drawn}");
    }
}
