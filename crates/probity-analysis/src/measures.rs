//! The numbers of an analysis as a monitor publishes them over time: one statistic set per
//! metric and dimensions.
//!
//! Names and dimensions: AWS developer guide, "CloudWatch metrics" of the four monitors, and
//! AWS's own dashboards and alarms that read them. Where a page and working code disagree, the
//! code decides.

use probity_domain::document::analysis::{Analysis, FacetMetrics, MetricEntry, StageMetrics};
use probity_domain::document::bias_file::{FacetFacts, MetricFacts};
use probity_domain::document::constraints::{Constraints, Switch};
use probity_domain::document::explanation_file::LabelAttributions;
use probity_domain::document::explanations::Explanations;
use probity_domain::document::model_quality_file::QualityFacts;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::probity_file::{DriftFacts, Interval};
use probity_domain::document::statistics::{CommonStatistics, FeatureStatistics};
use probity_metrics::bias::Share;
use probity_metrics::constraints::EffectiveSettings;
use probity_metrics::drift::INTERVAL_LEVEL;

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
    /// Of the number, at the level of the analysis; not what CloudWatch is told.
    pub interval: Option<(f64, f64)>,
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
            interval: None,
        })
    }

    /// An interval that does not hold the number is one of something else.
    fn sure(mut self, interval: Option<(f64, f64)>) -> Measure {
        self.interval = interval.filter(|(low, high)| {
            low.is_finite() && high.is_finite() && *low <= self.sum && self.sum <= *high
        });
        self
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
            measures.extend(of_feature(feature));
        }
    }
    for feature in &documents.probity.features {
        let Some(drift) = &feature.drift else {
            continue;
        };
        if let Some(distance) = drift.distance
            && emits(obeyed, &feature.name)
        {
            let name = format!("feature_baseline_drift_{}", feature.name);
            let measure = Measure::of(name, distance);
            measures.extend(measure.map(|found| found.sure(interval_of_distance(drift))));
        }
    }
    measures
}

/// The facts have the interval of the largest difference, which `Simple` is itself. `Robust` takes
/// the same amount from it whatever the data, so that its interval is moved by that; of the others
/// there is none.
fn interval_of_distance(drift: &DriftFacts) -> Option<(f64, f64)> {
    let by = match drift.method.as_str() {
        "Simple" => 0.0,
        "Robust" => drift.distance.filter(|distance| *distance > 0.0)? - drift.effect,
        _ => return None,
    };
    let (low, high) = (drift.interval.low + by, drift.interval.high + by);
    Some((low.max(0.0), high))
}

fn emits(constraints: &Constraints, name: &str) -> bool {
    let feature = constraints.features.iter().find(|known| known.name == name);
    let settings = match feature {
        Some(feature) => EffectiveSettings::of_feature(constraints, feature),
        None => EffectiveSettings::of_file(constraints),
    };
    settings.emit_metrics == Switch::Enabled
}

/// What is published of a feature's own values.
pub(crate) fn of_feature(feature: &FeatureStatistics) -> Vec<Measure> {
    data_of(feature)
        .into_iter()
        .chain(non_null_of(feature))
        .collect()
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
        interval: None,
    })
}

/// The share of values that are there.
fn non_null_of(feature: &FeatureStatistics) -> Option<Measure> {
    let numbers = feature.numerical_statistics.as_ref();
    let texts = feature.string_statistics.as_ref();
    let common: &CommonStatistics = numbers
        .map(|numbers| &numbers.common)
        .or(texts.map(|texts| &texts.common))?;
    let rows = common.num_present.checked_add(common.num_missing)?;
    let share = Share::new(common.num_present, rows);
    let measure = Measure::of(format!("feature_non_null_{}", feature.name), share.value()?)?;
    Some(measure.sure(share.wilson_interval(INTERVAL_LEVEL)))
}

/// Every metric that is one number, under its name in `statistics.json`.
pub fn of_model_quality(
    statistics: &ModelQualityStatistics,
    facts: Option<&QualityFacts>,
) -> Vec<Measure> {
    let interval = |name: &str| {
        let found = facts?.metrics.iter().find(|metric| metric.name == name)?;
        found.interval.as_ref().map(bounds)
    };
    let scalars = statistics.metrics.scalars().into_iter();
    scalars
        .filter_map(|(name, metric)| {
            Some(Measure::of(name.to_owned(), metric.value?)?.sure(interval(name)))
        })
        .collect()
}

fn bounds(interval: &Interval) -> (f64, f64) {
    (interval.low, interval.high)
}

/// `bias_metric_…` by stage, label and facet. Metrics that could not be computed have none.
pub fn of_bias(analysis: &Analysis, facts: Option<&[FacetFacts]>) -> Vec<Measure> {
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
                let found = facts_of(facts, (stage, facet, group, metric));
                let measure = measure.sure(found.and_then(|of| of.interval.as_ref()).map(bounds));
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

fn facts_of<'a>(
    facets: Option<&'a [FacetFacts]>,
    (stage, facet, group, metric): (&str, &str, &FacetMetrics, &MetricEntry),
) -> Option<&'a MetricFacts> {
    let facts = facets?
        .iter()
        .find(|of| of.facet == facet && of.value_or_threshold == group.value_or_threshold)?;
    let stage = match stage {
        "Pre-training" => "pre_training",
        _ => "post_training",
    };
    facts
        .metrics
        .iter()
        .find(|of| of.name == metric.name && of.stage == stage)
}

/// `feature_…` and `ExpectedValue` by label.
pub fn of_explanations(
    explanations: &Explanations,
    facts: Option<&[LabelAttributions]>,
) -> Vec<Measure> {
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
            let interval = attribution_interval(facts, (label, feature));
            measures.extend(measure.map(|found| {
                let sure = found.sure(interval);
                sure.with(dimensions("GlobalShapValues"))
            }));
        }
        let expected = global.expected_value;
        let measure = expected.and_then(|value| Measure::of("ExpectedValue".to_owned(), value));
        measures.extend(measure.map(|found| found.with(dimensions("ExpectedValue"))));
    }
    measures
}

fn attribution_interval(
    labels: Option<&[LabelAttributions]>,
    (label, feature): (&str, &str),
) -> Option<(f64, f64)> {
    let of_label = labels?.iter().find(|of| of.label == label)?;
    let found = of_label.features.iter().find(|of| of.feature == feature)?;
    found.interval.as_ref().map(bounds)
}

#[cfg(test)]
mod tests {
    use probity_domain::document::analysis::{BiasStage, MetricValue};

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
        let found = of_bias(&analysis, None);
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

    #[test]
    fn the_interval_of_a_robust_distance_lies_around_it() {
        let drift = |method: &str, distance: f64| DriftFacts {
            method: method.to_owned(),
            distance: Some(distance),
            threshold: 0.1,
            n_baseline: 2000,
            n_current: 400,
            effect: 0.2935,
            interval: Interval {
                low: 0.1976,
                high: 0.3894,
                level: 0.95,
                method: String::new(),
            },
            p_value: 0.0,
            p_adjusted: None,
            psi: None,
            jensen_shannon: None,
            wasserstein_1: None,
            violates_aws: true,
            violates_corrected: true,
            note: None,
        };
        let (low, high) = interval_of_distance(&drift("Robust", 0.1949)).unwrap();
        assert!((low - 0.099).abs() < 1e-9 && (high - 0.2908).abs() < 1e-9);
        let simple = interval_of_distance(&drift("Simple", 0.2935));
        assert_eq!(simple, Some((0.1976, 0.3894)));
        assert_eq!(interval_of_distance(&drift("ChiSquared", 0.01)), None);
        assert_eq!(interval_of_distance(&drift("Robust", 0.0)), None);
    }
}
