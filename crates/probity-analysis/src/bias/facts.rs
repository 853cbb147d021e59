//! `probity.json` of a bias analysis: groups, metrics with intervals, and readings.

use probity_domain::document::analysis::{Analysis, MetricEntry, StageMetrics};
use probity_domain::document::bias_file::{FacetFacts, MetricFacts};
use probity_metrics::bias::{
    BIAS_INTERVAL_LEVEL, BiasGroups, BiasMetric, Consistency, ExtendedMetric, Facet, FacetGroup,
    Group, GroupNames, MeasuredGroup,
};

use super::request::Extended;
use super::rows::FlipTests;

/// The facts of all groups.
pub(super) struct AllFacets(Vec<FacetFacts>);

impl AllFacets {
    /// Consistency is of the whole table; it is told with every group, as GE is.
    pub(super) fn with_consistency(mut self, found: Result<Consistency, String>) -> AllFacets {
        for facet in &mut self.0 {
            facet.extended.push(consistency_facts(facet, &found));
        }
        self
    }

    pub(super) fn into_list(self) -> Vec<FacetFacts> {
        self.0
    }
}

pub(super) fn facet_facts(
    groups: &BiasGroups,
    analysis: &Analysis,
    (flip_tests, extended): (&FlipTests, Extended),
) -> AllFacets {
    let has_predictions = groups.predicted_label.is_some() && groups.post_training_error.is_none();
    let mut all = Vec::new();
    for (at_facet, facet) in groups.facets.iter().enumerate() {
        for (at_group, group) in facet.groups.iter().enumerate() {
            let measured = MeasuredGroup {
                counts: &group.counts,
                flip_test: flip_tests.get(&facet.name, &group.value_or_threshold),
                names: GroupNames {
                    facet: &facet.name,
                    value: &group.value_or_threshold,
                },
                level: BIAS_INTERVAL_LEVEL,
            };
            let metrics = entries(analysis, at_facet, at_group)
                .filter_map(|entry| {
                    let metric = BiasMetric::from_name(&entry.name)?;
                    Some(measured.metric_facts(metric, &entry.value))
                })
                .collect();
            let extended = match (extended, has_predictions) {
                (Extended::Included, true) => ExtendedMetric::ALL
                    .iter()
                    .map(|metric| measured.extended_facts(*metric))
                    .collect(),
                _ => Vec::new(),
            };
            all.push(one_facet(facet, group, metrics, extended));
        }
    }
    AllFacets(all)
}

/// Pre-training first.
fn entries(
    analysis: &Analysis,
    at_facet: usize,
    at_group: usize,
) -> impl Iterator<Item = &MetricEntry> {
    let stages = [
        &analysis.pre_training_bias_metrics,
        &analysis.post_training_bias_metrics,
    ];
    stages
        .into_iter()
        .flatten()
        .filter_map(move |stage| match stage {
            StageMetrics::Computed(stage) => stage.facets.get(at_facet)?.1.get(at_group),
            StageMetrics::Failed { .. } => None,
        })
        .flat_map(|facet| &facet.metrics)
}

fn one_facet(
    facet: &Facet,
    group: &FacetGroup,
    metrics: Vec<MetricFacts>,
    extended: Vec<MetricFacts>,
) -> FacetFacts {
    let of = |side| group.counts.total.of(side).facts();
    FacetFacts {
        facet: facet.name.clone(),
        value_or_threshold: group.value_or_threshold.clone(),
        data_type: facet.kind.name().to_owned(),
        advantaged: of(Group::Advantaged),
        disadvantaged: of(Group::Disadvantaged),
        n_missing: facet.n_missing,
        metrics,
        extended,
    }
}

fn consistency_facts(facet: &FacetFacts, found: &Result<Consistency, String>) -> MetricFacts {
    let reading = match found {
        Ok(found) => format!(
            "On average {:.1} % of the five rows most alike to a row get the same prediction \
             as it; 100 % is ideal. This is of all rows, whatever their group.",
            100.0 * found.value()
        ),
        Err(error) => format!("Not computed: {}.", error.trim_end_matches('.')),
    };
    MetricFacts {
        name: "consistency".to_owned(),
        stage: "post_training".to_owned(),
        description: "Consistency: 1 − mean |prediction − mean prediction of the 5 nearest rows| \
                      (Zemel et al., 2013; AIF360)"
            .to_owned(),
        value: found.as_ref().ok().map(Consistency::value),
        interval: found
            .as_ref()
            .ok()
            .and_then(|found| found.interval(BIAS_INTERVAL_LEVEL)),
        n_advantaged: facet.advantaged.n,
        n_disadvantaged: facet.disadvantaged.n,
        reading,
        error: found.as_ref().err().cloned(),
        note: found.is_ok().then(|| {
            "the interval takes the neighbours of a row as given: how they would vary is not in it"
                .to_owned()
        }),
    }
}
