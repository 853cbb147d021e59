//! A whole forest plot as one picture, for places where no table can hold its rows: name,
//! estimate with interval, number.

use maud::{Markup, html};

use super::coordinate;
use super::forest::{Estimate, ForestScale, estimate_at};
use super::label::shortened;
use crate::number;

const LABEL_END: f64 = 66.0;
const LEFT: f64 = 76.0;
const ROW: f64 = 21.0;
const TOP: f64 = 20.0;
/// Of the scale, in the picture.
const SCALE_WIDTH: f64 = 220.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForestRow {
    pub(crate) label: String,
    pub(crate) estimate: Estimate,
    /// The interval in words.
    pub(crate) range: String,
}

pub(crate) fn forest_rows(
    scale: &ForestScale,
    rows: &[ForestRow],
    (title, description): (&str, &str),
) -> Markup {
    let bottom = TOP + rows.len() as f64 * ROW;
    let (low, high) = scale.end_labels();
    let middle = LEFT + SCALE_WIDTH / 2.0;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(bottom + 6.0)) } role="img" {
            title { (title) }
            desc { (description) }
            text.tick.start x=(LEFT) y="11" { (low) }
            text.tick.mid x=(middle) y="11" { (number::short(scale.ideal())) }
            text.tick.end x=(LEFT + SCALE_WIDTH) y="11" { (high) }
            path.axis d={ "M" (middle) " " (TOP - 4.0) "V" (bottom) } {}
            @for (at, row) in rows.iter().enumerate() {
                @let top = TOP + at as f64 * ROW;
                text.label.end x=(LABEL_END) y=(coordinate(top + 10.0)) dy=".32em" { (shortened(&row.label, 10)) }
                g transform={ "translate(" (LEFT) " " (coordinate(top)) ")" } { (estimate_at(scale, &row.estimate)) }
                text.tick.end x="416" y=(coordinate(top + 10.0)) dy=".32em" { (shortened(&row.range, 20)) }
            }
        }
    }
}
