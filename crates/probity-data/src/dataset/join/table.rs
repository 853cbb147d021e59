//! A dataset that is held in memory to be joined: its columns, and the row of each id.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, new_null_array};
use datafusion::arrow::compute::{cast, interleave};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use futures::{StreamExt, TryStreamExt};

use super::{JoinDatasets, id};
use crate::dataset::Dataset;
use crate::dataset::column_choice::ColumnChoice;
use crate::dataset::error::ReadDataset;
use crate::dataset::partition::Partition;

#[derive(Debug)]
pub(super) struct Table {
    /// The first file, for messages.
    uri: String,
    schema: SchemaRef,
    /// Of each column, an array per batch.
    columns: Vec<Vec<ArrayRef>>,
    /// The first row of each batch.
    starts: Vec<u32>,
    rows: u32,
    row_of: HashMap<Box<str>, u32>,
}

/// A table while it is read.
#[derive(Default)]
struct Growing {
    uri: Option<String>,
    names: HashMap<String, usize>,
    fields: Vec<Field>,
    /// Of each column, an array per batch, where the batch has the column.
    columns: Vec<Vec<Option<ArrayRef>>>,
    starts: Vec<u32>,
    rows: u32,
    row_of: HashMap<Box<str>, u32>,
    /// Where the rows of a file begin.
    files: Vec<(String, u32)>,
}

impl Table {
    pub(super) async fn read(dataset: &Dataset, id: &ColumnChoice) -> Result<Table, JoinDatasets> {
        let mut growing = Growing::default();
        let mut partitions = dataset.partitions();
        while let Some(partition) = partitions.try_next().await? {
            growing.add(&partition, id).await?;
        }
        growing.finish()
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    pub(super) fn row_of(&self, id: &str) -> Option<u32> {
        self.row_of.get(id).copied()
    }

    /// The values of a column in `rows`.
    pub(super) fn take(&self, column: usize, rows: &[u32]) -> Result<ArrayRef, ArrowError> {
        let arrays: Vec<&dyn Array> = self.columns[column].iter().map(|array| &**array).collect();
        let places: Vec<(usize, usize)> = rows.iter().map(|row| self.place(*row)).collect();
        if arrays.is_empty() {
            return Ok(new_null_array(
                self.schema.field(column).data_type(),
                rows.len(),
            ));
        }
        interleave(&arrays, &places)
    }

    fn place(&self, row: u32) -> (usize, usize) {
        let batch = self.starts.partition_point(|start| *start <= row) - 1;
        (batch, (row - self.starts[batch]) as usize)
    }
}

impl Growing {
    async fn add(&mut self, partition: &Partition, id: &ColumnChoice) -> Result<(), JoinDatasets> {
        let uri = partition.uri().to_owned();
        let schema = partition.schema()?;
        let id = id
            .resolve(&schema)
            .map_err(|source| ReadDataset::IdColumn {
                uri: uri.clone(),
                source,
            })?;
        if self.files.last().is_none_or(|(last, _)| *last != uri) {
            self.files.push((uri.clone(), self.rows));
        }
        self.uri.get_or_insert_with(|| uri.clone());
        let mut batches = partition.stream(None)?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(reading_error(&uri))?;
            let failed = |source| ReadDataset::Columns {
                uri: uri.clone(),
                source,
            };
            let ids = id::texts(batch.column(id)).map_err(failed)?;
            for row in 0..batch.num_rows() {
                self.add_row(&uri, id::at(&ids, row))?;
            }
            let first = self.rows - count(batch.num_rows());
            self.starts.push(first);
            for (position, field) in schema.fields().iter().enumerate() {
                if position != id {
                    self.put(field, Arc::clone(batch.column(position)));
                }
            }
        }
        Ok(())
    }

    fn add_row(&mut self, uri: &str, id: Option<&str>) -> Result<(), JoinDatasets> {
        let row = self.rows;
        self.rows = row
            .checked_add(1)
            .ok_or_else(|| JoinDatasets::TooManyRecords {
                uri: uri.to_owned(),
            })?;
        let Some(id) = id else {
            return Ok(());
        };
        match self.row_of.insert(id.into(), row) {
            None => Ok(()),
            Some(first) => Err(JoinDatasets::RepeatedId {
                id: id::shown(id).into_owned(),
                first: self.record(first),
                second: self.record(row),
            }),
        }
    }

    /// The file of a row, and which of its records it is.
    fn record(&self, row: u32) -> (String, u64) {
        let file = self.files.iter().rev().find(|(_, start)| *start <= row);
        file.map_or_else(
            || (String::new(), u64::from(row) + 1),
            |(uri, start)| (uri.clone(), u64::from(row - start) + 1),
        )
    }

    fn put(&mut self, field: &Field, values: ArrayRef) {
        let batch = self.starts.len() - 1;
        let column = *self.names.entry(field.name().clone()).or_insert_with(|| {
            self.fields.push(field.clone());
            self.columns.push(Vec::new());
            self.fields.len() - 1
        });
        let arrays = &mut self.columns[column];
        arrays.resize(batch, None);
        arrays.push(Some(values));
    }

    fn finish(self) -> Result<Table, JoinDatasets> {
        let uri = self.uri.unwrap_or_default();
        let ends = self.starts.iter().skip(1).copied().chain([self.rows]);
        let lengths: Vec<usize> = self
            .starts
            .iter()
            .zip(ends)
            .map(|(start, end)| (end - start) as usize)
            .collect();
        let mut fields = Vec::with_capacity(self.fields.len());
        let mut columns = Vec::with_capacity(self.fields.len());
        for (field, mut arrays) in self.fields.into_iter().zip(self.columns) {
            arrays.resize(lengths.len(), None);
            let data_type = common_type(arrays.iter().flatten().map(|array| array.data_type()));
            let arrays = arrays
                .iter()
                .zip(&lengths)
                .map(|(array, rows)| match array {
                    Some(array) => cast(array, &data_type),
                    None => Ok(new_null_array(&data_type, *rows)),
                })
                .collect::<Result<Vec<_>, _>>()
                .map_err(|source| ReadDataset::Columns {
                    uri: uri.clone(),
                    source,
                })?;
            fields.push(field.with_data_type(data_type));
            columns.push(arrays);
        }
        Ok(Table {
            uri,
            schema: Arc::new(Schema::new(fields)),
            columns,
            starts: self.starts,
            rows: self.rows,
            row_of: self.row_of,
        })
    }
}

/// The one type of a column whose files may store it differently: numbers as doubles, the rest as text.
fn common_type<'t>(types: impl Iterator<Item = &'t DataType> + Clone) -> DataType {
    let Some(first) = types.clone().next() else {
        return DataType::Utf8;
    };
    if types.clone().all(|other| other == first) {
        return first.clone();
    }
    if types.clone().all(DataType::is_numeric) {
        DataType::Float64
    } else {
        DataType::Utf8
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Streams hand errors on inside the engine's.
fn reading_error(uri: &str) -> impl FnOnce(DataFusionError) -> ReadDataset {
    move |error| match error {
        DataFusionError::External(cause) => match cause.downcast::<ReadDataset>() {
            Ok(error) => *error,
            Err(cause) => engine_error(uri, cause.to_string()),
        },
        other => engine_error(uri, other.to_string()),
    }
}

fn engine_error(uri: &str, text: String) -> ReadDataset {
    ReadDataset::Columns {
        uri: uri.to_owned(),
        source: ArrowError::ExternalError(text.into()),
    }
}
