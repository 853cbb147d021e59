//! Intervals of the effect: of the largest difference between the two populations, of which
//! the samples show only an estimate. Bootstrap intervals of a largest difference fail near
//! 0, where it cannot be negative; these hold at every sample size, at the cost of width.
//!
//! **Distribution functions.** Massart (1990) on Dvoretzky, Kiefer and Wolfowitz (1956):
//! P(sup |Fₙ − F| > x) ≤ 2 exp(−2 n x²), ties or not. The estimate errs by at most
//! X + Y with X = sup |Fₙ − F|, Y = sup |Gₘ − G|, so the interval is D ± ε with
//! P(X + Y > ε) ≤ α, the smaller of
//!
//! * √(1/n + 1/m) · √((g + 2 ln 2)/2), since (X + Y)² ≤ (1/n + 1/m)(n X² + m Y²) by
//!   Cauchy-Schwarz, and 2nX² is at most an exponential variable plus ln 2, so the sum of
//!   both at most a Gamma(2) variable, with upper quantile g, plus 2 ln 2;
//! * √(ln(4/α)/2) · (1/√n + 1/√m), each at α/2; smaller when one sample is much the larger.
//!
//! **Shares.** One interval for each category's share in each sample, all at once: p is
//! left out on a side when n·kl(p̂, p) > ln(4(K + 1)/α), by Chernoff's bound (1952), with kl
//! the Kullback-Leibler divergence of two coins; K categories and one for all unseen, two
//! samples, two sides. From them the smallest and largest possible largest difference.

use super::largest_gap::NumericGap;

/// The level at which both events, one for each sample and side, are split evenly.
const SAMPLES_AND_SIDES: f64 = 4.0;

/// Low and high end for the largest difference of the distribution functions. `rank_error`
/// is the sum of both samples' and widens the interval on both sides.
pub fn gap_interval(gap: &NumericGap, rank_error: f64, level: f64) -> (f64, f64) {
    let margin = gap_margin((gap.n_baseline, gap.n_current), level) + rank_error;
    (
        (gap.size() - margin).max(0.0),
        (gap.size() + margin).min(1.0),
    )
}

/// ε of the header.
pub(crate) fn gap_margin((n, m): (u64, u64), level: f64) -> f64 {
    let (n, m, alpha) = (n as f64, m as f64, 1.0 - level);
    let constant = (f64::midpoint(gamma_two_quantile(alpha), 2.0 * 2.0_f64.ln())).sqrt();
    let together = constant * (1.0 / n + 1.0 / m).sqrt();
    let apart = ((4.0 / alpha).ln() / 2.0).sqrt() * (1.0 / n.sqrt() + 1.0 / m.sqrt());
    together.min(apart)
}

/// g with (1 + g) exp(−g) = `alpha`, the tail of a Gamma(2) variable.
fn gamma_two_quantile(alpha: f64) -> f64 {
    // g = ln((1 + g)/α) contracts by 1/(1 + g), at most a quarter for α ≤ 0.2.
    let mut g = 5.0_f64;
    for _ in 0..60 {
        g = ((1.0 + g) / alpha).ln();
    }
    g
}

/// Low and high end for the largest difference of the shares of one category, from the
/// counts of every category seen in either sample.
pub fn share_interval(counts: &[(u64, u64)], level: f64) -> (f64, f64) {
    let n: u64 = counts.iter().map(|c| c.0).sum();
    let m: u64 = counts.iter().map(|c| c.1).sum();
    if n == 0 || m == 0 {
        return (0.0, 1.0);
    }
    let classes = counts.len() as f64 + 1.0;
    let evidence = (SAMPLES_AND_SIDES * classes / (1.0 - level)).ln();
    let unseen = upper_share(0, n, evidence).max(upper_share(0, m, evidence));
    let (mut low, mut high) = (0.0_f64, unseen);
    for &(a, b) in counts {
        let baseline = (
            1.0 - upper_share(n - a, n, evidence),
            upper_share(a, n, evidence),
        );
        let current = (
            1.0 - upper_share(m - b, m, evidence),
            upper_share(b, m, evidence),
        );
        low = low.max(baseline.0 - current.1).max(current.0 - baseline.1);
        high = high.max(baseline.1 - current.0).max(current.1 - baseline.0);
    }
    (low.max(0.0), high.min(1.0))
}

/// The largest p with n·kl(count/n, p) ≤ `evidence`, or a little above.
fn upper_share(count: u64, n: u64, evidence: f64) -> f64 {
    if count >= n {
        return 1.0;
    }
    let rows = n as f64;
    if count == 0 {
        return -(-evidence / rows).exp_m1();
    }
    let seen = count as f64 / rows;
    let limit = evidence / rows;
    let divergence =
        |p: f64| seen * (seen / p).ln() + (1.0 - seen) * ((1.0 - seen) / (1.0 - p)).ln();
    // Pinsker: kl(s, p) ≥ 2 (p − s)², so this starts at or above the root. kl is convex
    // in p, so Newton's steps come down to the root and never pass below it.
    let start = seen + (limit / 2.0).sqrt();
    if start < 1.0 {
        let mut p = start;
        for _ in 0..20 {
            let step = (divergence(p) - limit) * p * (1.0 - p) / (p - seen);
            if step <= 1e-12 * p {
                break;
            }
            p -= step;
        }
        return p;
    }
    let (mut inside, mut outside) = (seen, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(inside, outside);
        if divergence(middle) <= limit {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn the_quantile_of_gamma_two_has_its_tail() {
        let g = gamma_two_quantile(0.05);
        check((1.0 + g) * (-g).exp(), 0.05, 1e-15);
        check(g, 4.743_864_518, 1e-9);
    }

    #[test]
    fn equal_samples_take_both_together_and_lopsided_ones_apart() {
        check(
            gap_margin((1000, 1000), 0.95),
            1.750_6 * 0.002_f64.sqrt(),
            1e-5,
        );
        let apart = (80.0_f64.ln() / 2.0).sqrt() * (0.01 + 0.1);
        check(gap_margin((10_000, 100), 0.95), apart, 1e-12);
    }

    #[test]
    fn a_rank_error_widens_the_interval_on_both_sides() {
        let gap = NumericGap {
            place: 0.0,
            baseline_rows: 50_000,
            current_rows: 20_000,
            n_baseline: 100_000,
            n_current: 100_000,
        };
        let (low, high) = gap_interval(&gap, 0.0, 0.95);
        let (lower, higher) = gap_interval(&gap, 0.01, 0.95);
        // Ends below 1, a few roundings each.
        check(low - lower, 0.01, 1e-15);
        check(higher - high, 0.01, 1e-15);
    }

    #[test]
    fn the_interval_stays_between_zero_and_one() {
        let gap = |a, b| NumericGap {
            place: 0.0,
            baseline_rows: a,
            current_rows: b,
            n_baseline: 50,
            n_current: 50,
        };
        let (low, high) = gap_interval(&gap(25, 24), 0.0, 0.95);
        assert!(low <= 0.0 && high > 0.3);
        let (low, high) = gap_interval(&gap(50, 0), 0.0, 0.95);
        assert!(low > 0.6 && high >= 1.0);
    }

    #[test]
    fn an_upper_share_is_where_the_divergence_meets_the_evidence() {
        for (count, n) in [
            (1_u64, 10_u64),
            (5, 10),
            (9, 10),
            (3, 1000),
            (400, 1000),
            (999, 1000),
            (1, 1_000_000_000),
        ] {
            let (seen, p) = (count as f64 / n as f64, upper_share(count, n, 6.0));
            let divergence =
                seen * (seen / p).ln() + (1.0 - seen) * ((1.0 - seen) / (1.0 - p)).ln();
            // The divergence loses digits to cancellation where p is near the seen share.
            check(n as f64 * divergence, 6.0, 1e-6 + n as f64 * 1e-15);
        }
    }

    #[test]
    fn a_share_interval_holds_the_observed_difference() {
        let (low, high) = share_interval(&[(700, 500), (300, 500)], 0.95);
        assert!(
            low > 0.05 && low < 0.2 && high > 0.2 && high < 0.35,
            "{low} {high}"
        );
    }

    #[test]
    fn unseen_categories_keep_the_interval_open() {
        let (low, high) = share_interval(&[(100, 100)], 0.95);
        check(low, 0.0, 0.0);
        // ln(4 × 2 / 0.05) / 100
        check(high, -(-160.0_f64.ln() / 100.0).exp_m1(), 1e-12);
    }
}
