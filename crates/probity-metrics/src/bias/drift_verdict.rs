//! Has a bias metric got worse than in the baseline? Two answers.
//!
//! **AWS's**: |current| > |baseline|, as both published runs of the service decided (the
//! guide's interval and its special case for DI show in neither). Half of unchanged samples violate.
//!
//! **Corrected**: the interval of current − baseline allows for the errors of both samples.
//! The samples are independent, so the distances from each value to the ends of its
//! interval add up in squares (Zou and Donner 2008, "MOVER"). The p-value is that of the widest level
//! whose interval leaves out 0; Benjamini and Hochberg's adjustment is over all tested metrics and
//! facet values. A metric violates when it changed significantly *and* is now farther from
//! equal treatment, which is 0, and 1 for DI, whose distance is |ln DI|: half as often is as
//! far from equal as twice as often.

use probity_domain::document::analysis::{
    Analysis, BiasStage, FacetMetrics, MetricEntry, StageMetrics,
};
use probity_domain::document::bias_file::{FacetFacts, GroupFacts, MetricDriftFacts, MetricFacts};
use probity_domain::document::bias_violations::{
    BiasViolation, DriftViolation, DriftViolations, bias_drift_description,
};
use probity_domain::document::probity_file::Interval;

use super::counts::{BiasCounts, Confusion, Group, OutcomeCounts, Positive};
use super::drift_notes;
use super::estimate::{Estimate, estimate};
use super::metric::{BiasMetric, Stage};
use super::projection::{two_sided_deviations, two_sided_p_value};
use super::reading_rate::GroupNames;
use crate::drift::{MINIMUM_ROWS, adjust_benjamini_hochberg};

const METHOD: &str = "difference of independent samples, from the intervals of both";
const METHOD_ONE_SIDED: &str = "interval of the current value; the baseline counts as exact";
const NOT_FOR_THE_WORSE: &str = "changed by more than chance explains, but not for the worse: no farther from equal treatment than the baseline";

/// A bias analysis as its documents tell it.
#[derive(Clone, Copy, Debug)]
pub struct BiasSide<'a> {
    pub analysis: &'a Analysis,
    /// Of `probity.json`; `None` where there is only SageMaker's file.
    pub facets: Option<&'a [FacetFacts]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasDriftSettings {
    /// Of the intervals.
    pub level: f64,
    pub false_discovery_rate: f64,
}

impl Default for BiasDriftSettings {
    fn default() -> BiasDriftSettings {
        BiasDriftSettings {
            level: super::interval::BIAS_INTERVAL_LEVEL,
            false_discovery_rate: 0.05,
        }
    }
}

/// Both verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasDrift {
    /// By AWS's rule.
    pub violations: DriftViolations,
    /// In the order of the current analysis, then what only the baseline has.
    pub metrics: Vec<MetricDriftFacts>,
    /// Metrics that took part in the correction.
    pub tested: u64,
    pub notes: Vec<String>,
}

/// Compares what the current analysis reports with the baseline.
pub fn bias_drift(current: BiasSide, baseline: BiasSide, settings: BiasDriftSettings) -> BiasDrift {
    let mut found = BiasDrift {
        violations: DriftViolations::default(),
        metrics: Vec::new(),
        tested: 0,
        notes: Vec::new(),
    };
    for stage in [Stage::PostTraining, Stage::PreTraining] {
        compare_stage((current, baseline), stage, settings.level, &mut found);
    }
    if baseline.facets.is_none() {
        found.notes.push(
            "the baseline has no probity.json with its rows, so that the corrected verdict allows for the sampling error of the current data only"
                .to_owned(),
        );
    }
    let is_tested = |metric: &&mut MetricDriftFacts| metric.p_value.is_some();
    let tested: Vec<&mut MetricDriftFacts> = found.metrics.iter_mut().filter(is_tested).collect();
    let p_values: Vec<f64> = tested.iter().filter_map(|metric| metric.p_value).collect();
    found.tested = p_values.len() as u64;
    for (metric, adjusted) in tested.into_iter().zip(adjust_benjamini_hochberg(&p_values)) {
        metric.p_adjusted = Some(adjusted);
        if adjusted <= settings.false_discovery_rate {
            metric.violates_corrected = is_farther_from_equal(metric);
            if !metric.violates_corrected {
                metric.note = Some(NOT_FOR_THE_WORSE.to_owned());
            }
        }
    }
    found.notes.extend(drift_notes::untested(&found.metrics));
    found
}

/// AWS's rule. Infinities are beyond every number, and not beyond each other.
fn violates_aws(current: f64, baseline: f64) -> bool {
    current.abs() > baseline.abs()
}

fn is_farther_from_equal(metric: &MetricDriftFacts) -> bool {
    let distance = |value: f64| match BiasMetric::from_name(&metric.name) {
        Some(BiasMetric::Di) => value.ln().abs(),
        _ => value.abs(),
    };
    match (metric.current, metric.baseline) {
        (Some(current), Some(baseline)) => distance(current) > distance(baseline),
        _ => false,
    }
}

fn stage_of<'a>(side: BiasSide<'a>, stage: Stage) -> Option<&'a StageMetrics> {
    match stage {
        Stage::PreTraining => side.analysis.pre_training_bias_metrics.as_ref(),
        Stage::PostTraining => side.analysis.post_training_bias_metrics.as_ref(),
    }
}

fn compare_stage(
    (current, baseline): (BiasSide, BiasSide),
    stage: Stage,
    level: f64,
    found: &mut BiasDrift,
) {
    let name = match stage {
        Stage::PreTraining => "pre-training",
        Stage::PostTraining => "post-training",
    };
    let mut computed = Vec::with_capacity(2);
    for (side, which) in [(current, "current"), (baseline, "baseline")] {
        computed.push(match stage_of(side, stage) {
            Some(StageMetrics::Computed(stage)) => Some(stage),
            Some(StageMetrics::Failed { error }) => {
                let note = format!("the {name} metrics of the {which} data failed: {error}");
                found.notes.push(note);
                None
            }
            None => None,
        });
    }
    let reported = [current, baseline].map(|side| stage_of(side, stage).is_some());
    found
        .notes
        .extend(drift_notes::missing_stage(name, reported));
    for note in missing_groups((computed[0], computed[1])) {
        // Both stages lack it alike.
        if !found.notes.contains(&note) {
            found.notes.push(note);
        }
    }
    for pair in pairs(computed[0], computed[1]) {
        let facts = compare(&pair, (current, baseline), level);
        if let (true, Some(now), Some(then)) = (facts.violates_aws, pair.current, pair.baseline) {
            let violation = BiasViolation {
                facet: pair.facet.to_owned(),
                facet_value: pair.value.to_owned(),
                metric_name: pair.metric.to_owned(),
                description: bias_drift_description(&now.value, &then.value),
            };
            found
                .violations
                .violations
                .push(DriftViolation::Bias(violation));
        }
        found.metrics.push(facts);
    }
}

fn compare(pair: &Pair, sides: (BiasSide, BiasSide), level: f64) -> MetricDriftFacts {
    let mut facts = pair.facts();
    if let (Some(current), Some(baseline)) = (facts.current, facts.baseline) {
        facts.violates_aws = violates_aws(current, baseline);
        match difference(pair, (current, baseline), sides) {
            Ok(difference) => {
                facts.interval = Some(difference.interval(level));
                facts.p_value = Some(difference.p_value());
            }
            Err(reason) => facts.note = Some(format!("not tested: {reason}")),
        }
    }
    facts
}

/// A metric of one facet value on both sides.
struct Pair<'a> {
    facet: &'a str,
    /// As the current side spells it.
    value: &'a str,
    baseline_value: &'a str,
    metric: &'a str,
    current: Option<&'a MetricEntry>,
    baseline: Option<&'a MetricEntry>,
}

impl Pair<'_> {
    fn facts(&self) -> MetricDriftFacts {
        let number = |entry: Option<&MetricEntry>| entry.and_then(|entry| entry.value.number());
        let (current, baseline) = (number(self.current), number(self.baseline));
        let missing = |entry: Option<&MetricEntry>, side: &str| match entry {
            None => Some(format!("not in the {side} analysis")),
            Some(entry) if entry.value.number().is_none() => {
                Some(format!("the {side} analysis has no value: {}", entry.value))
            }
            Some(_) => None,
        };
        MetricDriftFacts {
            facet: self.facet.to_owned(),
            value_or_threshold: self.value.to_owned(),
            name: self.metric.to_owned(),
            baseline,
            current,
            interval: None,
            p_value: None,
            p_adjusted: None,
            violates_aws: false,
            violates_corrected: false,
            note: missing(self.current, "current").or_else(|| missing(self.baseline, "baseline")),
        }
    }
}

fn pairs<'a>(current: Option<&'a BiasStage>, baseline: Option<&'a BiasStage>) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    for (facet, ours) in groups(current) {
        let theirs = groups(baseline).find(|(name, group)| {
            name == &facet && is_same_group(&ours.value_or_threshold, &group.value_or_threshold)
        });
        for entry in &ours.metrics {
            let baseline = theirs.and_then(|(_, group)| entry_of(group, &entry.name));
            pairs.push(Pair {
                facet,
                value: &ours.value_or_threshold,
                baseline_value: theirs.map_or("", |(_, group)| &group.value_or_threshold),
                metric: &entry.name,
                current: Some(entry),
                baseline,
            });
        }
    }
    for (facet, theirs) in groups(baseline) {
        let ours = groups(current).find(|(name, group)| {
            name == &facet && is_same_group(&group.value_or_threshold, &theirs.value_or_threshold)
        });
        for entry in &theirs.metrics {
            if ours.is_none_or(|(_, group)| entry_of(group, &entry.name).is_none()) {
                pairs.push(Pair {
                    facet,
                    value: &theirs.value_or_threshold,
                    baseline_value: &theirs.value_or_threshold,
                    metric: &entry.name,
                    current: None,
                    baseline: Some(entry),
                });
            }
        }
    }
    pairs
}

/// Facet values that one of two computed stages lacks.
fn missing_groups((current, baseline): (Option<&BiasStage>, Option<&BiasStage>)) -> Vec<String> {
    let (Some(_), Some(_)) = (current, baseline) else {
        return Vec::new();
    };
    let lacks = |stage, facet: &str, value: &str| {
        let mut found = groups(stage);
        !found.any(|(name, group)| name == facet && is_same_group(&group.value_or_threshold, value))
    };
    let sides = [
        (baseline, current, ["baseline", "current"]),
        (current, baseline, ["current", "baseline"]),
    ];
    let mut notes = Vec::new();
    for (has, other, names) in sides {
        for (facet, group) in groups(has) {
            let value = group.value_or_threshold.as_str();
            if lacks(other, facet, value) {
                let group = GroupNames { facet, value };
                notes.push(drift_notes::missing_group(group, names));
            }
        }
    }
    notes
}

fn groups(stage: Option<&BiasStage>) -> impl Iterator<Item = (&str, &FacetMetrics)> {
    let facets = stage.map_or(&[][..], |stage| &stage.facets);
    facets
        .iter()
        .flat_map(|(facet, groups)| groups.iter().map(move |group| (facet.as_str(), group)))
}

fn entry_of<'a>(group: &'a FacetMetrics, metric: &str) -> Option<&'a MetricEntry> {
    group.metrics.iter().find(|entry| entry.name == metric)
}

/// The upper bound of `(40, 58]` is the largest value of the data and no part of the
/// configuration, so that it differs from sample to sample.
fn is_same_group(one: &str, two: &str) -> bool {
    fn threshold(value: &str) -> Option<&str> {
        let inner = value.strip_prefix('(')?.strip_suffix(']')?;
        inner.split_once(", ").map(|(low, _)| low)
    }
    one == two || (threshold(one).is_some() && threshold(one) == threshold(two))
}

/// One side's value and how far it may be off.
enum Error {
    Counted(Estimate),
    Stated(Interval),
    /// A bare number.
    Exact,
}

struct Difference {
    current: (f64, Error),
    baseline: (f64, Error),
}

fn difference(
    pair: &Pair,
    (current, baseline): (f64, f64),
    sides: (BiasSide, BiasSide),
) -> Result<Difference, String> {
    match (current.is_finite(), baseline.is_finite()) {
        (true, true) => {}
        (false, true) => return Err("the current value is infinite".to_owned()),
        (true, false) => return Err("the baseline value is infinite".to_owned()),
        (false, false) => return Err("both values are infinite".to_owned()),
    }
    let facts = sides.0.facets.unwrap_or_default();
    let current_error = error_of(pair.metric, (pair.facet, pair.value), facts, "current")?;
    let baseline_error = match sides.1.facets {
        None => Error::Exact,
        Some(facts) => error_of(
            pair.metric,
            (pair.facet, pair.baseline_value),
            facts,
            "baseline",
        )?,
    };
    Ok(Difference {
        current: (current, current_error),
        baseline: (baseline, baseline_error),
    })
}

fn error_of(
    metric: &str,
    (facet, value): (&str, &str),
    facets: &[FacetFacts],
    side: &str,
) -> Result<Error, String> {
    let facts = facets
        .iter()
        .find(|facts| facts.facet == facet && facts.value_or_threshold == value)
        .ok_or_else(|| format!("the {side} data's rows are not known"))?;
    for (group, name) in [
        (&facts.advantaged, "advantaged"),
        (&facts.disadvantaged, "disadvantaged"),
    ] {
        if group.n < MINIMUM_ROWS {
            return Err(format!(
                "fewer than {MINIMUM_ROWS} rows in a group: {} of the {name} in the {side} data",
                group.n
            ));
        }
    }
    let entry = facts.metrics.iter().find(|entry| entry.name == metric);
    let interval = entry.and_then(|entry| entry.interval.as_ref());
    let Some(interval) = interval else {
        let reason = entry.and_then(|entry: &MetricFacts| entry.note.as_deref());
        return Err(format!(
            "no interval for the {side} value: {}",
            reason.unwrap_or("none was computed")
        ));
    };
    let counts = counts_of(facts);
    let counted = BiasMetric::from_name(metric).and_then(|metric| estimate(metric, &counts));
    Ok(counted.map_or_else(|| Error::Stated(interval.clone()), Error::Counted))
}

/// Without strata, which `probity.json` does not keep.
fn counts_of(facts: &FacetFacts) -> BiasCounts {
    let mut total = OutcomeCounts::default();
    let groups = [
        (Group::Advantaged, &facts.advantaged),
        (Group::Disadvantaged, &facts.disadvantaged),
    ];
    for (group, facts) in groups {
        let mut add = |label, predicted, rows| {
            total.add(group, Positive { label, predicted }, rows);
        };
        let confusion = confusion_of(facts);
        add(false, false, confusion.true_negatives);
        add(false, true, confusion.false_positives);
        add(true, false, confusion.false_negatives);
        add(true, true, confusion.true_positives);
    }
    BiasCounts {
        total,
        strata: None,
    }
}

fn confusion_of(facts: &GroupFacts) -> Confusion {
    Confusion {
        true_negatives: facts.true_negatives,
        false_positives: facts.false_positives,
        false_negatives: facts.false_negatives,
        true_positives: facts.true_positives,
    }
}

/// Distances from the value to the ends of its interval at `z`.
fn margins((value, error): &(f64, Error), z: f64) -> (f64, f64) {
    let (low, high) = match error {
        Error::Counted(estimate) => estimate.ends(z),
        Error::Stated(interval) => {
            let scale = z / two_sided_deviations(interval.level);
            (
                value - scale * (value - interval.low),
                value + scale * (interval.high - value),
            )
        }
        Error::Exact => (*value, *value),
    };
    ((value - low).max(0.0), (high - value).max(0.0))
}

impl Difference {
    fn value(&self) -> f64 {
        self.current.0 - self.baseline.0
    }

    fn ends(&self, z: f64) -> (f64, f64) {
        let (current, baseline) = (margins(&self.current, z), margins(&self.baseline, z));
        (
            self.value() - current.0.hypot(baseline.1),
            self.value() + current.1.hypot(baseline.0),
        )
    }

    fn interval(&self, level: f64) -> Interval {
        let (low, high) = self.ends(two_sided_deviations(level));
        let method = match self.baseline.1 {
            Error::Exact => METHOD_ONE_SIDED,
            Error::Counted(_) | Error::Stated(_) => METHOD,
        };
        Interval {
            low,
            high,
            level,
            method: method.to_owned(),
        }
    }

    fn p_value(&self) -> f64 {
        two_sided_p_value(|z| {
            let (low, high) = self.ends(z);
            low <= 0.0 && high >= 0.0
        })
    }
}
