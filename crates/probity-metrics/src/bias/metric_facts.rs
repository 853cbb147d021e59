//! Entries of `probity.json`: a metric with its interval, rows and reading.

use probity_domain::document::analysis::MetricValue;
use probity_domain::document::bias_file::MetricFacts;

use super::counts::BiasCounts;
use super::extended::{extended_interval, extended_metric};
use super::extended_metric::ExtendedMetric;
use super::flip_test::FlipTest;
use super::interval::{MetricInterval, bias_interval, flip_test_interval};
use super::metric::{BiasMetric, Stage};
use super::reading::{Reported, bias_reading};
use super::reading_extended::extended_reading;
use super::reading_rate::GroupNames;

/// What the entries of one facet group are made from.
#[derive(Clone, Copy, Debug)]
pub struct MeasuredGroup<'a> {
    pub counts: &'a BiasCounts,
    /// `None` where it was not asked for or failed.
    pub flip_test: Option<&'a FlipTest>,
    pub names: GroupNames<'a>,
    /// Of the intervals.
    pub level: f64,
}

impl MeasuredGroup<'_> {
    /// A metric of Clarify, whose `value` is that of `analysis.json`.
    pub fn metric_facts(&self, metric: BiasMetric, value: &MetricValue) -> MetricFacts {
        let number = value.number();
        let interval = match (metric, self.flip_test) {
            (BiasMetric::Ft, Some(test)) => flip_test_interval(test, self.level),
            _ => bias_interval(metric, number, self.counts, self.level),
        };
        let stage = match metric.stage() {
            Stage::PreTraining => "pre_training",
            Stage::PostTraining => "post_training",
        };
        let error = match value {
            MetricValue::Error(error) => Some(error.clone()),
            MetricValue::Float(_) | MetricValue::Integer(_) => None,
        };
        let reading = number.map(|value| {
            let reported = Reported {
                value,
                interval: interval.interval.as_ref(),
            };
            bias_reading(metric, reported, self.counts, self.names)
        });
        facts(
            [metric.name(), stage, metric.description()],
            number.ok_or_else(|| error.unwrap_or_default()),
            interval,
            reading,
        )
    }

    /// A metric that Clarify lacks.
    pub fn extended_facts(&self, metric: ExtendedMetric) -> MetricFacts {
        let value = extended_metric(metric, self.counts);
        let interval = extended_interval(metric, self.counts, self.level);
        let reading = value.as_ref().ok().map(|&value| {
            let reported = Reported {
                value,
                interval: interval.interval.as_ref(),
            };
            extended_reading(metric, reported, self.counts, self.names)
        });
        facts(
            [metric.name(), "post_training", metric.description()],
            value.map_err(|error| error.to_string()),
            interval,
            reading,
        )
    }
}

fn facts(
    [name, stage, description]: [&str; 3],
    value: Result<f64, String>,
    interval: MetricInterval,
    reading: Option<String>,
) -> MetricFacts {
    let error = value.as_ref().err().cloned();
    let reading = reading.unwrap_or_else(|| {
        format!(
            "Not computed: {}.",
            error.as_deref().unwrap_or("unknown").trim_end_matches('.')
        )
    });
    MetricFacts {
        name: name.to_owned(),
        stage: stage.to_owned(),
        description: description.to_owned(),
        value: value.ok(),
        interval: interval.interval,
        n_advantaged: interval.n_advantaged,
        n_disadvantaged: interval.n_disadvantaged,
        reading,
        error,
        note: interval.note,
    }
}
