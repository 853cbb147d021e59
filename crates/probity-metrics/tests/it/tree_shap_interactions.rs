//! Interaction values of trees against the definition, and what they sum to.

use probity_metrics::explain::{Background, TreeExplainer};
use probity_metrics::model::{FeatureMatrix, TreeEnsemble};

use crate::tree_games::{self, Absent, Random, Shape, ensemble, rows};
use crate::tree_shap::scale;

/// Symmetric, and a feature's numbers sum to its Shapley value.
#[track_caller]
fn assert_consistent(ensemble: &TreeEnsemble, explainer: &TreeExplainer, rows: &FeatureMatrix) {
    let n = rows.n_features();
    let matrices = explainer.interaction_values(rows);
    let values = explainer.shap_values(rows);
    assert_eq!(matrices.len(), values.len() * n);
    let tolerance = 1e-12 * scale(ensemble);
    for (matrix, values) in matrices.chunks(n * n).zip(values.chunks(n)) {
        for i in 0..n {
            let sum: f64 = matrix[i * n..][..n].iter().sum();
            assert!((sum - values[i]).abs() <= tolerance, "{sum} {}", values[i]);
            for j in 0..n {
                assert_eq!(matrix[i * n + j], matrix[j * n + i]);
            }
        }
    }
}

#[track_caller]
fn assert_interactions(ensemble: &TreeEnsemble, rows: &FeatureMatrix, absent: Absent) {
    let background = match absent {
        Absent::PathDependent => Background::PathDependent,
        Absent::Interventional(background) => Background::Interventional(background),
    };
    let explainer = TreeExplainer::new(ensemble, background).unwrap();
    assert_consistent(ensemble, &explainer, rows);
    let n = rows.n_features();
    let matrices = explainer.interaction_values(rows);
    let mut matrices = matrices.chunks(n * n);
    let tolerance = 1e-12 * scale(ensemble);
    for row in rows.rows() {
        for output in 0..ensemble.n_outputs() {
            let game = tree_games::game(ensemble, absent, row, output);
            let exact = tree_games::interactions(&game);
            for (value, exact) in matrices.next().unwrap().iter().zip(exact) {
                assert!((value - exact).abs() <= tolerance, "{value} {exact}");
            }
        }
    }
}

#[test]
fn interactions_are_those_of_the_definition() {
    for seed in 0..4 {
        for (n_features, n_outputs, max_depth) in [
            (1, 1, 1),
            (2, 1, 2),
            (2, 2, 5),
            (5, 2, 4),
            (6, 1, 7),
            (3, 1, 9),
        ] {
            let random = &mut Random(200 + seed);
            let shape = Shape {
                n_features,
                n_outputs,
                n_trees: 3,
                max_depth,
            };
            let ensemble = ensemble(random, shape);
            let rows = rows(random, 18, n_features);
            assert_interactions(&ensemble, &rows, Absent::PathDependent);
            let background = tree_games::rows(random, 5, n_features);
            assert_interactions(&ensemble, &rows, Absent::Interventional(&background));
        }
    }
}

#[test]
fn interactions_of_many_features_sum_to_the_values() {
    let random = &mut Random(5);
    let shape = Shape {
        n_features: 30,
        n_outputs: 1,
        n_trees: 5,
        max_depth: 20,
    };
    let ensemble = ensemble(random, shape);
    let rows = rows(random, 37, 30);
    let background = tree_games::rows(random, 8, 30);
    for background in [
        Background::PathDependent,
        Background::Interventional(&background),
    ] {
        let explainer = TreeExplainer::new(&ensemble, background).unwrap();
        assert_consistent(&ensemble, &explainer, &rows);
    }
    assert!(
        TreeExplainer::new(&ensemble, Background::PathDependent)
            .unwrap()
            .interaction_values(&tree_games::rows(random, 0, 30))
            .is_empty()
    );
}
