//! The common bins of one or two numeric distributions, on edges that people can read.
//!
//! Bin `i` holds `edge(i) ≤ value < edge(i + 1)`. Far tails are collected in open bins at the
//! ends, so that one outlier does not squash the picture.

use crate::distribution::WeightedValues;
use crate::number;

/// About so many bins; the step is then rounded up to 1, 2 or 5 × 10ⁿ.
const TARGET_BINS: f64 = 36.0;
/// Integers up to this span get a bar each.
const WIDEST_INTEGER_SPAN: f64 = 24.0;
/// The part of the rows that an open bin may collect on each side.
const TAIL: f64 = 0.005;
/// Tails are cut off when the whole range is more than so many times the range without them.
const LONG_TAIL: f64 = 1.6;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) kind: ScaleKind,
    /// Index of the first closed bin's lower edge, in steps.
    first: f64,
    pub(crate) step: f64,
    closed: usize,
    pub(crate) open_low: bool,
    pub(crate) open_high: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaleKind {
    /// One bar per value: bins are labelled at their middle.
    Integers,
    /// Bins are labelled at their edges.
    Ranges,
    /// All values are (nearly) the same.
    OneValue,
}

/// Shares of the rows per bin, open bins included.
pub(crate) type Shares = Vec<f64>;

impl Scale {
    pub(crate) fn common(samples: &[&WeightedValues]) -> Option<Self> {
        let low = samples.iter().map(|sample| sample.min()).reduce(f64::min)?;
        let high = samples.iter().map(|sample| sample.max()).reduce(f64::max)?;
        // Halves first: the whole span of ±1e308 is not a number.
        let half_span = high / 2.0 - low / 2.0;
        let size = low.abs().max(high.abs());
        if half_span <= size * 1e-13 || half_span < f64::MIN_POSITIVE {
            return Some(Self::one_value(low));
        }
        let all_integers = size < 1e15
            && samples
                .iter()
                .flat_map(|sample| sample.values())
                .all(|value| value.fract() == 0.0);
        if all_integers && high - low <= WIDEST_INTEGER_SPAN {
            return Some(Self::integers(low, high));
        }
        let near = samples
            .iter()
            .map(|sample| sample.quantile(TAIL))
            .reduce(f64::min)?;
        let far = samples
            .iter()
            .map(|sample| sample.quantile(1.0 - TAIL))
            .reduce(f64::max)?;
        let near_half_span = far / 2.0 - near / 2.0;
        let trim = near_half_span > size * 1e-13 && half_span > LONG_TAIL * near_half_span;
        let (start, end) = if trim { (near, far) } else { (low, high) };
        let finest_step = if all_integers { 1.0 } else { 0.0 };
        let mut scale = Self::ranges(start, end, finest_step);
        scale.open_low = steps_below(low, scale.step) < scale.first;
        scale.open_high = whole(steps_below(high, scale.step) - scale.first) >= scale.closed;
        Some(scale)
    }

    fn one_value(value: f64) -> Self {
        Self {
            kind: ScaleKind::OneValue,
            first: value,
            step: 1.0,
            closed: 1,
            open_low: false,
            open_high: false,
        }
    }

    fn integers(low: f64, high: f64) -> Self {
        let closed = whole(high - low) + 1;
        Self {
            kind: ScaleKind::Integers,
            first: low,
            step: 1.0,
            closed,
            open_low: false,
            open_high: false,
        }
    }

    fn ranges(low: f64, high: f64, finest_step: f64) -> Self {
        let step = round_up((high / 2.0 - low / 2.0) / (TARGET_BINS / 2.0)).max(finest_step);
        let first = steps_below(low, step);
        let closed = whole(steps_below(high, step) - first) + 1;
        Self {
            kind: ScaleKind::Ranges,
            first,
            step,
            closed,
            open_low: false,
            open_high: false,
        }
    }

    pub(crate) fn closed(&self) -> usize {
        self.closed
    }

    /// Lower edge of closed bin `index`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer than a hundred bins"
    )]
    pub(crate) fn edge(&self, index: usize) -> f64 {
        match self.kind {
            ScaleKind::Integers | ScaleKind::OneValue => self.first + index as f64,
            ScaleKind::Ranges => (self.first + index as f64) * self.step,
        }
    }

    /// Shares of `sample` in the bins: the open low bin (if any), the closed ones, the open high one.
    pub(crate) fn shares(&self, sample: &WeightedValues) -> Shares {
        let offset = usize::from(self.open_low);
        let bins = self.closed + offset + usize::from(self.open_high);
        let mut shares = Vec::with_capacity(bins);
        let mut start = 0;
        for bin in 0..bins {
            // The values are sorted, so a bin is a run of them; the last bin takes what is left.
            let end = if bin + 1 == bins {
                sample.values().len()
            } else {
                sample
                    .values()
                    .partition_point(|value| self.bin(*value) <= bin)
            };
            let weight = sample.weight_of_first(end) - sample.weight_of_first(start);
            shares.push(weight / sample.total());
            start = end;
        }
        shares
    }

    fn bin(&self, value: f64) -> usize {
        let position = match self.kind {
            ScaleKind::OneValue => 0.0,
            ScaleKind::Integers => value - self.first,
            ScaleKind::Ranges => steps_below(value, self.step) - self.first,
        };
        if position < 0.0 {
            0
        } else {
            whole(position) + usize::from(self.open_low)
        }
    }

    /// What the bin of `shares` is called, e.g. `20 to 22`.
    pub(crate) fn label(&self, bin: usize) -> String {
        let offset = usize::from(self.open_low);
        if self.open_low && bin == 0 {
            return format!("below {}", self.edge_label(0));
        }
        let index = bin - offset;
        if index >= self.closed {
            return format!("{} and more", self.edge_label(self.closed));
        }
        match self.kind {
            ScaleKind::Integers => self.edge_label(index),
            ScaleKind::OneValue => number::short(self.first),
            ScaleKind::Ranges => format!(
                "{} to {}",
                self.edge_label(index),
                self.edge_label(index + 1)
            ),
        }
    }

    /// Where the bin of `shares` begins; its label where it has no beginning or no end.
    pub(crate) fn start_label(&self, bin: usize) -> String {
        let is_open_low = self.open_low && bin == 0;
        let index = bin.saturating_sub(usize::from(self.open_low));
        if is_open_low || index >= self.closed {
            self.label(bin)
        } else {
            self.edge_label(index)
        }
    }

    pub(crate) fn edge_label(&self, index: usize) -> String {
        match self.kind {
            ScaleKind::OneValue => number::short(self.first),
            ScaleKind::Integers | ScaleKind::Ranges => number::on_axis(self.edge(index), self.step),
        }
    }
}

/// Whole steps below `value`. A value that is an edge but for rounding (0.3 / 0.1 is
/// 2.9999999999999996) belongs above it, as its label says.
fn steps_below(value: f64, step: f64) -> f64 {
    let steps = value / step;
    let nearest = steps.round();
    if (steps - nearest).abs() < 1e-9 {
        nearest
    } else {
        steps.floor()
    }
}

/// The next of 1, 2 or 5 × 10ⁿ.
fn round_up(raw: f64) -> f64 {
    let power = 10.0_f64.powi(number::exponent(raw));
    if !power.is_normal() {
        return raw;
    }
    let factor = raw / power;
    let nice = if factor <= 1.0 {
        1.0
    } else if factor <= 2.0 {
        2.0
    } else if factor <= 5.0 {
        5.0
    } else {
        10.0
    };
    nice * power
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass differences of bin numbers; `as` saturates and turns NaN into 0"
)]
fn whole(value: f64) -> usize {
    // A scale never has more bins than this; positions beyond go to the last bin.
    value.clamp(0.0, 100_000.0) as usize
}

#[cfg(test)]
mod tests {
    use probity_domain::document::statistics::{
        CommonStatistics, KllDistribution, KllParameters, KllSketchDocument, NumericalDistribution,
        NumericalStatistics,
    };

    use super::{Scale, ScaleKind};
    use crate::distribution::WeightedValues;

    fn sample(values: &[f64]) -> WeightedValues {
        let sketch = KllSketchDocument {
            parameters: KllParameters { c: 0.64, k: 2048.0 },
            data: vec![values.to_vec()],
        };
        let kll = KllDistribution {
            buckets: Vec::new(),
            sketch,
        };
        WeightedValues::of(&NumericalStatistics {
            common: CommonStatistics {
                num_present: 0,
                num_missing: 0,
            },
            mean: 0.0,
            sum: 0.0,
            std_dev: 0.0,
            min: 0.0,
            max: 0.0,
            distribution: Some(NumericalDistribution { kll }),
        })
        .unwrap()
    }

    #[track_caller]
    fn check(values: &[f64], kind: ScaleKind, labels: &[(usize, &str)]) {
        let sample = sample(values);
        let scale = Scale::common(&[&sample]).unwrap();
        assert_eq!(scale.kind, kind);
        let shares = scale.shares(&sample);
        assert!(shares.len() <= 40, "{} bins", shares.len());
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for (bin, label) in labels {
            assert_eq!(scale.label(*bin), *label);
        }
    }

    #[test]
    fn few_integers_get_a_bar_each() {
        check(
            &[0.0, 1.0, 1.0, 4.0],
            ScaleKind::Integers,
            &[(0, "0"), (4, "4")],
        );
    }

    #[test]
    fn fractions_get_bins_with_round_edges() {
        check(
            &[0.0, 0.33, 2.1],
            ScaleKind::Ranges,
            &[(0, "0 to 0.1"), (21, "2.1 to 2.2")],
        );
    }

    #[test]
    fn an_edge_belongs_to_the_bin_that_it_opens() {
        let sample = sample(&[0.0, 0.3, 0.3, 3.1]);
        let scale = Scale::common(&[&sample]).unwrap();
        let shares = scale.shares(&sample);
        assert_eq!(scale.label(3), "0.3 to 0.4");
        assert!((shares[3] - 0.5).abs() < 1e-12, "{shares:?}");
    }

    #[test]
    fn one_value_is_one_bar() {
        check(&[7.5, 7.5], ScaleKind::OneValue, &[(0, "7.5")]);
    }

    #[test]
    fn the_widest_range_of_all_still_has_bins() {
        check(&[f64::MIN, 0.0, f64::MAX], ScaleKind::Ranges, &[]);
        check(
            &[1e300, 1.5e300],
            ScaleKind::Ranges,
            &[(0, "1×10³⁰⁰ to 1.02×10³⁰⁰")],
        );
        check(&[0.0, 5e-324], ScaleKind::OneValue, &[]);
    }

    #[test]
    fn an_outlier_goes_to_an_open_bin() {
        let mut values: Vec<f64> = (0..1000).map(|i| f64::from(i) / 10.0).collect();
        values.push(1e9);
        check(
            &values,
            ScaleKind::Ranges,
            &[(0, "0 to 5"), (20, "100 and more")],
        );
    }
}
