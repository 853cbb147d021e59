//! Laws that every summary of the catalog obeys, on random columns: nothing, nulls, merging,
//! batches, order, state.

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Float64Array, Int64Array,
    StringArray, TimestampMillisecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Int32Type, TimeUnit};
use probity_metrics::summary::{CatalogEntry, CatalogVisitor, Merging, Summary, visit_catalog};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::sync::Arc;

use crate::bounds::Rows;
use crate::generator::SplitMix64;

/// Cells of a column, in a form that is easy to shrink.
#[derive(Clone, Debug)]
enum Column {
    Texts(Vec<Option<String>>),
    Numbers(Vec<Option<f64>>),
    Integers(Vec<Option<i64>>),
    Booleans(Vec<Option<bool>>),
    Times(Vec<Option<i64>>),
    Words(Vec<Option<u8>>),
}

impl Column {
    fn array(&self) -> ArrayRef {
        match self {
            Self::Texts(cells) => Arc::new(StringArray::from(cells.clone())),
            Self::Numbers(cells) => Arc::new(Float64Array::from(cells.clone())),
            Self::Integers(cells) => Arc::new(Int64Array::from(cells.clone())),
            Self::Booleans(cells) => Arc::new(BooleanArray::from(cells.clone())),
            Self::Times(cells) => Arc::new(TimestampMillisecondArray::from(cells.clone())),
            Self::Words(cells) => {
                let words: Vec<Option<String>> = cells
                    .iter()
                    .map(|cell| cell.map(|word| format!("word {word}")))
                    .collect();
                let words = words.iter().map(|word| word.as_deref());
                Arc::new(words.collect::<DictionaryArray<Int32Type>>())
            }
        }
    }
}

pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (-20..20i32).prop_map(|number| number.to_string()),
        3 => (-9.0..9.0f64).prop_map(|number| format!("{number:.1}")),
        1 => prop_oneof![Just("true"), Just("false"), Just(""), Just("NaN"), Just("1e999")]
            .prop_map(str::to_owned),
        1 => "[a-cé]{0,3}",
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -100.0..100.0f64,
        4 => (-5..5i32).prop_map(f64::from),
        1 => prop_oneof![
            Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(-0.0),
            Just(f64::MAX), Just(f64::MIN), Just(5e-324),
        ],
    ]
}

fn cells<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<Option<T>>> {
    let cell = prop_oneof![9 => value.prop_map(Some), 1 => Just(None)];
    prop::collection::vec(cell, 0..600)
}

fn column() -> impl Strategy<Value = Column> {
    let small_texts = (-20..20i32).prop_map(|number| number.to_string());
    prop_oneof![
        2 => cells(text()).prop_map(Column::Texts),
        1 => cells(small_texts).prop_map(Column::Texts),
        3 => cells(number()).prop_map(Column::Numbers),
        2 => cells(prop_oneof![-9..9i64, any::<i64>()]).prop_map(Column::Integers),
        1 => cells(any::<bool>()).prop_map(Column::Booleans),
        1 => cells(any::<i32>().prop_map(i64::from)).prop_map(Column::Times),
        1 => cells(0..9u8).prop_map(Column::Words),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Doubles,
    FewDoubles,
    LargeMean,
    Rising,
    SkewedIntegers,
    NumberTexts,
    MixedTexts,
    SkewedWords,
    Dictionary,
}

/// Columns longer than a sketch of 2,050 items and a table of 256 values.
fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Doubles),
        Just(Kind::FewDoubles),
        Just(Kind::LargeMean),
        Just(Kind::Rising),
        Just(Kind::SkewedIntegers),
        Just(Kind::NumberTexts),
        Just(Kind::MixedTexts),
        Just(Kind::SkewedWords),
        Just(Kind::Dictionary),
    ]
}

fn long_column(kind: Kind, seed: u64, n: u32) -> Column {
    let mut bits = SplitMix64(seed);
    // One cell in sixteen is null.
    let mut cells: Vec<(f64, Option<f64>)> = Vec::new();
    for row in 0..n {
        let uniform = (bits.next() >> 11) as f64 * (0.5f64).powi(53);
        let is_null = bits.next().is_multiple_of(16);
        cells.push((f64::from(row), (!is_null).then_some(uniform)));
    }
    let skewed = |uniform: f64| (uniform.powi(4) * 5_000.0).floor();
    let doubles = |value: fn(f64, f64) -> f64| {
        let cell = |(row, uniform): &(f64, Option<f64>)| uniform.map(|u| value(*row, u));
        Column::Numbers(cells.iter().map(cell).collect())
    };
    let texts = |text: &dyn Fn(f64) -> String| {
        Column::Texts(cells.iter().map(|(_, u)| u.map(text)).collect())
    };
    match kind {
        Kind::Doubles => doubles(|row, u| match row as i64 % 500 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            _ => u * 200.0 - 100.0,
        }),
        Kind::FewDoubles => doubles(|_, u| (u * 50.0).floor() / 4.0),
        Kind::LargeMean => doubles(|_, u| 1e9 + u * 30.0),
        Kind::Rising => doubles(|row, _| row),
        Kind::SkewedIntegers => {
            let cell = |(_, u): &(f64, Option<f64>)| u.map(|u| skewed(u) as i64);
            Column::Integers(cells.iter().map(cell).collect())
        }
        Kind::NumberTexts => texts(&|u| format!("{:.2}", u * 90.0 - 45.0)),
        Kind::MixedTexts => texts(&|u| {
            if u < 0.01 {
                "none".to_owned()
            } else {
                skewed(u).to_string()
            }
        }),
        Kind::SkewedWords => texts(&|u| format!("word {}", skewed(u))),
        Kind::Dictionary => {
            #[expect(clippy::cast_sign_loss, reason = "from 0 to 8")]
            let cell = |(_, u): &(f64, Option<f64>)| u.map(|u| (u * 9.0) as u8);
            Column::Words(cells.iter().map(cell).collect())
        }
    }
}

fn of<S: Summary>(batches: &[ArrayRef]) -> S {
    let mut summary = S::default();
    for batch in batches {
        summary.update(batch).unwrap();
    }
    summary
}

/// Every number and text of a state is in memory in at least as many bytes as it is written
/// in; only name, version and length come on top. A summary that forgets a part of its heap is
/// short by that part.
fn accounts_for<S: Summary>(summary: &S, state: &[u8]) -> bool {
    const ENVELOPE: usize = 64;
    state.len() <= size_of::<S>() + summary.heap_size_bytes() + ENVELOPE
}

/// The array in slices of `length` rows.
fn sliced(array: &ArrayRef, length: usize) -> Vec<ArrayRef> {
    (0..array.len())
        .step_by(length)
        .map(|start| array.slice(start, length.min(array.len() - start)))
        .collect()
}

struct Laws<'a> {
    array: &'a ArrayRef,
    rows: Rows,
    /// Rows per batch.
    batches: [usize; 3],
    cuts: [usize; 2],
    outcome: Result<(), TestCaseError>,
}

impl CatalogVisitor for Laws<'_> {
    fn visit<S: Summary>(&mut self, entry: &CatalogEntry) {
        if self.outcome.is_ok() {
            self.outcome = self.check::<S>(entry);
        }
    }
}

impl Laws<'_> {
    fn check<S: Summary>(&self, entry: &CatalogEntry) -> Result<(), TestCaseError> {
        let name = entry.name;
        let whole: S = of(std::slice::from_ref(self.array));
        let bytes = whole.to_bytes();

        // Batches of any length: the same bytes.
        for length in self.batches {
            let sliced: S = of(&sliced(self.array, length));
            prop_assert!(sliced.to_bytes() == bytes, "{name}: batches of {length}");
        }
        // Nothing is neutral, on either side.
        let (mut with_nothing, mut from_nothing) = (whole.clone(), S::default());
        with_nothing.merge(&S::default());
        from_nothing.merge(&whole);
        prop_assert!(
            with_nothing.to_bytes() == bytes,
            "{name}: merged with nothing"
        );
        prop_assert!(
            from_nothing.to_bytes() == bytes,
            "{name}: nothing merged with it"
        );
        // State comes back.
        let read = S::from_bytes(&bytes).unwrap();
        prop_assert!(read.to_bytes() == bytes, "{name}: state");
        prop_assert!(read.value() == whole.value(), "{name}: value of the state");
        prop_assert!(
            accounts_for(&whole, &bytes),
            "{name}: memory of the summary"
        );

        let [first, second] = self.cuts.map(|cut| cut.min(self.array.len()));
        let (first, second) = (first.min(second), first.max(second));
        let parts = [
            self.array.slice(0, first),
            self.array.slice(first, second - first),
            self.array.slice(second, self.array.len() - second),
        ]
        .map(|part| of::<S>(&[part]));
        let merged = merge_in_order(&parts);
        // The same parts through their states, in the same order: the same bytes.
        let stored = parts
            .clone()
            .map(|part| S::from_bytes(&part.to_bytes()).unwrap());
        prop_assert!(
            merge_in_order(&stored).to_bytes() == merged.to_bytes(),
            "{name}: stored"
        );

        if entry.merging == Merging::Exact {
            prop_assert!(
                merged.to_bytes() == bytes,
                "{name}: parts against the whole"
            );
            let [a, b, c] = parts;
            let mut right = b.clone();
            right.merge(&c);
            let mut grouped = a.clone();
            grouped.merge(&right);
            prop_assert!(grouped.to_bytes() == bytes, "{name}: grouping");
            let reversed = merge_in_order(&[c, b, a]);
            prop_assert!(reversed.to_bytes() == bytes, "{name}: order");
        } else {
            let [a, b, c] = parts;
            let reversed = merge_in_order(&[c, b, a]);
            for merged in [&merged, &reversed] {
                let is_known = self.rows.check(merged, &whole);
                prop_assert!(is_known, "{name}: its error is stated nowhere");
            }
        }
        Ok(())
    }
}

fn merge_in_order<S: Summary>(parts: &[S]) -> S {
    let mut merged = S::default();
    for part in parts {
        merged.merge(part);
    }
    merged
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_summary_obeys_the_laws(column in column(), cuts in [0..600usize, 0..600usize]) {
        check_laws(&column, cuts, [1, 7, 64])?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_summary_obeys_the_laws_on_long_columns(
        kind in kind(),
        seed: u64,
        n in 2_500..10_000u32,
        cuts in [0..10_000usize, 0..10_000usize],
    ) {
        check_laws(&long_column(kind, seed, n), cuts, [7, 500, 3_000])?;
    }
}

fn check_laws(column: &Column, cuts: [usize; 2], batches: [usize; 3]) -> Result<(), TestCaseError> {
    let array = column.array();
    let mut laws = Laws {
        array: &array,
        rows: Rows::of(&array),
        batches,
        cuts,
        outcome: Ok(()),
    };
    visit_catalog(&mut laws);
    laws.outcome
}

struct Nothing;

impl CatalogVisitor for Nothing {
    fn visit<S: Summary>(&mut self, entry: &CatalogEntry) {
        let empty = S::default().to_bytes();
        for data_type in [
            DataType::Utf8,
            DataType::Float64,
            DataType::Int64,
            DataType::Boolean,
        ] {
            let none: S = of(&[new_null_array(&data_type, 0)]);
            assert!(
                none.to_bytes() == empty,
                "{}: no rows of {data_type}",
                entry.name
            );
        }
        let nulls = |data_type| of::<S>(&[new_null_array(&data_type, 5)]).value();
        let expected = nulls(DataType::Utf8);
        for data_type in [DataType::Float64, DataType::Int64, DataType::Null] {
            assert_eq!(nulls(data_type), expected, "{}", entry.name);
        }
    }
}

#[test]
fn no_rows_and_nulls_mean_the_same_in_every_type() {
    visit_catalog(&mut Nothing);
}

struct Unsupported;

impl CatalogVisitor for Unsupported {
    fn visit<S: Summary>(&mut self, entry: &CatalogEntry) {
        let list = DataType::new_list(DataType::Int32, true);
        let fields = Vec::<arrow::datatypes::Field>::new();
        let columns = [
            new_null_array(&list, 1),
            new_null_array(&DataType::Struct(fields.into()), 1),
            new_null_array(&DataType::Duration(TimeUnit::Second), 1),
            Arc::new(BinaryArray::from(vec![b"text".as_slice()])),
        ];
        for column in columns {
            let (name, data_type) = (entry.name, column.data_type());
            let mut summary = S::default();
            let refusal = summary.update(&column).map_err(|error| error.to_string());
            let expected = format!("columns of type `{data_type}` cannot be summarised");
            assert_eq!(refusal, Err(expected), "{name}");
            let is_untouched = summary.to_bytes() == S::default().to_bytes();
            assert!(is_untouched, "{name}: {data_type}");
        }
    }
}

#[test]
fn columns_that_are_no_values_are_refused_and_not_guessed() {
    visit_catalog(&mut Unsupported);
}
