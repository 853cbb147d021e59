//! The distances that decide SageMaker's `baseline_drift_check`: L-infinity, as it is
//! (Simple) or less what sampling noise explains (Robust).
//!
//! Source: Deequ's published distances, and the documentation of `constraints.json`
//! (`comparison_method`, `categorical_drift_method`).

use probity_domain::document::constraints::ComparisonMethod;

use super::largest_gap::Gap;

/// Deequ's c(α): the two-sample Kolmogorov-Smirnov bound √(−ln(α/2)/2) at α = 0.003.
pub(crate) const ROBUST_CONSTANT: f64 = 1.8;

/// A largest difference between samples of `n` and `m` rows, as `method` counts it: as it is,
/// or max(0, d − 1.8 √((n + m) / (n m))).
pub(crate) fn distance<P>(gap: &Gap<P>, method: ComparisonMethod) -> f64 {
    match method {
        ComparisonMethod::Simple => gap.size(),
        ComparisonMethod::Robust => {
            let (n, m) = (gap.n_baseline as f64, gap.n_current as f64);
            (gap.size() - ROBUST_CONSTANT * ((n + m) / (n * m)).sqrt()).max(0.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(gap: &Gap<()>, method: ComparisonMethod, expected: f64) {
        let found = distance(gap, method);
        assert!(
            (found - expected).abs() < 1e-15,
            "{found} is not {expected}"
        );
    }

    fn gap(baseline: (u64, u64), current: (u64, u64)) -> Gap<()> {
        Gap {
            place: (),
            baseline_rows: baseline.0,
            current_rows: current.0,
            n_baseline: baseline.1,
            n_current: current.1,
        }
    }

    #[test]
    fn simple_is_the_largest_gap() {
        check(&gap((500, 1000), (100, 500)), ComparisonMethod::Simple, 0.3);
    }

    #[test]
    fn robust_takes_off_the_noise_of_both_samples() {
        // 1.8 √(1500 / 500,000) = 1.8 × 0.054772255750516614
        check(
            &gap((500, 1000), (100, 500)),
            ComparisonMethod::Robust,
            0.3 - 0.098_590_060_350_929_9,
        );
    }

    #[test]
    fn robust_is_never_negative() {
        check(&gap((5, 10), (4, 10)), ComparisonMethod::Robust, 0.0);
    }
}
