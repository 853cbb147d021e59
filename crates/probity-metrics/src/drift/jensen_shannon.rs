//! Jensen-Shannon distance, base 2: the square root of ½ Σ p log₂(p / r) + ½ Σ q log₂(q / r)
//! with r = (p + q)/2 (Lin 1991; Endres and Schindelin 2003 for the square root, which is a
//! metric). 0 for equal shares, 1 for samples with no bin in common. Needs no smoothing.

use super::bins::BinnedCounts;

/// `None` when either sample is empty.
pub fn jensen_shannon(binned: &BinnedCounts) -> Option<f64> {
    if binned.n_baseline == 0 || binned.n_current == 0 {
        return None;
    }
    let divergence: f64 = binned.shares().map(|(p, q)| bin_term(p, q)).sum();
    Some(divergence.clamp(0.0, 1.0).sqrt())
}

/// What one bin adds to the divergence.
pub(crate) fn bin_term(p: f64, q: f64) -> f64 {
    let middle = f64::midpoint(p, q);
    let half = |share: f64| {
        if share > 0.0 {
            0.5 * share * (share / middle).log2()
        } else {
            0.0
        }
    };
    half(p) + half(q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(u64, u64)], expected: f64) {
        let binned = BinnedCounts {
            bins: Vec::new(),
            counts: counts.to_vec(),
            n_baseline: counts.iter().map(|c| c.0).sum(),
            n_current: counts.iter().map(|c| c.1).sum(),
        };
        let found = jensen_shannon(&binned).unwrap();
        assert!(
            (found - expected).abs() < 1e-15,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn equal_shares_are_at_distance_zero() {
        check(&[(1, 10), (3, 30)], 0.0);
    }

    #[test]
    fn samples_with_nothing_in_common_are_at_distance_one() {
        check(&[(5, 0), (0, 7)], 1.0);
    }

    #[test]
    fn half_of_the_mass_moved() {
        // p = (1, 0), q = (½, ½), r = (¾, ¼): ½ log₂(4/3) + ¼ log₂(2/3) + ¼ log₂ 2.
        let divergence = 0.5 * (4.0_f64 / 3.0).log2() + 0.25 * (2.0_f64 / 3.0).log2() + 0.25;
        check(&[(4, 2), (0, 2)], divergence.sqrt());
    }
}
