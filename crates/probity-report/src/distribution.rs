//! A numeric distribution as a sketch keeps it: sorted values with weights.
//!
//! An item of level `i` of a KLL sketch stands for `2^i` values (Karnin, Lang, Liberty 2016).

use probity_domain::document::statistics::NumericalStatistics;

/// Sorted by value; never empty.
#[derive(Clone, Debug)]
pub(crate) struct WeightedValues {
    values: Vec<f64>,
    /// Weight of the values up to and including the one at the same place.
    cumulative: Vec<f64>,
}

impl WeightedValues {
    /// `None` when the statistics hold no sketch, or one without finite items.
    pub(crate) fn of(statistics: &NumericalStatistics) -> Option<Self> {
        let levels = &statistics.distribution.as_ref()?.kll.sketch.data;
        let mut items = Vec::with_capacity(levels.iter().map(Vec::len).sum());
        let mut weight = 1.0_f64;
        for level in levels {
            let finite = level.iter().filter(|value| value.is_finite());
            items.extend(finite.map(|value| (*value, weight)));
            weight *= 2.0;
        }
        if items.is_empty() {
            return None;
        }
        // Stable, because it makes use of runs: upper levels of a sketch are sorted already.
        items.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(Self::of_sorted(&items))
    }

    fn of_sorted(items: &[(f64, f64)]) -> Self {
        let mut total = 0.0;
        let running = |(_, weight): &(f64, f64)| {
            total += weight;
            total
        };
        Self {
            values: items.iter().map(|item| item.0).collect(),
            cumulative: items.iter().map(running).collect(),
        }
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn total(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    /// Weight of the first `count` values.
    pub(crate) fn weight_of_first(&self, count: usize) -> f64 {
        if count == 0 {
            0.0
        } else {
            self.cumulative[count - 1]
        }
    }

    pub(crate) fn min(&self) -> f64 {
        self.values.first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn max(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }

    /// The smallest value whose cumulative weight reaches `p` of the total.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let target = p * self.total();
        let position = self.cumulative.partition_point(|weight| *weight < target);
        self.values
            .get(position)
            .copied()
            .unwrap_or_else(|| self.max())
    }

    /// Largest difference of the two cumulative distributions (Kolmogorov-Smirnov distance).
    pub(crate) fn distance(&self, other: &Self) -> f64 {
        let (mut ours, mut theirs) = (0, 0);
        let mut largest = 0.0_f64;
        while ours < self.values.len() && theirs < other.values.len() {
            let value = self.values[ours].min(other.values[theirs]);
            while ours < self.values.len() && self.values[ours] <= value {
                ours += 1;
            }
            while theirs < other.values.len() && other.values[theirs] <= value {
                theirs += 1;
            }
            let our_share = self.weight_of_first(ours) / self.total();
            let their_share = other.weight_of_first(theirs) / other.total();
            largest = largest.max((our_share - their_share).abs());
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::WeightedValues;

    fn values(items: &[(f64, f64)]) -> WeightedValues {
        WeightedValues::of_sorted(items)
    }

    #[track_caller]
    fn check(actual: f64, expected: f64) {
        assert!(
            (actual - expected).abs() < 1e-15,
            "{actual} is not {expected}"
        );
    }

    #[test]
    fn a_quantile_counts_weights_not_items() {
        let sample = values(&[(1.0, 1.0), (2.0, 6.0), (3.0, 1.0)]);
        check(sample.quantile(0.5), 2.0);
        check(sample.quantile(0.125), 1.0);
        check(sample.quantile(1.0), 3.0);
    }

    #[test]
    fn distance_of_separate_samples_is_one() {
        let low = values(&[(1.0, 1.0), (2.0, 1.0)]);
        let high = values(&[(3.0, 4.0)]);
        check(low.distance(&high), 1.0);
    }

    #[test]
    fn distance_of_a_sample_to_itself_is_zero() {
        let sample = values(&[(1.0, 3.0), (1.0, 1.0), (5.0, 2.0)]);
        check(sample.distance(&sample), 0.0);
    }

    #[test]
    fn ties_are_compared_after_the_whole_tie() {
        // F1(1) = 1/2, F2(1) = 3/4: 0.25 at the only common step.
        let first = values(&[(1.0, 1.0), (2.0, 1.0)]);
        let second = values(&[(1.0, 3.0), (2.0, 1.0)]);
        check(first.distance(&second), 0.25);
    }
}
