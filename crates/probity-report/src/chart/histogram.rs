//! Histogram of a numeric column: the baseline as filled bars, the current data as a hatched
//! outline in front of them.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::scale::{Scale, ScaleKind, Shares};
use super::{TwoSides, coordinate, share_axis};
use crate::distribution::WeightedValues;
use crate::number;

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 216.0;
const LEFT: f64 = 36.0;
const RIGHT: f64 = 410.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 190.0;
/// Between an open bin and its neighbours.
const BREAK: f64 = 6.0;
const MOST_LABELS: usize = 6;

#[derive(Clone, Debug)]
pub(crate) struct NumericChart {
    scale: Scale,
    pub(crate) shares: TwoSides<Shares>,
}

impl NumericChart {
    /// `None` when neither side has a distribution.
    pub(crate) fn of(sides: &TwoSides<WeightedValues>) -> Option<Self> {
        let samples: Vec<&WeightedValues> = sides.baseline.iter().chain(&sides.current).collect();
        let scale = Scale::common(&samples)?;
        let shares = TwoSides {
            baseline: sides.baseline.as_ref().map(|sample| scale.shares(sample)),
            current: sides.current.as_ref().map(|sample| scale.shares(sample)),
        };
        Some(Self { scale, shares })
    }

    pub(crate) fn bins(&self) -> usize {
        let sides = [&self.shares.baseline, &self.shares.current];
        sides.into_iter().flatten().map(Vec::len).max().unwrap_or(0)
    }

    pub(crate) fn label(&self, bin: usize) -> String {
        self.scale.label(bin)
    }

    fn largest(&self) -> f64 {
        let sides = [&self.shares.baseline, &self.shares.current];
        sides
            .into_iter()
            .flatten()
            .flatten()
            .copied()
            .fold(0.0, f64::max)
    }
}

pub(crate) fn histogram(chart: &NumericChart, title: &str, description: &str) -> Markup {
    let frame = Frame::of(chart);
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        svg.chart viewBox=(view_box) role="img" {
            title { (title) }
            desc { (description) }
            (share_lines(&frame))
            @if let Some(shares) = &chart.shares.baseline {
                path.base d=(bars(&frame, shares)) {}
            }
            @if let Some(shares) = &chart.shares.current {
                @if chart.shares.baseline.is_some() {
                    path.now d=(outline(&frame, shares)) {}
                } @else {
                    path.only d=(bars(&frame, shares)) {}
                }
            }
            path.axis d={ "M" (LEFT) " " (BOTTOM) "H" (RIGHT) } {}
            (bin_labels(&frame, &chart.scale))
        }
    }
}

/// Where bins and shares lie in the picture.
struct Frame {
    /// Left edges of all bins, then the right edge of the last.
    left: Vec<f64>,
    width: f64,
    axis: (f64, f64),
}

impl Frame {
    fn of(chart: &NumericChart) -> Self {
        let bins = chart.bins();
        let low = f64::from(u8::from(chart.scale.open_low));
        let high = f64::from(u8::from(chart.scale.open_high));
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are fewer than a hundred bins"
        )]
        let full = (RIGHT - LEFT - BREAK * (low + high)) / bins.max(1) as f64;
        // A single bar as wide as the picture looks like a wall.
        let width = full.min(56.0);
        let mut left = Vec::with_capacity(bins);
        let mut x = LEFT
            + if full > width {
                (RIGHT - LEFT - width * count(bins)) / 2.0
            } else {
                0.0
            };
        for bin in 0..bins {
            let after_open_low = chart.scale.open_low && bin == 1;
            let before_open_high = chart.scale.open_high && bin + 1 == bins;
            if after_open_low || before_open_high {
                x += BREAK;
            }
            left.push(x);
            x += width;
        }
        Self {
            left,
            width,
            axis: share_axis(chart.largest()),
        }
    }

    fn y(&self, share: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * share / self.axis.0
    }

    /// A bin with few rows must not look like an empty one.
    fn visible_y(&self, share: f64) -> f64 {
        if share > 0.0 {
            self.y(share).min(BOTTOM - 0.8)
        } else {
            BOTTOM
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are fewer than a hundred bins"
)]
fn count(bins: usize) -> f64 {
    bins as f64
}

fn share_lines(frame: &Frame) -> Markup {
    let (end, step) = frame.axis;
    let mut lines = Vec::new();
    let mut share = step;
    while share <= end + step / 2.0 {
        lines.push(share);
        share += step;
    }
    html! {
        @for share in lines {
            @let y = coordinate(frame.y(share));
            path.grid d={ "M" (LEFT) " " (y) "H" (RIGHT) } {}
            text.tick.end x=(LEFT - 6.0) y=(y) dy=".32em" { (number::percent(share)) }
        }
        text.tick.end x=(LEFT - 6.0) y=(BOTTOM) dy=".32em" { "0" }
    }
}

fn bars(frame: &Frame, shares: &Shares) -> String {
    let mut path = String::new();
    for (x, share) in frame.left.iter().zip(shares) {
        if *share > 0.0 {
            let (x, y) = (coordinate(x + 0.5), coordinate(frame.visible_y(*share)));
            let width = coordinate(frame.width - 1.0);
            let _ = write!(path, "M{x} {BOTTOM}V{y}h{width}V{BOTTOM}z");
        }
    }
    path
}

fn outline(frame: &Frame, shares: &Shares) -> String {
    let mut path = String::new();
    let mut right_of_last = f64::NEG_INFINITY;
    for (x, share) in frame.left.iter().zip(shares) {
        let y = coordinate(frame.visible_y(*share));
        let starts_anew = (x - right_of_last).abs() > 0.01;
        if starts_anew {
            if !path.is_empty() {
                let _ = write!(path, "V{BOTTOM}");
            }
            let _ = write!(path, "M{} {BOTTOM}", coordinate(*x));
        }
        right_of_last = x + frame.width;
        let _ = write!(path, "V{y}H{}", coordinate(right_of_last));
    }
    if !path.is_empty() {
        let _ = write!(path, "V{BOTTOM}");
    }
    path
}

fn bin_labels(frame: &Frame, scale: &Scale) -> Markup {
    let offset = usize::from(scale.open_low);
    let middle = match scale.kind {
        ScaleKind::Integers | ScaleKind::OneValue => frame.width / 2.0,
        ScaleKind::Ranges => 0.0,
    };
    // The arrow of an open bin stands where the last edge's label would.
    let edges = match scale.kind {
        ScaleKind::Ranges if !scale.open_high => scale.closed() + 1,
        ScaleKind::Integers | ScaleKind::OneValue | ScaleKind::Ranges => scale.closed(),
    };
    let widest = (0..edges)
        .map(|index| scale.edge_label(index).chars().count())
        .max()
        .unwrap_or(1);
    // 6.5 units a character, and a gap.
    let room = (RIGHT - LEFT) / (6.5 * count(widest) + 14.0);
    let most = (2..=MOST_LABELS)
        .rev()
        .find(|most| count(*most) <= room)
        .unwrap_or(1);
    let every = label_distance(edges, most);
    let shown = (0..edges).filter(|index| label_phase(scale, *index, every));
    html! {
        @for index in shown {
            @let bin = index + offset;
            @let x = match frame.left.get(bin) {
                Some(x) if index < scale.closed() => x + middle,
                _ => frame.left[scale.closed() - 1 + offset] + frame.width,
            };
            path.axis d={ "M" (coordinate(x)) " " (BOTTOM) "v4" } {}
            text.tick.mid x=(coordinate(x)) y=(BOTTOM + 17.0) { (scale.edge_label(index)) }
        }
        @if scale.open_low {
            text.tick.mid x=(coordinate(frame.left[0] + frame.width / 2.0)) y=(BOTTOM + 17.0) { "◂" }
        }
        @if scale.open_high {
            @let x = frame.left[frame.left.len() - 1] + frame.width / 2.0;
            text.tick.mid x=(coordinate(x)) y=(BOTTOM + 17.0) { "▸" }
        }
    }
}

/// Every how many edges a label stands: 1, 2, 5, 10 …
fn label_distance(edges: usize, most: usize) -> usize {
    [1, 2, 4, 5, 10, 20, 50]
        .into_iter()
        .find(|every| edges.div_ceil(*every) <= most)
        .unwrap_or(edges.max(1))
}

/// Labels stand at multiples of `every` steps, so that they read 0, 10, 20 and not 7, 17, 27.
#[expect(
    clippy::cast_precision_loss,
    reason = "there are fewer than a hundred bins"
)]
fn label_phase(scale: &Scale, index: usize, every: usize) -> bool {
    let steps = match scale.kind {
        ScaleKind::OneValue => return true,
        ScaleKind::Integers => scale.edge(index),
        ScaleKind::Ranges => (scale.edge(index) / scale.step).round(),
    };
    if steps.is_finite() && steps.abs() < 1e15 {
        steps.rem_euclid(every as f64) < 0.5
    } else {
        index.is_multiple_of(every)
    }
}
