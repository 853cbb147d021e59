//! Why equal items of a sketch add up here, though Deequ's distance collapses them.
//!
//! Source: the published distance of Deequ 2.0.2 (`Distance.numericalDistance`), whose rank map
//! keeps one entry per value, with the weight of the highest level that holds it.

use probity_domain::document::constraints::ComparisonMethod;
use probity_metrics::drift::{NumericSample, compare_numeric};

/// Deequ's rank map of a sketch, as counts per value.
fn collapsed(levels: &[Vec<f64>]) -> NumericSample {
    let mut weights: Vec<(f64, u64)> = Vec::new();
    for (level, values) in levels.iter().enumerate() {
        for &value in values {
            weights.retain(|(known, _)| known.to_bits() != value.to_bits());
            weights.push((value, 1 << level));
        }
    }
    NumericSample::from_counts(&weights)
}

/// Mostly zeros on one side, mostly ones on the other.
fn levels(zeros: usize, ones: usize) -> Vec<Vec<f64>> {
    vec![vec![0.0; zeros], vec![0.0, 1.0, 1.0], vec![1.0; ones]]
}

#[track_caller]
fn check(sample: impl Fn(&[Vec<f64>]) -> NumericSample, expected: f64) {
    let (baseline, current) = (sample(&levels(1000, 3)), sample(&levels(10, 300)));
    let found = compare_numeric(&baseline, &current, ComparisonMethod::Simple).unwrap();
    // A difference of two quotients of counts.
    assert!((found.effect - expected).abs() < 1e-15, "{}", found.effect);
}

#[test]
fn collapsed_items_hide_the_drift_of_a_discrete_column() {
    check(collapsed, 0.0);
}

#[test]
fn items_that_add_up_show_it() {
    // Zeros: 1000 + 2 of 1018 rows, against 10 + 2 of 1216.
    check(
        |levels| NumericSample::from_levels(levels, 0.0),
        1002.0 / 1018.0 - 12.0 / 1216.0,
    );
}
