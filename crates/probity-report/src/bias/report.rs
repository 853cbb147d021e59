//! The page of a bias result: what stands out, the groups, every metric, subgroups and
//! segments, and after a check what changed since the baseline.

use maud::{Markup, html};
use probity_domain::document::analysis::{Analysis, StageMetrics};
use probity_domain::document::bias_file::BiasFile;
use probity_domain::document::bias_violations::DriftViolations;

use super::finding::{BiasFinding, most_notable};
use super::headline::{headline, lead};
use super::significance::Correction;
use super::words::facet_title;
use super::{check, facet, method, overview, segments, subgroups};
use crate::data_quality::{plural, plural_of};
use crate::masthead::{Masthead, masthead, notes};
use crate::number;
use crate::page::page;
use crate::prose::prose;

/// Facet values with a section of their own. All metrics with their readings are about 30 kB,
/// and the page shall stay below a megabyte.
const MOST_SECTIONS: usize = 15;

/// The documents that a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct BiasReport<'a> {
    /// The user's, from the configuration of the report.
    pub title: Option<&'a str>,
    pub analysis: &'a Analysis,
    /// After a check it holds both verdicts.
    pub probity: &'a BiasFile,
    /// Of SageMaker's verdict, after a check.
    pub violations: Option<&'a DriftViolations>,
}

/// One HTML file that needs nothing else.
pub fn render(report: &BiasReport<'_>) -> String {
    let file = report.probity;
    let (mark, headline) = headline(report);
    let body = html! {
        (masthead(&Masthead { kind: kind(file), title: report.title, mark, headline: &headline, lead: lead(file) }))
        main.wrap { (sections(report)) }
        footer { div.wrap { (origin(file)) } }
    };
    page(&format!("{headline} · Probity"), &body).into_string()
}

pub(crate) fn kind(file: &BiasFile) -> &'static str {
    if file.check.is_some() {
        "Bias check"
    } else {
        "Bias analysis"
    }
}

/// Everything below the headline, for this page or a larger one.
pub(crate) fn sections(report: &BiasReport<'_>) -> Markup {
    let file = report.probity;
    let correction = Correction::of(file);
    let findings = most_notable(file, &correction);
    html! {
        (notes(all_notes(file)))
        (failed_stages(report.analysis))
        @if let Some(facts) = &file.check { (check::section(facts)) }
        (stands_out(&findings, &correction))
        (overview::distributions(file))
        (overview::facets(file, &correction, MOST_SECTIONS))
        @if !file.facets.is_empty() {
            section {
                h2 { (if file.facets.len() == 1 { "The group in detail" } else { "Group by group" }) }
                @if file.facets.len() > MOST_SECTIONS {
                    p.fine { "Shown are the first " (MOST_SECTIONS) " groups; " code { "probity.json" } " has all." }
                }
                @for facet in file.facets.iter().enumerate().take(MOST_SECTIONS) { (facet::section(file, &correction, facet)) }
            }
        }
        @if let Some(facts) = &file.subgroups { (subgroups::section(facts)) }
        @if !file.segments.is_empty() { (segments::section(&file.segments)) }
        (method::section(file))
    }
}

pub(crate) fn all_notes(file: &BiasFile) -> impl Iterator<Item = &String> {
    let check = file.check.iter().flat_map(|check| &check.notes);
    check.chain(&file.notes).chain(&file.dataset.notes)
}

/// Stages that failed as a whole, and why: they have no metrics at all.
pub(crate) fn failures(analysis: &Analysis) -> Vec<(&'static str, &String)> {
    let stages = [
        (
            "Before training (labels)",
            &analysis.pre_training_bias_metrics,
        ),
        (
            "After training (predictions)",
            &analysis.post_training_bias_metrics,
        ),
    ];
    stages
        .into_iter()
        .filter_map(|(name, stage)| match stage {
            Some(StageMetrics::Failed { error }) => Some((name, error)),
            Some(StageMetrics::Computed(_)) | None => None,
        })
        .collect()
}

fn failed_stages(analysis: &Analysis) -> Markup {
    let failed = failures(analysis);
    html! {
        @if !failed.is_empty() {
            section.notes.failed {
                h2 { "Not computed" }
                ul { @for (name, error) in failed { li { b { (name) } ": " (error) } } }
            }
        }
    }
}

fn stands_out(findings: &[BiasFinding<'_>], correction: &Correction) -> Markup {
    let (judged, beyond) = (correction.n_metrics, correction.n_sure);
    let all = plural(judged, "metric");
    let left_out = number::count(correction.n_leaving_out as u64);
    html! {
        section.findings {
            h2 { "What stands out" }
            @if findings.is_empty() {
                p {
                    @if judged == 0 { "No metric has an interval, so nothing can be said to be beyond sampling error." }
                    @else if correction.n_leaving_out == 0 { "Nothing beyond sampling error: every interval of a difference between the groups holds its ideal value." }
                    @else if beyond == 0 { "Nothing beyond sampling error after correction for " (all) ": so few intervals that leave out their ideal value may be chance among so many." }
                    @else { "No difference in rates is beyond sampling error; the tables below show which other metrics are." }
                }
            } @else {
                ol { @for finding in findings { (finding_item(finding)) } }
            }
            @if judged > 0 {
                p.fine {
                    (left_out) " of " (all) " with a direction and an interval "
                    (if correction.n_leaving_out == 1 { "leaves out its ideal value; " } else { "leave out their ideal value; " })
                    (number::count(beyond as u64)) (if beyond == 1 { " remains" } else { " remain" })
                    " after correction for " (all) " (Benjamini–Hochberg at 5%, p-values approximated from the intervals). "
                    "The flip test is not counted: its interval holds the neighbours fixed. "
                    "Beyond sampling error does not mean unfair, nor within it fair: look at the size, and at what the label stands for."
                }
            }
        }
    }
}

fn finding_item(finding: &BiasFinding<'_>) -> Markup {
    html! {
        li.feature {
            p.type {
                a.name href={ "#" (facet::anchor(finding.facet_position)) } { (facet_title(finding.facet)) }
                " · " (finding.metric.name)
            }
            p { (prose(&finding.metric.reading)) }
        }
    }
}

pub(crate) fn origin(file: &BiasFile) -> Markup {
    let dataset = &file.dataset;
    html! {
        p {
            "Written by " (file.writer) " from " (plural_of(dataset.rows, "row")) ", "
            (plural_of(dataset.files, "file")) ", format " (dataset.format)
            ". Exact figures are in "
            code { "analysis.json" } " and " code { "probity.json" } " beside this file."
        }
    }
}
