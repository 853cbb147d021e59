//! Reads files written for a test back as rows of text.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::{StreamExt, TryStreamExt};
use probity_data::location::SourceFile;
use probity_data::{Dataset, Format, ORIGINAL_NAME, ReadDataset, ReadOptions};

/// What was read, with the columns in order of first appearance.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) format: Format,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// What columns are called in the data, where it is another name.
    pub(crate) original_names: BTreeMap<String, String>,
    pub(crate) notes: Vec<String>,
    pub(crate) partitions: usize,
    /// Of each partition.
    pub(crate) schemas: Vec<SchemaRef>,
}

/// Writes the files and reads them as one dataset.
pub(crate) fn read(files: &[(&str, &[u8])], options: ReadOptions) -> Result<Table, String> {
    let folder = tempfile::tempdir().unwrap();
    let sources = files
        .iter()
        .map(|(name, content)| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            SourceFile::local(path)
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let prefix = format!("{}/", folder.path().display());
    runtime
        .block_on(read_sources(sources, options))
        .map_err(|error| error.to_string().replace(&prefix, ""))
}

pub(crate) async fn read_sources(
    sources: Vec<SourceFile>,
    options: ReadOptions,
) -> Result<Table, ReadDataset> {
    read_dataset(&probity_data::open(sources, options).await?).await
}

pub(crate) async fn read_dataset(dataset: &Dataset) -> Result<Table, ReadDataset> {
    let mut rows: Vec<BTreeMap<usize, String>> = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    let mut original_names = BTreeMap::new();
    let mut n_partitions = 0;
    let mut schemas = Vec::new();
    let mut partitions = dataset.partitions();
    while let Some(partition) = partitions.try_next().await? {
        n_partitions += 1;
        let mut batches = partition.stream(None)?;
        schemas.push(batches.schema());
        for field in batches.schema().fields() {
            if let Some(original) = field.metadata().get(ORIGINAL_NAME) {
                original_names.insert(field.name().clone(), original.clone());
            }
        }
        let positions: Vec<usize> = batches
            .schema()
            .fields()
            .iter()
            .map(|field| position_of(&mut columns, field.name()))
            .collect();
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| match error {
                datafusion::common::DataFusionError::External(cause) => {
                    *cause.downcast::<ReadDataset>().unwrap()
                }
                other => panic!("{other}"),
            })?;
            for row in 0..batch.num_rows() {
                let values = positions.iter().zip(batch.columns());
                rows.push(
                    values
                        .filter_map(|(at, array)| Some((*at, text(array, row)?)))
                        .collect(),
                );
            }
        }
    }
    let width = columns.len();
    let rows = rows
        .into_iter()
        .map(|mut row| (0..width).map(|at| row.remove(&at)).collect())
        .collect();
    Ok(Table {
        format: dataset.format(),
        columns,
        rows,
        original_names,
        notes: dataset.notes(),
        partitions: n_partitions,
        schemas,
    })
}

fn position_of(columns: &mut Vec<String>, name: &str) -> usize {
    if let Some(at) = columns.iter().position(|column| column == name) {
        return at;
    }
    columns.push(name.to_owned());
    columns.len() - 1
}

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    let missing = array.is_null(row);
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).unwrap();
    (!missing).then(|| formatter.value(row).to_string())
}

/// Rows as one line each, `·` for missing values.
#[track_caller]
pub(crate) fn check(files: &[(&str, &str)], options: ReadOptions, columns: &str, rows: &[&str]) {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    let table = read(&files, options).unwrap();
    assert_eq!(table.columns.join("|"), columns);
    assert_eq!(lines(&table), rows);
}

pub(crate) fn lines(table: &Table) -> Vec<String> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "·".to_owned());
    table
        .rows
        .iter()
        .map(|row| row.iter().map(value).collect::<Vec<_>>().join("|"))
        .collect()
}

#[track_caller]
pub(crate) fn check_error(files: &[(&str, &[u8])], options: ReadOptions, expected: &str) {
    match read(files, options) {
        Ok(table) => panic!("read {} rows, expected: {expected}", table.rows.len()),
        Err(message) => assert_eq!(message, expected),
    }
}

pub(crate) fn options() -> ReadOptions {
    ReadOptions::default()
}

pub(crate) fn small_blocks(block_size_bytes: u64) -> ReadOptions {
    ReadOptions {
        block_size_bytes,
        ..ReadOptions::default()
    }
}
