//! Rows × coalitions in chunks of bounded size: all inputs of a job may be billions.
//!
//! A chunk has several rows with all their coalitions, or a part of one row's coalitions where
//! those alone are too many: large enough to keep a model busy, never more than asked for.

use std::ops::Range;

/// What is made and scored at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedChunk {
    pub rows: Range<usize>,
    /// Positions among the coalitions that are asked of each row.
    pub coalitions: Range<usize>,
}

impl MaskedChunk {
    /// Row and coalition pairs of the chunk.
    pub fn n_cells(&self) -> usize {
        self.rows.len() * self.coalitions.len()
    }
}

/// The chunks of a job, by row, then by coalition.
#[derive(Clone, Debug)]
pub struct MaskedBatches {
    rows: Range<usize>,
    n_coalitions: usize,
    /// Rows with all their coalitions, or 1 where one row is cut.
    rows_at_once: usize,
    coalitions_at_once: usize,
    /// Where the next chunk starts in the first row that is left.
    next_coalition: usize,
}

impl MaskedBatches {
    /// `n_coalitions` are asked of each row, each makes `inputs_per_coalition` inputs, and a chunk
    /// has at most `most_inputs` of them, but always one coalition. Parts of a row are of equal
    /// size, give or take one.
    pub fn new(
        rows: Range<usize>,
        n_coalitions: usize,
        inputs_per_coalition: usize,
        most_inputs: usize,
    ) -> MaskedBatches {
        let coalitions_that_fit = (most_inputs / inputs_per_coalition.max(1)).max(1);
        let n_parts = n_coalitions.div_ceil(coalitions_that_fit).max(1);
        MaskedBatches {
            rows,
            n_coalitions,
            rows_at_once: (coalitions_that_fit / n_coalitions.max(1)).max(1),
            coalitions_at_once: n_coalitions.div_ceil(n_parts),
            next_coalition: 0,
        }
    }

    /// Row and coalition pairs that are left: what a progress bar shows.
    pub fn n_cells_left(&self) -> u64 {
        (self.rows.len() as u64 * self.n_coalitions as u64)
            .saturating_sub(self.next_coalition as u64)
    }
}

impl Iterator for MaskedBatches {
    type Item = MaskedChunk;

    fn next(&mut self) -> Option<MaskedChunk> {
        if self.rows.is_empty() || self.n_coalitions == 0 {
            return None;
        }
        let start = self.next_coalition;
        let end = (start + self.coalitions_at_once).min(self.n_coalitions);
        let n_rows = self.rows_at_once.min(self.rows.len());
        let rows = self.rows.start..self.rows.start + n_rows;
        if end == self.n_coalitions {
            self.rows.start = rows.end;
            self.next_coalition = 0;
        } else {
            self.next_coalition = end;
        }
        Some(MaskedChunk {
            rows,
            coalitions: start..end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(batches: MaskedBatches, expected: &[(Range<usize>, Range<usize>)]) {
        let chunks: Vec<_> = batches
            .map(|chunk| (chunk.rows, chunk.coalitions))
            .collect();
        assert_eq!(chunks, expected);
    }

    #[test]
    fn rows_go_together_where_their_coalitions_fit() {
        check(
            MaskedBatches::new(3..8, 10, 4, 99),
            &[(3..5, 0..10), (5..7, 0..10), (7..8, 0..10)],
        );
    }

    #[test]
    fn a_row_is_cut_into_equal_parts_where_it_does_not_fit() {
        check(
            MaskedBatches::new(0..2, 10, 4, 16),
            &[
                (0..1, 0..4),
                (0..1, 4..8),
                (0..1, 8..10),
                (1..2, 0..4),
                (1..2, 4..8),
                (1..2, 8..10),
            ],
        );
        check(
            MaskedBatches::new(0..1, 10, 1, 9),
            &[(0..1, 0..5), (0..1, 5..10)],
        );
    }

    #[test]
    fn one_coalition_is_always_asked() {
        check(
            MaskedBatches::new(0..1, 2, 100, 7),
            &[(0..1, 0..1), (0..1, 1..2)],
        );
    }

    #[test]
    fn nothing_is_asked_of_nobody() {
        check(MaskedBatches::new(0..0, 2, 1, 7), &[]);
        // One player: its value is known without asking.
        check(MaskedBatches::new(0..3, 0, 1, 7), &[]);
    }
}
