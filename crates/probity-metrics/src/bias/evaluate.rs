//! The metrics of Clarify as functions of counted rows, and as entries of `analysis.json`.

use probity_domain::document::analysis::{
    BiasStage, FacetMetrics, MetricEntry, MetricValue, StageMetrics,
};

use super::counts::BiasCounts;
use super::failure::BiasFailure;
use super::groups::{BiasGroups, Facet, FacetGroup};
use super::metric::{BiasMetric, Stage};
use super::{conditional_disparity, post_training, pre_training};

/// The value of a metric. The flip test is no function of counts; see [`stage_metrics`].
pub fn bias_metric(metric: BiasMetric, counts: &BiasCounts) -> Result<f64, BiasFailure> {
    match metric {
        BiasMetric::Cddl => conditional_disparity::in_labels(counts),
        BiasMetric::Ci => pre_training::class_imbalance(counts),
        BiasMetric::Dpl => pre_training::difference_in_labels(counts),
        BiasMetric::Js => pre_training::jensen_shannon(counts),
        BiasMetric::Kl => pre_training::kullback_leibler(counts),
        BiasMetric::Ks => pre_training::largest_difference(counts),
        BiasMetric::Lp => pre_training::l2_norm(counts),
        BiasMetric::Tvd => pre_training::total_variation(counts),
        BiasMetric::Ad => post_training::accuracy_difference(counts),
        BiasMetric::Cddpl => conditional_disparity::in_predictions(counts),
        BiasMetric::Dar => post_training::acceptance_rates(counts),
        BiasMetric::Dca => Ok(post_training::conditional_acceptance(counts)?.unwrap_or(0.0)),
        BiasMetric::Dcr => Ok(post_training::conditional_rejection(counts)?.unwrap_or(0.0)),
        BiasMetric::Di => post_training::disparate_impact(counts),
        BiasMetric::Dppl => post_training::difference_in_predictions(counts),
        BiasMetric::Drr => post_training::rejection_rates(counts),
        BiasMetric::Ft => Err(BiasFailure::NeedsFeatures),
        BiasMetric::Ge => post_training::generalized_entropy(counts),
        BiasMetric::Rd => post_training::recall_difference(counts),
        BiasMetric::Sd => post_training::specificity_difference(counts),
        BiasMetric::Te => post_training::treatment_equality(counts),
    }
}

/// As `analysis.json` says it: a failure in the words of the service, and the integer 0 where
/// the equal infinities of both groups cancel in DCA or DCR.
pub fn metric_value(metric: BiasMetric, counts: &BiasCounts) -> MetricValue {
    let cancels = match metric {
        BiasMetric::Dca => post_training::conditional_acceptance(counts) == Ok(None),
        BiasMetric::Dcr => post_training::conditional_rejection(counts) == Ok(None),
        _ => false,
    };
    match bias_metric(metric, counts) {
        Ok(_) if cancels => MetricValue::Integer(0),
        Ok(value) => MetricValue::Float(value),
        Err(failure) => MetricValue::Error(failure.to_string()),
    }
}

/// The part of `analysis.json` that is of one stage, `None` for predictions that are not
/// there. `flip_test` is asked only for the metric FT.
pub fn stage_metrics(
    stage: Stage,
    metrics: &[BiasMetric],
    groups: &BiasGroups,
    mut flip_test: impl FnMut(&Facet, &FacetGroup) -> MetricValue,
) -> Option<StageMetrics> {
    let outcome = match (stage, &groups.post_training_error) {
        (Stage::PreTraining, _) => &groups.label,
        (Stage::PostTraining, Some(error)) => {
            let error = error
                .clarify_text()
                .map_or_else(|| error.to_string(), str::to_owned);
            return Some(StageMetrics::Failed { error });
        }
        (Stage::PostTraining, None) => groups.predicted_label.as_ref()?,
    };
    let mut entry = |facet: &Facet, group: &FacetGroup, metric: BiasMetric| MetricEntry {
        name: metric.name().to_owned(),
        description: metric.description().to_owned(),
        value: match metric {
            BiasMetric::Ft => flip_test(facet, group),
            _ => metric_value(metric, &group.counts),
        },
    };
    let mut facets = Vec::with_capacity(groups.facets.len());
    for facet in &groups.facets {
        let of_group = |group: &FacetGroup| FacetMetrics {
            value_or_threshold: group.value_or_threshold.clone(),
            metrics: metrics
                .iter()
                .map(|metric| entry(facet, group, *metric))
                .collect(),
        };
        facets.push((
            facet.name.clone(),
            facet.groups.iter().map(of_group).collect(),
        ));
    }
    Some(StageMetrics::Computed(BiasStage {
        label: groups.label.column.clone(),
        facets,
        label_value_or_threshold: outcome.positive.clone(),
    }))
}
