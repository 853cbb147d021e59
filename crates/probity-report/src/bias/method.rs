//! How to read the numbers: groups, signs, intervals, and a formula with its source for every
//! metric of the document.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasFile, MetricFacts};

use super::metric_text::{formula, ideal_of, shown_name, text_of};
use crate::masthead::terms;

pub(crate) const TERMS: [(&str, &str); 5] = [
    (
        "Groups d and a",
        "d is the group named by the facet: the listed values, or the interval. a is everyone else, rows without a value included. Clarify calls d the disadvantaged and a the advantaged group; whether that is so is what the metrics say.",
    ),
    (
        "Positive",
        "Every label and prediction is first collapsed to positive (the listed values, or above the threshold) and the rest. Letters: q is the share of positive labels, q̂ of positive predictions, y a label, ŷ a prediction, P the distribution of the label, TP, FP, TN, FN the right and wrong predictions of a group.",
    ),
    (
        "Sign",
        "Most differences are a − d: positive means that d fares worse. DCR, DRR, SD and TE are d − a; each metric says what its sign means.",
    ),
    (
        "Interval",
        "It holds the value of the population behind the sample in so many of a hundred samples. Beyond sampling error: it leaves out the ideal value, by more than one among so many does by chance. The method is named beside it, and why there is none.",
    ),
    (
        "Rows",
        "The rows that the value rests on: all of the group, or those with a positive label, a positive prediction, and so on. Few rows make wide intervals.",
    ),
];

pub(crate) fn section(file: &BiasFile) -> Markup {
    let mut shown: Vec<&MetricFacts> = Vec::new();
    let metrics = file
        .facets
        .iter()
        .flat_map(|facet| facet.metrics.iter().chain(&facet.extended));
    for metric in metrics {
        if !shown.iter().any(|other| other.name == metric.name) {
            shown.push(metric);
        }
    }
    html! {
        section.method {
            h2 { "How to read the numbers" }
            (terms(&TERMS))
            @if !shown.is_empty() {
                h3.sub { "Metrics" }
                div.scroll tabindex="0" {
                    table.formulas {
                        thead { tr { th scope="col" { "Metric" } th scope="col" { "Formula" } th scope="col" { "Ideal" } th scope="col" { "What it asks, and what its sign means" } } }
                        tbody { @for metric in shown { (row(metric)) } }
                    }
                }
            }
        }
    }
}

fn row(metric: &MetricFacts) -> Markup {
    html! {
        tr {
            th scope="row" { b { (shown_name(&metric.name)) } }
            @match text_of(&metric.name) {
                Some(text) => {
                    td.formula { (formula(text.formula)) }
                    td { (ideal_of(&metric.name).shown()) }
                    td.wide { (text.meaning) small { (text.source) } }
                }
                None => {
                    td {}
                    td { (ideal_of(&metric.name).shown()) }
                    td.wide { (metric.description) }
                }
            }
        }
    }
}
