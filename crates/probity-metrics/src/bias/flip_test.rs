//! The flip test (FT): would a member of the disadvantaged group have been predicted otherwise
//! had it been its neighbour in the other group? (Black, Yeom, Fredrikson, 2020, with nearest
//! neighbours in place of optimal transport, as in Clarify.)
//!
//! The k nearest rows of group *a* vote on each row of group *d*: k = 5, or 1 when *a* has
//! fewer than ten rows; Euclidean distance of the features as they are; at equal distance the
//! lower row. FT = (F− − F+) / n_d: the sign of Clarify's results, positive where *d* is
//! favoured. Its guide describes the opposite sign.

use super::nearest::{NearestRows, Neighbour, RowMajor};

/// The rows of a dataset as the flip test sees them.
#[derive(Clone, Copy, Debug)]
pub struct FlipTestRows<'a> {
    pub features: RowMajor<'a>,
    /// Which rows are in group *d*, one entry per row.
    pub disadvantaged: &'a [bool],
    /// Which rows are predicted positive, one entry per row.
    pub predicted_positive: &'a [bool],
}

/// Why there is no flip test, in the words of Clarify's own library where it has any.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunFlipTest {
    #[error("Facet set is empty")]
    NoDisadvantaged,
    #[error("Negated Facet set is empty")]
    NoAdvantaged,
    #[error(
        "the flip test got {n_rows} rows of features, {n_groups} of groups and {n_predictions} \
         of predictions; every row needs all three"
    )]
    Unpaired {
        n_rows: usize,
        n_groups: usize,
        n_predictions: usize,
    },
}

/// What the flip test found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipTest {
    /// k: how many neighbours voted on each row.
    pub neighbours: usize,
    pub advantaged_rows: u64,
    /// n_d.
    pub disadvantaged_rows: u64,
    /// F+: rows of *d* predicted negative whose neighbours in *a* are predicted positive.
    pub harmed: u64,
    /// F−: rows of *d* predicted positive whose neighbours in *a* are predicted negative.
    pub favoured: u64,
    /// Per row of *d*, in the order of the rows: what the neighbours voted. Fixed when rows of
    /// *d* are resampled for an interval.
    pub votes: Vec<bool>,
}

impl FlipTest {
    /// FT, in [−1, 1]; 0 is ideal.
    pub fn value(&self) -> f64 {
        (self.favoured as f64 - self.harmed as f64) / self.disadvantaged_rows as f64
    }
}

pub fn flip_test(rows: &FlipTestRows) -> Result<FlipTest, RunFlipTest> {
    check_paired(rows)?;
    let of_group = |disadvantaged: bool| -> Vec<usize> {
        let groups = rows.disadvantaged.iter().enumerate();
        groups
            .filter(|&(_, &group)| group == disadvantaged)
            .map(|(row, _)| row)
            .collect()
    };
    let (advantaged, disadvantaged) = (of_group(false), of_group(true));
    if disadvantaged.is_empty() {
        return Err(RunFlipTest::NoDisadvantaged);
    }
    if advantaged.is_empty() {
        return Err(RunFlipTest::NoAdvantaged);
    }
    let neighbours = if advantaged.len() > 9 { 5 } else { 1 };
    let predicted = |row: usize| rows.predicted_positive[row];
    // k is odd, so that no vote is a tie.
    let vote = |nearest: &[Neighbour]| {
        let positive = |neighbour: &&Neighbour| predicted(advantaged[neighbour.row as usize]);
        2 * nearest.iter().filter(positive).count() > nearest.len()
    };
    let fitted = rows.features.select(&advantaged);
    let queries = rows.features.select(&disadvantaged);
    let votes = NearestRows::of(fitted.rows()).for_each_query(queries.rows(), neighbours, vote);
    let count = |own: bool, voted: bool| -> u64 {
        let pairs = disadvantaged.iter().zip(&votes);
        pairs
            .filter(|&(&row, &vote)| predicted(row) == own && vote == voted)
            .count() as u64
    };
    Ok(FlipTest {
        neighbours,
        advantaged_rows: advantaged.len() as u64,
        disadvantaged_rows: disadvantaged.len() as u64,
        harmed: count(false, true),
        favoured: count(true, false),
        votes,
    })
}

fn check_paired(rows: &FlipTestRows) -> Result<(), RunFlipTest> {
    let n_rows = rows.features.n_rows();
    let n_groups = rows.disadvantaged.len();
    let n_predictions = rows.predicted_positive.len();
    if n_groups == n_rows && n_predictions == n_rows {
        return Ok(());
    }
    Err(RunFlipTest::Unpaired {
        n_rows,
        n_groups,
        n_predictions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One feature per row; `d` and `1` mark group and prediction.
    fn run(rows: &[(f64, &str)]) -> Result<FlipTest, RunFlipTest> {
        let values: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let marked =
            |mark: char| -> Vec<bool> { rows.iter().map(|row| row.1.contains(mark)).collect() };
        flip_test(&FlipTestRows {
            features: RowMajor::new(&values, 1).unwrap(),
            disadvantaged: &marked('d'),
            predicted_positive: &marked('1'),
        })
    }

    #[track_caller]
    fn check(rows: &[(f64, &str)], neighbours: usize, expected: (u64, u64)) {
        let found = run(rows).unwrap();
        assert_eq!((found.harmed, found.favoured), expected);
        assert_eq!(found.neighbours, neighbours);
    }

    #[test]
    fn a_small_group_votes_by_its_nearest_row() {
        let rows = [
            (0.0, "a1"),
            (9.0, "a0"),
            (2.0, "d0"),
            (8.0, "d1"),
            (7.0, "d0"),
        ];
        check(&rows, 1, (1, 1));
    }

    #[test]
    fn ten_rows_vote_by_the_majority_of_five() {
        let mut rows: Vec<(f64, &str)> = [1.0, 2.0, 3.0].map(|x| (x, "a1")).to_vec();
        rows.extend([4.0, 5.0, 6.0, 7.0, 8.0, 9.0].map(|x| (x, "a0")));
        rows.push((3.5, "d0"));
        check(&rows, 1, (1, 0));
        rows.insert(0, (100.0, "a0"));
        // Of 1 to 5, three are positive.
        rows[10].0 = 2.9;
        check(&rows, 5, (1, 0));
        // Of 2 to 6, two are.
        rows[10] = (4.1, "d1");
        check(&rows, 5, (0, 1));
    }

    #[test]
    fn positive_values_say_that_the_group_is_favoured() {
        let found = run(&[(0.0, "a0"), (0.0, "d1"), (0.0, "d0")]).unwrap();
        assert_eq!(found.value().to_bits(), 0.5f64.to_bits());
        assert_eq!(found.votes, [false, false]);
    }

    #[test]
    fn an_empty_group_is_told_in_the_words_of_clarify() {
        let nobody = run(&[(0.0, "a0")]).unwrap_err();
        assert_eq!(nobody.to_string(), "Facet set is empty");
        let everybody = run(&[(0.0, "d0")]).unwrap_err();
        assert_eq!(everybody.to_string(), "Negated Facet set is empty");
    }
}
