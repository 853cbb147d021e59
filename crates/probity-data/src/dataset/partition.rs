//! A part of a dataset: the unit of parallel work. It holds bytes, which are
//! understood only when it is streamed, on the worker that asks.

use std::sync::{Arc, OnceLock};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use futures::stream::BoxStream;

use super::error::ReadDataset;
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

/// A run of whole records of one file.
#[derive(Debug)]
pub struct Partition {
    ordinal: usize,
    body: Body,
    notes: Notes,
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
            table: OnceLock::new(),
        }
    }

    /// Position among the partitions of the dataset, from 0.
    pub fn ordinal(&self) -> usize {
        self.ordinal
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

    /// The number of rows, where it is known without reading.
    pub fn known_rows(&self) -> Option<u64> {
        match &self.body {
            Body::Parquet(groups) => Some(groups.rows()),
            Body::Csv(_) | Body::Json(_) | Body::Capture(_) => None,
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
        let failed = |source: ArrowError| ReadDataset::Columns {
            uri: self.uri().to_owned(),
            source,
        };
        let schema = Arc::new(full.project(&columns).map_err(failed)?);
        let batches: BoxStream<'static, Result<_, ReadDataset>> = match &self.body {
            Body::Csv(block) => {
                futures::stream::iter(CsvBatches::new(block.clone(), columns, Arc::clone(&schema)))
                    .boxed()
            }
            Body::Parquet(groups) => groups.stream(&columns, Arc::clone(&schema))?,
            Body::Json(_) | Body::Capture(_) => self.stream_table(columns)?,
        };
        let batches = batches.map(|batch| batch.map_err(DataFusionError::from));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }

    fn stream_table(
        &self,
        columns: Vec<usize>,
    ) -> Result<
        BoxStream<'static, Result<datafusion::arrow::array::RecordBatch, ReadDataset>>,
        ReadDataset,
    > {
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
            Body::Capture(block) => block.read()?,
            Body::Csv(_) | Body::Parquet(_) => TextTable::default().finish(),
        };
        if let Some(key) = &table.repeated {
            let note = format!(
                "`{}`: `{key}` appears twice in one record; its last value counts",
                self.uri()
            );
            self.notes.add_of_partition(self.ordinal, note);
        }
        Ok(Arc::clone(self.table.get_or_init(|| Arc::new(table))))
    }
}
