//! The metrics of one facet value: number, picture, interval, rows, and what it says.

use maud::{Markup, html};
use probity_domain::document::bias_file::{FacetFacts, MetricFacts};

use super::metric_text::{Ideal, description_without_name, ideal_of, shown_name};
use super::significance::{Correction, Standing};
use super::words::{interval_text, metric_number, stands_out};
use crate::chart::{Estimate, ForestScale, Spacing, Weight, forest_axis, forest_mark};
use crate::number;
use crate::prose::prose;

/// One scale for all differences of a table, one for all its ratios.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scales {
    pub(crate) differences: ForestScale,
    pub(crate) ratios: ForestScale,
}

impl Scales {
    pub(crate) fn of<'a>(metrics: impl Iterator<Item = &'a MetricFacts> + Clone) -> Self {
        let points = |ideal: Ideal| {
            metrics
                .clone()
                .filter(move |metric| ideal_of(&metric.name) == ideal)
                .flat_map(|metric| {
                    let ends = metric.interval.as_ref().map(|i| [i.low, i.high]);
                    metric.value.into_iter().chain(ends.into_iter().flatten())
                })
        };
        Self {
            differences: ForestScale::fitting(Spacing::Linear, points(Ideal::Zero)),
            ratios: ForestScale::fitting(Spacing::Logarithmic, points(Ideal::One)),
        }
    }

    /// Of a metric that has a place on one of them.
    pub(crate) fn for_metric(&self, name: &str) -> Option<&ForestScale> {
        match ideal_of(name) {
            Ideal::Zero => Some(&self.differences),
            Ideal::One => Some(&self.ratios),
            Ideal::Whole => None,
        }
    }
}

/// The picture of one metric, empty when it has no value.
pub(crate) fn mark(scales: &Scales, metric: &MetricFacts) -> Markup {
    let weight = if stands_out(metric) {
        Weight::Sure
    } else {
        Weight::Unsure
    };
    weighted_mark(scales, metric, weight)
}

pub(crate) fn weighted_mark(scales: &Scales, metric: &MetricFacts, weight: Weight) -> Markup {
    let estimate = metric.value.map(|value| Estimate {
        value,
        interval: metric.interval.as_ref().map(|i| (i.low, i.high)),
        weight,
    });
    match (scales.for_metric(&metric.name), estimate) {
        (Some(scale), Some(estimate)) => forest_mark(scale, &estimate),
        _ => html! {},
    }
}

pub(crate) fn metric_table(facet: &FacetFacts, correction: &Correction) -> Markup {
    let scales = Scales::of(facet.metrics.iter());
    let stage = |name: &str| -> Vec<&MetricFacts> {
        let metrics = facet.metrics.iter();
        metrics.filter(|metric| metric.stage == name).collect()
    };
    let stages = [
        ("Before training: labels", stage("pre_training")),
        ("After training: predictions", stage("post_training")),
    ];
    html! {
        div.scroll tabindex="0" {
            table.metrics {
                (head(&scales))
                @for (title, metrics) in &stages {
                    @if !metrics.is_empty() {
                        tbody {
                            tr.stage { th colspan="6" scope="rowgroup" { (title) } }
                            @for metric in metrics { (row(&scales, metric, correction)) }
                        }
                    }
                }
            }
        }
        (caption(&scales, &facet.metrics))
    }
}

/// What the field has and Clarify lacks.
pub(crate) fn extended_table(facet: &FacetFacts, correction: &Correction) -> Markup {
    let scales = Scales::of(facet.extended.iter());
    html! {
        details.more {
            summary { "Metrics that Clarify lacks (" (number::count(facet.extended.len() as u64)) ")" }
            div.scroll tabindex="0" {
                table.metrics {
                    (head(&scales))
                    tbody { @for metric in &facet.extended { (row(&scales, metric, correction)) } }
                }
            }
            (caption(&scales, &facet.extended))
        }
    }
}

fn head(scales: &Scales) -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { "Metric" }
                th.num scope="col" { "Value" }
                th.forest scope="col" { span.hidden { "Picture" } (forest_axis(&scales.differences)) }
                th scope="col" { "Interval" }
                th.num scope="col" title="Rows that the value rests on: group d, all others" { "Rows d, others" }
                th scope="col" { "What it says" }
            }
        }
    }
}

fn row(scales: &Scales, metric: &MetricFacts, correction: &Correction) -> Markup {
    let ideal = ideal_of(&metric.name);
    html! {
        tr {
            th scope="row" {
                b { (shown_name(&metric.name)) }
                small { (description_without_name(&metric.description, &metric.name)) }
            }
            td.num.value data-head="Value" { (value(metric)) @if ideal != Ideal::Zero { small { "ideal " (ideal.shown()) } } }
            td.forest {
                (mark(scales, metric))
                @if ideal == Ideal::One && metric.value.is_some() { (ratio_ends(&scales.ratios)) }
            }
            td.nowrap data-head="Interval" {
                @match &metric.interval {
                    Some(interval) => {
                        (interval_text(interval))
                        small { (number::percent(interval.level)) ", " (interval.method) }
                    }
                    None => span.muted { "none" },
                }
            }
            td.num data-head="Rows d, others" {
                (number::count(metric.n_disadvantaged))
                small { (number::count(metric.n_advantaged)) }
            }
            td.wide { (says(metric, correction)) }
        }
    }
}

fn ratio_ends(scale: &ForestScale) -> Markup {
    let (low, high) = scale.end_labels();
    html! { small.ends aria-hidden="true" { span { (low) } span { "1" } span { (high) } } }
}

pub(crate) fn value(metric: &MetricFacts) -> Markup {
    html! {
        @match metric.value {
            Some(value) => (metric_number(value)),
            None => span.muted { "no value" },
        }
    }
}

/// The reading, or why there is none.
fn says(metric: &MetricFacts, correction: &Correction) -> Markup {
    html! {
        @if let Some(error) = &metric.error {
            span.badge { "Not computed" } " " (error)
        } @else {
            (badge(correction.standing(metric), correction))
            (prose(&metric.reading))
        }
        @if let Some(note) = &metric.note { small { (note) } }
    }
}

/// In words, whether sampling error explains the value.
pub(crate) fn badge(standing: Standing, correction: &Correction) -> Markup {
    html! {
        @match standing {
            Standing::Sure => { span.badge.sure { "Beyond sampling error" } " " }
            Standing::MayBeChance => { span.badge { "May be chance among " (number::count(correction.n_metrics as u64)) } " " }
            Standing::NeighboursFixed => { span.badge { "Interval holds neighbours fixed" } " " }
            Standing::Within => {}
        }
    }
}

fn caption(scales: &Scales, metrics: &[MetricFacts]) -> Markup {
    let (low, high) = scales.differences.end_labels();
    let has_ratio = metrics
        .iter()
        .any(|metric| ideal_of(&metric.name) == Ideal::One && metric.value.is_some());
    html! {
        p.fine {
            "Pictures reach from " (low) " to " (high) "; the line is the ideal value 0, an arrow points to what lies further. "
            @if has_ratio {
                @let (low, high) = scales.ratios.end_labels();
                "Ratios are spaced by their logarithm around 1, from " (low) " to " (high) ". "
            }
            "A filled dot: the interval leaves out the ideal value. Each interval stands for itself: "
            "of many, a few leave out the ideal value by chance. “Beyond sampling error” says what remains after "
            "correction for all metrics of the page. Metrics without a direction are never "
            "filled, because a distance is above 0 in every sample."
        }
    }
}
