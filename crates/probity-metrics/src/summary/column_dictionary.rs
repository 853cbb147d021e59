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
use super::hash::hash_text;
use super::kept::Kept;
use super::lengths::n_scalars;
use super::types::TextValue;

/// A dictionary and what has been read of it.
#[derive(Clone, Debug)]
pub(crate) struct KnownDictionary {
    /// As it came, to be recognised.
    source: ArrayRef,
    texts: StringArray,
    words: Vec<Word>,
    /// Per word, one more than its place among the words of the batch at hand; else 0.
    places: Vec<u32>,
}

/// One entry of a dictionary.
#[derive(Clone, Copy, Debug)]
struct Word {
    hash: u64,
    length: u64,
    /// `None` until the word is read.
    value: Option<TextValue>,
}

const UNREAD: Word = Word {
    hash: 0,
    length: 0,
    value: None,
};

impl KnownDictionary {
    /// The words count wholly, though a reader may hold them too: they live as long as we do.
    pub(crate) fn heap_size_bytes(&self) -> usize {
        let is_shared = self.source.data_type() == self.texts.data_type();
        let source = if is_shared {
            0
        } else {
            self.source.get_array_memory_size()
        };
        source
            + self.texts.get_array_memory_size()
            + self.words.capacity() * size_of::<Word>()
            + self.places.capacity() * size_of::<u32>()
    }

    fn word(&mut self, key: usize) -> (Word, TextValue) {
        let word = &mut self.words[key];
        let value = *word.value.get_or_insert_with(|| {
            let text = self.texts.value(key);
            word.hash = hash_text(text);
            word.length = n_scalars(text);
            TextValue::of(text)
        });
        (*word, value)
    }
}

/// The words that a batch holds, and where.
#[derive(Debug, Default)]
struct BatchWords {
    keys: Vec<usize>,
    hashes: Vec<u64>,
    numbers: Vec<Option<f64>>,
    rows: Vec<u64>,
    /// Per present row, the place of its word in the lists above.
    places: Vec<u32>,
}

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
    Ok(Box::new(KnownDictionary {
        source: ArrayRef::clone(values),
        texts,
        words: vec![UNREAD; values.len()],
        places: vec![0; values.len()],
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
    let mut batch = words_of_batch(known, keys);
    for (place, &key) in batch.keys.iter().enumerate() {
        let (word, value) = known.word(key);
        let rows = batch.rows[place];
        add_text_type(summary, value, rows);
        summary.lengths.add_length(word.length, rows);
        batch.hashes.push(word.hash);
        batch.numbers.push(match value {
            TextValue::Integral(number) | TextValue::Fractional(number) => Some(number),
            TextValue::Boolean | TextValue::String => None,
        });
    }
    count_values(summary, &batch);
    summary.values.table.settle(|key| known.texts.value(key));
    if summary.numbers.is_some() {
        add_numbers(summary, &batch);
    } else {
        count_infinite(summary, &batch);
    }
}

/// Lists the words that have rows, counts these, and leaves `known` as it was.
fn words_of_batch(known: &mut KnownDictionary, keys: &[usize]) -> BatchWords {
    let mut batch = BatchWords {
        places: Vec::with_capacity(keys.len()),
        ..Default::default()
    };
    for &key in keys {
        let place = &mut known.places[key];
        if *place == 0 {
            batch.keys.push(key);
            batch.rows.push(0);
            *place = u32::try_from(batch.keys.len()).unwrap_or(u32::MAX);
        }
        batch.rows[*place as usize - 1] += 1;
        batch.places.push(*place - 1);
    }
    for &key in &batch.keys {
        known.places[key] = 0;
    }
    batch
}

/// While the table stays exact the order of rows cannot matter, and a word is added once.
fn count_values(summary: &mut ColumnSummary, batch: &BatchWords) {
    let values = &mut summary.values;
    let kept = |place: usize| Kept::Row(u32::try_from(batch.keys[place]).unwrap_or(u32::MAX));
    if values.stays_exact_with(&batch.hashes) {
        for (place, &hash) in batch.hashes.iter().enumerate() {
            values.add_known(hash, kept(place), batch.rows[place]);
        }
        return;
    }
    let mut hashes = Vec::with_capacity(CHUNK);
    for places in batch.places.chunks(CHUNK) {
        hashes.clear();
        hashes.extend(places.iter().map(|place| batch.hashes[*place as usize]));
        values.add_all(&hashes, |at| kept(places[at] as usize));
    }
}

/// The sketch sees numbers in the order of rows.
fn add_numbers(summary: &mut ColumnSummary, batch: &BatchWords) {
    let mut numbers = Vec::with_capacity(CHUNK);
    for places in batch.places.chunks(CHUNK) {
        numbers.clear();
        numbers.extend(
            places
                .iter()
                .filter_map(|place| batch.numbers[*place as usize]),
        );
        summary.add_numbers(&numbers);
    }
}

fn count_infinite(summary: &mut ColumnSummary, batch: &BatchWords) {
    for (number, rows) in batch.numbers.iter().zip(&batch.rows) {
        if number.is_some_and(f64::is_infinite) {
            summary.n_infinite += rows;
        }
    }
}
