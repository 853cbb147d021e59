//! The drift of attributions: agreement with scikit-learn, the guide's example, and what the
//! interval is worth.

use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::explanation_file::AttributionDriftFacts;
use probity_metrics::explain::attribution_drift::{
    AttributionDrift, CurrentRows, DriftError, attribution_drift, attribution_violation, ndcg,
};
use probity_metrics::model::FeatureMatrix;

use crate::generator::{SplitMix64, golden};

#[test]
fn scores_are_those_of_scikit_learn_with_and_without_ties() {
    let cases = golden("explain/ndcg/expected.json");
    let mut checked = 0;
    for case in cases.as_array().unwrap() {
        let list = |name: &str| -> Vec<f64> {
            let values = case[name].as_array().unwrap();
            values.iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let found = ndcg(&list("baseline"), &list("current")).unwrap();
        // Sums of at most 200 positive terms on both sides.
        let expected = case["ndcg"].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 200.0 * 2.3e-16,
            "{found} {expected}"
        );
        checked += 1;
    }
    assert!(checked > 40, "only {checked} cases");
}

#[test]
fn negative_medians_count_by_their_size() {
    assert_eq!(ndcg(&[-0.7, 0.5, 0.1], &[-0.6, 0.3, -0.2]), Some(1.0));
    let turned = ndcg(&[-0.7, 0.5, 0.05], &[0.05, -0.5, 0.7]);
    assert_eq!(turned, ndcg(&[0.7, 0.5, 0.05], &[0.05, 0.5, 0.7]));
    assert_eq!(ndcg(&[0.0, 0.0], &[1.0, 2.0]), None);
}

fn named(values: &[f64]) -> Vec<(String, f64)> {
    let name = |(place, value): (usize, &f64)| (format!("f{place}"), *value);
    values.iter().enumerate().map(name).collect()
}

fn drift_of(baseline: &[f64], current: &[f64]) -> AttributionDriftFacts {
    let (baseline, current) = (named(baseline), named(current));
    attribution_drift(AttributionDrift {
        label: "label0",
        baseline: &baseline,
        current: &current,
        rows: None,
    })
    .unwrap()
}

#[test]
fn a_reversed_ranking_violates_and_names_the_ranks() {
    let facts = drift_of(&[0.70, 0.50, 0.05], &[0.05, 0.50, 0.70]);
    assert!(facts.violates && facts.interval.is_none() && facts.significant.is_none());
    let ranks: Vec<(&str, u64, u64)> = facts
        .ranks
        .iter()
        .map(|ranks| {
            (
                ranks.feature.as_str(),
                ranks.baseline_rank,
                ranks.current_rank,
            )
        })
        .collect();
    assert_eq!(ranks, [("f0", 1, 3), ("f1", 2, 2), ("f2", 3, 1)]);
    let violation = attribution_violation(&facts).unwrap();
    assert_eq!(
        violation.description,
        format!(
            "Feature attribution drift {} exceeds threshold 0.9",
            facts.ndcg
        )
    );
    assert_eq!(
        (violation.label.as_str(), violation.metric_name.as_str()),
        ("label0", "shap")
    );
}

#[test]
fn a_ranking_that_stays_does_not_violate_whatever_the_values() {
    let facts = drift_of(&[3.0, 2.0, 2.0, 0.0], &[0.3, 0.2, 0.1, 0.0]);
    assert_eq!(facts.ndcg, 1.0);
    assert!(attribution_violation(&facts).is_none());
    let ranks: Vec<u64> = facts
        .ranks
        .iter()
        .map(|ranks| ranks.baseline_rank)
        .collect();
    assert_eq!(ranks, [1, 2, 2, 4]);
}

#[test]
fn features_are_matched_by_name() {
    let baseline = named(&[3.0, 2.0, 1.0]);
    let mut current = baseline.clone();
    current.reverse();
    let drift = |current: &[(String, f64)]| {
        attribution_drift(AttributionDrift {
            label: "label0",
            baseline: &baseline,
            current,
            rows: None,
        })
    };
    assert_eq!(drift(&current).unwrap().ndcg, 1.0);
    let error = drift(&current[..2]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "label `label0`: feature `f0` is in the baseline only; both need the same features"
    );
    current[0].0 = "other".to_owned();
    assert!(matches!(
        drift(&current),
        Err(DriftError::OtherFeatures { .. })
    ));
    current[0] = ("f2".to_owned(), f64::NAN);
    assert!(matches!(drift(&current), Err(DriftError::NotFinite { .. })));
}

/// Rows of exponential values (two random signs) with so large a mean per feature.
fn rows_of(scales: &[f64], n_rows: usize, seed: u64) -> FeatureMatrix {
    let mut bits = SplitMix64(seed);
    let mut values = Vec::with_capacity(n_rows * scales.len());
    for _ in 0..n_rows {
        for scale in scales {
            let uniform = ((bits.next() >> 11) as f64 + 0.5) * (0.5f64).powi(53);
            let sign = if bits.next().is_multiple_of(2) {
                1.0
            } else {
                -1.0
            };
            values.push(-uniform.ln() * scale * sign);
        }
    }
    FeatureMatrix::new(values, scales.len()).unwrap()
}

fn drift_with_rows(baseline: &[f64], rows: &FeatureMatrix, seed: u64) -> AttributionDriftFacts {
    let mean = |feature: usize| {
        let sum: f64 = rows.rows().map(|row| row[feature].abs()).sum();
        sum / rows.n_rows() as f64
    };
    let current: Vec<f64> = (0..baseline.len()).map(mean).collect();
    let (baseline, current) = (named(baseline), named(&current));
    attribution_drift(AttributionDrift {
        label: "label0",
        baseline: &baseline,
        current: &current,
        rows: Some(CurrentRows {
            attributions: rows,
            method: AggregationMethod::MeanAbsolute,
            seed,
        }),
    })
    .unwrap()
}

#[test]
fn the_interval_tells_a_clear_drift_from_one_that_may_be_chance() {
    let baseline = [4.0, 3.0, 2.0, 0.1];
    let clear = drift_with_rows(&baseline, &rows_of(&[0.1, 2.0, 3.0, 4.0], 500, 1), 3);
    assert_eq!((clear.violates, clear.significant), (true, Some(true)));
    let same = drift_with_rows(&baseline, &rows_of(&baseline, 500, 2), 3);
    assert_eq!((same.violates, same.significant), (false, Some(false)));
    let again = drift_with_rows(&baseline, &rows_of(&[0.1, 2.0, 3.0, 4.0], 500, 1), 3);
    assert_eq!(again, clear);
    let few = drift_with_rows(&baseline, &rows_of(&baseline, 9, 2), 3);
    assert!(few.interval.is_none());
}

#[test]
fn more_rows_than_are_resampled_give_an_interval_all_the_same() {
    let scales = [1.0, 1.1, 1.2];
    let rows = rows_of(&scales, 6_000, 5);
    let facts = drift_with_rows(&scales, &rows, 1);
    let interval = facts.interval.unwrap();
    assert!(
        interval.low <= facts.ndcg && facts.ndcg <= interval.high,
        "{interval:?}"
    );
}

#[test]
fn intervals_hold_the_score_of_the_population() {
    // Two features change places and a third is close to one of them, so that orders vary
    // from sample to sample. The score takes a few values only, which the percentile
    // interval reaches to: its coverage is above the level, not below. 150 samples at 95 %:
    // below 0.90 once in 200.
    let baseline = [3.0, 2.0, 1.0, 0.5];
    let population = [1.0, 3.0, 1.15, 0.5];
    let truth = ndcg(&baseline, &population).unwrap();
    let mut covered = 0;
    let mut widths = 0.0;
    for seed in 0..150 {
        let rows = rows_of(&population, 80, 1000 + seed);
        let interval = drift_with_rows(&baseline, &rows, seed).interval.unwrap();
        covered += u32::from(interval.low <= truth && truth <= interval.high);
        widths += interval.high - interval.low;
    }
    assert!(covered >= 135, "{covered} of 150");
    assert!(
        widths / 150.0 < 0.2,
        "intervals of width {}",
        widths / 150.0
    );
}
