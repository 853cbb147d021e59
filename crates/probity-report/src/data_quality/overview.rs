//! The two tables at the top: what violates, and all columns in one view.

use std::collections::HashMap;

use maud::{Markup, html};

use super::DataQualityReport;
use super::facts;
use super::feature::{Feature, Features, Missing, Presence};
use super::findings::{Finding, check_label};
use super::picture::Picture;
use super::unjudged::Unjudged;
use super::words::{name_link, name_of};
use crate::chart::{meter, spark};
use crate::number;

/// Rows of the violations table; the documents have the rest.
const MOST_VIOLATIONS: usize = 500;

pub(crate) fn violations(findings: &[Finding<'_>], features: &Features<'_>) -> Markup {
    html! {
        section {
            h2 { "Violations" }
            div.scroll tabindex="0" {
                table.violations {
                    thead { tr { th scope="col" { "Column" } th scope="col" { "Check" } th scope="col" { "What happened" } th scope="col" { "Named by" } } }
                    tbody {
                        @for finding in findings.iter().take(MOST_VIOLATIONS) {
                            tr {
                                th scope="row" { (name_link(finding.feature_name, features)) }
                                td.nowrap { (check_label(finding.check)) }
                                td.wide { (features.told(finding)) }
                                td.badges { (named_by(finding)) }
                            }
                        }
                    }
                }
            }
            @if findings.len() > MOST_VIOLATIONS {
                p.fine { "And " (number::count((findings.len() - MOST_VIOLATIONS) as u64)) " more in the documents beside this file." }
            }
        }
    }
}

pub(crate) fn named_by(finding: &Finding<'_>) -> Markup {
    html! {
        @if finding.aws { span.badge.bad { "SageMaker" } }
        @if finding.aws && finding.corrected { " " }
        @if finding.corrected { span.badge.sure { "Corrected" } }
    }
}

pub(crate) fn columns(
    report: &DataQualityReport<'_>,
    sorted: &[&Feature<'_>],
    pictures: &HashMap<usize, &Picture>,
) -> Markup {
    let is_without_rows = Unjudged::of(report).is_some_and(Unjudged::is_without_rows);
    let unnamed = if is_without_rows {
        "Not judged"
    } else {
        "Within limits"
    };
    html! {
        section #columns {
            h2 { "All columns" }
            div.tools hidden {
                label { span { "Find a column" } input #find type="search" autocomplete="off"; }
                @if report.probity.check.is_some() {
                    label { input #only type="checkbox"; " Only violations" }
                }
                span.found role="status" {}
            }
            @if sorted.is_empty() { p { "The data have no columns." } }
            @else if report.baseline.is_some() { (comparison(sorted, pictures, unnamed)) }
            @else { (profile(sorted, pictures)) }
        }
    }
}

fn comparison(
    sorted: &[&Feature<'_>],
    pictures: &HashMap<usize, &Picture>,
    unnamed: &str,
) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.columns {
                thead {
                    tr {
                        th scope="col" { "Column" } th scope="col" { "Type" }
                        th scope="col" { span.hidden { "Distribution" } }
                        th scope="col" { "Moved" }
                        th.num scope="col" { "Distance" } th.num scope="col" { "Allowed" }
                        th.num scope="col" { "Adjusted p" } th.num scope="col" { "PSI" }
                        th.num scope="col" { "Missing" } th scope="col" { "Verdict" }
                    }
                }
                tbody {
                    @for feature in sorted { (comparison_row(feature, small_picture(pictures.get(&feature.position)), unnamed)) }
                }
            }
        }
    }
}

/// Only columns with a section have a picture: ten thousand of them would weigh megabytes.
fn small_picture(picture: Option<&&Picture>) -> Markup {
    html! {
        @if let Some(shares) = picture.and_then(|picture| picture.shares()) { (spark(&shares)) }
    }
}

fn comparison_row(feature: &Feature<'_>, picture: Markup, unnamed: &str) -> Markup {
    let drift = feature.drift();
    let class = if feature.findings.is_empty() {
        "within"
    } else {
        "over"
    };
    html! {
        tr data-v=[(!feature.findings.is_empty()).then_some("1")] {
            th scope="row" { (row_name(feature)) }
            td { (type_change(feature)) }
            td { (picture) }
            td.nowrap { (meter(feature.moved, class)) " " span.n { (number::thousandths(feature.moved)) } }
            @match drift {
                Some(drift) => {
                    td.num { (drift.distance.map_or("unknown".to_owned(), number::thousandths)) }
                    td.num { (number::short(drift.threshold)) }
                    td.num { (drift.p_adjusted.map_or("–".to_owned(), number::probability)) }
                    td.num { (drift.psi.map_or("–".to_owned(), number::thousandths)) }
                }
                None => { td.num { "–" } td.num { "–" } td.num { "–" } td.num { "–" } }
            }
            td.num.nowrap { (missing_change(feature)) }
            td { (verdict(feature, unnamed)) }
        }
    }
}

fn row_name(feature: &Feature<'_>) -> Markup {
    name_of(feature)
}

/// `unnamed`: what is said of a column that no finding names.
fn verdict(feature: &Feature<'_>, unnamed: &str) -> Markup {
    html! {
        @match feature.presence {
            Presence::Gone => span.badge.bad { "Gone" },
            Presence::New => span.badge.bad { "New" },
            Presence::Alone | Presence::Both => {
                @if feature.findings.is_empty() { span.ok { (unnamed) } }
                @else { span.badge.bad { "Violation" } }
            }
        }
    }
}

pub(crate) fn type_change(feature: &Feature<'_>) -> Markup {
    let now = feature.current.map(|side| side.inferred_type.name());
    let before = feature.baseline.map(|side| side.inferred_type.name());
    html! {
        @match (before, now) {
            (Some(before), Some(now)) if before != now => { (before) " → " (now) }
            (_, Some(now)) => (now),
            (Some(before), None) => (before),
            (None, None) => {}
        }
    }
}

pub(crate) fn missing_change(feature: &Feature<'_>) -> String {
    let share = |missing: Missing| {
        missing
            .share()
            .map_or("unknown".to_owned(), number::percent)
    };
    match (feature.baseline, feature.current) {
        (Some(before), Some(now)) => {
            let (before, now) = (share(before.missing), share(now.missing));
            if before == now {
                now
            } else {
                format!("{before} → {now}")
            }
        }
        (None, Some(side)) | (Some(side), None) => share(side.missing),
        (None, None) => String::new(),
    }
}

fn profile(sorted: &[&Feature<'_>], pictures: &HashMap<usize, &Picture>) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.columns {
                thead {
                    tr {
                        th scope="col" { "Column" } th scope="col" { "Type" }
                        th scope="col" { span.hidden { "Distribution" } }
                        th.num scope="col" { "Missing" } th.num scope="col" { "Distinct" }
                        th.num scope="col" { "Mean" } th.num scope="col" { "Smallest" } th.num scope="col" { "Largest" }
                        th scope="col" { "Most frequent" }
                    }
                }
                tbody {
                    @for feature in sorted {
                        @let numeric = feature.current.and_then(|side| side.numeric).filter(|_| !feature.redacted);
                        tr {
                            th scope="row" { (row_name(feature)) }
                            td { (type_change(feature)) }
                            td { (small_picture(pictures.get(&feature.position))) }
                            td.num { (missing_change(feature)) }
                            td.num { (facts::distinct(feature).unwrap_or_default()) }
                            @match numeric {
                                Some(numeric) => {
                                    td.num { (number::short(numeric.mean)) }
                                    td.num { (number::short(numeric.min)) }
                                    td.num { (number::short(numeric.max)) }
                                }
                                None => { td.num { "–" } td.num { "–" } td.num { "–" } }
                            }
                            td.clip { bdi { (facts::most_frequent(feature)) } }
                        }
                    }
                }
            }
        }
    }
}
