//! The numbers of an analysis as a monitor publishes them over time: one statistic set per
//! metric and dimensions.
//!
//! Names and dimensions: AWS developer guide, "CloudWatch metrics" of the four monitors, and
//! AWS's own dashboards and alarms that read them. Where a page and working code disagree, the
//! code decides.

use probity_domain::document::analysis::{Analysis, StageMetrics};
use probity_domain::document::constraints::{Constraints, Switch};
use probity_domain::document::explanations::Explanations;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::statistics::{CommonStatistics, FeatureStatistics};
use probity_metrics::constraints::EffectiveSettings;

use crate::data_quality::ResultDocuments;

/// What infinity is published as: the page "Monitor Bias Drift with CloudWatch".
const INFINITE: f64 = 2.348_543e108;

/// One metric of one execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    pub name: String,
    /// Beside those of the endpoint and the schedule.
    pub dimensions: Vec<(&'static str, String)>,
    pub sum: f64,
    pub count: f64,
    pub minimum: f64,
    pub maximum: f64,
}

impl Measure {
    /// Of one number; `None` of one that is none.
    fn of(name: String, value: f64) -> Option<Measure> {
        let value = published(value)?;
        Some(Measure {
            name,
            dimensions: Vec::new(),
            sum: value,
            count: 1.0,
            minimum: value,
            maximum: value,
        })
    }

    fn with(mut self, dimensions: Vec<(&'static str, String)>) -> Measure {
        self.dimensions = dimensions;
        self
    }
}

fn published(value: f64) -> Option<f64> {
    match value {
        value if value.is_nan() => None,
        f64::INFINITY => Some(INFINITE),
        f64::NEG_INFINITY => Some(-INFINITE),
        value => Some(value),
    }
}

/// `feature_data_…`, `feature_non_null_…` and `feature_baseline_drift_…`, but for features whose
/// constraints say that none are emitted.
pub fn of_data_quality(documents: &ResultDocuments) -> Vec<Measure> {
    let obeyed = documents.baseline.as_ref();
    let obeyed = obeyed.map_or(&documents.constraints, |baseline| &baseline.constraints);
    let mut measures = Vec::new();
    for feature in &documents.statistics.features {
        if emits(obeyed, &feature.name) {
            measures.extend(data_of(feature));
            measures.extend(non_null_of(feature));
        }
    }
    for feature in &documents.probity.features {
        let distance = feature.drift.as_ref().and_then(|drift| drift.distance);
        if let Some(distance) = distance
            && emits(obeyed, &feature.name)
        {
            let name = format!("feature_baseline_drift_{}", feature.name);
            measures.extend(Measure::of(name, distance));
        }
    }
    measures
}

fn emits(constraints: &Constraints, name: &str) -> bool {
    let feature = constraints.features.iter().find(|known| known.name == name);
    let settings = match feature {
        Some(feature) => EffectiveSettings::of_feature(constraints, feature),
        None => EffectiveSettings::of_file(constraints),
    };
    settings.emit_metrics == Switch::Enabled
}

fn data_of(feature: &FeatureStatistics) -> Option<Measure> {
    let numbers = feature.numerical_statistics.as_ref()?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "CloudWatch counts samples in doubles too"
    )]
    let count = numbers.common.num_present as f64;
    Some(Measure {
        name: format!("feature_data_{}", feature.name),
        dimensions: Vec::new(),
        sum: published(numbers.sum)?,
        count,
        minimum: published(numbers.min)?,
        maximum: published(numbers.max)?,
    })
}

/// The share of values that are there.
fn non_null_of(feature: &FeatureStatistics) -> Option<Measure> {
    let numbers = feature.numerical_statistics.as_ref();
    let texts = feature.string_statistics.as_ref();
    let common: &CommonStatistics = numbers
        .map(|numbers| &numbers.common)
        .or(texts.map(|texts| &texts.common))?;
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    let (present, missing) = (common.num_present as f64, common.num_missing as f64);
    Measure::of(
        format!("feature_non_null_{}", feature.name),
        present / (present + missing),
    )
}

/// Every metric that is one number, under its name in `statistics.json`.
pub fn of_model_quality(statistics: &ModelQualityStatistics) -> Vec<Measure> {
    let scalars = statistics.metrics.scalars().into_iter();
    scalars
        .filter_map(|(name, metric)| Measure::of(name.to_owned(), metric.value?))
        .collect()
}

/// `bias_metric_…` by stage, label and facet. Metrics that could not be computed have none.
pub fn of_bias(analysis: &Analysis) -> Vec<Measure> {
    let stages = [
        ("Post-Training", &analysis.post_training_bias_metrics),
        ("Pre-training", &analysis.pre_training_bias_metrics),
    ];
    let mut measures = Vec::new();
    for (stage, found) in stages {
        let Some(StageMetrics::Computed(computed)) = found else {
            continue;
        };
        let facets = computed.facets.iter();
        let groups = facets.flat_map(|(facet, groups)| groups.iter().map(move |of| (facet, of)));
        for (facet, group) in groups {
            for metric in &group.metrics {
                let name = format!("bias_metric_{}", metric.name);
                let value = metric.value.number();
                let Some(measure) = value.and_then(|value| Measure::of(name, value)) else {
                    continue;
                };
                measures.push(measure.with(vec![
                    ("BiasStage", stage.to_owned()),
                    ("Label", computed.label.clone()),
                    ("LabelValue", computed.label_value_or_threshold.clone()),
                    ("Facet", facet.clone()),
                    ("FacetValue", group.value_or_threshold.clone()),
                ]));
            }
        }
    }
    measures
}

/// `feature_…` and `ExpectedValue` by label.
pub fn of_explanations(explanations: &Explanations) -> Vec<Measure> {
    let mut measures = Vec::new();
    for (label, global) in &explanations.kernel_shap {
        let dimensions = |kind: &str| {
            vec![
                ("ExplainabilityMethod", "KernelShap".to_owned()),
                ("Label", label.clone()),
                ("ValueType", kind.to_owned()),
            ]
        };
        for (feature, value) in &global.global_shap_values {
            let measure = Measure::of(format!("feature_{feature}"), *value);
            measures.extend(measure.map(|found| found.with(dimensions("GlobalShapValues"))));
        }
        let expected = global.expected_value;
        let measure = expected.and_then(|value| Measure::of("ExpectedValue".to_owned(), value));
        measures.extend(measure.map(|found| found.with(dimensions("ExpectedValue"))));
    }
    measures
}

#[cfg(test)]
mod tests {
    use probity_domain::document::analysis::{BiasStage, FacetMetrics, MetricEntry, MetricValue};

    use super::*;

    #[track_caller]
    fn check(value: MetricValue, expected: Option<f64>) {
        let analysis = Analysis {
            pre_training_bias_metrics: Some(StageMetrics::Computed(BiasStage {
                label: "Target".to_owned(),
                facets: vec![(
                    "Sex".to_owned(),
                    vec![FacetMetrics {
                        value_or_threshold: "0".to_owned(),
                        metrics: vec![MetricEntry {
                            name: "CI".to_owned(),
                            description: String::new(),
                            value,
                        }],
                    }],
                )],
                label_value_or_threshold: "1".to_owned(),
            })),
            ..Analysis::default()
        };
        let found = of_bias(&analysis);
        assert_eq!(found.first().map(|found| found.sum), expected);
        for measure in found {
            assert_eq!(measure.name, "bias_metric_CI");
            let dimensions: Vec<String> = measure
                .dimensions
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(
                dimensions,
                [
                    "BiasStage=Pre-training",
                    "Label=Target",
                    "LabelValue=1",
                    "Facet=Sex",
                    "FacetValue=0"
                ]
            );
        }
    }

    #[test]
    fn infinity_has_a_number_and_what_is_none_is_not_published() {
        check(MetricValue::Float(0.25), Some(0.25));
        check(MetricValue::Float(f64::INFINITY), Some(2.348_543e108));
        check(MetricValue::Float(f64::NEG_INFINITY), Some(-2.348_543e108));
        check(MetricValue::Error("no rows".to_owned()), None);
    }
}
