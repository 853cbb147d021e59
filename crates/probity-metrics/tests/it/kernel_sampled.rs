//! Kernel SHAP where coalitions are sampled: how fast it converges, and whether its standard
//! errors tell the truth.

use probity_metrics::explain::kernel::{CoalitionValues, KernelDesign};
use rayon::prelude::*;

use crate::generator::SplitMix64;
use crate::kernel_games::{SumGame, TableGame};

/// Over many seeds: the root mean squared error, the mean variance that was estimated over that
/// error's square, and the share of 95 % intervals that hold the true value.
struct Sampled {
    error: f64,
    variance_ratio: f64,
    covered: f64,
}

fn sampled(game: &SumGame, n_samples: u64, n_seeds: u64) -> Sampled {
    let truth = game.shapley_values();
    let (mut squares, mut variances, mut covered) = (0.0, 0.0, 0u32);
    for seed in 0..n_seeds {
        let design = KernelDesign::new(game.n_players, Some(n_samples), seed).unwrap();
        assert!(!design.is_enumerated());
        let critical = design.critical_value(0.95).unwrap();
        let solution = game.solve(&design);
        let errors = solution.standard_errors.unwrap();
        for ((value, error), truth) in solution.values.iter().zip(errors).zip(&truth) {
            squares += (value - truth).powi(2);
            variances += error * error;
            covered += u32::from((value - truth).abs() <= critical * error);
        }
    }
    let n = (n_seeds as usize * game.n_players) as f64;
    Sampled {
        error: (squares / n).sqrt(),
        variance_ratio: variances / squares,
        covered: f64::from(covered) / n,
    }
}

#[test]
fn intervals_hold_the_truth_at_their_rate_also_with_few_samples() {
    // 95 % give or take two: with few samples Student's t and HC2 are approximations. At least
    // 400 seeds × 9 players; errors of players of one seed go together, so that a share of 95 %
    // errs by at most √(0.95·0.05/400) = 1.1 %, and by 0.4 % were they independent.
    let cases = [
        (9, 64, 600),
        (12, 64, 400),
        (12, 200, 400),
        (12, 1500, 400),
        (20, 80, 400),
        (20, 500, 200),
        (40, 160, 200),
    ];
    let found: Vec<(_, Sampled)> = cases
        .into_par_iter()
        .map(|case| {
            let (n_players, n_samples, n_seeds) = case;
            let game = SumGame::random(n_players, 7 + n_samples);
            (case, sampled(&game, n_samples, n_seeds))
        })
        .collect();
    for (case, found) in found {
        assert!(
            (0.93..=0.97).contains(&found.covered),
            "{case:?}: {}",
            found.covered
        );
        // The variance is estimated without bias: n_seeds × players squares, of which those of
        // one seed go together, err by 10 % at most.
        assert!(
            (0.88..=1.14).contains(&found.variance_ratio),
            "{case:?}: {}",
            found.variance_ratio
        );
    }
}

#[test]
fn the_error_falls_with_the_root_of_the_number_of_samples() {
    // Of 2^29 pairs at most 4,096 are asked, so that asking without replacement does not help;
    // levels that become whole do, a little, hence a slope steeper than −½. Each error is of 30
    // players × 40 seeds and errs by about 3 %; over a factor of 16 the slope by
    // √2·0.03/ln 16 = 0.015.
    let game = SumGame::random(30, 3);
    let sizes = [512u64, 2048, 8192];
    let errors: Vec<f64> = (sizes.par_iter())
        .map(|n_samples| sampled(&game, *n_samples, 40).error)
        .collect();
    let slope = (errors[2] / errors[0]).ln() / 16.0_f64.ln();
    assert!((-0.62..=-0.47).contains(&slope), "{slope} {errors:?}");
    for pair in errors.windows(2) {
        let ratio = pair[1] / pair[0];
        assert!((0.40..=0.54).contains(&ratio), "{errors:?}");
    }
}

#[test]
fn the_bias_is_small_against_the_spread() {
    // A game of nine players without any structure, the worst case for a regression: a ratio of
    // random sums is biased by the order of variance/P, here 0.2 standard deviations.
    let game = TableGame::random(9, &mut SplitMix64(11));
    let truth = game.shapley_values();
    let n_seeds = 1000;
    let mut sums = vec![(0.0, 0.0); 9];
    for seed in 0..n_seeds {
        let design = KernelDesign::new(9, Some(100), seed).unwrap();
        for ((sum, squares), value) in sums.iter_mut().zip(game.solve(&design).values) {
            *sum += value;
            *squares += value * value;
        }
    }
    let n = n_seeds as f64;
    for ((sum, squares), truth) in sums.into_iter().zip(truth) {
        let mean: f64 = sum / n;
        let spread = (squares / n - mean * mean).sqrt();
        // 0.3 adds less than a tenth to the squared error; the mean itself errs by 0.03.
        assert!(
            (mean - truth).abs() < 0.3 * spread,
            "{mean} {truth} {spread}"
        );
    }
}

#[test]
fn same_seed_same_bytes_on_any_number_of_threads() {
    let game = SumGame::random(24, 5);
    let values_with = |n_threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n_threads)
            .build()
            .unwrap();
        pool.install(|| {
            let design = KernelDesign::new(24, Some(900), seed).unwrap();
            let one = game.solve(&design);
            let values: Vec<f64> = (0..900).map(|i| f64::from(i % 17)).collect();
            let values = [0.0, 1.0, 2.0].map(|empty| CoalitionValues {
                empty,
                full: 3.0,
                values: &values,
            });
            let many = design.solve_many(&values).unwrap();
            assert_eq!(many[1], design.solve(&values[1]).unwrap());
            (design.coalitions().to_vec(), one, many)
        })
    };
    let one = values_with(1, 8);
    assert_eq!(one, values_with(4, 8));
    assert_ne!(one.0, values_with(1, 9).0);
}

#[test]
fn hundreds_of_players_are_solved() {
    let game = SumGame::random(300, 2);
    let design = KernelDesign::new(300, None, 4).unwrap();
    assert_eq!(design.coalitions().len(), 2648);
    let solution = game.solve(&design);
    let errors = solution.standard_errors.unwrap();
    let critical = design.critical_value(0.95).unwrap();
    let truth = game.shapley_values();
    let held = (solution.values.iter().zip(&errors).zip(&truth))
        .filter(|((value, error), truth)| (*value - *truth).abs() <= critical * *error)
        .count();
    // 95 % of 300, give or take four standard errors of 3.8.
    assert!((270..=300).contains(&held), "{held}");
}
