//! The values of a batch as text, spelled as in the dataset: integers as integers, doubles by the
//! shortest digits that give them back, texts as they are.

use std::fmt::Write as _;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, StringBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int64Type, UInt64Type,
};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::model::AskModel;

/// A feature of all records.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    values: StringArray,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    /// Numbers, spelled as JSON and CSV have them.
    Number,
    Boolean,
    /// Texts, and what spells a number or a truth value is one: a column of a text format.
    Spelled,
    Text,
}

/// What one value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell<'c> {
    Missing,
    /// As JSON writes it.
    Number(&'c str),
    Boolean(bool),
    Text(&'c str),
}

pub(super) fn columns(
    records: &RecordBatch,
    text_features: &[String],
) -> Result<Vec<Column>, AskModel> {
    let schema = records.schema();
    let named = schema.fields().iter().zip(records.columns());
    named
        .map(|(field, values)| {
            let (kind, values) = spelled(values).map_err(|problem| AskModel::Records {
                reason: format!("column `{}` {problem}", field.name()),
            })?;
            let is_text = text_features.contains(field.name());
            Ok(Column {
                name: field.name().clone(),
                kind: if is_text { Kind::Text } else { kind },
                values,
            })
        })
        .collect()
}

impl Column {
    pub(super) fn cell(&self, row_idx: usize) -> Cell<'_> {
        if self.values.is_null(row_idx) {
            return Cell::Missing;
        }
        let text = self.values.value(row_idx);
        match (self.kind, text) {
            (Kind::Integer | Kind::Number, _) => Cell::Number(text),
            (Kind::Boolean | Kind::Spelled, "true") => Cell::Boolean(true),
            (Kind::Boolean | Kind::Spelled, "false") => Cell::Boolean(false),
            (Kind::Spelled, _) if is_json_number(text) => Cell::Number(text),
            (Kind::Boolean | Kind::Spelled | Kind::Text, _) => Cell::Text(text),
        }
    }

    /// As a field of CSV; `None` is missing.
    pub(super) fn text(&self, row_idx: usize) -> Option<&str> {
        (!self.values.is_null(row_idx)).then(|| self.values.value(row_idx))
    }

    /// As a value of JSON. The infinite numbers have no spelling there.
    pub(super) fn write_json(&self, row_idx: usize, out: &mut String) -> Result<(), AskModel> {
        match self.cell(row_idx) {
            Cell::Missing => out.push_str("null"),
            Cell::Number(number) if number.ends_with("inf") => {
                return Err(AskModel::Records {
                    reason: format!(
                        "column `{}` of record {} is infinite, which JSON cannot say",
                        self.name,
                        row_idx + 1
                    ),
                });
            }
            Cell::Number(number) => out.push_str(number),
            Cell::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
            Cell::Text(text) => write_json_text(text, out),
        }
        Ok(())
    }
}

pub(super) fn write_json_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn spelled(values: &ArrayRef) -> Result<(Kind, StringArray), String> {
    let as_type = |data_type: &DataType| {
        cast(values, data_type)
            .map_err(|_| format!("holds {}, which is not understood", values.data_type()))
    };
    Ok(match values.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => (
            Kind::Spelled,
            as_type(&DataType::Utf8)?.as_string::<i32>().clone(),
        ),
        DataType::Dictionary(_, value) => return spelled(&as_type(value)?),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let values = as_type(&DataType::Int64)?;
            (
                Kind::Integer,
                numbers::<Int64Type>(&values, |number, out| write!(out, "{number}")),
            )
        }
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
            let values = as_type(&DataType::UInt64)?;
            (
                Kind::Integer,
                numbers::<UInt64Type>(&values, |number, out| write!(out, "{number}")),
            )
        }
        DataType::Float16 | DataType::Float32 => {
            let values = as_type(&DataType::Float32)?;
            // NaN becomes missing: no format of requests has another word for it.
            (
                Kind::Number,
                numbers::<Float32Type>(&values, |number, out| match number.is_nan() {
                    true => Ok(()),
                    false => write!(out, "{number:?}"),
                }),
            )
        }
        DataType::Float64 => (
            Kind::Number,
            numbers::<Float64Type>(values, |number, out| match number.is_nan() {
                true => Ok(()),
                false => write!(out, "{number:?}"),
            }),
        ),
        DataType::Boolean => (Kind::Boolean, booleans(values.as_boolean())),
        DataType::Null => (Kind::Spelled, StringArray::new_null(values.len())),
        DataType::Decimal128(..) | DataType::Decimal256(..) => (Kind::Number, displayed(values)?),
        DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..)
        | DataType::Time32(_)
        | DataType::Time64(_) => (Kind::Text, displayed(values)?),
        other => return Err(format!("holds {other}, which no request can carry")),
    })
}

/// Numbers as text; one that writes nothing is missing.
fn numbers<T: ArrowPrimitiveType>(
    values: &ArrayRef,
    write: impl Fn(T::Native, &mut String) -> std::fmt::Result,
) -> StringArray {
    let mut builder = StringBuilder::with_capacity(values.len(), values.len() * 8);
    let mut text = String::new();
    for value in values.as_primitive::<T>() {
        text.clear();
        if let Some(number) = value {
            write(number, &mut text).expect("writing to a text does not fail");
        }
        builder.append_option((!text.is_empty()).then_some(&text));
    }
    builder.finish()
}

fn booleans(values: &BooleanArray) -> StringArray {
    let word = |value: bool| if value { "true" } else { "false" };
    values.iter().map(|value| value.map(word)).collect()
}

fn displayed(values: &ArrayRef) -> Result<StringArray, String> {
    let options = FormatOptions::default();
    let format = ArrayFormatter::try_new(values.as_ref(), &options)
        .map_err(|_| format!("holds {}, which is not understood", values.data_type()))?;
    let text = |row_idx: usize| match values.is_null(row_idx) {
        true => Ok(None),
        false => format.value(row_idx).try_to_string().map(Some),
    };
    let texts: Result<Vec<Option<String>>, _> = (0..values.len()).map(text).collect();
    let texts = texts.map_err(|_| "holds a value that cannot be written".to_owned())?;
    Ok(texts.into_iter().collect())
}

/// RFC 8259, section 6.
fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(unsigned);
    if whole == 0 || (whole > 1 && unsigned.starts_with('0')) {
        return false;
    }
    let mut rest = &unsigned[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let length = digits(exponent);
        return length > 0 && length == exponent.len();
    }
    rest.is_empty()
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float32Array, Float64Array, UInt64Array};

    use super::*;

    #[track_caller]
    fn check(values: ArrayRef, expected: &[Option<&str>]) {
        let (_, found) = spelled(&values).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn numbers_are_spelled_by_their_shortest_digits() {
        let doubles = vec![
            Some(0.1),
            Some(1.0),
            Some(-0.0),
            Some(1e300),
            Some(f64::NAN),
            None,
        ];
        check(
            Arc::new(Float64Array::from(doubles)),
            &[
                Some("0.1"),
                Some("1.0"),
                Some("-0.0"),
                Some("1e300"),
                None,
                None,
            ],
        );
        check(Arc::new(Float32Array::from(vec![0.1])), &[Some("0.1")]);
        let largest = u64::MAX.to_string();
        check(
            Arc::new(UInt64Array::from(vec![u64::MAX])),
            &[Some(largest.as_str())],
        );
        check(
            Arc::new(BooleanArray::from(vec![true, false])),
            &[Some("true"), Some("false")],
        );
    }

    #[test]
    fn a_text_is_a_number_when_json_would_read_it_as_one() {
        for text in ["0", "-1", "10", "1.50", "1e5", "1E+05", "-0.0"] {
            assert!(is_json_number(text), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_ok());
        }
        for text in [
            "", "-", "01", "+1", "1.", ".5", "1e", "0x1", "NaN", " 1", "1 ", "1,0",
        ] {
            assert!(!is_json_number(text), "{text}");
        }
    }
}
