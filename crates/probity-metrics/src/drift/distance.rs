//! The distances that decide SageMaker's `baseline_drift_check`: L-infinity, as it is
//! (Simple) or less what sampling noise explains (Robust).
//!
//! Source: Deequ's published distances, and the documentation of `constraints.json`
//! (`comparison_method`, `categorical_drift_method`).

use probity_domain::document::constraints::{CategoricalDriftMethod, ComparisonMethod};

use super::chi_squared::chi_squared;
use super::largest_gap::{largest_category_gap, largest_numeric_gap};
use super::sample::{CategoricalSample, NumericSample};

/// Deequ's c(α): the two-sample Kolmogorov-Smirnov bound √(−ln(α/2)/2) at α = 0.003.
pub(crate) const ROBUST_CONSTANT: f64 = 1.8;

/// max(0, d − 1.8 √((n + m) / (n m))).
pub fn robust(distance: f64, n: u64, m: u64) -> f64 {
    let (n, m) = (n as f64, m as f64);
    (distance - ROBUST_CONSTANT * ((n + m) / (n * m)).sqrt()).max(0.0)
}

fn corrected(distance: f64, sizes: (u64, u64), method: ComparisonMethod) -> f64 {
    match method {
        ComparisonMethod::Simple => distance,
        ComparisonMethod::Robust => robust(distance, sizes.0, sizes.1),
    }
}

/// The largest difference of the distribution functions, by `method`.
/// `None` when either sample is empty.
pub fn numeric_distance(
    baseline: &NumericSample,
    current: &NumericSample,
    method: ComparisonMethod,
) -> Option<f64> {
    let gap = largest_numeric_gap(baseline, current)?;
    Some(corrected(gap.size(), (baseline.n(), current.n()), method))
}

/// The largest difference of shares, corrected by `correction`; or the p-value of the
/// chi-squared test, which knows no correction. `None` when it cannot be computed.
pub fn categorical_distance(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
    method: CategoricalDriftMethod,
    correction: ComparisonMethod,
) -> Option<f64> {
    match method {
        CategoricalDriftMethod::LInfinity => {
            let gap = largest_category_gap(baseline, current)?;
            Some(corrected(
                gap.size(),
                (baseline.n(), current.n()),
                correction,
            ))
        }
        CategoricalDriftMethod::ChiSquared => {
            chi_squared(baseline, current).ok().map(|test| test.p_value)
        }
    }
}

/// Whether a distance of a string column breaks its threshold. A distance does when it
/// exceeds the threshold. A p-value does when it falls below: AWS documents no direction,
/// and a large p-value is no sign of drift.
pub fn violates(method: CategoricalDriftMethod, distance: f64, threshold: f64) -> bool {
    match method {
        CategoricalDriftMethod::LInfinity => distance > threshold,
        CategoricalDriftMethod::ChiSquared => distance < threshold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: ComparisonMethod, expected: f64) {
        // F(0) = 0.5 over 1,000 rows, G(0) = 0.2 over 500.
        let baseline = NumericSample::from_counts(&[(0.0, 500), (1.0, 500)]);
        let current = NumericSample::from_counts(&[(0.0, 100), (1.0, 400)]);
        let found = numeric_distance(&baseline, &current, method).unwrap();
        assert!(
            (found - expected).abs() < 1e-15,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn simple_is_the_largest_gap() {
        check(ComparisonMethod::Simple, 0.3);
    }

    #[test]
    fn robust_takes_off_the_noise_of_both_samples() {
        // 1.8 √(1500 / 500,000) = 1.8 × 0.054772255750516614
        check(ComparisonMethod::Robust, 0.3 - 0.098_590_060_350_929_9);
    }

    #[test]
    fn robust_is_never_negative() {
        assert!(robust(0.1, 10, 10).abs() < f64::EPSILON);
    }

    #[test]
    fn a_small_p_value_violates_and_a_large_distance_does() {
        assert!(violates(CategoricalDriftMethod::ChiSquared, 0.01, 0.1));
        assert!(!violates(CategoricalDriftMethod::ChiSquared, 0.5, 0.1));
        assert!(violates(CategoricalDriftMethod::LInfinity, 0.5, 0.1));
        assert!(!violates(CategoricalDriftMethod::LInfinity, 0.1, 0.1));
    }

    #[test]
    fn deequ_duplicates_hide_the_drift_of_a_discrete_column() {
        use crate::drift::sample::RankMap;
        let zeros_and_ones =
            |zeros, ones| vec![vec![0.0; zeros], vec![0.0, 1.0, 1.0], vec![1.0; ones]];
        let sample = |levels: &[Vec<f64>]| {
            NumericSample::from_levels_with(levels, 0.0, RankMap::DeequDuplicates)
        };
        let (baseline, current) = (
            sample(&zeros_and_ones(1000, 3)),
            sample(&zeros_and_ones(10, 300)),
        );
        let distance = numeric_distance(&baseline, &current, ComparisonMethod::Robust);
        assert_eq!(distance, Some(0.0));
    }
}
