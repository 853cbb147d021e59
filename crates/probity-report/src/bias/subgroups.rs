//! Intersections of facets, worst first: one group can be harmed where each facet alone looks
//! even.

use maud::{Markup, html};
use probity_domain::document::bias_file::{MetricFacts, SubgroupFacts, SubgroupRow};

use super::metric_table::{Scales, badge, value, weighted_mark};
use super::significance::Correction;
use super::words::{Outcomes, facet_name, interval_text, leaves_out_ideal};
use crate::chart::{Weight, forest_axis};
use crate::data_quality::plural_of;
use crate::number;
use crate::prose::prose;

pub(crate) fn section(facts: &SubgroupFacts) -> Markup {
    let scales = Scales::of(facts.groups.iter().map(|row| &row.difference));
    let correction = Correction::over_differences(facts.groups.iter().map(|row| &row.difference));
    let given = if facts.groups.iter().any(|row| row.prediction_rate.is_some()) {
        Outcomes::LabelsAndPredictions
    } else {
        Outcomes::Labels
    };
    html! {
        section #subgroups {
            h2 { "Subgroups" }
            @if facts.groups.is_empty() {
                p { "No intersection of the facets has " (number::count(facts.minimum_rows)) " rows or more." }
            } @else {
                div.scroll tabindex="0" {
                    table.metrics {
                        thead {
                            tr {
                                th scope="col" { "Subgroup" } th.num scope="col" { "Rows" }
                                th.num scope="col" { "Positive labels" }
                                @if given.are_predicted() { th.num scope="col" { "Positive predictions" } }
                                th.num scope="col" { "Others − this" }
                                th.forest scope="col" { span.hidden { "Picture" } (forest_axis(&scales.differences)) }
                                th scope="col" { "What it says" }
                            }
                        }
                        tbody { @for group in &facts.groups { (row(&scales, group, (given, &correction))) } }
                    }
                }
                p.fine {
                    "Each intersection against all other rows, worst first: the order is by the end of the interval nearest 0, so that sure differences come before large ones. “Beyond sampling error” is corrected for the subgroups that are listed. "
                    @if given.are_predicted() { "The difference is of positive predictions." } @else { "The difference is of positive labels." }
                }
            }
            @if facts.n_too_small > 0 {
                p.fine {
                    (plural_of(facts.n_too_small, "subgroup")) " with fewer than " (number::count(facts.minimum_rows))
                    " rows " (if facts.n_too_small == 1 { "is" } else { "are" }) " counted, but not ranked."
                }
            }
        }
    }
}

fn row(
    scales: &Scales,
    group: &SubgroupRow,
    (given, correction): (Outcomes, &Correction),
) -> Markup {
    let is_sure = leaves_out_ideal(&group.difference);
    let weight = if is_sure {
        Weight::Sure
    } else {
        Weight::Unsure
    };
    html! {
        tr {
            th scope="row" {
                @for (index, (facet, value)) in group.values.iter().enumerate() {
                    @if index > 0 { ", " }
                    span.nowrap { (facet_name(facet, value)) }
                }
            }
            td.num data-head="Rows" { (number::count(group.counts.n)) }
            td.num data-head="Positive labels" { (rate(&group.label_rate)) }
            @if given.are_predicted() {
                td.num data-head="Positive predictions" { @if let Some(metric) = &group.prediction_rate { (rate(metric)) } }
            }
            td.num data-head="Others − this" { (value(&group.difference)) }
            td.forest { (weighted_mark(scales, &group.difference, weight)) }
            td.wide {
                (badge(correction.standing_of_difference(&group.difference), correction))
                (prose(&group.difference.reading))
                @if let Some(interval) = &group.difference.interval {
                    small { (number::percent(interval.level)) " interval " (interval_text(interval)) ", " (interval.method) }
                }
                @if let Some(note) = group.difference.note.as_ref().or(group.difference.error.as_ref()) { small { (note) } }
            }
        }
    }
}

fn rate(metric: &MetricFacts) -> Markup {
    html! {
        @match metric.value {
            Some(value) => {
                (number::percent(value))
                @if let Some(interval) = &metric.interval {
                    small { (number::percent(interval.low)) " to " (number::percent(interval.high)) }
                }
            }
            None => span.muted { "no rows" },
        }
    }
}
