//! One scan of a dataset: every column's summary, computed on all cores.
//!
//! The dataset cuts itself into partitions by its content alone. Each partition runs
//! DataFusion aggregate plans; its states are merged in the order of the partitions,
//! however many cores worked on them, so the answer has the same bytes on any machine.
//! Cores share partitions; of a wide table they share the columns of one partition, so that
//! only one state of each column is held, and a few more.

mod plan;

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::common::DataFusionError;
use futures::{StreamExt, TryStreamExt};
use probity_data::dataset::{Dataset, Partition, ReadDataset};
use probity_metrics::summary::{ColumnSummary, ReadState, Summary};
use thiserror::Error;
use tokio::task::JoinError;

use crate::engine_error::reader_error;
use plan::{ColumnState, Functions, PartitionSource};

/// Columns that one plan aggregates. A partition with more is wide.
const COLUMNS_PER_PLAN: usize = 256;

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Cores in work at once. Never changes the answer.
    pub threads: NonZeroUsize,
    /// Columns whose values are hashed before anything is counted, by the name in the data:
    /// a repeated header and the parts of a flattened member count as their original.
    pub redacted: BTreeSet<String>,
}

/// Every column of a dataset, summarised.
#[derive(Clone, Debug, Default)]
pub struct TableSummary {
    /// In the order of first appearance.
    pub columns: Vec<(String, ColumnSummary)>,
    pub rows: u64,
    pub partitions: u64,
}

#[derive(Debug, Error)]
pub enum Scan {
    #[error(transparent)]
    Read(#[from] ReadDataset),
    #[error("failed to summarise `{source_file}`")]
    Aggregate {
        source_file: String,
        source: DataFusionError,
    },
    #[error("failed to read back a column's summary")]
    State(#[from] ReadState),
    #[error("no column named `{name}` to redact; `probity profile` lists the names")]
    NothingToRedact { name: String },
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
}

/// What a caller may show while a scan runs.
pub type Progress<'a> = &'a (dyn Fn(&Partition) + Send + Sync);

/// What a worker makes of a partition.
enum Part {
    Summarised {
        rows: u64,
        states: Vec<ColumnState>,
    },
    /// To be shared by all workers, column by column.
    Wide(PartitionSource),
}

/// Scans `dataset` once.
pub async fn scan(
    dataset: &Dataset,
    options: &ScanOptions,
    progress: Progress<'_>,
) -> Result<TableSummary, Scan> {
    let functions = Arc::new(Functions::new(&options.redacted));
    let mut parts = dataset
        .partitions()
        .map_err(Scan::from)
        .map_ok(|partition| {
            let partition = Arc::new(partition);
            let functions = Arc::clone(&functions);
            async move {
                let task = tokio::spawn(summarise(Arc::clone(&partition), functions));
                Ok((partition, task.await??))
            }
        })
        .try_buffered(options.threads.get());
    let mut growing = Growing::default();
    while let Some((partition, part)) = parts.try_next().await? {
        growing.begin_partition();
        match part {
            Part::Summarised { rows, states } => {
                for state in states {
                    growing.add(state)?;
                }
                growing.end_partition(rows);
            }
            Part::Wide(source) => {
                add_wide(&mut growing, source, &functions, options.threads).await?;
            }
        }
        progress(&partition);
    }
    drop(parts);
    for name in &options.redacted {
        if !growing.redacted.contains(name) && growing.table.partitions > 0 {
            return Err(Scan::NothingToRedact { name: name.clone() });
        }
    }
    Ok(growing.table)
}

/// Summarises a partition, unless it is wide.
async fn summarise(partition: Arc<Partition>, functions: Arc<Functions>) -> Result<Part, Scan> {
    let n_columns = partition.schema()?.fields().len();
    if n_columns > COLUMNS_PER_PLAN {
        let source = PartitionSource::for_many_plans(Arc::clone(&partition)).await;
        return Ok(Part::Wide(
            source.map_err(|error| from_engine(partition.uri(), error))?,
        ));
    }
    let source = PartitionSource::for_one_plan(Arc::clone(&partition))
        .map_err(|error| from_engine(partition.uri(), error))?;
    let states = source
        .aggregate((0..n_columns).collect(), &functions)
        .await
        .map_err(|error| from_engine(partition.uri(), error))?;
    Ok(Part::Summarised {
        rows: source.rows(),
        states,
    })
}

/// Summarises a wide partition, a block of columns per worker, and merges each block as soon
/// as it is done.
async fn add_wide(
    growing: &mut Growing,
    source: PartitionSource,
    functions: &Arc<Functions>,
    threads: NonZeroUsize,
) -> Result<(), Scan> {
    let n_columns = source.schema().fields().len();
    let source = Arc::new(source);
    let mut blocks =
        futures::stream::iter((0..n_columns).step_by(COLUMNS_PER_PLAN))
            .map(|first| {
                let (source, functions) = (Arc::clone(&source), Arc::clone(functions));
                let columns = (first..n_columns.min(first + COLUMNS_PER_PLAN)).collect();
                async move {
                    tokio::spawn(async move { source.aggregate(columns, &functions).await }).await
                }
            })
            .buffered(threads.get());
    while let Some(states) = blocks.next().await {
        for state in states?.map_err(|error| from_engine(source.uri(), error))? {
            growing.add(state)?;
        }
    }
    drop(blocks);
    growing.end_partition(source.rows());
    Ok(())
}

/// A reader's own error keeps its type; what the engine adds is kept as a source.
fn from_engine(uri: &str, error: DataFusionError) -> Scan {
    match reader_error(error) {
        Ok(read) => Scan::Read(read),
        Err(source) => Scan::Aggregate {
            source_file: uri.to_owned(),
            source,
        },
    }
}

/// A table that grows by partitions, matching columns by name.
#[derive(Default)]
struct Growing {
    table: TableSummary,
    places: HashMap<String, usize>,
    /// Which columns the current partition has.
    seen: Vec<bool>,
    /// Names of the user's that were found and redacted.
    redacted: BTreeSet<String>,
}

impl Growing {
    fn begin_partition(&mut self) {
        self.seen.clear();
        self.seen.resize(self.table.columns.len(), false);
    }

    fn add(&mut self, state: ColumnState) -> Result<(), ReadState> {
        let summary = ColumnSummary::from_bytes(&state.bytes)?;
        self.redacted.extend(state.redacted_as);
        self.add_summary(state.name, summary);
        Ok(())
    }

    fn add_summary(&mut self, name: String, summary: ColumnSummary) {
        if let Some(&place) = self.places.get(&name) {
            self.table.columns[place].1.merge(&summary);
            self.seen[place] = true;
            return;
        }
        let mut whole = ColumnSummary::default();
        if self.table.rows > 0 {
            // The rows before this column first appeared lack a value in it.
            whole.update_missing(self.table.rows);
            whole.merge(&summary);
        } else {
            whole = summary;
        }
        self.places.insert(name.clone(), self.table.columns.len());
        self.table.columns.push((name, whole));
        self.seen.push(true);
    }

    /// Rows of the partition in which a known column did not appear lack a value in it.
    fn end_partition(&mut self, rows: u64) {
        for (place, seen) in self.seen.iter().enumerate() {
            if !seen {
                self.table.columns[place].1.update_missing(rows);
            }
        }
        self.table.rows += rows;
        self.table.partitions += 1;
    }
}

impl TableSummary {
    /// Adds the rows of `other` after ours, matching columns by name.
    pub fn merge(&mut self, other: TableSummary) {
        let places = self.columns.iter().enumerate();
        let mut growing = Growing {
            places: places
                .map(|(place, (name, _))| (name.clone(), place))
                .collect(),
            table: std::mem::take(self),
            ..Growing::default()
        };
        growing.begin_partition();
        for (name, summary) in other.columns {
            growing.add_summary(name, summary);
        }
        growing.end_partition(other.rows);
        *self = growing.table;
    }
}
