//! The page as a whole: verdict, violations, all columns, a section per column, how to read it.

use std::collections::HashMap;

use maud::{Markup, html};
use probity_domain::document::constraint_violations::ConstraintViolations;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::probity_file::{CheckFacts, ProbityFile};
use probity_domain::document::statistics::Statistics;

use super::feature::{Feature, Features};
use super::findings;
use super::picture::Picture;
use super::unjudged::Unjudged;
use super::words::{self, Named, Tone};
use super::{card, limits, overview};
use crate::number;
use crate::page::page;
use crate::verdict::Verdict;

/// Columns with a section of their own: so many that moved most…
const MOST_SECTIONS: usize = 200;
/// …and so many in all, when violations name more.
const MOST_SECTIONS_WITH_FINDINGS: usize = 300;

/// The documents that a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct DataQualityReport<'a> {
    /// Of the current data.
    pub statistics: &'a Statistics,
    /// `None` in the report of a profile or a baseline.
    pub baseline: Option<&'a Statistics>,
    /// Of the current data; `check` is there when there is a baseline.
    pub probity: &'a ProbityFile,
    /// The constraints that the check obeyed, or those that the baseline suggests.
    pub constraints: Option<&'a Constraints>,
    /// Of SageMaker's verdict.
    pub violations: Option<&'a ConstraintViolations>,
}

impl<'a> DataQualityReport<'a> {
    /// What a reader should know first: of the check, then of the reading of the data.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let check = self.probity.check.iter().flat_map(|check| &check.notes);
        check.chain(&self.probity.dataset.notes).map(String::as_str)
    }
}

/// One HTML file that needs nothing else.
pub fn render(report: &DataQualityReport<'_>) -> String {
    let findings = findings::all(report);
    let features = Features::of(report);
    let named = Named::of(&findings);
    let sorted = features.by_movement();
    let sections: Vec<(&Feature<'_>, Picture)> = sections(&sorted)
        .into_iter()
        .map(|feature| (feature, Picture::of(feature)))
        .collect();
    let pictures: HashMap<usize, &Picture> = sections
        .iter()
        .map(|(feature, picture)| (feature.position, picture))
        .collect();
    let (tone, headline) = words::headline(report, &named);
    let body = html! {
        header.top { div.wrap { (masthead(report, tone, &headline)) } }
        main.wrap {
            (notes(report))
            @if let Some(check) = &report.probity.check {
                (verdicts(report, check, &named, &features))
            }
            @if !findings.is_empty() { (overview::violations(&findings, &features)) }
            (limits::of_file(report))
            (overview::columns(report, &sorted, &pictures))
            @if !sections.is_empty() {
                section {
                    h2 { "Column by column" }
                    @if sections.len() < sorted.len() {
                        p.fine {
                            "Shown are the " (number::count(sections.len() as u64))
                            " columns that moved most or violate a constraint; the table above has all."
                        }
                    }
                    @for section in &sections { (card::section(report, section, &findings)) }
                }
            }
            @if report.baseline.is_some() { (how_to_read()) }
        }
        footer { div.wrap { (origin(report)) } }
    };
    page(&format!("{headline} · Probity"), &body).into_string()
}

fn sections<'f, 'a>(sorted: &[&'f Feature<'a>]) -> Vec<&'f Feature<'a>> {
    let wanted = sorted
        .iter()
        .enumerate()
        .filter(|(rank, f)| *rank < MOST_SECTIONS || !f.findings.is_empty());
    wanted
        .map(|(_, feature)| *feature)
        .take(MOST_SECTIONS_WITH_FINDINGS)
        .collect()
}

fn masthead(report: &DataQualityReport<'_>, tone: Tone, headline: &str) -> Markup {
    let kind = if report.probity.check.is_some() {
        "Data quality check"
    } else if limits::is_baseline(report) {
        "Baseline"
    } else {
        "Data profile"
    };
    let (class, mark) = match tone {
        Tone::Good => ("good", "M5 12.5l4.5 4.5L19 7.5"),
        Tone::Bad => ("bad", "M12 5v9M12 18v.5"),
        Tone::Warning => ("warning", "M12 5v9M12 18v.5"),
        Tone::Neutral => ("neutral", "M6 19v-6M12 19V6M18 19v-9"),
    };
    html! {
        p.kind { b { "Probity" } " " (kind) }
        div.headline {
            svg.mark.(class) viewBox="0 0 24 24" aria-hidden="true" {
                circle cx="12" cy="12" r="12" {}
                path d=(mark) {}
            }
            h1 { (headline) }
        }
        p.lead { (compared(report)) }
    }
}

fn compared(report: &DataQualityReport<'_>) -> Markup {
    let rows = words::plural_of(report.statistics.dataset.item_count, "row");
    html! {
        // The headline of a profile says how many rows there are.
        @if report.probity.check.is_some() { (rows) " of " } @else { "From " }
        (sources(&report.probity.dataset.sources))
        @if let Some(baseline) = report.baseline {
            " compared with " (words::baseline_of(baseline))
            @if let Some(check) = &report.probity.check { ", " code { bdi { (check.baseline) } } }
        }
        "."
    }
}

fn sources(sources: &[String]) -> Markup {
    const MOST: usize = 3;
    html! {
        @if sources.is_empty() { "unnamed data" }
        @for (index, source) in sources.iter().take(MOST).enumerate() {
            @if index > 0 { ", " }
            code { bdi { (source) } }
        }
        @if sources.len() > MOST { " and " (number::count((sources.len() - MOST) as u64)) " more" }
    }
}

fn verdicts(
    report: &DataQualityReport<'_>,
    check: &CheckFacts,
    named: &Named<'_>,
    features: &Features<'_>,
) -> Markup {
    let deciding = Verdict::deciding(check);
    let unjudged = Unjudged::of(report);
    let tile = |verdict: Verdict, label: &str, note: &str| {
        let n = named.count(verdict);
        let decides = if verdict == deciding {
            "decides this check"
        } else {
            ""
        };
        html! {
            div.tile.hit[n > 0].unjudged[n == 0 && unjudged.is_some()] {
                div.tile-label { (label) }
                div.tile-number { (number::count(n as u64)) span { (if n == 1 { " column" } else { " columns" }) } }
                div.tile-note { (note) }
                @if !decides.is_empty() { div.tile-decides { (decides) } }
            }
        }
    };
    let rate = format!(
        "more than chance explains, at {}",
        number::percent(check.false_discovery_rate)
    );
    html! {
        section.verdicts {
            h2.hidden { "Verdicts" }
            div.tiles {
                (tile(Verdict::Aws, "SageMaker’s rule", "beyond a fixed limit"))
                (tile(Verdict::Corrected, "Corrected verdict", &rate))
            }
            div.words { (words::verdicts_explained(report, named, features)) }
        }
    }
}

fn notes(report: &DataQualityReport<'_>) -> Markup {
    let notes: Vec<&str> = report.notes().collect();
    html! {
        @if !notes.is_empty() {
            section.notes {
                h2 { "To know first" }
                ul { @for note in notes { li { (note) } } }
            }
        }
    }
}

fn how_to_read() -> Markup {
    let terms = [
        (
            "Distance",
            "What SageMaker compares with the limit. Simple: the largest difference of the two cumulative distributions (numbers) or category shares (texts). Robust: the same, less what samples of this size differ by anyway. ChiSquared: a p-value, which violates when it is below the limit.",
        ),
        (
            "Largest difference",
            "The same difference before any correction, with an interval that holds the true one at the stated confidence. An interval that starts at 0 cannot rule out that nothing changed.",
        ),
        (
            "p, adjusted p",
            "How often chance alone gives a difference at least this large when nothing changed. Adjusted: after accounting for all columns that were looked at; read it as the share of false alarms to expect among columns at least this conspicuous.",
        ),
        (
            "PSI",
            "Population stability index, Σ (current − baseline) × ln(current ÷ baseline) over the shares of bins or categories. Credit-risk practice reads below 0.1 as stable and above 0.25 as a shift.",
        ),
        (
            "Jensen–Shannon",
            "A distance of the two distributions from 0 (same) to 1 (nothing in common), base 2.",
        ),
        (
            "Wasserstein",
            "How far values would have to move on average to turn one distribution into the other, in the column’s own unit.",
        ),
        (
            "Moved",
            "The sorting order of this report: the larger of the largest difference and the change in the share of missing values; 1 for a column that came or went.",
        ),
    ];
    html! {
        section.method {
            h2 { "How to read the numbers" }
            dl { @for (term, meaning) in terms { dt { (term) } dd { (meaning) } } }
        }
    }
}

fn origin(report: &DataQualityReport<'_>) -> Markup {
    let dataset = &report.probity.dataset;
    html! {
        p {
            "Written by " (report.probity.writer) " from "
            (words::plural_of(dataset.rows, "row")) ", "
            (words::plural_of(dataset.files, "file")) ", format " (dataset.format)
            ". Histograms come from sketches of the data; exact figures are in "
            code { "statistics.json" } " and " code { "probity.json" } " beside this file. "
            "To see the bins and formulas behind a number: " code { "probity why FILE FEATURE" } "."
        }
        @if !report.probity.history.is_empty() {
            details {
                summary { "Edits of the constraints" }
                (edits(report))
            }
        }
    }
}

fn edits(report: &DataQualityReport<'_>) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { th { "When" } th { "Who" } th { "Column" } th { "Setting" } th { "From" } th { "To" } th { "Why" } } }
                tbody {
                    @for edit in &report.probity.history {
                        tr {
                            td { (edit.at) }
                            td { bdi { (edit.who) } }
                            td { bdi { (edit.feature.as_deref().unwrap_or("all")) } }
                            td { code { (edit.setting) } }
                            td { (edit.old.to_string()) }
                            td { (edit.new.to_string()) }
                            td { (edit.why.as_deref().unwrap_or("")) }
                        }
                    }
                }
            }
        }
    }
}
