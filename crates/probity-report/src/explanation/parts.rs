//! Parts of the report for a page that shows a monitor: whether the ranking of the features moved
//! since the baseline, one output of the model after the other.

use maud::{Markup, html};
use probity_domain::document::explanation_file::{
    AttributionDriftFacts, ExplanationFile, LabelAttributions, RankFacts,
};

use super::drift::{figure, moved, verdict};
use super::headline::headline;
use super::words::interval_text;
use crate::article::{visible, words_html};
use crate::number;

/// What was found, in one line.
pub fn drift_headline(file: &ExplanationFile) -> String {
    headline(file).1
}

/// One output of the model.
#[derive(Clone, Debug)]
pub struct RankingParts {
    /// From 1, in the order of the documents.
    pub place: usize,
    /// As the documents spell it.
    pub label: String,
    /// As a reader sees it.
    pub shown_label: String,
    pub ndcg: String,
    pub threshold: String,
    pub interval: Option<String>,
    pub violates: bool,
    /// The ranks at the baseline and now, a line each.
    pub flow: Markup,
    /// What the number says, and how sure that is.
    pub verdict: Markup,
    /// Which ranks changed.
    pub moved: Markup,
    /// Of the intervals of the features, as `95%`; `None` where none has one.
    pub features_level: Option<String>,
    /// In the order of the ranks now.
    pub features: Vec<RankedFeature>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RankedFeature {
    pub name: String,
    pub shown_name: String,
    pub rank_then: u64,
    pub rank_now: u64,
    /// Mean size of what the feature adds, in the unit of the output.
    pub then: String,
    pub now: String,
    /// Where the value of all predictions lies that the run's are a sample of.
    pub now_interval: Option<String>,
    /// Of all features together.
    pub share_then: Option<String>,
    pub share_now: Option<String>,
}

/// Every output whose attributions were compared, what violates first.
pub fn rankings(file: &ExplanationFile) -> Vec<RankingParts> {
    let drift = file.drift.iter().enumerate();
    let attributions = file.attributions.as_ref();
    let labels = attributions.map_or(&[][..], |found| &found.labels);
    let mut rankings: Vec<RankingParts> = drift
        .map(|(at, facts)| ranking((at, facts), labels))
        .collect();
    rankings.sort_by_key(|ranking| !ranking.violates);
    rankings
}

fn ranking(
    (at, facts): (usize, &AttributionDriftFacts),
    labels: &[LabelAttributions],
) -> RankingParts {
    let of_label = labels.iter().find(|found| found.label == facts.label);
    let interval = |feature: &str| {
        let mut features = of_label?.features.iter();
        let found = features.find(|found| found.feature == feature)?;
        let interval = found.interval.as_ref();
        // What no prediction uses is sure to add nothing.
        interval.filter(|found| found.low != 0.0 || found.high != 0.0)
    };
    let mut levels = facts
        .ranks
        .iter()
        .filter_map(|rank| interval(&rank.feature));
    let features_level = levels.next().map(|found| number::percent(found.level));
    let total = |of: fn(&RankFacts) -> f64| facts.ranks.iter().map(|rank| of(rank).abs()).sum();
    let (all_then, all_now): (f64, f64) = (total(|r| r.baseline), total(|r| r.current));
    let share = |value: f64, all: f64| (all > 0.0).then(|| number::percent(value.abs() / all));
    let mut ranks: Vec<&RankFacts> = facts.ranks.iter().collect();
    ranks.sort_by_key(|rank| rank.current_rank);
    let picture = figure(facts);
    RankingParts {
        place: at + 1,
        label: facts.label.clone(),
        shown_label: visible(&facts.label),
        ndcg: number::short(facts.ndcg),
        threshold: number::short(facts.threshold),
        interval: facts.interval.as_ref().map(|interval| {
            format!(
                "{} interval {} ({})",
                number::percent(interval.level),
                interval_text(Some(interval)),
                interval.method
            )
        }),
        violates: facts.violates,
        flow: html! { figure { figcaption { span { (words_html(&picture.caption)) } span.unit { (picture.note) } } (picture.picture) } },
        verdict: words_html(&verdict(facts)),
        moved: words_html(&moved(facts)),
        features_level,
        features: ranks
            .into_iter()
            .map(|rank| RankedFeature {
                name: rank.feature.clone(),
                shown_name: visible(&rank.feature),
                rank_then: rank.baseline_rank,
                rank_now: rank.current_rank,
                then: number::short(rank.baseline),
                now: number::short(rank.current),
                now_interval: interval(&rank.feature).map(|found| interval_text(Some(found))),
                share_then: share(rank.baseline, all_then),
                share_now: share(rank.current, all_now),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn ranks_now_are_in_order_and_shares_are_told() {
        let mut seen = 0;
        for sample in samples() {
            for ranking in rankings(sample.report().probity) {
                let ranks: Vec<u64> = ranking.features.iter().map(|f| f.rank_now).collect();
                assert!(ranks.is_sorted(), "{ranks:?}");
                assert!(ranking.features.iter().any(|f| f.share_now.is_some()));
                assert!(ranking.features.iter().any(|f| f.now_interval.is_some()));
                assert_eq!(ranking.features_level.as_deref(), Some("95%"));
                seen += 1;
            }
        }
        assert!(seen > 0);
    }

    #[test]
    fn what_no_prediction_uses_has_no_interval() {
        let mut seen = 0;
        for sample in samples() {
            let mut file = sample.report().probity.clone();
            let labels = file.attributions.iter_mut().flat_map(|of| &mut of.labels);
            for feature in labels.flat_map(|label| &mut label.features) {
                if let Some(interval) = &mut feature.interval {
                    (interval.low, interval.high) = (0.0, 0.0);
                }
            }
            for ranking in rankings(&file) {
                assert!(ranking.features.iter().all(|f| f.now_interval.is_none()));
                assert_eq!(ranking.features_level, None);
                seen += 1;
            }
        }
        assert!(seen > 0);
    }
}
