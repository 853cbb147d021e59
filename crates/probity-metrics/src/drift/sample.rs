//! What the drift statistics see of a column: sorted values with weights, or counted
//! categories. Nulls are no part of either; completeness is judged by its own check.

use std::collections::BTreeMap;

/// A weighted sample of a numeric column.
#[derive(Clone, Debug, PartialEq)]
pub struct NumericSample {
    /// Distinct, ascending.
    values: Vec<f64>,
    /// Rows at or below the value of the same position.
    cumulative: Vec<u64>,
    rank_error: f64,
}

impl NumericSample {
    /// From a KLL sketch, whose items of level `i` weigh 2^i. `rank_error` is the largest
    /// error of a rank as a fraction of `n`; 0 when the sketch holds every row.
    pub fn from_levels(levels: &[Vec<f64>], rank_error: f64) -> Self {
        let mut items = Vec::with_capacity(levels.iter().map(Vec::len).sum());
        for (level, values) in (0_u32..).zip(levels) {
            let weight = 1_u64.checked_shl(level).unwrap_or(0);
            items.extend(values.iter().map(|&value| (value, weight)));
        }
        Self::from_items(items, rank_error)
    }

    /// From every row of a column.
    pub fn from_values(values: &[f64]) -> Self {
        let items = values.iter().map(|&value| (value, 1)).collect();
        Self::from_items(items, 0.0)
    }

    /// From exact counts of distinct values, such as the category counts of a numeric
    /// column with few distinct values. Better than a sketch: no rank error.
    pub fn from_counts(counts: &[(f64, u64)]) -> Self {
        Self::from_items(counts.to_vec(), 0.0)
    }

    /// NaN is no value. The sort is stable: it makes use of the sorted runs of the upper levels of a sketch.
    fn from_items(mut items: Vec<(f64, u64)>, rank_error: f64) -> Self {
        items.retain(|&(value, weight)| !value.is_nan() && weight > 0);
        for item in &mut items {
            // -0.0 and 0.0 are one value, but apart in the total order.
            item.0 += 0.0;
        }
        items.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut values: Vec<f64> = Vec::with_capacity(items.len());
        let mut cumulative: Vec<u64> = Vec::with_capacity(items.len());
        let mut rows = 0_u64;
        for (value, weight) in items {
            rows += weight;
            match (values.last(), cumulative.last_mut()) {
                (Some(last), Some(cumulative)) if last.total_cmp(&value).is_eq() => {
                    *cumulative = rows;
                }
                _ => {
                    values.push(value);
                    cumulative.push(rows);
                }
            }
        }
        Self {
            values,
            cumulative,
            rank_error: rank_error.max(0.0),
        }
    }

    /// Rows, i.e. the sum of all weights.
    pub fn n(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    pub fn rank_error(&self) -> f64 {
        self.rank_error
    }

    /// Distinct values, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Rows at or below each of [`NumericSample::values`].
    pub fn cumulative(&self) -> &[u64] {
        &self.cumulative
    }

    /// Rows at or below `value`.
    pub fn rank(&self, value: f64) -> u64 {
        self.cumulative_before(self.values.partition_point(|&v| v <= value))
    }

    /// Rows below `value`.
    pub fn rank_exclusive(&self, value: f64) -> u64 {
        self.cumulative_before(self.values.partition_point(|&v| v < value))
    }

    fn cumulative_before(&self, position: usize) -> u64 {
        position
            .checked_sub(1)
            .map_or(0, |last| self.cumulative[last])
    }

    /// Calls `step` at each value of either sample, ascending, with the rows at or below it
    /// in `self` and in `other`.
    #[inline]
    pub(crate) fn walk(&self, other: &Self, mut step: impl FnMut(f64, u64, u64)) {
        let (mut i, mut j) = (0, 0);
        let (mut ours, mut theirs) = (0, 0);
        while i < self.values.len() || j < other.values.len() {
            let a = self.values.get(i).copied().unwrap_or(f64::INFINITY);
            let b = other.values.get(j).copied().unwrap_or(f64::INFINITY);
            let value = a.min(b);
            if i < self.values.len() && a <= value {
                ours = self.cumulative[i];
                i += 1;
            }
            if j < other.values.len() && b <= value {
                theirs = other.cumulative[j];
                j += 1;
            }
            step(value, ours, theirs);
        }
    }
}

/// Counted categories of a column; those with no row are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoricalSample {
    counts: BTreeMap<String, u64>,
    n: u64,
}

impl CategoricalSample {
    /// Counts of one category given twice add up.
    pub fn from_counts<S: Into<String>>(counts: impl IntoIterator<Item = (S, u64)>) -> Self {
        let mut sample = Self::default();
        for (category, count) in counts {
            if count > 0 {
                *sample.counts.entry(category.into()).or_default() += count;
                sample.n += count;
            }
        }
        sample
    }

    /// Rows, i.e. the sum of all counts.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// 0 for a category that was not seen.
    pub fn count(&self, category: &str) -> u64 {
        self.counts.get(category).copied().unwrap_or(0)
    }

    /// By name.
    pub fn categories(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(category, &count)| (category.as_str(), count))
    }

    /// Every category of either sample by name, with its count in both.
    pub(crate) fn paired<'a>(&'a self, other: &'a Self) -> Vec<(&'a str, u64, u64)> {
        let mut paired: Vec<_> = self
            .categories()
            .map(|(category, count)| (category, count, other.count(category)))
            .collect();
        let unseen = other
            .categories()
            .filter(|(category, _)| !self.counts.contains_key(*category));
        paired.extend(unseen.map(|(category, count)| (category, 0, count)));
        paired.sort_by_key(|&(category, _, _)| category);
        paired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sample: &NumericSample, expected: &[(f64, u64)]) {
        let found: Vec<_> = sample
            .values()
            .iter()
            .copied()
            .zip(sample.cumulative().iter().copied())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn items_of_a_level_weigh_a_power_of_two_and_equal_items_add_up() {
        let levels = [vec![3.0, 1.0], vec![1.0, 2.0], vec![3.0]];
        check(
            &NumericSample::from_levels(&levels, 0.1),
            &[(1.0, 3), (2.0, 5), (3.0, 10)],
        );
    }

    #[test]
    fn nan_is_no_value_and_both_zeros_are_one() {
        check(
            &NumericSample::from_values(&[0.0, f64::NAN, -0.0, -1.0]),
            &[(-1.0, 1), (0.0, 3)],
        );
    }

    #[test]
    fn walk_meets_each_value_once_with_both_ranks() {
        let ours = NumericSample::from_values(&[1.0, 2.0, 2.0, f64::INFINITY]);
        let theirs = NumericSample::from_values(&[0.0, 2.0]);
        let mut steps = Vec::new();
        ours.walk(&theirs, |value, a, b| steps.push((value, a, b)));
        assert_eq!(
            steps,
            [(0.0, 0, 1), (1.0, 1, 1), (2.0, 3, 2), (f64::INFINITY, 4, 2)]
        );
    }

    #[test]
    fn ranks_count_rows_at_or_below_and_below() {
        let sample = NumericSample::from_counts(&[(1.0, 4), (5.0, 6)]);
        assert_eq!(
            [sample.rank(0.0), sample.rank(1.0), sample.rank(9.0)],
            [0, 4, 10]
        );
        assert_eq!(
            [sample.rank_exclusive(1.0), sample.rank_exclusive(5.0)],
            [0, 4]
        );
    }

    #[test]
    fn paired_lists_the_categories_of_both_by_name() {
        let ours = CategoricalSample::from_counts([("b", 2), ("a", 1), ("z", 0)]);
        let theirs = CategoricalSample::from_counts([("a", 5), ("0", 7)]);
        assert_eq!(
            ours.paired(&theirs),
            [("0", 0, 7), ("a", 1, 5), ("b", 2, 0)]
        );
    }
}
