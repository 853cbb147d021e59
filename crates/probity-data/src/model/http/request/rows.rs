//! The texts of records one after the other, and where each ends.

use std::ops::Range;

use crate::model::AskModel;

#[derive(Debug, Default)]
pub(super) struct Rows {
    text: String,
    ends: Vec<usize>,
}

impl Rows {
    pub(super) fn encode(
        n_rows: usize,
        write: impl Fn(usize, &mut String) -> Result<(), AskModel>,
    ) -> Result<Rows, AskModel> {
        let mut rows = Rows::default();
        for row_idx in 0..n_rows {
            write(row_idx, &mut rows.text)?;
            rows.ends.push(rows.text.len());
        }
        Ok(rows)
    }

    pub(super) fn write(&self, range: Range<usize>, between: &str, out: &mut String) {
        for row_idx in range.clone() {
            if row_idx > range.start {
                out.push_str(between);
            }
            out.push_str(&self.text[self.start(row_idx)..self.ends[row_idx]]);
        }
    }

    /// Of what `write` writes.
    pub(super) fn bytes(&self, range: Range<usize>, between: &str) -> usize {
        let separators = range.len().saturating_sub(1) * between.len();
        self.start(range.end) - self.start(range.start) + separators
    }

    fn start(&self, row_idx: usize) -> usize {
        match row_idx {
            0 => 0,
            _ => self.ends[row_idx - 1],
        }
    }
}
