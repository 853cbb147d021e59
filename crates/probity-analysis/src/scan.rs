//! One scan of a dataset: every column's summary, computed on all cores.
//!
//! The dataset cuts itself into partitions by its content alone. Each partition runs one
//! DataFusion aggregate plan; the partitions' states are merged in their order, however
//! many cores worked on them, so the answer has the same bytes on any machine.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, collect};
use futures::TryStreamExt;
use probity_data::dataset::{Dataset, Partition, Projection, ReadDataset};
use probity_metrics::summary::{ColumnSummary, ReadState, Summary};
use thiserror::Error;
use tokio::task::JoinError;

use crate::aggregate::{state_bytes, summary_aggregate};
use crate::redacted::RedactedColumn;

/// Columns that one plan aggregates where reading a subset of columns is cheap. Bounds the
/// states held at once: a column's is at most 64 KiB.
const COLUMNS_PER_PLAN: usize = 256;

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// Partitions in work at once. Never changes the answer.
    pub threads: NonZeroUsize,
    /// Columns whose values are hashed before anything is counted.
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
    #[error("no column named `{name}` to redact; the columns are {columns}")]
    NothingToRedact { name: String, columns: String },
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] JoinError),
}

/// What a caller may show while a scan runs.
pub type Progress<'a> = &'a (dyn Fn(&Partition) + Send + Sync);

/// Scans `dataset` once.
pub async fn scan(
    dataset: &Dataset,
    options: &ScanOptions,
    progress: Progress<'_>,
) -> Result<TableSummary, Scan> {
    let redacted = Arc::new(options.redacted.clone());
    let mut parts = dataset
        .partitions()
        .map_err(Scan::from)
        .map_ok(|partition| {
            let partition = Arc::new(partition);
            let redacted = Arc::clone(&redacted);
            async move {
                let task = tokio::spawn(summarise(Arc::clone(&partition), redacted));
                Ok((partition, task.await??))
            }
        })
        .try_buffered(options.threads.get());
    let mut table = TableSummary::default();
    let mut places = HashMap::new();
    while let Some((partition, part)) = parts.try_next().await? {
        table.append(part, &mut places);
        progress(&partition);
    }
    drop(parts);
    for name in &options.redacted {
        if !places.contains_key(name) && table.partitions > 0 {
            return Err(Scan::NothingToRedact {
                name: name.clone(),
                columns: list(table.columns.iter().map(|(name, _)| name.as_str())),
            });
        }
    }
    Ok(table)
}

/// The first few names, for a message.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.collect();
    let mut text = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

impl TableSummary {
    /// Adds the rows of `other` after ours, matching columns by name.
    pub fn merge(&mut self, other: TableSummary) {
        let mut places = self.places();
        self.append(other, &mut places);
    }

    /// Position of each column.
    fn places(&self) -> HashMap<String, usize> {
        self.columns
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (name.clone(), place))
            .collect()
    }

    fn append(&mut self, other: TableSummary, places: &mut HashMap<String, usize>) {
        let mut seen = vec![false; self.columns.len()];
        for (name, summary) in other.columns {
            if let Some(&place) = places.get(&name) {
                self.columns[place].1.merge(&summary);
                seen[place] = true;
            } else {
                // The rows before this column first appeared lack a value in it.
                let mut whole = summary;
                if self.rows > 0 {
                    let mut before = ColumnSummary::default();
                    before.update_missing(self.rows);
                    before.merge(&whole);
                    whole = before;
                }
                places.insert(name.clone(), self.columns.len());
                self.columns.push((name, whole));
            }
        }
        for (place, seen) in seen.into_iter().enumerate() {
            if !seen {
                self.columns[place].1.update_missing(other.rows);
            }
        }
        self.rows += other.rows;
        self.partitions += other.partitions;
    }
}

/// Runs the aggregate plans of one partition.
async fn summarise(
    partition: Arc<Partition>,
    redacted: Arc<BTreeSet<String>>,
) -> Result<TableSummary, Scan> {
    let schema = partition.schema()?;
    let n_columns = schema.fields().len();
    let block = match partition.projection() {
        Projection::Cheap => COLUMNS_PER_PLAN,
        Projection::Rescans => n_columns.max(1),
    };
    let functions = Functions::new(redacted);
    let mut table = TableSummary {
        partitions: 1,
        ..TableSummary::default()
    };
    for first in (0..n_columns).step_by(block) {
        let columns = (first..n_columns.min(first + block)).collect();
        let states = aggregate(&partition, columns, &functions)
            .await
            .map_err(|error| from_engine(&partition, error))?;
        for (name, bytes) in states {
            let summary = ColumnSummary::from_bytes(&bytes)?;
            table.rows = table.rows.max(summary.n_present() + summary.n_missing());
            table.columns.push((name, summary));
        }
    }
    Ok(table)
}

/// A reader's own error keeps its type; what the engine adds is kept as a source.
fn from_engine(partition: &Partition, error: DataFusionError) -> Scan {
    let source_file = partition.uri().to_owned();
    match error {
        DataFusionError::External(inner) => match inner.downcast::<ReadDataset>() {
            Ok(read) => Scan::Read(*read),
            Err(inner) => Scan::Aggregate {
                source_file,
                source: DataFusionError::External(inner),
            },
        },
        source => Scan::Aggregate {
            source_file,
            source,
        },
    }
}

/// The aggregate functions of a scan, made once.
struct Functions {
    plain: Arc<AggregateUDF>,
    redacted: Arc<AggregateUDF>,
    redacted_columns: Arc<BTreeSet<String>>,
}

impl Functions {
    fn new(redacted_columns: Arc<BTreeSet<String>>) -> Self {
        Self {
            plain: Arc::new(summary_aggregate::<ColumnSummary>()),
            redacted: Arc::new(summary_aggregate::<RedactedColumn>()),
            redacted_columns,
        }
    }

    fn of(&self, column: &str) -> Arc<AggregateUDF> {
        if self.redacted_columns.contains(column) {
            Arc::clone(&self.redacted)
        } else {
            Arc::clone(&self.plain)
        }
    }
}

/// Name and state of each of `columns`, which are indices into the partition's schema.
async fn aggregate(
    partition: &Arc<Partition>,
    columns: Vec<usize>,
    functions: &Functions,
) -> Result<Vec<(String, Vec<u8>)>, DataFusionError> {
    let full = partition.schema()?;
    let whole = columns.len() == full.fields().len();
    let schema = Arc::new(full.project(&columns)?);
    let source = Arc::new(PartitionColumns {
        partition: Arc::clone(partition),
        schema: Arc::clone(&schema),
        columns: (!whole).then_some(columns),
    });
    let input = Arc::new(StreamingTableExec::try_new(
        Arc::clone(&schema),
        vec![source],
        None,
        [],
        false,
        None,
    )?);
    let expressions: Vec<Arc<AggregateFunctionExpr>> = (0..schema.fields().len())
        .map(|column_idx| {
            let name = schema.field(column_idx).name();
            // The alias is a number: column names may repeat each other's state names.
            AggregateExprBuilder::new(
                functions.of(name),
                vec![Arc::new(Column::new(name, column_idx))],
            )
            .schema(Arc::clone(&schema))
            .alias(format!("{column_idx}"))
            .build()
            .map(Arc::new)
        })
        .collect::<Result<_, _>>()?;
    let filters = vec![None; expressions.len()];
    let plan: Arc<dyn ExecutionPlan> = Arc::new(AggregateExec::try_new(
        AggregateMode::Partial,
        PhysicalGroupBy::default(),
        expressions,
        filters,
        input,
        Arc::clone(&schema),
    )?);
    let answer = collect(plan, Arc::new(TaskContext::default())).await?;
    let row = answer
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .ok_or_else(|| DataFusionError::Internal("an aggregate gave no row".to_owned()))?;
    (0..schema.fields().len())
        .map(|column_idx| {
            let name = schema.field(column_idx).name().clone();
            let bytes = state_bytes(row, column_idx)
                .ok_or_else(|| DataFusionError::Internal(format!("no state of column `{name}`")))?;
            Ok((name, bytes.to_vec()))
        })
        .collect()
}

/// Some or all columns of a partition, as a source of the engine.
#[derive(Debug)]
struct PartitionColumns {
    partition: Arc<Partition>,
    schema: SchemaRef,
    /// `None` for all columns.
    columns: Option<Vec<usize>>,
}

impl PartitionStream for PartitionColumns {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        match self.partition.stream(self.columns.clone()) {
            Ok(stream) => stream,
            Err(error) => {
                let failed = futures::stream::once(async { Err(DataFusionError::from(error)) });
                Box::pin(RecordBatchStreamAdapter::new(
                    Arc::clone(&self.schema),
                    failed,
                ))
            }
        }
    }
}
