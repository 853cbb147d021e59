//! A dataset as the user named it, scanned once.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use probity_data::dataset::{self, ReadOptions};
use probity_data::location::{Environment, find_files};
use probity_domain::document::probity_file::DatasetFacts;

use super::AnalysisError;
use crate::scan::{Progress, ScanOptions, TableSummary, scan};

/// Where the rows are and how to read them.
#[derive(Clone, Debug)]
pub struct Input {
    pub location: String,
    pub read: ReadOptions,
    pub redacted: BTreeSet<String>,
    pub threads: NonZeroUsize,
}

/// A dataset after its scan.
#[derive(Clone, Debug)]
pub(crate) struct Scanned {
    pub table: TableSummary,
    pub dataset: DatasetFacts,
}

/// What the caller lends: the environment, and a place to show progress.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub environment: &'a Environment,
    pub progress: Progress<'a>,
    /// Told the size of the input before the scan, where it is known.
    pub on_size: &'a (dyn Fn(Option<u64>) + Send + Sync),
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}

/// Finds, reads and summarises the dataset of `input`.
pub(crate) async fn scan_input(
    input: &Input,
    surroundings: Surroundings<'_>,
) -> Result<Scanned, AnalysisError> {
    let files = find_files(&input.location, surroundings.environment).await?;
    let size = files
        .iter()
        .map(|file| file.size_bytes())
        .sum::<Option<u64>>();
    (surroundings.on_size)(size);
    let dataset = dataset::open(files, input.read.clone()).await?;
    let options = ScanOptions {
        threads: input.threads,
        redacted: input.redacted.clone(),
    };
    let table = scan(&dataset, &options, surroundings.progress).await?;
    let facts = DatasetFacts {
        sources: vec![input.location.clone()],
        format: dataset.format().name().to_owned(),
        rows: table.rows,
        files: dataset.files() as u64,
        partitions: table.partitions,
        notes: dataset.notes(),
    };
    Ok(Scanned {
        table,
        dataset: facts,
    })
}
