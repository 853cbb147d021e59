//! Consistency (Zemel et al., 2013): do similar rows get the same prediction, whatever their
//! group? 1 − (1/n) Σ |ŷ_i − mean of ŷ over the k nearest rows of i|, k = 5, as AIF360 computes
//! it: Euclidean distance of the features as they are, and the row itself is one of its
//! neighbours, unless five equal rows precede it. 1 is ideal.

use probity_domain::document::probity_file::Interval;

use super::interval::finite;
use super::nearest::{NearestRows, Neighbour, RowMajor};
use super::projection::two_sided_deviations;

const NEIGHBOURS: usize = 5;

/// How far predictions agree with those of their neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// Rows by how many of their five neighbours are predicted otherwise.
    pub rows_by_disagreements: [u64; NEIGHBOURS + 1],
}

impl Consistency {
    /// In [0, 1]. For predictions of 0 and 1, |ŷ_i − mean| is the share of neighbours that differ.
    pub fn value(&self) -> f64 {
        1.0 - self.disagreements() as f64 / (self.rows() * NEIGHBOURS as u64) as f64
    }

    pub fn rows(&self) -> u64 {
        self.rows_by_disagreements.iter().sum()
    }

    /// Pairs of a row and one of its five neighbours whose predictions differ.
    pub fn disagreements(&self) -> u64 {
        let by_number = self.rows_by_disagreements.iter().zip(0..);
        by_number.map(|(rows, n)| rows * n).sum()
    }

    /// The rows are a sample, their neighbours are held fixed, as for the flip test.
    ///
    /// A row's share of agreeing neighbours is bounded but no proportion: Wilson's interval is
    /// taken for as many rows of 0 and 1 as would vary like the mean of these shares. They vary
    /// less, so that these are at least as many as there are rows.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let (n, mean) = (self.rows() as f64, self.value());
        let squares = self.rows_by_disagreements.iter().zip(0u8..);
        let squares = squares.map(|(rows, k)| {
            let share = 1.0 - f64::from(k) / NEIGHBOURS as f64;
            *rows as f64 * (share - mean) * (share - mean)
        });
        let variance = squares.sum::<f64>() / n;
        let n = if variance > 0.0 {
            n * mean * (1.0 - mean) / variance
        } else {
            n
        };
        let z = two_sided_deviations(level);
        let centre = (mean + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let margin =
            z / (1.0 + z * z / n) * (mean * (1.0 - mean) / n + z * z / (4.0 * n * n)).sqrt();
        let ends = ((centre - margin).max(0.0), (centre + margin).min(1.0));
        finite(
            ends,
            level,
            "Wilson by the variance of rows, neighbours held fixed",
        )
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
    let count_positive = |nearest: &[Neighbour]| -> usize {
        let positive = |neighbour: &&Neighbour| predicted_positive[neighbour.row as usize];
        nearest.iter().filter(positive).count()
    };
    let positives = NearestRows::of(features).for_each_query(features, NEIGHBOURS, count_positive);
    let disagreements = predicted_positive.iter().zip(positives);
    let mut rows_by_disagreements = [0; NEIGHBOURS + 1];
    for (&own, positive) in disagreements {
        let differing = if own { NEIGHBOURS - positive } else { positive };
        rows_by_disagreements[differing] += 1;
    }
    Ok(Consistency {
        rows_by_disagreements,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], predictions: &[bool], expected: Result<u64, MeasureConsistency>) {
        let features = RowMajor::new(values, 1).unwrap();
        let found = consistency(features, predictions).map(|found| found.disagreements());
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
    fn the_interval_is_wilsons_of_rows_that_agree_with_all_or_none() {
        // 90 of 100 rows agree with all five neighbours, 10 with none: proportions of 0 and 1.
        let found = Consistency {
            rows_by_disagreements: [90, 0, 0, 0, 0, 10],
        };
        let interval = found.interval(0.95).unwrap();
        // Wilson's interval of 90 of 100, by statsmodels.
        assert!(
            (interval.low - 0.825_634_284_886_464).abs() < 1e-6,
            "{interval:?}"
        );
        assert!(
            (interval.high - 0.944_770_892_871_262).abs() < 1e-6,
            "{interval:?}"
        );
        // Shares that vary less are surer, and a mean of 1 still has a lower end.
        let close = Consistency {
            rows_by_disagreements: [50, 50, 0, 0, 0, 0],
        };
        let narrow = close.interval(0.95).unwrap();
        assert!(narrow.high - narrow.low < interval.high - interval.low);
        let whole = Consistency {
            rows_by_disagreements: [100, 0, 0, 0, 0, 0],
        };
        let ends = whole.interval(0.95).unwrap();
        assert!(
            ends.high >= 1.0 && (ends.low - 0.963).abs() < 1e-3,
            "{ends:?}"
        );
    }

    #[test]
    fn fewer_rows_than_neighbours_are_refused() {
        let error = MeasureConsistency::TooFewRows { n_rows: 2 };
        check(&[1.0, 2.0], &[true, false], Err(error));
    }
}
