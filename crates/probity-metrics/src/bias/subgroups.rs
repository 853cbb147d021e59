//! Groups by the values of all facets together: who fares worst?
//!
//! Each subgroup's rate of positive predictions (of positive labels, where nothing was
//! predicted) is set against all other rows. The ranking is by the end of the difference's
//! interval that is nearest to the favourable side, so that a sure disadvantage comes before
//! a large one of few rows. With many subgroups some differ by chance: the p-values are
//! adjusted after Benjamini and Hochberg.

use probity_domain::document::bias_file::{MetricFacts, SubgroupFacts, SubgroupRow};
use probity_domain::document::probity_file::Interval;

use super::counts::Confusion;
use super::estimate::{Estimate, advantage};
use super::interval::{SCORE_WITHIN_GROUPS, finite};
use super::projection::{two_sided_deviations, two_sided_p_value};
use super::rate::{Rate, Share};
use super::reading_rate::{
    gap_in_words, level as level_in_words, percent, phrases, reversed, share_in_words,
};
use super::segments::Subgroup;
use crate::drift::{MINIMUM_ROWS, adjust_benjamini_hochberg};

/// Stands for the value of rows that have none of a facet.
const MISSING: &str = "(missing)";

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubgroupSettings {
    /// Groups with fewer rows are counted but not ranked.
    pub minimum_rows: u64,
    /// Of the intervals.
    pub level: f64,
    /// What the groups are ranked by.
    pub outcome: SubgroupOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubgroupOutcome {
    Labels,
    Predictions,
}

impl SubgroupSettings {
    pub fn of(outcome: SubgroupOutcome) -> SubgroupSettings {
        SubgroupSettings {
            minimum_rows: MINIMUM_ROWS,
            level: super::interval::BIAS_INTERVAL_LEVEL,
            outcome,
        }
    }
}

/// Subgroups that are listed.
const MOST_GROUPS: usize = 50;

/// Worst first.
pub fn rank_subgroups(groups: &[Subgroup], settings: SubgroupSettings) -> SubgroupFacts {
    let all = groups
        .iter()
        .fold(Confusion::default(), |all, group| sum(all, group.counts));
    let is_ranked = |group: &&Subgroup| {
        group.counts.rows() >= settings.minimum_rows && group.counts.rows() < all.rows()
    };
    let mut compared: Vec<Compared> = groups
        .iter()
        .filter(is_ranked)
        .map(|group| Compared::new(group, &all, settings))
        .collect();
    let p_values: Vec<f64> = compared.iter().map(|group| group.p_value).collect();
    for (group, adjusted) in compared
        .iter_mut()
        .zip(adjust_benjamini_hochberg(&p_values))
    {
        group.p_adjusted = adjusted;
    }
    compared.sort_by(|one, two| {
        let key = |group: &Compared| (group.ends.0, group.gap);
        let ((low, gap), (other_low, other_gap)) = (key(one), key(two));
        other_low.total_cmp(&low).then(other_gap.total_cmp(&gap))
    });
    let n_compared = compared.len();
    let rows = compared.iter().take(MOST_GROUPS);
    SubgroupFacts {
        minimum_rows: settings.minimum_rows,
        n_too_small: groups
            .iter()
            .filter(|g| g.counts.rows() < settings.minimum_rows)
            .count() as u64,
        groups: rows.map(|group| group.row(n_compared, settings)).collect(),
    }
}

struct Compared<'a> {
    group: &'a Subgroup,
    shares: [Share; 2],
    /// Others − this.
    gap: f64,
    ends: (f64, f64),
    p_value: f64,
    p_adjusted: f64,
}

impl<'a> Compared<'a> {
    fn new(group: &'a Subgroup, all: &Confusion, settings: SubgroupSettings) -> Compared<'a> {
        let rate = settings.rate();
        let others = difference(all, &group.counts);
        let shares = [rate.of(&others), rate.of(&group.counts)];
        let estimate = Estimate::shares(shares, advantage);
        let ends = estimate.ends(two_sided_deviations(settings.level));
        let p_value = two_sided_p_value(|z| {
            let (low, high) = estimate.ends(z);
            low <= 0.0 && high >= 0.0
        });
        Compared {
            group,
            shares,
            gap: estimate.observed(),
            ends,
            p_value,
            p_adjusted: 1.0,
        }
    }

    fn row(&self, n_compared: usize, settings: SubgroupSettings) -> SubgroupRow {
        let counts = &self.group.counts;
        let label_rate = rate_facts(Rate::PositiveLabels, counts, settings.level);
        let is_predicted = settings.outcome == SubgroupOutcome::Predictions;
        SubgroupRow {
            values: named(&self.group.values),
            counts: counts.facts(),
            label_rate,
            prediction_rate: is_predicted
                .then(|| rate_facts(Rate::PositivePredictions, counts, settings.level)),
            difference: self.difference_facts(n_compared, settings),
        }
    }

    fn difference_facts(&self, n_compared: usize, settings: SubgroupSettings) -> MetricFacts {
        let rate = settings.rate();
        let interval = finite(self.ends, settings.level, SCORE_WITHIN_GROUPS);
        let this_minus_others = interval.as_ref().map(reversed);
        let (narrowed, what) = phrases(rate);
        let [others, this] = self.shares;
        let reading = format!(
            "{} of {}{narrowed} {what}, against {} of all other rows: {}.",
            share_in_words(this),
            names(&named(&self.group.values)),
            share_in_words(others),
            gap_in_words(-self.gap, this_minus_others.as_ref())
        );
        let (name, stage, description) = match settings.outcome {
            SubgroupOutcome::Labels => (
                "label_rate_difference",
                "pre_training",
                "Positive label rate of all other rows − of this subgroup",
            ),
            SubgroupOutcome::Predictions => (
                "prediction_rate_difference",
                "post_training",
                "Positive prediction rate of all other rows − of this subgroup",
            ),
        };
        MetricFacts {
            name: name.to_owned(),
            stage: stage.to_owned(),
            description: description.to_owned(),
            value: Some(self.gap),
            interval,
            n_advantaged: others.rows,
            n_disadvantaged: this.rows,
            reading,
            error: None,
            note: Some(format!(
                "p-value {}, {} after the correction for {n_compared} subgroups (Benjamini-Hochberg)",
                p_in_words(self.p_value),
                p_in_words(self.p_adjusted)
            )),
        }
    }
}

impl SubgroupSettings {
    fn rate(self) -> Rate {
        match self.outcome {
            SubgroupOutcome::Labels => Rate::PositiveLabels,
            SubgroupOutcome::Predictions => Rate::PositivePredictions,
        }
    }
}

fn named(values: &[(String, Option<String>)]) -> Vec<(String, String)> {
    let value = |value: &Option<String>| value.as_deref().unwrap_or(MISSING).to_owned();
    let of = |(facet, of_facet): &(String, Option<String>)| (facet.clone(), value(of_facet));
    values.iter().map(of).collect()
}

/// `` `sex` = F and `age` in (40, 58]``
fn names(values: &[(String, String)]) -> String {
    let of = |(facet, value): &(String, String)| {
        super::reading_rate::GroupNames { facet, value }.group()
    };
    values.iter().map(of).collect::<Vec<_>>().join(" and ")
}

fn p_in_words(p: f64) -> String {
    if p < 0.001 {
        return "below 0.001".to_owned();
    }
    format!("{p:.3}")
}

fn rate_facts(rate: Rate, counts: &Confusion, level: f64) -> MetricFacts {
    let share = rate.of(counts);
    let (name, stage, description) = if rate == Rate::PositiveLabels {
        ("label_rate", "pre_training", "Share of positive labels")
    } else {
        (
            "prediction_rate",
            "post_training",
            "Share of positive predictions",
        )
    };
    let interval = share.wilson_interval(level).map(|(low, high)| Interval {
        low,
        high,
        level,
        method: "Wilson".to_owned(),
    });
    let ends = interval.as_ref().map_or_else(String::new, |interval| {
        format!(
            " ({} {} to {})",
            level_in_words(interval),
            percent(interval.low),
            percent(interval.high)
        )
    });
    let (narrowed, what) = phrases(rate);
    MetricFacts {
        name: name.to_owned(),
        stage: stage.to_owned(),
        description: description.to_owned(),
        value: share.value(),
        interval,
        n_advantaged: 0,
        n_disadvantaged: share.rows,
        reading: format!("{}{narrowed} {what}{ends}.", share_in_words(share)),
        error: None,
        note: None,
    }
}

fn sum(one: Confusion, two: Confusion) -> Confusion {
    Confusion {
        true_negatives: one.true_negatives + two.true_negatives,
        false_positives: one.false_positives + two.false_positives,
        false_negatives: one.false_negatives + two.false_negatives,
        true_positives: one.true_positives + two.true_positives,
    }
}

fn difference(all: &Confusion, part: &Confusion) -> Confusion {
    Confusion {
        true_negatives: all.true_negatives - part.true_negatives,
        false_positives: all.false_positives - part.false_positives,
        false_negatives: all.false_negatives - part.false_negatives,
        true_positives: all.true_positives - part.true_positives,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, positive: u64, rows: u64) -> Subgroup {
        Subgroup {
            values: vec![("sex".to_owned(), Some(name.to_owned()))],
            counts: Confusion {
                true_positives: positive,
                true_negatives: rows - positive,
                ..Confusion::default()
            },
        }
    }

    #[track_caller]
    fn check(groups: &[Subgroup], expected: &[&str]) {
        let found = rank_subgroups(groups, SubgroupSettings::of(SubgroupOutcome::Predictions));
        let names: Vec<&str> = found
            .groups
            .iter()
            .map(|g| g.values[0].1.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn a_sure_disadvantage_comes_before_a_large_one_of_few_rows() {
        check(
            &[
                group("even", 600, 1000),
                group("few", 10, 30),
                group("sure", 400, 1000),
                group("favoured", 900, 1000),
            ],
            &["sure", "few", "even", "favoured"],
        );
    }

    #[test]
    fn small_groups_are_counted_and_not_ranked() {
        let groups = [group("a", 20, 40), group("b", 0, 29), group("c", 30, 40)];
        let found = rank_subgroups(&groups, SubgroupSettings::of(SubgroupOutcome::Labels));
        assert_eq!((found.n_too_small, found.groups.len()), (1, 2));
    }

    #[test]
    fn the_only_group_has_no_other_rows_to_compare_with() {
        check(&[group("all", 20, 40)], &[]);
    }

    #[test]
    fn a_row_says_who_and_how_sure() {
        let groups = [group("F", 300, 1000), group("M", 500, 1000)];
        let found = rank_subgroups(&groups, SubgroupSettings::of(SubgroupOutcome::Predictions));
        let worst = &found.groups[0].difference;
        assert_eq!(
            worst.reading,
            "30.0 % of `sex` = F are predicted positive, against 50.0 % of all other rows: 20.0 percentage points lower (95 % interval 15.8 to 24.2)."
        );
        assert_eq!(
            worst.note.as_deref(),
            Some(
                "p-value below 0.001, below 0.001 after the correction for 2 subgroups (Benjamini-Hochberg)"
            )
        );
    }
}
