//! The rows to be explained, whole and in memory: every explanation looks at a row many times,
//! and baselines and grids look at all rows before the first is explained.
//!
//! Columns of texts that are all numbers become numbers, as a person reading the file takes
//! them; an empty text of such a column is missing.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::{Dataset, Partition};

use super::error::ExplainError;
use crate::scan::Progress;

/// Rows of chosen columns, in the order of the dataset.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) rows: RecordBatch,
    pub(crate) partitions: u64,
}

/// Reads `columns` of every row, on `threads` workers.
pub(crate) async fn read_table(
    dataset: &Dataset,
    columns: &[String],
    threads: usize,
    progress: Progress<'_>,
) -> Result<Table, ExplainError> {
    let wanted: Arc<[String]> = columns.into();
    let mut parts = dataset
        .partitions()
        .map_err(ExplainError::from)
        .map_ok(|partition| {
            let wanted = Arc::clone(&wanted);
            async move {
                let partition = Arc::new(partition);
                let task = tokio::spawn(read_partition(Arc::clone(&partition), wanted));
                Ok((partition, task.await??))
            }
        })
        .try_buffered(threads);
    let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); columns.len()];
    let mut partitions = 0;
    while let Some((partition, batches)) = parts.try_next().await? {
        for batch in batches {
            for (pieces, column) in pieces.iter_mut().zip(batch) {
                pieces.push(column);
            }
        }
        partitions += 1;
        progress(&partition);
    }
    let made = columns.iter().zip(pieces).map(|(name, pieces)| {
        let column = one_column(name, &pieces)?;
        Ok((Field::new(name, column.data_type().clone(), true), column))
    });
    let made = made.collect::<Result<Vec<_>, ExplainError>>()?;
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = made.into_iter().unzip();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|source| ExplainError::Table { source })?;
    Ok(Table { rows, partitions })
}

/// The wanted columns of each batch, in the order wanted.
async fn read_partition(
    partition: Arc<Partition>,
    wanted: Arc<[String]>,
) -> Result<Vec<Vec<ArrayRef>>, ExplainError> {
    let schema = partition.schema()?;
    let place = |name: &String| {
        schema
            .index_of(name)
            .map_err(|_| ExplainError::ColumnMissingInFile {
                column: name.clone(),
                uri: partition.uri().to_owned(),
            })
    };
    let places = wanted.iter().map(place).collect::<Result<Vec<_>, _>>()?;
    let mut batches = partition.stream(Some(places))?;
    let mut found = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| ExplainError::from_engine(partition.uri(), error))?;
        found.push(batch.columns().to_vec());
    }
    Ok(found)
}

/// One array of all pieces, of the narrowest type that holds them.
fn one_column(name: &str, pieces: &[ArrayRef]) -> Result<ArrayRef, ExplainError> {
    let failed = |source| ExplainError::Column {
        column: name.to_owned(),
        source,
    };
    let mut types = pieces
        .iter()
        .map(|piece| piece.data_type())
        .filter(|kind| **kind != DataType::Null);
    let first = types.next().cloned().unwrap_or(DataType::Utf8);
    let common = types.fold(first, |common, kind| common_type(&common, kind));
    let common = match common {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(_, _) => DataType::Utf8,
        other => other,
    };
    if matches!(
        common,
        DataType::List(_) | DataType::Struct(_) | DataType::Map(_, _) | DataType::LargeList(_)
    ) {
        return Err(ExplainError::NestedColumn {
            column: name.to_owned(),
        });
    }
    let pieces = pieces.iter().map(|piece| cast(piece, &common));
    let pieces = pieces.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let pieces: Vec<&dyn Array> = pieces.iter().map(|piece| piece.as_ref()).collect();
    let whole = match pieces.as_slice() {
        [] => datafusion::arrow::array::new_empty_array(&common),
        pieces => concat(pieces).map_err(failed)?,
    };
    Ok(as_numbers(&whole).unwrap_or(whole))
}

fn common_type(one: &DataType, other: &DataType) -> DataType {
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (one, other) if one.is_integer() && other.is_integer() => DataType::Int64,
        (one, other) if one.is_numeric() && other.is_numeric() => DataType::Float64,
        _ => DataType::Utf8,
    }
}

/// The numbers that the texts of a column say; `None` where one says none, or all are missing.
pub(super) fn as_numbers(column: &ArrayRef) -> Option<ArrayRef> {
    let texts = column.as_string_opt::<i32>()?;
    let said = |text: &&str| !text.trim().is_empty();
    if !texts.iter().flatten().any(|text| said(&text)) {
        return None;
    }
    let whole: Option<Vec<Option<i64>>> = texts
        .iter()
        .map(|text| match text.filter(said) {
            None => Some(None),
            // `007` is a name, not the number seven.
            Some(text) if has_leading_zero(text) => None,
            Some(text) => text.trim().parse().ok().map(Some),
        })
        .collect();
    if let Some(whole) = whole {
        return Some(Arc::new(Int64Array::from(whole)));
    }
    let numbers: Option<Vec<Option<f64>>> = texts
        .iter()
        .map(|text| match text.filter(said) {
            None => Some(None),
            Some(text) if has_leading_zero(text) => None,
            Some(text) => number(text.trim()).map(Some),
        })
        .collect();
    Some(Arc::new(Float64Array::from(numbers?)))
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim().trim_start_matches('-').as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

/// `inf` and `nan` are words before they are numbers.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::StringArray;

    #[track_caller]
    fn check(texts: &[Option<&str>], expected: Option<ArrayRef>) {
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        assert_eq!(as_numbers(&column).as_ref(), expected.as_ref());
    }

    #[test]
    fn texts_that_are_all_numbers_are_numbers() {
        let whole = Int64Array::from(vec![Some(1), None, Some(-20)]);
        check(&[Some("1"), Some(" "), Some("-20")], Some(Arc::new(whole)));
        let parts = Float64Array::from(vec![Some(1.0), None, Some(0.5)]);
        check(&[Some("1"), None, Some("0.5")], Some(Arc::new(parts)));
        check(&[Some("1"), Some("x")], None);
        check(&[Some("007"), Some("8")], None);
        check(&[Some("nan"), Some("1.5")], None);
        check(&[None, Some("")], None);
    }

    #[test]
    fn pieces_of_two_types_take_the_type_that_holds_both() {
        let whole: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let parts: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let both = one_column("a", &[Arc::clone(&whole), parts]).unwrap();
        assert_eq!(both.data_type(), &DataType::Float64);
        let words = one_column("a", &[whole, texts]).unwrap();
        assert_eq!(words.data_type(), &DataType::Utf8);
    }
}
