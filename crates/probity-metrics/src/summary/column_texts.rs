//! The values of a column as texts, spelled as a column summary keeps them, for whatever needs
//! every value in writing. What [`super::ColumnSummary`] refuses is refused here too.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, StringArray};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type};

use super::UpdateSummary;
use super::column_times::TimeColumn;
use super::column_update::unsupported;
use super::kept::{double_text, single_text};

/// An array of `Utf8`; nulls and NaN are null.
pub(crate) fn as_texts(column: &dyn Array) -> Result<ArrayRef, UpdateSummary> {
    let data_type = column.data_type();
    let refused = |_| unsupported(data_type);
    match data_type {
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_any_dictionary();
            let plain = take(dictionary.values(), dictionary.keys(), None).map_err(refused)?;
            as_texts(&plain)
        }
        DataType::Float64 => Ok(doubles::<Float64Type>(column, |value| {
            (!value.is_nan()).then(|| double_text(value + 0.0))
        })),
        DataType::Float32 => Ok(doubles::<Float32Type>(column, |value| {
            (!value.is_nan()).then(|| single_text(value + 0.0))
        })),
        DataType::Float16 => Ok(doubles::<Float16Type>(column, |value| {
            (!value.is_nan()).then(|| single_text(value.to_f32() + 0.0))
        })),
        DataType::Null
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Boolean => cast(column, &DataType::Utf8).map_err(refused),
        _ if data_type.is_integer() || data_type.is_decimal() => {
            cast(column, &DataType::Utf8).map_err(refused)
        }
        other => match TimeColumn::of(column)? {
            Some(times) => Ok(Arc::new(times.texts())),
            None => Err(unsupported(other)),
        },
    }
}

fn doubles<T: ArrowPrimitiveType>(
    column: &dyn Array,
    text: impl Fn(T::Native) -> Option<String>,
) -> ArrayRef {
    let column = column.as_primitive::<T>();
    let texts: StringArray = column.iter().map(|value| value.and_then(&text)).collect();
    Arc::new(texts)
}
