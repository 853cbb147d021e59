//! Tree SHAP on models of the real libraries: equal to the libraries' own contributions, to
//! `shap`, and to an enumeration of all coalitions with the library's own margins.

use probity_metrics::explain::{Background, TreeExplainer};
use probity_metrics::model::{FeatureMatrix, TreeEnsemble};

use crate::golden_models::{GoldenModel, golden_models};

/// XGBoost works in float32: some twenty roundings of 6e-8 on a way of three splits. The margins
/// under an enumeration have its rounding too.
const SINGLE: f64 = 2e-6;

/// LightGBM, CatBoost and `shap` on them work in float64.
const DOUBLE: f64 = 1e-11;

fn tolerance(golden: &GoldenModel) -> f64 {
    match golden.name.starts_with("xgboost") {
        true => SINGLE,
        false => DOUBLE,
    }
}

/// The sum of what the trees can add, which the roundings are relative to.
fn magnitude(ensemble: &TreeEnsemble) -> f64 {
    let trees = ensemble.trees().iter().map(|tree| {
        let leaves = (0..)
            .take(tree.tree.n_leaves())
            .flat_map(|leaf| tree.tree.leaf(leaf));
        leaves.fold(0.0_f64, |largest, value| largest.max(value.abs()))
    });
    let base = ensemble
        .base()
        .iter()
        .fold(0.0_f64, |largest, base| largest.max(base.abs()));
    trees.sum::<f64>() + base
}

#[track_caller]
fn check(what: &str, found: &[f64], (expected, allowed): (&[f64], f64)) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (idx, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= allowed,
            "{what}, number {idx}: {found} and not {expected}, within {allowed}"
        );
    }
}

/// As many rows from the top as the library was asked for.
fn first_rows(rows: &FeatureMatrix, n_rows: usize) -> FeatureMatrix {
    let values = rows.values()[..n_rows * rows.n_features()].to_vec();
    FeatureMatrix::new(values, rows.n_features()).unwrap()
}

/// Every model with a list of that name, with the rows that the list is for.
fn each_with(
    member: &str,
    mut each: impl FnMut(&GoldenModel, &TreeEnsemble, FeatureMatrix),
) -> usize {
    let mut n_models = 0;
    for golden in golden_models() {
        let Some(n_rows) = golden.member(member).as_array().map(Vec::len) else {
            continue;
        };
        let model = golden.open();
        let rows = first_rows(&golden.matrix("rows").unwrap(), n_rows);
        each(&golden, model.trees().unwrap(), rows);
        n_models += 1;
    }
    n_models
}

#[test]
fn path_dependent_values_are_the_librarys_own() {
    let n_models = each_with("path_dependent", |golden, trees, rows| {
        let explainer = TreeExplainer::new(trees, Background::PathDependent).unwrap();
        let expected = golden.numbers("path_dependent").unwrap();
        let values = explainer.shap_values(&rows);
        // The library puts the base after the features of each output.
        let mut found = Vec::new();
        let base = explainer.expected_values().iter().cycle();
        for (values, base) in values.chunks(rows.n_features()).zip(base) {
            found.extend_from_slice(values);
            found.push(*base);
        }
        let allowed = tolerance(golden) * magnitude(trees);
        check(&golden.name, &found, (&expected, allowed));
    });
    assert_eq!(n_models, 7 + 9 + 4);
}

#[test]
fn interventional_values_are_those_of_all_coalitions() {
    let n_models = each_with("interventional", |golden, trees, rows| {
        let background = golden.matrix("background").unwrap();
        let explainer = TreeExplainer::new(trees, Background::Interventional(&background)).unwrap();
        let expected = golden.numbers("interventional").unwrap();
        let allowed = tolerance(golden) * magnitude(trees);
        check(
            &golden.name,
            &explainer.shap_values(&rows),
            (&expected, allowed),
        );
    });
    assert_eq!(n_models, 7 + 9 + 4);
}

#[test]
fn interventional_values_are_those_of_shap() {
    let n_models = each_with("shap_interventional", |golden, trees, rows| {
        let background = golden.matrix("background").unwrap();
        let explainer = TreeExplainer::new(trees, Background::Interventional(&background)).unwrap();
        let expected = golden.numbers("shap_interventional").unwrap();
        let allowed = SINGLE * magnitude(trees);
        check(
            &golden.name,
            &explainer.shap_values(&rows),
            (&expected, allowed),
        );
    });
    assert_eq!(n_models, 3 + 4);
}

#[test]
fn interactions_are_the_librarys_own() {
    let n_models = each_with("interactions", |golden, trees, rows| {
        let explainer = TreeExplainer::new(trees, Background::PathDependent).unwrap();
        let values = explainer.interaction_values(&rows);
        let mut expected = golden.numbers("interactions").unwrap();
        let n = rows.n_features();
        if golden.name.starts_with("xgboost") {
            // XGBoost adds a row and a column for the base.
            let without_base = expected
                .chunks((n + 1) * (n + 1))
                .flat_map(|square| square.chunks(n + 1).take(n).flat_map(|line| &line[..n]));
            expected = without_base.copied().collect();
        }
        let allowed = SINGLE * magnitude(trees);
        check(&golden.name, &values, (&expected, allowed));
    });
    assert_eq!(n_models, 7 + 4);
}

/// On every row of every model: the values and the base add up to the raw score.
#[test]
fn values_add_up_to_the_raw_score_on_every_row() {
    let mut n_rows = 0;
    for golden in golden_models() {
        let model = golden.open();
        let Some(trees) = model.trees().filter(|trees| trees.has_covers()) else {
            continue;
        };
        let rows = golden.matrix("rows").unwrap();
        let explainer = TreeExplainer::new(trees, Background::PathDependent).unwrap();
        let values = explainer.shap_values(&rows);
        let base = explainer.expected_values().iter().cycle();
        let sums = values.chunks(rows.n_features()).zip(base);
        let sums: Vec<f64> = sums
            .map(|(values, base)| values.iter().sum::<f64>() + base)
            .collect();
        let allowed = DOUBLE * magnitude(trees);
        check(&golden.name, &sums, (&trees.raw_scores(&rows), allowed));
        n_rows += rows.n_rows();
    }
    assert!(n_rows > 2_000, "{n_rows}");
}
