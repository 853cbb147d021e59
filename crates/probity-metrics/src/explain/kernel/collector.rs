//! Scores of chunks, in whatever order they come back, to rows in their order.

use std::collections::BTreeMap;
use std::ops::Range;

use super::batches::MaskedChunk;
use super::cholesky::sum;

/// The mean score of each coalition over the baseline: `n_outputs` scores for each input, inputs
/// of one coalition one after another. The answer has `n_outputs` numbers for each coalition.
pub fn mean_scores(
    scores: &[f64],
    inputs_per_coalition: usize,
    n_outputs: usize,
) -> Result<Vec<f64>, CollectScores> {
    let scores_per_coalition = inputs_per_coalition * n_outputs;
    if scores_per_coalition == 0 || !scores.len().is_multiple_of(scores_per_coalition) {
        return Err(CollectScores::Uneven {
            n_scores: scores.len(),
            inputs_per_coalition,
            n_outputs,
        });
    }
    let n = inputs_per_coalition as f64;
    if n_outputs == 1 {
        let coalitions = scores.chunks_exact(inputs_per_coalition);
        return Ok(coalitions.map(|scores| sum(scores) / n).collect());
    }
    let mut means = vec![0.0; scores.len() / inputs_per_coalition];
    for (coalition, means) in
        (scores.chunks_exact(scores_per_coalition)).zip(means.chunks_exact_mut(n_outputs))
    {
        for scores in coalition.chunks_exact(n_outputs) {
            for (mean, score) in means.iter_mut().zip(scores) {
                *mean += score;
            }
        }
        means.iter_mut().for_each(|mean| *mean /= n);
    }
    Ok(means)
}

/// Rows that are not finished, and finished ones that wait for an earlier row. As many are held
/// as chunks are out at a time.
#[derive(Clone, Debug)]
pub struct ScoreCollector {
    rows: Range<usize>,
    n_coalitions: usize,
    n_outputs: usize,
    unfinished: BTreeMap<usize, PartOfRow>,
}

#[derive(Clone, Debug)]
struct PartOfRow {
    /// One run of all coalitions for each output.
    values: Vec<f64>,
    is_known: Vec<bool>,
    n_known: usize,
}

/// The values of all coalitions of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedRow {
    pub row_idx: usize,
    values: Vec<f64>,
    n_coalitions: usize,
}

impl FinishedRow {
    /// The values of one output, in the order of the coalitions that were asked.
    pub fn output(&self, output: usize) -> &[f64] {
        &self.values[output * self.n_coalitions..][..self.n_coalitions]
    }
}

/// Why scores do not fit what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectScores {
    #[error(
        "{n_scores} scores are not {n_outputs} of each input, {inputs_per_coalition} inputs a coalition"
    )]
    Uneven {
        n_scores: usize,
        inputs_per_coalition: usize,
        n_outputs: usize,
    },
    #[error("{found} values came back for {expected}")]
    WrongCount { expected: usize, found: usize },
    #[error("values came back for row {row_idx}, which was not asked or is finished")]
    UnknownRow { row_idx: usize },
    #[error("values came back for coalition {coalition} of {n_coalitions}")]
    UnknownCoalition {
        coalition: usize,
        n_coalitions: usize,
    },
    #[error("values of row {row_idx}, coalition {coalition} came back twice")]
    Twice { row_idx: usize, coalition: usize },
}

impl ScoreCollector {
    /// Of the rows and coalitions of a [`super::MaskedBatches`]; a model has at least one output.
    pub fn new(rows: Range<usize>, n_coalitions: usize, n_outputs: usize) -> ScoreCollector {
        ScoreCollector {
            rows,
            n_coalitions,
            n_outputs: n_outputs.max(1),
            unfinished: BTreeMap::new(),
        }
    }

    /// Takes the values of a chunk, as [`mean_scores`] gives them: by row, coalition, output.
    /// Where it refuses, nothing is taken.
    pub fn add(&mut self, chunk: &MaskedChunk, values: &[f64]) -> Result<(), CollectScores> {
        self.check(chunk, values)?;
        let of_row = chunk.coalitions.len() * self.n_outputs;
        for (row_idx, values) in chunk.rows.clone().zip(values.chunks_exact(of_row.max(1))) {
            let n_coalitions = self.n_coalitions;
            let n_outputs = self.n_outputs;
            let part = (self.unfinished.entry(row_idx))
                .or_insert_with(|| PartOfRow::unknown(n_coalitions, n_outputs));
            let cells = chunk.coalitions.clone().zip(values.chunks_exact(n_outputs));
            for (coalition, outputs) in cells {
                for (output, value) in outputs.iter().enumerate() {
                    part.values[output * n_coalitions + coalition] = *value;
                }
                part.is_known[coalition] = true;
            }
            part.n_known += chunk.coalitions.len();
        }
        Ok(())
    }

    /// The next row, where all its values are there.
    pub fn next_finished(&mut self) -> Option<FinishedRow> {
        let row_idx = self.rows.start;
        if self.rows.is_empty() {
            return None;
        }
        let values = if self.n_coalitions == 0 {
            Vec::new()
        } else {
            if self.unfinished.get(&row_idx)?.n_known < self.n_coalitions {
                return None;
            }
            self.unfinished.remove(&row_idx)?.values
        };
        self.rows.start += 1;
        Some(FinishedRow {
            row_idx,
            values,
            n_coalitions: self.n_coalitions,
        })
    }

    /// Rows that are not given out.
    pub fn n_rows_left(&self) -> usize {
        self.rows.len()
    }

    fn check(&self, chunk: &MaskedChunk, values: &[f64]) -> Result<(), CollectScores> {
        let expected = chunk.n_cells() * self.n_outputs;
        if values.len() != expected {
            return Err(CollectScores::WrongCount {
                expected,
                found: values.len(),
            });
        }
        if chunk.coalitions.end > self.n_coalitions {
            return Err(CollectScores::UnknownCoalition {
                coalition: chunk.coalitions.end - 1,
                n_coalitions: self.n_coalitions,
            });
        }
        for row_idx in chunk.rows.clone() {
            if !self.rows.contains(&row_idx) {
                return Err(CollectScores::UnknownRow { row_idx });
            }
            let Some(part) = self.unfinished.get(&row_idx) else {
                continue;
            };
            let mut coalitions = chunk.coalitions.clone();
            if let Some(coalition) = coalitions.find(|&coalition| part.is_known[coalition]) {
                return Err(CollectScores::Twice { row_idx, coalition });
            }
        }
        Ok(())
    }
}

impl PartOfRow {
    fn unknown(n_coalitions: usize, n_outputs: usize) -> PartOfRow {
        PartOfRow {
            values: vec![f64::NAN; n_coalitions * n_outputs],
            is_known: vec![false; n_coalitions],
            n_known: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(rows: Range<usize>, coalitions: Range<usize>) -> MaskedChunk {
        MaskedChunk { rows, coalitions }
    }

    #[test]
    fn means_are_taken_over_the_baseline_for_each_output() {
        let scores = [1.0, 10.0, 3.0, 30.0, 5.0, 50.0, 6.0, 70.0];
        assert_eq!(mean_scores(&scores, 2, 2), Ok(vec![2.0, 20.0, 5.5, 60.0]));
        assert!(mean_scores(&scores, 3, 2).is_err());
        assert!(mean_scores(&scores, 0, 2).is_err());
    }

    #[test]
    fn rows_come_out_in_order_whatever_order_chunks_come_back_in() {
        let mut collector = ScoreCollector::new(5..8, 3, 2);
        let value = |row: usize, coalition: usize, output: usize| {
            (row * 100 + coalition * 10 + output) as f64
        };
        let chunks = [
            chunk(7..8, 2..3),
            chunk(6..7, 0..3),
            chunk(7..8, 0..2),
            chunk(5..6, 0..3),
        ];
        let mut finished = Vec::new();
        for (turn, chunk) in chunks.iter().enumerate() {
            let values: Vec<f64> = (chunk.rows.clone())
                .flat_map(|row| {
                    (chunk.coalitions.clone()).flat_map(move |coalition| {
                        (0..2).map(move |output| value(row, coalition, output))
                    })
                })
                .collect();
            collector.add(chunk, &values).unwrap();
            finished.extend(std::iter::from_fn(|| collector.next_finished()));
            assert_eq!(finished.len(), if turn < 3 { 0 } else { 3 });
        }
        for (row, found) in (5..8).zip(&finished) {
            assert_eq!(found.row_idx, row);
            for output in 0..2 {
                let expected: Vec<f64> = (0..3).map(|c| value(row, c, output)).collect();
                assert_eq!(found.output(output), expected);
            }
        }
        assert_eq!(collector.n_rows_left(), 0);
    }

    #[test]
    fn what_was_not_asked_is_refused_and_nothing_is_taken() {
        let mut collector = ScoreCollector::new(0..2, 3, 1);
        let refused = [
            (chunk(0..1, 0..2), 1, "1 values came back for 2"),
            (
                chunk(1..3, 0..1),
                2,
                "values came back for row 2, which was not asked or is finished",
            ),
            (
                chunk(0..1, 2..4),
                2,
                "values came back for coalition 3 of 3",
            ),
            (
                chunk(0..2, 1..3),
                4,
                "values of row 0, coalition 1 came back twice",
            ),
        ];
        collector.add(&chunk(0..1, 1..2), &[1.0]).unwrap();
        for (chunk, n_values, expected) in refused {
            let error = collector.add(&chunk, &vec![0.0; n_values]).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        collector.add(&chunk(0..1, 0..1), &[0.0]).unwrap();
        collector.add(&chunk(0..1, 2..3), &[2.0]).unwrap();
        assert_eq!(
            collector.next_finished().unwrap().output(0),
            [0.0, 1.0, 2.0]
        );
    }

    #[test]
    fn rows_of_which_nothing_is_asked_are_finished_at_once() {
        let mut collector = ScoreCollector::new(0..2, 0, 1);
        assert_eq!(collector.next_finished().unwrap().row_idx, 0);
        assert_eq!(collector.next_finished().unwrap().row_idx, 1);
        assert_eq!(collector.next_finished(), None);
    }
}
