//! The rows that stand for "nothing known": given in the configuration, in a file, or computed.
//! Each is read like a dataset of the same type, and brought into the types of the rows that
//! are explained, so that a value of one can stand in a column of the other.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Schema};
use probity_data::dataset::{self, Format, Header, ReadOptions, RecordColumns, RecordExpression};
use probity_data::location::{Environment, SourceFile, find_files};
use probity_domain::document::analysis_config::{
    AnalysisConfig, BaselineItem, ConfigValue, ShapBaseline,
};
use serde_json::Value;

use super::error::ExplainError;
use super::records::Records;
use super::request::BaselineChoice;
use super::table::read_table;

/// Rows and baseline with the same columns of the same types.
pub(super) struct Aligned {
    pub(super) rows: RecordBatch,
    pub(super) baseline: RecordBatch,
}

/// Reads the baseline of a configuration: features only, without a header.
pub(super) async fn configured(
    given: &ShapBaseline,
    (config, format): (&AnalysisConfig, Format),
    features: &[String],
    environment: &Environment,
) -> Result<RecordBatch, ExplainError> {
    let (files, format) = match given {
        ShapBaseline::Location(location) => (find_files(location, environment).await?, format),
        ShapBaseline::Items(items) => {
            let (bytes, format) = written(items, format)?;
            (vec![in_memory(&bytes, environment)?], format)
        }
        ShapBaseline::Document(document) => {
            let bytes = Value::Object(document.clone()).to_string();
            (
                vec![in_memory(bytes.as_bytes(), environment)?],
                Format::Json,
            )
        }
    };
    let mut read = ReadOptions {
        format: Some(format),
        ..ReadOptions::default()
    };
    match format {
        Format::Json | Format::JsonLines => {
            let expression = config.features.as_deref();
            let expression = expression.map(|text| {
                RecordExpression::parse(text).map_err(|source| misfit(source.to_string()))
            });
            let columns =
                RecordColumns::new(expression.transpose()?, Vec::new(), Some(features.to_vec()));
            read.record_columns = Some(columns.map_err(|source| misfit(source.to_string()))?);
        }
        Format::Csv => {
            read.header = Header::Configured;
            read.column_names = Some(features.to_vec());
            read.delimiter = matches!(given, ShapBaseline::Items(_)).then_some(b',');
        }
        Format::Parquet | Format::Capture | Format::MergedCapture => {}
    }
    let opened = dataset::open(files, read).await?;
    let table = read_table(&opened, features, 1, &|_| {}).await;
    let table = table.map_err(|error| misfit(told(&error)))?;
    match table.rows.num_rows() {
        0 => Err(misfit("it has no row".to_owned())),
        _ => Ok(table.rows),
    }
}

/// Reads the baseline of a command: a file like the data, header included.
pub async fn read_baseline(
    location: &str,
    records: &Records,
    environment: &Environment,
) -> Result<BaselineChoice, ExplainError> {
    let files = find_files(location, environment).await?;
    let opened = dataset::open(files, records.read.clone()).await?;
    let table = read_table(&opened, &records.features(), 1, &|_| {}).await;
    let table = table.map_err(|error| match error {
        ExplainError::ColumnMissingInFile { column, .. } => misfit(format!(
            "`{location}` lacks the column `{column}`, which the model sees"
        )),
        error => error,
    })?;
    match table.rows.num_rows() {
        0 => Err(misfit(format!("`{location}` has no row"))),
        _ => Ok(BaselineChoice::Given(table.rows)),
    }
}

fn in_memory(bytes: &[u8], environment: &Environment) -> Result<SourceFile, ExplainError> {
    let kept = SourceFile::of_bytes("the baseline in the configuration", bytes, environment);
    kept.map_err(ExplainError::from)
}

/// Rows as CSV, records as JSON Lines, or for data of one JSON document as its list.
fn written(items: &[BaselineItem], of_data: Format) -> Result<(Vec<u8>, Format), ExplainError> {
    let records = items.iter().map(|item| match item {
        BaselineItem::Record(record) => Some(Value::Object(record.clone())),
        BaselineItem::Row(_) => None,
    });
    if let (Format::Json, Some(records)) = (of_data, records.collect::<Option<Vec<Value>>>()) {
        return Ok((Value::Array(records).to_string().into_bytes(), Format::Json));
    }
    let mut text = String::new();
    let mut format = None;
    for item in items {
        let of_item = match item {
            BaselineItem::Row(values) => {
                let fields: Vec<String> = values.iter().map(csv_field).collect();
                // A row of one missing value is no empty line.
                let line = fields.join(",");
                text.push_str(if line.is_empty() { "\"\"" } else { &line });
                Format::Csv
            }
            BaselineItem::Record(record) => {
                text.push_str(&Value::Object(record.clone()).to_string());
                Format::JsonLines
            }
        };
        if *format.get_or_insert(of_item) != of_item {
            return Err(misfit(
                "some of its items are rows and some are objects".to_owned(),
            ));
        }
        text.push('\n');
    }
    Ok((text.into_bytes(), format.unwrap_or(Format::Csv)))
}

fn csv_field(value: &Option<ConfigValue>) -> String {
    match value {
        None => String::new(),
        Some(ConfigValue::Integer(number)) => number.to_string(),
        Some(ConfigValue::Float(number)) => number.to_string(),
        Some(ConfigValue::Boolean(truth)) => truth.to_string(),
        Some(ConfigValue::Text(text)) => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// Brings both into one type per column.
pub(super) fn aligned(rows: &RecordBatch, baseline: &RecordBatch) -> Result<Aligned, ExplainError> {
    if rows.num_columns() != baseline.num_columns() {
        return Err(misfit(format!(
            "it has {} columns, and the model sees {} of the data",
            baseline.num_columns(),
            rows.num_columns()
        )));
    }
    let (mut of_rows, mut of_baseline, mut fields) = (Vec::new(), Vec::new(), Vec::new());
    for (at, field) in rows.schema().fields().iter().enumerate() {
        let name = field.name();
        let columns = (rows.column(at), baseline.column(at));
        let common = common_type(name, columns)?;
        let turned = |column: &ArrayRef| {
            cast(column, &common).map_err(|source| ExplainError::Column {
                column: name.clone(),
                source,
            })
        };
        of_rows.push(turned(columns.0)?);
        of_baseline.push(turned(columns.1)?);
        fields.push(Field::new(name, common.clone(), true));
    }
    let schema = Arc::new(Schema::new(fields));
    let table = |columns| {
        RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|source| ExplainError::Table { source })
    };
    Ok(Aligned {
        rows: table(of_rows)?,
        baseline: table(of_baseline)?,
    })
}

/// The type of the rows, unless the baseline's values do not fit into it.
fn common_type(
    name: &str,
    (rows, baseline): (&ArrayRef, &ArrayRef),
) -> Result<DataType, ExplainError> {
    let (own, other) = (rows.data_type(), baseline.data_type());
    let is_empty = |column: &ArrayRef| column.null_count() == column.len();
    if own == other || is_empty(baseline) {
        return Ok(own.clone());
    }
    if is_empty(rows) || *own == DataType::Utf8 {
        return Ok(if is_empty(rows) {
            other.clone()
        } else {
            own.clone()
        });
    }
    if own.is_integer() && other.is_integer() {
        return Ok(own.clone());
    }
    if own.is_numeric() && other.is_numeric() {
        let is_whole = other.is_floating() && all_whole(baseline);
        return Ok(match own.is_integer() && is_whole {
            true => own.clone(),
            false => DataType::Float64,
        });
    }
    if *own == DataType::Boolean || *other == DataType::Boolean {
        return Ok(DataType::Utf8);
    }
    Err(misfit(format!(
        "its column `{name}` holds {}, the data hold {}",
        kind(other),
        kind(own)
    )))
}

fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Utf8 => "texts",
        data_type if data_type.is_numeric() => "numbers",
        _ => "other values",
    }
}

fn all_whole(column: &ArrayRef) -> bool {
    let Ok(numbers) = cast(column, &DataType::Float64) else {
        return false;
    };
    let numbers = numbers.as_primitive::<Float64Type>();
    numbers.iter().flatten().all(|number| number.fract() == 0.0)
}

fn misfit(reason: String) -> ExplainError {
    ExplainError::Baseline { reason }
}

/// An error and its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Float64Array, Int64Array, StringArray};

    fn table(column: ArrayRef) -> RecordBatch {
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    #[track_caller]
    fn check(rows: ArrayRef, baseline: ArrayRef, expected: Option<DataType>) {
        let both = aligned(&table(rows), &table(baseline));
        let found = both.ok().map(|both| {
            assert_eq!(both.rows.schema(), both.baseline.schema());
            both.rows.column(0).data_type().clone()
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_baseline_takes_the_type_of_the_rows_where_it_fits() {
        let whole = || -> ArrayRef { Arc::new(Int64Array::from(vec![1, 2])) };
        let floats = |values: &[f64]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
        let texts = |values: &[&str]| -> ArrayRef { Arc::new(StringArray::from(values.to_vec())) };
        check(whole(), floats(&[3.0]), Some(DataType::Int64));
        check(whole(), floats(&[3.5]), Some(DataType::Float64));
        check(floats(&[0.5]), whole(), Some(DataType::Float64));
        check(texts(&["x"]), whole(), Some(DataType::Utf8));
        check(whole(), texts(&["x"]), None);
        let missing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
        check(whole(), missing, Some(DataType::Int64));
    }

    #[test]
    fn rows_of_a_configuration_are_csv_and_objects_are_json_lines() {
        let row = BaselineItem::Row(vec![
            Some(ConfigValue::Text("a \"b\", c".to_owned())),
            None,
            Some(ConfigValue::Float(0.5)),
        ]);
        let (bytes, format) = written(std::slice::from_ref(&row), Format::Csv).unwrap();
        assert_eq!(format, Format::Csv);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\"a \"\"b\"\", c\",,0.5\n"
        );
        let record = BaselineItem::Record(serde_json::Map::new());
        assert!(written(&[row, record.clone()], Format::Csv).is_err());
        let (bytes, format) = written(&[record], Format::Json).unwrap();
        assert_eq!(
            (bytes.as_slice(), format),
            (b"[{}]".as_slice(), Format::Json)
        );
    }
}
