//! Metrics as functions of independent shares, so that [`super::projection`] can tell what
//! they may truly be. A share is binomial once the number of rows that it is taken of is
//! given: the counts of rows per group, of positive labels in it, and so on, are held fixed
//! ("rows within groups"), which changes no metric that is a function of shares alone.
//!
//! Three or more outcomes are shares of shares: of the rows, those with an error; of the
//! errors, the false negatives.

use super::counts::{BiasCounts, Confusion, Group};
use super::disparity::StratumDisparity;
use super::metric::BiasMetric;
use super::projection::{OfShares, extremes, golden_section, two_sided_level};
use super::rate::{Rate, Share};

/// What a metric is computed from, and how.
#[derive(Debug)]
pub(crate) enum Estimate {
    Shares {
        shares: Vec<Share>,
        value: OfShares,
    },
    /// Largest or smallest, with the value `at_equality`, exactly where `gap` is 0.
    Distance {
        shares: Vec<Share>,
        value: OfShares,
        gap: OfShares,
        at_equality: f64,
    },
    /// The larger of two independent numbers or the smaller: both lie in their intervals at
    /// once where each has the level √level (Šidák 1967).
    Extreme {
        parts: [Box<Estimate>; 2],
        choose: fn(f64, f64) -> f64,
    },
    /// The mean of two independent distances. Where both are 0, two shares had to agree, so
    /// that χ² has two degrees of freedom (Scheffé 1953).
    Mean([Box<Estimate>; 2]),
    Disparity(StratumDisparity),
}

impl Estimate {
    pub(crate) fn shares<const N: usize>(shares: [Share; N], value: OfShares) -> Estimate {
        let shares = shares.to_vec();
        Estimate::Shares { shares, value }
    }

    /// The number at the observed shares. A share of nothing is one of other shares' nothing.
    pub(crate) fn observed(&self) -> f64 {
        let at = |shares: &[Share], value: OfShares| {
            let observed: Vec<f64> = shares.iter().map(|s| s.value().unwrap_or(0.5)).collect();
            value(&observed)
        };
        match self {
            Estimate::Shares { shares, value } | Estimate::Distance { shares, value, .. } => {
                at(shares, *value)
            }
            Estimate::Extreme { parts, choose } => choose(parts[0].observed(), parts[1].observed()),
            Estimate::Mean(parts) => f64::midpoint(parts[0].observed(), parts[1].observed()),
            Estimate::Disparity(disparity) => disparity.observed(),
        }
    }

    /// Ends of the interval at the two-sided level of `z`.
    pub(crate) fn ends(&self, z: f64) -> (f64, f64) {
        match self {
            Estimate::Shares { shares, value } => extremes(shares, z, *value),
            Estimate::Distance {
                shares,
                value,
                gap,
                at_equality,
            } => {
                let (mut low, mut high) = extremes(shares, z, *value);
                let gap = extremes(shares, z, *gap);
                if gap.0 <= 0.0 && gap.1 >= 0.0 {
                    if self.observed() >= *at_equality {
                        low = *at_equality;
                    } else {
                        high = *at_equality;
                    }
                }
                (low, high)
            }
            Estimate::Extreme { parts, choose } => {
                let each = super::projection::two_sided_deviations(two_sided_level(z).sqrt());
                let [one, two] = [parts[0].ends(each), parts[1].ends(each)];
                (choose(one.0, two.0), choose(one.1, two.1))
            }
            Estimate::Mean(parts) => mean_ends(parts, z),
            Estimate::Disparity(disparity) => disparity.ends(z),
        }
    }
}

/// Extremes of the mean over all ways of sharing χ² between the two.
fn mean_ends(parts: &[Box<Estimate>; 2], z: f64) -> (f64, f64) {
    // P(χ²₂ > x) = exp(−x/2)
    let radius = (-2.0 * (1.0 - two_sided_level(z)).ln()).sqrt();
    let at = |angle: f64, end: fn((f64, f64)) -> f64| {
        let one = parts[0].ends(radius * angle.cos());
        let two = parts[1].ends(radius * angle.sin());
        f64::midpoint(end(one), end(two))
    };
    let quarter = std::f64::consts::FRAC_PI_2;
    let best = |value: &dyn Fn(f64) -> f64| {
        golden_section(0.0, quarter, value)
            .max(value(0.0))
            .max(value(quarter))
    };
    (
        -best(&|angle| -at(angle, |ends| ends.0)),
        best(&|angle| at(angle, |ends| ends.1)),
    )
}

/// The same rate of a and of d.
pub(crate) fn of_both(counts: &BiasCounts, rate: Rate) -> [Share; 2] {
    let total = &counts.total;
    [Group::Advantaged, Group::Disadvantaged].map(|group| rate.of(&total.of(group)))
}

/// The rate whose shares a metric is a function of, for the metrics that have one.
pub(crate) fn rate_of(metric: BiasMetric) -> Option<Rate> {
    match metric {
        BiasMetric::Dpl
        | BiasMetric::Js
        | BiasMetric::Kl
        | BiasMetric::Ks
        | BiasMetric::Lp
        | BiasMetric::Tvd => Some(Rate::PositiveLabels),
        BiasMetric::Di | BiasMetric::Dppl => Some(Rate::PositivePredictions),
        BiasMetric::Ad => Some(Rate::Accuracy),
        BiasMetric::Dar => Some(Rate::PositivePredictiveValue),
        BiasMetric::Drr => Some(Rate::NegativePredictiveValue),
        BiasMetric::Rd => Some(Rate::TruePositive),
        BiasMetric::Sd => Some(Rate::TrueNegative),
        BiasMetric::Cddl
        | BiasMetric::Ci
        | BiasMetric::Cddpl
        | BiasMetric::Dca
        | BiasMetric::Dcr
        | BiasMetric::Ft
        | BiasMetric::Ge
        | BiasMetric::Te => None,
    }
}

/// `None` for the flip test, whose votes are no part of the counts, and for CDDL and CDDPL
/// without a group variable.
pub(crate) fn estimate(metric: BiasMetric, counts: &BiasCounts) -> Option<Estimate> {
    if let Some(rate) = rate_of(metric) {
        return Some(rate_estimate(metric, of_both(counts, rate)));
    }
    let [a, d] = [Group::Advantaged, Group::Disadvantaged].map(|group| counts.total.of(group));
    Some(match metric {
        BiasMetric::Ci => {
            let share = Share::new(d.rows(), a.rows() + d.rows());
            Estimate::shares([share], |p| 1.0 - 2.0 * p[0])
        }
        BiasMetric::Te => Estimate::shares([missed_of_errors(&a), missed_of_errors(&d)], |p| {
            odds(p[1]) - odds(p[0])
        }),
        BiasMetric::Dca => {
            let ([a1, a2], [d1, d2]) = (acceptance(&a), acceptance(&d));
            Estimate::shares([a1, a2, d1, d2], |p| {
                conditional(p[0], p[1]) - conditional(p[2], p[3])
            })
        }
        BiasMetric::Dcr => {
            let ([a1, a2], [d1, d2]) = (acceptance(&mirrored(&a)), acceptance(&mirrored(&d)));
            Estimate::shares([a1, a2, d1, d2], |p| {
                conditional(p[2], p[3]) - conditional(p[0], p[1])
            })
        }
        BiasMetric::Ge => Estimate::shares(benefits(counts), generalized_entropy),
        BiasMetric::Cddl => Estimate::Disparity(StratumDisparity::of_labels(counts)?),
        BiasMetric::Cddpl => Estimate::Disparity(StratumDisparity::of_predictions(counts)?),
        _ => return None,
    })
}

fn rate_estimate(metric: BiasMetric, shares: [Share; 2]) -> Estimate {
    let distance = |value: OfShares| Estimate::Distance {
        shares: shares.to_vec(),
        value,
        gap: advantage,
        at_equality: 0.0,
    };
    match metric {
        BiasMetric::Kl => distance(kullback_leibler),
        BiasMetric::Js => distance(jensen_shannon),
        BiasMetric::Ks | BiasMetric::Tvd => distance(|p| (p[0] - p[1]).abs()),
        BiasMetric::Lp => distance(|p| std::f64::consts::SQRT_2 * (p[0] - p[1]).abs()),
        BiasMetric::Di => Estimate::shares(shares, |p| p[1] / p[0]),
        BiasMetric::Drr | BiasMetric::Sd => Estimate::shares(shares, |p| p[1] - p[0]),
        _ => Estimate::shares(shares, advantage),
    }
}

/// a − d.
pub(crate) fn advantage(p: &[f64]) -> f64 {
    p[0] - p[1]
}

fn odds(p: f64) -> f64 {
    p / (1.0 - p)
}

/// False negatives, of all errors.
pub(crate) fn missed_of_errors(group: &Confusion) -> Share {
    Share::new(
        group.false_negatives,
        group.false_negatives + group.false_positives,
    )
}

fn mirrored(group: &Confusion) -> Confusion {
    Confusion {
        true_negatives: group.true_positives,
        false_positives: group.false_negatives,
        false_negatives: group.false_positives,
        true_positives: group.true_negatives,
    }
}

/// Of the rows that are positive by label or prediction, those that are by both; of the
/// others, those that are by label.
fn acceptance(group: &Confusion) -> [Share; 2] {
    let errors = group.false_negatives + group.false_positives;
    [
        Share::new(group.true_positives, group.true_positives + errors),
        missed_of_errors(group),
    ]
}

/// Positive labels per positive prediction.
fn conditional(both: f64, missed: f64) -> f64 {
    (both + (1.0 - both) * missed) / (both + (1.0 - both) * (1.0 - missed))
}

/// Errors, of all rows; false negatives, of the errors. A row's benefit ŷ − y + 1 is 0 for
/// a false negative, 2 for a false positive and 1 for a right prediction.
pub(crate) fn benefits(counts: &BiasCounts) -> [Share; 2] {
    let [a, d] = [Group::Advantaged, Group::Disadvantaged].map(|group| counts.total.of(group));
    let missed = a.false_negatives + d.false_negatives;
    let errors = missed + a.false_positives + d.false_positives;
    [
        Share::new(errors, counts.total.rows()),
        Share::new(missed, errors),
    ]
}

/// Mean benefit of rows with these shares of errors, and of false negatives among them.
pub(crate) fn mean_benefit(errors: f64, missed: f64) -> f64 {
    1.0 + errors * (1.0 - 2.0 * missed)
}

pub(crate) fn generalized_entropy(p: &[f64]) -> f64 {
    let mean = mean_benefit(p[0], p[1]);
    let mean_square = (1.0 - p[0]) + 4.0 * p[0] * (1.0 - p[1]);
    0.5 * (mean_square / (mean * mean) - 1.0)
}

/// Of the positive and the negative label of a against d.
fn kullback_leibler(p: &[f64]) -> f64 {
    divergence(p[0], p[1]) + divergence(1.0 - p[0], 1.0 - p[1])
}

fn jensen_shannon(p: &[f64]) -> f64 {
    let middle = f64::midpoint(p[0], p[1]);
    let from = |p: f64| divergence(p, middle) + divergence(1.0 - p, 1.0 - middle);
    f64::midpoint(from(p[0]), from(p[1]))
}

/// One term of Kullback and Leibler's sum; 0 ln 0 is 0.
fn divergence(p: f64, q: f64) -> f64 {
    if p <= 0.0 { 0.0 } else { p * (p / q).ln() }
}

#[cfg(test)]
mod tests {
    use super::super::counts::{OutcomeCounts, Stratum};
    use super::super::evaluate::bias_metric;
    use super::*;

    /// The intervals have formulas of their own, in shares; they must be those of the values.
    #[test]
    fn at_the_observed_shares_every_estimate_is_the_metric() {
        let strata = [
            [13, 4, 5, 25, 7, 3, 2, 9],
            [2, 6, 1, 8, 30, 1, 4, 3],
            [5, 5, 5, 5, 1, 1, 2, 2],
        ];
        let mut counts = BiasCounts {
            total: OutcomeCounts::default(),
            strata: Some(Vec::new()),
        };
        for cells in strata {
            let of_stratum = OutcomeCounts::new(cells);
            counts.total.merge(&of_stratum);
            counts.strata.get_or_insert_default().push(Stratum {
                value: String::new(),
                counts: of_stratum,
            });
        }
        let all = BiasMetric::PRE_TRAINING
            .into_iter()
            .chain(BiasMetric::POST_TRAINING);
        for metric in all.filter(|metric| *metric != BiasMetric::Ft) {
            let value = bias_metric(metric, &counts).unwrap_or(f64::NAN);
            let observed = estimate(metric, &counts).map_or(f64::NAN, |found| found.observed());
            assert!(
                (value - observed).abs() < 1e-12,
                "{}: {observed} is not {value}",
                metric.name()
            );
        }
    }
}
