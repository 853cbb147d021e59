//! The section of one column: what was found, the picture, the numbers.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::DataQualityReport;
use super::facts;
use super::feature::{Feature, Presence};
use super::findings::{self, CHI_SQUARED, Finding};
use super::limits;
use super::overview::{named_by, type_change};
use super::picture::Picture;
use crate::chart::{
    CategoryChart, Gauge, NumericChart, TwoSides, category_chart, gauge, histogram,
};
use crate::number;

pub(crate) fn section(
    report: &DataQualityReport<'_>,
    (feature, picture): &(&Feature<'_>, Picture),
    findings: &[Finding<'_>],
) -> Markup {
    let own: Vec<&Finding<'_>> = feature
        .findings
        .iter()
        .filter_map(|index| findings.get(*index))
        .collect();
    html! {
        article.feature id=(feature.anchor()) data-v=[(!own.is_empty()).then_some("1")] {
            header {
                h3 { bdi { (feature.shown_name()) } }
                span.type { (type_change(feature)) }
                @if feature.redacted { span.badge { "Redacted" } }
            }
            @for finding in &own {
                p.finding {
                    b { (findings::check_label(finding.check)) } " "
                    (findings::sentence(finding, Some(feature))) " "
                    (named_by(finding))
                }
            }
            @for note in remarks(report, feature, &own) { p.remark { (note) } }
            div.columns {
                div { (drawing(feature, picture)) (distance(feature)) }
                div { (facts::tiles(feature)) (facts::table(feature, picture)) (limits::of_column(report, feature)) }
            }
        }
    }
}

/// Why something is not shown or not judged.
pub(crate) fn remarks(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
    own: &[&Finding<'_>],
) -> Vec<String> {
    let mut remarks = Vec::new();
    // A finding already says that a column came or went.
    let is_unmentioned = own.is_empty();
    match feature.presence {
        Presence::Gone if is_unmentioned => {
            remarks.push("Only the baseline has this column.".to_owned())
        }
        Presence::New if is_unmentioned => {
            remarks.push("The baseline does not have this column.".to_owned())
        }
        Presence::Alone | Presence::Both | Presence::Gone | Presence::New => {}
    }
    if feature.redacted {
        remarks.push("The values of this column are redacted: they were replaced by hashes before anything was counted.".to_owned());
    }
    match feature.drift() {
        Some(drift) => remarks.extend(drift.note.clone()),
        None if feature.changed_kind() => {
            remarks.push("Drift was not judged: the data type changed.".to_owned());
        }
        None if feature.presence == Presence::Both && report.probity.check.is_some() => {
            remarks.push(
                "Drift was not tested: there is no comparable distribution on both sides."
                    .to_owned(),
            );
        }
        None => {}
    }
    remarks
}

pub(crate) fn drawing(feature: &Feature<'_>, picture: &Picture) -> Markup {
    let compares = picture.compares();
    let what = match feature.presence {
        _ if compares => ": baseline against current data",
        Presence::Alone => "",
        Presence::Both | Presence::Gone | Presence::New => ": current data",
    };
    let title = format!("Distribution of {}{what}", feature.shown_name());
    match picture {
        Picture::Nothing(why) => html! { p.nothing { (why) } },
        Picture::Numeric { chart, .. } => html! {
            figure {
                (legend(feature, picture))
                (histogram(chart, &title, &describe_bins(chart)))
                details { summary { "Numbers of this chart" } (bin_table(chart)) }
            }
        },
        Picture::Categories(chart) => html! {
            figure {
                (legend(feature, picture))
                (category_chart(chart, &title, &describe_categories(chart)))
                details { summary { "Numbers of this chart" } (category_table(chart)) }
            }
        },
    }
}

fn legend(feature: &Feature<'_>, picture: &Picture) -> Markup {
    let compares = picture.compares();
    let rows = |present: Option<u64>| {
        present.map_or(String::new(), |n| format!(" n = {}", number::count(n)))
    };
    let before = rows(feature.baseline.map(|side| side.missing.n_present));
    let now = rows(feature.current.map(|side| side.missing.n_present));
    html! {
        figcaption {
            @if compares {
                span { i.key.base {} "Baseline" small { (before) } }
                span { i.key.now {} "Current" small { (now) } }
            } @else {
                span { i.key.only {} (feature.current_label()) small { (now) } }
            }
            span.unit { "share of values present" }
        }
    }
}

fn describe_bins(chart: &NumericChart) -> String {
    let peak = |shares: &Option<Vec<f64>>| {
        let shares = shares.as_ref()?;
        let (bin, share) = shares
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))?;
        Some(format!(
            "{} with {}",
            chart.label(bin),
            number::percent(*share)
        ))
    };
    describe(
        chart.bins(),
        "bins",
        &TwoSides {
            baseline: peak(&chart.shares.baseline),
            current: peak(&chart.shares.current),
        },
    )
}

fn describe_categories(chart: &CategoryChart) -> String {
    let peak = |side: fn(&TwoSides<f64>) -> Option<f64>| {
        let bars = chart
            .bars
            .iter()
            .filter_map(|bar| Some((bar, side(&bar.shares)?)));
        let (bar, share) = bars.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!("{} with {}", bar.label, number::percent(share)))
    };
    describe(
        chart.bars.len(),
        "bars",
        &TwoSides {
            baseline: peak(|s| s.baseline),
            current: peak(|s| s.current),
        },
    )
}

fn describe(n: usize, what: &str, peaks: &TwoSides<String>) -> String {
    let current = peaks.current.as_deref().unwrap_or("none");
    match &peaks.baseline {
        Some(baseline) => {
            format!("{n} {what}. Largest of the baseline: {baseline}. Largest now: {current}.")
        }
        None => format!("{n} {what}. Largest: {current}."),
    }
}

/// The heaviest part of the page (forty rows a column): end tags that HTML lets one omit are
/// omitted, and a row says only where its bin begins.
fn bin_table(chart: &NumericChart) -> Markup {
    let sides = [&chart.shares.baseline, &chart.shares.current];
    let shares: Vec<&Vec<f64>> = sides.into_iter().flatten().collect();
    let heads: &[&str] = if shares.len() == 2 {
        &["Baseline", "Current"]
    } else {
        &["Share"]
    };
    let mut rows = String::new();
    for bin in 0..chart.bins() {
        // Labels are numbers and fixed words: nothing in them needs escaping.
        let _ = write!(rows, "<tr><th>{}", chart.start_label(bin));
        for side in &shares {
            let share = side.get(bin).copied().map(number::percent);
            let share = share.unwrap_or_default().replace('<', "&lt;");
            let _ = write!(rows, "<td>{share}");
        }
    }
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { (chart.start_heading()) }
                    @for head in heads { th scope="col" { (head) } }
                }
            }
            tbody { (PreEscaped(rows)) }
        }
    }
}

fn category_table(chart: &CategoryChart) -> Markup {
    let compares = chart.bars.iter().any(|bar| bar.shares.baseline.is_some());
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Value" }
                    @if compares { th scope="col" { "Baseline" } th scope="col" { "Current" } }
                    @else { th scope="col" { "Share" } }
                }
            }
            tbody {
                @for bar in &chart.bars {
                    tr {
                        th { bdi { (bar.label) } }
                        @if compares { td { (bar.shares.baseline.map_or(String::new(), number::percent)) } }
                        td { (bar.shares.current.map_or(String::new(), number::percent)) }
                    }
                }
            }
        }
    }
}

pub(crate) fn distance(feature: &Feature<'_>) -> Markup {
    let Some(drift) = feature.drift() else {
        return html! {};
    };
    // A p-value has no place on an axis of distances; the words beside the picture carry it.
    let Some(value) = drift.distance.filter(|_| drift.method != CHI_SQUARED) else {
        return html! {};
    };
    let picture = Gauge {
        distance: value,
        threshold: drift.threshold,
        effect: drift.effect,
        low: drift.interval.low,
        high: drift.interval.high,
    };
    let title = format!("Distance of {}", feature.shown_name());
    let description = format!(
        "{} distance {}, allowed {}; largest difference {}, interval {} to {}.",
        drift.method,
        number::short(value),
        number::short(drift.threshold),
        number::short(drift.effect),
        number::short(drift.interval.low),
        number::short(drift.interval.high)
    );
    html! {
        figure.distance {
            figcaption {
                span { b { (drift.method) " distance" } }
                span.unit { "● largest difference, ├─┤ its interval" }
            }
            (gauge(picture, &title, &description))
        }
    }
}
