//! Kernel SHAP where every coalition is asked: the definition of the Shapley value, and its
//! axioms.

use probity_metrics::explain::kernel::{
    Coalition, CoalitionValues, DesignKernel, KernelDesign, SolveKernel,
};

use crate::generator::SplitMix64;
use crate::kernel_games::{TableGame, gap, solve};

/// Values up to 1 in 4,094 coalitions: sums of 2^12 terms round by less than 1e-12.
const ROUNDING: f64 = 1e-11;

fn enumerated(n_players: usize) -> KernelDesign {
    let design = KernelDesign::new(n_players, Some(1 << n_players), 1).unwrap();
    assert!(design.is_enumerated());
    assert_eq!(design.critical_value(0.95), None);
    assert_eq!(design.coalitions().len(), (1 << n_players) - 2);
    design
}

#[test]
fn enumerated_values_are_those_of_the_definition() {
    let mut random = SplitMix64(1);
    for n_players in 1..=12 {
        let design = enumerated(n_players);
        for _ in 0..5 {
            let game = TableGame::random(n_players, &mut random);
            let solution = game.solve(&design);
            assert!(gap(&solution.values, &game.shapley_values()) < ROUNDING);
            assert_eq!(solution.standard_errors, None);
        }
    }
}

#[test]
fn one_player_has_all_and_is_never_asked() {
    let design = KernelDesign::new(1, None, 0).unwrap();
    assert!(design.is_enumerated() && design.coalitions().is_empty());
    let game = TableGame::new(1, |bits| [0.25, 2.0][bits]);
    assert_eq!(game.solve(&design).values, [1.75]);
}

#[test]
fn two_players_share_what_only_both_achieve() {
    let game = TableGame::new(2, |bits| [0.0, 1.0, 0.0, 4.0][bits]);
    assert!(gap(&game.solve(&enumerated(2)).values, &[2.5, 1.5]) < 1e-15);
}

#[test]
fn by_default_all_coalitions_of_eleven_players_are_asked_and_not_of_twelve() {
    let count = |n_players| {
        KernelDesign::new(n_players, None, 0)
            .unwrap()
            .coalitions()
            .len()
    };
    // min(2M + 2^11, 2^M − 2)
    assert_eq!([10, 11, 12, 20].map(count), [1022, 2046, 2072, 2088]);
}

#[test]
fn every_coalition_is_asked_once_beside_its_complement() {
    for (n_players, n_samples) in [(6, None), (7, None), (12, Some(400)), (70, Some(501))] {
        let design = KernelDesign::new(n_players, n_samples, 3).unwrap();
        let coalitions = design.coalitions();
        let distinct: std::collections::HashSet<&Coalition> = coalitions.iter().collect();
        assert_eq!(distinct.len(), coalitions.len());
        for pair in coalitions.chunks(2) {
            assert_eq!(pair[0], pair[1].complement());
            assert!((1..n_players).contains(&pair[0].n_present()));
        }
        if let Some(n_samples) = n_samples {
            assert_eq!(coalitions.len() as u64, n_samples / 2 * 2);
        }
    }
}

#[test]
fn players_that_do_the_same_get_the_same_and_idle_ones_nothing() {
    // Players 1 and 3 are alike, player 2 is idle.
    let worth = |bits: usize| {
        let both = (bits >> 1 & 1) + (bits >> 3 & 1);
        (both * both) as f64 * if bits & 1 == 1 { 3.0 } else { -1.0 }
    };
    let values = TableGame::new(5, worth).solve(&enumerated(5)).values;
    assert!((values[1] - values[3]).abs() < 1e-14);
    assert!(values[2].abs() < 1e-14 && values[4].abs() < 1e-14);
    assert!(values[0].abs() > 1.0);
}

#[test]
fn the_values_of_a_sum_of_games_are_the_sums_of_their_values() {
    let mut random = SplitMix64(4);
    // Holds for sampled designs as well: a solution is linear in the values.
    for design in [enumerated(9), KernelDesign::new(9, Some(300), 1).unwrap()] {
        let (a, b) = (
            TableGame::random(9, &mut random),
            TableGame::random(9, &mut random),
        );
        let both = TableGame::new(9, |bits| 2.0 * a.values[bits] - b.values[bits]);
        let of_both = (a.solve(&design).values.iter())
            .zip(b.solve(&design).values)
            .map(|(a, b)| 2.0 * a - b)
            .collect::<Vec<f64>>();
        assert!(gap(&both.solve(&design).values, &of_both) < ROUNDING);
    }
}

#[test]
fn values_of_additive_games_are_exact_also_where_coalitions_are_sampled() {
    for (n_players, n_samples) in [(3, None), (20, Some(256)), (20, None), (150, Some(700))] {
        let design = KernelDesign::new(n_players, n_samples, 5).unwrap();
        let worth = |player: usize| (player as f64 * 1.7).sin() * 3.0;
        let additive = |coalition: &Coalition| 0.5 + coalition.present().map(worth).sum::<f64>();
        let solution = solve(&design, additive);
        let expected: Vec<f64> = (0..n_players).map(worth).collect();
        // Sums of up to 150 numbers up to 3, times the condition of the sample (below 100).
        assert!(gap(&solution.values, &expected) < 1e-11);
        for error in solution.standard_errors.into_iter().flatten() {
            assert!(error < 1e-11);
        }
    }
}

#[test]
fn values_sum_to_what_is_to_be_explained() {
    let mut random = SplitMix64(6);
    for n_samples in [256, 500, 1022] {
        let design = KernelDesign::new(10, Some(n_samples), 9).unwrap();
        for scale in [1e-9, 1.0, 1e9] {
            let mut game = TableGame::random(10, &mut random);
            game.values.iter_mut().for_each(|value| *value *= scale);
            let sum: f64 = game.solve(&design).values.iter().sum();
            let explained = game.values[1023] - game.values[0];
            // Ten values of up to twice the scale.
            assert!(
                (sum - explained).abs() <= 1e-14 * scale,
                "{sum} {explained}"
            );
        }
    }
}

#[test]
fn what_cannot_be_solved_is_told() {
    let error = |n_players, n_samples| KernelDesign::new(n_players, n_samples, 0).unwrap_err();
    assert_eq!(error(0, None), DesignKernel::NoPlayer);
    assert_eq!(
        error(20, Some(255)).to_string(),
        "`255` samples are too few for 20 players: ask for at least 256"
    );
    assert_eq!(
        error(4, Some(13)).to_string(),
        "`13` samples are too few for 4 players: ask for at least 14"
    );
    assert_eq!(KernelDesign::least_samples(100), 400);
    assert!(matches!(
        error(1000, Some(1_000_000)),
        DesignKernel::TooLarge { most: 134_216, .. }
    ));
    let values = CoalitionValues {
        empty: 0.0,
        full: 1.0,
        values: &[1.0],
    };
    assert_eq!(
        KernelDesign::new(2, None, 0).unwrap().solve(&values),
        Err(SolveKernel {
            n_values: 1,
            n_coalitions: 2
        })
    );
}

#[test]
fn a_value_that_is_no_number_gives_none_and_no_panic() {
    let design = KernelDesign::new(10, Some(256), 0).unwrap();
    for wrong in [f64::NAN, f64::INFINITY] {
        let solution = solve(&design, |coalition| {
            if coalition.n_present() == 3 {
                wrong
            } else {
                1.0
            }
        });
        assert!(solution.values.iter().all(|value| value.is_nan()));
    }
}
