//! What columns a dataset has, and whether their texts are numbers: found by one reading of all
//! partitions, because columns of JSON appear as they may.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::{self, CaptureSide, Dataset, Format, Partition};
use probity_data::location::{Environment, find_files};

use super::error::PrepareRecords;
use crate::data_quality::Input;

/// A dataset, and all of its columns in the order of first appearance.
#[derive(Debug)]
pub struct Survey {
    pub columns: Vec<SurveyedColumn>,
    pub rows: u64,
    pub location: String,
    /// What was decided while reading.
    pub notes: Vec<String>,
    pub(super) dataset: Dataset,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyedColumn {
    pub name: String,
    /// Of captured events.
    pub side: Option<CaptureSide>,
    pub kind: Kind,
    /// The first value, for telling what the column may be.
    pub example: Option<String>,
    /// As the first partition that has it describes it.
    field: Field,
}

/// The narrowest reading of all values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing but missing values.
    #[default]
    Empty,
    Whole,
    Number,
    Text,
}

impl Survey {
    /// Names of the columns, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Positions of the columns of a side, in their order.
    pub fn on_side(&self, side: CaptureSide) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns
            .filter(|(_, column)| column.side == Some(side))
            .map(|(at, _)| at)
            .collect()
    }

    pub fn format(&self) -> Format {
        self.dataset.format()
    }

    /// All columns as texts, with their sides.
    pub fn schema(&self) -> Schema {
        let fields = self.columns.iter().map(|column| column.field.clone());
        Schema::new(fields.collect::<Vec<Field>>())
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// Reads the dataset of `input` once.
pub async fn survey(input: &Input, environment: &Environment) -> Result<Survey, PrepareRecords> {
    let files = find_files(&input.location, environment).await?;
    let dataset = dataset::open(files, input.read.clone()).await?;
    let threads = input.threads.get();
    let mut parts = dataset
        .partitions()
        .map_err(PrepareRecords::from)
        .map_ok(|partition| async move { tokio::spawn(survey_partition(partition)).await? })
        .try_buffered(threads);
    let mut columns: Vec<SurveyedColumn> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = 0;
    while let Some(part) = parts.try_next().await? {
        for column in part.columns {
            match places.get(&column.name) {
                Some(at) => {
                    let known = &mut columns[*at];
                    known.kind = known.kind.max(column.kind);
                }
                None => {
                    places.insert(column.name.clone(), columns.len());
                    columns.push(column);
                }
            }
        }
        rows += part.rows;
    }
    drop(parts);
    Ok(Survey {
        columns,
        rows,
        location: input.location.clone(),
        notes: dataset.notes(),
        dataset,
    })
}

struct Part {
    columns: Vec<SurveyedColumn>,
    rows: u64,
}

async fn survey_partition(partition: Partition) -> Result<Part, PrepareRecords> {
    let schema = partition.schema()?;
    let mut columns: Vec<SurveyedColumn> = schema
        .fields()
        .iter()
        .map(|field| SurveyedColumn {
            name: field.name().clone(),
            side: CaptureSide::of(field),
            kind: Kind::Empty,
            example: None,
            field: field.as_ref().clone(),
        })
        .collect();
    let mut rows = 0;
    let mut batches = partition.stream(None)?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(PrepareRecords::from_engine)?;
        rows += batch.num_rows() as u64;
        for (column, values) in columns.iter_mut().zip(batch.columns()) {
            if column.kind < Kind::Text {
                column.kind = column.kind.max(kind_of(values));
            }
            if column.example.is_none() {
                column.example = first_of(values);
            }
        }
    }
    Ok(Part { columns, rows })
}

fn first_of(values: &ArrayRef) -> Option<String> {
    let texts = values.as_string_opt::<i32>()?;
    texts.iter().flatten().next().map(str::to_owned)
}

fn kind_of(values: &ArrayRef) -> Kind {
    match values.data_type() {
        DataType::Null => Kind::Empty,
        kind if kind.is_integer() => Kind::Whole,
        kind if kind.is_numeric() => Kind::Number,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            match cast(values, &DataType::Utf8) {
                Ok(texts) => kind_of_texts(&texts),
                Err(_) => Kind::Text,
            }
        }
        _ => Kind::Text,
    }
}

fn kind_of_texts(values: &ArrayRef) -> Kind {
    let Some(texts) = values.as_string_opt::<i32>() else {
        return Kind::Text;
    };
    let mut found = Kind::Empty;
    for text in texts.iter().flatten() {
        found = found.max(kind_of_text(text));
        if found == Kind::Text {
            break;
        }
    }
    found
}

/// As explanations take texts for numbers: `007` is a name, `nan` and `inf` are words.
fn kind_of_text(text: &str) -> Kind {
    let text = text.trim();
    if text.is_empty() {
        return Kind::Empty;
    }
    let digits = text.trim_start_matches('-').as_bytes();
    if digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() {
        return Kind::Text;
    }
    if text.parse::<i64>().is_ok() {
        return Kind::Whole;
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Kind::Number,
        Ok(_) | Err(_) => Kind::Text,
    }
}

/// How columns of a partition lie in those of the whole.
pub(super) fn places(survey: &Survey, partition: &Partition) -> Result<Places, PrepareRecords> {
    let schema = partition.schema()?;
    let at = survey
        .columns
        .iter()
        .map(|column| schema.index_of(&column.name).ok());
    Ok(Places(Arc::from(at.collect::<Vec<_>>())))
}

/// For each column of the whole, its position in the partition.
#[derive(Clone, Debug)]
pub(super) struct Places(pub(super) Arc<[Option<usize>]>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_narrowest_thing_it_can_be() {
        for (text, expected) in [
            ("", Kind::Empty),
            (" ", Kind::Empty),
            ("-3", Kind::Whole),
            ("0", Kind::Whole),
            ("0.5", Kind::Number),
            ("1e3", Kind::Number),
            ("007", Kind::Text),
            ("nan", Kind::Text),
            ("north", Kind::Text),
        ] {
            assert_eq!(kind_of_text(text), expected, "{text}");
        }
    }
}
