//! SVG charts whose colours, patterns and text sizes come from the page's style sheet, so that
//! one picture serves light, dark and print.
//!
//! A module of our own because the crates looked at bake such things in: `charts-rs` and
//! `plotters` write colours (and, the former, measured fonts) into the picture, `poloto` draws
//! whole plots without bars on given bins; none writes a description for screen readers.

mod axis;
mod bars;
mod categories;
mod confusion;
mod curve;
mod forest;
mod forest_rows;
mod gauge;
mod group_bars;
mod heat;
mod histogram;
mod importance;
mod label;
mod line;
mod partial;
mod plot;
mod scale;
mod scatter;
mod share_mark;
mod slope;
mod spark;
mod standalone;
mod swarm;
mod waterfall;

pub use axis::Axis;
pub(crate) use bars::{Bar, bars_chart, bars_show_all};
pub(crate) use categories::{CategoryBar, CategoryChart, category_chart};
pub(crate) use confusion::{ConfusionChart, confusion_chart};
pub(crate) use curve::{CurveChart, CurvePoint, Guide, curve_chart, score_bars};
pub(crate) use forest::{
    Estimate, ForestScale, Spacing, Weight, forest_axis, forest_mark, forest_move,
};
pub(crate) use forest_rows::{ForestRow, forest_rows};
pub(crate) use gauge::{Gauge, gauge, meter};
pub(crate) use group_bars::{BarGroup, Series, ShareBar, group_bars};
pub(crate) use heat::{HeatChart, heat_chart};
pub(crate) use histogram::{NumericChart, histogram};
pub(crate) use importance::{ImportanceBar, importance_chart};
pub(crate) use label::shortened;
pub(crate) use line::{LineChart, LineGuide, line_chart};
pub(crate) use partial::{PartialNames, PartialPoint, partial_chart, partial_rows};
pub(crate) use scatter::{PointValue, ScatterNames, ScatterPoint, scatter_chart};
pub(crate) use share_mark::{ShareMark, share_axis_labels, share_mark, share_move};
pub(crate) use slope::{SlopeLine, slope_chart};
pub(crate) use spark::spark;
pub(crate) use standalone::{Face, standalone};
pub(crate) use swarm::{SwarmBand, SwarmDot, swarm_chart};
pub(crate) use waterfall::{Waterfall, WaterfallStep, waterfall_chart};

/// One distribution alone, or the baseline's against the current one, on the same bins.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TwoSides<T> {
    pub(crate) baseline: Option<T>,
    pub(crate) current: Option<T>,
}

/// Shortest decimal text of a coordinate, to a tenth of a pixel.
pub(crate) fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The upper end of an axis that starts at 0, and the distance of its ticks.
pub(crate) fn share_axis(largest: f64) -> (f64, f64) {
    const STEPS: [f64; 9] = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5];
    let step = STEPS
        .into_iter()
        .find(|step| largest / step <= 3.2)
        .unwrap_or(0.5);
    // Shares are sums of many small ones: 1 may be 1.0000000002.
    (((largest / step) - 1e-9).ceil().max(1.0) * step, step)
}
