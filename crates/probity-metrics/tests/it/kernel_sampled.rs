//! Kernel SHAP where coalitions are sampled: how fast it converges, and whether its standard
//! errors tell the truth.

use probity_metrics::explain::kernel::{AggregateErrors, Coalition, CoalitionValues, KernelDesign};
use rayon::prelude::*;

use crate::generator::SplitMix64;
use crate::kernel_games::{SumGame, TableGame, uniform};

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
        (9, 256, 600),
        (10, 256, 400),
        (12, 256, 400),
        (12, 1500, 400),
        (20, 256, 400),
        (20, 500, 200),
        (40, 256, 200),
        (80, 320, 200),
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

/// The probability of a logistic model with coefficients of up to 2: a game without end of
/// interactions, in which the pairs with the largest coefficients decide most.
fn logistic(n_players: usize, seed: u64) -> TableGame {
    let mut random = SplitMix64(seed);
    let coefficients: Vec<f64> = (0..n_players).map(|_| 2.0 * uniform(&mut random)).collect();
    TableGame::new(n_players, |bits| {
        let sum: f64 = (coefficients.iter().enumerate())
            .filter(|(player, _)| bits >> player & 1 == 1)
            .map(|(_, coefficient)| coefficient)
            .sum();
        1.0 / (1.0 + (-sum).exp())
    })
}

#[test]
fn intervals_of_a_logistic_model_hold_the_truth_nearly_at_their_rate() {
    for (n_players, n_samples) in [(10, 256), (12, 256), (12, 600)] {
        for seed in 0..3 {
            let game = logistic(n_players, 30 + seed);
            let truth = game.shapley_values();
            let n_seeds = 400;
            let mut held = 0;
            for seed in 0..n_seeds {
                let design = KernelDesign::new(n_players, Some(n_samples), seed).unwrap();
                let critical = design.critical_value(0.95).unwrap();
                let solution = game.solve(&design);
                let errors = solution.standard_errors.unwrap();
                for ((value, error), truth) in solution.values.iter().zip(errors).zip(&truth) {
                    held += usize::from((value - truth).abs() <= critical * error);
                }
            }
            let share = held as f64 / (n_seeds as usize * n_players) as f64;
            // As above; two more below, because the contributions of pairs are skewed.
            assert!(
                (0.91..=0.97).contains(&share),
                "{n_players} {n_samples}: {share}"
            );
        }
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
    // random sums is biased by the order of variance/P.
    let game = TableGame::random(9, &mut SplitMix64(11));
    let truth = game.shapley_values();
    let n_seeds = 1000;
    let mut sums = vec![(0.0, 0.0); 9];
    for seed in 0..n_seeds {
        let design = KernelDesign::new(9, Some(256), seed).unwrap();
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

/// 25 rows: a game that all have, and a smaller one of their own.
fn rows_that_go_together(n_players: usize) -> Vec<[SumGame; 2]> {
    (0..25)
        .map(|row| {
            let own = SumGame::random(n_players, 100 + row);
            [SumGame::random(n_players, 1), own]
        })
        .collect()
}

#[test]
fn intervals_of_a_mean_over_rows_of_one_design_hold_the_truth_at_their_rate() {
    const ROWS: f64 = 25.0;
    let (n_players, n_seeds) = (16, 300);
    let rows = rows_that_go_together(n_players);
    // Weights of the games, and of each player's mean of signed values.
    let (of_all, of_own) = (0.8, 0.6);
    let mut truth = vec![0.0; n_players];
    for [all, own] in &rows {
        let values = all.shapley_values().into_iter().zip(own.shapley_values());
        for (truth, (all, own)) in truth.iter_mut().zip(values) {
            *truth += (of_all * all + of_own * own) / ROWS;
        }
    }
    let (mut held, mut held_if_independent) = (0, 0);
    for seed in 0..n_seeds {
        let design = KernelDesign::new(n_players, Some(256), seed).unwrap();
        let critical = design.critical_value(0.95).unwrap();
        let mut errors = AggregateErrors::new(&design);
        let mut second_half = errors.clone();
        let (mut means, mut variances) = (vec![0.0; n_players], vec![0.0; n_players]);
        for (row, [all, own]) in rows.iter().enumerate() {
            let value = |c: &Coalition| of_all * all.value(c) + of_own * own.value(c);
            let asked: Vec<f64> = design.coalitions().iter().map(value).collect();
            let values = CoalitionValues {
                empty: value(&Coalition::empty(n_players)),
                full: value(&Coalition::full(n_players)),
                values: &asked,
            };
            let solution = design.solve(&values).unwrap();
            let part = if row < 12 {
                &mut errors
            } else {
                &mut second_half
            };
            let slopes = vec![1.0 / ROWS; n_players];
            part.add(&design, (&values, &solution), &slopes).unwrap();
            let of_row = solution.standard_errors.unwrap();
            for player in 0..n_players {
                means[player] += solution.values[player] / ROWS;
                variances[player] += (of_row[player] / ROWS).powi(2);
            }
        }
        errors.merge(&second_half);
        for (player, error) in errors.standard_errors(&design).into_iter().enumerate() {
            let miss = (means[player] - truth[player]).abs();
            held += usize::from(miss <= critical * error);
            held_if_independent += usize::from(miss <= critical * variances[player].sqrt());
        }
    }
    // As for one row above; errors that are taken for independent hold far less.
    let share = |held: usize| held as f64 / (n_seeds as usize * n_players) as f64;
    assert!((0.93..=0.97).contains(&share(held)), "{}", share(held));
    assert!(share(held_if_independent) < 0.6);
}

#[test]
fn a_figure_of_one_row_is_as_sure_as_the_row() {
    let game = SumGame::random(12, 4);
    let design = KernelDesign::new(12, Some(300), 1).unwrap();
    let asked: Vec<f64> = (design.coalitions().iter())
        .map(|coalition| game.value(coalition))
        .collect();
    let values = CoalitionValues {
        empty: game.value(&Coalition::empty(12)),
        full: game.value(&Coalition::full(12)),
        values: &asked,
    };
    let solution = design.solve(&values).unwrap();
    let slopes: Vec<f64> = (0..12).map(|player| f64::from(player) - 4.0).collect();
    let mut errors = AggregateErrors::new(&design);
    errors.add(&design, (&values, &solution), &slopes).unwrap();
    let of_row = solution.standard_errors.unwrap();
    let of_figure = errors.standard_errors(&design);
    for ((figure, row), slope) in of_figure.iter().zip(&of_row).zip(slopes) {
        assert!((figure - row * slope.abs()).abs() < 1e-14);
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
