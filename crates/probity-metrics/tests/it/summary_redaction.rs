//! A redacted column counts as an open one, and no value of it can be found.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Date64Array, Decimal256Array,
    DictionaryArray, Float16Array, Float64Array, Int64Array, StringArray, StringViewArray,
    Time32MillisecondArray, Time64MicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int8Type, Int32Type, i256};
use probity_domain::document::statistics::InferredType;
use probity_metrics::summary::{
    ColumnSummary, Summary, feature_facts, feature_statistics, redacted_text,
};

use crate::summary_column::{decimals, profile, summary};

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
fn a_redacted_part_takes_the_lengths_of_the_open_ones_along() {
    let mut redacted = ColumnSummary::default();
    redacted
        .update_redacted(&StringArray::from(vec!["x"]))
        .unwrap();
    let mut merged = summary(&[&StringArray::from(vec!["four"])]);
    assert!(merged.profile().lengths.is_some());
    merged.merge(&redacted);
    assert_eq!(merged.profile().lengths, None);
}
