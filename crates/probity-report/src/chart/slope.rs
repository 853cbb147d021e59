//! Slope chart: the ranks of features then and now, a line each.

use maud::{Markup, html};

use super::coordinate;
use super::label::shortened;

const LEFT: f64 = 168.0;
const RIGHT: f64 = 252.0;
const ROW: f64 = 22.0;
const TOP: f64 = 36.0;
const LABEL_WIDTH: usize = 21;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SlopeLine {
    pub(crate) label: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// Lines whose rank is beyond `last` on a side end at the border of the picture.
pub(crate) fn slope_chart(
    lines: &[SlopeLine],
    last: u64,
    (title, description): (&str, &str),
) -> Markup {
    let bottom = y(last) + ROW;
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(bottom + 8.0)) } role="img" {
            title { (title) }
            desc { (description) }
            text.tick.end x=(LEFT) y="13" { "baseline" }
            text.tick.start x=(RIGHT) y="13" { "now" }
            path.axis d={ "M" (LEFT) " 22V" (bottom) "M" (RIGHT) " 22V" (bottom) } {}
            @for line in lines { (slope_line(line, last)) }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "ranks on the picture are small")]
fn y(rank: u64) -> f64 {
    TOP + (rank.saturating_sub(1)) as f64 * ROW
}

fn slope_line(line: &SlopeLine, last: u64) -> Markup {
    let place = |rank: u64| y(rank.min(last + 1));
    let class = match line.from.cmp(&line.to) {
        std::cmp::Ordering::Equal => "same",
        std::cmp::Ordering::Less => "fell",
        std::cmp::Ordering::Greater => "rose",
    };
    let (from, to) = (place(line.from), place(line.to));
    let name = shortened(&line.label, LABEL_WIDTH);
    html! {
        path.slope.(class) d={ "M" (LEFT) " " (coordinate(from)) "L" (RIGHT) " " (coordinate(to)) } {}
        @if line.from <= last {
            circle.bead.(class) cx=(LEFT) cy=(coordinate(from)) r="3" {}
            text.label.end x=(LEFT - 8.0) y=(coordinate(from)) dy=".32em" { (name) " " (line.from) }
        }
        @if line.to <= last {
            circle.bead.(class) cx=(RIGHT) cy=(coordinate(to)) r="3" {}
            text.label.start x=(RIGHT + 8.0) y=(coordinate(to)) dy=".32em" { (line.to) " " (name) }
        }
    }
}
