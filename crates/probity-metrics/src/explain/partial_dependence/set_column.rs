//! Rows whose value of one feature is replaced.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::feature_kind::{ValueKind, value_kind};
use super::grid::PointValue;

/// Why a column could not be set.
#[derive(Debug, thiserror::Error)]
pub enum SetColumn {
    #[error("there is no column {column_idx}: the rows have {n_columns}")]
    NoColumn { column_idx: usize, n_columns: usize },
    #[error("column `{column}` has the type {data_type}, which cannot be set to {point}")]
    OtherType {
        column: String,
        data_type: DataType,
        point: &'static str,
    },
    #[error("column `{column}` could not be set")]
    Set { column: String, source: ArrowError },
}

/// The rows of `batch` with the column at `column_idx` set to `point`, missing values too.
///
/// The column keeps its type where the type holds the point. A column of whole numbers or
/// decimals that is set to a number which it cannot hold becomes one of doubles: the curve
/// is drawn at the point, so rounding would draw it at the wrong place.
pub fn with_column_set(
    batch: &RecordBatch,
    column_idx: usize,
    point: &PointValue,
) -> Result<RecordBatch, SetColumn> {
    let schema = batch.schema();
    let Some(field) = schema.fields().get(column_idx) else {
        return Err(SetColumn::NoColumn {
            column_idx,
            n_columns: batch.num_columns(),
        });
    };
    let column = constant(field, point, batch.num_rows())?;
    let failed = |source| SetColumn::Set {
        column: field.name().clone(),
        source,
    };
    let mut columns = batch.columns().to_vec();
    if column.data_type() == field.data_type() {
        columns[column_idx] = column;
        return RecordBatch::try_new(batch.schema(), columns).map_err(failed);
    }
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    let widened = field
        .as_ref()
        .clone()
        .with_data_type(column.data_type().clone());
    fields[column_idx] = Arc::new(widened);
    columns[column_idx] = column;
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    RecordBatch::try_new(Arc::new(schema), columns).map_err(failed)
}

fn constant(field: &Field, point: &PointValue, n_rows: usize) -> Result<ArrayRef, SetColumn> {
    let data_type = field.data_type();
    let kind = value_kind(data_type);
    let is_number = matches!(kind, Some(ValueKind::Float | ValueKind::Integer));
    let (values, fits): (ArrayRef, bool) = match point {
        PointValue::Number(number) => (
            Arc::new(Float64Array::from_value(*number, n_rows)),
            is_number,
        ),
        PointValue::Integer(number) => {
            (Arc::new(Int64Array::from_value(*number, n_rows)), is_number)
        }
        PointValue::Boolean(value) => (
            Arc::new(BooleanArray::from(vec![*value; n_rows])),
            kind == Some(ValueKind::Boolean),
        ),
        PointValue::Text(text) => (
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                text.as_str(),
                n_rows,
            ))),
            kind == Some(ValueKind::Text),
        ),
    };
    if !fits {
        return Err(SetColumn::OtherType {
            column: field.name().clone(),
            data_type: data_type.clone(),
            point: name_of(point),
        });
    }
    let failed = |source| SetColumn::Set {
        column: field.name().clone(),
        source,
    };
    let as_given = cast(&values, data_type).map_err(failed)?;
    // A float type holds a number by rounding it, as it held the column's own values.
    if !is_number || data_type.is_floating() || same_numbers(&as_given, &values) {
        return Ok(as_given);
    }
    cast(&values, &DataType::Float64).map_err(failed)
}

fn name_of(point: &PointValue) -> &'static str {
    match point {
        PointValue::Number(_) | PointValue::Integer(_) => "a number",
        PointValue::Boolean(_) => "true or false",
        PointValue::Text(_) => "a text",
    }
}

/// Whether the cast lost nothing; all rows are alike, so one is looked at.
fn same_numbers(found: &ArrayRef, wanted: &ArrayRef) -> bool {
    if found.is_empty() {
        return true;
    }
    match cast(&found.slice(0, 1), wanted.data_type()) {
        Ok(back) => *back == *wanted.slice(0, 1),
        Err(_) => false,
    }
}
