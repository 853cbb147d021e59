//! Bars of how much each feature moves a model's output, with their intervals.

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::shortened;
use super::plot::sparse_ticks;
use crate::number;

const LABEL_END: f64 = 146.0;
const LEFT: f64 = 154.0;
const RIGHT: f64 = 356.0;
const ROW: f64 = 25.0;
const BAR: f64 = 13.0;
const TOP: f64 = 4.0;
/// In characters.
const LABEL_WIDTH: usize = 22;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImportanceBar {
    pub(crate) label: String,
    pub(crate) value: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

pub(crate) fn importance_chart(bars: &[ImportanceBar], title: &str, description: &str) -> Markup {
    let ends = bars.iter().flat_map(|bar| {
        let interval = bar.interval.map(|(low, high)| [low, high]);
        std::iter::once(bar.value).chain(interval.into_iter().flatten())
    });
    let axis = Axis::fitting(ends.chain([0.0]));
    let bottom = TOP + bars.len() as f64 * ROW;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(bottom + 22.0)) } role="img" {
            title { (title) }
            desc { (description) }
            @for (value, label) in sparse_ticks(axis, RIGHT - LEFT) {
                path.grid d={ "M" (coordinate(x(axis, value))) " " (TOP) "V" (bottom) } {}
                text.tick.mid x=(coordinate(x(axis, value))) y=(bottom + 15.0) { (label) }
            }
            @for (row, bar) in bars.iter().enumerate() { (importance_row(bar, axis, TOP + row as f64 * ROW + ROW / 2.0)) }
            path.axis d={ "M" (coordinate(x(axis, 0.0))) " " (TOP) "V" (bottom) } {}
        }
    }
}

fn x(axis: Axis, value: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * axis.position(value)
}

fn importance_row(bar: &ImportanceBar, axis: Axis, middle: f64) -> Markup {
    let zero = x(axis, 0.0);
    let end = x(axis, bar.value);
    let y = coordinate(middle);
    html! {
        text.label.end x=(LABEL_END) y=(y) dy=".32em" { (shortened(&bar.label, LABEL_WIDTH)) }
        @if bar.value.is_finite() {
            rect.strong x=(coordinate(zero.min(end))) y=(coordinate(middle - BAR / 2.0))
                width=(coordinate((zero - end).abs().max(0.8))) height=(BAR) rx="1.5" {}
        }
        @if let Some((low, high)) = bar.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            @let d = format!("M{} {y}H{}m0-4v8M{0} {y}m0-4v8", coordinate(x(axis, low)), coordinate(x(axis, high)));
            path.halo d=(d) {}
            path.interval d=(d) {}
        }
        text.value.end x="416" y=(y) dy=".32em" { (number::short(bar.value)) }
    }
}
