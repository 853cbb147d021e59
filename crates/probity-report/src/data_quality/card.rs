//! The section of one column: what was found, the picture, the numbers.

use maud::{Markup, html};

use super::DataQualityReport;
use super::facts;
use super::feature::{Feature, Presence};
use super::findings::{self, CHI_SQUARED, Finding};
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
                div { (facts::tiles(feature)) (facts::table(feature, picture)) }
            }
        }
    }
}

/// Why something is not shown or not judged.
fn remarks(
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

fn drawing(feature: &Feature<'_>, picture: &Picture) -> Markup {
    let compares = picture.compares();
    let what = if compares {
        "baseline against current data"
    } else {
        "current data"
    };
    let title = format!("Distribution of {}: {what}", feature.shown_name());
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
                span { svg.key viewBox="0 0 18 12" aria-hidden="true" { rect.base x="1" y="1" width="16" height="10" {} } "Baseline" small { (before) } }
                span { svg.key viewBox="0 0 18 12" aria-hidden="true" { rect.now x="1" y="1" width="16" height="10" {} } "Current" small { (now) } }
            } @else {
                span { svg.key viewBox="0 0 18 12" aria-hidden="true" { rect.only x="1" y="1" width="16" height="10" {} } (feature.current_label()) small { (now) } }
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

fn share_cell(shares: Option<&Vec<f64>>, bin: usize) -> Markup {
    html! { @if let Some(shares) = shares { td.num { (shares.get(bin).copied().map_or(String::new(), number::percent)) } } }
}

fn bin_table(chart: &NumericChart) -> Markup {
    let (baseline, current) = (
        chart.shares.baseline.as_ref(),
        chart.shares.current.as_ref(),
    );
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "From, up to but not including" }
                    @if baseline.is_some() { th.num scope="col" { "Baseline" } }
                    @if current.is_some() { th.num scope="col" { "Current" } }
                }
            }
            tbody {
                @for bin in 0..chart.bins() {
                    tr { th scope="row" { (chart.label(bin)) } (share_cell(baseline, bin)) (share_cell(current, bin)) }
                }
            }
        }
    }
}

fn category_table(chart: &CategoryChart) -> Markup {
    let has_baseline = chart.bars.iter().any(|bar| bar.shares.baseline.is_some());
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Value" }
                    @if has_baseline { th.num scope="col" { "Baseline" } }
                    th.num scope="col" { "Current" }
                }
            }
            tbody {
                @for bar in &chart.bars {
                    tr {
                        th scope="row" { bdi { (bar.label) } }
                        @if has_baseline { td.num { (bar.shares.baseline.map_or(String::new(), number::percent)) } }
                        td.num { (bar.shares.current.map_or(String::new(), number::percent)) }
                    }
                }
            }
        }
    }
}

fn distance(feature: &Feature<'_>) -> Markup {
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
