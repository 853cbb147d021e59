//! The aggregate plan over some columns of one partition.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, collect};
use futures::{StreamExt, TryStreamExt};
use probity_data::ORIGINAL_NAME;
use probity_data::dataset::{Partition, Projection};
use probity_metrics::summary::ColumnSummary;

use crate::aggregate::{state_bytes, summary_aggregate};
use crate::redacted::RedactedColumn;

/// The state of one column over one partition.
pub(super) struct ColumnState {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// The user's name for it, when the column is redacted.
    pub(super) redacted_as: Option<String>,
}

/// The aggregate functions of a scan, made once.
pub(super) struct Functions {
    plain: Arc<AggregateUDF>,
    redacted: Arc<AggregateUDF>,
    redacted_names: BTreeSet<String>,
}

impl Functions {
    pub(super) fn new(redacted_names: &BTreeSet<String>) -> Self {
        Self {
            plain: Arc::new(summary_aggregate::<ColumnSummary>()),
            redacted: Arc::new(summary_aggregate::<RedactedColumn>()),
            redacted_names: redacted_names.clone(),
        }
    }

    /// The name by which the user wants `field` redacted.
    fn redacted_as(&self, field: &Field) -> Option<String> {
        let original = field.metadata().get(ORIGINAL_NAME);
        [Some(field.name()), original]
            .into_iter()
            .flatten()
            .find(|name| self.redacted_names.contains(*name))
            .cloned()
    }

    fn of(&self, field: &Field) -> Arc<AggregateUDF> {
        match self.redacted_as(field) {
            Some(_) => Arc::clone(&self.redacted),
            None => Arc::clone(&self.plain),
        }
    }
}

/// A partition that plans read from.
pub(super) struct PartitionSource {
    schema: SchemaRef,
    partition: Arc<Partition>,
    /// Read once, where reading some columns costs as much as reading all.
    batches: Option<Arc<Vec<RecordBatch>>>,
    rows: Arc<AtomicU64>,
}

impl PartitionSource {
    pub(super) fn for_one_plan(partition: Arc<Partition>) -> Result<Self, DataFusionError> {
        Ok(Self {
            schema: partition.schema()?,
            partition,
            batches: None,
            rows: Arc::default(),
        })
    }

    pub(super) async fn for_many_plans(partition: Arc<Partition>) -> Result<Self, DataFusionError> {
        let batches = match partition.projection() {
            Projection::Cheap => None,
            Projection::Rescans => {
                let batches: Vec<RecordBatch> = partition.stream(None)?.try_collect().await?;
                Some(Arc::new(batches))
            }
        };
        Ok(Self {
            batches,
            ..Self::for_one_plan(partition)?
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn uri(&self) -> &str {
        self.partition.uri()
    }

    /// Rows of the partition, known after the first aggregate.
    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Acquire)
    }

    /// The state of each of `columns`, which are positions in the schema.
    pub(super) async fn aggregate(
        &self,
        columns: Vec<usize>,
        functions: &Functions,
    ) -> Result<Vec<ColumnState>, DataFusionError> {
        let schema = Arc::new(self.schema.project(&columns)?);
        let source = Arc::new(SomeColumns {
            schema: Arc::clone(&schema),
            partition: Arc::clone(&self.partition),
            batches: self.batches.clone(),
            columns,
            rows: Arc::clone(&self.rows),
        });
        if schema.fields().is_empty() {
            // Nothing to aggregate, but rows to count.
            let stream = source.execute(Arc::new(TaskContext::default()));
            let _counted: Vec<RecordBatch> = stream.try_collect().await?;
            return Ok(Vec::new());
        }
        let plan = plan_over(source, &schema, functions)?;
        let answer = collect(plan, Arc::new(TaskContext::default())).await?;
        let row = answer
            .iter()
            .find(|batch| batch.num_rows() > 0)
            .ok_or_else(|| DataFusionError::Internal("an aggregate gave no row".to_owned()))?;
        schema
            .fields()
            .iter()
            .enumerate()
            .map(|(column_idx, field)| {
                let bytes = state_bytes(row, column_idx).ok_or_else(|| {
                    DataFusionError::Internal(format!("no state of column `{}`", field.name()))
                })?;
                Ok(ColumnState {
                    name: field.name().clone(),
                    bytes: bytes.to_vec(),
                    redacted_as: functions.redacted_as(field),
                })
            })
            .collect()
    }
}

/// A partial aggregate of every column of `source`.
fn plan_over(
    source: Arc<SomeColumns>,
    schema: &SchemaRef,
    functions: &Functions,
) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let input = Arc::new(StreamingTableExec::try_new(
        Arc::clone(schema),
        vec![source],
        None,
        [],
        false,
        None,
    )?);
    let expressions: Vec<Arc<AggregateFunctionExpr>> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(column_idx, field)| {
            // The alias is a number: column names may repeat each other's state names.
            AggregateExprBuilder::new(
                functions.of(field),
                vec![Arc::new(Column::new(field.name(), column_idx))],
            )
            .schema(Arc::clone(schema))
            .alias(format!("{column_idx}"))
            .build()
            .map(Arc::new)
        })
        .collect::<Result<_, _>>()?;
    let filters = vec![None; expressions.len()];
    Ok(Arc::new(AggregateExec::try_new(
        AggregateMode::Partial,
        PhysicalGroupBy::default(),
        expressions,
        filters,
        input,
        Arc::clone(schema),
    )?))
}

/// Some columns of a partition, as a source of the engine.
#[derive(Debug)]
struct SomeColumns {
    schema: SchemaRef,
    partition: Arc<Partition>,
    batches: Option<Arc<Vec<RecordBatch>>>,
    columns: Vec<usize>,
    rows: Arc<AtomicU64>,
}

impl PartitionStream for SomeColumns {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Counts the rows on the way, the same for any choice of columns.
    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let counted = Arc::clone(&self.rows);
        let mut rows = 0;
        let batches = self.stream().map(move |batch| {
            if let Ok(batch) = &batch {
                rows += batch.num_rows() as u64;
                counted.fetch_max(rows, Ordering::AcqRel);
            }
            batch
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        ))
    }
}

impl SomeColumns {
    fn stream(&self) -> SendableRecordBatchStream {
        let Some(batches) = &self.batches else {
            return match self.partition.stream(Some(self.columns.clone())) {
                Ok(stream) => stream,
                Err(error) => {
                    let failed = futures::stream::once(async { Err(DataFusionError::from(error)) });
                    Box::pin(RecordBatchStreamAdapter::new(
                        Arc::clone(&self.schema),
                        failed,
                    ))
                }
            };
        };
        let (batches, columns) = (Arc::clone(batches), self.columns.clone());
        let projected = (0..batches.len()).map(move |place| {
            batches[place]
                .project(&columns)
                .map_err(DataFusionError::from)
        });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            futures::stream::iter(projected),
        ))
    }
}
