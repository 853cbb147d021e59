//! From a surveyed dataset to a file: columns chosen, renamed or decided from a score, then the
//! user's `select`, then columns left out.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::{StreamExt, TryStreamExt};

use super::csv_file::CsvFile;
use super::error::PrepareRecords;
use super::rows::{text_batches, with_rows};
use super::sql::{Batches, Source, select};
use super::survey::{Kind, Survey};

/// What becomes of the rows.
#[derive(Clone, Debug, Default)]
pub struct Prepare {
    /// `None`: all, as they are.
    pub columns: Option<Vec<Column>>,
    /// A `select … from records`.
    pub sql: Option<String>,
    /// Names that are left out at the end, where they are there.
    pub without: Vec<String>,
    /// By position, where all columns are called by their position (`_c0`, `_c1`, …) still.
    pub names: Option<Vec<String>>,
    /// The file.
    pub target: PathBuf,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// Position among those of the survey.
    pub from: usize,
    pub rule: Rule,
}

/// What is done with a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    AsItIs,
    /// The first where the number is greater, else the second; what is no number is missing.
    Above {
        threshold: f64,
        then: String,
        otherwise: String,
    },
}

/// A file that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    pub path: PathBuf,
    pub columns: Vec<String>,
    pub rows: u64,
    /// Before the user's `select`.
    pub rows_given: u64,
    /// Of the dataset, and what was done with it.
    pub notes: Vec<String>,
    /// How many of them are of the dataset.
    pub notes_of_dataset: usize,
}

/// Writes the file.
pub async fn prepare(survey: Survey, how: Prepare) -> Result<Prepared, PrepareRecords> {
    let rows_given = survey.rows;
    let survey = Arc::new(survey);
    let chosen = Arc::new(Chosen::of(&survey, how.columns));
    let source: Source = {
        let (survey, chosen) = (Arc::clone(&survey), Arc::clone(&chosen));
        Arc::new(move || {
            let chosen = Arc::clone(&chosen);
            let batches = text_batches(&survey);
            batches.map(move |batch| chosen.of_batch(&batch?)).boxed()
        })
    };
    let (schema, batches): (SchemaRef, Batches) = match &how.sql {
        None => (chosen.schema(), source()),
        Some(sql) => select(sql, (chosen.typed_schema(), source)).await?,
    };
    let named = named(&schema, how.names.as_deref());
    let kept: Vec<usize> = (0..named.len())
        .filter(|at| !how.without.contains(&named[*at]))
        .collect();
    let columns: Vec<String> = kept.iter().map(|at| named[*at].clone()).collect();
    let mut file = CsvFile::create(&how.target, columns.iter().map(String::as_str))?;
    let mut batches = batches;
    while let Some(batch) = batches.try_next().await? {
        let batch = batch
            .project(&kept)
            .map_err(|error| PrepareRecords::from_engine(error.into()))?;
        file.write(&batch, None)?;
    }
    let rows = file.finish()?;
    let mut notes = survey.notes.clone();
    let notes_of_dataset = notes.len();
    if how.sql.is_some() {
        notes.push(format!(
            "the SQL of the records made {rows} rows of {rows_given}"
        ));
    }
    Ok(Prepared {
        path: how.target,
        columns,
        rows,
        rows_given,
        notes,
        notes_of_dataset,
    })
}

/// The names of the columns; `names` where they have none of their own.
fn named(schema: &SchemaRef, names: Option<&[String]>) -> Vec<String> {
    let own = schema.fields().iter().map(|field| field.name().clone());
    let own: Vec<String> = own.collect();
    let is_position = |name: &String| {
        let digits = name.strip_prefix("_c");
        digits.is_some_and(|digits| digits.parse::<usize>().is_ok())
    };
    match names {
        Some(names) if own.iter().all(is_position) => {
            let named = own.iter().enumerate();
            named
                .map(|(at, name)| names.get(at).unwrap_or(name).clone())
                .collect()
        }
        Some(_) | None => own,
    }
}

/// The chosen columns, and their types as the user's `select` sees them.
struct Chosen {
    columns: Vec<Column>,
    kinds: Vec<Kind>,
}

impl Chosen {
    fn of(survey: &Survey, columns: Option<Vec<Column>>) -> Chosen {
        let columns = columns.unwrap_or_else(|| {
            survey
                .names()
                .enumerate()
                .map(|(from, name)| Column {
                    name: name.to_owned(),
                    from,
                    rule: Rule::AsItIs,
                })
                .collect()
        });
        let kind = |column: &Column| match &column.rule {
            Rule::AsItIs => survey.columns[column.from].kind,
            Rule::Above {
                then, otherwise, ..
            } => match then.parse::<i64>().and(otherwise.parse::<i64>()) {
                Ok(_) => Kind::Whole,
                Err(_) => Kind::Text,
            },
        };
        Chosen {
            kinds: columns.iter().map(kind).collect(),
            columns,
        }
    }

    fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter();
        let fields = fields.map(|column| Field::new(&column.name, DataType::Utf8, true));
        Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
    }

    fn typed_schema(&self) -> SchemaRef {
        let fields = self.columns.iter().zip(&self.kinds);
        let fields = fields.map(|(column, kind)| {
            let kind = match kind {
                Kind::Whole => DataType::Int64,
                Kind::Number => DataType::Float64,
                Kind::Empty | Kind::Text => DataType::Utf8,
            };
            Field::new(&column.name, kind, true)
        });
        Arc::new(Schema::new(fields.collect::<Vec<Field>>()))
    }

    fn of_batch(&self, batch: &RecordBatch) -> Result<RecordBatch, PrepareRecords> {
        let columns = self.columns.iter().map(|column| {
            let values = batch.column(column.from);
            match &column.rule {
                Rule::AsItIs => Arc::clone(values),
                Rule::Above {
                    threshold,
                    then,
                    otherwise,
                } => decided(values, *threshold, (then, otherwise)),
            }
        });
        with_rows(&self.schema(), columns.collect(), batch.num_rows())
    }
}

fn decided(values: &ArrayRef, threshold: f64, (then, otherwise): (&str, &str)) -> ArrayRef {
    let Some(texts) = values.as_string_opt::<i32>() else {
        return Arc::clone(values);
    };
    let labels = texts.iter().map(|text| {
        let score: f64 = text?.trim().parse().ok()?;
        Some(match score > threshold {
            true => then,
            false => otherwise,
        })
    });
    Arc::new(labels.collect::<StringArray>())
}
