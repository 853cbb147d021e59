//! From the columns of a record batch to the tensors that a model takes.
//!
//! A missing value is NaN where the model takes real numbers, and an error where it takes whole
//! numbers or strings, which have no value for it.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};

use super::interface::{Input, Interface, Layout};
use super::tensor::{Data, ElementType, Tensor};
use crate::model::AskModel;

fn refused(reason: String) -> AskModel {
    AskModel::Records { reason }
}

/// One tensor per input of the model.
pub(crate) fn tensors_of(
    interface: &Interface,
    records: &RecordBatch,
) -> Result<Vec<Tensor>, AskModel> {
    let columns = columns_of(interface, records)?;
    let inputs = interface.inputs.iter().zip(columns);
    inputs
        .map(|(input, columns)| tensor_of(input, &columns, records))
        .collect()
}

/// The columns of the batch that each input takes: by name where all names are known, else in
/// their order.
fn columns_of(interface: &Interface, records: &RecordBatch) -> Result<Vec<Vec<usize>>, AskModel> {
    let schema = records.schema();
    let found = |name: &String| schema.index_of(name).ok();
    if let [input] = &interface.inputs[..] {
        let named = interface.feature_names.as_ref();
        let named = named.filter(|names| input.width.is_none_or(|width| width == names.len()));
        if let Some(columns) = named.and_then(|names| names.iter().map(found).collect()) {
            return Ok(vec![columns]);
        }
        let width = input.width.unwrap_or(records.num_columns());
        return match width == records.num_columns() {
            true => Ok(vec![(0..width).collect()]),
            false => Err(wrong_number(width, records)),
        };
    }
    let all_columns = interface.inputs.iter().all(|input| input.width == Some(1));
    if all_columns {
        let names = interface.inputs.iter().map(|input| found(&input.name));
        if let Some(columns) = names.map(|column| Some(vec![column?])).collect() {
            return Ok(columns);
        }
    }
    let total = interface.n_features().ok_or_else(|| {
        refused("the model has several inputs and does not say how many columns each takes".into())
    })?;
    if total != records.num_columns() {
        return Err(wrong_number(total, records));
    }
    let mut next = 0;
    let inputs = interface.inputs.iter().map(|input| {
        let start = next;
        next += input.width.unwrap_or(0);
        (start..next).collect()
    });
    Ok(inputs.collect())
}

fn wrong_number(expected: usize, records: &RecordBatch) -> AskModel {
    refused(format!(
        "it takes {expected} columns, and they have {}",
        records.num_columns()
    ))
}

fn tensor_of(input: &Input, columns: &[usize], records: &RecordBatch) -> Result<Tensor, AskModel> {
    let named: Vec<(String, &ArrayRef)> = columns
        .iter()
        .map(|column| {
            let name = records.schema().field(*column).name().clone();
            (name, records.column(*column))
        })
        .collect();
    let rows = records.num_rows();
    let data = match input.element {
        ElementType::Float => super::operator::floats(by_row(&named, rows, numbers)?),
        ElementType::Double => Data::Double(by_row(&named, rows, numbers)?),
        ElementType::Int => Data::Int(by_row(&named, rows, whole_numbers)?),
        ElementType::Bool => {
            let numbers = by_row(&named, rows, whole_numbers)?;
            Data::Bool(numbers.into_iter().map(|x| x != 0).collect())
        }
        ElementType::Text => Data::Text(by_row(&named, rows, texts)?),
    };
    let dims = match input.layout {
        Layout::List => vec![rows],
        Layout::Matrix => vec![rows, columns.len()],
    };
    Tensor::new(dims, data).map_err(|fault| refused(fault.to_string()))
}

/// The values of all columns, row after row.
fn by_row<T: Clone>(
    columns: &[(String, &ArrayRef)],
    rows: usize,
    read: impl Fn(&ArrayRef) -> Result<Vec<T>, Unfit>,
) -> Result<Vec<T>, AskModel> {
    let read: Vec<Vec<T>> = columns
        .iter()
        .map(|(name, column)| read(column).map_err(|unfit| unfit.of_column(name)))
        .collect::<Result<_, _>>()?;
    let cells = (0..rows).flat_map(|row| read.iter().map(move |column| column[row].clone()));
    Ok(cells.collect())
}

/// Why a column cannot be taken. Records are counted from 1.
enum Unfit {
    Type(DataType),
    Missing { record: usize },
    NotANumber { record: usize },
    NotWhole { record: usize },
}

impl Unfit {
    fn of_column(self, name: &str) -> AskModel {
        refused(match self {
            Self::Type(found) => format!(
                "column `{name}` is of the type {found}, which is neither a number nor text; encode the column as it was for training, or leave it out if it is no feature"
            ),
            Self::Missing { record } => format!(
                "column `{name}` has no value in record {record} of the batch, and the model has \
                 no missing values there: fill it before"
            ),
            Self::NotANumber { record } => {
                format!(
                    "column `{name}` holds text that is no number in record {record} of the batch, and the model takes numbers there; encode the column as it was for training, or leave it out if it is no feature"
                )
            }
            Self::NotWhole { record } => {
                format!(
                    "column `{name}` is no whole number in record {record} of the batch, and the model takes whole numbers there; encode the column as it was for training, or leave it out if it is no feature"
                )
            }
        })
    }
}

/// A column as another type, which its type can always become.
fn converted(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, Unfit> {
    cast(column, to).map_err(|_| Unfit::Type(column.data_type().clone()))
}

/// Strings of any encoding in one; `None` for other types.
fn as_strings(column: &ArrayRef) -> Option<ArrayRef> {
    let is_text = |kind: &DataType| {
        matches!(
            kind,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        )
    };
    let text = match column.data_type() {
        DataType::Dictionary(_, values) => is_text(values),
        kind => is_text(kind),
    };
    text.then(|| cast(column, &DataType::Utf8).ok()).flatten()
}

/// An empty text is a missing number.
fn numbers(column: &ArrayRef) -> Result<Vec<f64>, Unfit> {
    if let Some(strings) = as_strings(column) {
        let texts = strings.as_string::<i32>().iter().enumerate();
        return texts
            .map(|(idx, text)| match text.map(str::trim) {
                None | Some("") => Ok(f64::NAN),
                Some(text) => number(text).ok_or(Unfit::NotANumber { record: idx + 1 }),
            })
            .collect();
    }
    let column = converted(column, &DataType::Float64)?;
    let values = column.as_primitive::<Float64Type>();
    Ok(values
        .iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect())
}

fn number(text: &str) -> Option<f64> {
    match text {
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        text => text.parse().ok(),
    }
}

fn whole_numbers(column: &ArrayRef) -> Result<Vec<i64>, Unfit> {
    let is_whole = column.data_type().is_integer();
    if is_whole {
        let values = converted(column, &DataType::Int64)?;
        let values = values.as_primitive::<Int64Type>();
        return (values.iter().enumerate())
            .map(|(idx, value)| value.ok_or(Unfit::Missing { record: idx + 1 }))
            .collect();
    }
    let values = numbers(column)?.into_iter().enumerate();
    values
        .map(|(idx, value)| {
            let record = idx + 1;
            if value.is_nan() {
                return Err(Unfit::Missing { record });
            }
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
            let whole = value as i64;
            let fits = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
            fits.then_some(whole).ok_or(Unfit::NotWhole { record })
        })
        .collect()
}

fn texts(column: &ArrayRef) -> Result<Vec<Arc<str>>, Unfit> {
    let strings = converted(column, &DataType::Utf8)?;
    let texts = strings.as_string::<i32>().iter().enumerate();
    texts
        .map(|(idx, text)| {
            text.map(Arc::from)
                .ok_or(Unfit::Missing { record: idx + 1 })
        })
        .collect()
}
