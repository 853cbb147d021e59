//! Drift statistics against scipy, statsmodels and mpmath: `golden/drift/**`.

use std::path::Path;

use probity_metrics::drift::{
    CategoricalSample, KsMethod, NumericSample, adjust_benjamini_hochberg, category_bins,
    chi_squared, exact_tail, homogeneity, increase_p_value, jensen_shannon, kolmogorov_smirnov,
    largest_numeric_gap, limit_tail, numeric_bins, population_stability_index, wasserstein_1,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn expected<T: DeserializeOwned>(case: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../golden/drift")
        .join(case)
        .join("expected.json");
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Relative, with an absolute floor of the same size for figures near 0.
#[track_caller]
fn check(what: &str, found: f64, expected: f64, tolerance: f64) {
    let bound = tolerance * expected.abs().max(tolerance);
    assert!(
        (found - expected).abs() <= bound,
        "{what}: {found} is not {expected}"
    );
}

#[derive(Deserialize)]
struct TwoSamples {
    name: String,
    baseline: Vec<f64>,
    current: Vec<f64>,
    ks_statistic: f64,
    ks_limit_p: f64,
    ks_exact_p: Option<f64>,
    ks_permutation_p: Option<f64>,
    wasserstein_1: f64,
    bins: [Vec<f64>; 2],
    psi: f64,
    jensen_shannon_distance_base_2: f64,
}

#[test]
fn numeric_figures_agree_with_scipy_and_numpy() {
    for case in expected::<TwoSamples>("two_samples") {
        let name = &case.name;
        let baseline = NumericSample::from_values(&case.baseline);
        let current = NumericSample::from_values(&case.current);
        let gap = largest_numeric_gap(&baseline, &current).unwrap();
        // A quotient of counts below 1,000: a few roundings.
        check(name, gap.size(), case.ks_statistic, 1e-14);
        let distance = wasserstein_1(&baseline, &current).unwrap();
        // Up to 550 terms, each rounded twice, all positive: 550 × 2⁻⁵¹.
        check(name, distance, case.wasserstein_1, 3e-13);
        let binned = numeric_bins(&baseline, &current).unwrap();
        let bins = [0, 1].map(|side| {
            let count = |c: &(u64, u64)| if side == 0 { c.0 } else { c.1 };
            binned
                .counts
                .iter()
                .map(|c| count(c) as f64)
                .collect::<Vec<_>>()
        });
        assert_eq!(bins, case.bins, "{name}");
        // Some twenty terms of logarithms of order 1.
        check(
            name,
            population_stability_index(&binned).unwrap(),
            case.psi,
            1e-13,
        );
        // The square root of a divergence of order 0.01 magnifies 2⁻⁵² hardly.
        let distance = jensen_shannon(&binned).unwrap();
        check(name, distance, case.jensen_shannon_distance_base_2, 1e-12);
    }
}

#[test]
fn kolmogorov_smirnov_p_values_agree_with_scipy() {
    for case in expected::<TwoSamples>("two_samples") {
        let name = &case.name;
        let baseline = NumericSample::from_values(&case.baseline);
        let current = NumericSample::from_values(&case.current);
        let (n, m) = (baseline.n() as f64, current.n() as f64);
        let scaled = (n * m / (n + m)).sqrt() * case.ks_statistic;
        // scipy's own function is good to about 1e-14; λ is magnified by 4λ² ≤ 400 in p.
        check(name, limit_tail(scaled), case.ks_limit_p, 1e-11);
        let test = kolmogorov_smirnov(&baseline, &current).unwrap();
        // Below 1,001² points and without sketches the exact distribution is taken.
        assert_eq!(test.method, KsMethod::Exact, "{name}");
        if let Some(exact) = case.ks_exact_p {
            // scipy counts paths in floating point, good to about 1e-10 near 1.
            check(name, test.p_value, exact, 1e-8);
        }
        if let Some(drawn) = case.ks_permutation_p {
            // 20,000 drawn orders: four standard errors, and scipy's one added order.
            let bound = 4.0 * (drawn * (1.0 - drawn) / 20_000.0).sqrt() + 1.0 / 20_001.0;
            let error = (test.p_value - drawn).abs();
            assert!(error <= bound, "{name}: {} is not {drawn}", test.p_value);
        }
    }
}

#[test]
fn the_exact_distribution_comes_near_the_limit_as_samples_grow() {
    let ends: Vec<u64> = (1..=2000).collect();
    for distance in [40_u128, 61, 80] {
        let exact = exact_tail((1000, 1000), distance * 1000, &ends);
        let limit = limit_tail(500.0_f64.sqrt() * distance as f64 / 1000.0);
        // The next term of the expansion is of order 1/√n, 3 %, times λ.
        assert!(
            (exact / limit - 1.0).abs() < 0.1,
            "{distance}: {exact}, {limit}"
        );
    }
}

#[derive(Deserialize)]
struct Categories {
    name: String,
    baseline: Vec<u64>,
    current: Vec<u64>,
    fit_statistic: f64,
    fit_p: f64,
    homogeneity_statistic: f64,
    homogeneity_p: f64,
    exact_two_sided_tails: Vec<f64>,
    psi: f64,
    jensen_shannon_distance_base_2: f64,
}

#[test]
fn categorical_figures_agree_with_scipy() {
    for case in expected::<Categories>("categories") {
        let name = &case.name;
        let sample = |counts: &[u64]| {
            CategoricalSample::from_counts(
                counts.iter().enumerate().map(|(i, &c)| (i.to_string(), c)),
            )
        };
        let (baseline, current) = (sample(&case.baseline), sample(&case.current));
        let fit = chi_squared(&baseline, &current).unwrap();
        check(name, fit.statistic, case.fit_statistic, 1e-12);
        // The incomplete gamma functions of both sides are good to about 1e-13.
        check(name, fit.p_value, case.fit_p, 1e-11);
        let test = homogeneity(&baseline, &current).unwrap();
        if let Some(pooled) = test.chi_squared {
            check(name, pooled.statistic, case.homogeneity_statistic, 1e-11);
            check(name, pooled.p_value, case.homogeneity_p, 1e-10);
        } else {
            check(name, test.p_value, case.exact_two_sided_tails[0], 1e-9);
        }
        let smallest = case
            .exact_two_sided_tails
            .iter()
            .copied()
            .fold(1.0, f64::min);
        // Tails of categories within two standard deviations (p > 4 %) are not computed.
        if smallest < 0.04 && test.categories > 2 {
            let bound = (smallest * case.baseline.len() as f64).min(1.0);
            // scipy's probabilities lose digits to logarithms of factorials.
            check(name, test.single_category, bound, 1e-8);
        }
        let binned = category_bins(&baseline, &current).unwrap();
        check(
            name,
            population_stability_index(&binned).unwrap(),
            case.psi,
            1e-12,
        );
        let distance = jensen_shannon(&binned).unwrap();
        check(name, distance, case.jensen_shannon_distance_base_2, 1e-11);
    }
}

#[derive(Deserialize)]
struct Fisher {
    table: [u64; 4],
    p: f64,
}

#[test]
fn fisher_p_values_agree_with_scipy_and_sixty_digits() {
    for Fisher {
        table: [bad_baseline, n_baseline, bad_current, n_current],
        p,
    } in expected::<Fisher>("fisher")
    {
        let found = increase_p_value(bad_baseline, n_baseline, bad_current, n_current).unwrap();
        // A tail of up to 10⁵ terms from ratios rounded six times each: 6e5 × 2⁻⁵³ = 7e-11;
        // scipy's small tables are good to about 1e-10.
        let name = format!("{bad_baseline}/{n_baseline}, {bad_current}/{n_current}");
        check(&name, found, p, 1e-9);
    }
}

#[derive(Deserialize)]
struct Adjusted {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[test]
fn adjusted_p_values_agree_with_scipy_and_statsmodels() {
    for case in expected::<Adjusted>("benjamini_hochberg") {
        for (found, expected) in adjust_benjamini_hochberg(&case.p)
            .iter()
            .zip(&case.adjusted)
        {
            // One product and one quotient.
            check("adjusted", *found, *expected, 1e-15);
        }
    }
}

/// The table of `docs/statistics.md`.
#[test]
fn the_worked_table_of_the_documentation_is_right() {
    let baseline = CategoricalSample::from_counts([("card", 600), ("cash", 300), ("voucher", 100)]);
    let current = CategoricalSample::from_counts([("card", 200), ("cash", 240), ("app", 60)]);
    let binned = category_bins(&baseline, &current).unwrap();
    check(
        "psi",
        population_stability_index(&binned).unwrap(),
        1.276_541_874_638,
        1e-12,
    );
    check(
        "jensen_shannon",
        jensen_shannon(&binned).unwrap(),
        0.373_687_606_071,
        1e-11,
    );
}
