//! How sure a bias metric is: for each an interval, its method, and the numbers of rows that
//! it rests on; or why there is none. [`super::estimate`] says what is held fixed,
//! [`super::projection`] how the intervals are made, `docs/statistics.md` how well they cover.

use probity_domain::document::probity_file::Interval;

use super::counts::{BiasCounts, Group};
use super::estimate::{Estimate, estimate, of_both, rate_of};
use super::flip_test::FlipTest;
use super::metric::BiasMetric;
use super::projection::two_sided_deviations;
use super::rate::{Rate, Share};

/// Of every interval, unless something else is asked for.
pub const BIAS_INTERVAL_LEVEL: f64 = 0.95;

/// Of functions of rates of groups.
pub(crate) const SCORE_WITHIN_GROUPS: &str = "score, rows within groups";
pub(crate) const SCORE_ALL_ROWS: &str = "score, all rows";
const WILSON_ALL_ROWS: &str = "Wilson, all rows";
const WILSON_OVER_STRATA: &str = "Wilson bounds combined over strata, all rows";
const SCORE_OF_FLIPS: &str = "score, rows of the disadvantaged group, neighbours held fixed";

/// How sure a number is.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricInterval {
    pub interval: Option<Interval>,
    /// Rows that the number rests on, per group: all, or those with a positive label, …
    pub n_advantaged: u64,
    pub n_disadvantaged: u64,
    /// Why there is no interval, or what it leaves out.
    pub note: Option<String>,
}

/// The interval of a metric other than the flip test, whose `value` was computed from the
/// same `counts`.
pub fn bias_interval(
    metric: BiasMetric,
    value: Option<f64>,
    counts: &BiasCounts,
    level: f64,
) -> MetricInterval {
    let (n_advantaged, n_disadvantaged) = rows_behind(metric, counts);
    let mut found = MetricInterval {
        interval: None,
        n_advantaged,
        n_disadvantaged,
        note: None,
    };
    let (Some(value), Some(estimate)) = (value, estimate(metric, counts)) else {
        return found;
    };
    if let Some(reason) = why_none(metric, value, counts) {
        found.note = Some(reason);
        return found;
    }
    if let Estimate::Disparity(disparity) = &estimate {
        found.note = one_sided_note(disparity.rows_of_one_sided_strata(), counts.total.rows());
    }
    found.interval = finite(
        estimate.ends(two_sided_deviations(level)),
        level,
        method(metric),
    );
    found
}

/// The interval of the flip test: the votes of the neighbours are held fixed, as if the
/// advantaged group were the whole population; of the others the rows are a sample.
pub fn flip_test_interval(test: &FlipTest, level: f64) -> MetricInterval {
    let ends = flip_estimate(test).ends(two_sided_deviations(level));
    MetricInterval {
        interval: finite(ends, level, SCORE_OF_FLIPS),
        n_advantaged: test.advantaged_rows,
        n_disadvantaged: test.disadvantaged_rows,
        note: None,
    }
}

/// Of the rows of d, those whose prediction differs from their neighbours'; of these, the
/// favoured.
pub(crate) fn flip_estimate(test: &FlipTest) -> Estimate {
    let differing = test.favoured + test.harmed;
    let shares = [
        Share::new(differing, test.disadvantaged_rows),
        Share::new(test.favoured, differing),
    ];
    Estimate::shares(shares, |p| p[0] * (2.0 * p[1] - 1.0))
}

/// `None` where an end is not finite.
pub(crate) fn finite((low, high): (f64, f64), level: f64, method: &str) -> Option<Interval> {
    (low.is_finite() && high.is_finite()).then(|| Interval {
        low,
        high,
        level,
        method: method.to_owned(),
    })
}

fn method(metric: BiasMetric) -> &'static str {
    match metric {
        BiasMetric::Ci => WILSON_ALL_ROWS,
        BiasMetric::Ge => SCORE_ALL_ROWS,
        BiasMetric::Cddl | BiasMetric::Cddpl => WILSON_OVER_STRATA,
        BiasMetric::Ft => SCORE_OF_FLIPS,
        BiasMetric::Dpl
        | BiasMetric::Js
        | BiasMetric::Kl
        | BiasMetric::Ks
        | BiasMetric::Lp
        | BiasMetric::Tvd
        | BiasMetric::Ad
        | BiasMetric::Dar
        | BiasMetric::Dca
        | BiasMetric::Dcr
        | BiasMetric::Di
        | BiasMetric::Dppl
        | BiasMetric::Drr
        | BiasMetric::Rd
        | BiasMetric::Sd
        | BiasMetric::Te => SCORE_WITHIN_GROUPS,
    }
}

/// The rate that the denominators of a metric count, as far as there is one.
fn base_of(metric: BiasMetric) -> Rate {
    match metric {
        BiasMetric::Dca => Rate::PositivePredictiveValue,
        BiasMetric::Dcr => Rate::NegativePredictiveValue,
        other => rate_of(other).unwrap_or(Rate::Accuracy),
    }
}

fn rows_behind(metric: BiasMetric, counts: &BiasCounts) -> (u64, u64) {
    if metric == BiasMetric::Te {
        let wrong = |group| {
            let of = counts.total.of(group);
            of.false_negatives + of.false_positives
        };
        return (wrong(Group::Advantaged), wrong(Group::Disadvantaged));
    }
    let [a, d] = of_both(counts, base_of(metric));
    (a.rows, d.rows)
}

/// The interval would be of something else than the value.
fn why_none(metric: BiasMetric, value: f64, counts: &BiasCounts) -> Option<String> {
    let groups = [Group::Advantaged, Group::Disadvantaged];
    if metric == BiasMetric::Te {
        let without = groups
            .iter()
            .find(|&&group| counts.total.of(group).false_positives == 0)?;
        return Some(format!(
            "{} has no false positive to set the false negatives against",
            words(*without)
        ));
    }
    let needs_both = !matches!(
        metric,
        BiasMetric::Ge | BiasMetric::Ci | BiasMetric::Cddl | BiasMetric::Cddpl
    );
    let base = base_of(metric);
    for group in groups.into_iter().filter(|_| needs_both) {
        if base.of(&counts.total.of(group)).rows == 0 {
            return Some(format!(
                "{} has no {}; Clarify puts 0 for a share of nothing, which is no estimate",
                words(group),
                base.base()
            ));
        }
    }
    if let Some(reason) = left_out_label(metric, counts) {
        return Some(reason);
    }
    let a_predictions = counts.total.of(Group::Advantaged).positive_predictions();
    if metric == BiasMetric::Di && a_predictions == 0 {
        return Some(format!(
            "{} has no positive prediction to compare with",
            words(Group::Advantaged)
        ));
    }
    (!value.is_finite()).then(|| "the value is not finite".to_owned())
}

/// Clarify leaves a label value that a group lacks out of distances, which changes them.
fn left_out_label(metric: BiasMetric, counts: &BiasCounts) -> Option<String> {
    let is_distance = matches!(
        metric,
        BiasMetric::Js | BiasMetric::Kl | BiasMetric::Ks | BiasMetric::Lp | BiasMetric::Tvd
    );
    if !is_distance {
        return None;
    }
    for group in [Group::Advantaged, Group::Disadvantaged] {
        let share = Rate::PositiveLabels.of(&counts.total.of(group));
        let lacking = if share.count == 0 {
            "positive"
        } else if share.count == share.rows {
            "negative"
        } else {
            continue;
        };
        return Some(format!(
            "{} has no {lacking} label; Clarify then leaves that label out of both groups, so that the value is not the distance (DPL has the difference with its interval)",
            words(group)
        ));
    }
    None
}

fn one_sided_note(rows: u64, all: u64) -> Option<String> {
    let percent = 100.0 * rows as f64 / all as f64;
    (rows > 0).then(|| {
        format!(
            "{percent:.1} % of the rows are in subgroups with one kind of outcome only; Clarify puts 0 for the share that is missing there, the interval allows 0 to 1"
        )
    })
}

pub(crate) fn words(group: Group) -> &'static str {
    match group {
        Group::Advantaged => "the advantaged group",
        Group::Disadvantaged => "the disadvantaged group",
    }
}
