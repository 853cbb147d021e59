//! A `select` of the user's over the rows, which are the one table `records`.
//!
//! It can read nothing else: no other table is known, no statement but a query is planned, and
//! nothing is spilled to disk. Columns whose values are all numbers are numbers, so that `age >
//! 30` compares as a person expects.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use super::error::PrepareRecords;
use super::rows::{texts, typed, with_rows};

/// What sorts and groups of the user's may hold at once.
const MEMORY_BYTES: usize = 1 << 30;

const TABLE: &str = "records";

pub(super) type Batches = BoxStream<'static, Result<RecordBatch, PrepareRecords>>;

/// Makes the stream of text rows anew each time it is asked.
pub(super) type Source = Arc<dyn Fn() -> Batches + Send + Sync>;

/// The rows that `sql` selects of `source`, whose typed columns are `schema`: their columns as
/// texts.
pub(super) async fn select(
    sql: &str,
    (schema, source): (SchemaRef, Source),
) -> Result<(SchemaRef, Batches), PrepareRecords> {
    let engine = |error: DataFusionError| PrepareRecords::Sql {
        problem: plain(&error),
    };
    let context = context()?;
    let rows = Arc::new(Rows {
        schema: Arc::clone(&schema),
        source,
    });
    let table = StreamingTable::try_new(schema, vec![rows]).map_err(engine)?;
    context
        .register_table(TABLE, Arc::new(table))
        .map_err(engine)?;
    let options = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let plan = context.state().create_logical_plan(sql).await;
    let plan = plan.map_err(engine)?;
    options.verify_plan(&plan).map_err(engine)?;
    only_records(&plan)?;
    let selected = context.execute_logical_plan(plan).await.map_err(engine)?;
    let made = text_schema(selected.schema().fields())?;
    let stream = selected
        .execute_stream()
        .await
        .map_err(PrepareRecords::from_engine)?;
    let named = Arc::clone(&made);
    let batches = stream.map(move |batch| {
        let batch = batch.map_err(PrepareRecords::from_engine)?;
        let columns = batch.columns().iter().map(texts);
        let columns = columns.collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(PrepareRecords::from_engine)?;
        with_rows(&named, columns, batch.num_rows())
    });
    Ok((made, batches.boxed()))
}

fn context() -> Result<SessionContext, PrepareRecords> {
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(MEMORY_BYTES, 1.0)
        .with_disk_manager_builder(
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
        )
        .build_arc()
        .map_err(PrepareRecords::from_engine)?;
    // One partition keeps the order of the rows. Names keep their letters: those of the data
    // are the user's, `Day Mins` as well as `age`.
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .set_bool("datafusion.sql_parser.enable_ident_normalization", false)
        .set_bool("datafusion.execution.enable_recursive_ctes", false);
    Ok(SessionContext::new_with_config_rt(config, runtime))
}

/// Refuses what is no query of the one table.
fn only_records(plan: &LogicalPlan) -> Result<(), PrepareRecords> {
    let mut problem = None;
    let walked = plan.apply_with_subqueries(|node| {
        let found = match node {
            LogicalPlan::TableScan(scan) if scan.table_name.table() != TABLE => Some(format!(
                "`{}` is no table; there is only `{TABLE}`",
                scan.table_name.table()
            )),
            LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::RecursiveQuery(_) => Some("it is no plain `select`".to_owned()),
            _ => None,
        };
        Ok(match found {
            Some(found) => {
                problem = Some(found);
                TreeNodeRecursion::Stop
            }
            None => TreeNodeRecursion::Continue,
        })
    });
    walked.map_err(PrepareRecords::from_engine)?;
    match problem {
        Some(problem) => Err(PrepareRecords::Sql { problem }),
        None => Ok(()),
    }
}

fn text_schema(fields: &datafusion::arrow::datatypes::Fields) -> Result<SchemaRef, PrepareRecords> {
    let mut made: Vec<Field> = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field.name();
        if field.data_type().is_nested() {
            return Err(PrepareRecords::Nested {
                name: name.clone(),
                kind: field.data_type().to_string(),
            });
        }
        if made.iter().any(|known| known.name() == name) {
            return Err(PrepareRecords::Repeated { name: name.clone() });
        }
        made.push(Field::new(name, DataType::Utf8, true));
    }
    Ok(Arc::new(Schema::new(made)))
}

/// The sentence of the engine without the name of its layer.
fn plain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let layers = [
        "Schema error: ",
        "Error during planning: ",
        "SQL error: ",
        "This feature is not implemented: ",
    ];
    let rest = layers.iter().find_map(|layer| text.strip_prefix(layer));
    rest.unwrap_or(&text).to_owned()
}

struct Rows {
    schema: SchemaRef,
    source: Source,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches = (self.source)()
            .and_then(move |batch| {
                let typed = typed(&batch, &schema);
                async move { typed }
            })
            .map_err(as_engine);
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.schema),
            batches,
        ))
    }
}

fn as_engine(error: PrepareRecords) -> DataFusionError {
    match error {
        PrepareRecords::Read(read) => DataFusionError::External(Box::new(read)),
        PrepareRecords::Rows { source } => *source,
        other => DataFusionError::External(Box::new(other)),
    }
}
