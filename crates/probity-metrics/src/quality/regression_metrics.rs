//! Model Monitor's metrics of a regression, and ours, with intervals.
//!
//! R² is 1 − Σe²/Σ(y − ȳ)², below 0 for predictions that are worse than the mean. Intervals
//! by the delta method, from moments of the errors (and of errors and labels together for
//! R²), on the scale of logarithms, where means of squares are nearly normal.

use probity_domain::document::model_quality_file::{QualityFacts, QualityMetric, ResidualFacts};
use probity_domain::document::model_quality_statistics::{ProblemMetrics, RegressionMetrics};
use probity_domain::document::probity_file::{QuantileFacts, QuantileValue};

use super::findings::{QualityFindings, metric, metric_with, or_note, with_deviations};
use super::interval::{Z, interval, on_logarithms};
use super::regression::RegressionQuality;
use super::row_classes::ClassSums;
use super::subsample::deviations;
use crate::summary::{Moments, NumericProfile};

const QUANTILES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

const NO_SPREAD: &str = "the errors show no spread to make an interval of";
const ONE_LABEL: &str = "all labels are equal";

pub(crate) fn findings(summary: &RegressionQuality) -> QualityFindings {
    let metrics = metrics(summary);
    let deviations = deviations(summary.rows.n_used, summary.seed(), |random| {
        values(&summary.classes.draw(random))
    });
    let mut section = RegressionMetrics::default();
    for (name, value) in with_deviations(&metrics, &deviations) {
        *section
            .scalar_mut(&name)
            .expect("the metrics are those of the section") = value;
    }
    QualityFindings {
        statistics: ProblemMetrics::Regression(section),
        facts: QualityFacts {
            rows: summary.rows,
            metrics,
            extended: extended(summary),
            residuals: residuals(summary),
            ..QualityFacts::default()
        },
    }
}

/// In the order of the file: mae, mse, rmse, r2.
fn values(sums: &ClassSums) -> Vec<Option<f64>> {
    if sums.n == 0 {
        return vec![None; 4];
    }
    let n = sums.n as f64;
    let mse = sums.squared / n;
    let spread = sums.label_squared - sums.label * sums.label / n;
    let r2 = (spread > 0.0).then(|| 1.0 - sums.squared / spread);
    vec![Some(sums.absolute / n), Some(mse), Some(mse.sqrt()), r2]
}

fn metrics(summary: &RegressionQuality) -> Vec<QualityMetric> {
    let n = summary.rows.n_used;
    let squared = summary.squared.profile();
    let mut rmse = metric("rmse", squared.map(|profile| profile.mean.sqrt()), n);
    rmse.interval = squared.and_then(|profile| {
        let (low, high) = mean_interval(&profile)?;
        Some(interval(
            (low.sqrt(), high.sqrt()),
            "delta, logarithm of mse",
        ))
    });
    if rmse.interval.is_none() {
        rmse.note = Some(NO_SPREAD.to_owned());
    }
    vec![
        mean_metric("mae", &summary.absolute),
        mean_metric("mse", &summary.squared),
        rmse,
        r2(summary),
    ]
}

fn r2(summary: &RegressionQuality) -> QualityMetric {
    let spread = summary.joint.label_spread();
    let left = summary
        .squared
        .profile()
        .map(|profile| profile.sum / spread);
    let value = left.filter(|_| spread > 0.0).map(|left| 1.0 - left);
    let found = metric_with("r2", value, summary.rows.n_used, |value| {
        let error = summary
            .joint
            .log_ratio_error()
            .ok_or_else(|| NO_SPREAD.to_owned())?;
        let factor = (Z * error).exp();
        let left = 1.0 - value;
        Ok(interval(
            (1.0 - left * factor, 1.0 - left / factor),
            "delta, logarithm of 1 - r2",
        ))
    });
    or_note(found, ONE_LABEL)
}

/// A mean of terms that are not negative.
fn mean_metric(name: &str, terms: &Moments) -> QualityMetric {
    let Some(profile) = terms.profile() else {
        return metric(name, None, 0);
    };
    metric_with(name, Some(profile.mean), profile.n_finite, |_| {
        let ends = mean_interval(&profile).ok_or_else(|| NO_SPREAD.to_owned())?;
        Ok(interval(ends, "delta, logarithm"))
    })
}

/// `None` for a mean of 0, fewer than two rows, or a spread of 0 or beyond the doubles.
fn mean_interval(profile: &NumericProfile) -> Option<(f64, f64)> {
    let error = profile.std_dev / (profile.n_finite as f64 - 1.0).sqrt();
    (profile.mean > 0.0 && error.is_finite() && error > 0.0)
        .then(|| on_logarithms(profile.mean, error))
}

fn extended(summary: &RegressionQuality) -> Vec<QualityMetric> {
    let zero = summary.rows.n_used - summary.relative.count();
    let mut relative = or_note(
        mean_metric("mean_absolute_percentage_error", &summary.relative),
        "every label is 0",
    );
    if zero > 0 && relative.value.is_some() {
        relative.note = Some(format!(
            "as a share; {zero} rows whose label is 0 are left out"
        ));
    }
    let largest = summary.absolute.profile().map(|profile| profile.max);
    let mut largest = metric("max_error", largest, summary.rows.n_used);
    largest.note = Some("of these rows; a largest value has no interval".to_owned());
    vec![relative, mean_error(summary), largest]
}

/// Mean of label − prediction: above 0 when predictions are too low.
fn mean_error(summary: &RegressionQuality) -> QualityMetric {
    let Some(profile) = summary.residuals.profile() else {
        return metric("mean_error", None, 0);
    };
    metric_with("mean_error", Some(profile.mean), profile.n_finite, |mean| {
        let margin = Z * profile.std_dev / (profile.n_finite as f64 - 1.0).sqrt();
        if !margin.is_finite() || margin <= 0.0 {
            return Err(NO_SPREAD.to_owned());
        }
        Ok(interval((mean - margin, mean + margin), "normal"))
    })
}

fn residuals(summary: &RegressionQuality) -> Option<ResidualFacts> {
    let profile = summary.residuals.profile()?;
    let values = summary.sketch.quantiles(&QUANTILES);
    let quantile = |(p, value)| QuantileValue { p, value };
    Some(ResidualFacts {
        n: profile.n_finite,
        min: profile.min,
        max: profile.max,
        quantiles: QuantileFacts {
            rank_error: summary.sketch.rank_error(),
            values: QUANTILES.into_iter().zip(values).map(quantile).collect(),
        },
    })
}
