//! The distinct values of a column in order of first appearance, and the code of every row.
//!
//! Readers hand over dictionaries, typed columns and texts; each has a way that touches a
//! value once, however many rows hold it. The codes depend on the rows alone, never on the
//! batches or on the encoding.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StringArrayType};
use arrow::datatypes::{
    DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use hashbrown::HashTable;

use super::value::Value;
use crate::summary::UpdateSummary;
use crate::summary::hash::{hash_double, hash_integer, hash_text};
use crate::summary::{as_texts, unsupported};

/// Hashes of what has no hash of its own. Arbitrary.
const OF_MISSING: u64 = 0x6a09_e667_f3bc_c908;
const OF_BOOLEANS: u64 = 0xbb67_ae85_84ca_a73b;

/// No code: fewer distinct values than this fit into memory.
const UNKNOWN: u32 = u32::MAX;

/// Texts of up to so many bytes are found by their bits.
const LONGEST_SHORT_TEXT: usize = 7;
const N_SHORT_TEXTS: usize = 256;

/// Distinct values, `None` for a missing one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    values: Vec<Option<Value>>,
    hashes: Vec<u64>,
    table: HashTable<u32>,
    /// Of the texts among the values.
    text_bytes: usize,
    known: Option<Box<KnownDictionary>>,
}

/// A dictionary array and the codes of its words: readers hand the same one with batch after
/// batch. No part of the state.
#[derive(Clone, Debug)]
struct KnownDictionary {
    source: ArrayRef,
    codes: Vec<u32>,
}

impl Dictionary {
    pub(crate) fn values(&self) -> &[Option<Value>] {
        &self.values
    }

    /// Without the dictionary of a reader, which is the reader's.
    pub(crate) fn heap_size_bytes(&self) -> usize {
        let known = self.known.as_ref();
        self.values.capacity() * size_of::<Option<Value>>()
            + self.hashes.capacity() * size_of::<u64>()
            + self.table.allocation_size()
            + self.text_bytes
            + known.map_or(0, |known| known.codes.capacity() * size_of::<u32>())
    }

    /// Appends the code of every row of `column` to `codes`.
    pub(crate) fn encode(
        &mut self,
        column: &dyn Array,
        codes: &mut Vec<u32>,
    ) -> Result<(), UpdateSummary> {
        codes.reserve(column.len());
        match column.data_type() {
            DataType::Null => {
                if !column.is_empty() {
                    let missing = self.code_of_missing();
                    codes.extend(std::iter::repeat_n(missing, column.len()));
                }
            }
            DataType::Utf8 => self.encode_texts(column.as_string::<i32>(), codes),
            DataType::LargeUtf8 => self.encode_texts(column.as_string::<i64>(), codes),
            DataType::Utf8View => self.encode_texts(column.as_string_view(), codes),
            DataType::Dictionary(_, _) => self.encode_dictionary(column, codes)?,
            DataType::Boolean => {
                for value in column.as_boolean() {
                    codes.push(self.code(value.map(Value::Boolean)));
                }
            }
            _ if self.encode_integers(column, codes) || self.encode_floats(column, codes) => {}
            // Decimals, dates and times, in writing.
            _ => self.encode_texts(as_texts(column)?.as_string::<i32>(), codes),
        }
        Ok(())
    }

    /// The code of `value`, which becomes a value of the column if it was none.
    pub(crate) fn code(&mut self, value: Option<Value>) -> u32 {
        match value {
            None => self.code_of_missing(),
            Some(Value::Boolean(value)) => self.code_of(
                OF_BOOLEANS ^ u64::from(value),
                |known| matches!(known, Some(Value::Boolean(known)) if *known == value),
                || Some(Value::Boolean(value)),
            ),
            Some(Value::Integer(value)) => self.code_of_integer(value),
            Some(Value::Float(value)) => self.code_of_float(value),
            Some(Value::Text(text)) => self.code_of_text(&text),
        }
    }

    fn code_of_missing(&mut self) -> u32 {
        self.code_of(OF_MISSING, Option::is_none, || None)
    }

    fn code_of_integer(&mut self, value: i64) -> u32 {
        self.code_of(
            hash_integer(value),
            |known| matches!(known, Some(Value::Integer(known)) if *known == value),
            || Some(Value::Integer(value)),
        )
    }

    fn code_of_float(&mut self, value: f64) -> u32 {
        if value.is_nan() {
            return self.code_of_missing();
        }
        // One zero.
        let value = value + 0.0;
        let bits = value.to_bits();
        self.code_of(
            hash_double(value),
            |known| matches!(known, Some(Value::Float(known)) if known.to_bits() == bits),
            || Some(Value::Float(value)),
        )
    }

    fn code_of_text(&mut self, text: &str) -> u32 {
        self.code_of(
            hash_text(text),
            |known| matches!(known, Some(Value::Text(known)) if known == text),
            || Some(Value::Text(text.to_owned())),
        )
    }

    #[inline]
    fn code_of(
        &mut self,
        hash: u64,
        is_equal: impl Fn(&Option<Value>) -> bool,
        value: impl FnOnce() -> Option<Value>,
    ) -> u32 {
        let (values, hashes) = (&self.values, &self.hashes);
        let is_it = |code: &u32| is_equal(&values[*code as usize]);
        if let Some(code) = self.table.find(hash, is_it) {
            return *code;
        }
        let code = u32::try_from(values.len())
            .ok()
            .filter(|code| *code != UNKNOWN)
            .expect("four billion distinct values do not fit into memory");
        let hash_of = |code: &u32| hashes[*code as usize];
        self.table.insert_unique(hash, code, hash_of);
        let value = value();
        if let Some(Value::Text(text)) = &value {
            self.text_bytes += text.capacity();
        }
        self.values.push(value);
        self.hashes.push(hash);
        code
    }

    fn encode_texts<'a>(&mut self, column: impl StringArrayType<'a>, codes: &mut Vec<u32>) {
        // By the bits of a short text, its code: no hashing and no comparison of characters.
        let mut short = vec![(u64::MAX, UNKNOWN); N_SHORT_TEXTS];
        for text in column.iter() {
            let code = match text {
                None => self.code_of_missing(),
                Some(text) if text.len() > LONGEST_SHORT_TEXT => self.code_of_text(text),
                Some(text) => {
                    let bits = bits_of_short(text);
                    let place = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
                    let (known, code) = &mut short[place as usize];
                    if *known != bits {
                        (*known, *code) = (bits, self.code_of_text(text));
                    }
                    *code
                }
            };
            codes.push(code);
        }
    }

    fn encode_dictionary(
        &mut self,
        column: &dyn Array,
        codes: &mut Vec<u32>,
    ) -> Result<(), UpdateSummary> {
        let dictionary = column.as_any_dictionary();
        let source = dictionary.values();
        if source.is_empty() || dictionary.keys().null_count() == column.len() {
            if !column.is_empty() {
                let missing = self.code_of_missing();
                codes.extend(std::iter::repeat_n(missing, column.len()));
            }
            return Ok(());
        }
        let mut known = match self.known.take() {
            Some(known) if known.source.to_data().ptr_eq(&source.to_data()) => known,
            _ => Box::new(KnownDictionary {
                source: ArrayRef::clone(source),
                codes: vec![UNKNOWN; source.len()],
            }),
        };
        let nulls = dictionary.keys().nulls();
        let mut word = Vec::with_capacity(1);
        for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                codes.push(self.code_of_missing());
                continue;
            }
            let code = &mut known.codes[key];
            if *code == UNKNOWN {
                word.clear();
                self.encode(&source.slice(key, 1), &mut word)?;
                *code = word[0];
            }
            codes.push(*code);
        }
        self.known = Some(known);
        Ok(())
    }

    fn encode_integers(&mut self, column: &dyn Array, codes: &mut Vec<u32>) -> bool {
        match column.data_type() {
            DataType::Int8 => self.encode_numbers::<Int8Type>(column, codes),
            DataType::Int16 => self.encode_numbers::<Int16Type>(column, codes),
            DataType::Int32 => self.encode_numbers::<Int32Type>(column, codes),
            DataType::Int64 => self.encode_numbers::<Int64Type>(column, codes),
            DataType::UInt8 => self.encode_numbers::<UInt8Type>(column, codes),
            DataType::UInt16 => self.encode_numbers::<UInt16Type>(column, codes),
            DataType::UInt32 => self.encode_numbers::<UInt32Type>(column, codes),
            DataType::UInt64 => {
                for value in column.as_primitive::<UInt64Type>() {
                    let code = match value.map(i64::try_from) {
                        None => self.code_of_missing(),
                        Some(Ok(value)) => self.code_of_integer(value),
                        Some(Err(_)) => {
                            // Beyond the signed integers: the nearest double.
                            let value = value.map_or(f64::NAN, |value| value as f64);
                            self.code_of_float(value)
                        }
                    };
                    codes.push(code);
                }
            }
            _ => return false,
        }
        true
    }

    fn encode_numbers<T: ArrowPrimitiveType>(&mut self, column: &dyn Array, codes: &mut Vec<u32>)
    where
        i64: From<T::Native>,
    {
        let mut last = None;
        for value in column.as_primitive::<T>() {
            let code = match (value, last) {
                (None, _) => self.code_of_missing(),
                (Some(value), Some((same, code))) if same == value => code,
                (Some(value), _) => self.code_of_integer(i64::from(value)),
            };
            last = value.map(|value| (value, code));
            codes.push(code);
        }
    }

    fn encode_floats(&mut self, column: &dyn Array, codes: &mut Vec<u32>) -> bool {
        let mut push = |value: Option<f64>| {
            codes.push(self.code_of_float(value.unwrap_or(f64::NAN)));
        };
        match column.data_type() {
            DataType::Float16 => column
                .as_primitive::<Float16Type>()
                .iter()
                .for_each(|value| push(value.map(|value| value.to_f64()))),
            DataType::Float32 => column
                .as_primitive::<Float32Type>()
                .iter()
                .for_each(|value| push(value.map(f64::from))),
            DataType::Float64 => column.as_primitive::<Float64Type>().iter().for_each(push),
            DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => {
                let Ok(doubles) = arrow::compute::cast(column, &DataType::Float64) else {
                    return false;
                };
                doubles.as_primitive::<Float64Type>().iter().for_each(push);
            }
            _ => return false,
        }
        true
    }
}

/// Whether [`Dictionary::encode`] knows the type, so that a batch is refused before any of its
/// columns is counted.
pub(crate) fn check_type(data_type: &DataType) -> Result<(), UpdateSummary> {
    match data_type {
        DataType::Dictionary(_, values) => check_type(values),
        DataType::Null | DataType::Boolean => Ok(()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(()),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Ok(()),
        DataType::Time32(_) | DataType::Time64(_) => Ok(()),
        _ if data_type.is_numeric() => Ok(()),
        other => Err(unsupported(other)),
    }
}

/// The bytes and the length of a text of at most seven bytes.
fn bits_of_short(text: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    bytes[LONGEST_SHORT_TEXT] = u8::try_from(text.len()).unwrap_or(u8::MAX);
    u64::from_le_bytes(bytes)
}
