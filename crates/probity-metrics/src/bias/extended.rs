//! Bias metrics that Clarify lacks, as functions of the same counts, with their intervals.
//! Names, formulas and signs: [`super::extended_metric`].

use super::counts::{BiasCounts, Group};
use super::estimate::{
    Estimate, advantage, benefits, generalized_entropy, mean_benefit, missed_of_errors, of_both,
};
use super::extended_metric::{Comparison, ExtendedMetric};
use super::interval::{MetricInterval, SCORE_ALL_ROWS, SCORE_WITHIN_GROUPS, finite, words};
use super::projection::two_sided_deviations;
use super::rate::{Rate, Share};

const ALL_AT_ONCE: &str = "score, rows within groups, both rates at once";

/// Why a metric has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComputeExtended {
    #[error("{} has no {base}", words(*group))]
    Nothing { group: Group, base: &'static str },
    /// 0/0.
    #[error("both rates are 0, so that their ratio is unknown")]
    BothZero,
    /// b̄ = 0.
    #[error("every prediction is a false negative, so that there is no benefit to share")]
    NoBenefit,
}

/// ±infinity for a ratio with 0 below.
pub fn extended_metric(
    metric: ExtendedMetric,
    counts: &BiasCounts,
) -> Result<f64, ComputeExtended> {
    for group in [Group::Advantaged, Group::Disadvantaged] {
        for rate in metric.rates() {
            if rate.of(&counts.total.of(group)).rows == 0 {
                let base = rate.base();
                return Err(ComputeExtended::Nothing { group, base });
            }
        }
    }
    if counts.total.rows() == 0 {
        let (group, base) = (Group::Disadvantaged, Rate::Accuracy.base());
        return Err(ComputeExtended::Nothing { group, base });
    }
    let value = estimate(metric, counts).observed();
    if value.is_nan() {
        return Err(match metric {
            ExtendedMetric::TheilIndex
            | ExtendedMetric::CoefficientOfVariation
            | ExtendedMetric::BetweenGroupGeneralizedEntropyIndex
            | ExtendedMetric::BetweenGroupTheilIndex => ComputeExtended::NoBenefit,
            _ => ComputeExtended::BothZero,
        });
    }
    Ok(value)
}

/// The interval of [`extended_metric`].
pub fn extended_interval(
    metric: ExtendedMetric,
    counts: &BiasCounts,
    level: f64,
) -> MetricInterval {
    let [a, d] = of_both(counts, *metric.rates().first().unwrap_or(&Rate::Accuracy));
    let mut found = MetricInterval {
        interval: None,
        n_advantaged: a.rows,
        n_disadvantaged: d.rows,
        note: None,
    };
    let Ok(value) = extended_metric(metric, counts) else {
        return found;
    };
    if !value.is_finite() {
        found.note = Some("the value is not finite: the rate below is 0".to_owned());
        return found;
    }
    let ends = estimate(metric, counts).ends(two_sided_deviations(level));
    let method = match metric {
        ExtendedMetric::TheilIndex
        | ExtendedMetric::CoefficientOfVariation
        | ExtendedMetric::BetweenGroupGeneralizedEntropyIndex
        | ExtendedMetric::BetweenGroupTheilIndex => SCORE_ALL_ROWS,
        ExtendedMetric::EqualizedOddsDifference
        | ExtendedMetric::EqualizedOddsRatio
        | ExtendedMetric::AverageAbsOddsDifference => ALL_AT_ONCE,
        _ => SCORE_WITHIN_GROUPS,
    };
    found.interval = finite(ends, level, method);
    if found.interval.is_none() {
        found.note = Some("an end of the interval is not finite: a rate may be 0".to_owned());
    }
    found
}

fn estimate(metric: ExtendedMetric, counts: &BiasCounts) -> Estimate {
    let of = |rate| of_both(counts, rate);
    if let Some((rate, comparison)) = metric.comparison() {
        return compared(of(rate), comparison);
    }
    let odds = |comparison| {
        [Rate::TruePositive, Rate::FalsePositive]
            .map(|rate| Box::new(compared(of(rate), comparison)))
    };
    let mean_difference = |one, two| {
        let ([a1, d1], [a2, d2]) = (of(one), of(two));
        Estimate::shares([a1, d1, a2, d2], |p| {
            f64::midpoint(p[1] - p[0], p[3] - p[2])
        })
    };
    match metric {
        ExtendedMetric::EqualizedOddsDifference => Estimate::Extreme {
            parts: odds(Comparison::Gap),
            choose: f64::max,
        },
        ExtendedMetric::EqualizedOddsRatio => Estimate::Extreme {
            parts: odds(Comparison::SmallerToLarger),
            choose: smaller_or_nan,
        },
        ExtendedMetric::AverageAbsOddsDifference => Estimate::Mean(odds(Comparison::Gap)),
        ExtendedMetric::AverageOddsDifference => {
            mean_difference(Rate::FalsePositive, Rate::TruePositive)
        }
        ExtendedMetric::AveragePredictiveValueDifference => {
            mean_difference(Rate::PositivePredictiveValue, Rate::FalseOmission)
        }
        ExtendedMetric::TheilIndex => Estimate::shares(benefits(counts), theil),
        ExtendedMetric::CoefficientOfVariation => {
            Estimate::shares(benefits(counts), |p| (2.0 * generalized_entropy(p)).sqrt())
        }
        ExtendedMetric::BetweenGroupTheilIndex => between_groups(counts, |p| {
            of_groups(p, |b| if b <= 0.0 { 0.0 } else { b * b.ln() })
        }),
        _ => between_groups(counts, |p| 0.5 * (of_groups(p, |b| b * b) - 1.0)),
    }
}

fn compared(shares: [Share; 2], comparison: Comparison) -> Estimate {
    let distance = |value, at_equality| Estimate::Distance {
        shares: shares.to_vec(),
        value,
        gap: advantage,
        at_equality,
    };
    match comparison {
        Comparison::Difference => Estimate::shares(shares, |p| p[1] - p[0]),
        Comparison::Ratio => Estimate::shares(shares, |p| p[1] / p[0]),
        Comparison::Gap => distance(|p| (p[1] - p[0]).abs(), 0.0),
        Comparison::SmallerToLarger => distance(|p| p[0].min(p[1]) / p[0].max(p[1]), 1.0),
        Comparison::LargestLogRatio => distance(largest_log_ratio, 0.0),
    }
}

/// An outcome that neither group has is no difference between them.
fn largest_log_ratio(p: &[f64]) -> f64 {
    let log_ratio = |a: f64, d: f64| {
        if a <= 0.0 && d <= 0.0 {
            0.0
        } else {
            (d / a).ln().abs()
        }
    };
    log_ratio(p[0], p[1]).max(log_ratio(1.0 - p[0], 1.0 - p[1]))
}

/// `f64::min` would pass over a ratio that is unknown.
fn smaller_or_nan(one: f64, two: f64) -> f64 {
    if one.is_nan() || two.is_nan() {
        f64::NAN
    } else {
        one.min(two)
    }
}

/// False positives have benefit 2, right predictions 1, false negatives 0.
fn theil(p: &[f64]) -> f64 {
    let (errors, missed) = (p[0], p[1]);
    let mean = mean_benefit(errors, missed);
    let term = |benefit: f64| benefit / mean * (benefit / mean).ln();
    (1.0 - errors) * term(1.0) + errors * (1.0 - missed) * term(2.0)
}

/// d's share of the rows; errors, and missed of the errors, of a and then of d.
fn between_groups(counts: &BiasCounts, value: super::projection::OfShares) -> Estimate {
    let [a, d] = [Group::Advantaged, Group::Disadvantaged].map(|group| counts.total.of(group));
    let rows = Share::new(d.rows(), a.rows() + d.rows());
    let shares = vec![
        rows,
        Rate::Error.of(&a),
        missed_of_errors(&a),
        Rate::Error.of(&d),
        missed_of_errors(&d),
    ];
    Estimate::Distance {
        shares,
        value,
        gap: |p| mean_benefit(p[1], p[2]) - mean_benefit(p[3], p[4]),
        at_equality: 0.0,
    }
}

/// Σ (n_g/n) f(b̄_g/b̄)
fn of_groups(p: &[f64], of_benefit: fn(f64) -> f64) -> f64 {
    let (a, d) = (mean_benefit(p[1], p[2]), mean_benefit(p[3], p[4]));
    let mean = (1.0 - p[0]) * a + p[0] * d;
    (1.0 - p[0]) * of_benefit(a / mean) + p[0] * of_benefit(d / mean)
}

#[cfg(test)]
mod tests {
    use super::super::counts::OutcomeCounts;
    use super::*;

    fn counts(cells: [u64; 8]) -> BiasCounts {
        BiasCounts {
            total: OutcomeCounts::new(cells),
            strata: None,
        }
    }

    #[track_caller]
    fn check(metric: ExtendedMetric, cells: [u64; 8], expected: Result<f64, &str>) {
        let found = extended_metric(metric, &counts(cells)).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_rate_of_nothing_is_unknown_and_not_zero() {
        check(
            ExtendedMetric::EqualOpportunityDifference,
            [5, 5, 5, 5, 5, 5, 0, 0],
            Err("the disadvantaged group has no row with a positive label"),
        );
    }

    #[test]
    fn a_ratio_to_zero_is_infinite_and_of_zeros_unknown() {
        let metric = ExtendedMetric::FalsePositiveRateRatio;
        check(metric, [5, 0, 5, 5, 5, 5, 5, 5], Ok(f64::INFINITY));
        check(
            metric,
            [5, 0, 5, 5, 5, 0, 5, 5],
            Err("both rates are 0, so that their ratio is unknown"),
        );
        let found = extended_interval(metric, &counts([5, 0, 5, 5, 5, 5, 5, 5]), 0.95);
        assert!(found.interval.is_none() && found.note.is_some());
    }

    #[test]
    fn all_false_negatives_leave_no_benefit() {
        check(
            ExtendedMetric::TheilIndex,
            [0, 0, 4, 0, 0, 0, 4, 0],
            Err("every prediction is a false negative, so that there is no benefit to share"),
        );
    }

    #[test]
    fn equal_groups_are_at_the_ideal_value_of_every_comparison() {
        let equal = counts([40, 10, 6, 24, 40, 10, 6, 24]);
        for metric in ExtendedMetric::ALL {
            if matches!(
                metric,
                ExtendedMetric::TheilIndex | ExtendedMetric::CoefficientOfVariation
            ) {
                continue;
            }
            let value = extended_metric(metric, &equal);
            assert!(
                (value.clone().map_or(9.0, |v| v) - metric.ideal()).abs() < 1e-12,
                "{metric:?} {value:?}"
            );
            let interval = extended_interval(metric, &equal, 0.95).interval;
            assert!(
                interval.is_some_and(|i| i.low <= metric.ideal() && metric.ideal() <= i.high),
                "{metric:?}"
            );
        }
    }
}
