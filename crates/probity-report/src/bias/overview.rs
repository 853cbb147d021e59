//! What was measured: the distribution of labels and predictions, the sizes of the groups, and
//! all facet values in one table.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasFile, FacetFacts, MetricFacts, OutcomeFacts};

use super::facet::{anchor, legend, share_of};
use super::metric_table::{Scales, mark, value};
use super::significance::{Correction, Standing};
use super::words::{Outcomes, facet_title, facet_words, shown_value};
use crate::chart::{BarGroup, Series, ShareBar, forest_axis, group_bars};
use crate::data_quality::plural_of;
use crate::number;

/// Rows of the overview; the documents have the rest.
const MOST_FACETS: usize = 200;
/// Bars of a distribution.
const MOST_BARS: usize = 15;

pub(crate) fn distributions(file: &BiasFile) -> Markup {
    html! {
        section {
            h2 { "Outcomes and groups" }
            div.cards {
                div.feature { (labels(file)) }
                div.feature { (group_sizes(file)) }
            }
        }
    }
}

/// Shares of the label's values, and of the predictions'.
pub(crate) fn outcomes_picture(file: &BiasFile) -> Markup {
    let label = &file.label;
    let mut bars = vec![positive_bars(label, file.predicted_label.as_ref())];
    bars.extend(value_bars(label, file.predicted_label.as_ref()));
    group_bars(
        &bars,
        "Distribution of labels and predictions",
        &described(file),
    )
}

fn labels(file: &BiasFile) -> Markup {
    let label = &file.label;
    html! {
        figure {
            figcaption {
                span { b { bdi { (shown_value(&label.column)) } } }
                (legend(Outcomes::of(file)))
                span.unit { "share of all rows" }
            }
            (outcomes_picture(file))
        }
        p.fine { (outcome_words("Label", label)) }
        @if let Some(predicted) = &file.predicted_label {
            p.fine { (outcome_words("Prediction", predicted)) }
        }
    }
}

fn positive_bars(label: &OutcomeFacts, predicted: Option<&OutcomeFacts>) -> BarGroup {
    let bar = |series, facts: &OutcomeFacts| ShareBar {
        series,
        share: number::share(facts.n_positive, facts.n),
    };
    let mut bars = vec![bar(Series::Observed, label)];
    bars.extend(predicted.map(|facts| bar(Series::Predicted, facts)));
    BarGroup {
        label: "positive".to_owned(),
        bars,
    }
}

/// One group of bars per value of the label, in the document's order; a two-valued label is
/// told by the share of positives alone.
fn value_bars(label: &OutcomeFacts, predicted: Option<&OutcomeFacts>) -> Vec<BarGroup> {
    if label.values.len() < 3 {
        return Vec::new();
    }
    let count_in = |facts: &OutcomeFacts, value: &str| {
        let found = facts.values.iter().find(|row| row.value == value);
        found.map_or(0, |row| row.n)
    };
    label
        .values
        .iter()
        .take(MOST_BARS)
        .map(|row| {
            let mut bars = vec![ShareBar {
                series: Series::Observed,
                share: number::share(row.n, label.n),
            }];
            bars.extend(predicted.map(|facts| ShareBar {
                series: Series::Predicted,
                share: number::share(count_in(facts, &row.value), facts.n),
            }));
            BarGroup {
                label: shown_value(&row.value),
                bars,
            }
        })
        .collect()
}

fn described(file: &BiasFile) -> String {
    let of = |facts: &OutcomeFacts| {
        number::percent_of(facts.n_positive, facts.n).unwrap_or("unknown".to_owned())
    };
    match &file.predicted_label {
        Some(predicted) => format!(
            "Positive: {} of labels, {} of predictions.",
            of(&file.label),
            of(predicted)
        ),
        None => format!("Positive: {} of labels.", of(&file.label)),
    }
}

fn outcome_words(kind: &str, facts: &OutcomeFacts) -> Markup {
    html! {
        (kind) " " code { bdi { (shown_value(&facts.column)) } } " (" (facts.data_type.to_lowercase()) "): positive is "
        b { bdi { (shown_value(&facts.positive)) } } ", " (number::count(facts.n_positive)) " of " (plural_of(facts.n, "row"))
        @if facts.n_missing > 0 { "; " (number::count(facts.n_missing)) " without a value count as negative" }
        "."
    }
}

/// The share of each group in all rows.
pub(crate) fn sizes_picture(file: &BiasFile) -> Markup {
    let rows = |facet: &FacetFacts| facet.advantaged.n + facet.disadvantaged.n;
    let bars: Vec<BarGroup> = file
        .facets
        .iter()
        .take(MOST_BARS)
        .map(|facet| BarGroup {
            label: facet_words(&facet.facet, &facet.value_or_threshold),
            bars: vec![ShareBar {
                series: Series::Observed,
                share: number::share(facet.disadvantaged.n, rows(facet)),
            }],
        })
        .collect();
    group_bars(&bars, "Sizes of the groups", &sizes_described(file))
}

fn group_sizes(file: &BiasFile) -> Markup {
    html! {
        figure {
            figcaption { span { b { "Groups" } } span.unit { "share of all rows" } }
            (sizes_picture(file))
        }
        @if file.facets.len() > MOST_BARS {
            p.fine { "And " (number::count((file.facets.len() - MOST_BARS) as u64)) " more in the table below." }
        }
        @if let Some(group_variable) = &file.group_variable {
            p.fine { "CDDL and CDDPL compare within the values of " code { bdi { (shown_value(group_variable)) } } "." }
        }
    }
}

fn sizes_described(file: &BiasFile) -> String {
    let sizes: Vec<String> = file
        .facets
        .iter()
        .take(MOST_BARS)
        .map(|facet| {
            let name = facet_words(&facet.facet, &facet.value_or_threshold);
            let n = number::count(facet.disadvantaged.n);
            format!(
                "{name}: {n} of {}",
                number::count(facet.advantaged.n + facet.disadvantaged.n)
            )
        })
        .collect();
    format!("{}.", sizes.join("; "))
}

/// The metric that an overview shows: of predictions where there are any.
fn main_metric(facet: &FacetFacts) -> Option<&MetricFacts> {
    let find = |name: &str| facet.metrics.iter().find(|metric| metric.name == name);
    find("DPPL").or_else(|| find("DPL"))
}

/// All facet values, when there are several.
pub(crate) fn facets(file: &BiasFile, correction: &Correction, sections: usize) -> Markup {
    if file.facets.len() < 2 {
        return html! {};
    }
    let is_predicted = file.predicted_label.is_some();
    let scales = Scales::of(file.facets.iter().filter_map(main_metric));
    html! {
        section #facets {
            h2 { "All groups" }
            div.scroll tabindex="0" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Group d" }
                            th.num scope="col" { "Rows" }
                            th.num scope="col" { "Positive labels" }
                            @if is_predicted { th.num scope="col" { "Positive predictions" } }
                            th.num scope="col" { (if is_predicted { "DPPL" } else { "DPL" }) }
                            th.forest scope="col" { span.hidden { "Picture" } (forest_axis(&scales.differences)) }
                            th scope="col" { "Beyond sampling error" }
                        }
                    }
                    tbody {
                        @for (position, facet) in file.facets.iter().enumerate().take(MOST_FACETS) {
                            (facet_row(&scales, (position, facet), &Shown { is_predicted, has_section: position < sections, correction }))
                        }
                    }
                }
            }
            @if file.facets.len() > MOST_FACETS {
                p.fine { "And " (number::count((file.facets.len() - MOST_FACETS) as u64)) " more in " code { "probity.json" } "." }
            }
        }
    }
}

struct Shown<'a> {
    is_predicted: bool,
    has_section: bool,
    correction: &'a Correction,
}

fn facet_row(
    scales: &Scales,
    (position, facet): (usize, &FacetFacts),
    shown: &Shown<'_>,
) -> Markup {
    let d = &facet.disadvantaged;
    let standing = |wanted: Standing| -> Vec<&str> {
        let metrics = facet.metrics.iter().filter(|metric| metric.name != "CI");
        metrics
            .filter(|metric| shown.correction.standing(metric) == wanted)
            .map(|metric| metric.name.as_str())
            .collect()
    };
    let (beyond, chance) = (standing(Standing::Sure), standing(Standing::MayBeChance));
    html! {
        tr {
            th scope="row" {
                @if shown.has_section { a.name href={ "#" (anchor(position)) } { (facet_title(facet)) } }
                @else { (facet_title(facet)) }
            }
            td.num { (number::count(d.n)) }
            td.num { (share_of((d.true_positives + d.false_negatives, d.n))) }
            @if shown.is_predicted { td.num { (share_of((d.true_positives + d.false_positives, d.n))) } }
            td.num { @if let Some(metric) = main_metric(facet) { (value(metric)) } }
            td.forest { @if let Some(metric) = main_metric(facet) { (mark(scales, metric)) } }
            td {
                @if beyond.is_empty() { span.muted { "none" } } @else { (beyond.join(", ")) }
                @if !chance.is_empty() { small { "may be chance among " (number::count(shown.correction.n_metrics as u64)) ": " (chance.join(", ")) } }
            }
        }
    }
}
