//! All metrics of a set of rows: value, interval, standard deviation, and what always
//! predicting one class would reach.

use std::collections::HashMap;

use maud::{Markup, html};
use probity_domain::document::model_quality_file::QualityMetric;

use super::metric_text::{CONSTANT, Scale, label_of, scale_of, text_of};
use super::words::metric_number;
use crate::chart::{ShareMark, share_axis_labels, share_mark};
use crate::number;

/// Standard deviations by the name of the metric.
pub(crate) type Deviations = HashMap<&'static str, f64>;

pub(crate) fn metric_table(metrics: &[QualityMetric], deviations: &Deviations) -> Markup {
    let constants: HashMap<&str, &QualityMetric> = metrics
        .iter()
        .filter_map(|metric| Some((metric.name.strip_suffix(CONSTANT)?, metric)))
        .collect();
    let own: Vec<&QualityMetric> = metrics
        .iter()
        .filter(|metric| !metric.name.ends_with(CONSTANT))
        .collect();
    let columns = Columns {
        shares: own.iter().any(|m| scale_of(&m.name) == Scale::Share),
        notes: own.iter().any(|m| m.note.is_some()),
        constants,
        deviations,
    };
    html! {
        div.scroll tabindex="0" {
            table.metrics.quality {
                thead {
                    tr {
                        th scope="col" { "Metric" }
                        th.num scope="col" { "Value" }
                        @if columns.shares { th.forest scope="col" { span.hidden { "Picture" } (share_axis_labels()) } }
                        th scope="col" { "Interval" }
                        @if !deviations.is_empty() { th.num scope="col" { "Std deviation" } }
                        @if !columns.constants.is_empty() { th.num scope="col" { "Constant" } }
                        th.num scope="col" { "Rows" }
                        @if columns.notes { th scope="col" { "Note" } }
                    }
                }
                tbody { @for metric in &own { (row(metric, &columns)) } }
            }
        }
        @if !columns.constants.is_empty() {
            p.fine { "Constant (the stroke in the picture): what always predicting one class reaches, SageMaker’s “best constant classifier”." }
        }
    }
}

struct Columns<'a> {
    shares: bool,
    notes: bool,
    constants: HashMap<&'a str, &'a QualityMetric>,
    deviations: &'a Deviations,
}

fn row(metric: &QualityMetric, columns: &Columns<'_>) -> Markup {
    let constant = columns.constants.get(metric.name.as_str());
    html! {
        tr {
            th scope="row" {
                b { (label_of(&metric.name)) }
                @if let Some(text) = text_of(&metric.name) { small { (text.formula) } }
            }
            td.num.value data-head="Value" { (value(metric)) }
            @if columns.shares { td.share { (mark(metric, constant.and_then(|c| c.value))) } }
            td.nowrap data-head="Interval" { (interval(metric)) }
            @if !columns.deviations.is_empty() {
                td.num data-head="Std deviation" { (columns.deviations.get(metric.name.as_str()).map_or("–".to_owned(), |d| metric_number(*d))) }
            }
            @if !columns.constants.is_empty() {
                td.num data-head="Constant" { @match constant { Some(constant) => (value(constant)), None => "–" } }
            }
            td.num data-head="Rows" { (number::count(metric.n)) }
            @if columns.notes { td.wide { @if let Some(note) = &metric.note { (note) } } }
        }
    }
}

pub(crate) fn value(metric: &QualityMetric) -> Markup {
    html! {
        @match metric.value {
            Some(value) => (metric_number(value)),
            None => span.muted { "no value" },
        }
    }
}

pub(crate) fn mark(metric: &QualityMetric, reference: Option<f64>) -> Markup {
    let Some(value) = metric
        .value
        .filter(|_| scale_of(&metric.name) == Scale::Share)
    else {
        return html! {};
    };
    share_mark(&ShareMark {
        value,
        interval: metric.interval.as_ref().map(|i| (i.low, i.high)),
        reference,
    })
}

fn interval(metric: &QualityMetric) -> Markup {
    html! {
        @match &metric.interval {
            Some(interval) => {
                (metric_number(interval.low)) " to " (metric_number(interval.high))
                small { (number::percent(interval.level)) ", " (interval.method) }
            }
            None => span.muted { "none" },
        }
    }
}
