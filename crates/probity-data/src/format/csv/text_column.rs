//! Gathers one column of text: offsets and one buffer of values, as Arrow keeps
//! them.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::error::ArrowError;

use super::records::FieldIndex;

/// Most fields are shorter: they are copied as one fixed-size piece, of which
/// the next field overwrites the surplus.
const PIECE: usize = 16;

#[derive(Debug)]
pub(crate) struct TextColumn {
    offsets: Vec<i32>,
    /// Zeros follow the first `used` bytes.
    values: Vec<u8>,
    used: usize,
}

impl TextColumn {
    pub(crate) fn with_capacity(rows: usize, value_bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        TextColumn {
            offsets,
            values: vec![0; value_bytes + PIECE],
            used: 0,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Adds field `position` of every record of the index.
    pub(crate) fn append(&mut self, block: &[u8], index: &FieldIndex, position: usize) {
        let width = index.spans().len() / index.rows().max(1);
        for row in index.spans().chunks_exact(width.max(1)) {
            let (text, start, length) = index.locate(block, row[position]);
            self.push(text, start, length);
        }
    }

    #[inline]
    fn push(&mut self, text: &[u8], start: usize, length: usize) {
        let end = self.used + length;
        if end + PIECE > self.values.len() {
            self.values.resize((end + PIECE) * 2, 0);
        }
        let source = text.get(start..start + PIECE);
        match source {
            Some(piece) if length <= PIECE => {
                self.values[self.used..self.used + PIECE].copy_from_slice(piece)
            }
            _ => self.values[self.used..end].copy_from_slice(&text[start..start + length]),
        }
        self.used = end;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "a block, hence a column of a batch of it, is shorter than 2 GiB"
        )]
        self.offsets.push(end as i32);
    }

    /// The column as an array, in which an empty field is missing.
    pub(crate) fn finish(mut self) -> Result<ArrayRef, ArrowError> {
        self.values.truncate(self.used);
        let rows = self.rows();
        let offsets = self.offsets;
        let missing = offsets.windows(2).filter(|ends| ends[0] == ends[1]).count();
        let nulls = (missing > 0).then(|| {
            NullBuffer::new(BooleanBuffer::collect_bool(rows, |row| {
                offsets[row] != offsets[row + 1]
            }))
        });
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(StringArray::try_new(
            offsets,
            Buffer::from_vec(self.values),
            nulls,
        )?))
    }
}
