//! What was measured, in the form of the documents: SageMaker's metrics with their standard
//! deviations, and everything with intervals and numbers of rows.

use probity_domain::document::model_quality_file::{QualityFacts, QualityMetric};
use probity_domain::document::model_quality_statistics::{MetricValue, ProblemMetrics};
use probity_domain::document::probity_file::Interval;

/// The results of one set of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityFindings {
    /// The section of `statistics.json`; its `item_count` is `facts.rows.n_used`.
    pub statistics: ProblemMetrics,
    /// The same metrics with intervals, and ours, for `probity.json`.
    pub facts: QualityFacts,
}

/// A metric that exists, without an interval yet.
pub(crate) fn metric(name: &str, value: Option<f64>, n: u64) -> QualityMetric {
    QualityMetric {
        name: name.to_owned(),
        value,
        interval: None,
        n,
        note: None,
    }
}

/// A metric with its interval; neither where there is no value.
pub(crate) fn metric_with(
    name: &str,
    value: Option<f64>,
    n: u64,
    interval: impl FnOnce(f64) -> Result<Interval, String>,
) -> QualityMetric {
    let mut metric = metric(name, value, n);
    match value.map(interval) {
        Some(Ok(interval)) => metric.interval = Some(interval),
        Some(Err(note)) => metric.note = Some(note),
        None => {}
    }
    metric
}

/// Says why there is no value.
pub(crate) fn or_note(mut metric: QualityMetric, note: &str) -> QualityMetric {
    if metric.value.is_none() {
        metric.note = Some(note.to_owned());
    }
    metric
}

/// Pairs the values of the metrics with the standard deviations of the same order.
pub(crate) fn with_deviations(
    metrics: &[QualityMetric],
    deviations: &[Option<f64>],
) -> Vec<(String, MetricValue)> {
    let deviations = deviations.iter().copied().chain(std::iter::repeat(None));
    let pairs = metrics.iter().zip(deviations);
    pairs
        .map(|(metric, standard_deviation)| {
            let value = MetricValue {
                value: metric.value,
                standard_deviation,
            };
            (metric.name.clone(), value)
        })
        .collect()
}
