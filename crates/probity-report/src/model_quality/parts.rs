//! Parts of the report for a page that shows a monitor: every constrained metric then and now,
//! what the numbers mean, and the predictions in pictures.

use maud::{Markup, html};
use probity_domain::document::model_quality_file::{MetricChange, QualityMetric};
use probity_domain::document::model_quality_statistics::ProblemMetrics;
use probity_domain::document::probity_file::Interval;

use super::check;
use super::metric_table::metric_table;
use super::metric_text::{Scale, label_of, scale_of, text_of};
use super::picture;
use super::report::{ModelQualityReport, all_notes, deviations, pictures};
use super::words::{explained, headline, metric_number};
use crate::bias::Measured;
use crate::chart::{ShareMark, share_axis_labels, share_mark};
use crate::number;
use crate::verdict::Verdict;

#[derive(Clone, Debug)]
pub struct QualityParts {
    /// The baseline's file now holds other values than those that were compared with: its
    /// intervals, matrix and curves are not told.
    pub is_baseline_replaced: bool,
    pub headline: String,
    pub notes: Vec<String>,
    /// In plain words.
    pub said: Vec<Markup>,
    /// Both verdicts; nothing without a check.
    pub verdicts: Option<Markup>,
    /// Ends of the scale of the pictures.
    pub axis: Markup,
    /// What is beyond its limit first; empty without a check.
    pub compared: Vec<ComparedMetric>,
    /// What is said of every one of them.
    pub note_of_all: Option<String>,
    pub pictures: Markup,
    /// The confusion matrix of the baseline, where it has one.
    pub confusion_then: Option<Markup>,
    /// All metrics with their intervals.
    pub metrics: Markup,
}

/// A constrained metric, at the baseline and now.
#[derive(Clone, Debug)]
pub struct ComparedMetric {
    pub name: String,
    pub label: String,
    pub formula: Option<&'static str>,
    pub then: Measured,
    pub now: Measured,
    /// The baseline above, now below; of shares only.
    pub picture: Markup,
    /// `−0.121`, and what it is the difference of.
    pub change: Option<(String, &'static str)>,
    /// Of the change, with its level and method.
    pub interval: Option<String>,
    pub p_adjusted: Option<String>,
    /// `at least 0.751`.
    pub limit: String,
    pub standing: QualityStanding,
    pub note: Option<String>,
    /// Rows that the value rests on.
    pub rows: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityStanding {
    /// Beyond its limit by SageMaker's rule, and whether beyond chance too.
    Beyond {
        beyond_chance: bool,
    },
    /// Worse by the corrected verdict alone.
    WorseByCorrected,
    Within,
    NotCompared,
}

pub fn quality_parts(report: &ModelQualityReport<'_>) -> QualityParts {
    let file = report.probity;
    let is_baseline_replaced = is_replaced(report);
    // The baseline may have been made anew since: then its intervals and curves are of something
    // else than what was compared with.
    let report = &match is_baseline_replaced {
        false => *report,
        true => ModelQualityReport {
            baseline: None,
            baseline_probity: None,
            ..*report
        },
    };
    let then = report.baseline_probity;
    let changes = file.check.iter().flat_map(|check| &check.metrics);
    let mut compared: Vec<ComparedMetric> = changes
        .map(|change| {
            let of = |metrics: &[QualityMetric]| {
                let found = metrics.iter().find(|metric| metric.name == change.name);
                found.cloned()
            };
            let then = then.and_then(|file| of(&file.whole.metrics));
            metric(change, (then.as_ref(), of(&file.whole.metrics).as_ref()))
        })
        .collect();
    // Stable: within a class the order of the constraints stays.
    compared.sort_by_key(|metric| match metric.standing {
        QualityStanding::Beyond { .. } | QualityStanding::WorseByCorrected => 0,
        QualityStanding::Within | QualityStanding::NotCompared => 1,
    });
    QualityParts {
        is_baseline_replaced,
        headline: match &file.check {
            Some(facts) => check::headline(facts, Verdict::named(&facts.verdict)).1,
            None => headline(file).1,
        },
        notes: all_notes(file).cloned().collect(),
        said: explained(file),
        verdicts: file.check.as_ref().map(check::verdicts),
        axis: share_axis_labels(),
        note_of_all: take_common_note(&mut compared),
        compared,
        pictures: pictures(report),
        confusion_then: report.baseline.and_then(|then| match &then.metrics {
            ProblemMetrics::Binary(metrics) => Some(picture::confusion(&metrics.confusion_matrix)),
            ProblemMetrics::Multiclass(metrics) => {
                Some(picture::confusion(&metrics.confusion_matrix))
            }
            ProblemMetrics::Regression(_) => None,
        }),
        metrics: metric_table(&file.whole.metrics, &deviations(report.statistics)),
    }
}

/// Whether a metric of the baseline's file has another value than the one that was recorded.
fn is_replaced(report: &ModelQualityReport<'_>) -> bool {
    let (Some(check), Some(then)) = (&report.probity.check, report.baseline_probity) else {
        return false;
    };
    check.metrics.iter().any(|change| {
        let metrics = &then.whole.metrics;
        let found = metrics.iter().find(|metric| metric.name == change.name);
        let known = found.and_then(|metric| metric.value);
        known.is_some() && change.baseline.is_some() && known != change.baseline
    })
}

/// A sentence that stands beside every metric is said once.
fn take_common_note(compared: &mut [ComparedMetric]) -> Option<String> {
    let note = compared.first()?.note.clone()?;
    let is_common = compared.len() > 1
        && compared
            .iter()
            .all(|metric| metric.note.as_ref() == Some(&note));
    if !is_common {
        return None;
    }
    for metric in compared {
        metric.note = None;
    }
    Some(note)
}

fn metric(
    change: &MetricChange,
    (then, now): (Option<&QualityMetric>, Option<&QualityMetric>),
) -> ComparedMetric {
    let interval_of = |metric: Option<&QualityMetric>| metric.and_then(|m| m.interval.clone());
    let (then_interval, now_interval) = (interval_of(then), interval_of(now));
    ComparedMetric {
        name: change.name.clone(),
        label: label_of(&change.name),
        formula: text_of(&change.name).map(|text| text.formula),
        then: measured(change.baseline, then_interval.as_ref()),
        now: measured(change.current, now_interval.as_ref()),
        picture: marks(
            &change.name,
            (change.baseline, then_interval.as_ref()),
            (change.current, now_interval.as_ref()),
        ),
        change: change
            .difference
            .map(|by| (signed(by), check::measured_against(change))),
        interval: change
            .interval
            .as_ref()
            .map(|interval| format!("{} ({})", range(interval), how(interval))),
        p_adjusted: change.p_adjusted.map(number::probability),
        limit: check::limit(change),
        standing: standing(change),
        note: change.note.clone(),
        rows: now.map(|metric| number::count(metric.n)),
    }
}

fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", metric_number(value))
}

fn range(interval: &Interval) -> String {
    format!(
        "{} to {}",
        metric_number(interval.low),
        metric_number(interval.high)
    )
}

fn how(interval: &Interval) -> String {
    format!("{}, {}", number::percent(interval.level), interval.method)
}

fn measured(value: Option<f64>, interval: Option<&Interval>) -> Measured {
    Measured {
        value: value.map(metric_number),
        interval: interval.map(range),
        how: interval.map(how),
    }
}

fn standing(change: &MetricChange) -> QualityStanding {
    if change.current.is_none() {
        return QualityStanding::NotCompared;
    }
    match (change.violates_aws, change.violates_corrected) {
        (true, beyond_chance) => QualityStanding::Beyond { beyond_chance },
        (false, true) => QualityStanding::WorseByCorrected,
        (false, false) => QualityStanding::Within,
    }
}

type Point<'a> = (Option<f64>, Option<&'a Interval>);

fn marks(name: &str, then: Point<'_>, now: Point<'_>) -> Markup {
    let mark = |(value, interval): Point<'_>| {
        let value = value.filter(|_| scale_of(name) == Scale::Share)?;
        Some(share_mark(&ShareMark {
            value,
            interval: interval.map(|interval| (interval.low, interval.high)),
            reference: None,
        }))
    };
    html! {
        @for (class, mark) in [("then", mark(then)), ("now", mark(now))] {
            @if let Some(mark) = mark { div.(class) { (mark) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn every_sample_has_metrics_and_a_check_is_told() {
        let (mut checks, mut compared) = (0, 0);
        for sample in samples() {
            let report = sample.report();
            let parts = quality_parts(&report);
            assert!(!parts.headline.is_empty());
            assert!(parts.metrics.into_string().contains("<table"));
            let check = report.probity.check.as_ref();
            assert_eq!(parts.verdicts.is_some(), check.is_some());
            assert_eq!(
                parts.compared.len(),
                check.map_or(0, |check| check.metrics.len())
            );
            checks += usize::from(check.is_some());
            let with_interval = parts.compared.iter().filter(|m| m.now.interval.is_some());
            compared += with_interval.count();
        }
        assert!(checks > 0 && compared > 0, "{checks} {compared}");
    }

    #[test]
    fn what_is_said_of_every_metric_is_said_once() {
        let samples = samples();
        let mut checks = samples
            .iter()
            .filter(|s| s.report().probity.check.is_some());
        let sample = checks.next().unwrap();
        let mut file = sample.report().probity.clone();
        for metric in &mut file.check.as_mut().unwrap().metrics {
            metric.note = Some("the same".to_owned());
        }
        let report = ModelQualityReport {
            probity: &file,
            ..sample.report()
        };
        let parts = quality_parts(&report);
        assert_eq!(parts.note_of_all.as_deref(), Some("the same"));
        assert!(parts.compared.iter().all(|metric| metric.note.is_none()));
    }

    #[test]
    fn a_baseline_that_was_replaced_lends_neither_intervals_nor_pictures() {
        let samples = samples();
        let mut replaced = 0;
        for sample in &samples {
            let report = sample.report();
            let Some(check) = report.probity.check.as_ref() else {
                continue;
            };
            let mut then = report.probity.clone();
            for metric in &mut then.whole.metrics {
                let mut changes = check.metrics.iter();
                if let Some(change) = changes.find(|change| change.name == metric.name) {
                    metric.value = change.baseline;
                }
            }
            let with = |then| ModelQualityReport {
                baseline: Some(report.statistics),
                baseline_probity: Some(then),
                ..report
            };
            let same = quality_parts(&with(&then));
            assert!(!same.is_baseline_replaced);
            assert!(
                same.compared
                    .iter()
                    .any(|metric| metric.then.interval.is_some())
            );
            let mut replaced_by = then.clone();
            for metric in &mut replaced_by.whole.metrics {
                metric.value = metric.value.map(|value| value + 0.125);
            }
            let other = quality_parts(&with(&replaced_by));
            assert!(other.is_baseline_replaced && other.confusion_then.is_none());
            assert!(
                other
                    .compared
                    .iter()
                    .all(|metric| metric.then.interval.is_none())
            );
            replaced += 1;
        }
        assert!(replaced > 0);
    }
}
