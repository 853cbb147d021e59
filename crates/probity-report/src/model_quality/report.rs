//! The page of a model-quality result: what the numbers mean, pictures of the predictions,
//! every metric, classes and segments, and after a check what changed since the baseline.

use maud::{Markup, html};
use probity_domain::document::model_quality_file::{ModelQualityFile, QualityRows};
use probity_domain::document::model_quality_statistics::{ModelQualityStatistics, ProblemMetrics};
use probity_domain::document::model_quality_violations::ModelQualityViolations;

use super::metric_table::{Deviations, metric_table};
use super::words::{explained, headline};
use super::{check, classes, method, picture, segments};
use crate::data_quality::plural_of;
use crate::masthead::{Masthead, masthead, notes, sources};
use crate::number;
use crate::page::page;
use crate::verdict::Verdict;

/// The documents that a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct ModelQualityReport<'a> {
    /// The user's own, when there is one.
    pub title: Option<&'a str>,
    pub statistics: &'a ModelQualityStatistics,
    /// After a check it holds both verdicts.
    pub probity: &'a ModelQualityFile,
    /// After a check against a baseline that has them: drawn behind the current curves.
    pub baseline: Option<&'a ModelQualityStatistics>,
    pub baseline_probity: Option<&'a ModelQualityFile>,
    /// Of SageMaker's verdict, after a check.
    pub violations: Option<&'a ModelQualityViolations>,
}

/// One HTML file that needs nothing else.
pub fn render(report: &ModelQualityReport<'_>) -> String {
    let file = report.probity;
    let (kind, (mark, headline)) = match &file.check {
        Some(check) => (
            "Model quality check",
            check::headline(check, Verdict::named(&check.verdict)),
        ),
        None => ("Model quality", headline(file)),
    };
    let said = explained(file);
    let deviations = deviations(report.statistics);
    let body = html! {
        (masthead(&Masthead { kind, title: report.title, mark, headline: &headline, lead: lead(file) }))
        main.wrap {
            (notes(all_notes(file)))
            @if let Some(facts) = &file.check { (check::section(facts)) }
            @if !said.is_empty() {
                section.said {
                    h2 { "In plain words" }
                    ul { @for sentence in &said { li { (sentence) } } }
                }
            }
            (pictures(report))
            section {
                h2 { "Metrics" }
                (metric_table(&file.whole.metrics, &deviations))
            }
            @if !file.whole.extended.is_empty() {
                section {
                    h2 { "Metrics that Model Monitor lacks" }
                    (metric_table(&file.whole.extended, &Deviations::new()))
                }
            }
            @if !file.whole.classes.is_empty() { (classes::section(&file.whole)) }
            @if !file.segments.is_empty() { (segments::section(&file.segments)) }
            (method::section())
        }
        footer { div.wrap { (origin(file)) } }
    };
    page(&format!("{headline} · Probity"), &body).into_string()
}

pub(crate) fn all_notes(file: &ModelQualityFile) -> impl Iterator<Item = &String> {
    let check = file.check.iter().flat_map(|check| &check.notes);
    check
        .chain(&file.notes)
        .chain(&file.whole.notes)
        .chain(&file.dataset.notes)
}

pub(super) fn deviations(statistics: &ModelQualityStatistics) -> Deviations {
    let scalars = statistics.metrics.scalars().into_iter();
    scalars
        .filter_map(|(name, metric)| Some((name, metric.standard_deviation?)))
        .collect()
}

fn lead(file: &ModelQualityFile) -> Markup {
    let columns = &file.columns;
    html! {
        (plural_of(file.whole.rows.n, "row")) " of " (sources(&file.dataset.sources))
        "; " (file.problem_type.name()) ", label " code { bdi { (columns.label) } }
        @if let Some(positive) = &columns.positive { ", positive " b { bdi { (positive) } } }
        @if let Some(prediction) = &columns.prediction { ", prediction " code { bdi { (prediction) } } }
        @if let Some(probability) = &columns.probability {
            ", probability " code { bdi { (probability) } }
            @if let Some(threshold) = columns.probability_threshold { ", positive above " (number::short(threshold)) }
        }
        @if let Some(check) = &file.check { "; compared with " code { bdi { (check.baseline) } } }
        "."
        (left_out(&file.whole.rows))
    }
}

/// Rows that no metric rests on.
fn left_out(rows: &QualityRows) -> Markup {
    let reasons = [
        (rows.n_missing_label, "without a label"),
        (rows.n_missing_prediction, "without a prediction"),
        (rows.n_missing_probability, "without a probability"),
    ];
    let left_out: Vec<String> = reasons
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, why)| format!("{} {why}", number::count(*n)))
        .collect();
    html! {
        @if !left_out.is_empty() { " Left out: " (left_out.join(", ")) "." }
    }
}

pub(super) fn pictures(report: &ModelQualityReport<'_>) -> Markup {
    let whole = &report.probity.whole;
    let has_scores = report.probity.columns.probability.is_some();
    html! {
        section {
            h2 { "Predictions in pictures" }
            div.cards {
                @match &report.statistics.metrics {
                    ProblemMetrics::Binary(metrics) => {
                        div.feature { (picture::confusion(&metrics.confusion_matrix)) }
                        @if has_scores {
                            div.feature { (picture::roc(metrics, report.baseline)) }
                            div.feature { (picture::precision_recall(metrics, report.baseline)) }
                        }
                        @if let Some((first, rest)) = whole.calibration.split_first() {
                            div.feature {
                                (picture::calibration(first))
                                @for curve in rest {
                                    details.more { summary { "The same in bins of " (picture::bins_of(curve)) } (picture::calibration(curve)) }
                                }
                            }
                        }
                    }
                    ProblemMetrics::Multiclass(metrics) => {
                        div.feature { (picture::confusion(&metrics.confusion_matrix)) }
                    }
                    ProblemMetrics::Regression(_) => {
                        @if let Some(residuals) = &whole.residuals {
                            div.feature { (picture::residuals(residuals, baseline_residuals(report))) }
                        } @else { p.nothing { "There are no residuals to draw." } }
                    }
                }
            }
        }
    }
}

fn baseline_residuals<'a>(
    report: &ModelQualityReport<'a>,
) -> Option<&'a probity_domain::document::model_quality_file::ResidualFacts> {
    report.baseline_probity?.whole.residuals.as_ref()
}

fn origin(file: &ModelQualityFile) -> Markup {
    let dataset = &file.dataset;
    html! {
        p {
            "Written by " (file.writer) " from " (plural_of(dataset.rows, "row")) ", "
            (plural_of(dataset.files, "file")) ", format " (dataset.format)
            ". Seed of the subsamples: " (file.seed) ". Exact figures are in "
            code { "statistics.json" } " and " code { "probity.json" } " beside this file."
        }
        @if !file.history.is_empty() {
            details {
                summary { "Edits of the constraints" }
                div.scroll tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "Metric" } th scope="col" { "Setting" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Why" } } }
                        tbody {
                            @for edit in &file.history {
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
    }
}
