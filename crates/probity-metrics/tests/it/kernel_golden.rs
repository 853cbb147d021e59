//! Agreement with `shap.KernelExplainer` (`golden/kernel_shap`), through the masker.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::datatypes::Float64Type;
use probity_metrics::explain::kernel::{
    CoalitionValues, KernelDesign, Player, Players, Solution, TabularMasker, mean_scores,
};
use serde::Deserialize;

use crate::generator::{SplitMix64, golden};
use crate::kernel_games::{gap, uniform};

#[derive(Deserialize)]
struct Case {
    n_columns: usize,
    groups: Vec<Vec<usize>>,
    n_samples: u64,
    empty: Vec<f64>,
    /// By row, output, player.
    values: Vec<Vec<Vec<f64>>>,
}

fn table(seed: u64, n_rows: usize, n_columns: usize) -> RecordBatch {
    let mut random = SplitMix64(seed);
    let rows: Vec<Vec<f64>> = (0..n_rows)
        .map(|_| (0..n_columns).map(|_| uniform(&mut random)).collect())
        .collect();
    let columns = (0..n_columns).map(|column| {
        let values: Float64Array = rows.iter().map(|row| Some(row[column])).collect();
        (column.to_string(), Arc::new(values) as ArrayRef)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// `model` of make.py: two outputs.
fn model(inputs: &RecordBatch) -> Vec<f64> {
    let columns: Vec<&Float64Array> = (inputs.columns().iter())
        .map(|column| column.as_primitive::<Float64Type>())
        .collect();
    (0..inputs.num_rows())
        .flat_map(|row| {
            let x: Vec<f64> = columns.iter().map(|column| column.value(row)).collect();
            let n = x.len();
            let neighbours: f64 = (0..n).map(|i| x[i] * x[(i + 1) % n]).sum();
            let steep = (x[0] + x[1] - x[n / 2]).max(0.0) * (1.0 + x[n - 1]);
            let positive = 1.0 + x.iter().map(|x| x * x).sum::<f64>();
            [neighbours + steep, x.iter().sum::<f64>() / positive]
        })
        .collect()
}

/// The design, the values of nobody, and solutions by row and output.
fn explain(case: &Case) -> (KernelDesign, Vec<f64>, Vec<[Solution; 2]>) {
    let (baseline, rows) = (table(1, 7, case.n_columns), table(2, 3, case.n_columns));
    let players = (case.groups.iter().enumerate())
        .map(|(group, columns)| Player {
            name: group.to_string(),
            columns: columns.clone(),
        })
        .collect();
    let players = Players::new(players, case.n_columns).unwrap();
    let design = KernelDesign::new(players.n_players(), Some(case.n_samples), 5).unwrap();
    let masker = TabularMasker::new(baseline, players).unwrap();
    let empty = mean_scores(&model(masker.baseline()), 7, 2).unwrap();
    let full = model(&rows);
    let solutions = (0..3)
        .map(|row| {
            let inputs = masker.masked(&rows, row, design.coalitions()).unwrap();
            let means = mean_scores(&model(&inputs), 7, 2).unwrap();
            [0, 1].map(|output| {
                let values: Vec<f64> = means.iter().skip(output).step_by(2).copied().collect();
                let values = CoalitionValues {
                    empty: empty[output],
                    full: full[row * 2 + output],
                    values: &values,
                };
                design.solve(&values).unwrap()
            })
        })
        .collect();
    (design, empty, solutions)
}

#[test]
fn values_are_those_of_shap() {
    let cases: Vec<Case> =
        serde_json::from_value(golden("kernel_shap/expected.json")["cases"].take()).unwrap();
    assert_eq!(cases.len(), 7);
    for case in cases {
        let (design, empty, solutions) = explain(&case);
        assert!(gap(&empty, &case.empty) < 1e-14);
        for (expected, found) in case.values.iter().zip(&solutions) {
            for (expected, found) in expected.iter().zip(found) {
                match &found.standard_errors {
                    // shap solves a system of a condition of a few hundred.
                    None => assert!(gap(expected, &found.values) < 1e-12),
                    Some(errors) => {
                        assert_eq!(case.groups.len(), 14);
                        let critical = design.critical_value(0.95).unwrap();
                        check_sampled(expected, (&found.values, errors), critical);
                    }
                }
            }
        }
    }
}

/// The true values are known, so that errors in standard errors are about normal: none of 84
/// beyond 4.3, and their root mean square about 1; those of one row go together.
#[track_caller]
fn check_sampled(truth: &[f64], (values, errors): (&[f64], &[f64]), critical: f64) {
    let distances: Vec<f64> = (truth.iter().zip(values).zip(errors))
        .map(|((truth, value), error)| (truth - value).abs() / error)
        .collect();
    let largest = distances.iter().copied().fold(0.0, f64::max);
    assert!(largest < 2.2 * critical, "{distances:?}");
    let squares: f64 = distances.iter().map(|distance| distance * distance).sum();
    assert!(
        (0.5..1.7).contains(&(squares / 14.0).sqrt()),
        "{distances:?}"
    );
}
