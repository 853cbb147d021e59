//! Paired bars of the shares of categories.

use maud::{Markup, html};

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
        text.label.end x=(LABEL_END) y=(middle) dy=".32em" { (shortened(&bar.label)) }
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

/// A label that fits its place. Control characters would vanish or break the line.
fn shortened(label: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for character in label.chars() {
        let character = if character.is_control() {
            '␣'
        } else {
            character
        };
        // CJK, Hangul, full-width forms and emoji take about two places.
        let wide = matches!(u32::from(character), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x1F300..=0x1FAFF);
        width += if wide { 2 } else { 1 };
        if width > LABEL_WIDTH {
            out.push('…');
            return out;
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[track_caller]
    fn check(label: &str, shown: &str) {
        assert_eq!(shortened(label), shown);
    }

    #[test]
    fn long_labels_end_in_an_ellipsis() {
        check("short", "short");
        check("exactly nineteen ch", "exactly nineteen ch");
        check("a label that goes on and on", "a label that goes o…");
        check("顧客の居住している都道府県", "顧客の居住している…");
    }

    #[test]
    fn control_characters_are_shown_as_a_space_mark() {
        check("a\nb", "a␣b");
    }
}
