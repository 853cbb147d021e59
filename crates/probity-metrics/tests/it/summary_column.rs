//! What a column summary says of every kind of column, and what merging keeps of it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
    Decimal256Array, DictionaryArray, Float16Array, Float32Array, Float64Array, Int64Array,
    LargeStringArray, StringArray, StringViewArray, Time32MillisecondArray, Time64MicrosecondArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int8Type, Int32Type, i256};
use probity_domain::document::probity_file::TypeCounts;
use probity_domain::document::statistics::InferredType;
use probity_metrics::summary::{
    ColumnProfile, ColumnSummary, LengthProfile, MOST_CATEGORIES, NumericProfile, Summary,
    feature_facts, feature_statistics, redacted_text,
};
use proptest::prelude::*;

use crate::generator::values;
use crate::laws::text;

fn summary(batches: &[&dyn Array]) -> ColumnSummary {
    let mut summary = ColumnSummary::default();
    for batch in batches {
        summary.update(*batch).unwrap();
    }
    summary
}

fn profile(batch: &dyn Array) -> ColumnProfile {
    summary(&[batch]).profile()
}

#[track_caller]
fn check_categories(batch: &dyn Array, expected: &[(&str, u64)]) {
    let expected = expected
        .iter()
        .map(|(text, count)| ((*text).to_owned(), *count))
        .collect();
    assert_eq!(profile(batch).categories, Some(expected));
}

#[test]
fn texts_are_typed_by_their_spelling() {
    let profile = profile(&StringArray::from(vec![
        Some("1"),
        Some("2.5"),
        None,
        Some("1e2"),
    ]));
    assert_eq!(profile.inferred_type, InferredType::Fractional);
    let expected = TypeCounts {
        integral: 1,
        fractional: 2,
        unknown: 1,
        ..Default::default()
    };
    assert_eq!(profile.types, expected);
    let numeric = profile.numeric.unwrap();
    assert_eq!((numeric.sum, numeric.min, numeric.max), (103.5, 1.0, 100.0));
    assert_eq!(profile.lengths, None);
}

#[test]
fn one_string_makes_a_column_of_strings() {
    let profile = profile(&StringArray::from(vec!["1", "2", "x y"]));
    assert_eq!(profile.inferred_type, InferredType::String);
    assert_eq!(profile.numeric, None);
    assert_eq!(profile.types.integral, 2);
    assert_eq!(
        profile.lengths,
        Some(LengthProfile {
            min: 1,
            max: 3,
            mean: 5.0 / 3.0
        })
    );
}

#[test]
fn spellings_of_a_text_are_values_of_their_own() {
    check_categories(
        &StringArray::from(vec!["1.50", "1.5", "1.50"]),
        &[("1.50", 2), ("1.5", 1)],
    );
}

#[test]
fn all_kinds_of_text_arrays_agree() {
    let cells = vec![Some("a"), None, Some("b"), Some("a")];
    let expected = summary(&[&StringArray::from(cells.clone())]).to_bytes();
    let dictionary: DictionaryArray<Int8Type> = cells.iter().copied().collect();
    let arrays: [&dyn Array; 3] = [
        &LargeStringArray::from(cells.clone()),
        &StringViewArray::from(cells.clone()),
        &dictionary,
    ];
    for array in arrays {
        assert_eq!(
            summary(&[array]).to_bytes(),
            expected,
            "{}",
            array.data_type()
        );
    }
}

#[test]
fn floats_read_as_java_prints_them() {
    let numbers = Float64Array::from(vec![1.0, 1.0, 1e10]);
    check_categories(&numbers, &[("1.0", 2), ("1.0E10", 1)]);
    check_categories(&Float32Array::from(vec![0.1]), &[("0.1", 1)]);
}

#[test]
fn nan_is_missing_and_infinity_present() {
    let cells = vec![f64::NAN, f64::INFINITY, -0.0, 2.0];
    let profile = profile(&Float64Array::from(cells));
    assert_eq!((profile.n_present, profile.n_missing), (3, 1));
    assert_eq!((profile.n_nan, profile.n_infinite), (1, 1));
    let numeric = profile.numeric.unwrap();
    assert_eq!(
        (numeric.n_finite, numeric.min.to_bits(), numeric.max),
        (2, 0, 2.0)
    );
    assert_eq!(profile.types.unknown, 1);
}

#[test]
fn zeros_of_both_signs_are_one_value() {
    check_categories(&Float64Array::from(vec![-0.0, 0.0]), &[("0.0", 2)]);
}

#[test]
fn a_column_of_infinities_has_no_moments() {
    let summary = summary(&[&Float64Array::from(vec![f64::INFINITY])]);
    assert_eq!(summary.profile().numeric, None);
    assert_eq!(summary.inferred_type(), InferredType::Fractional);
    assert_eq!(feature_statistics("x", &summary).numerical_statistics, None);
}

#[test]
fn an_overflowing_sum_is_infinite_in_the_document() {
    let summary = summary(&[&Float64Array::from(vec![f64::MAX, f64::MAX])]);
    let statistics = feature_statistics("x", &summary)
        .numerical_statistics
        .unwrap();
    assert_eq!((statistics.sum, statistics.mean), (f64::INFINITY, f64::MAX));
}

#[test]
fn integers_keep_their_digits() {
    check_categories(
        &UInt64Array::from(vec![u64::MAX]),
        &[("18446744073709551615", 1)],
    );
    check_categories(&UInt8Array::from(vec![7, 7]), &[("7", 2)]);
    // Both are the same double; they are two values all the same.
    let close = Int64Array::from(vec![9_007_199_254_740_993, 9_007_199_254_740_992]);
    assert_eq!(profile(&close).distinct.estimate, 2.0);
}

#[test]
fn decimals_are_numbers_with_all_their_digits() {
    let prices = Decimal128Array::from(vec![150, 275])
        .with_precision_and_scale(10, 2)
        .unwrap();
    check_categories(&prices, &[("1.50", 1), ("2.75", 1)]);
    assert_eq!(profile(&prices).numeric.unwrap().sum, 4.25);
    let whole = Decimal128Array::from(vec![150])
        .with_precision_and_scale(10, 0)
        .unwrap();
    assert_eq!(profile(&whole).inferred_type, InferredType::Integral);
}

#[test]
fn booleans_are_strings_in_the_document() {
    let flags = BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]);
    check_categories(&flags, &[("true", 2), ("false", 1)]);
    let summary = summary(&[&flags]);
    assert_eq!(summary.inferred_type(), InferredType::Boolean);
    let statistics = feature_statistics("flag", &summary);
    assert_eq!(statistics.inferred_type, InferredType::String);
    assert_eq!(statistics.string_statistics.unwrap().distinct_count, 2.0);
}

#[test]
fn dates_and_times_are_strings() {
    check_categories(&Date32Array::from(vec![0, 0]), &[("1970-01-01", 2)]);
    check_categories(
        &TimestampSecondArray::from(vec![86_399]),
        &[("1970-01-01T23:59:59", 1)],
    );
    let zoned = TimestampSecondArray::from(vec![0]).with_timezone("+02:00");
    check_categories(&zoned, &[("1970-01-01T00:00:00Z", 1)]);
    check_categories(
        &Time64MicrosecondArray::from(vec![1_500_000]),
        &[("00:00:01.5", 1)],
    );
    assert_eq!(
        profile(&Date32Array::from(vec![0])).inferred_type,
        InferredType::String
    );
}

#[test]
fn a_missing_column_is_all_missing() {
    let mut missing = ColumnSummary::default();
    missing.update_missing(9);
    assert_eq!(missing.inferred_type(), InferredType::Unknown);
    let mut merged = summary(&[&Int64Array::from(vec![1])]);
    merged.merge(&missing);
    assert_eq!((merged.n_present(), merged.n_missing()), (1, 9));
}

#[test]
fn binary_columns_are_refused_by_name() {
    let refused = ColumnSummary::default().update(&BinaryArray::from(vec![b"x".as_slice()]));
    assert_eq!(
        refused.unwrap_err().to_string(),
        "columns of type `Binary` cannot be summarised"
    );
}

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

fn decimals(values: &[i128], scale: i8) -> Decimal128Array {
    Decimal128Array::from(values.to_vec())
        .with_precision_and_scale(20, scale)
        .unwrap()
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

#[test]
fn a_dictionary_beyond_the_table_counts_as_its_rows() {
    let cells: Vec<String> = (0..5_000).map(|i| format!("v{}", i * i % 997)).collect();
    let plain: StringArray = cells.iter().map(Some).collect();
    let words: DictionaryArray<arrow::datatypes::Int32Type> =
        cells.iter().map(|cell| Some(cell.as_str())).collect();
    let expected = summary(&[&plain]).to_bytes();
    assert_eq!(summary(&[&words]).to_bytes(), expected);
    let batches: Vec<ArrayRef> = (0..5)
        .map(|i| words.slice(i * 1_000, 1_000))
        .map(|b| Arc::new(b) as ArrayRef)
        .collect();
    let batches: Vec<&dyn Array> = batches.iter().map(|batch| batch.as_ref()).collect();
    assert_eq!(summary(&batches).to_bytes(), expected);
}

#[test]
fn a_dictionary_of_numbers_keeps_the_order_of_rows() {
    let cells: Vec<String> = (0..5_000).map(|i| (i * i % 101).to_string()).collect();
    let plain: StringArray = cells.iter().map(Some).collect();
    let words: DictionaryArray<arrow::datatypes::Int32Type> =
        cells.iter().map(|cell| Some(cell.as_str())).collect();
    assert_eq!(summary(&[&words]).to_bytes(), summary(&[&plain]).to_bytes());
}

const SECRETS: [&str; 3] = [
    "Jane Doe, 4 Privet Drive",
    "4111111111111111",
    "271828.1828",
];

#[test]
fn a_redacted_secret_is_nowhere() {
    let texts = StringArray::from(SECRETS.to_vec());
    let numbers = Float64Array::from(vec![271_828.182_8]);
    let integers = Int64Array::from(vec![4_111_111_111_111_111]);
    let columns: [&dyn Array; 3] = [&texts, &numbers, &integers];
    for column in columns {
        let mut redacted = ColumnSummary::default();
        redacted.update_redacted(column).unwrap();
        let mut merged = summary(&[&StringArray::from(vec!["a value that may be seen"])]);
        merged.merge(&redacted);
        assert!(merged.is_redacted());
        let read = ColumnSummary::from_bytes(&redacted.to_bytes()).unwrap();
        assert!(read.is_redacted());
        assert_eq!(read.profile().lengths, None);
        assert_eq!(read.inferred_type(), InferredType::String);

        let documents = serde_json::to_string(&feature_statistics("c", &redacted)).unwrap()
            + &serde_json::to_string(&feature_facts("c", &redacted)).unwrap();
        let mut haystack = redacted.to_bytes();
        haystack.extend(documents.as_bytes());
        let mut needles: Vec<Vec<u8>> = SECRETS.map(|text| text.as_bytes().to_vec()).to_vec();
        needles.push(271_828.182_8f64.to_le_bytes().to_vec());
        needles.push(4_111_111_111_111_111i64.to_le_bytes().to_vec());
        needles.push(4_111_111_111_111_111f64.to_le_bytes().to_vec());
        for needle in needles {
            let is_there = haystack
                .windows(needle.len())
                .any(|window| window == needle);
            assert!(!is_there, "{}", String::from_utf8_lossy(&needle));
        }
        assert!(documents.contains("redacted:"));
    }
}

#[test]
fn redacted_values_are_counted_by_their_hash() {
    let mut redacted = ColumnSummary::default();
    redacted
        .update_redacted(&StringArray::from(vec![Some("x"), None, Some("x")]))
        .unwrap();
    assert_eq!(redacted.categories(), Some(vec![(redacted_text("x"), 2)]));
    assert_eq!((redacted.n_present(), redacted.n_missing()), (2, 1));
}

/// Columns of every type, with a null and, where there is one, a NaN.
fn typed_columns() -> Vec<ArrayRef> {
    let doubles = [Some(1.0), None, Some(f64::NAN), Some(-0.0), Some(2.5e10)];
    let doubles: Float64Array = doubles.into_iter().collect();
    let halves: Float16Array = cast(&doubles, &DataType::Float16).unwrap().to_data().into();
    let integers = Int64Array::from(vec![Some(7), None, Some(-3), Some(7)]);
    let words: DictionaryArray<Int32Type> = [Some("b"), None, Some("a")].into_iter().collect();
    let wide = Decimal256Array::from(vec![Some(i256::from(150)), None])
        .with_precision_and_scale(50, 2)
        .unwrap();
    let ticks = || vec![Some(86_400_000), None, Some(1_500)];
    vec![
        cast(&doubles, &DataType::Float32).unwrap(),
        Arc::new(halves),
        Arc::new(DictionaryArray::<Int8Type>::new(
            vec![Some(0), Some(2), None, Some(1), Some(4)].into(),
            Arc::new(doubles.clone()),
        )),
        Arc::new(doubles),
        cast(&integers, &DataType::Int8).unwrap(),
        Arc::new(integers),
        Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])),
        Arc::new(words),
        Arc::new(wide),
        Arc::new(decimals(&[150, -1], 2)),
        Arc::new(decimals(&[150, -1], 0)),
        Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        Arc::new(StringViewArray::from(vec![Some("NaN"), None])),
        Arc::new(Date32Array::from(vec![Some(20_000), None])),
        Arc::new(Date64Array::from(ticks())),
        Arc::new(Time32MillisecondArray::from(vec![Some(1_500), None])),
        Arc::new(Time64MicrosecondArray::from(ticks())),
        Arc::new(TimestampMillisecondArray::from(ticks())),
        Arc::new(TimestampNanosecondArray::from(ticks()).with_timezone("UTC")),
    ]
}

#[test]
fn a_redacted_column_counts_as_an_open_one_and_hashes_what_that_shows() {
    for column in typed_columns() {
        let open = profile(&column);
        let mut redacted = ColumnSummary::default();
        redacted.update_redacted(&column).unwrap();
        let name = column.data_type();
        assert_eq!(redacted.n_present(), open.n_present, "{name}");
        assert_eq!(redacted.n_missing(), open.n_missing, "{name}");
        assert_eq!(redacted.profile().n_nan, open.n_nan, "{name}");
        let mut expected: Vec<(String, u64)> = (open.categories.unwrap().into_iter())
            .map(|(text, count)| (redacted_text(&text), count))
            .collect();
        let mut found = redacted.categories().unwrap();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_number_of_two_formats_is_one_redacted_value() {
    let mut redacted = ColumnSummary::default();
    redacted
        .update_redacted(&StringArray::from(vec!["1.0"]))
        .unwrap();
    redacted
        .update_redacted(&Float64Array::from(vec![1.0]))
        .unwrap();
    assert_eq!(redacted.categories(), Some(vec![(redacted_text("1.0"), 2)]));
}

#[test]
fn bytes_are_refused_redacted_as_they_are_open() {
    for bytes in [b"text".as_slice(), b"\xff\xfe"] {
        let refused = ColumnSummary::default().update_redacted(&BinaryArray::from(vec![bytes]));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "columns of type `Binary` cannot be summarised"
        );
    }
}

#[test]
fn a_feature_of_unknown_type_is_missing_in_every_row_of_its_dataset() {
    let nothing = summary(&[&StringArray::new_null(2)]);
    let statistics = feature_statistics("x", &nothing);
    let mut merged = ColumnSummary::from_statistics(&statistics, 2).unwrap();
    merged.merge(&summary(&[&Int64Array::from(vec![1, 2])]));
    assert_eq!((merged.n_present(), merged.n_missing()), (2, 2));
}

#[test]
fn counts_of_a_feature_go_before_those_of_its_dataset() {
    let numbers = summary(&[&Int64Array::from(vec![Some(1), None])]);
    let words = summary(&[&StringArray::from(vec![Some("a"), None])]);
    for known in [numbers, words] {
        let statistics = feature_statistics("x", &known);
        let read = ColumnSummary::from_statistics(&statistics, 100).unwrap();
        assert_eq!((read.n_present(), read.n_missing()), (1, 1));
    }
}

#[test]
fn a_document_of_our_own_comes_back_as_a_baseline() {
    let numbers = summary(&[&Float64Array::from(values("decimal", 3, 30_000))]);
    let read = ColumnSummary::from_statistics(&feature_statistics("x", &numbers), 30_000).unwrap();
    assert_eq!(
        read.sketch(),
        numbers.sketch().map(|sketch| {
            let (k, c) = sketch.parameters();
            probity_metrics::summary::KllSketch::from_levels(k, c, sketch.levels()).unwrap()
        })
    );
    let (ours, theirs) = (
        numbers.profile().numeric.unwrap(),
        read.profile().numeric.unwrap(),
    );
    assert_eq!(
        (ours.sum, ours.min, ours.max),
        (theirs.sum, theirs.min, theirs.max)
    );
    // √ and its square cost one rounding each.
    assert!((ours.std_dev - theirs.std_dev).abs() <= 2.0 * f64::EPSILON * ours.std_dev);
    assert!(read.profile().distinct.relative_standard_error > 0.0);

    let words = summary(&[&StringArray::from(vec!["a", "b", "a"])]);
    let read = ColumnSummary::from_statistics(&feature_statistics("x", &words), 3).unwrap();
    assert_eq!(read.categories(), words.categories());
    assert_eq!(
        ColumnSummary::from_bytes(&read.to_bytes())
            .unwrap()
            .profile(),
        read.profile()
    );
}

#[test]
fn a_high_cardinality_document_has_an_estimate_only() {
    let words: StringArray = (0..5_000).map(|i| Some(format!("word {i}"))).collect();
    let statistics = feature_statistics("x", &summary(&[&words]));
    let read = ColumnSummary::from_statistics(&statistics, 5_000).unwrap();
    assert_eq!(read.categories(), None);
    let distinct = read.profile().distinct;
    assert!((distinct.estimate - 5_000.0).abs() < 250.0 && distinct.relative_standard_error > 0.0);
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
