//! p-value of "both samples of a categorical column come from one population".
//!
//! Two looks, each valid alone; the smaller p-value, doubled (Bonferroni):
//!
//! * *many small moves*: Pearson's chi-squared test of the 2 × K table (Pearson 1911), rare
//!   categories pooled;
//! * *one large move*: the exact hypergeometric tail of each category against the rest,
//!   times the number of categories. This sees a new category that pooling would hide.
//!
//! Pooling looks only at totals over both samples, so the test stays valid given the totals.
//! Ten expected rows, twice the usual five: against a large baseline the count of a pooled
//! category is nearly Poisson, and with five its tail at 5e-5 is twice what chi-squared says
//! (simulated). Corrections over thousands of features read exactly those tails. With two
//! categories the exact tail alone is the test, undoubled.

use super::chi_squared::tail;
use super::hypergeometric::Hypergeometric;
use super::sample::CategoricalSample;

/// Smallest expected count in the smaller sample; rarer categories are pooled.
const SMALLEST_EXPECTED: f64 = 10.0;
/// Categories that moved by fewer standard deviations are no evidence; their exact tail is
/// not computed. Leaving it out can only make the p-value larger.
const WORTH_A_LOOK: f64 = 2.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homogeneity {
    pub p_value: f64,
    /// Of the pooled table; absent when fewer than three categories are left.
    pub chi_squared: Option<PooledTest>,
    /// Exact tail of the pooled table, where two categories are left.
    pub pooled_pair: Option<f64>,
    /// Smallest exact tail of one category, times the number of categories, at most 1.
    pub single_category: f64,
    /// Categories in either sample.
    pub categories: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PooledTest {
    pub statistic: f64,
    pub degrees_of_freedom: u64,
    pub p_value: f64,
}

/// `None` when either sample is empty.
pub fn homogeneity(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
) -> Option<Homogeneity> {
    let counts: Vec<_> = baseline
        .paired(current)
        .into_iter()
        .map(|(_, a, b)| (a, b))
        .collect();
    homogeneity_of_counts(&counts)
}

/// As [`homogeneity`], of the counts of each category in both samples.
pub(crate) fn homogeneity_of_counts(counts: &[(u64, u64)]) -> Option<Homogeneity> {
    let n: u64 = counts.iter().map(|c| c.0).sum();
    let m: u64 = counts.iter().map(|c| c.1).sum();
    if n == 0 || m == 0 {
        return None;
    }
    let categories = counts.len();
    let single_category = single_category(counts, (n, m));
    if categories <= 2 {
        // Both categories of a pair have the same tail; there is nothing to add up.
        let p_value = counts
            .first()
            .map_or(1.0, |&first| exact_tail(first, (n, m)));
        return Some(Homogeneity {
            p_value,
            chi_squared: None,
            pooled_pair: None,
            single_category: p_value,
            categories,
        });
    }
    let pooled = pool(counts, (n, m));
    let chi_squared = (pooled.len() > 2).then(|| pearson(&pooled, (n, m)));
    let pooled_pair = match pooled.as_slice() {
        [pair, _] => Some(exact_tail(*pair, (n, m))),
        _ => None,
    };
    let many = chi_squared.map(|test| test.p_value).or(pooled_pair);
    let p_value = many.map_or(single_category, |many| {
        (2.0 * many.min(single_category)).min(1.0)
    });
    Some(Homogeneity {
        p_value,
        chi_squared,
        pooled_pair,
        single_category,
        categories,
    })
}

fn draw(category: (u64, u64), sizes: (u64, u64)) -> Hypergeometric {
    Hypergeometric::new(sizes.0 + sizes.1, category.0 + category.1, sizes.0)
}

fn exact_tail(category: (u64, u64), sizes: (u64, u64)) -> f64 {
    let draw = draw(category, sizes);
    draw.two_sided_tail((category.0 as f64 - draw.mean()).abs())
}

fn single_category(counts: &[(u64, u64)], sizes: (u64, u64)) -> f64 {
    let smallest = counts
        .iter()
        .filter(|&&category| {
            let draw = draw(category, sizes);
            let deviation = category.0 as f64 - draw.mean();
            deviation * deviation > WORTH_A_LOOK * WORTH_A_LOOK * draw.variance()
        })
        .map(|&category| exact_tail(category, sizes))
        .fold(1.0, f64::min);
    (smallest * counts.len() as f64).min(1.0)
}

/// Rare categories as one; if that is still rare, it joins the rarest of the others.
fn pool(counts: &[(u64, u64)], (n, m): (u64, u64)) -> Vec<(u64, u64)> {
    let share = n.min(m) as f64 / (n + m) as f64;
    let rare =
        |category: (u64, u64)| ((category.0 + category.1) as f64) * share < SMALLEST_EXPECTED;
    let mut pooled: Vec<_> = counts
        .iter()
        .copied()
        .filter(|&category| !rare(category))
        .collect();
    let rest = counts
        .iter()
        .filter(|&&category| rare(category))
        .fold((0, 0), |sum, category| {
            (sum.0 + category.0, sum.1 + category.1)
        });
    if rest == (0, 0) {
        return pooled;
    }
    match pooled
        .iter_mut()
        .min_by_key(|category| category.0 + category.1)
    {
        Some(rarest) if rare(rest) => *rarest = (rarest.0 + rest.0, rarest.1 + rest.1),
        _ => pooled.push(rest),
    }
    pooled
}

/// (N² / (n m)) Σ (a − n r / N)² / r over categories with a of r rows in the baseline.
fn pearson(counts: &[(u64, u64)], (n, m): (u64, u64)) -> PooledTest {
    let (n, m) = (n as f64, m as f64);
    let share = n / (n + m);
    let sum: f64 = counts
        .iter()
        .map(|&(a, b)| {
            let total = a as f64 + b as f64;
            (a as f64 - total * share).powi(2) / total
        })
        .sum();
    let statistic = sum / (share * (m / (n + m)));
    let degrees_of_freedom = counts.len() as u64 - 1;
    PooledTest {
        statistic,
        degrees_of_freedom,
        p_value: tail(statistic, degrees_of_freedom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(counts: &[(u64, u64)], expected: f64) {
        let found = homogeneity_of_counts(counts).unwrap().p_value;
        assert!(
            (found - expected).abs() < 1e-12 * expected.max(1e-3),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn equal_shares_have_p_value_one() {
        check(&[(100, 100), (200, 200), (300, 300)], 1.0);
    }

    #[test]
    fn one_category_on_both_sides_has_p_value_one() {
        check(&[(100, 50)], 1.0);
    }

    #[test]
    fn two_categories_have_the_exact_two_sided_tail() {
        // All four orders of C(4, 2) = 6 that separate the pairs as (2, 0) or (0, 2): 2 of 6.
        check(&[(2, 0), (0, 2)], 2.0 / 6.0);
    }

    #[test]
    fn many_small_moves_are_seen_by_chi_squared() {
        let test = homogeneity_of_counts(&[(110, 90), (90, 110), (110, 90), (90, 110)]).unwrap();
        // Each cell: 10² / 100, eight cells.
        let chi_squared = test.chi_squared.unwrap();
        assert!((chi_squared.statistic - 8.0).abs() < 1e-12);
        assert!((test.p_value - 2.0 * chi_squared.p_value).abs() < 1e-12);
    }

    #[test]
    fn a_new_rare_category_is_seen_though_pooling_hides_it() {
        let mut counts = vec![(33_000, 330), (33_000, 330), (34_000, 330), (0, 10)];
        let found = homogeneity_of_counts(&counts).unwrap().p_value;
        // Ten of ten marked rows among the 1,000 of 101,000: about 10⁻²⁰.
        assert!(found < 1e-18, "{found}");
        counts.pop();
        assert!(homogeneity_of_counts(&counts).unwrap().p_value > 0.5);
    }

    #[test]
    fn samples_of_nothing_have_no_p_value() {
        assert_eq!(homogeneity_of_counts(&[(0, 3)]), None);
        assert_eq!(homogeneity_of_counts(&[]), None);
    }
}
