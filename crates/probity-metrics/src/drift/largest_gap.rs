//! The largest difference between two samples: of their distribution functions (the
//! two-sample Kolmogorov-Smirnov statistic), or of the shares of one category (L-infinity).

use super::sample::{CategoricalSample, NumericSample};

/// Where two distribution functions are farthest apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumericGap {
    /// The smallest value at which the difference is largest.
    pub value: f64,
    /// Rows at or below `value`.
    pub baseline_rows: u64,
    pub current_rows: u64,
    pub n_baseline: u64,
    pub n_current: u64,
}

impl NumericGap {
    pub fn baseline_share(&self) -> f64 {
        self.baseline_rows as f64 / self.n_baseline as f64
    }

    pub fn current_share(&self) -> f64 {
        self.current_rows as f64 / self.n_current as f64
    }

    pub fn size(&self) -> f64 {
        (self.baseline_share() - self.current_share()).abs()
    }
}

/// sup over x of |F(x) − G(x)|. `None` when either sample is empty.
pub fn largest_numeric_gap(
    baseline: &NumericSample,
    current: &NumericSample,
) -> Option<NumericGap> {
    let (n, m) = (baseline.n(), current.n());
    if n == 0 || m == 0 {
        return None;
    }
    let (per_n, per_m) = (1.0 / n as f64, 1.0 / m as f64);
    let (mut largest, mut at) = (-1.0_f64, (f64::NAN, 0, 0));
    baseline.walk(current, |value, a, b| {
        let gap = (a as f64 * per_n - b as f64 * per_m).abs();
        if gap > largest {
            largest = gap;
            at = (value, a, b);
        }
    });
    let (value, baseline_rows, current_rows) = at;
    Some(NumericGap {
        value,
        baseline_rows,
        current_rows,
        n_baseline: n,
        n_current: m,
    })
}

/// The category whose share moved most.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryGap {
    /// The first by name among equals.
    pub category: String,
    pub baseline_rows: u64,
    pub current_rows: u64,
    pub n_baseline: u64,
    pub n_current: u64,
}

impl CategoryGap {
    pub fn baseline_share(&self) -> f64 {
        self.baseline_rows as f64 / self.n_baseline as f64
    }

    pub fn current_share(&self) -> f64 {
        self.current_rows as f64 / self.n_current as f64
    }

    pub fn size(&self) -> f64 {
        (self.baseline_share() - self.current_share()).abs()
    }
}

/// max over categories of |p − q|. `None` when either sample is empty.
pub fn largest_category_gap(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
) -> Option<CategoryGap> {
    let (n, m) = (baseline.n(), current.n());
    if n == 0 || m == 0 {
        return None;
    }
    let mut largest: Option<(f64, &str, u64, u64)> = None;
    for (category, a, b) in baseline.paired(current) {
        let size = (a as f64 / n as f64 - b as f64 / m as f64).abs();
        if largest.is_none_or(|(best, ..)| size > best) {
            largest = Some((size, category, a, b));
        }
    }
    largest.map(|(_, category, baseline_rows, current_rows)| CategoryGap {
        category: category.to_owned(),
        baseline_rows,
        current_rows,
        n_baseline: n,
        n_current: m,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &[f64], current: &[f64], expected: Option<(f64, f64)>) {
        let gap = largest_numeric_gap(
            &NumericSample::from_values(baseline),
            &NumericSample::from_values(current),
        );
        assert_eq!(gap.map(|gap| (gap.value, gap.size())), expected);
    }

    #[test]
    fn samples_without_overlap_are_one_apart() {
        check(&[1.0, 2.0], &[3.0, 4.0, 5.0], Some((2.0, 1.0)));
    }

    #[test]
    fn equal_samples_are_zero_apart() {
        check(&[1.0, 1.0, 2.0], &[1.0, 1.0, 2.0], Some((1.0, 0.0)));
    }

    #[test]
    fn ties_are_taken_in_one_step() {
        // F jumps at 0 by 1/2 and G by 1/4; an order inside the tie would give more.
        check(&[0.0, 1.0], &[0.0, 1.0, 1.0, 1.0], Some((0.0, 0.25)));
    }

    #[test]
    fn nothing_is_no_distance_from_nothing() {
        check(&[], &[1.0], None);
        check(&[1.0], &[], None);
    }

    #[test]
    fn a_category_of_one_side_only_counts() {
        let baseline = CategoricalSample::from_counts([("a", 3), ("b", 1)]);
        let current = CategoricalSample::from_counts([("a", 1), ("c", 1)]);
        let gap = largest_category_gap(&baseline, &current).unwrap();
        assert_eq!((gap.category.as_str(), gap.size()), ("c", 0.5));
    }
}
