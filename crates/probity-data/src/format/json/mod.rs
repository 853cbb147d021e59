//! JSON Lines and JSON files: objects whose keys are columns, in the order in
//! which they first appear.
//!
//! A key may be absent (missing), `null` (missing) or appear late. An empty
//! string is a value. `Format::Json` is an array of objects, or any number of
//! objects one after the other, so a file that is one object is one record.

mod boundaries;
mod records;
mod scanner;

use std::sync::Arc;

pub(crate) use boundaries::JsonBoundaries;
pub(crate) use records::{RowFault, RowReader, row_error};
pub(crate) use scanner::{First, JsonScanner, JsonValue};

use super::csv::check_utf8;
use super::text_table::{FinishedTable, TextTable};
use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::options::{Nested, ReadOptions};

const NEVER_CLOSED: &str = "the array is never closed; is the file truncated?";
/// Enough to see what a file begins with.
const START_BYTES: usize = 4 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A JSON or JSON Lines file whose records are still to come.
pub(crate) struct JsonFile {
    uri: Arc<str>,
    blocks: JsonBlocks,
    options: JsonOptions,
    /// The block that ends the content was handed out.
    ended: bool,
    last_line: u64,
}

enum JsonBlocks {
    Lines(Blocks<LineBoundaries>),
    Values(Blocks<JsonBoundaries>, Framing),
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
}

#[derive(Clone, Copy, Debug)]
struct JsonOptions {
    nested: Nested,
    max_record_bytes: usize,
}

/// A block and how to read it.
#[derive(Clone, Debug)]
pub(crate) struct JsonBlock {
    pub(crate) uri: Arc<str>,
    pub(crate) block: Block,
    framing: Framing,
    options: JsonOptions,
}

impl JsonFile {
    pub(crate) async fn lines(
        mut content: Content,
        options: &ReadOptions,
    ) -> Result<JsonFile, ReadDataset> {
        content.fill(BYTE_ORDER_MARK.len()).await?;
        skip_byte_order_mark(&mut content);
        let uri = Arc::clone(content.uri());
        let blocks = JsonBlocks::Lines(Blocks::new(content, 1, LineBoundaries::default(), options));
        Ok(JsonFile {
            uri,
            blocks,
            options: JsonOptions::of(options),
            ended: false,
            last_line: 1,
        })
    }

    /// An array, or values one after the other.
    pub(crate) async fn values(
        mut content: Content,
        options: &ReadOptions,
    ) -> Result<JsonFile, ReadDataset> {
        content.fill(START_BYTES).await?;
        skip_byte_order_mark(&mut content);
        let start = content
            .buffer()
            .iter()
            .position(|byte| !byte.is_ascii_whitespace());
        let mut first_line = 1;
        let framing = match start {
            Some(start) if content.buffer()[start] == b'[' => {
                first_line += crate::dataset::blocks::count_lines(&content.buffer()[..=start]);
                content.skip(start + 1);
                Framing::Elements
            }
            _ => Framing::Values,
        };
        let uri = Arc::clone(content.uri());
        let blocks = Blocks::new(content, first_line, JsonBoundaries::default(), options);
        let blocks = JsonBlocks::Values(blocks, framing);
        Ok(JsonFile {
            uri,
            blocks,
            options: JsonOptions::of(options),
            ended: false,
            last_line: first_line,
        })
    }

    pub(crate) async fn next_block(&mut self) -> Result<Option<JsonBlock>, ReadDataset> {
        let (block, framing) = match &mut self.blocks {
            JsonBlocks::Lines(blocks) => (blocks.next().await?, Framing::Lines),
            JsonBlocks::Values(blocks, framing) => (blocks.next().await?, *framing),
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
            options: self.options,
        }))
    }
}

fn skip_byte_order_mark(content: &mut Content) {
    if content.buffer().starts_with(BYTE_ORDER_MARK) {
        content.skip(BYTE_ORDER_MARK.len());
    }
}

impl JsonOptions {
    fn of(options: &ReadOptions) -> Self {
        JsonOptions {
            nested: options.nested,
            max_record_bytes: usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX),
        }
    }
}

impl JsonBlock {
    pub(crate) fn read(&self) -> Result<FinishedTable, ReadDataset> {
        let text = check_utf8(&self.uri, &self.block)?;
        let mut table = TextTable::default();
        let mut rows = RowReader::new(&mut table, self.options.nested);
        match self.framing {
            Framing::Lines => self.read_lines(text, &mut rows)?,
            Framing::Elements | Framing::Values => self.read_values(text, &mut rows)?,
        }
        Ok(table.finish())
    }

    fn read_lines(&self, text: &str, rows: &mut RowReader<'_>) -> Result<(), ReadDataset> {
        for (line, record) in (self.block.first_line..).zip(text.split('\n')) {
            if record.len() > self.options.max_record_bytes {
                return Err(self.too_long(line));
            }
            let mut scanner = JsonScanner::new(record);
            if scanner.peek().is_none() {
                continue;
            }
            rows.object(&mut scanner)
                .map_err(|fault| row_error(&self.uri, line, record, fault))?;
            scanner
                .at_end("text follows the record on its line")
                .map_err(|fault| row_error(&self.uri, line, record, fault.into()))?;
            rows.end_row();
        }
        Ok(())
    }

    fn read_values(&self, text: &str, rows: &mut RowReader<'_>) -> Result<(), ReadDataset> {
        let mut scanner = JsonScanner::new(text);
        let error =
            |fault: RowFault| row_error(&self.uri, self.block.line_at(fault.offset()), text, fault);
        // A block begins with the comma that follows the block before it.
        let mut follows = First::Yes;
        loop {
            if self.framing == Framing::Elements {
                if scanner.take(b']') {
                    return scanner
                        .at_end("text follows the array")
                        .map_err(|fault| error(fault.into()));
                }
                if scanner.peek().is_some() && !scanner.take(b',') && follows == First::No {
                    return Err(error(scanner.fault("expected `,` or `]`").into()));
                }
                if scanner.peek().is_none() && self.block.is_last {
                    return Err(error(scanner.fault(NEVER_CLOSED).into()));
                }
            }
            if scanner.peek().is_none() {
                return Ok(());
            }
            follows = First::No;
            let start = scanner.position();
            rows.object(&mut scanner).map_err(error)?;
            if scanner.position() - start > self.options.max_record_bytes {
                return Err(self.too_long(self.block.line_at(start)));
            }
            rows.end_row();
        }
    }

    fn too_long(&self, line: u64) -> ReadDataset {
        let limit_bytes = self.options.max_record_bytes as u64;
        ReadDataset::RecordTooLong {
            uri: self.uri.to_string(),
            line,
            limit_bytes,
        }
    }
}
