//! The largest difference between two samples: of their distribution functions (the
//! two-sample Kolmogorov-Smirnov statistic), or of the shares of one category (L-infinity).

use super::sample::{CategoricalSample, NumericSample};

/// Where two samples are farthest apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap<P> {
    pub place: P,
    /// Rows at or below a value, or of a category.
    pub baseline_rows: u64,
    pub current_rows: u64,
    pub n_baseline: u64,
    pub n_current: u64,
}

/// The place is the smallest value at which the distribution functions differ most.
pub type NumericGap = Gap<f64>;

/// The place is the category whose share moved most, the first by name among equals.
pub type CategoryGap = Gap<String>;

impl<P> Gap<P> {
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
    let mut search = Search::new(baseline.n(), current.n())?;
    baseline.walk(current, |value, a, b| search.offer(value, a, b));
    search.largest
}

/// max over categories of |p − q|. `None` when either sample is empty.
pub fn largest_category_gap(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
) -> Option<CategoryGap> {
    let mut search = Search::new(baseline.n(), current.n())?;
    for (category, a, b) in baseline.paired(current) {
        search.offer(category, a, b);
    }
    search.largest.map(|gap| Gap {
        place: gap.place.to_owned(),
        baseline_rows: gap.baseline_rows,
        current_rows: gap.current_rows,
        n_baseline: gap.n_baseline,
        n_current: gap.n_current,
    })
}

/// Keeps the first of the largest gaps.
struct Search<P> {
    n_baseline: u64,
    n_current: u64,
    size: f64,
    largest: Option<Gap<P>>,
}

impl<P> Search<P> {
    fn new(n_baseline: u64, n_current: u64) -> Option<Self> {
        (n_baseline > 0 && n_current > 0).then_some(Self {
            n_baseline,
            n_current,
            size: f64::NEG_INFINITY,
            largest: None,
        })
    }

    #[inline]
    fn offer(&mut self, place: P, baseline_rows: u64, current_rows: u64) {
        let gap = Gap {
            place,
            baseline_rows,
            current_rows,
            n_baseline: self.n_baseline,
            n_current: self.n_current,
        };
        let size = gap.size();
        if size > self.size {
            self.size = size;
            self.largest = Some(gap);
        }
    }
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
        assert_eq!(gap.map(|gap| (gap.place, gap.size())), expected);
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
        assert_eq!((gap.place.as_str(), gap.size()), ("c", 0.5));
    }

    #[test]
    fn the_first_of_equal_gaps_is_told() {
        check(&[0.0, 2.0], &[1.0, 3.0], Some((0.0, 0.5)));
        let baseline = CategoricalSample::from_counts([("b", 1), ("a", 1)]);
        let current = CategoricalSample::from_counts([("d", 1), ("c", 1)]);
        let gap = largest_category_gap(&baseline, &current).unwrap();
        assert_eq!((gap.place.as_str(), gap.size()), ("a", 0.5));
    }
}
