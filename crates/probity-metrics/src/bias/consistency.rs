//! Consistency (Zemel et al., 2013): do similar rows get the same prediction, whatever their
//! group? 1 − (1/n) Σ |ŷ_i − mean of ŷ over the k nearest rows of i|, k = 5, as AIF360 computes
//! it: Euclidean distance of the features as they are, and the row itself is one of its
//! neighbours, unless five equal rows precede it. 1 is ideal.

use super::nearest::{NearestRows, Neighbour, RowMajor};

const NEIGHBOURS: usize = 5;

/// How far predictions agree with those of their neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consistency {
    pub rows: u64,
    /// Pairs of a row and one of its five neighbours whose predictions differ.
    pub disagreements: u64,
}

impl Consistency {
    /// In [0, 1]. For predictions of 0 and 1, |ŷ_i − mean| is the share of neighbours that differ.
    pub fn value(&self) -> f64 {
        1.0 - self.disagreements as f64 / (self.rows * NEIGHBOURS as u64) as f64
    }
}

/// Why there is no consistency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasureConsistency {
    #[error("consistency needs five rows or more; there are {n_rows}")]
    TooFewRows { n_rows: usize },
    #[error(
        "consistency got {n_rows} rows of features and {n_predictions} predictions; every row \
         needs both"
    )]
    Unpaired { n_rows: usize, n_predictions: usize },
}

pub fn consistency(
    features: RowMajor,
    predicted_positive: &[bool],
) -> Result<Consistency, MeasureConsistency> {
    let n_rows = features.n_rows();
    let n_predictions = predicted_positive.len();
    if n_rows != n_predictions {
        return Err(MeasureConsistency::Unpaired {
            n_rows,
            n_predictions,
        });
    }
    if n_rows < NEIGHBOURS {
        return Err(MeasureConsistency::TooFewRows { n_rows });
    }
    let count_positive = |nearest: &[Neighbour]| -> u64 {
        let positive = |neighbour: &Neighbour| predicted_positive[neighbour.row as usize];
        nearest.iter().map(|row| u64::from(positive(row))).sum()
    };
    let positives = NearestRows::of(features).for_each_query(features, NEIGHBOURS, count_positive);
    let disagreements = predicted_positive.iter().zip(positives);
    Ok(Consistency {
        rows: n_rows as u64,
        disagreements: disagreements
            .map(|(&own, positive)| {
                if own {
                    NEIGHBOURS as u64 - positive
                } else {
                    positive
                }
            })
            .sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], predictions: &[bool], expected: Result<u64, MeasureConsistency>) {
        let features = RowMajor::new(values, 1).unwrap();
        let found = consistency(features, predictions).map(|found| found.disagreements);
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_predictions_agree() {
        check(&[1.0, 2.0, 3.0, 4.0, 5.0], &[true; 5], Ok(0));
    }

    #[test]
    fn one_of_five_differs_from_four_and_they_from_it() {
        let predictions = [true, false, false, false, false];
        check(&[1.0, 2.0, 3.0, 4.0, 5.0], &predictions, Ok(8));
    }

    #[test]
    fn a_row_after_five_equal_ones_is_no_neighbour_of_itself() {
        let predictions = [false, false, false, false, false, true];
        check(&[7.0; 6], &predictions, Ok(5));
    }

    #[test]
    fn fewer_rows_than_neighbours_are_refused() {
        let error = MeasureConsistency::TooFewRows { n_rows: 2 };
        check(&[1.0, 2.0], &[true, false], Err(error));
    }
}
