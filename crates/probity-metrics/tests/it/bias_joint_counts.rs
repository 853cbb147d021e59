//! Laws of the joint counts. They are no entry of the catalog, as they summarise several
//! columns at once.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int16Array, Int64Array,
    LargeStringArray, NullArray, StringArray, StringViewArray, StructArray, UInt64Array,
};
use arrow::datatypes::Int32Type;
use probity_metrics::bias::{JointCounts, Value};
use probity_metrics::summary::{ReadState, Summary};
use proptest::prelude::*;

use crate::generator::SplitMix64;

type Row = (Option<String>, Option<i64>, Option<u8>);

/// Few values, so that tuples repeat; texts around the length at which they are found by
/// their bits.
fn row() -> impl Strategy<Value = Row> {
    let text = prop_oneof![
        3 => "[ab]{0,2}",
        1 => prop_oneof![Just("1234567"), Just("12345678"), Just("123456é"), Just("\0")]
            .prop_map(str::to_owned),
    ];
    let cell = prop::option::weighted(0.9, text);
    let number = prop::option::weighted(0.9, -2..3i64);
    (cell, number, prop::option::weighted(0.9, 0..4u8))
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..200)
}

/// A float is a quarter of its cell; 3 is NaN, which is missing.
fn float(cell: u8) -> f64 {
    if cell == 3 {
        f64::NAN
    } else {
        f64::from(cell) / 4.0 - 0.25
    }
}

#[derive(Clone, Copy, Debug)]
enum TextArray {
    Plain,
    Large,
    View,
    Dictionary,
}

fn batch(rows: &[Row], texts: TextArray) -> StructArray {
    let cells = rows.iter().map(|row| row.0.as_deref());
    let of_texts: ArrayRef = match texts {
        TextArray::Plain => Arc::new(cells.collect::<StringArray>()),
        TextArray::Large => Arc::new(cells.collect::<LargeStringArray>()),
        TextArray::View => Arc::new(cells.collect::<StringViewArray>()),
        TextArray::Dictionary => Arc::new(cells.collect::<DictionaryArray<Int32Type>>()),
    };
    let integers: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>());
    let floats = rows.iter().map(|row| row.2.map(float));
    let floats: ArrayRef = Arc::new(floats.collect::<Float64Array>());
    StructArray::try_from(vec![
        ("text", of_texts),
        ("integer", integers),
        ("float", floats),
    ])
    .unwrap()
}

fn counted(rows: &[Row], length: usize, texts: TextArray) -> (JointCounts, Vec<u32>) {
    let mut counts = JointCounts::default();
    let mut codes = Vec::new();
    for part in rows.chunks(length) {
        codes.extend(counts.update_with_codes(&batch(part, texts)).unwrap());
    }
    (counts, codes)
}

fn value_of(row: &Row) -> Vec<Option<Value>> {
    let number = row.2.map(float).filter(|number| !number.is_nan());
    vec![
        row.0.clone().map(Value::Text),
        row.1.map(Value::Integer),
        number.map(Value::Float),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_row_is_in_the_tuple_of_its_values(rows in rows()) {
        let (counts, codes) = counted(&rows, 1_000, TextArray::Plain);
        let tuples = counts.value();
        let mut n_rows = vec![0u64; tuples.len()];
        let mut seen = 0;
        for (row, code) in rows.iter().zip(&codes) {
            let code = *code as usize;
            prop_assert_eq!(&tuples[code].0, &value_of(row));
            n_rows[code] += 1;
            // In order of first appearance.
            prop_assert!(code <= seen);
            seen = seen.max(code + 1);
        }
        prop_assert_eq!(seen, tuples.len());
        prop_assert_eq!(n_rows.as_slice(), counts.rows());
        prop_assert_eq!(counts.n_rows(), rows.len() as u64);
    }

    #[test]
    fn batches_and_encodings_do_not_matter(rows in rows(), length in 1..100usize) {
        let (whole, codes) = counted(&rows, 1_000, TextArray::Plain);
        for texts in [TextArray::Plain, TextArray::Large, TextArray::View, TextArray::Dictionary] {
            let (counts, of_batches) = counted(&rows, length, texts);
            prop_assert_eq!(&of_batches, &codes, "{:?}", texts);
            prop_assert!(rows.is_empty() || counts.to_bytes() == whole.to_bytes(), "{texts:?}");
        }
    }

    #[test]
    fn parts_merge_into_the_whole(rows in rows(), cuts in [0..200usize, 0..200usize]) {
        let (whole, codes) = counted(&rows, 1_000, TextArray::Plain);
        let [first, second] = cuts.map(|cut| cut.min(rows.len()));
        let (first, second) = (first.min(second), first.max(second));
        let mut merged = JointCounts::default();
        let mut of_parts = Vec::new();
        for part in [&rows[..first], &rows[first..second], &rows[second..]] {
            let (counts, codes) = counted(part, 1_000, TextArray::Dictionary);
            let places = merged.merge_with_codes(&JointCounts::from_bytes(&counts.to_bytes()).unwrap());
            of_parts.extend(codes.into_iter().map(|code| places[code as usize]));
        }
        prop_assert_eq!(merged.to_bytes(), whole.to_bytes());
        prop_assert_eq!(of_parts, codes);
    }

    #[test]
    fn a_part_is_the_count_of_its_rows(rows in rows(), kept: [bool; 8]) {
        let (whole, codes) = counted(&rows, 1_000, TextArray::Plain);
        let is_kept: Vec<bool> = (0..whole.n_tuples()).map(|tuple| kept[tuple % 8]).collect();
        let of_part = rows.iter().zip(codes).filter(|(_, code)| is_kept[*code as usize]);
        let of_part: Vec<Row> = of_part.map(|(row, _)| row.clone()).collect();
        let (expected, _) = counted(&of_part, 1_000, TextArray::Plain);
        prop_assert_eq!(whole.part(&is_kept).value(), expected.value());
    }
}

fn one_column(column: ArrayRef) -> Vec<Option<Value>> {
    let mut counts = JointCounts::default();
    let batch = StructArray::try_from(vec![("x", column)]).unwrap();
    counts.update(&batch).unwrap();
    counts.values(0).to_vec()
}

#[test]
fn values_keep_their_types() {
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let booleans = one_column(Arc::new(BooleanArray::from(vec![true, false, true])));
    let expected = [true, false].map(|value| Some(Value::Boolean(value)));
    assert_eq!(booleans, expected);
    let small = one_column(Arc::new(Int16Array::from(vec![Some(7), None, Some(7)])));
    assert_eq!(small, [Some(Value::Integer(7)), None]);
    let large = one_column(Arc::new(UInt64Array::from(vec![5, u64::MAX])));
    let beyond = Value::Float(18_446_744_073_709_552_000.0);
    assert_eq!(large, [Some(Value::Integer(5)), Some(beyond)]);
    let dates = one_column(Arc::new(Date32Array::from(vec![0, 1])));
    assert_eq!(dates, [text("1970-01-01"), text("1970-01-02")]);
    assert_eq!(one_column(Arc::new(NullArray::new(3))), [None]);
}

#[test]
fn columns_that_are_no_values_are_refused_before_any_is_counted() {
    let mut counts = JointCounts::default();
    let good: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let bad: ArrayRef = Arc::new(batch(&[(None, None, None)], TextArray::Plain));
    let both = StructArray::try_from(vec![("good", good), ("bad", bad)]).unwrap();
    assert!(counts.update(&both).is_err());
    assert_eq!(counts.to_bytes(), JointCounts::default().to_bytes());
    let plain: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let refusal = counts.update(&plain).unwrap_err().to_string();
    assert_eq!(refusal, "columns of type `Int64` cannot be summarised");
}

fn sample() -> Vec<u8> {
    let rows: Vec<Row> = (0..40u8)
        .map(|row| {
            let text = (row % 5 > 0).then(|| format!("text {}", row % 5));
            (text, Some(i64::from(row % 3)), Some(row % 4))
        })
        .collect();
    counted(&rows, 7, TextArray::Plain).0.to_bytes()
}

#[test]
fn damaged_states_never_panic() {
    let mut random = SplitMix64(7);
    let sound = sample();
    let (again, _) = counted(
        &[(Some("a".to_owned()), Some(1), None)],
        1,
        TextArray::Plain,
    );
    for _ in 0..20_000 {
        let mut bytes = sound.clone();
        for _ in 0..=random.next() % 3 {
            let at = random.next() as usize % bytes.len();
            bytes[at] = match random.next() % 4 {
                0 => 0,
                1 => 0xff,
                2 => bytes[at] ^ (1 << (random.next() % 8)),
                _ => random.next() as u8,
            };
        }
        if let Ok(mut counts) = JointCounts::from_bytes(&bytes) {
            counts.merge(&again);
            assert!(!counts.value().is_empty());
            assert!(JointCounts::from_bytes(&counts.to_bytes()).is_ok());
        }
    }
}

#[test]
fn every_cut_of_a_state_is_noticed() {
    let sound = sample();
    for length in 0..sound.len() {
        assert!(
            JointCounts::from_bytes(&sound[..length]).is_err(),
            "cut at {length}"
        );
    }
}

#[test]
fn a_state_of_another_summary_is_named() {
    let bytes = probity_metrics::summary::KllSketch::new().to_bytes();
    let read = JointCounts::from_bytes(&bytes).map(|_| ());
    assert!(matches!(read, Err(ReadState::OtherSummary { found, .. }) if found == "kll-sketch"));
}
