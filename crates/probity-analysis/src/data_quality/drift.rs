//! The drift of one column: which samples are compared, by which method, and what it says.

use probity_domain::document::constraint_violations::Violation;
use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, Constraints, FeatureConstraints,
};
use probity_domain::document::probity_file::DriftFacts;
use probity_domain::document::statistics::InferredType;
use probity_metrics::constraints::{DistanceOutcome, EffectiveSettings};
use probity_metrics::drift::{
    CategoricalSample, Comparison, NumericSample, compare_categorical, compare_numeric,
};
use probity_metrics::summary::ColumnSummary;

/// The distributions of a column on both sides.
pub(crate) enum Samples {
    Numeric {
        baseline: NumericSample,
        current: NumericSample,
    },
    Categorical {
        baseline: CategoricalSample,
        current: CategoricalSample,
    },
}

/// How a column moved, judged by its effective settings.
#[derive(Clone, Debug)]
pub(crate) struct FeatureDrift {
    pub(crate) comparison: Comparison,
    pub(crate) method: Method,
    threshold: f64,
}

/// What decides AWS's verdict on a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Numeric(ComparisonMethod),
    Categorical(CategoricalDriftMethod, ComparisonMethod),
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Numeric(ComparisonMethod::Simple) => "Simple",
            Self::Numeric(ComparisonMethod::Robust) => "Robust",
            Self::Categorical(CategoricalDriftMethod::LInfinity, _) => "LInfinity",
            Self::Categorical(CategoricalDriftMethod::ChiSquared, _) => "ChiSquared",
        }
    }
}

/// What both summaries know of the distribution, in the form that can be compared. `None`
/// where one side has no distribution: nothing present, or text of too many values.
pub(crate) fn samples(baseline: &ColumnSummary, current: &ColumnSummary) -> Option<Samples> {
    let numeric = |summary: &ColumnSummary| summary.inferred_type().is_numeric();
    if numeric(baseline) && numeric(current) {
        return Some(Samples::Numeric {
            baseline: numbers(baseline)?,
            current: numbers(current)?,
        });
    }
    if numeric(baseline) != numeric(current) {
        return None;
    }
    Some(Samples::Categorical {
        baseline: CategoricalSample::from_counts(baseline.categories()?),
        current: CategoricalSample::from_counts(current.categories()?),
    })
}

/// The exact counts where the column has few values, else the sketch.
fn numbers(summary: &ColumnSummary) -> Option<NumericSample> {
    let sketch = summary.sketch()?;
    let rank_error = sketch.rank_error();
    if rank_error > 0.0
        && let Some(counts) = exact_counts(summary)
    {
        return Some(NumericSample::from_counts(&counts));
    }
    let sample = NumericSample::from_levels(sketch.levels(), rank_error);
    (sample.n() > 0).then_some(sample)
}

fn exact_counts(summary: &ColumnSummary) -> Option<Vec<(f64, u64)>> {
    let categories = summary.categories()?;
    let numbers: Option<Vec<(f64, u64)>> = categories
        .iter()
        .map(|(text, count)| Some((text.parse::<f64>().ok()?, *count)))
        .collect();
    // Infinities are outside the sketch, so they are outside here.
    let mut numbers = numbers?;
    numbers.retain(|(value, _)| value.is_finite());
    (!numbers.is_empty()).then_some(numbers)
}

/// How the settings want a column compared.
pub(crate) fn method_of(settings: &EffectiveSettings, samples: &Samples) -> Method {
    match samples {
        Samples::Numeric { .. } => Method::Numeric(settings.comparison_method),
        Samples::Categorical { .. } => Method::Categorical(
            settings.categorical_drift_method,
            settings.comparison_method,
        ),
    }
}

/// The drift of `feature`, or `None` when it is not to be compared or cannot be.
pub(crate) fn drift_of(
    constraints: &Constraints,
    feature: &FeatureConstraints,
    baseline: &ColumnSummary,
    current: &ColumnSummary,
) -> Option<FeatureDrift> {
    let settings = EffectiveSettings::of_feature(constraints, feature);
    if !settings.compares_distributions() {
        return None;
    }
    let samples = samples(baseline, current)?;
    let method = method_of(&settings, &samples);
    let (comparison, kind) = match (&samples, method) {
        (Samples::Numeric { baseline, current }, Method::Numeric(method)) => (
            compare_numeric(baseline, current, method)?,
            InferredType::Fractional,
        ),
        (Samples::Categorical { baseline, current }, Method::Categorical(method, correction)) => (
            compare_categorical(baseline, current, method, correction)?,
            InferredType::String,
        ),
        // `method_of` follows the kind of the samples.
        (Samples::Numeric { .. }, Method::Categorical(..))
        | (Samples::Categorical { .. }, Method::Numeric(_)) => return None,
    };
    Some(FeatureDrift {
        comparison,
        method,
        threshold: settings.drift_threshold(kind),
    })
}

impl FeatureDrift {
    /// What AWS's rule compares with its threshold.
    pub(crate) fn distance(&self) -> Option<DistanceOutcome> {
        let distance = self.comparison.distance?;
        Some(match self.method {
            Method::Categorical(CategoricalDriftMethod::ChiSquared, _) => {
                DistanceOutcome::PValue(distance)
            }
            Method::Numeric(_) | Method::Categorical(CategoricalDriftMethod::LInfinity, _) => {
                DistanceOutcome::Distance(distance)
            }
        })
    }

    /// For `probity.json`. `violation` is AWS's, if there is one; `p_adjusted` is absent when the column took no part in the
    /// correction: then no verdict is given.
    pub(crate) fn facts(
        &self,
        violation: Option<&Violation>,
        p_adjusted: Option<f64>,
        rate: f64,
    ) -> DriftFacts {
        let comparison = &self.comparison;
        DriftFacts {
            method: self.method.name().to_owned(),
            distance: comparison.distance,
            threshold: self.threshold,
            n_baseline: comparison.n_baseline,
            n_current: comparison.n_current,
            effect: comparison.effect,
            interval: comparison.interval.clone(),
            p_value: comparison.p_value,
            p_adjusted,
            psi: comparison.psi,
            jensen_shannon: comparison.jensen_shannon,
            wasserstein_1: comparison.wasserstein_1,
            violates_aws: violation.is_some(),
            violates_corrected: p_adjusted.is_some_and(|p| p <= rate),
            note: comparison.note.clone(),
        }
    }
}
