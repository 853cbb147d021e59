//! What a column summary says of every kind of column.

use arrow::array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int64Array, StringArray, Time64MicrosecondArray, TimestampSecondArray, UInt8Array, UInt64Array,
};
use probity_domain::document::probity_file::TypeCounts;
use probity_domain::document::statistics::InferredType;
use probity_metrics::summary::{
    ColumnProfile, ColumnSummary, LengthProfile, Summary, feature_statistics,
};

pub(crate) fn summary(batches: &[&dyn Array]) -> ColumnSummary {
    let mut summary = ColumnSummary::default();
    for batch in batches {
        summary.update(*batch).unwrap();
    }
    summary
}

pub(crate) fn profile(batch: &dyn Array) -> ColumnProfile {
    summary(&[batch]).profile()
}

pub(crate) fn decimals(values: &[i128], scale: i8) -> Decimal128Array {
    Decimal128Array::from(values.to_vec())
        .with_precision_and_scale(20, scale)
        .unwrap()
}

#[track_caller]
pub(crate) fn check_categories(batch: &dyn Array, expected: &[(&str, u64)]) {
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
fn no_column_is_said_to_have_more_values_than_rows() {
    let mut n_capped = 0;
    for n in (300..2_300_i64).step_by(100) {
        let mut column = ColumnSummary::default();
        column
            .update(&(0..n).map(Some).collect::<Int64Array>())
            .unwrap();
        let estimate = column.profile().distinct.estimate;
        assert!(estimate <= n as f64, "{estimate} values in {n} rows");
        n_capped += u32::from(estimate == n as f64);
    }
    // An estimate errs upwards about as often as downwards.
    assert!((4..=16).contains(&n_capped), "{n_capped} of 20");
}

#[test]
fn no_value_of_a_column_of_distinct_values_is_called_frequent() {
    let mut column = ColumnSummary::default();
    column
        .update(&(0..5_000).map(Some).collect::<Int64Array>())
        .unwrap();
    assert_eq!(column.profile().frequent, []);
}
