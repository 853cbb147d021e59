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
const LABEL_GAP: f64 = 14.0;
const LABEL_Y: f64 = BOTTOM + 17.0;

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

    /// For a table in the order of the bins: where the bin begins.
    pub(crate) fn start_label(&self, bin: usize) -> String {
        self.scale.start_label(bin)
    }

    /// What [`Self::start_label`] says.
    pub(crate) fn start_heading(&self) -> &'static str {
        match self.scale.kind {
            ScaleKind::Integers | ScaleKind::OneValue => "Value",
            ScaleKind::Ranges => "From, up to the next",
        }
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
        // Tenths, so that the rounded widths of a path of relative steps add up.
        let width = (full.min(56.0) * 10.0).floor() / 10.0;
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
    let grid: String = lines
        .iter()
        .map(|share| format!("M{LEFT} {}H{RIGHT}", coordinate(frame.y(*share))))
        .collect();
    html! {
        path.grid d=(grid) {}
        @for share in lines {
            @let y = coordinate(frame.y(share));
            text.tick.end x=(LEFT - 6.0) y=(y) dy=".32em" { (number::percent(share)) }
        }
        text.tick.end x=(LEFT - 6.0) y=(BOTTOM) dy=".32em" { "0" }
    }
}

fn bars(frame: &Frame, shares: &Shares) -> String {
    let mut path = String::new();
    let width = coordinate(frame.width - 1.0);
    let mut right_of_last = f64::NEG_INFINITY;
    for (x, share) in frame.left.iter().zip(shares) {
        if *share > 0.0 {
            if (x - right_of_last).abs() < 0.01 {
                path.push_str("m1 0");
            } else {
                let _ = write!(path, "M{} {BOTTOM}", coordinate(x + 0.5));
            }
            let y = coordinate(frame.visible_y(*share));
            let _ = write!(path, "V{y}h{width}V{BOTTOM}");
            right_of_last = x + frame.width;
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
        let _ = write!(path, "V{y}h{}", coordinate(frame.width));
    }
    if !path.is_empty() {
        let _ = write!(path, "V{BOTTOM}");
    }
    path
}

fn bin_labels(frame: &Frame, scale: &Scale) -> Markup {
    let edges = match scale.kind {
        ScaleKind::Ranges => scale.closed() + 1,
        ScaleKind::Integers | ScaleKind::OneValue => scale.closed(),
    };
    let widest = (0..edges)
        .map(|index| text_width(&scale.edge_label(index)))
        .fold(0.0, f64::max);
    let room = (RIGHT - LEFT) / (widest + LABEL_GAP);
    let most = (2..=MOST_LABELS)
        .rev()
        .find(|most| count(*most) <= room)
        .unwrap_or(1);
    let every = label_distance(edges, most);
    let low = scale.open_low.then(|| format!("<{}", scale.edge_label(0)));
    let high = scale
        .open_high
        .then(|| format!("≥{}", scale.edge_label(scale.closed())));
    // The labels of the open bins stand at the ends; others keep clear of them.
    let start = low
        .as_deref()
        .map_or(0.0, |low| LEFT + text_width(low) + LABEL_GAP / 2.0);
    let end = high
        .as_deref()
        .map_or(WIDTH, |high| RIGHT - text_width(high) - LABEL_GAP / 2.0);
    let shown: Vec<(String, String)> = (0..edges)
        .filter(|index| label_phase(scale, *index, every))
        .filter_map(|index| {
            let (x, label) = (edge_x(frame, scale, index), scale.edge_label(index));
            let half = text_width(&label) / 2.0;
            (x - half >= start && x + half <= end).then_some((coordinate(x), label))
        })
        .collect();
    let ticks: String = shown
        .iter()
        .map(|(x, _)| format!("M{x} {BOTTOM}v4"))
        .collect();
    html! {
        path.axis d=(ticks) {}
        @for (x, label) in shown {
            text.tick.mid x=(x) y=(LABEL_Y) { (label) }
        }
        @if let Some(low) = low { text.tick.start x=(LEFT) y=(LABEL_Y) { (low) } }
        @if let Some(high) = high { text.tick.end x=(RIGHT) y=(LABEL_Y) { (high) } }
    }
}

/// Where the label of an edge (or of the bar of an integer) stands.
fn edge_x(frame: &Frame, scale: &Scale, index: usize) -> f64 {
    let offset = usize::from(scale.open_low);
    let middle = match scale.kind {
        ScaleKind::Integers | ScaleKind::OneValue => frame.width / 2.0,
        ScaleKind::Ranges => 0.0,
    };
    match frame.left.get(index + offset) {
        Some(x) if index < scale.closed() => x + middle,
        Some(_) | None => frame.left[scale.closed() - 1 + offset] + frame.width,
    }
}

/// Of a tick label at 11 units; superscripts are narrower, which only leaves more room.
fn text_width(text: &str) -> f64 {
    6.5 * count(text.chars().count())
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
