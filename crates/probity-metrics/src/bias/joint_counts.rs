//! Rows by the values of several columns together: which tuples of values there are, in order
//! of first appearance, and how many rows have each. All bias metrics but the flip test follow
//! from it, so one scan of a dataset is enough whatever is asked, and its size is that of the
//! distinct tuples, not of the rows.

use arrow::array::{Array, AsArray, StructArray};
use arrow::datatypes::DataType;

use super::dictionary::{Dictionary, check_type};
use super::tuple_table::TupleTable;
use super::value::Value;
use crate::summary::{ReadState, StateReader, StateWriter, Summary, UpdateSummary, unsupported};

const VERSION: u32 = 1;

/// Distinct tuples of the values of columns, with their rows.
///
/// A summary of `StructArray`s whose children are the columns. Parts merge by the names of
/// their columns: what one part lacks is missing in its rows.
#[derive(Clone, Debug, Default)]
pub struct JointCounts {
    columns: Vec<Column>,
    tuples: TupleTable,
}

#[derive(Clone, Debug)]
struct Column {
    name: String,
    dictionary: Dictionary,
}

/// A tuple in the order of the columns, `None` where a value is missing, and its rows.
pub type CountedTuple = (Vec<Option<Value>>, u64);

impl JointCounts {
    /// Names of the columns.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Of a column by its name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Distinct values of a column by their codes; `None` is a missing value.
    pub fn values(&self, column: usize) -> &[Option<Value>] {
        self.columns[column].dictionary.values()
    }

    pub fn n_tuples(&self) -> usize {
        self.tuples.len()
    }

    /// The place of a tuple's value among [`JointCounts::values`].
    pub fn code(&self, tuple: usize, column: usize) -> usize {
        self.tuples.codes(tuple)[column] as usize
    }

    /// Rows per tuple.
    pub fn rows(&self) -> &[u64] {
        self.tuples.rows()
    }

    pub fn n_rows(&self) -> u64 {
        self.tuples.rows().iter().sum()
    }

    /// The rows of the tuples for which `is_kept` is set, as if there were no others.
    pub fn part(&self, is_kept: &[bool]) -> JointCounts {
        let mut part = JointCounts {
            columns: self.columns.iter().map(Column::emptied).collect(),
            tuples: TupleTable::default(),
        };
        let mut adding = Adding::new(&part, self);
        for (tuple, _) in is_kept.iter().enumerate().filter(|(_, kept)| **kept) {
            adding.add(&mut part, tuple);
        }
        part
    }

    /// [`Summary::update`], and the tuple of every row.
    pub fn update_with_codes(&mut self, columns: &StructArray) -> Result<Vec<u32>, UpdateSummary> {
        self.accept_columns(columns)?;
        let mut codes: Vec<Vec<u32>> = Vec::with_capacity(self.columns.len());
        for (column, array) in self.columns.iter_mut().zip(columns.columns()) {
            let mut of_column = Vec::new();
            column.dictionary.encode(array, &mut of_column)?;
            codes.push(of_column);
        }
        Ok(self.tuples.add_all(&codes, columns.len()))
    }

    /// [`Summary::merge`], and for every tuple of `other` its place among the tuples of the
    /// whole.
    pub fn merge_with_codes(&mut self, other: &JointCounts) -> Vec<u32> {
        if self.columns.is_empty() {
            *self = other.clone();
            return (0..other.n_tuples())
                .map(|tuple| u32::try_from(tuple).expect("codes of tuples are `u32`"))
                .collect();
        }
        for column in &other.columns {
            if self.position(&column.name).is_none() {
                self.add_column(column.emptied());
            }
        }
        let mut adding = Adding::new(self, other);
        (0..other.n_tuples())
            .map(|tuple| adding.add(self, tuple))
            .collect()
    }

    /// Takes the columns of the first batch; those of later ones must be the same.
    fn accept_columns(&mut self, columns: &StructArray) -> Result<(), UpdateSummary> {
        if columns.num_columns() == 0 {
            return Err(unsupported(columns.data_type()));
        }
        columns
            .fields()
            .iter()
            .try_for_each(|field| check_type(field.data_type()))?;
        let names = || columns.fields().iter().map(|field| field.name().as_str());
        if self.columns.is_empty() {
            self.columns = names().map(Column::new).collect();
            self.tuples = TupleTable::of_width(self.columns.len());
            return Ok(());
        }
        if self.columns().eq(names()) {
            return Ok(());
        }
        let listed = |names: Vec<&str>| names.join("`, `");
        Err(UpdateSummary::OtherColumns {
            found: listed(names().collect()),
            expected: listed(self.columns().collect()),
        })
    }

    /// Adds a column that is missing in all rows so far.
    fn add_column(&mut self, mut column: Column) {
        let missing = if self.n_tuples() > 0 {
            column.dictionary.code(None)
        } else {
            0
        };
        self.columns.push(column);
        self.tuples.widen(missing);
    }
}

/// Adds tuples of one table to another, whose columns are a superset.
struct Adding<'a> {
    from: &'a JointCounts,
    /// Per column of the receiver, the column it comes from.
    sources: Vec<Option<usize>>,
    /// Per column of `from`, the receiver's codes of its values, once they are known.
    codes: Vec<Vec<Option<u32>>>,
    tuple: Vec<u32>,
}

impl<'a> Adding<'a> {
    fn new(to: &JointCounts, from: &'a JointCounts) -> Adding<'a> {
        let n_values = |column: &Column| column.dictionary.values().len();
        Adding {
            from,
            sources: to.columns().map(|name| from.position(name)).collect(),
            codes: from
                .columns
                .iter()
                .map(|column| vec![None; n_values(column)])
                .collect(),
            tuple: Vec::with_capacity(to.columns.len()),
        }
    }

    fn add(&mut self, to: &mut JointCounts, tuple: usize) -> u32 {
        self.tuple.clear();
        for (column, source) in to.columns.iter_mut().zip(&self.sources) {
            let code = match source {
                None => column.dictionary.code(None),
                Some(source) => {
                    let theirs = self.from.code(tuple, *source);
                    let value = || self.from.values(*source)[theirs].clone();
                    *self.codes[*source][theirs]
                        .get_or_insert_with(|| column.dictionary.code(value()))
                }
            };
            self.tuple.push(code);
        }
        to.tuples.add(&self.tuple, self.from.rows()[tuple])
    }
}

impl Column {
    fn new(name: &str) -> Column {
        Column {
            name: name.to_owned(),
            dictionary: Dictionary::default(),
        }
    }

    fn emptied(&self) -> Column {
        Column::new(&self.name)
    }
}

impl Summary for JointCounts {
    type Value = Vec<CountedTuple>;
    const NAME: &'static str = "joint-counts";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        match column.data_type() {
            DataType::Struct(_) => self.update_with_codes(column.as_struct()).map(|_| ()),
            other => Err(unsupported(other)),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.merge_with_codes(other);
    }

    fn value(&self) -> Self::Value {
        let value =
            |tuple: usize, column: usize| self.values(column)[self.code(tuple, column)].clone();
        (0..self.n_tuples())
            .map(|tuple| {
                let values = (0..self.columns.len()).map(|column| value(tuple, column));
                (values.collect(), self.rows()[tuple])
            })
            .collect()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = StateWriter::with_header(Self::NAME, VERSION);
        writer.u64(self.columns.len() as u64);
        for column in &self.columns {
            writer.text(&column.name);
            writer.u64(column.dictionary.values().len() as u64);
            for value in column.dictionary.values() {
                write_value(&mut writer, value.as_ref());
            }
        }
        writer.u64(self.n_tuples() as u64);
        for (tuple, rows) in self.rows().iter().enumerate() {
            for code in self.tuples.codes(tuple) {
                writer.u32(*code);
            }
            writer.u64(*rows);
        }
        writer.finish(Self::NAME)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        let (mut reader, _) = StateReader::open(bytes, Self::NAME, VERSION)?;
        let mut counts = JointCounts::default();
        for _ in 0..reader.u64()? {
            let column = read_column(&mut reader)?;
            if counts.position(&column.name).is_some() {
                return Err(damaged("two columns have one name"));
            }
            counts.columns.push(column);
        }
        counts.tuples = TupleTable::of_width(counts.columns.len());
        let n_tuples = reader.u64()?;
        if counts.columns.is_empty() && n_tuples > 0 {
            return Err(damaged("it has rows of no column"));
        }
        for read in 0..n_tuples {
            let mut codes = Vec::with_capacity(counts.columns.len());
            for column in &counts.columns {
                let code = reader.u32()?;
                if code as usize >= column.dictionary.values().len() {
                    return Err(damaged("a code has no value"));
                }
                codes.push(code);
            }
            let rows = reader.count()?;
            if u64::from(counts.tuples.add(&codes, rows)) != read {
                return Err(damaged("a tuple is there twice"));
            }
        }
        reader.close()?;
        Ok(counts)
    }

    fn heap_size_bytes(&self) -> usize {
        let of_column =
            |column: &Column| column.name.capacity() + column.dictionary.heap_size_bytes();
        self.columns.capacity() * size_of::<Column>()
            + self.columns.iter().map(of_column).sum::<usize>()
            + self.tuples.heap_size_bytes()
    }
}

fn damaged(what: &'static str) -> ReadState {
    ReadState::Damaged { what }
}

fn write_value(writer: &mut StateWriter, value: Option<&Value>) {
    match value {
        None => writer.u8(0),
        Some(Value::Boolean(value)) => {
            writer.u8(1);
            writer.u8(u8::from(*value));
        }
        Some(Value::Integer(value)) => {
            writer.u8(2);
            writer.u64(value.cast_unsigned());
        }
        Some(Value::Float(value)) => {
            writer.u8(3);
            writer.f64(*value);
        }
        Some(Value::Text(text)) => {
            writer.u8(4);
            writer.text(text);
        }
    }
}

fn read_column(reader: &mut StateReader<'_>) -> Result<Column, ReadState> {
    let mut column = Column::new(reader.text()?);
    for read in 0..reader.u64()? {
        let value = read_value(reader)?;
        if u64::from(column.dictionary.code(value)) != read {
            return Err(damaged("a value is there twice"));
        }
    }
    Ok(column)
}

fn read_value(reader: &mut StateReader<'_>) -> Result<Option<Value>, ReadState> {
    Ok(match reader.u8()? {
        0 => None,
        1 => Some(Value::Boolean(reader.flag()?)),
        2 => Some(Value::Integer(reader.u64()?.cast_signed())),
        3 => Some(Value::Float(reader.f64()?)),
        4 => Some(Value::Text(reader.text()?.to_owned())),
        _ => return Err(damaged("a value is of no known kind")),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};

    use super::*;

    fn batch(columns: Vec<(&str, ArrayRef)>) -> StructArray {
        StructArray::try_from(columns).unwrap()
    }

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn text(value: &str) -> Option<Value> {
        Some(Value::Text(value.to_owned()))
    }

    #[test]
    fn tuples_come_in_order_of_first_appearance_with_their_rows() {
        let mut counts = JointCounts::default();
        let sex = texts(&[Some("M"), Some("F"), None, Some("F"), Some("M")]);
        let age: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 2, 2, 3]));
        let codes = counts
            .update_with_codes(&batch(vec![("sex", sex), ("age", age)]))
            .unwrap();
        let age = |value| Some(Value::Integer(value));
        let expected = vec![
            (vec![text("M"), age(1)], 1),
            (vec![text("F"), age(2)], 2),
            (vec![None, age(2)], 1),
            (vec![text("M"), age(3)], 1),
        ];
        assert_eq!(counts.value(), expected);
        assert_eq!(codes, [0, 1, 2, 1, 3]);
    }

    #[test]
    fn a_missing_column_of_a_part_is_missing_in_its_rows() {
        let mut left = JointCounts::default();
        left.update(&batch(vec![("a", texts(&[Some("x")]))]))
            .unwrap();
        let mut right = JointCounts::default();
        right
            .update(&batch(vec![("b", texts(&[Some("y"), None]))]))
            .unwrap();
        assert_eq!(left.merge_with_codes(&right), [1, 2]);
        let expected = vec![
            (vec![text("x"), None], 1),
            (vec![None, text("y")], 1),
            (vec![None, None], 1),
        ];
        assert_eq!(left.value(), expected);
    }

    #[test]
    fn batches_with_other_columns_are_refused() {
        let mut counts = JointCounts::default();
        counts.update(&batch(vec![("a", texts(&[]))])).unwrap();
        let refusal = counts.update(&batch(vec![("b", texts(&[]))]));
        assert_eq!(
            refusal.unwrap_err().to_string(),
            "the rows have columns `b`, expected `a`"
        );
    }

    #[test]
    fn nan_is_missing_and_zero_has_one_sign() {
        let mut counts = JointCounts::default();
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, -0.0, 0.0]));
        counts.update(&batch(vec![("x", numbers)])).unwrap();
        let expected = vec![(vec![None], 1), (vec![Some(Value::Float(0.0))], 2)];
        assert_eq!(counts.value(), expected);
    }

    #[test]
    fn a_part_has_only_the_values_of_its_rows() {
        let mut counts = JointCounts::default();
        let column = texts(&[Some("a"), Some("b"), Some("b"), Some("c")]);
        counts.update(&batch(vec![("x", column)])).unwrap();
        let part = counts.part(&[false, true, true]);
        assert_eq!(part.values(0), [text("b"), text("c")]);
        assert_eq!(part.rows(), [2, 1]);
    }
}
