//! Dictionary-encoded columns: a word is read once per dictionary, however many rows hold it.
//!
//! Readers hand the same dictionary with batch after batch, so what is known of its words
//! stays with the summary. It is no part of the state and changes no result.

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;

use super::UpdateSummary;
use super::column::ColumnSummary;
use super::column_update::{CHUNK, add_text_type, unsupported, update};
use super::frequent::CAPACITY;
use super::hash::hash_text;
use super::types::TextValue;

/// A dictionary and what has been read of it.
#[derive(Clone, Debug)]
pub(crate) struct KnownDictionary {
    /// As it came, to be recognised.
    source: ArrayRef,
    texts: StringArray,
    words: Vec<Word>,
}

/// One entry of a dictionary.
#[derive(Clone, Copy, Debug)]
struct Word {
    hash: u64,
    /// Rows of the current batch.
    rows: u64,
    value: Option<TextValue>,
}

const UNREAD: Word = Word {
    hash: 0,
    rows: 0,
    value: None,
};

pub(crate) fn add(summary: &mut ColumnSummary, column: &dyn Array) -> Result<(), UpdateSummary> {
    let dictionary = column.as_any_dictionary();
    let values = dictionary.values();
    let is_text = matches!(
        values.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    if !is_text || values.is_empty() {
        let plain =
            take(values, dictionary.keys(), None).map_err(|_| unsupported(column.data_type()))?;
        return update(summary, &plain);
    }
    let mut known = known_dictionary(summary, values)?;
    let keys = present_keys(column, &known.texts);
    summary.update_missing((column.len() - keys.len()) as u64);
    add_words(summary, &mut known, &keys);
    summary.dictionary = Some(known);
    Ok(())
}

fn known_dictionary(
    summary: &mut ColumnSummary,
    values: &ArrayRef,
) -> Result<Box<KnownDictionary>, UpdateSummary> {
    if let Some(known) = summary.dictionary.take()
        && known.source.to_data().ptr_eq(&values.to_data())
    {
        return Ok(known);
    }
    let texts = cast(values, &DataType::Utf8).map_err(|_| unsupported(values.data_type()))?;
    let texts = texts.as_string::<i32>().clone();
    let words = vec![UNREAD; values.len()];
    Ok(Box::new(KnownDictionary {
        source: ArrayRef::clone(values),
        texts,
        words,
    }))
}

/// The dictionary's index for every row that has a value.
fn present_keys(column: &dyn Array, texts: &StringArray) -> Vec<usize> {
    let dictionary = column.as_any_dictionary();
    let keys = dictionary.normalized_keys();
    let nulls = dictionary.keys().nulls();
    if nulls.is_none_or(|nulls| nulls.null_count() == 0) && texts.null_count() == 0 {
        return keys;
    }
    let is_present = |(row, key): &(usize, usize)| {
        nulls.is_none_or(|nulls| nulls.is_valid(*row)) && texts.is_valid(*key)
    };
    keys.into_iter()
        .enumerate()
        .filter(is_present)
        .map(|(_, key)| key)
        .collect()
}

fn add_words(summary: &mut ColumnSummary, known: &mut KnownDictionary, keys: &[usize]) {
    let touched = count_rows(known, keys);
    for &key in &touched {
        let text = known.texts.value(key);
        let word = &mut known.words[key];
        let value = *word.value.get_or_insert_with(|| {
            word.hash = hash_text(text);
            TextValue::of(text)
        });
        add_text_type(summary, value, word.rows);
        summary.lengths.add(text, word.rows);
    }
    count_values(summary, known, keys, &touched);
    if summary.numbers.is_some() {
        add_numbers(summary, known, keys);
    }
    for key in touched {
        known.words[key].rows = 0;
    }
}

/// Counts the rows of each word, and lists the words that have any.
fn count_rows(known: &mut KnownDictionary, keys: &[usize]) -> Vec<usize> {
    let mut touched = Vec::new();
    for &key in keys {
        let rows = &mut known.words[key].rows;
        if *rows == 0 {
            touched.push(key);
        }
        *rows += 1;
    }
    touched
}

/// While the table stays exact the order of rows cannot matter, and a word is added once.
fn count_values(
    summary: &mut ColumnSummary,
    known: &KnownDictionary,
    keys: &[usize],
    touched: &[usize],
) {
    let values = &mut summary.values;
    let is_new = |key: &&usize| values.table.find(known.words[**key].hash).is_none();
    let stays_exact = values.registers.is_none()
        && (touched.len() + values.table.len() <= CAPACITY
            || touched.iter().filter(is_new).count() + values.table.len() <= CAPACITY);
    let rows_of = |key: usize| {
        if stays_exact {
            known.words[key].rows
        } else {
            1
        }
    };
    for &key in if stays_exact { touched } else { keys } {
        values.add_text(known.words[key].hash, known.texts.value(key), rows_of(key));
    }
}

/// The sketch sees numbers in the order of rows.
fn add_numbers(summary: &mut ColumnSummary, known: &KnownDictionary, keys: &[usize]) {
    let mut numbers = Vec::with_capacity(CHUNK);
    for keys in keys.chunks(CHUNK) {
        numbers.clear();
        numbers.extend(keys.iter().filter_map(|key| match known.words[*key].value {
            Some(TextValue::Integral(number) | TextValue::Fractional(number)) => Some(number),
            Some(TextValue::Boolean | TextValue::String) | None => None,
        }));
        summary.add_numbers(&numbers);
    }
}
