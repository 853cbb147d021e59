//! Parts of the report for a page that shows a monitor: who is compared, the outcomes of both
//! groups, and every metric at the baseline and now.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasFile, FacetFacts, MetricDriftFacts, MetricFacts};
use probity_domain::document::probity_file::Interval;

use super::facet;
use super::headline::of_check;
use super::metric_table::{Scales, badge};
use super::metric_text::{Ideal, description_without_name, ideal_of, shown_name, text_of};
use super::significance::Correction;
use super::words::{Outcomes, facet_title, interval_text, metric_number, stands_out};
use crate::chart::{Estimate, Weight, forest_axis, forest_mark};
use crate::number;
use crate::prose::prose;
use crate::verdict::Verdict;

/// What a check found, in one line; nothing where there was none.
pub fn check_headline(file: &BiasFile) -> Option<String> {
    let check = file.check.as_ref()?;
    Some(of_check(check, Verdict::named(&check.verdict)).1)
}

/// One group against all others.
#[derive(Clone, Debug)]
pub struct FacetParts<'a> {
    /// From 1, in the order of the documents.
    pub place: usize,
    pub facet: &'a str,
    pub value: &'a str,
    /// `sex = F`.
    pub title: Markup,
    pub compared: Markup,
    /// Positive outcomes of both groups, drawn.
    pub outcomes: Markup,
    /// How well each group is predicted, with counts.
    pub rates: Markup,
    /// Ends of the scale that the pictures of the metrics lie on.
    pub axis: Markup,
    /// What is worse than the baseline first.
    pub metrics: Vec<MetricParts<'a>>,
}

/// One metric of one group, at the baseline and now.
#[derive(Clone, Debug)]
pub struct MetricParts<'a> {
    pub name: &'a str,
    pub shown_name: String,
    pub description: &'a str,
    pub stage: &'a str,
    pub then: Measured,
    pub now: Measured,
    /// Of now − then, with its level and method.
    pub change: Option<String>,
    pub p_adjusted: Option<String>,
    /// Both estimates with their intervals, above each other.
    pub picture: Markup,
    /// Who is disadvantaged and by how much.
    pub reading: Markup,
    pub standing: MetricStanding,
    /// How it is computed, what it asks, and who says so.
    pub explained: Option<MetricExplained>,
    /// Rows that the value rests on: of the group, and of all others.
    pub rows: (String, String),
    pub note: Option<String>,
    /// What the baseline's report holds, where that is another value than the one that was
    /// compared with: somebody edited what is obeyed, or made the baseline anew since. Its interval
    /// is of something else, and is not told.
    pub reported_then: Option<String>,
}

impl FacetParts<'_> {
    pub fn is_violated(&self) -> bool {
        self.metrics.iter().any(|metric| metric.standing.is_worse())
    }
}

impl MetricStanding {
    pub fn is_worse(self) -> bool {
        match self {
            Self::Worse { .. } | Self::WorseByCorrected => true,
            Self::NoWorse | Self::NotCompared => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricExplained {
    pub formula: &'static str,
    pub meaning: &'static str,
    pub source: &'static str,
    pub ideal: &'static str,
}

/// A value as it is shown, with its interval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    pub value: Option<String>,
    pub interval: Option<String>,
    /// `95%, bootstrap`.
    pub how: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricStanding {
    /// Worse than the baseline by SageMaker's rule, and whether beyond chance too.
    Worse {
        beyond_chance: bool,
    },
    /// Only the verdict that is corrected for chance says so.
    WorseByCorrected,
    NoWorse,
    NotCompared,
}

/// Every group of the analysis, what is worse than the baseline first; `then` is the baseline's own
/// file, which knows its intervals.
pub fn facets<'a>(file: &'a BiasFile, then: Option<&BiasFile>) -> Vec<FacetParts<'a>> {
    let correction = Correction::of(file);
    let given = Outcomes::of(file);
    let mut facets: Vec<FacetParts<'a>> = file
        .facets
        .iter()
        .enumerate()
        .map(|(at, of)| {
            let scales = Scales::of(of.metrics.iter());
            let mut metrics: Vec<MetricParts<'a>> = of
                .metrics
                .iter()
                .map(|metric| {
                    let drift = drift_of(file, of, metric);
                    let before = then.and_then(|then| metric_of(then, of, metric));
                    metric_parts((metric, drift, before), &scales, &correction)
                })
                .collect();
            // Stable: within a class the order of the documents stays.
            metrics.sort_by_key(|metric| !metric.standing.is_worse());
            FacetParts {
                place: at + 1,
                facet: &of.facet,
                value: &of.value_or_threshold,
                title: facet_title(of),
                compared: facet::compared(of),
                outcomes: facet::outcomes(of, given),
                rates: facet::rates(of, given),
                axis: forest_axis(&scales.differences),
                metrics,
            }
        })
        .collect();
    facets.sort_by_key(|facet| !facet.is_violated());
    facets
}

fn drift_of<'a>(
    file: &'a BiasFile,
    of: &FacetFacts,
    metric: &MetricFacts,
) -> Option<&'a MetricDriftFacts> {
    file.check.as_ref()?.metrics.iter().find(|drift| {
        drift.name == metric.name
            && drift.facet == of.facet
            && drift.value_or_threshold == of.value_or_threshold
    })
}

fn metric_of<'a>(
    then: &'a BiasFile,
    of: &FacetFacts,
    metric: &MetricFacts,
) -> Option<&'a MetricFacts> {
    let facet = then.facets.iter().find(|known| {
        known.facet == of.facet && known.value_or_threshold == of.value_or_threshold
    })?;
    let metrics = facet.metrics.iter();
    metrics
        .into_iter()
        .find(|known| known.name == metric.name && known.stage == metric.stage)
}

fn metric_parts<'a>(
    (metric, drift, before): (
        &'a MetricFacts,
        Option<&MetricDriftFacts>,
        Option<&MetricFacts>,
    ),
    scales: &Scales,
    correction: &Correction,
) -> MetricParts<'a> {
    // What the check compared with is told; the baseline's file, which may have been made anew
    // since, only adds the interval of that very value.
    let value = drift.and_then(|drift| drift.baseline);
    let known = before.and_then(|before| before.value);
    let is_other = value.is_some() && known != value;
    let reported_then = known.filter(|_| is_other).map(metric_number);
    let interval = before.and_then(|before| before.interval.as_ref());
    let interval = interval.filter(|_| value.is_some() && known == value);
    let then = Estimated {
        value,
        interval,
        weight: Weight::Unsure,
    };
    let now = Estimated {
        value: metric.value,
        interval: metric.interval.as_ref(),
        weight: match stands_out(metric) {
            true => Weight::Sure,
            false => Weight::Unsure,
        },
    };
    MetricParts {
        name: &metric.name,
        shown_name: shown_name(&metric.name),
        description: description_without_name(&metric.description, &metric.name),
        stage: &metric.stage,
        picture: picture(scales, &metric.name, (then, now)),
        then: then.told(),
        now: now.told(),
        change: drift
            .and_then(|drift| drift.interval.as_ref())
            .map(|interval| format!("{} ({})", interval_text(interval), how(interval))),
        p_adjusted: drift.and_then(|drift| drift.p_adjusted.map(number::probability)),
        reading: html! {
            @match &metric.error {
                Some(error) => (error),
                None => { (badge(correction.standing(metric), correction)) (prose(&metric.reading)) }
            }
        },
        standing: standing(drift),
        explained: text_of(&metric.name).map(|text| MetricExplained {
            formula: text.formula,
            meaning: text.meaning,
            source: text.source,
            ideal: ideal_of(&metric.name).shown(),
        }),
        rows: (
            number::count(metric.n_disadvantaged),
            number::count(metric.n_advantaged),
        ),
        note: drift
            .and_then(|drift| drift.note.clone())
            .or_else(|| metric.note.clone()),
        reported_then,
    }
}

#[derive(Clone, Copy)]
struct Estimated<'a> {
    value: Option<f64>,
    interval: Option<&'a Interval>,
    weight: Weight,
}

impl Estimated<'_> {
    fn told(&self) -> Measured {
        Measured {
            value: self.value.map(metric_number),
            interval: self.interval.map(interval_text),
            how: self.interval.map(how),
        }
    }
}

fn how(interval: &Interval) -> String {
    format!("{}, {}", number::percent(interval.level), interval.method)
}

fn standing(drift: Option<&MetricDriftFacts>) -> MetricStanding {
    let compared = drift.filter(|drift| drift.baseline.is_some() && drift.current.is_some());
    match compared.map(|drift| (drift.violates_aws, drift.violates_corrected)) {
        None => MetricStanding::NotCompared,
        Some((true, beyond_chance)) => MetricStanding::Worse { beyond_chance },
        Some((false, true)) => MetricStanding::WorseByCorrected,
        Some((false, false)) => MetricStanding::NoWorse,
    }
}

/// The baseline above, now below. Hidden from screen readers: the cells say the same in numbers.
fn picture(scales: &Scales, name: &str, (then, now): (Estimated<'_>, Estimated<'_>)) -> Markup {
    let Some(scale) = scales.for_metric(name) else {
        return html! {};
    };
    let row = |of: Estimated<'_>| {
        let value = of.value?;
        Some(Estimate {
            value,
            interval: of.interval.map(|interval| (interval.low, interval.high)),
            weight: of.weight,
        })
    };
    html! {
        @for (class, estimate) in [("then", row(then)), ("now", row(now))] {
            @if let Some(estimate) = estimate { div.(class) { (forest_mark(scale, &estimate)) } }
        }
        @if ideal_of(name) == Ideal::One {
            @let (low, high) = scale.end_labels();
            small.ends aria-hidden="true" { span { (low) } span { "1" } span { (high) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    /// The baseline as it was when it was compared with.
    fn baseline_of(file: &BiasFile) -> BiasFile {
        let mut then = file.clone();
        let drifts = file.check.iter().flat_map(|check| &check.metrics);
        for drift in drifts {
            let facets = then.facets.iter_mut().filter(|facet| {
                facet.facet == drift.facet && facet.value_or_threshold == drift.value_or_threshold
            });
            let metrics = facets.flat_map(|facet| &mut facet.metrics);
            for metric in metrics.filter(|metric| metric.name == drift.name) {
                metric.value = drift.baseline;
            }
        }
        then
    }

    #[test]
    fn every_metric_of_every_sample_is_told_with_its_standing() {
        let (mut told, mut compared) = (0, 0);
        for sample in samples() {
            let file = sample.report().probity;
            for facet in facets(file, Some(&baseline_of(file))) {
                for metric in &facet.metrics {
                    told += 1;
                    compared += usize::from(metric.then.interval.is_some());
                    assert!(metric.reported_then.is_none(), "{}", metric.name);
                }
            }
        }
        assert!(told > 20 && compared > 0, "{told} {compared}");
    }

    #[test]
    fn the_interval_of_a_baseline_that_was_replaced_is_not_told() {
        let mut seen = 0;
        for sample in samples() {
            let file = sample.report().probity;
            let mut then = baseline_of(file);
            let metrics = then.facets.iter_mut().flat_map(|facet| &mut facet.metrics);
            for metric in metrics {
                metric.value = metric.value.map(|value| value + 0.25);
            }
            let parts = facets(file, Some(&then));
            let metrics = parts.iter().flat_map(|facet| &facet.metrics);
            for metric in metrics.filter(|metric| metric.then.value.is_some()) {
                assert_eq!(metric.then.interval, None, "{}", metric.name);
                seen += usize::from(metric.reported_then.is_some());
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn groups_that_are_worse_come_first_and_keep_their_place() {
        for sample in samples() {
            let parts = facets(sample.report().probity, None);
            let violated: Vec<bool> = parts.iter().map(|facet| !facet.is_violated()).collect();
            assert!(violated.is_sorted(), "{violated:?}");
            let mut places: Vec<usize> = parts.iter().map(|facet| facet.place).collect();
            places.sort_unstable();
            assert_eq!(places, (1..=parts.len()).collect::<Vec<_>>());
        }
    }
}
