//! Then and now, as a section of an article.

use probity_domain::document::bias_file::{BiasCheckFacts, MetricDriftFacts};

use super::content::section as plain_section;
use super::metric_text::shown_name;
use super::words::{facet_words, interval_text, metric_number};
use crate::article::{Block, Column, Section, Table, Words};
use crate::number;

pub(crate) fn section(check: &BiasCheckFacts) -> Section {
    let mut metrics: Vec<&MetricDriftFacts> = check.metrics.iter().collect();
    // Stable: within a class the order of the documents stays.
    metrics.sort_by_key(|metric| !metric.violates_aws && !metric.violates_corrected);
    let head = vec![
        Column::text("Group d"),
        Column::text("Metric"),
        Column::number("Then"),
        Column::number("Now"),
        Column::number("Now − then"),
        Column::number("Adjusted p"),
        Column::text("Named by"),
    ];
    let table = Table {
        caption: "Every metric of the check, with both verdicts".to_owned(),
        head,
        rows: metrics.into_iter().map(row).collect(),
        code: None,
    };
    let said = format!(
        "SageMaker’s rule asks whether the absolute value grew. The corrected verdict asks whether current − baseline is more than the sampling errors of both explain; at most {} of what it names is expected to be false alarms (Benjamini–Hochberg).",
        number::percent(check.false_discovery_rate)
    );
    plain_section(
        "bias-check",
        "Then and now",
        vec![Block::Table(table), Block::Fine(Words::of(said))],
    )
}

fn row(metric: &MetricDriftFacts) -> Vec<Words> {
    let number_or_none =
        |value: Option<f64>| Words::of(value.map_or("no value".to_owned(), metric_number));
    vec![
        Words::new().data(&facet_words(&metric.facet, &metric.value_or_threshold)),
        Words::new().strong(shown_name(&metric.name)),
        number_or_none(metric.baseline),
        number_or_none(metric.current),
        Words::of(
            metric
                .interval
                .as_ref()
                .map_or("no interval".to_owned(), interval_text),
        ),
        Words::of(
            metric
                .p_adjusted
                .map_or("not tested".to_owned(), number::probability),
        ),
        Words::of(named_by(metric)),
    ]
}

fn named_by(metric: &MetricDriftFacts) -> &'static str {
    let is_compared = metric.baseline.is_some() && metric.current.is_some();
    match (metric.violates_aws, metric.violates_corrected) {
        (true, true) => "both verdicts",
        (true, false) => "SageMaker’s rule",
        (false, true) => "corrected verdict",
        (false, false) if !is_compared => "not compared",
        (false, false) if metric.p_value.is_none() => "not tested",
        (false, false) => "neither",
    }
}
