//! One line through points that somebody else measured, in the order they are given; the names
//! of the axes are theirs.

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::plot::{Area, Plot, horizontal_axis, vertical_axis};
use crate::number;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LineChart {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) x_name: String,
    pub(crate) y_name: String,
    pub(crate) guide: LineGuide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineGuide {
    None,
    /// What chance would give, from corner to corner of shares.
    Diagonal,
}

/// Points that are marked one by one.
const MOST_BEADS: usize = 24;

impl LineChart {
    fn plot(&self) -> Plot {
        let axis = |values: Vec<f64>| {
            // Shares keep their whole range, so that pictures of several cards compare.
            if values.iter().all(|value| (0.0..=1.0).contains(value)) {
                Axis::UNIT
            } else {
                Axis::padded(values.into_iter())
            }
        };
        Plot {
            area: Area {
                left: 52.0,
                right: 410.0,
                top: 10.0,
                bottom: 220.0,
            },
            x: axis(self.points.iter().map(|point| point.0).collect()),
            y: axis(self.points.iter().map(|point| point.1).collect()),
        }
    }
}

pub(crate) fn line_chart(chart: &LineChart, title: &str) -> Markup {
    let plot = chart.plot();
    let Area {
        left,
        right,
        top,
        bottom,
    } = plot.area;
    let finite = || {
        let points = chart.points.iter();
        points.filter(|(x, y)| x.is_finite() && y.is_finite())
    };
    html! {
        svg.chart viewBox="0 0 420 258" role="img" {
            title { (title) }
            desc { (number::count(chart.points.len() as u64)) " points." }
            (vertical_axis(&plot, &chart.y_name))
            (horizontal_axis(&plot, bottom, &chart.x_name))
            @if chart.guide == LineGuide::Diagonal { path.chance d={ "M" (left) " " (bottom) "L" (right) " " (top) } {} }
            path.curve d=(plot.path(chart.points.iter().copied())) {}
            @if chart.points.len() <= MOST_BEADS {
                @for (x, y) in finite() { circle.pin cx=(coordinate(plot.x(*x))) cy=(coordinate(plot.y(*y))) r="2.6" {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> String {
        let chart = LineChart {
            points,
            x_name: "x".to_owned(),
            y_name: "y".to_owned(),
            guide: LineGuide::None,
        };
        line_chart(&chart, "t").into_string()
    }

    #[test]
    fn one_point_is_seen() {
        assert_eq!(chart(vec![(3.0, 4.0)]).matches("<circle").count(), 1);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let drawn = chart(vec![(0.0, 1.0), (f64::NAN, 2.0), (1.0, f64::INFINITY)]);
        assert_eq!(drawn.matches("<circle").count(), 1, "{drawn}");
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    }
}
