//! Records as a model sees them, where no configuration says what they are; and their scores.

use datafusion::arrow::array::RecordBatch;
use probity_data::dataset::{self, ReadOptions};
use probity_data::location::find_files;
use probity_data::model::Predictions;
use probity_domain::document::probity_file::DatasetFacts;

use super::error::ExplainError;
use super::table::read_table;
use crate::bias::BiasError;
use crate::data_quality::{Input, Surroundings};
use crate::model::Model;

/// Records that are asked at once.
const RECORDS_AT_ONCE: usize = 1 << 14;

/// What the model sees of a dataset.
#[derive(Clone, Debug)]
pub struct Records {
    pub rows: RecordBatch,
    pub dataset: DatasetFacts,
    /// How the data were read, for a baseline like them.
    pub read: ReadOptions,
}

impl Records {
    /// Names of the columns.
    pub fn features(&self) -> Vec<String> {
        super::trees::names(&self.rows)
    }

    pub(crate) fn without(mut self, unused: &[String]) -> Result<Records, ExplainError> {
        let kept: Vec<usize> = self
            .features()
            .iter()
            .enumerate()
            .filter(|(_, name)| !unused.contains(name))
            .map(|(at, _)| at)
            .collect();
        self.rows = self
            .rows
            .project(&kept)
            .map_err(|source| ExplainError::Table { source })?;
        self.dataset.notes.push(format!(
            "left out, since the model has no such features: {}",
            unused.join(", ")
        ));
        Ok(self)
    }
}

/// All columns of a dataset but `excluded` ones.
pub async fn read_records(
    input: &Input,
    excluded: &[String],
    surroundings: Surroundings<'_>,
) -> Result<Records, ExplainError> {
    let files = find_files(&input.location, surroundings.environment).await?;
    (surroundings.on_size)(files.iter().map(|file| file.size_bytes()).sum());
    let opened = dataset::open(files, input.read.clone()).await?;
    let schema = crate::bias::first_schema(&opened, &input.location).await;
    let schema = schema.map_err(|error| match error {
        BiasError::NoRows { location } => ExplainError::NoRows { location },
        error => ExplainError::Configured(error),
    })?;
    let known: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    if let Some(unknown) = excluded.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(ExplainError::Unfit {
            problems: format!(
                "`{}` has no column `{unknown}` to exclude; it has {}",
                input.location,
                known.join(", ")
            ),
        });
    }
    let columns: Vec<String> = known
        .iter()
        .filter(|name| !excluded.iter().any(|excluded| excluded == *name))
        .map(|name| (*name).to_owned())
        .collect();
    if columns.is_empty() {
        return Err(ExplainError::Unfit {
            problems: "every column is excluded: none is left for the model".to_owned(),
        });
    }
    let table = read_table(
        &opened,
        &columns,
        input.threads.get(),
        surroundings.progress,
    )
    .await?;
    if table.rows.num_rows() == 0 {
        return Err(ExplainError::NoRows {
            location: input.location.clone(),
        });
    }
    Ok(Records {
        dataset: DatasetFacts {
            sources: vec![input.location.clone()],
            format: opened.format().name().to_owned(),
            rows: table.rows.num_rows() as u64,
            files: opened.files() as u64,
            partitions: table.partitions,
            notes: opened.notes(),
        },
        rows: table.rows,
        read: input.read.clone(),
    })
}

/// What a model says of all records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    scores: Vec<f64>,
    n_outputs: usize,
    names: Option<Vec<String>>,
    n_records: usize,
    pub labels: Option<Vec<String>>,
}

impl Scored {
    /// The outputs' names, or `score0`, `score1`, ….
    pub fn output_names(&self) -> Vec<String> {
        let names = self.names.clone();
        let names = names.filter(|names| names.len() == self.n_outputs);
        names.unwrap_or_else(|| (0..self.n_outputs).map(|at| format!("score{at}")).collect())
    }

    /// The scores of each record.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        (0..self.n_records).map(|row| &self.scores[row * self.n_outputs..][..self.n_outputs])
    }
}

/// Asks a model for all records, in their order.
pub async fn score(model: &Model, records: &RecordBatch) -> Result<Scored, ExplainError> {
    let mut whole = Scored::default();
    let mut start = 0;
    while start < records.num_rows() {
        let n = RECORDS_AT_ONCE.min(records.num_rows() - start);
        let part = model.asked.predict(&records.slice(start, n)).await;
        let part = part.map_err(|source| ExplainError::Ask {
            rows: format!("rows {start} to {}", start + n - 1),
            source,
        })?;
        whole.append(part, n)?;
        start += n;
    }
    Ok(whole)
}

impl Scored {
    fn append(&mut self, part: Predictions, n_records: usize) -> Result<(), ExplainError> {
        if self.n_records > 0 && self.n_outputs != part.n_outputs {
            return Err(ExplainError::Outputs {
                found: part.n_outputs,
                expected: self.n_outputs,
            });
        }
        self.n_outputs = part.n_outputs;
        self.names = part.output_names;
        self.scores.extend(part.scores);
        if let Some(labels) = part.labels {
            self.labels.get_or_insert_default().extend(labels);
        }
        self.n_records += n_records;
        Ok(())
    }
}
