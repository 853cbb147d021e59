//! The type of a column as a whole, and whether it counts as categories or as a measure.
//!
//! Clarify decides by the column's pandas type and by the share of distinct values; the rules
//! are its published ones and were measured on its Python library.

use super::dictionary::Dictionary;
use super::joint_counts::JointCounts;
use super::spelling::Spelling;
use super::value::Value;

/// Share of distinct values from which whole numbers count as a measure.
const CONTINUOUS_SHARE: f64 = 0.05;

/// How a column is cut into groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SeriesKind {
    /// By its values.
    Categorical,
    /// By a threshold.
    Continuous,
}

impl SeriesKind {
    /// As Clarify spells it.
    pub fn name(self) -> &'static str {
        match self {
            SeriesKind::Categorical => "CATEGORICAL",
            SeriesKind::Continuous => "CONTINUOUS",
        }
    }
}

/// The one type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnType {
    Boolean,
    Integer,
    /// Also whole numbers with missing ones among them, as pandas has no missing integer.
    Float,
    Text,
    /// Nothing but missing values.
    Empty,
}

impl ColumnType {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            ColumnType::Boolean => "true/false",
            ColumnType::Integer => "whole numbers",
            ColumnType::Float => "decimal numbers",
            ColumnType::Text => "texts",
            ColumnType::Empty => "missing values only",
        }
    }
}

/// What a label is for the report of model performance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemType {
    /// Exactly two values.
    Binary,
    Other,
}

/// A column of a [`JointCounts`] with one type.
#[derive(Clone, Debug)]
pub struct TypedColumn {
    name: String,
    column_type: ColumnType,
    /// By the code of [`JointCounts::code`], a place in `distinct`; `None` is missing.
    places: Vec<Option<usize>>,
    /// In order of first appearance, with rows.
    distinct: Vec<(Value, u64)>,
    n_rows: u64,
}

impl TypedColumn {
    /// The column at `position`.
    pub fn new(counts: &JointCounts, position: usize, spelling: Spelling) -> TypedColumn {
        let mut rows = vec![0; counts.values(position).len()];
        for (tuple, of_tuple) in counts.rows().iter().enumerate() {
            rows[counts.code(tuple, position)] += of_tuple;
        }
        let read = |value: &Option<Value>| match value {
            Some(Value::Text(text)) if spelling.is_missing(text) => None,
            Some(Value::Text(text)) => Some(spelling.read(text)),
            other => other.clone(),
        };
        let read: Vec<Option<Value>> = counts.values(position).iter().map(read).collect();
        let column_type = column_type(read.iter().zip(&rows));

        let mut column = TypedColumn {
            name: counts
                .columns()
                .nth(position)
                .unwrap_or_default()
                .to_owned(),
            column_type,
            places: Vec::with_capacity(read.len()),
            distinct: Vec::new(),
            n_rows: rows.iter().sum(),
        };
        let mut dictionary = Dictionary::default();
        let sources = counts.values(position);
        for ((source, value), rows) in sources.iter().zip(read).zip(rows) {
            let value = value.map(|value| as_type(value, source.as_ref(), column_type));
            column.add(&mut dictionary, value, rows);
        }
        column
    }

    fn add(&mut self, dictionary: &mut Dictionary, value: Option<Value>, rows: u64) {
        let place = value.map(|value| {
            let place = dictionary.code(Some(value.clone())) as usize;
            if place == self.distinct.len() {
                self.distinct.push((value, 0));
            }
            self.distinct[place].1 += rows;
            place
        });
        self.places.push(place);
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn column_type(&self) -> ColumnType {
        self.column_type
    }

    /// Distinct values in order of first appearance, with their rows.
    pub fn distinct(&self) -> &[(Value, u64)] {
        &self.distinct
    }

    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    pub fn n_missing(&self) -> u64 {
        self.n_rows - self.n_present()
    }

    fn n_present(&self) -> u64 {
        self.distinct.iter().map(|(_, rows)| rows).sum()
    }

    /// Among [`TypedColumn::distinct`], the value that has this code in the joint counts;
    /// `None` when it is missing.
    pub fn place(&self, code: usize) -> Option<usize> {
        self.places[code]
    }

    /// The largest number of the column.
    pub(crate) fn maximum(&self) -> Option<Value> {
        let numbers = self
            .distinct
            .iter()
            .filter_map(|(value, _)| as_number(value));
        numbers.reduce(larger)
    }

    /// Whether the column is cut by its values or by a threshold, of which `n_listed` are given:
    /// more than one can only be values.
    pub fn kind(&self, n_listed: usize) -> SeriesKind {
        if n_listed > 1 {
            return SeriesKind::Categorical;
        }
        let is_continuous = match self.column_type {
            ColumnType::Boolean | ColumnType::Empty => false,
            ColumnType::Float => true,
            ColumnType::Integer => self.is_spread(),
            ColumnType::Text => self.spells_integers() && self.is_spread(),
        };
        if is_continuous {
            SeriesKind::Continuous
        } else {
            SeriesKind::Categorical
        }
    }

    fn is_spread(&self) -> bool {
        self.distinct.len() as f64 / self.n_present() as f64 >= CONTINUOUS_SHARE
    }

    /// pandas converts no column with a missing text to integers.
    fn spells_integers(&self) -> bool {
        let is_integer = |value: &Value| matches!(as_number(value), Some(Value::Integer(_)));
        self.n_missing() == 0 && self.distinct.iter().all(|(value, _)| is_integer(value))
    }

    pub fn problem_type(&self) -> ProblemType {
        if self.distinct.len() == 2 {
            ProblemType::Binary
        } else {
            ProblemType::Other
        }
    }
}

/// The number that a value is or, as a whole number, spells.
pub(crate) fn as_number(value: &Value) -> Option<Value> {
    match value {
        Value::Integer(_) | Value::Float(_) => Some(value.clone()),
        Value::Text(text) => text.trim_ascii().parse().ok().map(Value::Integer),
        Value::Boolean(_) => None,
    }
}

pub(crate) fn larger(left: Value, right: Value) -> Value {
    if right.number() > left.number() {
        right
    } else {
        left
    }
}

fn column_type<'a>(values: impl Iterator<Item = (&'a Option<Value>, &'a u64)>) -> ColumnType {
    let (mut booleans, mut integers, mut floats, mut texts) = (false, false, false, false);
    let mut has_missing = false;
    for (value, _) in values.filter(|(_, rows)| **rows > 0) {
        match value {
            None => has_missing = true,
            Some(Value::Boolean(_)) => booleans = true,
            Some(Value::Integer(_)) => integers = true,
            Some(Value::Float(_)) => floats = true,
            Some(Value::Text(_)) => texts = true,
        }
    }
    let numbers = integers || floats;
    if texts || (booleans && numbers) {
        ColumnType::Text
    } else if booleans {
        ColumnType::Boolean
    } else if floats || (integers && has_missing) {
        ColumnType::Float
    } else if integers {
        ColumnType::Integer
    } else {
        ColumnType::Empty
    }
}

/// `value`, which was read from `source`, in a column of this type.
fn as_type(value: Value, source: Option<&Value>, column_type: ColumnType) -> Value {
    match column_type {
        ColumnType::Text => match source {
            Some(Value::Text(spelled)) => Value::Text(spelled.clone()),
            _ => Value::Text(value.to_string()),
        },
        ColumnType::Float => value.number().map_or(value, Value::Float),
        ColumnType::Boolean | ColumnType::Integer | ColumnType::Empty => value,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, StructArray,
    };

    use super::*;
    use crate::summary::Summary;

    fn column(values: ArrayRef, spelling: Spelling) -> TypedColumn {
        let mut counts = JointCounts::default();
        let batch = StructArray::try_from(vec![("x", values)]).unwrap();
        counts.update(&batch).unwrap();
        TypedColumn::new(&counts, 0, spelling)
    }

    fn texts(values: &[&str], times: usize) -> ArrayRef {
        Arc::new(StringArray::from(values.repeat(times)))
    }

    #[track_caller]
    fn check(column: &TypedColumn, expected: (ColumnType, SeriesKind)) {
        assert_eq!((column.column_type(), column.kind(1)), expected);
    }

    use ColumnType::{Boolean, Empty, Float, Integer, Text};
    use SeriesKind::{Categorical, Continuous};

    #[test]
    fn few_rows_make_whole_numbers_a_measure() {
        check(
            &column(texts(&["0", "1"], 20), Spelling::Csv),
            (Integer, Continuous),
        );
        check(
            &column(texts(&["0", "1"], 21), Spelling::Csv),
            (Integer, Categorical),
        );
    }

    #[test]
    fn more_than_one_listed_value_makes_categories() {
        let ages = column(texts(&["23", "25", "29"], 1), Spelling::Csv);
        assert_eq!(ages.kind(2), Categorical);
        assert_eq!(ages.kind(0), Continuous);
    }

    #[test]
    fn a_missing_value_makes_whole_numbers_decimal() {
        let csv = column(texts(&["0", "1", "NA"], 100), Spelling::Csv);
        check(&csv, (Float, Continuous));
        assert_eq!(csv.n_missing(), 100);
        let mut cells = [Some(0), Some(1)].repeat(100);
        cells.push(None);
        let typed: ArrayRef = Arc::new(Int64Array::from(cells));
        check(&column(typed, Spelling::Typed), (Float, Continuous));
    }

    #[test]
    fn decimal_numbers_are_a_measure_however_few() {
        check(
            &column(texts(&["0.0", "1.0"], 500), Spelling::Csv),
            (Float, Continuous),
        );
        let typed: ArrayRef = Arc::new(Float64Array::from([0.0, 1.0].repeat(500)));
        check(&column(typed, Spelling::Typed), (Float, Continuous));
    }

    #[test]
    fn truth_values_are_categories() {
        check(
            &column(texts(&["True", "false"], 2), Spelling::Csv),
            (Boolean, Categorical),
        );
        check(
            &column(texts(&["True", "", "false"], 2), Spelling::Csv),
            (Boolean, Categorical),
        );
        let typed: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
        check(&column(typed, Spelling::Typed), (Boolean, Categorical));
    }

    #[test]
    fn typed_texts_of_digits_are_judged_as_whole_numbers() {
        check(
            &column(texts(&["0", "1"], 12), Spelling::Typed),
            (Text, Continuous),
        );
        check(
            &column(texts(&["0", "1"], 24), Spelling::Typed),
            (Text, Categorical),
        );
        check(
            &column(texts(&["0", "x"], 12), Spelling::Typed),
            (Text, Categorical),
        );
    }

    #[test]
    fn one_word_makes_a_column_of_texts_in_their_spelling() {
        let mixed = column(texts(&["01", "true", "a"], 1), Spelling::Csv);
        check(&mixed, (Text, Categorical));
        assert_eq!(mixed.distinct()[0].0, Value::Text("01".to_owned()));
    }

    #[test]
    fn spellings_of_one_number_are_one_value() {
        let numbers = column(texts(&["1", "01", "1.0"], 1), Spelling::Csv);
        assert_eq!(numbers.distinct(), [(Value::Float(1.0), 3)]);
    }

    #[test]
    fn a_column_without_values_is_cut_by_values() {
        check(
            &column(texts(&["", "NA"], 5), Spelling::Csv),
            (Empty, Categorical),
        );
    }

    #[test]
    fn two_values_are_a_binary_problem() {
        let binary = column(texts(&["yes", "no"], 3), Spelling::Csv);
        assert_eq!(binary.problem_type(), ProblemType::Binary);
        let other = column(texts(&["yes", "no", "later"], 3), Spelling::Csv);
        assert_eq!(other.problem_type(), ProblemType::Other);
    }
}
