//! SageMaker's `ChiSquared` drift of string columns: how well the current counts fit the
//! shares of the baseline, by Pearson's goodness-of-fit test after pooling rare categories.
//!
//! Source: the algorithm that Deequ publishes (since January 2023). Its pooling rules are
//! Cochran's (1952: all expected counts at least 10 when two categories are left) and
//! Yates, Moore and McCabe's (1999: at most a fifth of more than two below 5). The baseline
//! counts as exact, as if its shares were the population's, and a category that the baseline
//! does not know is not seen. The test of homogeneity beside it has neither flaw.

use statrs::function::gamma::gamma_ur;

use super::sample::CategoricalSample;

/// Cochran's smallest expected count of a pair of categories.
const SMALLEST_OF_TWO: f64 = 10.0;
/// Yates's smallest expected count of three or more…
const SMALLEST_OF_MORE: f64 = 5.0;
/// …which one category in so many may miss.
const MAY_MISS: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub struct ChiSquaredTest {
    pub statistic: f64,
    pub degrees_of_freedom: u64,
    pub p_value: f64,
    /// Pooled categories in rising order of expected count: name (of the largest member),
    /// observed and expected count.
    pub pooled: Vec<PooledCategory>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PooledCategory {
    pub name: String,
    pub observed: f64,
    pub expected: f64,
}

/// Why there is no test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoChiSquaredTest {
    #[error("a sample is empty")]
    Empty,
    #[error("no current row holds a category of the baseline")]
    NothingInCommon,
    #[error("fewer than two categories are left after pooling the rare ones")]
    TooFewCategories,
}

pub fn chi_squared(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
) -> Result<ChiSquaredTest, NoChiSquaredTest> {
    if baseline.n() == 0 || current.n() == 0 {
        return Err(NoChiSquaredTest::Empty);
    }
    let known: u64 = baseline
        .categories()
        .map(|(category, _)| current.count(category))
        .sum();
    if known == 0 {
        return Err(NoChiSquaredTest::NothingInCommon);
    }
    let scale = known as f64 / baseline.n() as f64;
    let categories = baseline
        .categories()
        .map(|(category, count)| PooledCategory {
            name: category.to_owned(),
            observed: current.count(category) as f64,
            expected: count as f64 * scale,
        })
        .collect();
    let pooled = pool(categories);
    if pooled.len() < 2 {
        return Err(NoChiSquaredTest::TooFewCategories);
    }
    let statistic = pooled
        .iter()
        .map(|c| (c.observed - c.expected).powi(2) / c.expected)
        .sum();
    let degrees_of_freedom = pooled.len() as u64 - 1;
    let p_value = tail(statistic, degrees_of_freedom);
    Ok(ChiSquaredTest {
        statistic,
        degrees_of_freedom,
        p_value,
        pooled,
    })
}

/// Merges the smallest expected count into the second smallest until the rule holds. Among
/// equals the first by name is the smaller (Deequ leaves this to the order of a hash map).
fn pool(mut categories: Vec<PooledCategory>) -> Vec<PooledCategory> {
    categories.sort_by(|a, b| {
        a.expected
            .total_cmp(&b.expected)
            .then_with(|| a.name.cmp(&b.name))
    });
    while categories.len() >= 2 && !large_enough(&categories) {
        let smallest = categories.remove(0);
        let mut second = categories.remove(0);
        second.expected += smallest.expected;
        second.observed += smallest.observed;
        let position = categories.partition_point(|c| c.expected < second.expected);
        categories.insert(position, second);
    }
    categories
}

fn large_enough(categories: &[PooledCategory]) -> bool {
    let below = |smallest: f64| categories.iter().filter(|c| c.expected < smallest).count();
    if categories.len() == 2 {
        below(SMALLEST_OF_TWO) == 0
    } else {
        below(SMALLEST_OF_MORE) <= categories.len() / MAY_MISS
    }
}

/// P(χ² ≥ statistic).
pub(crate) fn tail(statistic: f64, degrees_of_freedom: u64) -> f64 {
    if statistic <= 0.0 {
        return 1.0;
    }
    gamma_ur(degrees_of_freedom as f64 / 2.0, statistic / 2.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: &[u64], current: &[u64]) -> Result<ChiSquaredTest, NoChiSquaredTest> {
        let sample = |counts: &[u64]| {
            CategoricalSample::from_counts(
                counts.iter().enumerate().map(|(i, &c)| (i.to_string(), c)),
            )
        };
        chi_squared(&sample(baseline), &sample(current))
    }

    #[test]
    fn statistic_is_the_sum_over_categories() {
        // Expected 50, 30, 20; (10² / 50) + (5² / 30) + (5² / 20) = 2 + 0.8333 + 1.25.
        let test = check(&[500, 300, 200], &[60, 25, 15]).unwrap();
        assert!(
            (test.statistic - 4.083_333_333_333_333).abs() < 1e-12,
            "{test:?}"
        );
        assert_eq!(test.degrees_of_freedom, 2);
        // For two degrees of freedom the tail is exp(−x / 2).
        assert!((test.p_value - (-4.083_333_333_333_333_f64 / 2.0).exp()).abs() < 1e-12);
    }

    #[test]
    fn rows_of_a_new_category_expect_nothing_of_the_known_ones() {
        // 40 of 100 rows are known: 20 expected of each, 10²/20 twice.
        let test = check(&[500, 500], &[30, 10, 60]).unwrap();
        assert!((test.statistic - 10.0).abs() < 1e-12, "{test:?}");
    }

    #[test]
    fn rare_categories_are_pooled_smallest_first() {
        // Expected 90, 6, 3, 1: two of four below 5, so 1 joins 3, which joins 6 next.
        let test = check(&[90, 6, 3, 1], &[80, 10, 8, 2]).unwrap();
        let pooled: Vec<_> = test
            .pooled
            .iter()
            .map(|c| (c.observed, c.expected))
            .collect();
        assert_eq!(pooled, [(20.0, 10.0), (80.0, 90.0)]);
    }

    #[test]
    fn one_category_gives_no_test() {
        assert_eq!(check(&[10], &[10]), Err(NoChiSquaredTest::TooFewCategories));
    }

    #[test]
    fn two_categories_with_few_rows_give_no_test() {
        assert_eq!(
            check(&[95, 5], &[95, 5]),
            Err(NoChiSquaredTest::TooFewCategories)
        );
    }

    #[test]
    fn samples_with_nothing_in_common_give_no_test() {
        assert_eq!(
            check(&[10, 0], &[0, 10]),
            Err(NoChiSquaredTest::NothingInCommon)
        );
    }
}
