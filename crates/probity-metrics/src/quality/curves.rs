//! The receiver operating characteristic, precision against recall, the area under the
//! former and its error.
//!
//! Points as Spark's `BinaryClassificationMetrics` makes them, since SageMaker's samples have
//! its form: one point per score from the highest on, (0, 0) before and (1, 1) after the
//! ROC, (0, first precision) before precision and recall; the rate of a class without rows
//! is 0. AUC: the share of pairs of a positive and a negative row in which the positive has
//! the higher score, ties counted half. Its error: DeLong, DeLong, Clarke-Pearson (1988), by
//! the ranks of Sun and Xu (2014).

use probity_domain::document::model_quality_statistics::{PrecisionRecallCurve, RocCurve};
use probity_domain::document::probity_file::Interval;

use super::curve_points::{MOST_POINTS, most_telling};
use super::interval::{interval, on_log_odds, wilson};
use super::random::{Draw, Random};
use super::scores::{ScoreGroup, ScoreGroups};

/// The written points: all when they are at most 200, else those that tell the curve's
/// shape best.
pub(crate) fn roc_curve(scores: &ScoreGroups) -> RocCurve {
    let (negatives, positives) = scores.totals();
    let mut points = Vec::with_capacity(scores.groups.len() + 2);
    points.push((0.0, 0.0));
    points.extend(
        passed(scores)
            .map(|(negative, positive)| (rate(negative, negatives), rate(positive, positives))),
    );
    points.push((1.0, 1.0));
    let (false_positive_rates, true_positive_rates) =
        most_telling(&points, MOST_POINTS).into_iter().unzip();
    RocCurve {
        false_positive_rates,
        true_positive_rates,
    }
}

/// Likewise, in the order of rising recall.
pub(crate) fn precision_recall_curve(scores: &ScoreGroups) -> PrecisionRecallCurve {
    let (_, positives) = scores.totals();
    let mut points = Vec::with_capacity(scores.groups.len() + 1);
    for (negative, positive) in passed(scores) {
        let precision = rate(positive, negative + positive);
        if points.is_empty() {
            points.push((0.0, precision));
        }
        points.push((rate(positive, positives), precision));
    }
    let (recalls, precisions) = most_telling(&points, MOST_POINTS).into_iter().unzip();
    PrecisionRecallCurve {
        precisions,
        recalls,
    }
}

/// Negative and positive rows with at least each score.
fn passed(scores: &ScoreGroups) -> impl Iterator<Item = (u64, u64)> {
    scores.groups.iter().scan((0, 0), |seen, group| {
        seen.0 += group.negatives;
        seen.1 += group.positives;
        Some(*seen)
    })
}

fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    part as f64 / whole as f64
}

/// `None` when a class has no rows.
pub(crate) fn area(scores: &ScoreGroups) -> Option<f64> {
    area_of(
        scores
            .groups
            .iter()
            .map(|group| (group.negatives, group.positives)),
    )
}

fn area_of(groups: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut negatives, mut positives) = (0u64, 0u64);
    // Twice the pairs that are in order, as a whole number: exact at any number of rows.
    let mut in_order = 0u128;
    for (negative, positive) in groups {
        in_order += u128::from(negative) * u128::from(2 * positives + positive);
        negatives += negative;
        positives += positive;
    }
    let pairs = 2 * u128::from(negatives) * u128::from(positives);
    if pairs == 0 {
        return None;
    }
    Some(in_order as f64 / pairs as f64)
}

/// The AUC of `draws` rows drawn without replacement.
pub(crate) fn area_of_sample(scores: &ScoreGroups, draws: u64, random: &mut Random) -> Option<f64> {
    let rows = scores.groups.iter().map(ScoreGroup::rows).sum();
    let mut draw = Draw::new(random, rows, draws);
    let drawn = scores.groups.iter().map(|group| {
        if group.rows() == 1 {
            // Most scores are of one row. Its label is no branch that could be foreseen.
            let drawn = draw.next_row();
            return (drawn * group.negatives, drawn * group.positives);
        }
        (
            draw.next_cell(group.negatives),
            draw.next_cell(group.positives),
        )
    });
    area_of(drawn)
}

/// DeLong's standard error of the AUC. `None` unless both classes have two rows.
pub(crate) fn area_standard_error(scores: &ScoreGroups) -> Option<f64> {
    let (negatives, positives) = scores.totals();
    if negatives < 2 || positives < 2 {
        return None;
    }
    let (n, p) = (negatives as f64, positives as f64);
    let auc = area(scores)?;
    let (mut of_positives, mut of_negatives) = (0.0, 0.0);
    let (mut negatives_above, mut positives_above) = (0.0, 0.0);
    for group in &scores.groups {
        let (negative, positive) = (group.negatives as f64, group.positives as f64);
        // Shares of the other class that a row of this score is in order with.
        let below = 1.0 - (negatives_above + negative / 2.0) / n;
        let above = (positives_above + positive / 2.0) / p;
        of_positives += positive * (below - auc).powi(2);
        of_negatives += negative * (above - auc).powi(2);
        negatives_above += negative;
        positives_above += positive;
    }
    Some((of_positives / (p - 1.0) / p + of_negatives / (n - 1.0) / n).sqrt())
}

/// DeLong's interval on the scale of log odds. At 0 and 1, where DeLong's error is 0, that
/// of a proportion of as many rows as the rarer class has: the variance of an AUC is at
/// most A(1 − A) over that number (Birnbaum and Klose, 1957).
pub(crate) fn area_interval(scores: &ScoreGroups) -> Option<Interval> {
    let auc = area(scores)?;
    let (negatives, positives) = scores.totals();
    let margin = scores.auc_error();
    let widened = |(low, high): (f64, f64)| ((low - margin).max(0.0), (high + margin).min(1.0));
    let inside = auc > 0.0 && auc < 1.0;
    Some(
        match area_standard_error(scores).filter(|error| inside && *error > 0.0) {
            Some(error) => interval(widened(on_log_odds(auc, error)), "delong, log odds"),
            None => {
                let rarer = negatives.min(positives) as f64;
                interval(
                    widened(wilson(auc * rarer, rarer)),
                    "wilson, rows of the rarer class",
                )
            }
        },
    )
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "results that are exact by construction")]
mod tests {
    use super::*;

    fn scores(groups: &[(f64, u64, u64)]) -> ScoreGroups {
        let group = |&(score, negatives, positives): &(f64, u64, u64)| ScoreGroup {
            score,
            negatives,
            positives,
        };
        ScoreGroups {
            groups: groups.iter().map(group).collect(),
            is_exact: true,
        }
    }

    #[track_caller]
    fn check(groups: &[(f64, u64, u64)], expected: Option<f64>) {
        assert_eq!(area(&scores(groups)), expected);
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        check(&[(0.9, 0, 1), (0.5, 1, 0)], Some(1.0));
        check(&[(0.9, 1, 0), (0.5, 0, 1)], Some(0.0));
        check(&[(0.5, 3, 2)], Some(0.5));
        // Pairs: 0.9 over 0.7 and 0.2; 0.4 over 0.2 alone: 3 of 4.
        check(
            &[(0.9, 0, 1), (0.7, 1, 0), (0.4, 0, 1), (0.2, 1, 0)],
            Some(0.75),
        );
    }

    #[test]
    fn one_class_has_no_area() {
        check(&[(0.9, 4, 0)], None);
        check(&[], None);
    }

    #[test]
    fn the_curves_of_the_developer_guide_have_its_points() {
        // Its sample has four rows, all of them positive.
        let sample = scores(&[(0.9, 0, 1), (0.8, 0, 1), (0.7, 0, 1), (0.6, 0, 1)]);
        let roc = roc_curve(&sample);
        assert_eq!(roc.false_positive_rates, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(roc.true_positive_rates, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]);
        let curve = precision_recall_curve(&sample);
        assert_eq!(curve.precisions, [1.0; 5]);
        assert_eq!(curve.recalls, [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn no_rows_have_only_the_ends_of_the_curve() {
        assert_eq!(roc_curve(&scores(&[])).false_positive_rates, [0.0, 1.0]);
        assert_eq!(precision_recall_curve(&scores(&[])).recalls, [0.0; 0]);
    }

    #[test]
    fn a_perfect_area_is_not_a_certain_one() {
        let perfect = scores(&[(0.9, 0, 10), (0.1, 40, 0)]);
        let found = area_interval(&perfect).unwrap();
        assert_eq!(found.high, 1.0);
        // Wilson's 10 of 10.
        assert!((found.low - 0.722_467).abs() < 1e-6, "{}", found.low);
    }
}
