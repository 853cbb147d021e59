//! Parts of the report for a page that shows a monitor: every constrained metric then and now,
//! what the numbers mean, and the predictions in pictures.

use maud::{Markup, html};
use probity_domain::document::model_quality_statistics::ProblemMetrics;

use super::check;
use super::metric_table::metric_table;
use super::picture;
use super::report::{ModelQualityReport, all_notes, deviations, pictures};
use super::words::{explained, headline};
use crate::verdict::Verdict;

#[derive(Clone, Debug)]
pub struct QualityParts {
    pub headline: String,
    pub notes: Vec<String>,
    /// In plain words.
    pub said: Vec<Markup>,
    /// Both verdicts and every metric with its limit; nothing without a check.
    pub compared: Markup,
    pub pictures: Markup,
    /// The confusion matrix of the baseline, where it has one.
    pub confusion_then: Option<Markup>,
    /// All metrics with their intervals.
    pub metrics: Markup,
}

pub fn quality_parts(report: &ModelQualityReport<'_>) -> QualityParts {
    let file = report.probity;
    QualityParts {
        headline: match &file.check {
            Some(facts) => check::headline(facts, Verdict::named(&facts.verdict)).1,
            None => headline(file).1,
        },
        notes: all_notes(file).cloned().collect(),
        said: explained(file),
        compared: file.check.as_ref().map(check::section).unwrap_or_default(),
        pictures: pictures(report),
        confusion_then: report.baseline.and_then(|then| match &then.metrics {
            ProblemMetrics::Binary(metrics) => Some(picture::confusion(&metrics.confusion_matrix)),
            ProblemMetrics::Multiclass(metrics) => {
                Some(picture::confusion(&metrics.confusion_matrix))
            }
            ProblemMetrics::Regression(_) => None,
        }),
        metrics: html! { (metric_table(&file.whole.metrics, &deviations(report.statistics))) },
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn every_sample_has_metrics_and_a_check_is_told() {
        let mut checks = 0;
        for sample in samples() {
            let report = sample.report();
            let parts = quality_parts(&report);
            assert!(!parts.headline.is_empty());
            assert!(parts.metrics.into_string().contains("<table"));
            let is_check = report.probity.check.is_some();
            assert_eq!(!parts.compared.into_string().is_empty(), is_check);
            checks += usize::from(is_check);
        }
        assert!(checks > 0);
    }
}
