//! The columns of a Parquet file as Probity reads them: structs flattened when
//! asked, text with its dictionary where the file has one.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, make_array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::basic::Encoding;
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use crate::dataset::error::ReadDataset;
use crate::dataset::options::Nested;
use crate::dataset::partition::ORIGINAL_NAME;

/// The schema to ask for: text columns as dictionaries where every page of
/// theirs refers to one, which spares copying and hashing each value.
pub(crate) fn with_dictionaries(schema: &Schema, metadata: &ParquetMetaData) -> SchemaRef {
    let mut leaf = 0;
    let fields: Fields = schema
        .fields()
        .iter()
        .map(|field| with_dictionary(field, metadata, &mut leaf))
        .collect();
    Arc::new(Schema::new(fields))
}

fn with_dictionary(field: &FieldRef, metadata: &ParquetMetaData, leaf: &mut usize) -> FieldRef {
    match field.data_type() {
        DataType::Struct(members) => {
            let members: Fields = members
                .iter()
                .map(|member| with_dictionary(member, metadata, leaf))
                .collect();
            Arc::new(
                field
                    .as_ref()
                    .clone()
                    .with_data_type(DataType::Struct(members)),
            )
        }
        data_type => {
            let position = *leaf;
            *leaf += 1;
            let chunks = || {
                metadata
                    .row_groups()
                    .iter()
                    .filter_map(|group| group.columns().get(position))
            };
            if *data_type != DataType::Utf8
                || chunks().next().is_none()
                || !chunks().all(is_dictionary)
            {
                return Arc::clone(field);
            }
            let dictionary =
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        }
    }
}

/// Writers give up a dictionary that grows too large in the middle of a chunk.
fn is_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let of_pages = chunk.page_encoding_stats_mask();
    let plain_pages = of_pages.is_some_and(|mask| mask.is_set(Encoding::PLAIN));
    chunk.dictionary_page_offset().is_some() && !plain_pages
}

/// One field per leaf, in the order of the leaves.
pub(crate) fn flat_schema(
    uri: &str,
    schema: &Schema,
    nested: Nested,
) -> Result<SchemaRef, ReadDataset> {
    let mut flat = Vec::new();
    for field in schema.fields() {
        let first = flat.len();
        flatten_field(uri, field, (field.name(), field.is_nullable()), &mut flat)?;
        if field.data_type().is_nested() {
            for member in &mut flat[first..] {
                let metadata = [(ORIGINAL_NAME.to_owned(), field.name().clone())];
                member.set_metadata(metadata.into_iter().collect());
            }
        }
        if nested == Nested::Refuse && field.data_type().is_nested() {
            return Err(unsupported(
                uri,
                field.name(),
                "nested members",
                "pass `--flatten` to make them columns",
            ));
        }
    }
    let mut names = HashSet::new();
    if let Some(repeated) = flat.iter().find(|field| !names.insert(field.name())) {
        return Err(ReadDataset::RepeatedColumn {
            uri: uri.to_owned(),
            column: repeated.name().clone(),
        });
    }
    Ok(Arc::new(Schema::new(flat)))
}

fn flatten_field(
    uri: &str,
    field: &Field,
    (name, nullable): (&str, bool),
    flat: &mut Vec<Field>,
) -> Result<(), ReadDataset> {
    match field.data_type() {
        DataType::Struct(members) => {
            for member in members {
                let name = format!("{name}.{}", member.name());
                flatten_field(uri, member, (&name, nullable || member.is_nullable()), flat)?;
            }
            Ok(())
        }
        data_type if data_type.is_nested() => Err(unsupported(
            uri,
            name,
            kind(data_type).plural(),
            "leave it out, or make columns of its elements beforehand",
        )),
        data_type if !kind(data_type).is_summarised() => Err(unsupported(
            uri,
            name,
            kind(data_type).plural(),
            "leave it out",
        )),
        data_type => {
            flat.push(Field::new(name, data_type.clone(), nullable));
            Ok(())
        }
    }
}

fn unsupported(uri: &str, column: &str, kind: &'static str, advice: &'static str) -> ReadDataset {
    ReadDataset::UnsupportedColumn {
        uri: uri.to_owned(),
        column: column.to_owned(),
        kind,
        advice,
    }
}

/// The leaves of `batch` in the order of `order`, under `schema`.
pub(crate) fn flat_batch(
    batch: &RecordBatch,
    order: &[usize],
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let mut leaves = Vec::with_capacity(order.len());
    for column in batch.columns() {
        flatten_array(column, None, &mut leaves)?;
    }
    let columns = order
        .iter()
        .map(|leaf| Arc::clone(&leaves[*leaf]))
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// A member is missing where its struct is.
fn flatten_array(
    array: &ArrayRef,
    outer: Option<&NullBuffer>,
    leaves: &mut Vec<ArrayRef>,
) -> Result<(), ArrowError> {
    let nulls = NullBuffer::union(outer, array.nulls());
    if let Some(members) = array.as_struct_opt() {
        for member in members.columns() {
            flatten_array(member, nulls.as_ref(), leaves)?;
        }
        return Ok(());
    }
    match outer {
        None => leaves.push(Arc::clone(array)),
        Some(_) => leaves.push(make_array(
            array.to_data().into_builder().nulls(nulls).build()?,
        )),
    }
    Ok(())
}

/// Types that may stand for each other in the files of one dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    Integer,
    Number,
    Text,
    Truth,
    Date,
    TimeOfDay,
    Timestamp,
    Duration,
    Bytes,
    List,
    Map,
    Other,
}

impl Kind {
    /// What a column holds, in the user's words.
    fn plural(self) -> &'static str {
        match self {
            Kind::Nothing => "nulls only",
            Kind::Integer => "integers",
            Kind::Number => "numbers",
            Kind::Text => "strings",
            Kind::Truth => "booleans",
            Kind::Date => "dates",
            Kind::TimeOfDay => "times of day",
            Kind::Timestamp => "timestamps",
            Kind::Duration => "durations",
            Kind::Bytes => "binary data",
            Kind::List => "lists",
            Kind::Map => "maps",
            Kind::Other => "nested data",
        }
    }

    fn is_summarised(self) -> bool {
        !matches!(
            self,
            Kind::Duration | Kind::Bytes | Kind::List | Kind::Map | Kind::Other
        )
    }

    fn may_stand_for(self, other: Kind) -> bool {
        let is_number = |kind| matches!(kind, Kind::Integer | Kind::Number);
        let is_time = |kind| matches!(kind, Kind::Date | Kind::TimeOfDay | Kind::Timestamp);
        self == other
            || (is_number(self) && is_number(other))
            || (is_time(self) && is_time(other))
            || self == Kind::Nothing
            || other == Kind::Nothing
    }
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Null => Kind::Nothing,
        DataType::Boolean => Kind::Truth,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::Dictionary(_, values) => kind(values),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Kind::Bytes,
        DataType::Date32 | DataType::Date64 => Kind::Date,
        DataType::Time32(_) | DataType::Time64(_) => Kind::TimeOfDay,
        DataType::Timestamp(_, _) => Kind::Timestamp,
        DataType::Duration(_) | DataType::Interval(_) => Kind::Duration,
        DataType::Map(_, _) => Kind::Map,
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) => Kind::List,
        integer if integer.is_integer() => Kind::Integer,
        numeric if numeric.is_numeric() => Kind::Number,
        _ => Kind::Other,
    }
}

/// The files of a dataset have the same columns, in any order; integers and
/// fractions may stand for each other.
pub(crate) fn check_types(
    (first_uri, first): (&str, &Schema),
    (uri, schema): (&str, &Schema),
) -> Result<(), ReadDataset> {
    for field in schema.fields() {
        let Ok(expected) = first.field_with_name(field.name()) else {
            continue;
        };
        let (expected, found) = (kind(expected.data_type()), kind(field.data_type()));
        if !found.may_stand_for(expected) {
            return Err(ReadDataset::TypesDiffer {
                first_uri: first_uri.to_owned(),
                uri: uri.to_owned(),
                column: field.name().clone(),
                first_type: expected.plural(),
                found_type: found.plural(),
            });
        }
    }
    Ok(())
}
