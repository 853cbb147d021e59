//! The quantile sketch of SageMaker's files: a KLL sketch with Deequ's deterministic compactor.
//!
//! Karnin, Lang, Liberty, "Optimal Quantile Approximation in Streams" (2016), §4, for the
//! geometric capacities; capacities, order of compaction and the offset rule after Deequ
//! 2.0.2 (`QuantileNonSample`, `NonSampleCompactor`). No coin is flipped: the same values in
//! the same order give the same levels.

use std::cmp::Ordering;

use super::ReadState;
use super::kll_sort::{sort_block, sort_runs};
use super::state::{LARGEST_COUNT, StateReader, StateWriter};

/// Size parameter of SageMaker's sketches.
pub const DEFAULT_K: u32 = 2048;
/// Ratio of the capacities of two neighbouring levels in SageMaker's sketches.
pub const DEFAULT_C: f64 = 0.64;

/// Items of level `h` weigh `2^h`; more levels than this hold more rows than any table has.
const MOST_LEVELS: usize = 48;

/// `P(|error| > bound)` over all ranks at once, in [`KllSketch::rank_error`].
const ERROR_PROBABILITY: f64 = 0.01;

/// A quantile sketch. NaN and infinities may not be pushed; `-0.0` is kept as `0.0`.
#[derive(Clone, Debug, PartialEq)]
pub struct KllSketch {
    k: u32,
    c: f64,
    /// Level `h` in Deequ's internal order: level 0 in order of arrival, the others as
    /// concatenated sorted runs.
    levels: Vec<Vec<f64>>,
    /// Compactions of each level so far, modulo 4 (the period of the offset rule).
    compactions: Vec<u8>,
    n_items: usize,
    /// Sum of the capacities of the levels that exist.
    capacity: usize,
}

impl Default for KllSketch {
    fn default() -> Self {
        Self::new()
    }
}

impl KllSketch {
    pub(crate) fn heap_size_bytes(&self) -> usize {
        let items: usize = self.levels.iter().map(Vec::capacity).sum();
        self.levels.capacity() * size_of::<Vec<f64>>()
            + items * size_of::<f64>()
            + self.compactions.capacity()
    }

    pub fn new() -> Self {
        Self::with_parameters(DEFAULT_K, DEFAULT_C)
    }

    /// `c` is brought into `[0.01, 1]`, `k` to at least 1.
    pub fn with_parameters(k: u32, c: f64) -> Self {
        let mut sketch = Self {
            k: k.max(1),
            c: if c.is_nan() {
                DEFAULT_C
            } else {
                c.clamp(0.01, 1.0)
            },
            levels: Vec::new(),
            compactions: Vec::new(),
            n_items: 0,
            capacity: 0,
        };
        sketch.add_level();
        sketch
    }

    /// A sketch read from a `statistics.json`, which does not say how often a level was
    /// compacted: the offsets of later compactions start anew.
    pub fn from_levels(k: u32, c: f64, levels: &[Vec<f64>]) -> Result<Self, ReadState> {
        if levels.len() > MOST_LEVELS {
            return Err(ReadState::Damaged {
                what: "its sketch has too many levels",
            });
        }
        if levels.iter().flatten().any(|item| !item.is_finite()) {
            return Err(ReadState::Damaged {
                what: "an item of its sketch is not finite",
            });
        }
        let mut sketch = Self::with_parameters(k, c);
        for (height, items) in levels.iter().enumerate() {
            sketch.grow_to(height + 1);
            sketch.levels[height].extend(items.iter().map(|item| item + 0.0));
            sketch.n_items += items.len();
        }
        sketch.check_weight()?;
        Ok(sketch)
    }

    /// `k` and `c`.
    pub fn parameters(&self) -> (u32, f64) {
        (self.k, self.c)
    }

    /// Level by level in Deequ's internal order; an item of level `h` weighs `2^h`.
    pub fn levels(&self) -> &[Vec<f64>] {
        &self.levels
    }

    /// Values that the sketch stands for.
    pub fn count(&self) -> u64 {
        let weight = |(height, items): (usize, &Vec<f64>)| (items.len() as u64) << height;
        self.levels.iter().enumerate().map(weight).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.n_items == 0
    }

    pub fn push(&mut self, value: f64) {
        self.extend(&[value]);
    }

    /// Same as pushing one value after the other.
    pub fn extend(&mut self, values: &[f64]) {
        let mut rest = values;
        while !rest.is_empty() {
            // The item that exceeds the capacity triggers the compaction, and belongs to it.
            let room = (self.capacity + 1).saturating_sub(self.n_items).max(1);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.levels[0].extend(now.iter().map(|value| value + 0.0));
            self.n_items += now.len();
            if self.n_items > self.capacity {
                self.compact_first_full_level();
            }
            rest = later;
        }
    }

    /// Deequ's merge: append level by level, then compact while the sketch is full. Merging
    /// with an empty sketch changes nothing, where Deequ may compact.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        if self.is_empty() {
            self.clone_from(other);
            return;
        }
        self.grow_to(other.levels.len());
        for (ours, theirs) in self.levels.iter_mut().zip(&other.levels) {
            ours.extend_from_slice(theirs);
        }
        self.n_items += other.n_items;
        while self.n_items >= self.capacity {
            self.compact_first_full_level();
        }
    }

    /// Values at most `x`.
    pub fn rank(&self, x: f64) -> u64 {
        self.weight_where(|item| item <= x)
    }

    /// Values below `x`.
    pub fn rank_exclusive(&self, x: f64) -> u64 {
        self.weight_where(|item| item < x)
    }

    fn weight_where(&self, holds: impl Fn(f64) -> bool) -> u64 {
        let weight = |(height, items): (usize, &Vec<f64>)| {
            (items.iter().filter(|item| holds(**item)).count() as u64) << height
        };
        self.levels.iter().enumerate().map(weight).sum()
    }

    /// Distinct items in ascending order, each with the number of values at most it.
    pub fn cumulative(&self) -> Vec<(f64, u64)> {
        let mut items: Vec<(f64, u64)> = Vec::with_capacity(self.n_items);
        for (height, level) in self.levels.iter().enumerate() {
            items.extend(level.iter().map(|item| (*item, 1u64 << height)));
        }
        items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut cumulative: Vec<(f64, u64)> = Vec::with_capacity(items.len());
        let mut total = 0;
        for (item, weight) in items {
            total += weight;
            match cumulative.last_mut() {
                Some(last) if last.0.total_cmp(&item) == Ordering::Equal => last.1 = total,
                _ => cumulative.push((item, total)),
            }
        }
        cumulative
    }

    /// The smallest item with at least a share of `p` of the values at most it (the inverse
    /// of the distribution function; type 1 of Hyndman and Fan, 1996).
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.quantiles(&[p]).pop()
    }

    /// One value for each of `ps`; empty when the sketch is.
    pub fn quantiles(&self, ps: &[f64]) -> Vec<f64> {
        let cumulative = self.cumulative();
        let Some(&(_, total)) = cumulative.last() else {
            return Vec::new();
        };
        let at = |p: &f64| {
            let wanted = p * total as f64;
            let index = cumulative.partition_point(|(_, weight)| (*weight as f64) < wanted);
            cumulative[index.min(cumulative.len() - 1)].0
        };
        ps.iter().map(at).collect()
    }

    /// Counts of `n` equal-width buckets between `min` and `max`, by SageMaker's rule: edges
    /// `min + (max − min)·i/n`, upper edges exclusive but the last.
    pub fn buckets(&self, n: u32, min: f64, max: f64) -> Vec<Bucket> {
        let edge = |i: u32| bucket_edge(min, max, f64::from(i), f64::from(n));
        let bucket = |i: u32| {
            let (lower, upper) = (edge(i), edge(i + 1));
            let below_upper = if i + 1 == n {
                // The last edge can lie a rounding error below the largest value.
                self.count()
            } else {
                self.rank_exclusive(upper)
            };
            let count = below_upper.saturating_sub(self.rank_exclusive(lower));
            Bucket {
                lower,
                upper,
                count,
            }
        };
        (0..n).map(bucket).collect()
    }

    /// Largest error of a rank as a share of the values; 0 while every value is kept.
    ///
    /// One compaction of a level of weight `w` changes any rank by 0 or `w`, upwards at
    /// offset 0 and downwards at offset 1, so that the error is never more than `Σ m_h·2^h`
    /// over the `m_h` compactions of level `h`. Within one scan the offsets go 0, 1, 1, 0, …
    /// and halve that; every merged part begins anew at 0, and nothing is halved. For values
    /// in an order that does not depend on the offsets the errors are independent and cancel
    /// in pairs, and Hoeffding's inequality (the argument of Karnin, Lang and Liberty) gives
    /// `P(|error| > t) ≤ 2·exp(−2t² / Σ m_h 4^h)`; taken at 1 % over all quantiles of the
    /// sketch together. The smaller of the two is returned.
    pub fn rank_error(&self) -> f64 {
        let count = self.count();
        if count == 0 || self.levels.iter().skip(1).all(Vec::is_empty) {
            return 0.0;
        }
        let (mut certain, mut squares) = (0.0, 0.0);
        for (height, compactions) in self.most_compactions().into_iter().enumerate() {
            let weight = (1u64 << height) as f64;
            certain += compactions as f64 * weight;
            squares += compactions as f64 * weight * weight;
        }
        let ranks = 2.0 * self.n_items as f64;
        let likely = (squares * (ranks / ERROR_PROBABILITY).ln() / 2.0).sqrt();
        (certain.min(likely) / count as f64).min(1.0)
    }

    /// Upper bound on the compactions of each level. Every item above level `h` came out of
    /// it, `2^(j−h)` values of weight `2^h` for an item of level `j`, and a compaction takes
    /// at least the capacity.
    fn most_compactions(&self) -> Vec<u64> {
        let mut counts = vec![0; self.levels.len()];
        let mut above: u64 = 0;
        for height in (0..self.levels.len()).rev() {
            counts[height] = above.div_ceil(self.level_capacity(height) as u64);
            above = 2 * (above + self.levels[height].len() as u64);
        }
        counts
    }

    fn level_capacity(&self, height: usize) -> usize {
        let scale = (0..height).fold(1.0, |product, _| product * self.c);
        let half = (f64::from(self.k) * scale / 2.0).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half of a u32, rounded"
        )]
        let half = half as usize;
        2 * (half + 1)
    }

    fn grow_to(&mut self, n_levels: usize) {
        while self.levels.len() < n_levels {
            self.add_level();
        }
    }

    fn add_level(&mut self) {
        self.capacity += self.level_capacity(self.levels.len());
        self.levels.push(Vec::new());
        self.compactions.push(0);
    }

    /// Halves the lowest level that has reached its capacity. An odd last item stays.
    fn compact_first_full_level(&mut self) {
        let full = |height: &usize| self.levels[*height].len() >= self.level_capacity(*height);
        let Some(height) = (0..self.levels.len()).find(full) else {
            return;
        };
        self.grow_to(height + 2);
        // Deequ flips the offset before every second compaction: 0, 1, 1, 0, and again.
        let offset = usize::from(matches!(self.compactions[height], 1 | 2));
        self.compactions[height] = (self.compactions[height] + 1) % 4;

        let (lower, upper) = self.levels.split_at_mut(height + 1);
        let items = &mut lower[height];
        let even = items.len() - items.len() % 2;
        if height == 0 {
            sort_block(&mut items[..even]);
        } else {
            sort_runs(&mut items[..even]);
        }
        upper[0].extend(items[..even].iter().skip(offset).step_by(2));
        items.drain(..even);
        self.n_items -= even / 2;
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.u32(self.k);
        writer.f64(self.c);
        writer.u32(u32::try_from(self.levels.len()).unwrap_or(u32::MAX));
        for (items, compactions) in self.levels.iter().zip(&self.compactions) {
            writer.u8(*compactions);
            writer.u64(items.len() as u64);
            writer.f64_slice(items);
        }
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let (k, c) = (reader.u32()?, reader.f64()?);
        if k == 0 || k > 1 << 20 || !(0.01..=1.0).contains(&c) {
            return Err(ReadState::Damaged {
                what: "the parameters of its sketch are impossible",
            });
        }
        let n_levels = reader.u32()? as usize;
        if n_levels == 0 || n_levels > MOST_LEVELS {
            return Err(ReadState::Damaged {
                what: "its sketch has too many levels or none",
            });
        }
        let mut sketch = Self::with_parameters(k, c);
        sketch.grow_to(n_levels);
        for height in 0..n_levels {
            sketch.compactions[height] = reader.u8()? % 4;
            let length = usize::try_from(reader.u64()?).unwrap_or(usize::MAX);
            sketch.levels[height] = reader.finite_slice(length)?;
            sketch.n_items += length;
        }
        sketch.check_weight()?;
        Ok(sketch)
    }

    /// Fails when the levels stand for more values than any table has.
    fn check_weight(&self) -> Result<(), ReadState> {
        let weight = |(height, items): (usize, &Vec<f64>)| (items.len() as u128) << height;
        let total: u128 = self.levels.iter().enumerate().map(weight).sum();
        if total > u128::from(LARGEST_COUNT) {
            return Err(ReadState::Damaged {
                what: "its sketch holds more than any table",
            });
        }
        Ok(())
    }
}

/// `min + (max − min)·i/n`, in that order (it decides the last digit), unless the range
/// itself is not finite.
fn bucket_edge(min: f64, max: f64, i: f64, n: f64) -> f64 {
    let edge = min + (max - min) * i / n;
    if edge.is_finite() {
        edge
    } else {
        min * (1.0 - i / n) + max * (i / n)
    }
}

/// One bucket of [`KllSketch::buckets`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    pub lower: f64,
    pub upper: f64,
    pub count: u64,
}
