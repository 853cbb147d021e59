//! Population stability index: Σ (p − q) ln(p / q) over bins, with p the baseline's shares
//! and q the current ones. It is the symmetrised Kullback-Leibler divergence
//! (Jeffreys 1946; in credit scoring, Siddiqi 2006).
//!
//! An empty bin would make it infinite. A bin that is empty on one side counts there as half
//! a row, so its share is 1/(2n): that is less than any share which can be seen, and shrinks
//! as the sample grows, unlike a fixed 0.0001. A bin empty on both sides adds nothing. Other
//! shares stay as they are, so that without empty bins the textbook value comes out.
//! Without drift PSI is about (bins − 1)(1/n + 1/m), not 0.

use super::bins::BinnedCounts;

/// Rows that an empty bin counts as.
const EMPTY_BIN_ROWS: f64 = 0.5;

/// `None` when either sample is empty.
pub fn population_stability_index(binned: &BinnedCounts) -> Option<f64> {
    if binned.n_baseline == 0 || binned.n_current == 0 {
        return None;
    }
    let sizes = (binned.n_baseline, binned.n_current);
    Some(
        binned
            .counts
            .iter()
            .map(|&counts| bin_term(counts, sizes))
            .sum(),
    )
}

/// (p − q) ln(p / q) of one bin.
pub(crate) fn bin_term(counts: (u64, u64), sizes: (u64, u64)) -> f64 {
    if counts == (0, 0) {
        return 0.0;
    }
    let p = smoothed_share(counts.0, sizes.0);
    let q = smoothed_share(counts.1, sizes.1);
    (p - q) * (p / q).ln()
}

pub(crate) fn smoothed_share(count: u64, n: u64) -> f64 {
    let rows = if count == 0 {
        EMPTY_BIN_ROWS
    } else {
        count as f64
    };
    rows / n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(u64, u64)], expected: Option<f64>) {
        let binned = BinnedCounts {
            bins: Vec::new(),
            counts: counts.to_vec(),
            n_baseline: counts.iter().map(|c| c.0).sum(),
            n_current: counts.iter().map(|c| c.1).sum(),
        };
        let found = population_stability_index(&binned);
        match (found, expected) {
            (Some(found), Some(expected)) => {
                assert!(
                    (found - expected).abs() < 1e-14,
                    "{found} is not {expected}"
                );
            }
            _ => assert_eq!(found, expected),
        }
    }

    #[test]
    fn equal_shares_have_index_zero() {
        check(&[(10, 100), (30, 300)], Some(0.0));
    }

    #[test]
    fn the_index_is_the_sum_over_bins() {
        // p = (0.5, 0.5), q = (0.25, 0.75): 0.25 ln 2 − 0.25 ln(2/3) = 0.25 ln 3.
        check(&[(50, 25), (50, 75)], Some(0.25 * 3.0_f64.ln()));
    }

    #[test]
    fn an_empty_bin_counts_as_half_a_row() {
        // (1 − 0.5) ln(1 / 0.5) + (0.05 − 0.5) ln(0.05 / 0.5)
        check(
            &[(10, 5), (0, 5)],
            Some(0.5 * 2.0_f64.ln() + 0.45 * 10.0_f64.ln()),
        );
    }

    #[test]
    fn a_bin_that_nobody_fills_adds_nothing() {
        check(&[(50, 25), (0, 0), (50, 75)], Some(0.25 * 3.0_f64.ln()));
    }

    #[test]
    fn nothing_has_no_index() {
        check(&[(0, 5)], None);
    }
}
