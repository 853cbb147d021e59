//! The section of one facet value: who is compared, outcomes of both groups, how well they are
//! predicted, and every metric.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasFile, FacetFacts, GroupFacts};

use super::finding::{BiasFinding, of_facet};
use super::metric_table::{extended_table, metric_table};
use super::significance::Correction;
use super::words::{OTHERS, Outcomes, facet_title, facet_words, shown_value};
use crate::chart::{BarGroup, ConfusionChart, Series, ShareBar, confusion_chart, group_bars};
use crate::data_quality::plural_of;
use crate::number;

pub(crate) fn anchor(position: usize) -> String {
    format!("f{position}")
}

pub(crate) fn section(
    file: &BiasFile,
    correction: &Correction,
    (position, facet): (usize, &FacetFacts),
) -> Markup {
    let findings = of_facet(correction, (position, facet));
    let given = Outcomes::of(file);
    html! {
        article.feature id=(anchor(position)) {
            header {
                h3 { (facet_title(facet)) }
                span.type { (compared(facet)) }
            }
            (summary(&findings))
            @for error in stage_errors(facet) { p.remark { (error) } }
            div.columns {
                div {
                    (outcomes(facet, given))
                    @if given.are_predicted() { (confusions(facet)) }
                }
                div { (rates(facet, given)) }
            }
            @if !facet.metrics.is_empty() { (metric_table(facet, correction)) }
            @if !facet.extended.is_empty() { (extended_table(facet, correction)) }
        }
    }
}

pub(crate) fn compared(facet: &FacetFacts) -> Markup {
    html! {
        (plural_of(facet.disadvantaged.n, "row")) " against "
        (number::count(facet.advantaged.n)) " of all others"
        @if facet.n_missing > 0 {
            ", among them " (number::count(facet.n_missing)) " without a value"
        }
        "; " (facet.data_type.to_lowercase())
    }
}

fn summary(findings: &[BiasFinding<'_>]) -> Markup {
    html! {
        @if findings.is_empty() {
            p.remark { "No difference of outcomes or errors between the groups is beyond sampling error." }
        }
    }
}

/// A group without rows explains most of the missing numbers below.
fn stage_errors(facet: &FacetFacts) -> Vec<String> {
    let mut errors = Vec::new();
    if facet.disadvantaged.n == 0 {
        errors.push(format!(
            "No row belongs to {}: there is nothing to compare.",
            facet_words(&facet.facet, &facet.value_or_threshold)
        ));
    }
    if facet.advantaged.n == 0 {
        errors.push("Every row belongs to the group: there is nothing to compare with.".to_owned());
    }
    errors
}

/// The group that is measured first, then the rest.
fn groups(facet: &FacetFacts) -> [(String, &GroupFacts); 2] {
    [
        (shown_value(&facet.value_or_threshold), &facet.disadvantaged),
        (OTHERS.to_owned(), &facet.advantaged),
    ]
}

fn positive_labels(group: &GroupFacts) -> u64 {
    group.true_positives + group.false_negatives
}

fn positive_predictions(group: &GroupFacts) -> u64 {
    group.true_positives + group.false_positives
}

pub(crate) fn outcomes(facet: &FacetFacts, given: Outcomes) -> Markup {
    let bars: Vec<BarGroup> = groups(facet)
        .into_iter()
        .map(|(label, group)| {
            let bar = |series, part| ShareBar {
                series,
                share: number::share(part, group.n),
            };
            let mut bars = vec![bar(Series::Observed, positive_labels(group))];
            if given.are_predicted() {
                bars.push(bar(Series::Predicted, positive_predictions(group)));
            }
            BarGroup { label, bars }
        })
        .collect();
    let title = format!(
        "Share of positive outcomes by {}",
        shown_value(&facet.facet)
    );
    html! {
        figure {
            figcaption {
                span { b { "Positive outcomes" } }
                (legend(given))
                span.unit { "share of the group" }
            }
            (group_bars(&bars, &title, &described(facet, given)))
        }
    }
}

pub(crate) fn legend(given: Outcomes) -> Markup {
    html! {
        span { i.key.base {} "Observed" }
        @if given.are_predicted() { span { i.key.now {} "Predicted" } }
    }
}

fn described(facet: &FacetFacts, given: Outcomes) -> String {
    let share = |part, whole| number::percent_of(part, whole).unwrap_or("no rows".to_owned());
    let of = |(label, group): (String, &GroupFacts)| {
        let observed = share(positive_labels(group), group.n);
        let predicted = share(positive_predictions(group), group.n);
        if given.are_predicted() {
            format!("{label}: observed {observed}, predicted {predicted}. ")
        } else {
            format!("{label}: observed {observed}. ")
        }
    };
    groups(facet).map(of).concat().trim_end().to_owned()
}

fn confusions(facet: &FacetFacts) -> Markup {
    html! {
        div.pair {
            @for (label, group) in groups(facet) {
                figure {
                    figcaption { span { b { bdi { (label) } } } small { "n = " (number::count(group.n)) } }
                    (confusion_chart(&matrix(group), &format!("Labels and predictions of {label}")))
                }
            }
        }
    }
}

fn matrix(group: &GroupFacts) -> ConfusionChart {
    ConfusionChart {
        classes: vec!["positive".to_owned(), "negative".to_owned()],
        rows: vec![
            vec![group.true_positives, group.false_negatives],
            vec![group.false_positives, group.true_negatives],
        ],
    }
}

/// A rate of a group: part and whole.
type Rate = (&'static str, &'static str, fn(&GroupFacts) -> (u64, u64));

const LABEL_RATES: [Rate; 1] = [("Positive labels", "of all rows", |g| {
    (positive_labels(g), g.n)
})];

const PREDICTION_RATES: [Rate; 6] = [
    ("Positive predictions", "of all rows", |g| {
        (positive_predictions(g), g.n)
    }),
    ("Accuracy", "of all rows", |g| {
        (g.true_positives + g.true_negatives, g.n)
    }),
    ("Recall", "of positive labels", |g| {
        (g.true_positives, positive_labels(g))
    }),
    ("Specificity", "of negative labels", |g| {
        (g.true_negatives, g.true_negatives + g.false_positives)
    }),
    ("Precision", "of positive predictions", |g| {
        (g.true_positives, positive_predictions(g))
    }),
    ("Right rejections", "of negative predictions", |g| {
        (g.true_negatives, g.true_negatives + g.false_negatives)
    }),
];

/// How well each group is predicted, with the rows behind each rate.
pub(crate) fn rates(facet: &FacetFacts, given: Outcomes) -> Markup {
    let predicted: &[Rate] = if given.are_predicted() {
        &PREDICTION_RATES
    } else {
        &[]
    };
    html! {
        div.rates {
            table.numbers {
                caption.hidden { "Rates of both groups" }
                thead {
                    tr {
                        th scope="col" { "Rate" }
                        @for (label, _) in groups(facet) { th.num scope="col" { bdi { (label) } } }
                        th.num scope="col" { "Gap" }
                    }
                }
                tbody {
                    @for (name, of, rate) in LABEL_RATES.iter().chain(predicted) {
                        tr {
                            th scope="row" { (name) small { (of) } }
                            @for (_, group) in groups(facet) { td.num { (share_of(rate(group))) } }
                            td.num { (gap(rate(&facet.disadvantaged), rate(&facet.advantaged))) }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn share_of((part, whole): (u64, u64)) -> Markup {
    html! {
        @match number::percent_of(part, whole) {
            Some(share) => { (share) small { (number::count(part)) " of " (number::count(whole)) } }
            None => span.muted { "no rows" },
        }
    }
}

/// In percentage points, d − a: what a reader sees between the two columns.
fn gap(d: (u64, u64), a: (u64, u64)) -> String {
    match (number::share(d.0, d.1), number::share(a.0, a.1)) {
        (Some(d), Some(a)) => {
            let points = ((d - a) * 1000.0).round() / 10.0;
            let sign = if points > 0.0 { "+" } else { "" };
            format!("{sign}{} pp", number::short(points))
        }
        _ => "–".to_owned(),
    }
}
