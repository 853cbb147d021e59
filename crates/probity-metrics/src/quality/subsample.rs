//! SageMaker's standard deviations: "randomly sampling 80 % of the data 5 times, computing the
//! metric, and taking the standard deviation", from 200 rows on (AWS developer guide).
//!
//! Without replacement: the published samples are too small for draws with replacement by a
//! factor of three, and fit draws without. The sample standard deviation (over n − 1 = 4);
//! which of the two the service takes is unknown. Where a metric is a function of counts, the
//! counts are drawn, which is the same as drawing the rows.

use super::random::{Draw, Random};

/// Rows below which SageMaker gives no standard deviation.
pub(crate) const LEAST_ROWS: u64 = 200;

const SUBSAMPLES: u64 = 5;

/// Rows of a subsample.
pub(crate) fn draws(rows: u64) -> u64 {
    rows / 5 * 4 + rows % 5 * 4 / 5
}

/// The standard deviation of each figure that `measure` makes of a subsample, which it draws
/// with the random numbers that it is given. None below 200 rows; `None` for a figure that
/// does not exist in every subsample.
pub(crate) fn deviations(
    rows: u64,
    seed: u64,
    mut measure: impl FnMut(&mut Random) -> Vec<Option<f64>>,
) -> Vec<Option<f64>> {
    if rows < LEAST_ROWS {
        return Vec::new();
    }
    let samples: Vec<Vec<Option<f64>>> = (0..SUBSAMPLES)
        .map(|sample| measure(&mut Random::stream(seed, sample)))
        .collect();
    let figures = samples.first().map_or(0, Vec::len);
    (0..figures)
        .map(|figure| {
            let values: Option<Vec<f64>> = samples.iter().map(|sample| sample[figure]).collect();
            values.map(|values| standard_deviation(&values))
        })
        .collect()
}

/// The rows drawn of each cell.
pub(crate) fn draw_cells(cells: &[u64], random: &mut Random) -> Vec<u64> {
    let rows = cells.iter().sum();
    let mut draw = Draw::new(random, rows, draws(rows));
    cells.iter().map(|&count| draw.next_cell(count)).collect()
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results that are exact by construction")]
mod tests {
    use super::*;

    #[test]
    fn a_subsample_has_four_fifths_of_the_rows() {
        assert_eq!(
            [200, 203, 204, 1_000_000_007].map(draws),
            [160, 162, 163, 800_000_005]
        );
    }

    #[test]
    fn few_rows_have_no_standard_deviation() {
        assert_eq!(deviations(199, 1, |_| vec![Some(1.0)]), []);
    }

    #[test]
    fn a_figure_that_is_always_the_same_has_none_and_an_absent_one_nothing() {
        let found = deviations(200, 1, |_| vec![Some(0.5), None]);
        assert_eq!(found, [Some(0.0), None]);
    }

    #[test]
    fn the_standard_deviation_is_that_of_a_sample() {
        assert_eq!(
            standard_deviation(&[1.0, 2.0, 3.0, 4.0, 5.0]),
            2.5_f64.sqrt()
        );
    }

    #[test]
    fn the_accuracy_of_the_published_sample_has_a_spread_of_its_size() {
        // 1318 of 2096 rows are right; SageMaker printed 0.003757 for the share of wrong ones.
        // The expected spread of a share without replacement is √(p(1−p)/n · n/(n−1)) · ½ =
        // 0.00528; over 400 seeds the mean of s² errs by √(2/4/400) = 3.5 %.
        let mean_square: f64 = (0..400)
            .map(|seed| {
                let accuracy = |random: &mut Random| {
                    let drawn = draw_cells(&[1318, 778], random);
                    vec![Some(drawn[0] as f64 / drawn.iter().sum::<u64>() as f64)]
                };
                deviations(2096, seed, accuracy)[0].unwrap().powi(2)
            })
            .sum::<f64>()
            / 400.0;
        let expected = 0.628_816_8 * 0.371_183_2 / 2095.0 / 4.0;
        assert!(
            (mean_square / expected - 1.0).abs() < 0.14,
            "{mean_square} {expected}"
        );
    }
}
