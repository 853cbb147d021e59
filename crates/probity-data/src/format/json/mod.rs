//! JSON Lines and JSON files: objects whose keys are columns, in the order in
//! which they first appear.
//!
//! A key may be absent (missing), `null` (missing) or appear late. An empty
//! string is a value. `Format::Json` is an array of objects, or any number of
//! objects one after the other, so a file that is one object is one record.

mod boundaries;
mod by_expression;
mod records;
mod scanner;

use std::sync::Arc;

pub(crate) use boundaries::JsonBoundaries;
pub(crate) use by_expression::{
    Applied, ColumnFault, ColumnWriter, Found, Source, WriterMark, gave, search,
};
pub(crate) use records::{RowFault, RowReader, row_error};
pub(crate) use scanner::{First, JsonFault, JsonScanner, JsonValue};

use super::csv::check_utf8;
use super::text_table::{FinishedTable, TextTable};
use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::options::ReadOptions;
use crate::format::expression::Base;
use by_expression::count_features;

const NEVER_CLOSED: &str = "the array is never closed; is the file truncated?";
/// Enough to see what a file begins with.
const START_BYTES: usize = 4 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A JSON or JSON Lines file whose records are still to come.
pub(crate) struct JsonFile {
    uri: Arc<str>,
    blocks: JsonBlocks,
    options: Arc<ReadOptions>,
    n_features: Option<usize>,
    /// The block that ends the content was handed out.
    ended: bool,
    last_line: u64,
}

enum JsonBlocks {
    Lines(Blocks<LineBoundaries>),
    Values(Blocks<JsonBoundaries>, Framing),
    /// One document, which expressions need as a whole.
    Document(Option<Block>),
}

/// What stands between records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A line each.
    Lines,
    /// Elements of one array, whose opening bracket was taken off.
    Elements,
    /// White space.
    Values,
    /// One document, in which expressions find the records.
    Document,
}

/// A block and how to read it.
#[derive(Clone, Debug)]
pub(crate) struct JsonBlock {
    pub(crate) uri: Arc<str>,
    pub(crate) block: Block,
    framing: Framing,
    options: Arc<ReadOptions>,
    n_features: Option<usize>,
}

impl JsonFile {
    /// `n_features` is that of the dataset, once its first file told.
    pub(crate) async fn lines(
        mut content: Content,
        options: &Arc<ReadOptions>,
        n_features: Option<usize>,
    ) -> Result<JsonFile, ReadDataset> {
        content.fill(BYTE_ORDER_MARK.len()).await?;
        skip_byte_order_mark(&mut content);
        let n_features = features(&mut content, options, (Framing::Lines, n_features)).await?;
        let uri = Arc::clone(content.uri());
        let blocks = JsonBlocks::Lines(Blocks::new(content, 1, LineBoundaries::default(), options));
        Ok(JsonFile {
            uri,
            blocks,
            options: Arc::clone(options),
            n_features,
            ended: false,
            last_line: 1,
        })
    }

    /// An array, or values one after the other; or a document in which expressions find the records.
    pub(crate) async fn values(
        mut content: Content,
        options: &Arc<ReadOptions>,
        n_features: Option<usize>,
    ) -> Result<JsonFile, ReadDataset> {
        content.fill(START_BYTES).await?;
        skip_byte_order_mark(&mut content);
        let start = content
            .buffer()
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(content.buffer().len());
        let begins_with = content.buffer().get(start).copied();
        let mut first_line = 1;
        let framing = match (begins_with, &options.record_columns) {
            (Some(b'['), None) => Framing::Elements,
            (Some(b'['), Some(columns)) if columns.shared_list().is_some_and(Base::is_document) => {
                Framing::Elements
            }
            (_, Some(_)) => Framing::Document,
            (_, None) => Framing::Values,
        };
        if framing == Framing::Elements {
            first_line += crate::dataset::blocks::count_lines(&content.buffer()[..=start]);
            content.skip(start + 1);
        }
        if framing == Framing::Document {
            read_document(&mut content, options).await?;
        }
        let n_features = features(&mut content, options, (framing, n_features)).await?;
        let uri = Arc::clone(content.uri());
        let blocks = if framing == Framing::Document {
            let bytes = content.take(content.buffer().len());
            let is_blank = bytes.trim_ascii().is_empty();
            JsonBlocks::Document((!is_blank).then(|| Block {
                bytes: bytes.into(),
                first_line,
                is_last: true,
            }))
        } else {
            let blocks = Blocks::new(content, first_line, JsonBoundaries::default(), options);
            JsonBlocks::Values(blocks, framing)
        };
        Ok(JsonFile {
            uri,
            blocks,
            options: Arc::clone(options),
            n_features,
            ended: false,
            last_line: first_line,
        })
    }

    /// How many features each record has, where expressions make the columns and a record told.
    pub(crate) fn n_features(&self) -> Option<usize> {
        self.n_features
    }

    pub(crate) async fn next_block(&mut self) -> Result<Option<JsonBlock>, ReadDataset> {
        let (block, framing) = match &mut self.blocks {
            JsonBlocks::Lines(blocks) => (blocks.next().await?, Framing::Lines),
            JsonBlocks::Values(blocks, framing) => (blocks.next().await?, *framing),
            JsonBlocks::Document(block) => (block.take(), Framing::Document),
        };
        match &block {
            Some(block) => {
                self.ended = block.is_last;
                self.last_line = block.line_at(block.bytes.len());
            }
            None if framing == Framing::Elements && !self.ended => {
                return Err(ReadDataset::InvalidJson {
                    uri: self.uri.to_string(),
                    line: self.last_line,
                    column: 1,
                    problem: NEVER_CLOSED,
                });
            }
            None => {}
        }
        Ok(block.map(|block| JsonBlock {
            uri: Arc::clone(&self.uri),
            block,
            framing,
            options: Arc::clone(&self.options),
            n_features: self.n_features,
        }))
    }
}

fn skip_byte_order_mark(content: &mut Content) {
    if content.buffer().starts_with(BYTE_ORDER_MARK) {
        content.skip(BYTE_ORDER_MARK.len());
    }
}

/// Reads all of a document.
async fn read_document(content: &mut Content, options: &ReadOptions) -> Result<(), ReadDataset> {
    let limit = usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX);
    content.fill(limit.saturating_add(1)).await?;
    if content.buffer().len() > limit {
        return Err(ReadDataset::DocumentTooLong {
            uri: content.uri().to_string(),
            limit_bytes: options.max_record_bytes,
        });
    }
    Ok(())
}

/// How many features each record has: as the dataset's first file told, the headers say, or the first record.
async fn features(
    content: &mut Content,
    options: &ReadOptions,
    (framing, known): (Framing, Option<usize>),
) -> Result<Option<usize>, ReadDataset> {
    let Some(columns) = &options.record_columns else {
        return Ok(None);
    };
    let by_headers = columns.features_by_headers();
    let found = count_features(content, columns, framing).await?;
    match (by_headers, found) {
        (Some(expected), Some(found)) if expected != found => Err(ReadDataset::HeadersDiffer {
            uri: content.uri().to_string(),
            headers: expected + columns.values.len(),
            columns: found + columns.values.len(),
        }),
        _ => Ok(known.or(by_headers).or(found)),
    }
}

impl JsonBlock {
    pub(crate) fn read(&self) -> Result<FinishedTable, ReadDataset> {
        if let Some(columns) = &self.options.record_columns {
            return self.read_by_expression(columns);
        }
        let text = check_utf8(&self.uri, &self.block)?;
        let mut table = TextTable::default();
        let mut rows = RowReader::new(&mut table, self.options.nested);
        match self.framing {
            Framing::Lines => self.for_each_line(text, |line, record, scanner| {
                let error = |fault| row_error(&self.uri, line, record, fault);
                rows.object(scanner).map_err(error)?;
                scanner
                    .at_end("text follows the record on its line")
                    .map_err(|fault| error(fault.into()))?;
                rows.end_row();
                Ok(())
            })?,
            Framing::Elements | Framing::Values | Framing::Document => {
                self.for_each_value(text, |scanner| {
                    rows.object(scanner).map_err(|fault| {
                        let line = self.block.line_at(fault.offset());
                        row_error(&self.uri, line, text, fault)
                    })?;
                    rows.end_row();
                    Ok(())
                })?;
            }
        }
        Ok(table.finish())
    }

    /// Calls `read` with the number and the text of each line that is not blank.
    fn for_each_line<'t>(
        &self,
        text: &'t str,
        mut read: impl FnMut(u64, &'t str, &mut JsonScanner<'t>) -> Result<(), ReadDataset>,
    ) -> Result<(), ReadDataset> {
        for (line, record) in (self.block.first_line..).zip(text.split('\n')) {
            if record.len() as u64 > self.options.max_record_bytes {
                return Err(self.too_long(line));
            }
            let mut scanner = JsonScanner::new(record);
            if scanner.peek().is_some() {
                read(line, record, &mut scanner)?;
            }
        }
        Ok(())
    }

    /// Calls `read` where each value of the block begins.
    fn for_each_value<'t>(
        &self,
        text: &'t str,
        mut read: impl FnMut(&mut JsonScanner<'t>) -> Result<(), ReadDataset>,
    ) -> Result<(), ReadDataset> {
        let mut scanner = JsonScanner::new(text);
        let invalid = |fault: JsonFault| self.invalid(text, fault);
        // A block begins with the comma that follows the block before it.
        let mut follows = First::Yes;
        loop {
            if self.framing == Framing::Elements {
                if scanner.take(b']') {
                    return scanner.at_end("text follows the array").map_err(invalid);
                }
                if scanner.peek().is_some() && !scanner.take(b',') && follows == First::No {
                    return Err(invalid(scanner.fault("expected `,` or `]`")));
                }
                if scanner.peek().is_none() && self.block.is_last {
                    return Err(invalid(scanner.fault(NEVER_CLOSED)));
                }
            }
            if scanner.peek().is_none() {
                return Ok(());
            }
            follows = First::No;
            let start = scanner.position();
            read(&mut scanner)?;
            if (scanner.position() - start) as u64 > self.options.max_record_bytes {
                return Err(self.too_long(self.block.line_at(start)));
            }
        }
    }

    fn too_long(&self, line: u64) -> ReadDataset {
        let limit_bytes = self.options.max_record_bytes;
        ReadDataset::RecordTooLong {
            uri: self.uri.to_string(),
            line,
            limit_bytes,
        }
    }
}
