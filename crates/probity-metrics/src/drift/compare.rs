//! Everything that a check says about how far one column moved, from the samples of
//! baseline and current data.

use probity_domain::document::constraints::{CategoricalDriftMethod, ComparisonMethod};
use probity_domain::document::probity_file::Interval;

use super::bins::{category_bins, numeric_bins};
use super::chi_squared::{NoChiSquaredTest, chi_squared};
use super::distance::distance;
use super::homogeneity::homogeneity_of_counts;
use super::interval::{gap_interval, share_interval};
use super::jensen_shannon::jensen_shannon;
use super::kolmogorov_smirnov::kolmogorov_smirnov;
use super::largest_gap::largest_category_gap;
use super::psi::population_stability_index;
use super::sample::{CategoricalSample, NumericSample};
use super::wasserstein::wasserstein_1;

/// Confidence level of every interval.
pub const INTERVAL_LEVEL: f64 = 0.95;

/// Rows of either sample below which a verdict is withheld. Without any drift, PSI over ten
/// deciles is about 9/n against a large baseline, so 0.3 at 30 rows: above 0.25, which is
/// widely read as a large shift. The Kolmogorov-Smirnov test at 5 % sees there only a
/// largest difference beyond 1.36/√30 = 0.25. Fewer rows raise alarms or say nothing.
pub const MINIMUM_ROWS: u64 = 30;

/// How far a column moved, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// By the method of the constraints; for `ChiSquared` its p-value.
    pub distance: Option<f64>,
    /// Largest difference of the distribution functions, or of the shares of one category.
    pub effect: f64,
    pub interval: Interval,
    /// Of "both samples come from one population".
    pub p_value: f64,
    pub psi: Option<f64>,
    /// Jensen-Shannon distance, base 2.
    pub jensen_shannon: Option<f64>,
    /// Numeric columns only, in their unit.
    pub wasserstein_1: Option<f64>,
    pub n_baseline: u64,
    pub n_current: u64,
    /// Whether both samples have [`MINIMUM_ROWS`]. If not, the corrected verdict is
    /// withheld and the p-value takes no part in the correction for many features.
    pub enough_rows: bool,
    /// Why a number is absent or the verdict withheld.
    pub note: Option<String>,
}

/// `None` when either sample is empty: then there is no distribution to compare.
pub fn compare_numeric(
    baseline: &NumericSample,
    current: &NumericSample,
    method: ComparisonMethod,
) -> Option<Comparison> {
    let test = kolmogorov_smirnov(baseline, current)?;
    let binned = numeric_bins(baseline, current)?;
    let sizes = (baseline.n(), current.n());
    let wasserstein_1 = wasserstein_1(baseline, current);
    let mut notes = row_notes(sizes);
    if wasserstein_1.is_none() {
        notes.push("the Wasserstein distance is not finite".to_owned());
    }
    let (low, high) = gap_interval(&test.gap, test.rank_error, INTERVAL_LEVEL);
    Some(Comparison {
        distance: Some(distance(&test.gap, method)),
        effect: test.gap.size(),
        interval: Interval {
            low,
            high,
            level: INTERVAL_LEVEL,
            method: band_text(test.rank_error),
        },
        p_value: test.p_value,
        psi: population_stability_index(&binned),
        jensen_shannon: jensen_shannon(&binned),
        wasserstein_1,
        n_baseline: sizes.0,
        n_current: sizes.1,
        enough_rows: enough_rows(sizes),
        note: joined(&notes),
    })
}

/// `None` when either sample is empty. `correction` applies to `LInfinity`.
pub fn compare_categorical(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
    method: CategoricalDriftMethod,
    correction: ComparisonMethod,
) -> Option<Comparison> {
    let binned = category_bins(baseline, current)?;
    let test = homogeneity_of_counts(&binned.counts)?;
    let gap = largest_category_gap(baseline, current)?;
    let sizes = (baseline.n(), current.n());
    let mut notes = row_notes(sizes);
    let distance = match method {
        CategoricalDriftMethod::LInfinity => Some(distance(&gap, correction)),
        CategoricalDriftMethod::ChiSquared => {
            let test = chi_squared(baseline, current);
            notes.extend(chi_squared_notes(baseline, current, test.as_ref().err()));
            test.ok().map(|test| test.p_value)
        }
    };
    let (low, high) = share_interval(&binned.counts, INTERVAL_LEVEL);
    Some(Comparison {
        distance,
        effect: gap.size(),
        interval: Interval {
            low,
            high,
            level: INTERVAL_LEVEL,
            method: SHARES_TEXT.to_owned(),
        },
        p_value: test.p_value,
        psi: population_stability_index(&binned),
        jensen_shannon: jensen_shannon(&binned),
        wasserstein_1: None,
        n_baseline: sizes.0,
        n_current: sizes.1,
        enough_rows: enough_rows(sizes),
        note: joined(&notes),
    })
}

const SHARES_TEXT: &str =
    "simultaneous Chernoff intervals of all shares, unseen categories included";

fn band_text(rank_error: f64) -> String {
    let band =
        "simultaneous Dvoretzky-Kiefer-Wolfowitz-Massart bands of both distribution functions";
    if rank_error > 0.0 {
        format!("{band}, widened by the sketches' rank error {rank_error:.2e}")
    } else {
        band.to_owned()
    }
}

fn enough_rows((n, m): (u64, u64)) -> bool {
    n >= MINIMUM_ROWS && m >= MINIMUM_ROWS
}

fn row_notes((n, m): (u64, u64)) -> Vec<String> {
    let short = |rows: u64, side: &str| {
        (rows < MINIMUM_ROWS).then(|| {
            format!("too few rows: {rows} in the {side} data, a verdict needs {MINIMUM_ROWS}")
        })
    };
    short(n, "baseline")
        .into_iter()
        .chain(short(m, "current"))
        .collect()
}

fn chi_squared_notes(
    baseline: &CategoricalSample,
    current: &CategoricalSample,
    no_test: Option<&NoChiSquaredTest>,
) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(reason) = no_test {
        notes.push(format!("no chi-squared test: {reason}"));
    }
    let new: Vec<u64> = current
        .categories()
        .filter(|&(category, _)| baseline.count(category) == 0)
        .map(|(_, count)| count)
        .collect();
    if !new.is_empty() {
        let rows: u64 = new.iter().sum();
        notes.push(format!(
            "the chi-squared test does not see categories that are new: {} with {rows} rows",
            new.len()
        ));
    }
    notes
}

fn joined(notes: &[String]) -> Option<String> {
    (!notes.is_empty()).then(|| notes.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_note(comparison: &Comparison, expected: Option<&str>) {
        assert_eq!(comparison.note.as_deref(), expected);
    }

    fn numbers(n: u32, shift: f64) -> NumericSample {
        let values: Vec<f64> = (0..n)
            .map(|i| f64::from(i) / f64::from(n) + shift)
            .collect();
        NumericSample::from_values(&values)
    }

    #[test]
    fn a_shifted_column_is_far_and_surely_so() {
        let found = compare_numeric(
            &numbers(5000, 0.0),
            &numbers(1000, 0.3),
            ComparisonMethod::Robust,
        )
        .unwrap();
        // Equal grids up to the rounding of a shift by 0.3: one step of the smaller sample.
        assert!((found.effect - 0.3).abs() < 1.1e-3);
        assert!((found.wasserstein_1.unwrap() - 0.3).abs() < 1e-3);
        assert!(found.p_value < 1e-20 && found.interval.low > 0.2 && found.interval.high < 0.4);
        assert!(found.distance.unwrap() < found.effect && found.psi.unwrap() > 1.0);
        check_note(&found, None);
    }

    #[test]
    fn equal_columns_do_not_move() {
        let column = numbers(500, 0.0);
        let found = compare_numeric(&column, &column, ComparisonMethod::Simple).unwrap();
        assert!(found.effect.abs() < f64::EPSILON && (found.p_value - 1.0).abs() < f64::EPSILON);
        assert!(found.psi.unwrap().abs() < f64::EPSILON && found.wasserstein_1 == Some(0.0));
    }

    #[test]
    fn too_few_rows_are_said() {
        let found = compare_numeric(
            &numbers(500, 0.0),
            &numbers(12, 0.0),
            ComparisonMethod::Simple,
        )
        .unwrap();
        assert!(!found.enough_rows);
        check_note(
            &found,
            Some("too few rows: 12 in the current data, a verdict needs 30"),
        );
    }

    #[test]
    fn an_empty_side_has_no_comparison() {
        let nothing = NumericSample::from_values(&[]);
        assert_eq!(
            compare_numeric(&numbers(9, 0.0), &nothing, ComparisonMethod::Simple),
            None
        );
    }

    #[test]
    fn chi_squared_says_what_it_cannot_see() {
        let baseline = CategoricalSample::from_counts([("a", 50), ("b", 50)]);
        let current = CategoricalSample::from_counts([("c", 40)]);
        let found = compare_categorical(
            &baseline,
            &current,
            CategoricalDriftMethod::ChiSquared,
            ComparisonMethod::Robust,
        )
        .unwrap();
        assert_eq!(found.distance, None);
        assert!(found.p_value < 1e-20);
        check_note(
            &found,
            Some(
                "no chi-squared test: no current row holds a category of the baseline; \
                 the chi-squared test does not see categories that are new: 1 with 40 rows",
            ),
        );
    }
}
