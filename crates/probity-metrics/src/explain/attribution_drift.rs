//! Whether the ranking of the features by attribution moved: the normalised discounted
//! cumulative gain (Järvelin, Kekäläinen, 2002) of the current ranking, a feature's gain
//! being its attribution in the baseline.
//!
//! Source: AWS developer guide, "Feature attribution drift": DCG = Σ a(f'ᵢ)/log₂(i + 1) over the
//! current order, divided by the same of the baseline's own order; drift below 0.90. The page
//! links scikit-learn's `ndcg_score`, which averages over ties; so do we. Attributions that
//! are medians may be negative, which the score is not made for: their absolute values
//! count, as a feature that lowers every prediction matters as much as one that raises it.

use std::cmp::Ordering;

use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::bias_violations::{
    AttributionViolation, attribution_drift_description,
};
use probity_domain::document::explanation_file::{AttributionDriftFacts, RankFacts};
use probity_domain::document::probity_file::Interval;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::row_sample::RowSample;
use crate::drift::INTERVAL_LEVEL;
use crate::model::FeatureMatrix;

/// SageMaker alerts below.
pub const DRIFT_THRESHOLD: f64 = 0.9;

/// Bootstrap replicates. The ends of a 95 % interval are the 25th smallest and largest.
const REPLICATES: usize = 1_000;

/// Rows that are resampled. Of more, so many are drawn, and the interval is that of fewer
/// rows: wider, never too narrow.
const MOST_RESAMPLED_ROWS: usize = 5_000;

/// Fewer rows tell nothing about their spread.
const FEWEST_RESAMPLED_ROWS: usize = 10;

/// The ranking of the features for one label, then and now.
#[derive(Clone, Copy, Debug)]
pub struct AttributionDrift<'a> {
    /// A key of `kernel_shap`.
    pub label: &'a str,
    /// With their attributions in the baseline.
    pub baseline: &'a [(String, f64)],
    /// The same features, in any order, now.
    pub current: &'a [(String, f64)],
    /// For an interval.
    pub rows: Option<CurrentRows<'a>>,
}

/// The attributions of the single rows behind the current ones.
#[derive(Clone, Copy, Debug)]
pub struct CurrentRows<'a> {
    /// Columns in the order of [`AttributionDrift::current`].
    pub attributions: &'a FeatureMatrix,
    pub method: AggregationMethod,
    pub seed: u64,
}

/// Why rankings cannot be compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DriftError {
    #[error("label `{label}`: feature `{feature}` is {side}; both need the same features")]
    OtherFeatures {
        label: String,
        feature: String,
        side: &'static str,
    },
    #[error("label `{label}`: the baseline ranks nothing, as all its attributions are 0")]
    NothingRanked { label: String },
    #[error("label `{label}`: the attribution of `{feature}` is not finite")]
    NotFinite { label: String, feature: String },
    #[error("label `{label}`: the rows have {found} attributions, expected {expected}")]
    OtherColumns {
        label: String,
        found: usize,
        expected: usize,
    },
}

/// The score, its interval and every feature's ranks.
pub fn attribution_drift(drift: AttributionDrift<'_>) -> Result<AttributionDriftFacts, DriftError> {
    let baseline: Vec<f64> = aligned_baseline(&drift)?;
    let current: Vec<f64> = drift.current.iter().map(|(_, value)| *value).collect();
    let nothing = || DriftError::NothingRanked {
        label: drift.label.to_owned(),
    };
    let score = ndcg(&baseline, &current).ok_or_else(nothing)?;
    let interval = match drift.rows {
        None => None,
        Some(rows) if rows.attributions.n_features() != current.len() => {
            return Err(DriftError::OtherColumns {
                label: drift.label.to_owned(),
                found: rows.attributions.n_features(),
                expected: current.len(),
            });
        }
        Some(rows) => bootstrap_interval(&baseline, rows),
    };
    let significant = interval
        .as_ref()
        .map(|interval| interval.high < DRIFT_THRESHOLD);
    Ok(AttributionDriftFacts {
        label: drift.label.to_owned(),
        ndcg: score,
        interval,
        threshold: DRIFT_THRESHOLD,
        violates: score < DRIFT_THRESHOLD,
        significant,
        ranks: ranks(&drift, &baseline, &current),
    })
}

/// The line of `constraint_violations.json`, where SageMaker would write one.
pub fn attribution_violation(facts: &AttributionDriftFacts) -> Option<AttributionViolation> {
    facts.violates.then(|| AttributionViolation {
        label: facts.label.clone(),
        metric_name: "shap".to_owned(),
        description: attribution_drift_description(facts.ndcg, facts.threshold),
    })
}

/// The normalised discounted cumulative gain of the order of `current`, with `baseline` as
/// gains, both by absolute value; 1 where the order is the same. Features that share a rank
/// share the discounts of their places. `None` where all gains are 0.
///
/// ```
/// use probity_metrics::explain::attribution_drift::ndcg;
///
/// // The example of the guide: the order is reversed.
/// let score = ndcg(&[0.70, 0.50, 0.05], &[0.05, 0.50, 0.70]).unwrap();
/// assert_eq!(format!("{score:.2}"), "0.69");
/// ```
pub fn ndcg(baseline: &[f64], current: &[f64]) -> Option<f64> {
    let ideal = discounted_gain(baseline, baseline);
    (ideal > 0.0).then(|| (discounted_gain(baseline, current) / ideal).min(1.0))
}

fn discounted_gain(gains: &[f64], scores: &[f64]) -> f64 {
    let order = descending(scores);
    let mut sum = 0.0;
    let mut first = 0;
    for tied in order.chunk_by(|a, b| compare(scores[*a], scores[*b]).is_eq()) {
        let discounts: f64 = (first..first + tied.len())
            .map(|place| 1.0 / ((place + 2) as f64).log2())
            .sum();
        let gain: f64 = tied.iter().map(|feature| gains[*feature].abs()).sum();
        sum += gain / tied.len() as f64 * discounts;
        first += tied.len();
    }
    sum
}

/// Places by falling magnitude; equal ones keep their order.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| compare(values[*a], values[*b]));
    order
}

fn compare(a: f64, b: f64) -> Ordering {
    b.abs().total_cmp(&a.abs())
}

/// The baseline's values in the order of the current features.
fn aligned_baseline(drift: &AttributionDrift<'_>) -> Result<Vec<f64>, DriftError> {
    let other = |feature: &str, side| DriftError::OtherFeatures {
        label: drift.label.to_owned(),
        feature: feature.to_owned(),
        side,
    };
    let value_of = |list: &[(String, f64)], feature: &str| {
        let found = list.iter().find(|(name, _)| name == feature);
        found.map(|(_, value)| *value)
    };
    for (feature, _) in drift.baseline {
        value_of(drift.current, feature).ok_or_else(|| other(feature, "in the baseline only"))?;
    }
    let mut baseline = Vec::with_capacity(drift.current.len());
    for (feature, current) in drift.current {
        let value = value_of(drift.baseline, feature)
            .ok_or_else(|| other(feature, "not in the baseline"))?;
        if !(value.is_finite() && current.is_finite()) {
            return Err(DriftError::NotFinite {
                label: drift.label.to_owned(),
                feature: feature.clone(),
            });
        }
        baseline.push(value);
    }
    Ok(baseline)
}

fn ranks(drift: &AttributionDrift<'_>, baseline: &[f64], current: &[f64]) -> Vec<RankFacts> {
    // Equal attributions have equal ranks.
    let rank = |values: &[f64], feature: usize| {
        let ahead = |value: &&f64| compare(**value, values[feature]).is_lt();
        values.iter().filter(ahead).count() as u64 + 1
    };
    let facts = |feature: usize| RankFacts {
        feature: drift.current[feature].0.clone(),
        baseline_rank: rank(baseline, feature),
        current_rank: rank(current, feature),
        baseline: baseline[feature],
        current: current[feature],
    };
    descending(baseline).into_iter().map(facts).collect()
}

/// The percentile bootstrap (Efron, 1979) over rows, the baseline held fixed.
fn bootstrap_interval(baseline: &[f64], rows: CurrentRows<'_>) -> Option<Interval> {
    let sample = resampled_rows(rows);
    let n_rows = sample.len();
    if n_rows < FEWEST_RESAMPLED_ROWS {
        return None;
    }
    let mut generator = ChaCha8Rng::seed_from_u64(rows.seed);
    let mut scores = Vec::with_capacity(REPLICATES);
    let mut drawn = Vec::with_capacity(n_rows);
    for _ in 0..REPLICATES {
        drawn.clear();
        drawn.extend((0..n_rows).map(|_| sample[below(&mut generator, n_rows)]));
        let current = aggregate(&drawn, rows.method, baseline.len());
        scores.extend(ndcg(baseline, &current));
    }
    scores.sort_unstable_by(f64::total_cmp);
    let tail = REPLICATES / 40;
    let low = *scores.get(tail.checked_sub(1)?)?;
    let high = *scores.get(scores.len().checked_sub(tail)?)?;
    Some(Interval {
        low,
        high,
        level: INTERVAL_LEVEL,
        method: "bootstrap over rows, percentile".to_owned(),
    })
}

fn resampled_rows<'a>(rows: CurrentRows<'a>) -> Vec<&'a [f64]> {
    let mut sample = RowSample::new(rows.seed, MOST_RESAMPLED_ROWS);
    let finite = rows
        .attributions
        .rows()
        .filter(|row| row.iter().all(|value| value.is_finite()));
    for (place, row) in (0..).zip(finite) {
        sample.offer(place, || row);
    }
    sample.in_order().into_iter().map(|(_, row)| *row).collect()
}

/// Uniform in `0..bound` (Lemire, 2019, without the rejection: biased by `bound`/2^64).
fn below(generator: &mut ChaCha8Rng, bound: usize) -> usize {
    let product = u128::from(generator.next_u64()) * bound as u128;
    #[expect(clippy::cast_possible_truncation, reason = "below `bound`")]
    let drawn = (product >> 64) as usize;
    drawn
}

fn aggregate(rows: &[&[f64]], method: AggregationMethod, n_features: usize) -> Vec<f64> {
    let n_rows = rows.len() as f64;
    let mean = |value: fn(f64) -> f64| {
        let mut sums = vec![0.0; n_features];
        for row in rows {
            for (sum, attribution) in sums.iter_mut().zip(*row) {
                *sum += value(*attribution);
            }
        }
        sums.into_iter().map(|sum: f64| sum / n_rows).collect()
    };
    match method {
        AggregationMethod::MeanAbsolute => mean(f64::abs),
        AggregationMethod::MeanSquare => mean(|value| value * value),
        AggregationMethod::Median => (0..n_features)
            .map(|feature| median(rows.iter().map(|row| row[feature]).collect()))
            .collect(),
    }
}

/// Of at least one value; of an even number the middle of two.
fn median(mut values: Vec<f64>) -> f64 {
    let is_even = values.len().is_multiple_of(2);
    let middle = values.len() / 2;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    match below.iter().copied().reduce(f64::max) {
        Some(lower) if is_even => f64::midpoint(lower, *upper),
        _ => *upper,
    }
}
