//! Bars of any sign from a common zero, with their values beside them: a bar chart whose values
//! somebody else measured, so that nothing is known of their unit.

use maud::{Markup, html};

use super::axis::Axis;
use super::coordinate;
use super::label::{fits, number_width, shortened};
use crate::number;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) value: f64,
}

const LABEL_END: f64 = 128.0;
const LEFT: f64 = 136.0;
const RIGHT: f64 = 356.0;
const VIEW: f64 = 420.0;
/// Between the end of a bar and its value.
const GAP: f64 = 6.0;
const ROW: f64 = 21.0;
/// In characters; wide scripts count double.
const LABEL_WIDTH: usize = 19;
/// Bars that have room for names and values; more are drawn as columns.
const MOST_NAMED: usize = 30;

pub(crate) fn bars_chart(bars: &[Bar], title: &str) -> Markup {
    let axis = Axis::fitting(bars.iter().map(|bar| bar.value).chain([0.0]));
    if bars.len() > MOST_NAMED {
        columns(bars, axis, title)
    } else {
        rows(bars, axis, title)
    }
}

/// Whether the picture alone shows every label and value as a table does.
pub(crate) fn bars_show_all(bars: &[Bar]) -> bool {
    bars.len() <= MOST_NAMED
        && bars
            .iter()
            .all(|bar| fits(&bar.label, LABEL_WIDTH) && has_room(&number::six_digits(bar.value)))
}

/// Beside the longest bar.
fn has_room(value: &str) -> bool {
    number_width(value) <= VIEW - RIGHT - GAP
}

/// With all its digits where they have room, else with fewer.
fn value_text(value: f64) -> String {
    [number::six_digits(value), number::short(value)]
        .into_iter()
        .find(|text| has_room(text))
        .unwrap_or_else(|| number::powered(value))
}

fn description(bars: &[Bar]) -> String {
    let finite = || {
        bars.iter()
            .map(|bar| bar.value)
            .filter(|value| value.is_finite())
    };
    match (
        finite().min_by(f64::total_cmp),
        finite().max_by(f64::total_cmp),
    ) {
        (Some(least), Some(most)) => format!(
            "{} bars from {} to {}.",
            bars.len(),
            number::short(least),
            number::short(most)
        ),
        _ => format!("{} bars.", bars.len()),
    }
}

fn rows(bars: &[Bar], axis: Axis, title: &str) -> Markup {
    let place = |value: f64| LEFT + (RIGHT - LEFT) * axis.position(value);
    let zero = place(0.0);
    let height = bars.len() as f64 * ROW + 6.0;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(height)) } role="img" {
            title { (title) }
            desc { (description(bars)) }
            @for (row, bar) in bars.iter().enumerate() {
                @let top = row as f64 * ROW + 4.0;
                @let middle = coordinate(top + 8.0);
                text.label.end x=(LABEL_END) y=(middle) dy=".32em" { (shortened(&bar.label, LABEL_WIDTH)) }
                @if bar.value.is_finite() {
                    @let end = place(bar.value);
                    rect.only x=(coordinate(zero.min(end))) y=(coordinate(top + 1.5)) width=(coordinate((end - zero).abs().max(0.8))) height="13" {}
                }
                text.value.start x=(coordinate(place(bar.value).max(zero) + GAP)) y=(middle) dy=".32em" { (value_text(bar.value)) }
            }
            path.axis d={ "M" (coordinate(zero)) " 2V" (coordinate(height - 2.0)) } {}
        }
    }
}

/// Upright, without names: their order is all there is room for.
fn columns(bars: &[Bar], axis: Axis, title: &str) -> Markup {
    const LEFT: f64 = 52.0;
    const RIGHT: f64 = 412.0;
    const TOP: f64 = 8.0;
    const BOTTOM: f64 = 180.0;
    let place = |value: f64| BOTTOM - (BOTTOM - TOP) * axis.position(value);
    let zero = place(0.0);
    let width = (RIGHT - LEFT) / bars.len() as f64;
    let grid: String = axis
        .ticks()
        .iter()
        .map(|(value, _)| format!("M{LEFT} {}H{RIGHT}", coordinate(place(*value))))
        .collect();
    html! {
        svg.chart viewBox="0 0 420 202" role="img" {
            title { (title) }
            desc { (description(bars)) }
            path.grid d=(grid) {}
            @for (value, label) in axis.ticks() {
                text.tick.end x=(LEFT - 6.0) y=(coordinate(place(value))) dy=".32em" { (label) }
            }
            @for (at, bar) in bars.iter().enumerate().filter(|(_, bar)| bar.value.is_finite()) {
                @let end = place(bar.value);
                rect.only x=(format!("{:.2}", LEFT + at as f64 * width + width * 0.1)) y=(coordinate(zero.min(end)))
                    width=(format!("{:.2}", width * 0.8)) height=(coordinate((end - zero).abs().max(0.6))) {}
            }
            path.axis d={ "M" (LEFT) " " (coordinate(zero)) "H" (RIGHT) } {}
            text.tick.start x=(LEFT) y=(BOTTOM + 16.0) { "1" }
            text.tick.end x=(RIGHT) y=(BOTTOM + 16.0) { (number::count(bars.len() as u64)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64]) -> Vec<Bar> {
        let named = values.iter().enumerate().map(|(at, value)| Bar {
            label: format!("bar {at}"),
            value: *value,
        });
        named.collect()
    }

    #[test]
    fn a_negative_bar_lies_on_the_other_side_of_zero() {
        let drawn = bars_chart(&bars(&[10.0, -10.0]), "t").into_string();
        let starts: Vec<&str> = drawn
            .split("<rect class=\"only\" x=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(starts.len(), 2, "{drawn}");
        assert_ne!(starts[0], starts[1], "{drawn}");
    }

    #[test]
    fn what_is_no_number_has_no_bar_and_says_so() {
        let drawn = bars_chart(&bars(&[f64::NAN, 1.0]), "t").into_string();
        assert_eq!(drawn.matches("<rect").count(), 1, "{drawn}");
        assert!(
            drawn.contains("unknown") && !drawn.contains("NaN"),
            "{drawn}"
        );
    }

    #[test]
    fn what_a_picture_lacks_is_known() {
        assert!(bars_show_all(&bars(&[0.123_456, -12.5, 1_234_567.0])));
        assert!(!bars_show_all(&bars(&[1_234_567_890.0])));
        assert!(!bars_show_all(&bars(&[1.0; 31])));
        let mut long = bars(&[1.0]);
        "long label number 1 with words".clone_into(&mut long[0].label);
        assert!(!bars_show_all(&long));
    }

    #[test]
    fn a_value_never_leaves_the_picture() {
        for (value, text) in [
            (0.812_345_678, "0.812346"),
            (12_345_678.0, "12,345,678"),
            (1_234_567_890.0, "1.235×10⁹"),
            (123_456_789_012_345.0, "1.23×10¹⁴"),
        ] {
            assert_eq!(value_text(value), text);
        }
    }

    #[test]
    fn many_bars_are_columns() {
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let drawn = bars_chart(&bars(&values), "t").into_string();
        assert_eq!(drawn.matches("<rect").count(), 400);
        assert!(!drawn.contains("bar 3"), "{drawn}");
    }
}
