//! *Explain this number*: the bins, counts and steps behind every figure of a comparison,
//! as text that a command or a report can print.

use probity_domain::document::constraints::{CategoricalDriftMethod, ComparisonMethod};

use super::bins::{BinnedCounts, category_bins, numeric_bins};
use super::chi_squared::{ChiSquaredTest, chi_squared};
use super::compare::{Comparison, INTERVAL_LEVEL, compare_categorical, compare_numeric};
use super::distance::ROBUST_CONSTANT;
use super::homogeneity::{Homogeneity, homogeneity};
use super::interval::gap_margin;
use super::jensen_shannon;
use super::kolmogorov_smirnov::{KsMethod, KsTest, kolmogorov_smirnov};
use super::largest_gap::largest_category_gap;
use super::psi;
use super::sample::{CategoricalSample, NumericSample};

#[derive(Clone, Debug, PartialEq)]
pub struct Workings {
    pub comparison: Comparison,
    pub bins: Vec<WorkedBin>,
    pub largest_gap: WorkedGap,
    /// In the order in which the figures build on each other.
    pub steps: Vec<Step>,
}

/// One bin of PSI and the Jensen-Shannon distance.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkedBin {
    /// E.g. `(3, 5]`, or a category in backticks.
    pub label: String,
    pub baseline_rows: u64,
    pub current_rows: u64,
    pub baseline_share: f64,
    pub current_share: f64,
    /// What the bin adds to the index.
    pub psi_term: f64,
    /// What the bin adds to the Jensen-Shannon divergence, i.e. to the square of the distance.
    pub divergence_term: f64,
}

/// Where the samples are farthest apart.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkedGap {
    /// `x ≤ 3.5`, or a category in backticks.
    pub place: String,
    pub baseline_rows: u64,
    pub current_rows: u64,
    pub baseline_share: f64,
    pub current_share: f64,
}

/// One figure: its formula in symbols, the same with this column's numbers, the outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// As the member of `probity.json`, where it is one.
    pub name: &'static str,
    pub formula: String,
    pub numbers: String,
    /// `None` when it cannot be computed; the comparison's note says why.
    pub result: Option<f64>,
}

/// `None` when either sample is empty.
pub fn explain_numeric(
    baseline: &NumericSample,
    current: &NumericSample,
    method: ComparisonMethod,
) -> Option<Workings> {
    let comparison = compare_numeric(baseline, current, method)?;
    let test = kolmogorov_smirnov(baseline, current)?;
    let binned = numeric_bins(baseline, current)?;
    let gap = WorkedGap {
        place: format!("x ≤ {}", test.gap.place),
        baseline_rows: test.gap.baseline_rows,
        current_rows: test.gap.current_rows,
        baseline_share: test.gap.baseline_share(),
        current_share: test.gap.current_share(),
    };
    let margin = gap_margin((baseline.n(), current.n()), INTERVAL_LEVEL);
    let mut steps = vec![
        effect_step(&gap, &comparison, "max |F(x) − G(x)| over all x"),
        distance_step(&comparison, method),
        ks_step(&test),
        interval_step(
            &comparison,
            "effect ± (ε + e) cut to [0, 1], ε = min(√(1/n + 1/m) √((g + 2 ln 2)/2), \
             √(ln(4/α)/2) (1/√n + 1/√m))",
            &format!(
                "{} ± ({} + {})",
                figure(comparison.effect),
                figure(margin),
                figure(test.rank_error)
            ),
        ),
    ];
    steps.extend(bin_steps(&binned, &comparison));
    steps.push(Step {
        name: "wasserstein_1",
        formula: "∫ |F(x) − G(x)| dx".to_owned(),
        numbers: format!(
            "over {} baseline and {} current values",
            baseline.values().len(),
            current.values().len()
        ),
        result: comparison.wasserstein_1,
    });
    Some(Workings {
        bins: worked_bins(&binned),
        largest_gap: gap,
        steps,
        comparison,
    })
}

/// `None` when either sample is empty.
pub fn explain_categorical(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
    method: CategoricalDriftMethod,
    correction: ComparisonMethod,
) -> Option<Workings> {
    let comparison = compare_categorical(baseline, current, method, correction)?;
    let binned = category_bins(baseline, current)?;
    let largest = largest_category_gap(baseline, current)?;
    let gap = WorkedGap {
        place: format!("`{}`", largest.place),
        baseline_rows: largest.baseline_rows,
        current_rows: largest.current_rows,
        baseline_share: largest.baseline_share(),
        current_share: largest.current_share(),
    };
    let distance = match method {
        CategoricalDriftMethod::LInfinity => distance_step(&comparison, correction),
        CategoricalDriftMethod::ChiSquared => {
            chi_squared_step(chi_squared(baseline, current).ok().as_ref())
        }
    };
    let classes = binned.counts.len() as f64 + 1.0;
    let evidence = (4.0 * classes / (1.0 - INTERVAL_LEVEL)).ln();
    let mut steps = vec![
        effect_step(&gap, &comparison, "max |p − q| over all categories"),
        distance,
        homogeneity_step(&homogeneity(baseline, current)?),
        interval_step(
            &comparison,
            "the smallest and the largest max |p − q| with n·kl(p̂, p) ≤ t and m·kl(q̂, q) ≤ t, \
             t = ln(4 (K + 1)/α)",
            &format!("t = {}", figure(evidence)),
        ),
    ];
    steps.extend(bin_steps(&binned, &comparison));
    Some(Workings {
        bins: worked_bins(&binned),
        largest_gap: gap,
        steps,
        comparison,
    })
}

fn worked_bins(binned: &BinnedCounts) -> Vec<WorkedBin> {
    let sizes = (binned.n_baseline, binned.n_current);
    let counted = binned.counts.iter().zip(binned.shares());
    let worked = binned
        .bins
        .iter()
        .zip(counted)
        .map(|(bin, (&counts, (p, q)))| WorkedBin {
            label: bin.to_string(),
            baseline_rows: counts.0,
            current_rows: counts.1,
            baseline_share: p,
            current_share: q,
            psi_term: psi::bin_term(counts, sizes),
            divergence_term: jensen_shannon::bin_term(p, q),
        });
    worked.collect()
}

fn effect_step(gap: &WorkedGap, comparison: &Comparison, formula: &str) -> Step {
    Step {
        name: "effect",
        formula: formula.to_owned(),
        numbers: format!(
            "at {}: |{}/{} − {}/{}| = |{} − {}|",
            gap.place,
            gap.baseline_rows,
            comparison.n_baseline,
            gap.current_rows,
            comparison.n_current,
            figure(gap.baseline_share),
            figure(gap.current_share)
        ),
        result: Some(comparison.effect),
    }
}

fn distance_step(comparison: &Comparison, method: ComparisonMethod) -> Step {
    let (n, m, effect) = (
        comparison.n_baseline,
        comparison.n_current,
        comparison.effect,
    );
    let (formula, numbers) = match method {
        ComparisonMethod::Simple => ("effect".to_owned(), figure(effect)),
        ComparisonMethod::Robust => (
            format!("max(0, effect − {ROBUST_CONSTANT} √((n + m)/(n m)))"),
            format!(
                "max(0, {} − {ROBUST_CONSTANT} √(({n} + {m})/({n} × {m})))",
                figure(effect)
            ),
        ),
    };
    Step {
        name: "distance",
        formula,
        numbers,
        result: comparison.distance,
    }
}

fn ks_step(test: &KsTest) -> Step {
    let (n, m) = (test.gap.n_baseline as f64, test.gap.n_current as f64);
    let (formula, numbers) = match test.method {
        KsMethod::Exact => (
            "share of the orders of the pooled rows, ties kept, with a difference as large"
                .to_owned(),
            format!("{n} + {m} rows, D = {}", figure(test.gap.size())),
        ),
        KsMethod::FewValues => (
            "sum over the distinct values of the exact chance of a difference as large there"
                .to_owned(),
            format!("{n} + {m} rows, D = {}", figure(test.gap.size())),
        ),
        KsMethod::Limit => {
            let root = (n * m / (n + m)).sqrt();
            let certain = (test.gap.size() - test.rank_error).max(0.0);
            (
                "2 Σ (−1)^(k−1) exp(−2 k² λ²), λ = √(n m/(n + m)) max(0, D − e)".to_owned(),
                format!(
                    "λ = {root} × max(0, {} − {}) = {}",
                    figure(test.gap.size()),
                    figure(test.rank_error),
                    figure(root * certain)
                ),
            )
        }
    };
    Step {
        name: "p_value",
        formula,
        numbers,
        result: Some(test.p_value),
    }
}

fn homogeneity_step(test: &Homogeneity) -> Step {
    let k = test.categories;
    let single = format!("K × smallest exact tail = {}", figure(test.single_category));
    let (formula, numbers) = match (test.chi_squared, test.pooled_pair) {
        _ if k <= 2 => (
            "hypergeometric chance of counts as far from their mean",
            format!("exact two-sided tail = {}", figure(test.p_value)),
        ),
        (Some(pooled), _) => (
            "min(1, 2 min(p of χ² over pooled categories, K × smallest exact tail of one category))",
            format!(
                "K = {k}; χ² = {}, {} degrees of freedom, p = {}; {single}",
                figure(pooled.statistic),
                pooled.degrees_of_freedom,
                figure(pooled.p_value)
            ),
        ),
        (None, Some(pair)) => (
            "min(1, 2 min(exact tail of the two groups that pooling leaves, \
             K × smallest exact tail of one category))",
            format!(
                "K = {k}; tail of the two groups = {}; {single}",
                figure(pair)
            ),
        ),
        (None, None) => (
            "min(1, K × smallest exact tail of one category); too few rows for χ²",
            format!("K = {k}; {single}"),
        ),
    };
    Step {
        name: "p_value",
        formula: formula.to_owned(),
        numbers,
        result: Some(test.p_value),
    }
}

/// The interval's ends stand in the numbers; its one figure is how far it reaches.
fn interval_step(comparison: &Comparison, formula: &str, numbers: &str) -> Step {
    let (low, high) = (comparison.interval.low, comparison.interval.high);
    Step {
        name: "interval",
        formula: format!("half of high − low, from {formula}"),
        numbers: format!("{numbers}: low = {}, high = {}", figure(low), figure(high)),
        result: Some((high - low) / 2.0),
    }
}

/// All digits; with an exponent where many zeros would hide them.
fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

fn chi_squared_step(test: Option<&ChiSquaredTest>) -> Step {
    let numbers = test.map_or_else(
        || "no test".to_owned(),
        |test| {
            let terms: Vec<String> = test
                .pooled
                .iter()
                .map(|c| format!("({} − {})²/{}", c.observed, c.expected, c.expected))
                .collect();
            format!(
                "χ² = {} = {}, {} degrees of freedom",
                terms.join(" + "),
                test.statistic,
                test.degrees_of_freedom
            )
        },
    );
    Step {
        name: "distance",
        formula: "P(χ² ≥ Σ (observed − expected)²/expected) over pooled categories".to_owned(),
        numbers,
        result: test.map(|test| test.p_value),
    }
}

fn bin_steps(binned: &BinnedCounts, comparison: &Comparison) -> [Step; 2] {
    let bins = binned.counts.len();
    [
        Step {
            name: "psi",
            formula: "Σ (p − q) ln(p/q) over bins, an empty bin counting as half a row".to_owned(),
            numbers: format!("sum of the terms of {bins} bins"),
            result: comparison.psi,
        },
        Step {
            name: "jensen_shannon",
            formula: "√(½ Σ p log₂(p/r) + ½ Σ q log₂(q/r)), r = (p + q)/2, over bins".to_owned(),
            numbers: format!("square root of the sum of the terms of {bins} bins"),
            result: comparison.jensen_shannon,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worked() -> Workings {
        let baseline = NumericSample::from_counts(&[(0.0, 700), (1.0, 300)]);
        let current = NumericSample::from_counts(&[(0.0, 250), (1.0, 250)]);
        explain_numeric(&baseline, &current, ComparisonMethod::Robust).unwrap()
    }

    #[test]
    fn the_terms_of_the_bins_add_up_to_the_figures() {
        let worked = worked();
        let psi: f64 = worked.bins.iter().map(|bin| bin.psi_term).sum();
        let divergence: f64 = worked.bins.iter().map(|bin| bin.divergence_term).sum();
        assert!((psi - worked.comparison.psi.unwrap()).abs() < 1e-15);
        assert!((divergence.sqrt() - worked.comparison.jensen_shannon.unwrap()).abs() < 1e-15);
    }

    #[test]
    fn the_largest_gap_is_told_with_its_counts() {
        let worked = worked();
        let gap = &worked.largest_gap;
        assert_eq!(
            (gap.place.as_str(), gap.baseline_rows, gap.current_rows),
            ("x ≤ 0", 700, 250)
        );
        assert_eq!(
            worked.steps[0].numbers,
            "at x ≤ 0: |700/1000 − 250/500| = |0.7 − 0.5|"
        );
    }

    #[test]
    fn every_figure_has_a_step_with_its_own_value() {
        let worked = worked();
        let result = |name: &str| {
            worked
                .steps
                .iter()
                .find(|step| step.name == name)
                .unwrap()
                .result
        };
        let comparison = &worked.comparison;
        assert_eq!(result("effect"), Some(comparison.effect));
        assert_eq!(result("distance"), comparison.distance);
        assert_eq!(result("p_value"), Some(comparison.p_value));
        assert_eq!(result("psi"), comparison.psi);
        assert_eq!(result("jensen_shannon"), comparison.jensen_shannon);
        assert_eq!(result("wasserstein_1"), comparison.wasserstein_1);
    }

    #[test]
    fn a_chi_squared_distance_shows_its_sum() {
        let baseline = CategoricalSample::from_counts([("a", 500), ("b", 500)]);
        let current = CategoricalSample::from_counts([("a", 60), ("b", 40)]);
        let worked = explain_categorical(
            &baseline,
            &current,
            CategoricalDriftMethod::ChiSquared,
            ComparisonMethod::Simple,
        )
        .unwrap();
        assert_eq!(
            worked.steps[1].numbers,
            "χ² = (60 − 50)²/50 + (40 − 50)²/50 = 4, 1 degrees of freedom"
        );
    }

    fn categorical(baseline: &[(&str, u64)], current: &[(&str, u64)]) -> Workings {
        explain_categorical(
            &CategoricalSample::from_counts(baseline.iter().copied()),
            &CategoricalSample::from_counts(current.iter().copied()),
            CategoricalDriftMethod::LInfinity,
            ComparisonMethod::Simple,
        )
        .unwrap()
    }

    fn step<'w>(worked: &'w Workings, name: &str) -> &'w Step {
        worked.steps.iter().find(|step| step.name == name).unwrap()
    }

    /// The p-value of the step, and the same by the formula that it prints.
    #[track_caller]
    fn check_homogeneity(
        counts: &[(u64, u64)],
        formula: &str,
        by_formula: fn(&Homogeneity) -> f64,
    ) {
        let test = crate::drift::homogeneity::homogeneity_of_counts(counts).unwrap();
        let step = homogeneity_step(&test);
        assert!(step.formula.starts_with(formula), "{}", step.formula);
        assert!((test.p_value - by_formula(&test).min(1.0)).abs() < 1e-15);
    }

    #[test]
    fn the_p_value_of_categories_is_told_with_the_formula_that_was_used() {
        check_homogeneity(&[(50, 40), (50, 60)], "hypergeometric", |test| test.p_value);
        check_homogeneity(
            &[(400, 50), (300, 20), (300, 30)],
            "min(1, 2 min(p of χ²",
            |test| 2.0 * test.chi_squared.unwrap().p_value.min(test.single_category),
        );
        check_homogeneity(
            &[(480, 40), (505, 55), (5, 2), (5, 3), (5, 0)],
            "min(1, 2 min(exact tail of the two groups",
            |test| 2.0 * test.pooled_pair.unwrap().min(test.single_category),
        );
        check_homogeneity(&[(3, 0), (2, 1), (1, 4)], "min(1, K ×", |test| {
            test.single_category
        });
    }

    #[test]
    fn an_interval_is_half_its_width_with_both_ends_said() {
        let of_categories = categorical(
            &[("a", 500), ("b", 300), ("c", 200)],
            &[("a", 100), ("b", 50), ("c", 50)],
        );
        for worked in [worked(), of_categories] {
            let interval = &worked.comparison.interval;
            let step = step(&worked, "interval");
            assert_eq!(step.result, Some((interval.high - interval.low) / 2.0));
            let ends = format!(": low = {}, high = {}", interval.low, interval.high);
            assert!(step.numbers.ends_with(&ends), "{}", step.numbers);
        }
    }

    #[test]
    fn tiny_figures_have_an_exponent() {
        assert_eq!(figure(1.25e-30), "1.25e-30");
        assert_eq!(
            (figure(0.0), figure(0.025)),
            ("0".to_owned(), "0.025".to_owned())
        );
        let worked = categorical(&[("a", 500), ("b", 500)], &[("a", 200), ("b", 50)]);
        assert!(step(&worked, "p_value").numbers.contains("e-"));
    }
}
