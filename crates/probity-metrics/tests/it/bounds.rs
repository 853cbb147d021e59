//! How far a summary may be from the rows that it has seen, and one merged from parts from
//! that of the whole, for the summaries whose merging is not exact.

use std::any::Any;
use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use probity_domain::document::probity_file::{DistinctFacts, FrequentValue};
use probity_metrics::summary::{
    ColumnProfile, ColumnSummary, KllSketch, MOST_CATEGORIES, Moments, NumericProfile, Summary,
    TextValue, ValueCounts, ValueProfile,
};

/// What is true of a column, found without any summary of more than one row.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The finite ones, sorted.
    numbers: Vec<f64>,
    counts: BTreeMap<String, u64>,
    n_present: u64,
}

impl Rows {
    pub(crate) fn of(array: &ArrayRef) -> Self {
        let mut numbers = finite_numbers(array);
        numbers.sort_unstable_by(f64::total_cmp);
        let mut counts = BTreeMap::new();
        for row in 0..array.len() {
            let mut one = ColumnSummary::default();
            one.update(&array.slice(row, 1)).unwrap();
            for value in one.profile().frequent {
                *counts.entry(value.value).or_default() += 1;
            }
        }
        Self {
            numbers,
            n_present: counts.values().sum(),
            counts,
        }
    }

    /// Holds `merged` and `whole`, both of these rows, to what their kind of summary promises;
    /// `false` when it is a kind of which nothing is known here.
    pub(crate) fn check<S: Summary>(&self, merged: &S, whole: &S) -> bool {
        let (merged, whole) = (merged as &dyn Any, whole as &dyn Any);
        let mut is_known = false;
        if let (Some(merged), Some(whole)) = both::<Moments>(merged, whole) {
            self.check_moments(merged.value(), whole.value());
            is_known = true;
        }
        if let (Some(merged), Some(whole)) = both::<KllSketch>(merged, whole) {
            self.check_sketch(merged);
            self.check_sketch(whole);
            is_known = true;
        }
        if let (Some(merged), Some(whole)) = both::<ValueCounts>(merged, whole) {
            self.check_values(&merged.value(), &whole.value());
            is_known = true;
        }
        if let (Some(merged), Some(whole)) = both::<ColumnSummary>(merged, whole) {
            self.check_column(merged, whole);
            is_known = true;
        }
        is_known
    }

    fn check_moments(&self, merged: Option<NumericProfile>, whole: Option<NumericProfile>) {
        let (Some(merged), Some(whole)) = (merged, whole) else {
            return assert_eq!(merged, whole);
        };
        let exact = |found: &NumericProfile| (found.n_finite, found.min, found.max);
        let ends = (self.numbers.first().copied(), self.numbers.last().copied());
        assert_eq!(exact(&merged), exact(&whole));
        assert_eq!(merged.n_finite, self.numbers.len() as u64);
        assert_eq!((Some(merged.min), Some(merged.max)), ends);

        let unit = f64::EPSILON;
        let n = self.numbers.len() as f64;
        let total: f64 = self.numbers.iter().map(|number| number.abs()).sum();
        let largest = merged.min.abs().max(merged.max.abs());
        // A compensated sum is exact to two units in the last place and n²·u²·Σ|x|; here are
        // two of them. A mean divides that by n, which rounds once more.
        let second_order = 2.0 * n * n * unit * unit * total;
        let of_sum = 4.0 * unit * whole.sum.abs() + second_order;
        let of_mean = 6.0 * unit * whole.mean.abs() + second_order / n;
        // Σ(x − mean)² is off by one rounding per merge, at most n of them, and by those of
        // its own additions, below 600 in a block of 512: (n + 600)·u of it. Every merge also
        // sees two means, each off by 4·u of the largest value at most; a shift of the mean by
        // δ moves the spread by δ at most, since √(σ² + 2δσ + δ²) = σ + δ.
        let of_spread = 2.0 * ((n + 600.0) * unit * whole.std_dev + 8.0 * unit * largest);
        check_close("sum", (merged.sum, whole.sum), of_sum);
        check_close("mean", (merged.mean, whole.mean), of_mean);
        check_close("spread", (merged.std_dev, whole.std_dev), of_spread);
    }

    /// Every rank is within the error that the sketch states.
    fn check_sketch(&self, sketch: &KllSketch) {
        assert_eq!(sketch.count(), self.numbers.len() as u64);
        let cumulative = sketch.cumulative();
        // The error was divided by the count that it is multiplied with: two roundings.
        let allowed = sketch.rank_error() * self.numbers.len() as f64 * (1.0 + f64::EPSILON);
        for &number in &self.numbers {
            let rank = self.numbers.partition_point(|other| *other <= number) as u64;
            let n_below = cumulative.partition_point(|(item, _)| *item <= number);
            let found = n_below.checked_sub(1).map_or(0, |last| cumulative[last].1);
            assert!(
                found.abs_diff(rank) as f64 <= allowed,
                "rank of {number}: {found}, not {rank} ± {allowed}"
            );
        }
    }

    fn check_values(&self, merged: &ValueProfile, whole: &ValueProfile) {
        assert_eq!(merged.distinct, whole.distinct);
        assert_eq!(merged.categories, whole.categories);
        self.check_distinct(merged.distinct);
        self.check_categories(merged.categories.as_deref());
        self.check_frequent(&merged.frequent);
        self.check_frequent(&whole.frequent);
    }

    /// Five standard errors: beyond them in one column of two million.
    fn check_distinct(&self, found: DistinctFacts) {
        let expected = self.counts.len() as f64;
        let allowed = 5.0 * found.relative_standard_error * expected;
        check_close("distinct", (found.estimate, expected), allowed);
    }

    fn check_categories(&self, found: Option<&[(String, u64)]>) {
        assert_eq!(found.is_some(), self.counts.len() <= MOST_CATEGORIES);
        let found = found.into_iter().flatten().cloned();
        let expected = if self.counts.len() <= MOST_CATEGORIES {
            self.counts.clone()
        } else {
            BTreeMap::new()
        };
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected);
    }

    /// Counts are short by `max_undercount` at most, and so no frequent value is left out.
    fn check_frequent(&self, found: &[FrequentValue]) {
        let certain = self.n_present / 128;
        let undercount = found.first().map_or(certain, |value| value.max_undercount);
        assert!(undercount <= certain, "{undercount} of {}", self.n_present);
        for value in found {
            let count = self.counts[&value.value];
            assert_eq!(value.max_undercount, undercount);
            assert!(
                (value.count..=value.count + undercount).contains(&count),
                "{value:?} is there {count} times"
            );
        }
        // A value is named when its count without what was taken is above the undercount and
        // ten others do not come before it.
        let least_named = found.get(9).map_or(0, |value| value.count);
        for (value, count) in &self.counts {
            let is_named = found.iter().any(|named| named.value == *value);
            assert!(
                is_named || *count <= least_named.max(undercount) + undercount,
                "`{value}` is there {count} times and not named"
            );
        }
    }

    fn check_column(&self, merged: &ColumnSummary, whole: &ColumnSummary) {
        let (ours, theirs) = (merged.profile(), whole.profile());
        self.check_moments_of_numbers(&ours, &theirs);
        for sketch in [merged.sketch(), whole.sketch()].into_iter().flatten() {
            self.check_sketch(&sketch);
        }
        self.check_distinct(ours.distinct);
        self.check_categories(ours.categories.as_deref());
        self.check_frequent(&ours.frequent);
        self.check_frequent(&theirs.frequent);
        let exact = |profile: ColumnProfile| ColumnProfile {
            numeric: None,
            frequent: Vec::new(),
            ..profile
        };
        assert_eq!(exact(ours), exact(theirs));
    }

    fn check_moments_of_numbers(&self, merged: &ColumnProfile, whole: &ColumnProfile) {
        if whole.numeric.is_some() {
            self.check_moments(merged.numeric, whole.numeric);
        } else {
            assert_eq!(merged.numeric, None);
        }
    }
}

fn both<'a, T: 'static>(a: &'a dyn Any, b: &'a dyn Any) -> (Option<&'a T>, Option<&'a T>) {
    (a.downcast_ref(), b.downcast_ref())
}

#[track_caller]
fn check_close(what: &str, (found, expected): (f64, f64), allowed: f64) {
    // Both may be infinite.
    let is_close = found.total_cmp(&expected).is_eq() || (found - expected).abs() <= allowed;
    assert!(is_close, "{what}: {found}, not {expected} ± {allowed}");
}

fn finite_numbers(array: &ArrayRef) -> Vec<f64> {
    let numbers: Vec<f64> = match array.data_type() {
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .collect(),
        DataType::Timestamp(..) | DataType::Boolean => Vec::new(),
        _ => {
            let texts = cast(array, &DataType::Utf8).unwrap();
            let number = |text| match TextValue::of(text) {
                TextValue::Integral(number) | TextValue::Fractional(number) => Some(number),
                TextValue::Boolean | TextValue::String => None,
            };
            texts
                .as_string::<i32>()
                .iter()
                .flatten()
                .filter_map(number)
                .collect()
        }
    };
    let finite = numbers.into_iter().filter(|number| number.is_finite());
    finite.map(|number| number + 0.0).collect()
}
