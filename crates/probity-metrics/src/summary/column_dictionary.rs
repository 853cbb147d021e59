//! Dictionary-encoded columns: a batch's distinct values are read once, however many rows
//! hold them.

use arrow::array::{AnyDictionaryArray, Array, AsArray};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;

use super::UpdateSummary;
use super::column::ColumnSummary;
use super::column_update::{add_text_type, unsupported, update};
use super::frequent::CAPACITY;
use super::hash::hash_text;
use super::types::TextValue;

pub(crate) fn add(summary: &mut ColumnSummary, column: &dyn Array) -> Result<(), UpdateSummary> {
    let dictionary = column.as_any_dictionary();
    let is_text = matches!(
        dictionary.values().data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    if !is_text || dictionary.values().is_empty() {
        let plain = take(dictionary.values(), dictionary.keys(), None)
            .map_err(|_| unsupported(column.data_type()))?;
        return update(summary, &plain);
    }
    add_texts(summary, dictionary)
}

fn add_texts(
    summary: &mut ColumnSummary,
    dictionary: &dyn AnyDictionaryArray,
) -> Result<(), UpdateSummary> {
    let values = cast(dictionary.values(), &DataType::Utf8)
        .map_err(|_| unsupported(dictionary.data_type()))?;
    let values = values.as_string::<i32>();
    let keys = dictionary.normalized_keys();
    let nulls = dictionary.keys().nulls();
    let is_present = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));

    let mut rows_of = vec![0u64; values.len()];
    for (row, &key) in keys.iter().enumerate() {
        if is_present(row) {
            rows_of[key] += 1;
        }
    }
    let mut words: Vec<Option<Word>> = vec![None; values.len()];
    let mut n_present = 0;
    for (key, &rows) in rows_of.iter().enumerate() {
        if rows == 0 || values.is_null(key) {
            continue;
        }
        let text = values.value(key);
        let value = TextValue::of(text);
        add_text_type(summary, value, rows);
        if let TextValue::Integral(number) | TextValue::Fractional(number) = value
            && number.is_infinite()
        {
            summary.n_infinite += rows;
        }
        if !summary.is_redacted {
            summary.lengths.add(text, rows);
        }
        words[key] = Some(Word {
            text,
            hash: hash_text(text),
            value,
            rows,
        });
        n_present += rows;
    }
    summary.update_missing(dictionary.len() as u64 - n_present);

    let in_row_order = || {
        keys.iter()
            .enumerate()
            .filter(|(row, _)| is_present(*row))
            .filter_map(|(_, key)| words[*key])
    };
    if fits_table(summary, &words) {
        for word in words.iter().flatten() {
            summary.values.add_text(word.hash, word.text, word.rows);
        }
    } else {
        for word in in_row_order() {
            summary.values.add_text(word.hash, word.text, 1);
        }
    }
    if let Some(numbers) = &mut summary.numbers {
        for word in in_row_order() {
            if let TextValue::Integral(number) | TextValue::Fractional(number) = word.value
                && number.is_finite()
            {
                numbers.push(number);
            }
        }
    }
    Ok(())
}

/// A value of the dictionary that a row of the batch holds.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    hash: u64,
    value: TextValue,
    rows: u64,
}

/// Whether the table stays exact with these values: then the order of rows cannot matter.
fn fits_table(summary: &ColumnSummary, words: &[Option<Word<'_>>]) -> bool {
    let table = &summary.values.table;
    let n_new = words
        .iter()
        .flatten()
        .filter(|word| table.find(word.hash).is_none())
        .count();
    summary.values.registers.is_none() && table.len() + n_new <= CAPACITY
}
