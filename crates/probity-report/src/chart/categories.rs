//! Paired bars of the shares of categories.

use maud::{Markup, html};

use super::label::shortened;
use super::{TwoSides, coordinate};
use crate::number;

const LABEL_END: f64 = 128.0;
const LEFT: f64 = 136.0;
const RIGHT: f64 = 322.0;
const ROW: f64 = 27.0;
/// In characters; wide scripts count double.
const LABEL_WIDTH: usize = 19;

#[derive(Clone, Debug)]
pub(crate) struct CategoryChart {
    pub(crate) bars: Vec<CategoryBar>,
}

#[derive(Clone, Debug)]
pub(crate) struct CategoryBar {
    pub(crate) label: String,
    pub(crate) shares: TwoSides<f64>,
}

impl CategoryChart {
    pub(crate) fn shares(&self) -> TwoSides<Vec<f64>> {
        TwoSides {
            baseline: self.bars.iter().map(|bar| bar.shares.baseline).collect(),
            current: self.bars.iter().map(|bar| bar.shares.current).collect(),
        }
    }
}

pub(crate) fn category_chart(chart: &CategoryChart, title: &str, description: &str) -> Markup {
    let shares = chart
        .bars
        .iter()
        .flat_map(|bar| [bar.shares.baseline, bar.shares.current]);
    let largest = shares.flatten().fold(0.0, f64::max);
    let scale = if largest > 0.0 {
        (RIGHT - LEFT) / largest
    } else {
        0.0
    };
    #[expect(clippy::cast_precision_loss, reason = "a chart has about ten rows")]
    let tops: Vec<f64> = (0..chart.bars.len())
        .map(|row| row as f64 * ROW + 4.0)
        .collect();
    let height = tops.last().map_or(0.0, |top| top + ROW);
    html! {
        svg.chart viewBox={ "0 0 420 " (height) } role="img" {
            title { (title) }
            desc { (description) }
            @for (bar, top) in chart.bars.iter().zip(tops) {
                (category_row(bar, top, scale))
            }
            path.axis d={ "M" (LEFT) " 2V" (height - 2.0) } {}
        }
    }
}

fn category_row(bar: &CategoryBar, top: f64, scale: f64) -> Markup {
    let width = |share: f64| coordinate((share * scale).max(if share > 0.0 { 1.0 } else { 0.0 }));
    let middle = coordinate(top + 10.0);
    html! {
        text.label.end x=(LABEL_END) y=(middle) dy=".32em" { (shortened(&bar.label, LABEL_WIDTH)) }
        @match (bar.shares.baseline, bar.shares.current) {
            (Some(baseline), Some(current)) => {
                rect.base x=(LEFT) y=(top) width=(width(baseline)) height="9" {}
                rect.now x=(LEFT) y=(top + 10.0) width=(width(current)) height="9" {}
                text.value.end x="416" y=(middle) dy=".32em" {
                    (number::percent(baseline)) " → " (number::percent(current))
                }
            }
            (Some(share), None) | (None, Some(share)) => {
                rect.only x=(LEFT) y=(top + 3.0) width=(width(share)) height="13" {}
                text.value.start x=(coordinate(LEFT + share * scale + 6.0)) y=(middle) dy=".32em" {
                    (number::percent(share))
                }
            }
            (None, None) => {}
        }
    }
}
