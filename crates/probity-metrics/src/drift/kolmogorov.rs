//! The distribution of the two-sample Kolmogorov-Smirnov statistic when both samples come
//! from one population: its limit, and the exact one by counting lattice paths.
//!
//! Limit: Kolmogorov (1933), Smirnov (1939). Exact: each order in which the pooled rows may
//! fall to the two samples is a lattice path, all equally likely; the recurrence (Hodges
//! 1958; Schröer and Trenkler 1995 with ties) gives the chance that a path strays as far as
//! observed. Paths are only looked at between tied groups, so ties make it no less exact.

use std::f64::consts::PI;

/// P(√(n m / (n + m)) D ≥ `scaled`) as the samples grow.
pub fn limit_tail(scaled: f64) -> f64 {
    if scaled <= 0.0 {
        return 1.0;
    }
    if scaled < 1.0 {
        // The theta-function form: 1 − √(2π)/λ Σ exp(−(2k − 1)² π² / (8λ²)). Four terms
        // leave less than 1e-100 at 1.
        let exponent = -PI * PI / (8.0 * scaled * scaled);
        let sum: f64 = [1.0, 3.0, 5.0, 7.0]
            .iter()
            .map(|odd| (exponent * odd * odd).exp())
            .sum();
        return (1.0 - (2.0 * PI).sqrt() / scaled * sum).clamp(0.0, 1.0);
    }
    // 2 Σ (−1)^(k − 1) exp(−2k² λ²); the fifth term is below 1e-21 at 1.
    let exponent = -2.0 * scaled * scaled;
    let term = |k: f64| (exponent * k * k).exp();
    (2.0 * (term(1.0) - term(2.0) + term(3.0) - term(4.0))).clamp(0.0, 1.0)
}

/// P(|i m − j n| ≥ `distance` at some end of a tied group) over all orders of the pooled
/// rows, where i and j of the first i + j rows belong to the samples of `n` and `m` rows.
/// `group_ends` are the pooled ranks at which a group of tied rows ends, rising up to n + m.
pub fn exact_tail((n, m): (u64, u64), distance: u128, group_ends: &[u64]) -> f64 {
    if distance == 0 {
        return 1.0;
    }
    let (n, m) = (n.min(m), n.max(m));
    let Ok(size) = usize::try_from(n) else {
        return 1.0;
    };
    // Chance that a path through the point with `i` rows of the smaller sample has strayed,
    // at index i + 1, on one diagonal i + j. Outside `low..=high` it is 1.
    let mut strayed = vec![1.0_f64; size + 3];
    let mut next = vec![1.0_f64; size + 3];
    let indices: Vec<f64> = (0..=n).map(|i| i as f64).collect();
    strayed[1] = 0.0;
    let (mut low, mut high) = (0_usize, 0_usize);
    let mut ends = group_ends.iter().copied().peekable();
    for pooled in 1..=n + m {
        // `pooled − m` is at most n, which fits.
        low = low.max(usize::try_from(pooled.saturating_sub(m)).unwrap_or(size));
        high = (high + 1).min(size);
        advance(
            &strayed[low..=high + 1],
            &indices[low..=high],
            pooled as f64,
            &mut next[low + 1..=high + 1],
        );
        if ends.next_if_eq(&pooled).is_some() {
            let far = |i: usize| {
                let i = i as u128;
                let ours = i * u128::from(m);
                let theirs = (u128::from(pooled) - i) * u128::from(n);
                ours.abs_diff(theirs) >= distance
            };
            while low <= high && far(low) {
                low += 1;
            }
            while low <= high && far(high) {
                if high == 0 {
                    return 1.0;
                }
                high -= 1;
            }
            if low > high {
                return 1.0;
            }
        }
        next[low] = 1.0;
        next[high + 2] = 1.0;
        std::mem::swap(&mut strayed, &mut next);
    }
    strayed[size + 1].clamp(0.0, 1.0)
}

/// One diagonal from the last: the row before came from the smaller sample with chance
/// i / pooled, else from the larger one. `before` starts one point earlier than `after`.
fn advance(before: &[f64], indices: &[f64], pooled: f64, after: &mut [f64]) {
    let per_row = 1.0 / pooled;
    for (((after, &index), &smaller), &larger) in
        after.iter_mut().zip(indices).zip(before).zip(&before[1..])
    {
        *after = (index * smaller + (pooled - index) * larger) * per_row;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order of the pooled rows, one by one.
    fn enumerate((n, m): (u64, u64), distance: u128, group_ends: &[u64]) -> f64 {
        let rows = n + m;
        let (mut all, mut far) = (0_u32, 0_u32);
        for order in 0_u64..1 << rows {
            if u64::from(order.count_ones()) != n {
                continue;
            }
            all += 1;
            let strays = group_ends.iter().any(|&end| {
                let ours = u64::from((order & ((1 << end) - 1)).count_ones());
                (u128::from(ours * m)).abs_diff(u128::from((end - ours) * n)) >= distance
            });
            far += u32::from(strays);
        }
        f64::from(far) / f64::from(all)
    }

    #[track_caller]
    fn check(sizes: (u64, u64), group_ends: &[u64]) {
        for distance in 0..=u128::from(sizes.0 * sizes.1) {
            let found = exact_tail(sizes, distance, group_ends);
            let expected = enumerate(sizes, distance, group_ends);
            assert!(
                (found - expected).abs() < 1e-13,
                "{sizes:?} {distance}: {found}, {expected}"
            );
        }
    }

    #[test]
    fn the_exact_tail_is_the_share_of_orders_that_stray() {
        check((5, 7), &(1..=12).collect::<Vec<_>>());
        check((7, 5), &(1..=12).collect::<Vec<_>>());
        check((1, 9), &(1..=10).collect::<Vec<_>>());
        check((6, 6), &(1..=12).collect::<Vec<_>>());
    }

    #[test]
    fn ties_are_looked_at_only_where_they_end() {
        check((5, 7), &[3, 4, 9, 12]);
        check((6, 4), &[8, 10]);
        check((4, 4), &[8]);
    }

    #[test]
    fn both_forms_of_the_limit_meet() {
        let (below, above) = (limit_tail(1.0 - 1e-12), limit_tail(1.0));
        assert!((below - above).abs() < 1e-11, "{below} and {above}");
    }

    #[test]
    fn the_limit_has_its_tabled_points() {
        // Smirnov (1948): 5 % at 1.3581, 1 % at 1.6276.
        assert!((limit_tail(1.358_1) - 0.05).abs() < 1e-5);
        assert!((limit_tail(1.627_6) - 0.01).abs() < 1e-5);
        assert!((limit_tail(0.1) - 1.0).abs() < 1e-15);
    }
}
