//! A numeric distribution as a sketch keeps it: sorted values with weights.
//!
//! An item of level `i` of a KLL sketch stands for `2^i` values (Karnin, Lang, Liberty 2016).

use probity_domain::document::statistics::NumericalStatistics;

/// Sorted by value; never empty.
#[derive(Clone, Debug)]
pub(crate) struct WeightedValues {
    items: Vec<(f64, f64)>,
    total: f64,
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
        let total = items.iter().map(|(_, weight)| weight).sum();
        Some(Self { items, total })
    }

    pub(crate) fn items(&self) -> &[(f64, f64)] {
        &self.items
    }

    pub(crate) fn total(&self) -> f64 {
        self.total
    }

    pub(crate) fn min(&self) -> f64 {
        self.items.first().map_or(f64::NAN, |item| item.0)
    }

    pub(crate) fn max(&self) -> f64 {
        self.items.last().map_or(f64::NAN, |item| item.0)
    }

    /// The smallest value whose cumulative weight reaches `p` of the total.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let target = p * self.total;
        let mut cumulative = 0.0;
        for (value, weight) in &self.items {
            cumulative += weight;
            if cumulative >= target {
                return *value;
            }
        }
        self.max()
    }

    /// Largest difference of the two cumulative distributions (Kolmogorov-Smirnov distance).
    pub(crate) fn distance(&self, other: &Self) -> f64 {
        let (mut ours, mut theirs) = (0, 0);
        let (mut our_weight, mut their_weight) = (0.0, 0.0);
        let mut largest = 0.0_f64;
        while ours < self.items.len() && theirs < other.items.len() {
            let value = self.items[ours].0.min(other.items[theirs].0);
            while ours < self.items.len() && self.items[ours].0 <= value {
                our_weight += self.items[ours].1;
                ours += 1;
            }
            while theirs < other.items.len() && other.items[theirs].0 <= value {
                their_weight += other.items[theirs].1;
                theirs += 1;
            }
            let difference = our_weight / self.total - their_weight / other.total;
            largest = largest.max(difference.abs());
        }
        largest
    }
}

#[cfg(test)]
mod tests {
    use super::WeightedValues;

    fn values(items: &[(f64, f64)]) -> WeightedValues {
        let total = items.iter().map(|item| item.1).sum();
        WeightedValues {
            items: items.to_vec(),
            total,
        }
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
