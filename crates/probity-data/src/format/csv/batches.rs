//! The record batches of a block of CSV.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;

use super::dialect::Dialect;
use super::records::{FieldIndex, ReadRecords, RecordFault, RecordFaultKind};
use super::text_column::TextColumn;
use crate::dataset::blocks::Block;
use crate::dataset::error::ReadDataset;
use crate::format::rows_per_batch;

/// Fields that are found before they are copied: they and their text stay in
/// the processor's cache meanwhile.
const FIELDS_AT_ONCE: usize = 1 << 14;

/// A block and how to read it.
#[derive(Clone, Debug)]
pub(crate) struct CsvBlock {
    pub(crate) uri: Arc<str>,
    pub(crate) block: Block,
    pub(crate) dialect: Dialect,
    pub(crate) schema: SchemaRef,
    pub(crate) max_record_bytes: usize,
}

/// Iterates over the batches of a block.
pub(crate) struct CsvBatches {
    source: CsvBlock,
    /// Positions of the columns that are wanted.
    projection: Vec<usize>,
    schema: SchemaRef,
    index: FieldIndex,
    position: usize,
    failed: bool,
}

impl CsvBatches {
    pub(crate) fn new(source: CsvBlock, projection: Vec<usize>, schema: SchemaRef) -> Self {
        CsvBatches {
            source,
            projection,
            schema,
            index: FieldIndex::default(),
            position: 0,
            failed: false,
        }
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ReadDataset> {
        if self.position == 0 {
            check_utf8(&self.source.uri, &self.source.block)?;
        }
        let bytes = &self.source.block.bytes;
        let width = self.source.schema.fields().len();
        let batch_rows = rows_per_batch(width);
        let value_bytes = bytes.len().saturating_sub(self.position) / width.max(1);
        let mut columns: Vec<TextColumn> = Vec::new();
        let mut rows = 0;
        while rows < batch_rows && self.position < bytes.len() {
            self.index.clear();
            let read = ReadRecords {
                dialect: self.source.dialect,
                width: Some(width),
                max_rows: (FIELDS_AT_ONCE / width.max(1)).clamp(1, batch_rows - rows),
                max_record_bytes: self.source.max_record_bytes,
            };
            let next = self
                .index
                .read(bytes, self.position, &read)
                .map_err(|fault| self.error(fault))?;
            if columns.is_empty() {
                // As if the columns shared the rest of the block evenly; they grow when they need to.
                let consumed =
                    (next - self.position) / self.index.rows().max(1) * batch_rows / width.max(1);
                let estimate = consumed.min(value_bytes);
                columns = self
                    .projection
                    .iter()
                    .map(|_| TextColumn::with_capacity(batch_rows, estimate))
                    .collect();
            }
            for (column, position) in columns.iter_mut().zip(&self.projection) {
                column.append(bytes, &self.index, *position);
            }
            rows += self.index.rows();
            self.position = next;
        }
        if rows == 0 {
            return Ok(None);
        }
        self.batch(columns, rows).map(Some)
    }

    fn batch(&self, columns: Vec<TextColumn>, rows: usize) -> Result<RecordBatch, ReadDataset> {
        let failed = |source| ReadDataset::Columns {
            uri: self.source.uri.to_string(),
            source,
        };
        let arrays: Vec<ArrayRef> = columns
            .into_iter()
            .map(TextColumn::finish)
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(failed)
    }

    fn error(&self, fault: RecordFault) -> ReadDataset {
        record_error(&self.source, fault)
    }
}

impl Iterator for CsvBatches {
    type Item = Result<RecordBatch, ReadDataset>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.next_batch();
        self.failed = batch.is_err();
        batch.transpose()
    }
}

/// The fault with the file and the line on which the record begins.
fn record_error(source: &CsvBlock, fault: RecordFault) -> ReadDataset {
    let uri = source.uri.to_string();
    let line = source.block.line_at(fault.record);
    match fault.kind {
        RecordFaultKind::Ragged { expected, found } => ReadDataset::RaggedRecord {
            uri,
            line,
            expected,
            found,
        },
        RecordFaultKind::UnclosedQuote => ReadDataset::UnclosedQuote { uri, line },
        RecordFaultKind::TooLong => ReadDataset::RecordTooLong {
            uri,
            line,
            limit_bytes: source.max_record_bytes as u64,
        },
    }
}

/// One pass over the whole block: delimiters are ASCII, so the fields of valid
/// text are valid.
pub(crate) fn check_utf8<'a>(uri: &str, block: &'a Block) -> Result<&'a str, ReadDataset> {
    std::str::from_utf8(&block.bytes).map_err(|error| ReadDataset::InvalidUtf8 {
        uri: uri.to_owned(),
        line: block.line_at(error.valid_up_to()),
    })
}
