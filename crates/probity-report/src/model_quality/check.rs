//! Then and now: every constraint of the check with both verdicts, and how each decided.

use maud::{Markup, html};
use probity_domain::document::model_quality_constraints::ComparisonOperator;
use probity_domain::document::model_quality_file::{MetricChange, QualityCheckFacts};

use super::metric_text::{Scale, label_of, scale_of};
use super::words::metric_number;
use crate::chart::{share_axis_labels, share_move};
use crate::data_quality::{plural, plural_of};
use crate::masthead::Mark;
use crate::number;
use crate::verdict::Verdict;
use crate::verdict_tiles::{Tile, verdict_tiles};

pub(crate) fn headline(check: &QualityCheckFacts, verdict: Verdict) -> (Mark, String) {
    let compared = plural(check.metrics.len(), "metric");
    let metrics = check.metrics.iter();
    let uncompared = metrics.filter(|metric| metric.current.is_none()).count();
    match violations(check, verdict) {
        0 if uncompared == check.metrics.len() => (
            Mark::Warning,
            "Nothing could be judged: no constrained metric has a value".to_owned(),
        ),
        0 if check.tested == 0 && verdict == Verdict::Corrected => (
            Mark::Warning,
            "No violation found, but no change could be tested".to_owned(),
        ),
        0 if uncompared > 0 => (
            Mark::Neutral,
            format!(
                "No violation found, but {} of {compared} could not be compared",
                number::count(uncompared as u64)
            ),
        ),
        0 => (
            Mark::Good,
            format!("None of {compared} is worse than its limit"),
        ),
        1 => (
            Mark::Bad,
            format!("1 of {compared} is worse than its limit"),
        ),
        n => (
            Mark::Bad,
            format!(
                "{} of {compared} are worse than their limits",
                number::count(n as u64)
            ),
        ),
    }
}

pub(crate) fn violations(check: &QualityCheckFacts, verdict: Verdict) -> usize {
    let held = check.metrics.iter().filter(|metric| match verdict {
        Verdict::Aws => metric.violates_aws,
        Verdict::Corrected => metric.violates_corrected,
    });
    held.count()
}

pub(crate) fn section(check: &QualityCheckFacts) -> Markup {
    let mut metrics: Vec<&MetricChange> = check.metrics.iter().collect();
    // Stable: within a class the order of the constraints stays.
    metrics.sort_by_key(|metric| !metric.violates_aws && !metric.violates_corrected);
    let has_shares = metrics.iter().any(|m| scale_of(&m.name) == Scale::Share);
    html! {
        (verdicts(check))
        section {
            h2 { "Then and now" }
            div.scroll tabindex="0" {
                table.metrics.moves {
                    thead {
                        tr {
                            th scope="col" { "Metric" }
                            th.num scope="col" { "Then" } th.num scope="col" { "Now" }
                            @if has_shares { th.forest scope="col" { span.hidden { "Picture" } (share_axis_labels()) } }
                            th scope="col" { "Change" }
                            th.num scope="col" { "Adjusted p" }
                            th scope="col" { "Limit" }
                            th scope="col" { "Named by" }
                        }
                    }
                    tbody { @for metric in &metrics { (row(metric, has_shares.then(|| picture(metric)))) } }
                }
            }
            @if has_shares { p.fine { "○ then, ● now, on a scale from 0 to 1." } }
        }
    }
}

pub(super) fn verdicts(check: &QualityCheckFacts) -> Markup {
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
            "beyond the limit, by however little",
        ),
        tile(
            Verdict::Corrected,
            "Corrected verdict",
            &format!("worse than chance explains, at {rate}"),
        ),
    ];
    let count = |wanted: (bool, bool)| {
        let metrics = check.metrics.iter();
        metrics
            .filter(|metric| (metric.violates_aws, metric.violates_corrected) == wanted)
            .count()
    };
    let untested = check.metrics.iter().filter(|metric| {
        metric.violates_aws && !metric.violates_corrected && metric.p_value.is_none()
    });
    let untested = untested.count();
    let words = html! {
        @let (both, aws, corrected) = (count((true, true)), count((true, false)), count((false, true)));
        @if check.tested == 0 { p { "0 of " (number::count(check.metrics.len() as u64)) " could be tested: the corrected verdict says nothing." } }
        @else if both + aws + corrected == 0 { p { "No verdict names a metric." } }
        @if both > 0 { p { (number::count(both as u64)) " named by both verdicts: beyond the limit, and by more than chance explains." } }
        @if aws > untested { p { (number::count((aws - untested) as u64)) " named by SageMaker’s rule only: beyond the limit, but chance explains the change." } }
        @if untested > 0 { p { (number::count(untested as u64)) " named by SageMaker’s rule only because the change could not be tested." } }
        @if corrected > 0 { p { (number::count(corrected as u64)) " named by the corrected verdict only: worse than chance explains, though within the limit." } }
        p.fine {
            "A limit that is suggested is the baseline’s own value, so that half of all samples from an unchanged model are beyond it; one that somebody set leaves the room that they gave it. "
            "The corrected verdict asks whether the change for the worse is more than the sampling errors that are known explain; over "
            (plural_of(check.tested, "test")) ", at most " (rate) " of what it names is expected to be false alarms (Benjamini–Hochberg)."
            @if check.minimum_rows > 0 { " It needs " (number::count(check.minimum_rows)) " rows." }
        }
    };
    verdict_tiles(&tiles, "metric", &words)
}

pub(crate) fn limit(metric: &MetricChange) -> String {
    let bound = match metric.comparison_operator {
        ComparisonOperator::LessThanThreshold => "at least",
        ComparisonOperator::GreaterThanThreshold => "at most",
    };
    format!("{bound} {}", metric_number(metric.threshold))
}

/// What the difference is taken from: an edited limit is a number of its own, which the
/// baseline's sampling error says nothing about.
pub(crate) fn measured_against(metric: &MetricChange) -> &'static str {
    let (Some(now), Some(difference)) = (metric.current, metric.difference) else {
        return "now − then";
    };
    let Some(then) = metric.baseline else {
        return "now − limit";
    };
    let scale = then.abs().max(now.abs());
    if (now - then - difference).abs() > 1e-9 * scale {
        return "now − limit";
    }
    "now − then"
}

fn picture(metric: &MetricChange) -> Markup {
    let shown = (scale_of(&metric.name), metric.baseline, metric.current);
    let (Scale::Share, Some(then), Some(now)) = shown else {
        return html! {};
    };
    share_move(then, now)
}

/// `picture` is absent where the table has no such column.
fn row(metric: &MetricChange, picture: Option<Markup>) -> Markup {
    let shown = |value: Option<f64>| value.map_or("no value".to_owned(), metric_number);
    html! {
        tr {
            th scope="row" { b { (label_of(&metric.name)) } }
            td.num data-head="Then" { (shown(metric.baseline)) }
            td.num data-head="Now" { (shown(metric.current)) }
            @if let Some(picture) = picture { td.share { (picture) } }
            td data-head="Change" {
                (shown(metric.difference))
                @if metric.difference.is_some() { " " small { (measured_against(metric)) } }
                @if let Some(interval) = &metric.interval {
                    small { (number::percent(interval.level)) " interval " (metric_number(interval.low)) " to " (metric_number(interval.high)) ", " (interval.method) }
                }
                @if let Some(note) = &metric.note { small { (note) } }
            }
            td.num data-head="Adjusted p" {
                @match metric.p_adjusted {
                    Some(p) => (number::probability(p)),
                    None => span.muted { "not tested" },
                }
            }
            td.nowrap data-head="Limit" { (limit(metric)) }
            td.badges { (named_by(metric)) }
        }
    }
}

fn named_by(metric: &MetricChange) -> Markup {
    html! {
        @if metric.violates_aws { span.badge.bad { "SageMaker" } " " }
        @if metric.violates_corrected { span.badge.sure { "Corrected" } }
        @if !metric.violates_aws && !metric.violates_corrected {
            @if metric.current.is_none() { span.badge { "Not compared" } }
            @else if metric.p_value.is_none() { span.badge { "Not tested" } }
            @else { span.ok { "–" } }
        }
    }
}
