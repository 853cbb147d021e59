//! Parts of a prepared file by the values of its columns: a file for each of the most frequent
//! values, and one for all others together.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use futures::TryStreamExt;
use probity_data::dataset::{self, ColumnChoice, Dataset, Format, ReadOptions};
use probity_data::location::{Environment, find_files};

use super::csv_file::CsvFile;
use super::error::PrepareRecords;

/// Distinct values that are counted; a column with more is no segment.
const COUNTED: usize = 10_000;

/// What rows without a value are called.
const MISSING: &str = "(missing)";
/// What the smallest groups together are called.
const OTHERS: &str = "(others)";

/// How rows are put apart.
#[derive(Clone, Debug)]
pub struct SplitBy {
    /// For messages.
    pub variable: &'static str,
    /// Each by itself, not in combination.
    pub columns: Vec<String>,
    /// Values of a column that get a part of their own.
    pub limit: usize,
    pub keep: KeepColumn,
    /// The parts lie below it.
    pub folder: PathBuf,
}

/// Whether a part has the column that it was made by, in which it has one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepColumn {
    Kept,
    LeftOut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub column: String,
    pub value: String,
    pub rows: u64,
    pub path: PathBuf,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// By column, the most frequent value first.
    pub parts: Vec<Segment>,
    pub notes: Vec<String>,
}

/// The parts of `file`.
pub async fn split(
    file: &Path,
    by: &SplitBy,
    environment: &Environment,
) -> Result<Segments, PrepareRecords> {
    let files = find_files(&file.display().to_string(), environment).await?;
    let dataset = dataset::open(files, prepared_read()).await?;
    let mut found = Segments::default();
    for (number, column) in by.columns.iter().enumerate() {
        let place = place(&dataset, column, by.variable).await?;
        let Some((name, at)) = place else {
            continue;
        };
        let counts = count(&dataset, at).await?;
        let Some(counts) = counts else {
            found.notes.push(format!(
                "`{name}` has more than {COUNTED} values and makes no segments"
            ));
            continue;
        };
        let groups = Groups::of(counts, by.limit);
        if groups.n_others > 0 {
            found.notes.push(format!(
                "the {} smallest values of `{name}` are put together as `{OTHERS}`",
                groups.n_others
            ));
        }
        let folder = by.folder.join(number.to_string());
        let parts = write(&dataset, (&name, at, by.keep), (groups, &folder)).await?;
        found.parts.extend(parts);
    }
    Ok(found)
}

/// How a prepared file is read.
pub(crate) fn prepared_read() -> ReadOptions {
    ReadOptions {
        format: Some(Format::Csv),
        delimiter: Some(b','),
        ..ReadOptions::default()
    }
}

/// `None` of a file without a record.
async fn place(
    dataset: &Dataset,
    column: &str,
    variable: &'static str,
) -> Result<Option<(String, usize)>, PrepareRecords> {
    let first = dataset.partitions().try_next().await?;
    let Some(first) = first else {
        return Ok(None);
    };
    let schema = first.schema()?;
    let at = ColumnChoice::from(column)
        .resolve(&schema)
        .map_err(|source| PrepareRecords::Column { variable, source })?;
    Ok(Some((schema.field(at).name().clone(), at)))
}

/// Rows of every value; `None` of a column with too many.
async fn count(
    dataset: &Dataset,
    at: usize,
) -> Result<Option<HashMap<Option<String>, u64>>, PrepareRecords> {
    let mut counts: HashMap<Option<String>, u64> = HashMap::new();
    let mut partitions = dataset.partitions();
    while let Some(partition) = partitions.try_next().await? {
        let mut batches = partition.stream(Some(vec![at]))?;
        while let Some(batch) = next(&mut batches).await? {
            for value in values(batch.column(0)) {
                *counts.entry(value.map(str::to_owned)).or_default() += 1;
            }
            if counts.len() > COUNTED {
                return Ok(None);
            }
        }
    }
    Ok(Some(counts))
}

async fn next(
    batches: &mut datafusion::execution::SendableRecordBatchStream,
) -> Result<Option<datafusion::arrow::array::RecordBatch>, PrepareRecords> {
    batches
        .try_next()
        .await
        .map_err(PrepareRecords::from_engine)
}

fn values(column: &ArrayRef) -> impl Iterator<Item = Option<&str>> {
    let texts = column.as_string_opt::<i32>();
    (0..column.len()).map(move |row| {
        let texts = texts?;
        texts.is_valid(row).then(|| texts.value(row))
    })
}

/// Which part a value belongs to.
struct Groups {
    names: Vec<String>,
    part_of: HashMap<Option<String>, usize>,
    n_others: usize,
}

impl Groups {
    fn of(counts: HashMap<Option<String>, u64>, limit: usize) -> Groups {
        let mut ordered: Vec<(Option<String>, u64)> = counts.into_iter().collect();
        // Of equal counts the value decides, so that two runs agree.
        ordered.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        let limit = limit.max(1);
        let n_others = ordered.len().saturating_sub(limit);
        let mut groups = Groups {
            names: Vec::new(),
            part_of: HashMap::new(),
            n_others,
        };
        for (value, _) in ordered {
            let part = groups.names.len().min(limit);
            if part == groups.names.len() {
                groups.names.push(match (&value, part == limit) {
                    (_, true) => OTHERS.to_owned(),
                    (None, false) => MISSING.to_owned(),
                    (Some(text), false) => text.clone(),
                });
            }
            groups.part_of.insert(value, part);
        }
        groups
    }
}

async fn write(
    dataset: &Dataset,
    (name, at, keep): (&str, usize, KeepColumn),
    (groups, folder): (Groups, &Path),
) -> Result<Vec<Segment>, PrepareRecords> {
    let mut files: Vec<CsvFile> = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut partitions = dataset.partitions();
    while let Some(partition) = partitions.try_next().await? {
        let schema = partition.schema()?;
        let kept: Vec<usize> = (0..schema.fields().len())
            .filter(|column| keep == KeepColumn::Kept || *column != at)
            .collect();
        if files.is_empty() {
            for part in 0..groups.names.len() {
                let path = folder.join(format!("{part}.csv"));
                let names = kept
                    .iter()
                    .map(|column| schema.field(*column).name().as_str());
                files.push(CsvFile::create(&path, names)?);
                paths.push(path);
            }
        }
        let mut batches = partition.stream(None)?;
        while let Some(batch) = next(&mut batches).await? {
            let mut rows_of: Vec<Vec<usize>> = vec![Vec::new(); files.len()];
            for (row, value) in values(batch.column(at)).enumerate() {
                let part = groups.part_of.get(&value.map(str::to_owned));
                if let Some(rows) = part.and_then(|part| rows_of.get_mut(*part)) {
                    rows.push(row);
                }
            }
            let batch = batch
                .project(&kept)
                .map_err(|error| PrepareRecords::from_engine(error.into()))?;
            for (file, rows) in files.iter_mut().zip(&rows_of) {
                file.write(&batch, Some(rows))?;
            }
        }
    }
    let named = groups.names.into_iter().zip(paths);
    let mut parts = Vec::with_capacity(files.len());
    for (file, (value, path)) in files.into_iter().zip(named) {
        parts.push(Segment {
            column: name.to_owned(),
            value,
            rows: file.finish()?,
            path,
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_values_have_parts_of_their_own() {
        let counts = [
            (Some("a"), 5),
            (Some("b"), 9),
            (None, 7),
            (Some("c"), 1),
            (Some("d"), 1),
        ];
        let counts = counts.map(|(value, n)| (value.map(str::to_owned), n));
        let groups = Groups::of(counts.into_iter().collect(), 3);
        assert_eq!(groups.names, ["b", MISSING, "a", OTHERS]);
        assert_eq!(groups.n_others, 2);
        assert_eq!(groups.part_of[&Some("d".to_owned())], 3);
    }
}
