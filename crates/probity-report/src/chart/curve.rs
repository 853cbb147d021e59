//! Curves in a frame with two straight axes: the receiver operating characteristic, precision
//! against recall, calibration, and the quantiles of residuals.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;

const LEFT: f64 = 52.0;
const RIGHT: f64 = 410.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 250.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CurveChart {
    /// Dashed and grey, behind the current one.
    pub(crate) then: Vec<(f64, f64)>,
    pub(crate) now: Vec<(f64, f64)>,
    pub(crate) guide: Guide,
    /// Points with intervals.
    pub(crate) points: Vec<CurvePoint>,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) x_label: &'static str,
    pub(crate) y_label: &'static str,
}

/// What a curve is measured against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Guide {
    /// From the lower left to the upper right.
    Diagonal,
    Level(f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CurvePoint {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

impl CurveChart {
    fn x(&self, value: f64) -> String {
        coordinate(LEFT + (RIGHT - LEFT) * self.x.position(value))
    }

    fn y(&self, value: f64) -> String {
        coordinate(BOTTOM - (BOTTOM - TOP) * self.y.position(value))
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (x, y) in points {
            if !x.is_finite() || !y.is_finite() {
                continue;
            }
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{} {}", self.x(*x), self.y(*y));
        }
        path
    }
}

pub(crate) fn curve_chart(chart: &CurveChart, title: &str, description: &str) -> Markup {
    html! {
        svg.chart viewBox="0 0 420 288" role="img" {
            title { (title) }
            desc { (description) }
            (frame(chart))
            (guide(chart))
            @if !chart.then.is_empty() { path.curve.then d=(chart.path(&chart.then)) {} }
            @if !chart.now.is_empty() { path.curve d=(chart.path(&chart.now)) {} }
            @for point in &chart.points { (point_with_interval(chart, point)) }
        }
    }
}

fn frame(chart: &CurveChart) -> Markup {
    let grid: String = chart
        .y
        .ticks()
        .iter()
        .map(|(value, _)| format!("M{LEFT} {}H{RIGHT}", chart.y(*value)))
        .collect();
    html! {
        path.grid d=(grid) {}
        @for (value, label) in chart.y.ticks() {
            text.tick.end x=(LEFT - 6.0) y=(chart.y(value)) dy=".32em" { (label) }
        }
        @for (value, label) in chart.x.ticks() {
            text.tick.mid x=(chart.x(value)) y=(BOTTOM + 16.0) { (label) }
        }
        path.axis d={ "M" (LEFT) " " (TOP) "V" (BOTTOM) "H" (RIGHT) } {}
        text.label.mid x=(f64::midpoint(LEFT, RIGHT)) y=(BOTTOM + 34.0) { (chart.x_label) }
        text.label.mid transform={ "translate(11 " (f64::midpoint(TOP, BOTTOM)) ") rotate(-90)" } { (chart.y_label) }
    }
}

fn guide(chart: &CurveChart) -> Markup {
    let path = match chart.guide {
        Guide::Diagonal => format!("M{LEFT} {BOTTOM}L{RIGHT} {TOP}"),
        Guide::Level(value) if value.is_finite() => format!("M{LEFT} {}H{RIGHT}", chart.y(value)),
        Guide::Level(_) => return html! {},
    };
    html! { path.chance d=(path) {} }
}

fn point_with_interval(chart: &CurveChart, point: &CurvePoint) -> Markup {
    if !point.x.is_finite() || !point.y.is_finite() {
        return html! {};
    }
    let x = chart.x(point.x);
    html! {
        @if let Some((low, high)) = point.interval {
            path.interval d={ "M" (x) " " (chart.y(low)) "V" (chart.y(high)) "m-3 0h6M" (x) " " (chart.y(low)) "m-3 0h6" } {}
        }
        circle.dot.sure cx=(x) cy=(chart.y(point.y)) r="4" {}
    }
}

/// Rows per range of the probability, on the horizontal axis of the charts above.
pub(crate) fn score_bars(bins: &[(f64, f64, u64)], title: &str, description: &str) -> Markup {
    let largest = bins.iter().map(|bin| bin.2).max().unwrap_or(0).max(1) as f64;
    let x = |value: f64| LEFT + (RIGHT - LEFT) * Axis::UNIT.position(value);
    html! {
        svg.chart viewBox="0 0 420 72" role="img" {
            title { (title) }
            desc { (description) }
            @for (low, high, n) in bins {
                @let height = (48.0 * *n as f64 / largest).max(if *n > 0 { 1.0 } else { 0.0 });
                rect.base x=(coordinate(x(*low) + 0.5)) y=(coordinate(54.0 - height))
                    width=(coordinate((x(*high) - x(*low) - 1.0).max(1.0))) height=(coordinate(height)) {}
            }
            path.axis d={ "M" (LEFT) " 54H" (RIGHT) } {}
            text.label.mid x=(f64::midpoint(LEFT, RIGHT)) y="69" { "rows by predicted probability" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, CurveChart, Guide, curve_chart};

    #[test]
    fn points_that_are_no_numbers_are_left_out() {
        let chart = CurveChart {
            then: Vec::new(),
            now: vec![(0.0, 0.0), (f64::NAN, 0.5), (1.0, 1.0)],
            guide: Guide::Diagonal,
            points: Vec::new(),
            x: Axis::UNIT,
            y: Axis::UNIT,
            x_label: "x",
            y_label: "y",
        };
        let drawn = curve_chart(&chart, "t", "d").into_string();
        assert!(drawn.contains("d=\"M52 250L410 10\""), "{drawn}");
        assert!(!drawn.contains("NaN"), "{drawn}");
    }
}
