//! Names and numbers of explanations as sentences and tables show them.

use probity_domain::document::explanation_file::{
    AttributionFacts, AttributionMethod, ExplainedOutput, FeatureAttributions,
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
pub(crate) fn ranked(features: &[FeatureAttributions]) -> Vec<&FeatureAttributions> {
    let mut ranked: Vec<&FeatureAttributions> = features.iter().collect();
    ranked.sort_by(|a, b| size(b.global).total_cmp(&size(a.global)));
    ranked
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
