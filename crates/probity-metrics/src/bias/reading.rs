//! What a value of each of Clarify's metrics says, in a sentence for someone who answers for the model:
//! who is at a disadvantage and by how much, and whether it could be chance.

use probity_domain::document::probity_file::Interval;

use super::counts::{BiasCounts, Confusion, Group};
use super::estimate::rate_of;
use super::metric::BiasMetric;
use super::rate::{Rate, Share};
use super::reading_rate::{
    Directions, GroupNames, NO_DIFFERENCE, Standing, both_rates, ends_in_words, gap_in_words,
    is_no_gap, level, number, percent, reversed, share_in_words, standing,
};

/// A number and its interval, which have no meaning apart.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    pub value: f64,
    pub interval: Option<&'a Interval>,
}

/// The sentence for a value; of a metric without one see its error.
pub fn bias_reading(
    metric: BiasMetric,
    reported: Reported,
    counts: &BiasCounts,
    names: GroupNames,
) -> String {
    match metric {
        BiasMetric::Dpl | BiasMetric::Dppl | BiasMetric::Ad | BiasMetric::Dar | BiasMetric::Rd => {
            let turned = reported.interval.map(reversed);
            let d_minus_a = Reported {
                value: -reported.value,
                interval: turned.as_ref(),
            };
            rate_reading(metric, d_minus_a, counts, names)
        }
        BiasMetric::Drr | BiasMetric::Sd => rate_reading(metric, reported, counts, names),
        BiasMetric::Js | BiasMetric::Kl | BiasMetric::Ks | BiasMetric::Lp | BiasMetric::Tvd => {
            distance_reading(metric, reported, counts, names)
        }
        BiasMetric::Di => impact_reading(reported, counts, names),
        BiasMetric::Ci => imbalance_reading(reported, counts, names),
        BiasMetric::Cddl | BiasMetric::Cddpl => disparity_reading(metric, reported, names),
        BiasMetric::Dca => ratio_reading(
            reported,
            [Group::Advantaged, Group::Disadvantaged].map(|group| {
                let group = counts.total.of(group);
                per(group.positive_labels(), group.positive_predictions())
            }),
            [
                "positive labels per positive prediction",
                "gets fewer positive predictions than its labels warrant, compared with",
            ],
            names,
        ),
        BiasMetric::Dcr => ratio_reading(
            reported,
            [Group::Advantaged, Group::Disadvantaged].map(|group| {
                let group = counts.total.of(group);
                let rejected = group.rows() - group.positive_predictions();
                per(group.rows() - group.positive_labels(), rejected)
            }),
            [
                "negative labels per negative prediction",
                "gets fewer negative predictions than its labels warrant, compared with",
            ],
            names,
        ),
        BiasMetric::Te => ratio_reading(
            reported,
            [Group::Advantaged, Group::Disadvantaged].map(|group| {
                let group = counts.total.of(group);
                per(group.false_negatives, group.false_positives)
            }),
            [
                "false negatives per false positive",
                "is wrongly turned down, rather than wrongly accepted, more often than",
            ],
            names,
        ),
        BiasMetric::Ft => flip_reading(reported, names),
        BiasMetric::Ge => entropy_reading(reported, counts),
    }
}

/// `reported` is d − a.
fn rate_reading(
    metric: BiasMetric,
    reported: Reported,
    counts: &BiasCounts,
    names: GroupNames,
) -> String {
    let rate = rate_of(metric).unwrap_or(Rate::Accuracy);
    let mut sentence = format!(
        "{}: {}",
        both_rates(rate, counts, names),
        gap_in_words(reported.value, reported.interval)
    );
    if let Some(meaning) = meaning(
        rate,
        standing(reported.value, reported.interval, 0.0),
        names,
    ) {
        sentence = format!("{sentence}; {meaning}");
    }
    sentence + "."
}

/// Who bears a rate of d below or above the others'.
pub(crate) fn meaning(rate: Rate, standing: Standing, names: GroupNames) -> Option<String> {
    let group = names.group();
    let (bearer, other) = match (standing, is_good(rate)) {
        (Standing::Below, true) | (Standing::Above, false) => (group.as_str(), "the others"),
        (Standing::Above, true) | (Standing::Below, false) => ("the others", group.as_str()),
        (Standing::Equal | Standing::Unsure, _) => return None,
    };
    Some(match rate {
        Rate::PositiveLabels
        | Rate::PositivePredictions
        | Rate::TruePositive
        | Rate::FalseNegative => format!("at a disadvantage: {bearer}"),
        Rate::Accuracy | Rate::Error => {
            format!("the model is wrong about {bearer} more often than about {other}")
        }
        Rate::TrueNegative | Rate::FalsePositive => {
            format!("undeserved positive predictions go to {bearer} more often than to {other}")
        }
        Rate::PositivePredictiveValue | Rate::FalseDiscovery => {
            format!("positive predictions of {bearer} are wrong more often than of {other}")
        }
        Rate::NegativePredictiveValue | Rate::FalseOmission => {
            format!("negative predictions of {bearer} are wrong more often than of {other}")
        }
    })
}

/// Whether more of the rate is better.
fn is_good(rate: Rate) -> bool {
    match rate {
        Rate::PositiveLabels
        | Rate::PositivePredictions
        | Rate::Accuracy
        | Rate::TruePositive
        | Rate::TrueNegative
        | Rate::PositivePredictiveValue
        | Rate::NegativePredictiveValue => true,
        Rate::Error
        | Rate::FalseNegative
        | Rate::FalsePositive
        | Rate::FalseDiscovery
        | Rate::FalseOmission => false,
    }
}

fn distance_reading(
    metric: BiasMetric,
    reported: Reported,
    counts: &BiasCounts,
    names: GroupNames,
) -> String {
    let value = number(reported.value);
    let name = metric.name();
    let sure = reported.interval.map_or_else(String::new, |interval| {
        let ends = format!("{} to {}", number(interval.low), number(interval.high));
        format!(", {} {ends}", level(interval))
    });
    let verdict = match standing(reported.value, reported.interval, 0.0) {
        Standing::Equal => format!("{NO_DIFFERENCE} ("),
        Standing::Above | Standing::Below | Standing::Unsure => {
            "the labels are distributed differently (".to_owned()
        }
    };
    format!(
        "{}: {verdict}{name} {value}{sure}; 0 is no difference).",
        both_rates(Rate::PositiveLabels, counts, names)
    )
}

/// Below this the US Uniform Guidelines (1978) take a selection rate for adverse impact.
const FOUR_FIFTHS: f64 = 0.8;

fn impact_reading(reported: Reported, counts: &BiasCounts, names: GroupNames) -> String {
    let rates = both_rates(Rate::PositivePredictions, counts, names);
    if !reported.value.is_finite() {
        return format!("{rates}: the ratio has no finite value.");
    }
    let interval = reported.interval.map_or_else(String::new, |interval| {
        let ends = format!("{} to {}", number(interval.low), number(interval.high));
        format!(" ({} {ends})", level(interval))
    });
    let times = format!("{} times as often{interval}", number(reported.value));
    let standing = standing(reported.value, reported.interval, 1.0);
    let who = match standing {
        Standing::Equal => return format!("{rates}: {NO_DIFFERENCE}, {times}."),
        Standing::Below => format!("; at a disadvantage: {}", names.group()),
        Standing::Above => "; at a disadvantage: the others".to_owned(),
        Standing::Unsure => String::new(),
    };
    let rule = if reported.value < FOUR_FIFTHS {
        ", below the four-fifths rule of 0.8"
    } else {
        ""
    };
    format!("{rates}: {times}{rule}{who}.")
}

fn imbalance_reading(reported: Reported, counts: &BiasCounts, names: GroupNames) -> String {
    let (d, all) = (
        counts.total.of(Group::Disadvantaged).rows(),
        counts.total.rows(),
    );
    // CI = 1 − 2 n_d/n
    let share = |ci: f64| (1.0 - ci) / 2.0;
    let ends = reported.interval.map_or_else(String::new, |interval| {
        let (low, high) = (percent(share(interval.high)), percent(share(interval.low)));
        format!(" ({} {low} to {high})", level(interval))
    });
    let group = names.group();
    let verdict = match standing(reported.value, reported.interval, 0.0) {
        Standing::Equal => "about as many as of the others, within sampling error".to_owned(),
        Standing::Above => {
            format!("fewer than of the others, so that a model learns less of {group}")
        }
        Standing::Below => {
            "more than of the others, so that a model learns less of them".to_owned()
        }
        Standing::Unsure => "how sure that is cannot be said".to_owned(),
    };
    format!(
        "{} of the rows are {group}{ends}: {verdict}.",
        share_in_words(Share::new(d, all))
    )
}

const SMALLER_OR_LARGER: Directions = ["smaller", "larger"];
const LESS_OR_MORE_OFTEN: Directions = ["less", "more"];

/// With the direction of each end in words.
fn interval_in_points(interval: Option<&Interval>, directions: Directions) -> String {
    interval.map_or_else(String::new, |interval| {
        let ends = ends_in_words(interval, directions);
        format!(" ({} {ends})", level(interval))
    })
}

fn disparity_reading(metric: BiasMetric, reported: Reported, names: GroupNames) -> String {
    let outcome = if metric == BiasMetric::Cddl {
        "labels"
    } else {
        "predictions"
    };
    let group = names.group();
    let compared = if is_no_gap(reported.value) {
        "the same as".to_owned()
    } else {
        let word = SMALLER_OR_LARGER[usize::from(reported.value >= 0.0)];
        let points_apart = percent(reported.value.abs());
        format!("{points_apart} percentage points {word} than")
    };
    let interval = interval_in_points(reported.interval, SMALLER_OR_LARGER);
    let verdict = match standing(reported.value, reported.interval, 0.0) {
        Standing::Equal => format!(": {NO_DIFFERENCE}"),
        Standing::Above => format!("; at a disadvantage: {group}"),
        Standing::Below => "; at a disadvantage: the others".to_owned(),
        Standing::Unsure => String::new(),
    };
    format!(
        "Within the subgroups, on average, the share of {group} among negative {outcome} is {compared} among positive ones{interval}{verdict}."
    )
}

/// `None` of nothing.
fn per(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

/// Of a ratio in a and d: what it counts, and what the group with the higher one bears.
fn ratio_reading(
    reported: Reported,
    [a, d]: [Option<f64>; 2],
    [what, burden]: [&str; 2],
    names: GroupNames,
) -> String {
    let group = names.group();
    let (Some(a), Some(d)) = (a, d) else {
        return format!(
            "There are no {what} to count in one of the groups; the value is Clarify's convention."
        );
    };
    let ratios = format!(
        "{group} has {} {what}, the others have {}",
        number(d),
        number(a)
    );
    let interval = reported.interval.map_or_else(String::new, |interval| {
        let ends = format!("{} to {}", number(interval.low), number(interval.high));
        format!(
            " (difference {}, {} {ends})",
            number(reported.value),
            level(interval)
        )
    });
    match standing(reported.value, reported.interval, 0.0) {
        Standing::Equal => format!("{ratios}: {NO_DIFFERENCE}{interval}."),
        Standing::Unsure => format!("{ratios}{interval}."),
        Standing::Above | Standing::Below if d > a => {
            format!("{ratios}{interval}: {group} {burden} the others.")
        }
        Standing::Above | Standing::Below => {
            format!("{ratios}{interval}: the rest {burden} {group}.")
        }
    }
}

fn flip_reading(reported: Reported, names: GroupNames) -> String {
    let group = names.group();
    let interval = interval_in_points(reported.interval, LESS_OR_MORE_OFTEN);
    let often = if is_no_gap(reported.value) {
        "as often as".to_owned()
    } else {
        let direction = LESS_OR_MORE_OFTEN[usize::from(reported.value >= 0.0)];
        let gap = percent(reported.value.abs());
        format!("{gap} percentage points {direction} often than")
    };
    let fact = format!(
        "{group} is predicted positive {often} its nearest neighbours among the others{interval}"
    );
    match standing(reported.value, reported.interval, 0.0) {
        Standing::Equal => format!("{fact}: {NO_DIFFERENCE}."),
        Standing::Below => format!("{fact}; at a disadvantage: {group}."),
        Standing::Above => format!("{fact}; at a disadvantage: the others."),
        Standing::Unsure => format!("{fact}."),
    }
}

fn entropy_reading(reported: Reported, counts: &BiasCounts) -> String {
    let all: Vec<Confusion> = [Group::Advantaged, Group::Disadvantaged]
        .map(|group| counts.total.of(group))
        .into();
    let missed: u64 = all.iter().map(|group| group.false_negatives).sum();
    let undeserved: u64 = all.iter().map(|group| group.false_positives).sum();
    let share = |count| share_in_words(Share::new(count, counts.total.rows()));
    let interval = reported.interval.map_or_else(String::new, |interval| {
        let ends = format!("{} to {}", number(interval.low), number(interval.high));
        format!(" ({} {ends})", level(interval))
    });
    format!(
        "{} of all rows are wrongly turned down and {} wrongly accepted: inequality of benefit {}{interval}, where 0 is none; both groups together.",
        share(missed),
        share(undeserved),
        number(reported.value)
    )
}

#[cfg(test)]
mod tests {
    use super::super::counts::OutcomeCounts;
    use super::super::interval::{BIAS_INTERVAL_LEVEL, bias_interval};
    use super::*;

    /// Of `sex`, with F as the disadvantaged group.
    fn read(metric: BiasMetric, value: f64, cells: [u64; 8]) -> String {
        let counts = BiasCounts {
            total: OutcomeCounts::new(cells),
            strata: None,
        };
        let found = bias_interval(metric, Some(value), &counts, BIAS_INTERVAL_LEVEL);
        let reported = Reported {
            value,
            interval: found.interval.as_ref(),
        };
        let names = GroupNames {
            facet: "sex",
            value: "F",
        };
        bias_reading(metric, reported, &counts, names)
    }

    /// 100 rows each.
    const UNEQUAL: [u64; 8] = [30, 10, 10, 50, 50, 20, 20, 10];
    const EQUAL: [u64; 8] = [30, 10, 10, 50, 30, 10, 11, 49];

    #[track_caller]
    fn check(cells: [u64; 8], values: &[(BiasMetric, f64)], expected: &str) {
        let of = |(metric, value): &(BiasMetric, f64)| {
            format!("{} {}", metric.name(), read(*metric, *value, cells))
        };
        let found: Vec<String> = values.iter().map(of).collect();
        let expected: Vec<&str> = expected
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_difference_names_who_bears_it() {
        check(
            UNEQUAL,
            &[
                (BiasMetric::Ci, 0.0),
                (BiasMetric::Dpl, 0.3),
                (BiasMetric::Kl, 0.184),
                (BiasMetric::Tvd, 0.3),
                (BiasMetric::Ad, 0.2),
                (BiasMetric::Dar, 0.5),
                (BiasMetric::Dca, 0.0),
                (BiasMetric::Dcr, 0.0),
                (BiasMetric::Di, 0.5),
                (BiasMetric::Dppl, 0.3),
                (BiasMetric::Drr, -0.036),
                (BiasMetric::Rd, 0.5),
                (BiasMetric::Sd, -0.036),
                (BiasMetric::Te, 0.0),
                (BiasMetric::Ge, 0.15),
                (BiasMetric::Ft, -0.1),
                (BiasMetric::Cddl, 0.25),
            ],
            "
                CI 50.0 % of the rows are `sex` = F (95 % interval 43.1 to 56.9): about as many as of the others, within sampling error.
                DPL 30.0 % of `sex` = F have a positive label, against 60.0 % of the others: 30.0 percentage points lower (95 % interval 16.4 to 42.5); at a disadvantage: `sex` = F.
                KL 30.0 % of `sex` = F have a positive label, against 60.0 % of the others: the labels are distributed differently (KL 0.184, 95 % interval 0.056 to 0.403; 0 is no difference).
                TVD 30.0 % of `sex` = F have a positive label, against 60.0 % of the others: the labels are distributed differently (TVD 0.300, 95 % interval 0.164 to 0.425; 0 is no difference).
                AD 60.0 % of `sex` = F are predicted correctly, against 80.0 % of the others: 20.0 percentage points lower (95 % interval 7.4 to 32.1); the model is wrong about `sex` = F more often than about the others.
                DAR 33.3 % of `sex` = F predicted positive have a positive label, against 83.3 % of the others: 50.0 percentage points lower (95 % interval 29.3 to 66.8); positive predictions of `sex` = F are wrong more often than of the others.
                DCA `sex` = F has 1.00 positive labels per positive prediction, the others have 1.00: no difference beyond sampling error (difference 0, 95 % interval −0.524 to 0.375).
                DCR `sex` = F has 1.00 negative labels per negative prediction, the others have 1.00: no difference beyond sampling error (difference 0, 95 % interval −0.295 to 0.277).
                DI 30.0 % of `sex` = F are predicted positive, against 60.0 % of the others: 0.500 times as often (95 % interval 0.353 to 0.695), below the four-fifths rule of 0.8; at a disadvantage: `sex` = F.
                DPPL 30.0 % of `sex` = F are predicted positive, against 60.0 % of the others: 30.0 percentage points lower (95 % interval 16.4 to 42.5); at a disadvantage: `sex` = F.
                DRR 71.4 % of `sex` = F predicted negative have a negative label, against 75.0 % of the others: no difference beyond sampling error (3.6 percentage points lower, 95 % interval 19.8 lower to 14.4 higher).
                RD 33.3 % of `sex` = F with a positive label are predicted positive, against 83.3 % of the others: 50.0 percentage points lower (95 % interval 29.3 to 66.8); at a disadvantage: `sex` = F.
                SD 71.4 % of `sex` = F with a negative label are predicted negative, against 75.0 % of the others: no difference beyond sampling error (3.6 percentage points lower, 95 % interval 19.8 lower to 14.4 higher).
                TE `sex` = F has 1.00 false negatives per false positive, the others have 1.00: no difference beyond sampling error (difference 0, 95 % interval −1.43 to 1.05).
                GE 15.0 % of all rows are wrongly turned down and 15.0 % wrongly accepted: inequality of benefit 0.150 (95 % interval 0.116 to 0.195), where 0 is none; both groups together.
                FT `sex` = F is predicted positive 10.0 percentage points less often than its nearest neighbours among the others.
                CDDL Within the subgroups, on average, the share of `sex` = F among negative labels is 25.0 percentage points larger than among positive ones.
            ",
        );
    }

    #[test]
    fn a_difference_within_sampling_error_is_none() {
        check(
            EQUAL,
            &[
                (BiasMetric::Dppl, 0.01),
                (BiasMetric::Kl, 0.0),
                (BiasMetric::Di, 0.983),
                (BiasMetric::Te, 0.1),
            ],
            "
                DPPL 59.0 % of `sex` = F are predicted positive, against 60.0 % of the others: no difference beyond sampling error (1.0 percentage points lower, 95 % interval 14.5 lower to 12.5 higher).
                KL 60.0 % of `sex` = F have a positive label, against 60.0 % of the others: no difference beyond sampling error (KL 0, 95 % interval 0 to 0.039; 0 is no difference).
                DI 59.0 % of `sex` = F are predicted positive, against 60.0 % of the others: no difference beyond sampling error, 0.983 times as often (95 % interval 0.780 to 1.24).
                TE `sex` = F has 1.10 false negatives per false positive, the others have 1.00: no difference beyond sampling error (difference 0.100, 95 % interval −1.41 to 1.67).
            ",
        );
    }

    #[test]
    fn equal_rates_are_the_same() {
        const SAME: [u64; 8] = [30, 10, 10, 50, 30, 10, 10, 50];
        check(
            SAME,
            &[
                (BiasMetric::Dpl, 0.0),
                (BiasMetric::Ft, 0.0),
                (BiasMetric::Cddl, -1e-17),
            ],
            "
                DPL 60.0 % of `sex` = F have a positive label, against 60.0 % of the others: no difference beyond sampling error (the same, 95 % interval 13.5 lower to 13.5 higher).
                FT `sex` = F is predicted positive as often as its nearest neighbours among the others: no difference beyond sampling error.
                CDDL Within the subgroups, on average, the share of `sex` = F among negative labels is the same as among positive ones.
            ",
        );
    }

    #[test]
    fn the_words_of_an_interval_agree_with_its_sentence() {
        let counts = BiasCounts::default();
        let of = |metric, value, low, high| {
            let interval = Interval {
                low,
                high,
                level: 0.95,
                method: String::new(),
            };
            let reported = Reported {
                value,
                interval: Some(&interval),
            };
            let names = GroupNames {
                facet: "sex",
                value: "F",
            };
            bias_reading(metric, reported, &counts, names)
        };
        assert_eq!(
            of(BiasMetric::Cddl, -0.032, -0.092, 0.029),
            "Within the subgroups, on average, the share of `sex` = F among negative labels is 3.2 percentage points smaller than among positive ones (95 % interval 9.2 smaller to 2.9 larger): no difference beyond sampling error."
        );
        assert_eq!(
            of(BiasMetric::Ft, -0.1, -0.2, -0.05),
            "`sex` = F is predicted positive 10.0 percentage points less often than its nearest neighbours among the others (95 % interval 20.0 less to 5.0 less); at a disadvantage: `sex` = F."
        );
    }
}
