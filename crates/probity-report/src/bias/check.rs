//! Then and now: every metric of the check with both verdicts, and how each decided.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasCheckFacts, MetricDriftFacts};

use super::headline::violations;
use super::metric_text::{Ideal, ideal_of, shown_name};
use super::words::{facet_name, interval_text, metric_number};
use crate::chart::{ForestScale, Spacing, forest_axis, forest_move};
use crate::number;
use crate::verdict::Verdict;
use crate::verdict_tiles::{Tile, verdict_tiles};

/// Rows of the table; the documents have the rest.
const MOST_ROWS: usize = 300;

pub(crate) fn section(check: &BiasCheckFacts) -> Markup {
    let mut metrics: Vec<&MetricDriftFacts> = check.metrics.iter().collect();
    // Stable: within a class the order of the documents stays.
    metrics.sort_by_key(|metric| !metric.violates_aws && !metric.violates_corrected);
    html! {
        (verdicts(check))
        section {
            h2 { "Then and now" }
            (table(&metrics))
            @if metrics.len() > MOST_ROWS {
                p.fine { "And " (number::count((metrics.len() - MOST_ROWS) as u64)) " more in " code { "probity.json" } "." }
            }
        }
    }
}

fn verdicts(check: &BiasCheckFacts) -> Markup {
    let rate = number::percent(check.false_discovery_rate);
    let tile = |verdict, label, note: &str| Tile {
        label,
        n: violations(check, verdict),
        note: note.to_owned(),
        decides: Verdict::named(&check.verdict) == verdict,
    };
    let tiles = [
        tile(
            Verdict::Aws,
            "SageMaker’s rule",
            "further from 0 than the baseline",
        ),
        tile(
            Verdict::Corrected,
            "Corrected verdict",
            &format!("worse than chance explains, at {rate}"),
        ),
    ];
    let both = |wanted: (bool, bool)| {
        let named = check.metrics.iter();
        named
            .filter(|metric| (metric.violates_aws, metric.violates_corrected) == wanted)
            .count()
    };
    let words = html! {
        @let (both, aws, corrected) = (both((true, true)), both((true, false)), both((false, true)));
        @if check.tested == 0 { p { "0 of " (number::count(check.metrics.len() as u64)) " could be tested: the corrected verdict says nothing." } }
        @else if both + aws + corrected == 0 { p { "Both verdicts agree: no metric is further from its ideal value than the baseline." } }
        @if both > 0 { p { (number::count(both as u64)) " named by both verdicts: worse than the baseline, and by more than chance explains." } }
        @if aws > 0 { p { (number::count(aws as u64)) " named by SageMaker’s rule only: worse than the baseline, which half of all unchanged metrics are; chance explains it, or it could not be tested." } }
        @if corrected > 0 { p { (number::count(corrected as u64)) " named by the corrected verdict only: further from the ideal value, though not further from 0." } }
        p.fine {
            "SageMaker’s rule asks whether the absolute value grew, by however little. The corrected verdict asks whether "
            "current − baseline is more than the sampling errors of both explain, away from the ideal value; over "
            (crate::data_quality::plural_of(check.tested, "test")) ", at most " (rate)
            " of what it names is expected to be false alarms (Benjamini–Hochberg)."
        }
    };
    verdict_tiles(&tiles, "metric", &words)
}

fn table(metrics: &[&MetricDriftFacts]) -> Markup {
    let scale = |spacing, ideal| {
        let values = metrics
            .iter()
            .filter(|metric| ideal_of(&metric.name) == ideal)
            .flat_map(|metric| [metric.baseline, metric.current]);
        ForestScale::fitting(spacing, values.flatten())
    };
    let differences = scale(Spacing::Linear, Ideal::Zero);
    let ratios = scale(Spacing::Logarithmic, Ideal::One);
    html! {
        div.scroll tabindex="0" {
            table.metrics.moves {
                thead {
                    tr {
                        th scope="col" { "Group d" } th scope="col" { "Metric" }
                        th.num scope="col" { "Then" } th.num scope="col" { "Now" }
                        th.forest scope="col" { span.hidden { "Picture" } (forest_axis(&differences)) }
                        th scope="col" { "Now − then" }
                        th.num scope="col" { "Adjusted p" }
                        th scope="col" { "Named by" }
                    }
                }
                tbody {
                    @for metric in metrics.iter().take(MOST_ROWS) {
                        @let scale = if ideal_of(&metric.name) == Ideal::One { &ratios } else { &differences };
                        (row(metric, scale))
                    }
                }
            }
        }
        p.fine { "○ then, ● now; the line is the ideal value, an arrow points beyond the scale. DI is spaced by its logarithm." }
    }
}

fn row(metric: &MetricDriftFacts, scale: &ForestScale) -> Markup {
    let number_or_none = |value: Option<f64>| value.map_or("no value".to_owned(), metric_number);
    html! {
        tr {
            th scope="row" { (facet_name(&metric.facet, &metric.value_or_threshold)) }
            td { b { (shown_name(&metric.name)) } }
            td.num data-head="Then" { (number_or_none(metric.baseline)) }
            td.num data-head="Now" { (number_or_none(metric.current)) }
            td.forest {
                @if let (Some(then), Some(now)) = (metric.baseline, metric.current) { (forest_move(scale, then, now)) }
            }
            td data-head="Now − then" {
                @match (&metric.interval, metric.baseline, metric.current) {
                    (Some(interval), _, _) => span.nowrap { (interval_text(interval)) small { (number::percent(interval.level)) ", " (interval.method) } },
                    (None, _, _) => span.muted { "no interval" },
                }
                @if let Some(note) = &metric.note { small { (note) } }
            }
            td.num data-head="Adjusted p" {
                @match metric.p_adjusted {
                    Some(p) => (number::probability(p)),
                    None => span.muted { "not tested" },
                }
            }
            td.badges { (named_by(metric)) }
        }
    }
}

fn named_by(metric: &MetricDriftFacts) -> Markup {
    html! {
        @if metric.violates_aws { span.badge.bad { "SageMaker" } " " }
        @if metric.violates_corrected { span.badge.sure { "Corrected" } }
        @if !metric.violates_aws && !metric.violates_corrected {
            @if metric.baseline.is_none() || metric.current.is_none() { span.badge { "Not compared" } }
            @else if metric.p_value.is_none() { span.badge { "Not tested" } }
            @else { span.ok { "–" } }
        }
    }
}
