//! Names and numbers of explanations as sentences and tables show them.

use probity_domain::document::explanation_file::{
    AttributionFacts, AttributionMethod, ExplainedOutput, LabelAttributions, SampledAttribution,
};
use probity_domain::document::probity_file::Interval;

use crate::number;

/// What is divided among the features.
pub(crate) fn output_name(output: ExplainedOutput) -> &'static str {
    match output {
        ExplainedOutput::RawScore => "raw score",
        ExplainedOutput::Reported => "output",
        ExplainedOutput::LogOdds => "log-odds",
    }
}

pub(crate) fn method_name(method: AttributionMethod) -> &'static str {
    match method {
        AttributionMethod::TreePathDependent => "exact path-dependent tree SHAP",
        AttributionMethod::TreeInterventional => "exact interventional tree SHAP",
        AttributionMethod::KernelEnumerated => "kernel SHAP over all coalitions, which is exact",
        AttributionMethod::KernelSampled => "kernel SHAP over sampled coalitions, an estimate",
    }
}

/// Over what the output is averaged where nothing is known of a row.
pub(crate) fn start_place(facts: &AttributionFacts) -> &'static str {
    match facts.method {
        AttributionMethod::TreePathDependent => "over the training data",
        AttributionMethod::TreeInterventional
        | AttributionMethod::KernelEnumerated
        | AttributionMethod::KernelSampled => "on the baseline",
    }
}

/// What a row's steps start from.
pub(crate) fn start_name(facts: &AttributionFacts) -> String {
    if facts.chosen_features {
        "chosen features unknown".to_owned()
    } else {
        format!("mean {}", output_name(facts.output))
    }
}

/// What the model reports, told from the output that is divided where they differ.
pub(crate) fn reported_name(facts: Option<&AttributionFacts>) -> &'static str {
    match facts.map(|facts| facts.output) {
        Some(ExplainedOutput::RawScore | ExplainedOutput::LogOdds) => "reported output",
        Some(ExplainedOutput::Reported) | None => "output",
    }
}

/// Whether any sampled row shows what it has: a group of columns and a value that is not to be
/// shown have neither number nor text in any row.
pub(crate) fn shows_values(sample: &[SampledAttribution]) -> bool {
    sample
        .iter()
        .any(|point| point.number.is_some() || point.text.is_some())
}

/// How the values of all rows became one.
pub(crate) fn aggregation_name(facts: &AttributionFacts) -> &str {
    match facts.aggregation.as_str() {
        "mean_abs" => "mean |SHAP value|",
        "median" => "median SHAP value",
        "mean_sq" => "mean squared SHAP value",
        other => other,
    }
}

/// By size, largest first; what is no number last. Equal ones keep the order of the dataset.
pub(crate) fn ranked<'a>(
    facts: &AttributionFacts,
    label: &'a LabelAttributions,
) -> Vec<Ranked<'a>> {
    let features = &label.features;
    let of_largest = match facts.aggregation.as_str() {
        "mean_sq" => Noise::OF_LARGEST * Noise::OF_LARGEST,
        _ => Noise::OF_LARGEST,
    };
    let globals = Noise::beside(features.iter().map(|feature| feature.global), of_largest);
    // Of values, where the importance may be of squares.
    let means = Noise::beside(
        features.iter().map(|feature| feature.mean),
        Noise::OF_LARGEST,
    );
    let mut ranked: Vec<Ranked<'_>> = features
        .iter()
        .map(|feature| Ranked {
            feature: &feature.feature,
            global: globals.without(feature.global),
            interval: feature.interval.as_ref().map(|interval| Interval {
                low: globals.without(interval.low),
                high: globals.without(interval.high),
                ..interval.clone()
            }),
            mean: means.without(feature.mean),
            standard_error: feature.standard_error,
            sample: &feature.sample,
        })
        .collect();
    ranked.sort_by(|a, b| size(b.global).total_cmp(&size(a.global)));
    ranked
}

/// A feature as it is shown: what is left by rounding is 0.
#[derive(Clone, Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) feature: &'a str,
    pub(crate) global: f64,
    pub(crate) interval: Option<Interval>,
    pub(crate) mean: f64,
    pub(crate) standard_error: Option<f64>,
    pub(crate) sample: &'a [SampledAttribution],
}

/// What is smaller is left by rounding in sums that cancel.
struct Noise(f64);

impl Noise {
    const OF_LARGEST: f64 = 1e-12;

    fn beside(values: impl Iterator<Item = f64>, of_largest: f64) -> Self {
        let sizes = values.map(f64::abs).filter(|size| size.is_finite());
        Self(of_largest * sizes.fold(0.0, f64::max))
    }

    fn without(&self, value: f64) -> f64 {
        if value.abs() < self.0 { 0.0 } else { value }
    }
}

pub(crate) fn size(value: f64) -> f64 {
    if value.is_nan() { -1.0 } else { value.abs() }
}

/// `0.031 to 0.044`
pub(crate) fn interval_text(interval: Option<&Interval>) -> String {
    interval.map_or("none".to_owned(), |interval| {
        format!(
            "{} to {}",
            number::short(interval.low),
            number::short(interval.high)
        )
    })
}

/// What the intervals are, said once: their level and method.
pub(crate) fn interval_kind<'a>(
    intervals: impl Iterator<Item = Option<&'a Interval>>,
) -> Option<String> {
    let interval = intervals.flatten().next()?;
    Some(format!(
        "{} intervals, {}",
        number::percent(interval.level),
        interval.method
    ))
}

pub(crate) fn ends(interval: Option<&Interval>) -> Option<(f64, f64)> {
    interval.map(|interval| (interval.low, interval.high))
}

/// A change with its sign.
pub(crate) fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", number::short(value))
}

/// A string of Python: that of JSON is one.
pub(crate) fn python(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
