//! Horizontal bars of shares in a common frame from 0 to 100 %: groups of rows, each with one
//! bar per series (observed labels, predictions), so that groups are compared at a glance.

use maud::{Markup, html};

use super::coordinate;
use super::label::shortened;
use crate::number;

const LABEL_END: f64 = 128.0;
const LEFT: f64 = 136.0;
const RIGHT: f64 = 340.0;
const BAR: f64 = 12.0;
const GAP: f64 = 11.0;
/// In characters.
const LABEL_WIDTH: usize = 19;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BarGroup {
    pub(crate) label: String,
    pub(crate) bars: Vec<ShareBar>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShareBar {
    pub(crate) series: Series,
    /// `None` when there are no rows to take a share of.
    pub(crate) share: Option<f64>,
}

/// Which fill a bar has, the same on the whole page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Series {
    /// Grey: what the data say.
    Observed,
    /// Hatched: what the model says.
    Predicted,
}

impl Series {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Observed => "base",
            Self::Predicted => "now",
        }
    }
}

pub(crate) fn group_bars(groups: &[BarGroup], title: &str, description: &str) -> Markup {
    let shares = groups.iter().flat_map(|group| &group.bars);
    let largest = shares.filter_map(|bar| bar.share).fold(0.0, f64::max);
    let end = [0.05, 0.1, 0.25, 0.5, 1.0]
        .into_iter()
        .find(|end| largest <= *end)
        .unwrap_or(1.0);
    let mut tops = Vec::with_capacity(groups.len());
    let mut top = 6.0;
    for group in groups {
        tops.push(top);
        top += group.bars.len() as f64 * (BAR + 1.0) + GAP;
    }
    html! {
        svg.chart viewBox={ "0 0 420 " (coordinate(top + 14.0)) } role="img" {
            title { (title) }
            desc { (description) }
            path.grid d={ "M" (RIGHT) " 2V" (coordinate(top - 4.0)) "M" (f64::midpoint(LEFT, RIGHT)) " 2V" (coordinate(top - 4.0)) } {}
            @for (group, top) in groups.iter().zip(tops) { (bar_group(group, top, end)) }
            path.axis d={ "M" (LEFT) " 2V" (coordinate(top - 4.0)) } {}
            text.tick.mid x=(LEFT) y=(coordinate(top + 9.0)) { "0" }
            text.tick.mid x=(RIGHT) y=(coordinate(top + 9.0)) { (number::percent(end)) }
        }
    }
}

fn bar_group(group: &BarGroup, top: f64, end: f64) -> Markup {
    let middle = top + group.bars.len() as f64 * (BAR + 1.0) / 2.0;
    html! {
        text.label.end x=(LABEL_END) y=(coordinate(middle)) dy=".32em" { (shortened(&group.label, LABEL_WIDTH)) }
        @for (index, bar) in group.bars.iter().enumerate() {
            (share_bar(bar, top + index as f64 * (BAR + 1.0), (RIGHT - LEFT) / end))
        }
    }
}

fn share_bar(bar: &ShareBar, top: f64, scale: f64) -> Markup {
    let middle = coordinate(top + BAR / 2.0);
    let Some(share) = bar.share else {
        return html! { text.tick.start x=(LEFT + 6.0) y=(middle) dy=".32em" { "no rows" } };
    };
    let text_x = LEFT + share * scale + 7.0;
    html! {
        rect.(bar.series.class()) x=(LEFT) y=(coordinate(top)) width=(coordinate((share * scale).max(0.5))) height=(BAR) {}
        text.value.start x=(coordinate(text_x)) y=(middle) dy=".32em" { (number::percent(share)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{BarGroup, Series, ShareBar, group_bars};

    #[test]
    fn a_group_without_rows_says_so_instead_of_zero() {
        let group = BarGroup {
            label: "F".to_owned(),
            bars: vec![ShareBar {
                series: Series::Observed,
                share: None,
            }],
        };
        let drawn = group_bars(&[group], "t", "d").into_string();
        assert!(
            drawn.contains("no rows") && !drawn.contains("0%"),
            "{drawn}"
        );
    }
}
