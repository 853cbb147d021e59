//! A part of a dataset: the unit of parallel work. It holds bytes, which are
//! understood only when it is streamed, on the worker that asks.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use futures::stream::BoxStream;

use super::error::ReadDataset;
use super::events::BadRecords;
use super::join::{Join, JoinedRows};
use super::notes::Notes;
use crate::format::capture::CaptureBlock;
use crate::format::csv::{CsvBatches, CsvBlock};
use crate::format::json::JsonBlock;
use crate::format::parquet::RowGroups;
use crate::format::rows_per_batch;
use crate::format::text_table::{FinishedTable, TextTable};

/// Metadata of a field whose name is not the one in the data: what the column is called there.
/// For the second `a` of a CSV header, read as `a.1`, it is `a`; for `a.b.0`, flattened out of
/// the top-level member `a`, it is `a` too.
pub const ORIGINAL_NAME: &str = "probity.original_name";

/// Metadata of a field that an expression made, as `label` of a JSON record: the expression.
pub const EXPRESSION: &str = "probity.expression";

/// A run of whole records of one file.
#[derive(Debug)]
pub struct Partition {
    ordinal: usize,
    body: Body,
    notes: Notes,
    joined: Option<Arc<Join>>,
    /// Of formats whose columns are known only after reading.
    table: OnceLock<Arc<FinishedTable>>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Csv(CsvBlock),
    Json(JsonBlock),
    Capture(CaptureBlock),
    Parquet(RowGroups),
}

type Batches = (
    SchemaRef,
    BoxStream<'static, Result<RecordBatch, ReadDataset>>,
);

/// What reading some of the columns costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// As good as nothing for the others.
    Cheap,
    /// The others are passed over each time.
    Rescans,
}

impl Partition {
    pub(crate) fn new(ordinal: usize, body: Body, notes: Notes) -> Self {
        Partition {
            ordinal,
            body,
            notes,
            joined: None,
            table: OnceLock::new(),
        }
    }

    pub(crate) fn joined_by(self, joined: Option<Arc<Join>>) -> Self {
        Partition { joined, ..self }
    }

    /// Whether none of its events may be wanted, or readable.
    pub(crate) fn may_be_empty(&self) -> bool {
        match &self.body {
            Body::Capture(block) => {
                let options = &block.options;
                options.window.is_some() || options.bad_records == BadRecords::Skip
            }
            Body::Csv(_) | Body::Json(_) | Body::Parquet(_) => false,
        }
    }

    /// Captures are read for it.
    pub(crate) fn has_rows(&self) -> Result<bool, ReadDataset> {
        Ok(self.read_table()?.rows > 0)
    }

    /// The file, for messages.
    pub fn uri(&self) -> &str {
        match &self.body {
            Body::Csv(block) => &block.uri,
            Body::Json(block) => &block.uri,
            Body::Capture(block) => &block.uri,
            Body::Parquet(groups) => groups.uri(),
        }
    }

    /// Size of the uncompressed content.
    pub fn size_bytes(&self) -> u64 {
        match &self.body {
            Body::Csv(block) => block.block.bytes.len() as u64,
            Body::Json(block) => block.block.bytes.len() as u64,
            Body::Capture(block) => block.block.bytes.len() as u64,
            Body::Parquet(groups) => groups.size_bytes(),
        }
    }

    /// How costly it is to stream the columns in several turns.
    pub fn projection(&self) -> Projection {
        match &self.body {
            Body::Parquet(_) | Body::Json(_) | Body::Capture(_) => Projection::Cheap,
            Body::Csv(_) => Projection::Rescans,
        }
    }

    /// The columns. JSON and captures are read for it, so ask on a worker.
    pub fn schema(&self) -> Result<SchemaRef, ReadDataset> {
        let own = self.own_schema()?;
        let Some(join) = &self.joined else {
            return Ok(own);
        };
        // Of columns that appear as they may, a name can be free in one partition and taken in the next.
        let may_appear_later = matches!(self.body, Body::Json(_) | Body::Capture(_));
        match join.shared_name(&own) {
            Some(column) if may_appear_later => Err(ReadDataset::RepeatedColumn {
                uri: self.uri().to_owned(),
                column: column.to_owned(),
            }),
            _ => Ok(join.schema(&own)),
        }
    }

    fn own_schema(&self) -> Result<SchemaRef, ReadDataset> {
        match &self.body {
            Body::Csv(block) => Ok(Arc::clone(&block.schema)),
            Body::Parquet(groups) => Ok(Arc::clone(groups.schema())),
            Body::Json(_) | Body::Capture(_) => Ok(Arc::clone(&self.read_table()?.schema)),
        }
    }

    /// The rows, of the columns at the positions `columns`, or of all.
    pub fn stream(
        &self,
        columns: Option<Vec<usize>>,
    ) -> Result<SendableRecordBatchStream, ReadDataset> {
        let full = self.schema()?;
        let columns = columns.unwrap_or_else(|| (0..full.fields().len()).collect());
        let (schema, batches) = match &self.joined {
            Some(join) => self.stream_joined(join, &columns)?,
            None => self.stream_own(columns)?,
        };
        let batches = batches.map(|batch| batch.map_err(DataFusionError::from));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn stream_joined(&self, join: &Arc<Join>, columns: &[usize]) -> Result<Batches, ReadDataset> {
        let own = self.own_schema()?;
        let place = (self.ordinal, self.uri());
        let rows = JoinedRows::new(join, place, &own, columns)?;
        let schema = Arc::clone(rows.schema());
        let (_, batches) = self.stream_own(rows.main_columns().to_vec())?;
        let uri = self.uri().to_owned();
        let state = (batches, rows, uri);
        let joined =
            futures::stream::try_unfold(state, |(mut batches, mut rows, uri)| async move {
                let Some(batch) = batches.next().await.transpose()? else {
                    rows.finish();
                    return Ok(None);
                };
                let joined = rows.join(&batch).map_err(|source| ReadDataset::Columns {
                    uri: uri.clone(),
                    source,
                })?;
                Ok(Some((joined, (batches, rows, uri))))
            });
        Ok((schema, joined.boxed()))
    }

    /// The rows of this partition alone, of the columns at the positions `columns`.
    fn stream_own(&self, columns: Vec<usize>) -> Result<Batches, ReadDataset> {
        let failed = |source: ArrowError| ReadDataset::Columns {
            uri: self.uri().to_owned(),
            source,
        };
        let schema = Arc::new(self.own_schema()?.project(&columns).map_err(failed)?);
        let batches: BoxStream<'static, Result<_, ReadDataset>> = match &self.body {
            Body::Csv(block) => {
                futures::stream::iter(CsvBatches::new(block.clone(), columns, Arc::clone(&schema)))
                    .boxed()
            }
            Body::Parquet(groups) => groups.stream(&columns, Arc::clone(&schema))?,
            Body::Json(_) | Body::Capture(_) => self.stream_table(columns)?,
        };
        Ok((schema, batches))
    }

    fn stream_table(
        &self,
        columns: Vec<usize>,
    ) -> Result<BoxStream<'static, Result<RecordBatch, ReadDataset>>, ReadDataset> {
        let table = self.read_table()?;
        let uri = self.uri().to_owned();
        let batch_rows = rows_per_batch(columns.len());
        let starts = (0..table.rows).step_by(batch_rows);
        let batches = starts.map(move |from| {
            let rows = batch_rows.min(table.rows - from);
            table
                .batch(from, rows, &columns)
                .map_err(|source| ReadDataset::Columns {
                    uri: uri.clone(),
                    source,
                })
        });
        Ok(futures::stream::iter(batches).boxed())
    }

    fn read_table(&self) -> Result<Arc<FinishedTable>, ReadDataset> {
        if let Some(table) = self.table.get() {
            return Ok(Arc::clone(table));
        }
        let table = match &self.body {
            Body::Json(block) => block.read()?,
            Body::Capture(block) => {
                let table = block.read()?;
                if let Some(tally) = &table.events {
                    block.options.events.set(self.ordinal, tally.clone());
                }
                table
            }
            Body::Csv(_) | Body::Parquet(_) => TextTable::default().finish(),
        };
        if let Some(expression) = &table.unmatched {
            self.report_unmatched(expression, table.rows)?;
        }
        if let Some(key) = &table.repeated {
            let note = format!(
                "`{}`: `{key}` appears twice in one record; its last value counts",
                self.uri()
            );
            self.notes.add_of_partition(self.ordinal, note);
        }
        Ok(Arc::clone(self.table.get_or_init(|| Arc::new(table))))
    }
    /// An expression without a value in the whole first partition is taken for a mistake; later on for gaps.
    fn report_unmatched(&self, expression: &str, rows: usize) -> Result<(), ReadDataset> {
        if self.ordinal == 0 {
            return Err(ReadDataset::ExpressionMatchesNothing {
                uri: self.uri().to_owned(),
                expression: expression.to_owned(),
                rows,
            });
        }
        let note = format!(
            "`{}`: `{expression}` gives nothing in any of {rows} records",
            self.uri()
        );
        self.notes.add_of_partition(self.ordinal, note);
        Ok(())
    }
}
