//! Cuts the content of a text file into blocks of whole records. A cut depends
//! on the content alone: it is the first record boundary at or after the block
//! size, however the content arrived.

use bytes::Bytes;

use super::content::Content;
use super::error::ReadDataset;
use super::events::BadRecords;
use super::options::ReadOptions;

/// Whole records, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) bytes: Bytes,
    /// Line of the file on which the block begins, from 1.
    pub(crate) first_line: u64,
    /// The content ends with it.
    pub(crate) is_last: bool,
}

impl Block {
    /// The line of the file at `offset` of the block.
    pub(crate) fn line_at(&self, offset: usize) -> u64 {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        self.first_line + count_lines(before)
    }
}

/// Line ends in `bytes`; a bare CR counts where there is no LF at all.
pub(crate) fn count_lines(bytes: &[u8]) -> u64 {
    let count = |byte| memchr::memchr_iter(byte, bytes).count() as u64;
    match count(b'\n') {
        0 => count(b'\r'),
        lines => lines,
    }
}

/// Finds where records end. It is asked again with the same buffer grown at
/// its end, and with a new buffer after each cut.
pub(crate) trait FindBoundary {
    /// The offset after the first record that ends at or after `target`;
    /// `None` when the buffer does not reach that far.
    fn find(&mut self, buffer: &[u8], target: usize) -> Option<usize>;
    /// A block was cut off: the buffer begins with a new record.
    fn restart(&mut self);
    /// Where the last record that begins in `buffer` begins, for a message.
    fn last_record(&self, buffer: &[u8]) -> usize;
}

pub(crate) struct Blocks<F> {
    content: Content,
    boundaries: F,
    next_line: u64,
    block_size: usize,
    max_record_bytes: usize,
    on_long_record: BadRecords,
    /// Lines on which records begin that were dropped for their length.
    long_records: Vec<u64>,
    /// Bytes of such a record are being dropped.
    dropping: bool,
}

impl<F: FindBoundary> Blocks<F> {
    /// The blocks of what follows in `content`, which begins on `first_line`.
    pub(crate) fn new(
        content: Content,
        first_line: u64,
        boundaries: F,
        options: &ReadOptions,
    ) -> Self {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX).max(1);
        Blocks {
            content,
            boundaries,
            next_line: first_line,
            block_size: size(options.block_size_bytes),
            max_record_bytes: size(options.max_record_bytes),
            on_long_record: BadRecords::Refuse,
            long_records: Vec::new(),
            dropping: false,
        }
    }

    /// Drops records that are too long, up to the next end of line, instead of refusing the file. For records
    /// that are lines.
    pub(crate) fn dropping_long_records(self) -> Self {
        Blocks {
            on_long_record: BadRecords::Skip,
            ..self
        }
    }

    /// The lines of the records dropped since it was asked last.
    pub(crate) fn take_long_records(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.long_records)
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Block>, ReadDataset> {
        loop {
            if self.dropping {
                self.drop_record().await?;
            }
            self.content.fill(self.block_size).await?;
            let buffer = self.content.buffer();
            if buffer.len() >= self.block_size {
                if let Some(end) = self.boundaries.find(buffer, self.block_size) {
                    return Ok(Some(Block {
                        is_last: false,
                        ..self.cut(end)
                    }));
                }
                if buffer.len() - self.block_size > self.max_record_bytes {
                    let start = self.boundaries.last_record(buffer).min(buffer.len());
                    match self.on_long_record {
                        BadRecords::Refuse => return Err(self.record_too_long()),
                        BadRecords::Skip => self.dropping = true,
                    }
                    if start > 0 {
                        return Ok(Some(Block {
                            is_last: false,
                            ..self.cut(start)
                        }));
                    }
                    continue;
                }
            }
            if self.content.ended() {
                let rest = self.content.buffer().len();
                return Ok((rest > 0).then(|| self.cut(rest)));
            }
            self.content.read_more().await?;
        }
    }

    /// The record that is too long begins where the buffer does.
    async fn drop_record(&mut self) -> Result<(), ReadDataset> {
        self.dropping = false;
        self.long_records.push(self.next_line);
        self.next_line += 1;
        self.boundaries.restart();
        loop {
            let buffer = self.content.buffer();
            if let Some(end) = memchr::memchr(b'\n', buffer) {
                self.content.skip(end + 1);
                return Ok(());
            }
            self.content.skip(buffer.len());
            if self.content.ended() {
                return Ok(());
            }
            self.content.read_more().await?;
        }
    }

    fn cut(&mut self, end: usize) -> Block {
        let bytes = Bytes::from(self.content.take(end));
        let block = Block {
            first_line: self.next_line,
            bytes,
            is_last: true,
        };
        self.next_line += count_lines(&block.bytes);
        self.boundaries.restart();
        block
    }

    fn record_too_long(&self) -> ReadDataset {
        let buffer = self.content.buffer();
        let start = self.boundaries.last_record(buffer).min(buffer.len());
        ReadDataset::RecordTooLong {
            uri: self.content.uri().to_string(),
            line: self.next_line + count_lines(&buffer[..start]),
            limit_bytes: self.max_record_bytes as u64,
        }
    }
}

/// Records that end with a line feed.
#[derive(Debug, Default)]
pub(crate) struct LineBoundaries {
    searched: usize,
}

impl FindBoundary for LineBoundaries {
    fn find(&mut self, buffer: &[u8], target: usize) -> Option<usize> {
        let from = self.searched.max(target.saturating_sub(1));
        let rest = buffer.get(from..)?;
        self.searched = buffer.len();
        memchr::memchr(b'\n', rest).map(|at| from + at + 1)
    }

    fn restart(&mut self) {
        self.searched = 0;
    }

    fn last_record(&self, buffer: &[u8]) -> usize {
        memchr::memrchr(b'\n', buffer).map_or(0, |at| at + 1)
    }
}
