//! The rows of a surveyed dataset, with the same columns in every batch.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
    StringArray, new_null_array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, SchemaRef};
use datafusion::common::DataFusionError;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::Partition;

use super::error::PrepareRecords;
use super::survey::{Survey, places};

/// Texts of every column; batches in the order of the dataset.
pub(super) fn text_batches(
    survey: &Arc<Survey>,
) -> BoxStream<'static, Result<RecordBatch, PrepareRecords>> {
    let survey = Arc::clone(survey);
    let schema = text_schema(&survey);
    let partitions = survey.dataset.partitions();
    partitions
        .map_err(PrepareRecords::from)
        .and_then(move |partition| {
            let (survey, schema) = (Arc::clone(&survey), Arc::clone(&schema));
            async move { of_partition(&survey, schema, partition) }
        })
        .try_flatten()
        .boxed()
}

fn text_schema(survey: &Survey) -> SchemaRef {
    let field = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(
        survey.names().map(field).collect::<Vec<Field>>(),
    ))
}

fn of_partition(
    survey: &Survey,
    schema: SchemaRef,
    partition: Partition,
) -> Result<BoxStream<'static, Result<RecordBatch, PrepareRecords>>, PrepareRecords> {
    let places = places(survey, &partition)?;
    let batches = partition.stream(None)?;
    let unified = batches.map(move |batch| {
        let batch = batch.map_err(PrepareRecords::from_engine)?;
        let rows = batch.num_rows();
        let columns = places.0.iter().map(|at| match at {
            Some(at) => texts(batch.column(*at)),
            None => Ok(new_null_array(&DataType::Utf8, rows)),
        });
        let columns = columns.collect::<Result<Vec<_>, DataFusionError>>();
        let columns = columns.map_err(PrepareRecords::from_engine)?;
        with_rows(&schema, columns, rows)
    });
    Ok(unified.boxed())
}

pub(super) fn with_rows(
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, PrepareRecords> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
        .map_err(|error| PrepareRecords::from_engine(error.into()))
}

/// What a column says, as a CSV has it. Whole numbers have no point whatever their type: the
/// texts that they were read from had none, or the user's SQL made them.
pub(super) fn texts(column: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    Ok(match column.data_type() {
        DataType::Utf8 => Arc::clone(column),
        DataType::Float64 => {
            let numbers = column.as_primitive::<Float64Type>();
            Arc::new(numbers.iter().map(number_text).collect::<StringArray>())
        }
        DataType::Float32 => {
            let numbers = column.as_primitive::<Float32Type>();
            let texts = numbers.iter().map(|number| {
                let number = number.filter(|number| !number.is_nan())?;
                Some(number.to_string())
            });
            Arc::new(texts.collect::<StringArray>())
        }
        _ => cast(column, &DataType::Utf8)?,
    })
}

fn number_text(number: Option<f64>) -> Option<String> {
    let number = number.filter(|number| !number.is_nan())?;
    Some(number.to_string())
}

/// The columns as the types that their texts allow.
pub(super) fn typed(
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, PrepareRecords> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        let texts = column.as_string_opt::<i32>()?;
        let said = |text: Option<&str>| {
            let text = text?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let made: ArrayRef = match field.data_type() {
            DataType::Int64 => Arc::new(
                texts
                    .iter()
                    .map(|text| said(text)?.parse::<i64>().ok())
                    .collect::<Int64Array>(),
            ),
            DataType::Float64 => Arc::new(
                texts
                    .iter()
                    .map(|text| said(text)?.parse::<f64>().ok())
                    .collect::<Float64Array>(),
            ),
            _ => Arc::clone(column),
        };
        Some(made)
    });
    let columns: Option<Vec<ArrayRef>> = columns.collect();
    match columns {
        Some(columns) => with_rows(schema, columns, batch.num_rows()),
        None => Ok(batch.clone()),
    }
}
