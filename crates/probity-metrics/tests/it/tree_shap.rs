//! Tree SHAP against Shapley values by the definition, and what must hold for ensembles that
//! are too large for it.

use probity_metrics::explain::{Background, ExplainTrees, TreeExplainer};
use probity_metrics::model::{
    Branch, Condition, EnsembleTree, FeatureMatrix, Node, Split, Target, Tree, TreeEnsemble,
};

use crate::tree_games::{self, Absent, Random, Shape, ensemble, ensemble_of, rows};

/// Largest sum of leaves that a score can have.
pub(crate) fn scale(ensemble: &TreeEnsemble) -> f64 {
    let trees = ensemble.trees().iter().map(|tree| {
        let leaves = tree.tree.leaf_values().iter();
        leaves.fold(0.0, |largest: f64, value| largest.max(value.abs()))
    });
    1.0 + trees.sum::<f64>()
}

/// Each row's values and the expected value sum to its raw score. Some hundred roundings of
/// float64 are allowed for, of the largest score that the ensemble could give.
#[track_caller]
pub(crate) fn assert_additive(
    ensemble: &TreeEnsemble,
    explainer: &TreeExplainer,
    rows: &FeatureMatrix,
) {
    let scores = ensemble.raw_scores(rows);
    let values = explainer.shap_values(rows);
    let n_outputs = ensemble.n_outputs();
    assert_eq!(values.len(), scores.len() * rows.n_features());
    for (at, (score, values)) in scores
        .iter()
        .zip(values.chunks(rows.n_features()))
        .enumerate()
    {
        let sum = explainer.expected_values()[at % n_outputs] + values.iter().sum::<f64>();
        let tolerance = 1e-13 * scale(ensemble);
        assert!((sum - score).abs() <= tolerance, "{at}: {sum} {score}");
    }
}

#[track_caller]
fn assert_shapley(ensemble: &TreeEnsemble, rows: &FeatureMatrix, absent: Absent) {
    let background = match absent {
        Absent::PathDependent => Background::PathDependent,
        Absent::Interventional(background) => Background::Interventional(background),
    };
    let explainer = TreeExplainer::new(ensemble, background).unwrap();
    assert_additive(ensemble, &explainer, rows);
    let values = explainer.shap_values(rows);
    let mut values = values.chunks(rows.n_features());
    // The definition adds and subtracts up to 2^7 values of the game.
    let tolerance = 1e-12 * scale(ensemble);
    for row in rows.rows() {
        for output in 0..ensemble.n_outputs() {
            let game = tree_games::game(ensemble, absent, row, output);
            let expected = explainer.expected_values()[output];
            assert!((game[0] - expected).abs() <= tolerance);
            let exact = tree_games::shapley(&game);
            for (value, exact) in values.next().unwrap().iter().zip(exact) {
                assert!((value - exact).abs() <= tolerance, "{value} {exact}");
            }
        }
    }
}

/// Shapes from stumps to ways that meet a feature several times.
const SHAPES: [(usize, usize, usize); 7] = [
    (1, 1, 1),
    (3, 1, 2),
    (2, 2, 5),
    (5, 3, 4),
    (6, 1, 6),
    (7, 2, 7),
    (4, 1, 9),
];

fn shape((n_features, n_outputs, max_depth): (usize, usize, usize)) -> Shape {
    Shape {
        n_features,
        n_outputs,
        n_trees: 4,
        max_depth,
    }
}

#[test]
fn path_dependent_values_are_shapley_values() {
    for seed in 0..6 {
        for sizes in SHAPES {
            let random = &mut Random(seed);
            let ensemble = ensemble(random, shape(sizes));
            let rows = rows(random, 20, sizes.0);
            assert_shapley(&ensemble, &rows, Absent::PathDependent);
        }
    }
}

#[test]
fn interventional_values_are_shapley_values() {
    for seed in 0..6 {
        for sizes in SHAPES {
            let random = &mut Random(100 + seed);
            let ensemble = ensemble(random, shape(sizes));
            let rows = rows(random, 6, sizes.0);
            for n_background in [1, 9] {
                let background = tree_games::rows(random, n_background, sizes.0);
                assert_shapley(&ensemble, &rows, Absent::Interventional(&background));
            }
        }
    }
}

#[test]
fn values_of_large_ensembles_sum_to_the_score() {
    let random = &mut Random(7);
    let sizes = Shape {
        n_features: 40,
        n_outputs: 2,
        n_trees: 12,
        max_depth: 14,
    };
    let ensemble = ensemble(random, sizes);
    let rows = rows(random, 150, sizes.n_features);
    // More rows than one word of decisions has bits.
    let background = tree_games::rows(random, 70, sizes.n_features);
    for background in [
        Background::PathDependent,
        Background::Interventional(&background),
    ] {
        let explainer = TreeExplainer::new(&ensemble, background).unwrap();
        assert_additive(&ensemble, &explainer, &rows);
    }
}

/// A row's values do not depend on the rows beside it, or on the threads.
#[test]
fn threads_and_neighbours_change_no_byte() {
    let random = &mut Random(11);
    let ensemble = ensemble(random, shape((6, 2, 7)));
    let rows = rows(random, 203, 6);
    let background = tree_games::rows(random, 70, 6);
    for background in [
        Background::PathDependent,
        Background::Interventional(&background),
    ] {
        let explainer = TreeExplainer::new(&ensemble, background).unwrap();
        let values = explainer.shap_values(&rows);
        for n_threads in [1, 3] {
            let pool = rayon_pool(n_threads);
            let again = pool.install(|| explainer.shap_values(&rows));
            assert!(
                again
                    .iter()
                    .zip(&values)
                    .all(|(a, b)| a.to_bits() == b.to_bits())
            );
        }
        let alone = FeatureMatrix::new(rows.row(100).to_vec(), 6).unwrap();
        assert_eq!(explainer.shap_values(&alone), values[100 * 12..][..12]);
    }
}

fn rayon_pool(n_threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(n_threads)
        .build()
        .unwrap()
}

/// A way of `n` splits, on as many features or in turns on fewer, whose other sides are leaves.
fn chain(n: u32, n_features: u32) -> TreeEnsemble {
    let mut nodes = Vec::new();
    let mut covers = Vec::new();
    let mut leaf_values = Vec::new();
    for idx in 0..n {
        nodes.push(Node::Split(Split {
            feature: idx % n_features,
            condition: Condition::Below(0.0),
            missing: Branch::Second,
            zero_is_missing: false,
            first: 2 * idx + 2,
            second: 2 * idx + 1,
        }));
        nodes.push(Node::Leaf(idx));
        covers.extend([f64::from(n - idx) + 1.0, 1.0]);
        leaf_values.push(f64::from(idx % 7));
    }
    nodes.push(Node::Leaf(n));
    covers.push(1.0);
    leaf_values.push(100.0);
    let tree = Tree::new(nodes, covers, leaf_values, 1).unwrap();
    let target = Target::One(0);
    ensemble_of(vec![EnsembleTree { tree, target }], n_features as usize, 1)
}

#[test]
fn a_chain_of_thousands_of_splits_is_explained() {
    for n_features in [5000, 50] {
        let ensemble = chain(5000, n_features);
        let width = n_features as usize;
        let row = |at: usize| (0..width).map(move |j| if j < at { -1.0 } else { 1.0 });
        let values = row(width).chain(row(width / 3)).chain(row(0)).collect();
        let rows = FeatureMatrix::new(values, width).unwrap();
        let background = FeatureMatrix::new(row(width / 2).collect(), width).unwrap();
        for background in [
            Background::PathDependent,
            Background::Interventional(&background),
        ] {
            let explainer = TreeExplainer::new(&ensemble, background).unwrap();
            assert_additive(&ensemble, &explainer, &rows);
        }
    }
}

#[test]
fn no_rows_no_trees_and_no_splits_are_explained() {
    let random = &mut Random(3);
    let none = ensemble_of(Vec::new(), 3, 2);
    let explainer = TreeExplainer::new(&none, Background::PathDependent).unwrap();
    assert_eq!(explainer.expected_values(), [0.25, 1.25]);
    assert_eq!(explainer.shap_values(&rows(random, 2, 3)), [0.0; 12]);
    assert!(explainer.shap_values(&rows(random, 0, 3)).is_empty());
    let leaf = Tree::new(vec![Node::Leaf(0)], vec![0.0], vec![2.0], 1).unwrap();
    let target = Target::One(0);
    let leaf = ensemble_of(vec![EnsembleTree { tree: leaf, target }], 1, 1);
    let background = rows(random, 2, 1);
    for background in [
        Background::PathDependent,
        Background::Interventional(&background),
    ] {
        let explainer = TreeExplainer::new(&leaf, background).unwrap();
        assert_eq!(explainer.expected_values(), [2.25]);
        assert_eq!(explainer.shap_values(&rows(random, 3, 1)), [0.0; 3]);
    }
}

#[test]
fn what_cannot_be_explained_says_what_to_do() {
    let nodes = vec![Node::Leaf(0)];
    let tree = Tree::new(nodes, Vec::new(), vec![1.0], 1).unwrap();
    let target = Target::One(0);
    let ensemble = ensemble_of(vec![EnsembleTree { tree, target }], 2, 1);
    let refused = |background| TreeExplainer::new(&ensemble, background).unwrap_err();
    let error = refused(Background::PathDependent);
    assert_eq!(error, ExplainTrees::NoCovers { tree: 0 });
    assert!(error.to_string().contains("give a baseline"));
    let empty = FeatureMatrix::new(Vec::new(), 2).unwrap();
    let error = refused(Background::Interventional(&empty));
    assert_eq!(error, ExplainTrees::NoBackground);
    let narrow = FeatureMatrix::new(vec![1.0], 1).unwrap();
    let error = refused(Background::Interventional(&narrow));
    assert!(matches!(error, ExplainTrees::BackgroundFeatures { .. }));
}
