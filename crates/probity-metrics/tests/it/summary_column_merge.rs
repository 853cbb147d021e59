//! What merging keeps of a column: one value of every format, exact counts, bounds.

use std::collections::HashMap;

use arrow::array::{
    Array, Date32Array, Date64Array, Float64Array, Int64Array, StringArray, Time32MillisecondArray,
    Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use probity_domain::document::statistics::InferredType;
use probity_metrics::summary::{
    ColumnProfile, ColumnSummary, MOST_CATEGORIES, NumericProfile, Summary,
};
use proptest::prelude::*;

use crate::laws::text;
use crate::summary_column::{check_categories, decimals, profile, summary};

#[test]
fn integers_and_doubles_of_two_files_are_one_value() {
    let mut merged = summary(&[&Int64Array::from(vec![1, 2])]);
    merged.merge(&summary(&[&Float64Array::from(vec![1.0, 2.5])]));
    assert_eq!(merged.profile().distinct.estimate, 3.0);
    assert_eq!(merged.inferred_type(), InferredType::Fractional);
}

/// Columns of several files that hold the same values.
#[track_caller]
fn check_one_value_each(columns: &[&dyn Array], expected: &[(&str, u64)]) {
    let expected: Vec<(String, u64)> = expected
        .iter()
        .map(|(text, count)| ((*text).to_owned(), *count))
        .collect();
    let mut merged = ColumnSummary::default();
    for column in columns {
        merged.merge(&summary(&[*column]));
    }
    assert_eq!(merged.categories(), Some(expected));
}

#[test]
fn an_instant_is_one_value_in_every_unit() {
    let columns: [&dyn Array; 4] = [
        &TimestampSecondArray::from(vec![1, -2]),
        &TimestampMillisecondArray::from(vec![1_000, -2_000]),
        &TimestampMicrosecondArray::from(vec![1_000_000, -2_000_000]),
        &TimestampNanosecondArray::from(vec![1_000_000_000, -2_000_000_000]),
    ];
    let (before, after) = ("1969-12-31T23:59:58", "1970-01-01T00:00:01");
    check_one_value_each(&columns, &[(before, 4), (after, 4)]);
    check_one_value_each(&columns[2..], &[(before, 2), (after, 2)]);
}

#[test]
fn a_time_of_day_is_one_value_in_every_unit() {
    let columns: [&dyn Array; 3] = [
        &Time32MillisecondArray::from(vec![1_500]),
        &Time64MicrosecondArray::from(vec![1_500_000]),
        &Time64NanosecondArray::from(vec![1_500_000_000]),
    ];
    check_one_value_each(&columns, &[("00:00:01.5", 3)]);
}

#[test]
fn a_date_is_one_value_in_days_and_in_milliseconds() {
    let columns: [&dyn Array; 2] = [
        &Date32Array::from(vec![1]),
        &Date64Array::from(vec![86_400_000]),
    ];
    check_one_value_each(&columns, &[("1970-01-02", 2)]);
    check_categories(
        &Date64Array::from(vec![86_400_001]),
        &[("1970-01-02T00:00:00.001", 1)],
    );
}

#[test]
fn a_date_an_instant_and_an_instant_of_a_zone_are_three_values() {
    let columns: [&dyn Array; 3] = [
        &Date32Array::from(vec![1]),
        &TimestampSecondArray::from(vec![1]),
        &TimestampSecondArray::from(vec![1]).with_timezone("UTC"),
    ];
    let expected = [
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01T00:00:01Z", 1),
        ("1970-01-02", 1),
    ];
    check_one_value_each(&columns, &expected);
}

#[test]
fn a_decimal_is_the_integer_or_double_that_it_equals() {
    let whole: [&dyn Array; 2] = [&Int64Array::from(vec![1]), &decimals(&[1], 0)];
    check_one_value_each(&whole, &[("1", 2)]);
    let scales: [&dyn Array; 3] = [
        &decimals(&[150, 200], 2),
        &decimals(&[15_000, 20_000], 4),
        &Float64Array::from(vec![1.5, 2.0]),
    ];
    check_one_value_each(&scales, &[("1.50", 3), ("2.00", 3)]);
}

#[test]
fn categories_end_for_good() {
    let values = |range: std::ops::Range<usize>| {
        summary(&[&range
            .map(|i| Some(format!("v{i}")))
            .collect::<StringArray>()])
    };
    let mut merged = values(0..MOST_CATEGORIES);
    assert_eq!(
        merged.categories().map(|found| found.len()),
        Some(MOST_CATEGORIES)
    );
    merged.merge(&values(MOST_CATEGORIES..MOST_CATEGORIES + 1));
    assert_eq!(merged.categories(), None);
    merged.merge(&values(0..1));
    assert_eq!(merged.categories(), None);
    assert_eq!(merged.profile().distinct.estimate, 121.0);
    assert_eq!(merged.profile().distinct.relative_standard_error, 0.0);
}

/// The registers of parts are those of the whole, also where no part filled its table.
#[test]
fn distinct_counts_of_parts_are_that_of_the_whole() {
    let values = |range: std::ops::Range<i64>| summary(&[&range.map(Some).collect::<Int64Array>()]);
    for n in [250, 400, 1_000, 50_000] {
        for cut in [n / 10, n / 2, n - 1] {
            let mut merged = values(0..cut);
            merged.merge(&values(cut - cut / 10..n));
            let mut whole = values(0..n);
            // The rows that both parts have count twice, and bound the estimate.
            for repeated in cut - cut / 10..cut {
                whole.update(&Int64Array::from(vec![repeated])).unwrap();
            }
            let (ours, whole) = (merged.profile().distinct, whole.profile().distinct);
            assert_eq!(ours, whole, "{n} cut at {cut}");
        }
    }
}

/// The same but for rounding; the bound is that of `summary_moments.rs` with wide room, for
/// columns of a few hundred small numbers.
fn check_close(ours: Option<NumericProfile>, whole: Option<NumericProfile>) {
    let (Some(ours), Some(whole)) = (ours, whole) else {
        return assert_eq!(ours, whole);
    };
    assert_eq!(
        (ours.n_finite, ours.min, ours.max),
        (whole.n_finite, whole.min, whole.max)
    );
    for (a, b) in [
        (ours.mean, whole.mean),
        (ours.sum, whole.sum),
        (ours.std_dev, whole.std_dev),
    ] {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{a} against {b}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn parts_merge_into_the_profile_of_the_whole(
        parts in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, text()), 0..80), 1..6),
        is_reversed: bool,
    ) {
        let all: StringArray = parts.iter().flatten().cloned().collect();
        let mut merged = ColumnSummary::default();
        let mut order: Vec<_> = parts.iter().collect();
        if is_reversed {
            order.reverse();
        }
        for part in order {
            merged.merge(&summary(&[&part.iter().cloned().collect::<StringArray>()]));
        }
        let (ours, whole) = (merged.profile(), profile(&all));
        check_close(ours.numeric, whole.numeric);
        prop_assert_eq!(
            ColumnProfile { numeric: None, ..ours },
            ColumnProfile { numeric: None, ..whole }
        );
    }

    #[test]
    fn counts_of_frequent_values_are_within_their_bounds(
        seeds in prop::collection::vec((0..3_000u32, 1..40u32), 1..500),
        n_parts in 1..5usize,
    ) {
        let cells: Vec<u32> = seeds.iter().flat_map(|(value, n)| (0..*n).map(move |i| if i % 3 == 0 { *value } else { value % 300 })).collect();
        let mut exact: HashMap<String, u64> = HashMap::new();
        for cell in &cells {
            *exact.entry(cell.to_string()).or_default() += 1;
        }
        let mut merged = ColumnSummary::default();
        for part in cells.chunks(cells.len().div_ceil(n_parts)) {
            let part: Int64Array = part.iter().map(|cell| Some(i64::from(*cell))).collect();
            merged.merge(&summary(&[&part]));
        }
        for found in merged.profile().frequent {
            let count = exact[&found.value];
            prop_assert!(found.count <= count && count <= found.count + found.max_undercount);
            prop_assert!(found.max_undercount <= cells.len() as u64 / 128);
        }
    }
}
