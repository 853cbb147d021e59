//! How the rows of an Arrow array enter a column summary: texts by their spelling, typed
//! values by their value. The result depends on the rows alone, never on the batches.

use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, StringArrayType,
};
use arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};

use super::column::ColumnSummary;
use super::column_times::TimeColumn;
use super::hash::{hash_decimal, hash_double, hash_integer, hash_text, hash_unsigned};
use super::kept::Kept;
use super::lengths::n_scalars;
use super::types::TextValue;
use super::{UpdateSummary, column_dictionary};

pub(crate) fn update(summary: &mut ColumnSummary, column: &dyn Array) -> Result<(), UpdateSummary> {
    match column.data_type() {
        DataType::Null => summary.update_missing(column.len() as u64),
        DataType::Utf8 => add_texts(summary, column.as_string::<i32>()),
        DataType::LargeUtf8 => add_texts(summary, column.as_string::<i64>()),
        DataType::Utf8View => add_texts(summary, column.as_string_view()),
        DataType::Dictionary(_, _) => column_dictionary::add(summary, column)?,
        DataType::Boolean => add_booleans(summary, column.as_boolean()),
        _ if add_integers(summary, column) => {}
        _ if add_fractions(summary, column) => {}
        other => match TimeColumn::of(column)? {
            Some(times) => times.add_to(summary),
            None => return Err(unsupported(other)),
        },
    }
    Ok(())
}

pub(crate) fn unsupported(data_type: &DataType) -> UpdateSummary {
    UpdateSummary::UnsupportedType {
        data_type: data_type.to_string(),
    }
}

/// Values that are taken up at once.
pub(crate) const CHUNK: usize = 512;

fn add_texts<'a>(summary: &mut ColumnSummary, column: impl StringArrayType<'a> + Copy) {
    summary.update_missing(column.null_count() as u64);
    let is_ascii = column.is_ascii();
    let mut chunk = TextChunk::default();
    for (row, text) in column.iter().enumerate() {
        let Some(text) = text else {
            continue;
        };
        let length = if is_ascii {
            text.len() as u64
        } else {
            n_scalars(text)
        };
        summary.lengths.add_length(length, 1);
        let value = TextValue::of(text);
        add_text_type(summary, value, 1);
        if let TextValue::Integral(number) | TextValue::Fractional(number) = value {
            chunk.numbers.push(number);
        }
        chunk.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        chunk.hashes.push(hash_text(text));
        if chunk.rows.len() == CHUNK {
            chunk.add_to(summary);
        }
    }
    chunk.add_to(summary);
    summary.values.table.settle(|row| column.value(row));
}

/// What the texts of a chunk were read as.
#[derive(Default)]
struct TextChunk {
    rows: Vec<u32>,
    hashes: Vec<u64>,
    numbers: Vec<f64>,
}

impl TextChunk {
    fn add_to(&mut self, summary: &mut ColumnSummary) {
        summary.add_numbers(&self.numbers);
        summary
            .values
            .add_all(&self.hashes, |at| Kept::Row(self.rows[at]));
        self.rows.clear();
        self.hashes.clear();
        self.numbers.clear();
    }
}

/// Counts `rows` values of this type.
#[inline]
pub(crate) fn add_text_type(summary: &mut ColumnSummary, value: TextValue, rows: u64) {
    match value {
        TextValue::Integral(_) => summary.types.integral += rows,
        TextValue::Fractional(_) => summary.types.fractional += rows,
        TextValue::Boolean => {
            summary.types.boolean += rows;
            summary.end_numbers();
        }
        TextValue::String => {
            summary.types.string += rows;
            summary.end_numbers();
        }
    }
}

fn add_booleans(summary: &mut ColumnSummary, column: &BooleanArray) {
    summary.update_missing(column.null_count() as u64);
    let n_true = column.true_count() as u64;
    let n_false = (column.len() - column.null_count()) as u64 - n_true;
    for (text, rows) in [("true", n_true), ("false", n_false)] {
        if rows > 0 {
            add_text_type(summary, TextValue::Boolean, rows);
            summary.values.add_text(hash_text(text), text, rows);
        }
    }
}

fn add_integers(summary: &mut ColumnSummary, column: &dyn Array) -> bool {
    match column.data_type() {
        DataType::Int8 => integers::<Int8Type>(summary, column, i64::from),
        DataType::Int16 => integers::<Int16Type>(summary, column, i64::from),
        DataType::Int32 => integers::<Int32Type>(summary, column, i64::from),
        DataType::Int64 => integers::<Int64Type>(summary, column, |value| value),
        DataType::UInt8 => integers::<UInt8Type>(summary, column, i64::from),
        DataType::UInt16 => integers::<UInt16Type>(summary, column, i64::from),
        DataType::UInt32 => integers::<UInt32Type>(summary, column, i64::from),
        DataType::UInt64 => add_unsigned(summary, column.as_primitive()),
        _ => return false,
    }
    true
}

fn integers<T: ArrowPrimitiveType>(
    summary: &mut ColumnSummary,
    column: &dyn Array,
    widen: impl Fn(T::Native) -> i64,
) {
    let (mut numbers, mut hashes) = ([0.0; CHUNK], [0; CHUNK]);
    for_each_chunk(summary, column.as_primitive::<T>(), |summary, chunk| {
        for (at, &value) in chunk.iter().enumerate() {
            let value = widen(value);
            numbers[at] = value as f64;
            hashes[at] = hash_integer(value);
        }
        summary.types.integral += chunk.len() as u64;
        summary.add_numbers(&numbers[..chunk.len()]);
        let kept = |at: usize| Kept::Integer(widen(chunk[at]));
        summary.values.add_all(&hashes[..chunk.len()], kept);
    });
}

fn add_unsigned(summary: &mut ColumnSummary, column: &PrimitiveArray<UInt64Type>) {
    for_each_chunk(summary, column, |summary, chunk| {
        let numbers: Vec<f64> = chunk.iter().map(|value| *value as f64).collect();
        summary.types.integral += chunk.len() as u64;
        summary.add_numbers(&numbers);
        let hash = |value: &u64| i64::try_from(*value).map_or(hash_unsigned(*value), hash_integer);
        let hashes: Vec<u64> = chunk.iter().map(hash).collect();
        let kept =
            |at: usize| i64::try_from(chunk[at]).map_or(Kept::Unsigned(chunk[at]), Kept::Integer);
        summary.values.add_all(&hashes, kept);
    });
}

/// Calls `add` with the present values in order, at most [`CHUNK`] at once, and counts the
/// nulls.
pub(crate) fn for_each_chunk<T: ArrowPrimitiveType>(
    summary: &mut ColumnSummary,
    column: &PrimitiveArray<T>,
    mut add: impl FnMut(&mut ColumnSummary, &[T::Native]),
) {
    summary.update_missing(column.null_count() as u64);
    let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) else {
        for chunk in column.values().chunks(CHUNK) {
            add(summary, chunk);
        }
        return;
    };
    let mut present = [T::Native::default(); CHUNK];
    let mut n_present = 0;
    for row in nulls.valid_indices() {
        present[n_present] = column.values()[row];
        n_present += 1;
        if n_present == CHUNK {
            add(summary, &present);
            n_present = 0;
        }
    }
    add(summary, &present[..n_present]);
}

fn add_fractions(summary: &mut ColumnSummary, column: &dyn Array) -> bool {
    match column.data_type() {
        DataType::Float64 => {
            doubles::<Float64Type>(summary, column, |value| (value, Kept::Double(value + 0.0)));
        }
        DataType::Float32 => doubles::<Float32Type>(summary, column, |value| {
            (f64::from(value), Kept::Single(value + 0.0))
        }),
        DataType::Float16 => doubles::<Float16Type>(summary, column, |value| {
            (value.to_f64(), Kept::Single(value.to_f32() + 0.0))
        }),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(summary, column),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(summary, column),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(summary, column),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(summary, column),
        _ => return false,
    }
    true
}

/// NaN is a missing value: it is how pandas writes one into a column of floats.
fn doubles<T: ArrowPrimitiveType>(
    summary: &mut ColumnSummary,
    column: &dyn Array,
    read: impl Fn(T::Native) -> (f64, Kept),
) {
    let (mut numbers, mut hashes) = ([0.0; CHUNK], [0; CHUNK]);
    for_each_chunk(summary, column.as_primitive::<T>(), |summary, chunk| {
        let mut n_nan = 0;
        for (number, &value) in numbers.iter_mut().zip(chunk) {
            *number = read(value).0;
            n_nan += u64::from(number.is_nan());
        }
        if n_nan > 0 {
            return without_nan(summary, chunk, &read);
        }
        for (hash, number) in hashes.iter_mut().zip(&numbers[..chunk.len()]) {
            *hash = hash_double(*number);
        }
        summary.types.fractional += chunk.len() as u64;
        summary.add_numbers(&numbers[..chunk.len()]);
        summary
            .values
            .add_all(&hashes[..chunk.len()], |at| read(chunk[at]).1);
    });
}

fn without_nan<N: Copy>(
    summary: &mut ColumnSummary,
    chunk: &[N],
    read: &impl Fn(N) -> (f64, Kept),
) {
    let present: Vec<(f64, Kept)> = chunk
        .iter()
        .map(|value| read(*value))
        .filter(|(number, _)| !number.is_nan())
        .collect();
    let n_nan = (chunk.len() - present.len()) as u64;
    summary.n_nan += n_nan;
    summary.types.unknown += n_nan;
    summary.types.fractional += present.len() as u64;
    let numbers: Vec<f64> = present.iter().map(|(number, _)| *number).collect();
    let hashes: Vec<u64> = numbers.iter().map(|number| hash_double(*number)).collect();
    summary.add_numbers(&numbers);
    summary.values.add_all(&hashes, |at| present[at].1);
}

/// A decimal is shown by its text, as exact as it is written: `1.50`.
fn decimals<T: DecimalType>(summary: &mut ColumnSummary, column: &dyn Array) {
    let column = column.as_primitive::<T>();
    let (precision, scale) = (column.precision(), column.scale());
    for_each_chunk(summary, column, |summary, chunk| {
        let rows = chunk.len() as u64;
        if scale > 0 {
            summary.types.fractional += rows;
        } else {
            summary.types.integral += rows;
        }
        let mut numbers = Vec::with_capacity(chunk.len());
        for &value in chunk {
            let text = T::format_decimal(value, precision, scale);
            let number = text
                .parse::<f64>()
                .expect("a decimal is digits and a point");
            numbers.push(number);
            summary
                .values
                .add_text(hash_decimal(&text, number), &text, 1);
        }
        summary.add_numbers(&numbers);
    });
}
