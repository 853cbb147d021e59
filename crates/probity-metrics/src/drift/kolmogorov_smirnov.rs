//! Two-sample Kolmogorov-Smirnov test: the p-value of the largest difference D of two
//! distribution functions, never smaller than it should be.
//!
//! * Small samples: the exact permutation distribution given the ties.
//! * Few distinct values (a column of codes or counts): the limit supposes a continuous
//!   column and is far too cautious for ties. D occurs at one of the values, so the chances
//!   of the exact hypergeometric tails at each of them add up to a bound (Bonferroni); the
//!   smaller of the two bounds is taken. For two values it is the exact test of two shares.
//! * Otherwise the limit with effective size n m / (n + m), cautious where there are ties.
//! * Sketches: the true D is at least D less both rank errors, so the limit is taken there.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc;

use super::hypergeometric::Hypergeometric;
use super::kolmogorov::{exact_tail, limit_tail};
use super::largest_gap::{NumericGap, largest_numeric_gap};
use super::sample::NumericSample;

/// Lattice points of the exact distribution, n × m: under half a millisecond. Beyond, the
/// limit is good to a few per cent of p.
const EXACT_POINTS: u64 = 1_000_000;
/// Diagonals of the lattice, n + m: bounds the work when one sample is tiny.
const EXACT_ROWS: u64 = 50_000;
/// Distinct values of both samples up to which their tails are added up. With more, their
/// sum is seldom below the limit.
const FEW_VALUES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KsTest {
    pub gap: NumericGap,
    /// Sum of the rank errors of both samples, taken off the gap before the p-value.
    pub rank_error: f64,
    pub p_value: f64,
    pub method: KsMethod,
}

/// Where a p-value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KsMethod {
    /// Exact permutation distribution, given the ties.
    Exact,
    /// Sum of exact tails over the few distinct values.
    FewValues,
    /// Kolmogorov's limit.
    Limit,
}

/// `None` when either sample is empty.
pub fn kolmogorov_smirnov(baseline: &NumericSample, current: &NumericSample) -> Option<KsTest> {
    let gap = largest_numeric_gap(baseline, current)?;
    let rank_error = baseline.rank_error() + current.rank_error();
    let (n, m) = (baseline.n(), current.n());
    let exact_sample = rank_error <= 0.0;
    let (p_value, method) =
        if exact_sample && n.saturating_mul(m) <= EXACT_POINTS && n + m <= EXACT_ROWS {
            (exact(baseline, current, &gap), KsMethod::Exact)
        } else {
            let (n, m) = (n as f64, m as f64);
            let certain = (gap.size() - rank_error).max(0.0);
            let limit = limit_tail((n * m / (n + m)).sqrt() * certain);
            let few = if exact_sample {
                few_values(baseline, current, &gap, limit)
            } else {
                None
            };
            few.map_or((limit, KsMethod::Limit), |p_value| {
                (p_value, KsMethod::FewValues)
            })
        };
    Some(KsTest {
        gap,
        rank_error,
        p_value,
        method,
    })
}

fn exact(baseline: &NumericSample, current: &NumericSample, gap: &NumericGap) -> f64 {
    let (n, m) = (baseline.n(), current.n());
    let mut group_ends = Vec::with_capacity(baseline.values().len() + current.values().len());
    baseline.walk(current, |_, a, b| group_ends.push(a + b));
    let distance = (u128::from(gap.baseline_rows) * u128::from(m))
        .abs_diff(u128::from(gap.current_rows) * u128::from(n));
    exact_tail((n, m), distance, &group_ends)
}

/// The sum of the tails, when there are few values and it is below `limit`.
fn few_values(
    baseline: &NumericSample,
    current: &NumericSample,
    gap: &NumericGap,
    limit: f64,
) -> Option<f64> {
    if baseline.values().len() > FEW_VALUES || current.values().len() > FEW_VALUES {
        return None;
    }
    let rows = baseline.n() + current.n();
    let mut draws = Vec::with_capacity(2 * FEW_VALUES);
    baseline.walk(current, |_, a, b| {
        draws.push(Hypergeometric::new(rows, a + b, baseline.n()))
    });
    // At the largest value both functions are 1.
    draws.pop();
    if draws.len() > FEW_VALUES {
        return None;
    }
    let deviation = gap.size() * (baseline.n() as f64 * (current.n() as f64 / rows as f64));
    let rough: f64 = draws
        .iter()
        .map(|draw| erfc(deviation / draw.variance().sqrt() / SQRT_2))
        .sum();
    // Four times is far outside the error of the rough sum where it is near the limit.
    if rough > 4.0 * limit {
        return None;
    }
    let mut sum = 0.0;
    for draw in draws {
        sum += draw.two_sided_tail(deviation);
        if sum >= limit {
            return None;
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &[(f64, u64)], current: &[(f64, u64)], method: KsMethod, expected: f64) {
        let test = kolmogorov_smirnov(
            &NumericSample::from_counts(baseline),
            &NumericSample::from_counts(current),
        )
        .unwrap();
        assert_eq!(test.method, method);
        let error = (test.p_value - expected).abs();
        assert!(
            error <= 1e-9 * expected,
            "{} is not {expected}",
            test.p_value
        );
    }

    #[test]
    fn separated_small_samples_have_the_chance_of_two_orders() {
        // Of C(6, 3) = 20 orders, 2 separate the samples.
        check(
            &[(1.0, 1), (2.0, 1), (3.0, 1)],
            &[(4.0, 1), (5.0, 1), (6.0, 1)],
            KsMethod::Exact,
            0.1,
        );
    }

    #[test]
    fn equal_samples_have_p_value_one() {
        check(
            &[(1.0, 5000), (2.0, 5000)],
            &[(1.0, 500), (2.0, 500)],
            KsMethod::Limit,
            1.0,
        );
    }

    #[test]
    fn two_values_give_the_exact_test_of_two_shares() {
        // 1 of 100,000 against 1 of 60: the chance that two marked rows of 100,060 hit the
        // 60, once or twice; lower deviations are not as large.
        let (rows, drawn) = (100_060.0, 60.0);
        let none = (rows - drawn) / rows * (rows - drawn - 1.0) / (rows - 1.0);
        check(
            &[(0.0, 99_999), (1.0, 1)],
            &[(0.0, 59), (1.0, 1)],
            KsMethod::FewValues,
            1.0 - none,
        );
    }

    #[test]
    fn rank_errors_come_off_the_gap() {
        let levels = |shift: f64| vec![(0..5000).map(|i| f64::from(i) + shift).collect::<Vec<_>>()];
        let p = |rank_error| {
            let baseline = NumericSample::from_levels(&levels(0.0), rank_error);
            let current = NumericSample::from_levels(&levels(250.0), rank_error);
            kolmogorov_smirnov(&baseline, &current).unwrap().p_value
        };
        // D = 0.05 and √(n m / (n + m)) = 50.
        assert!((p(0.0) - limit_tail(2.5)).abs() < 1e-12);
        assert!((p(0.01) - limit_tail(1.5)).abs() < 1e-12);
        assert!((p(0.03) - 1.0).abs() < 1e-12);
    }
}
