//! Where the number of a monitor begins to violate: the limit of a measure ([`crate::measures`]) by
//! the constraints that a run obeys, and what the baseline itself had.
//!
//! Checks: AWS developer guide, "Schema for constraints" and "Violations" of the four monitors.

use std::collections::BTreeMap;

use probity_domain::document::ReadDocument;
use probity_domain::document::analysis::Analysis;
use probity_domain::document::constraints::{CategoricalDriftMethod, Constraints, Switch};
use probity_domain::document::model_quality_constraints::{
    ComparisonOperator, ModelQualityConstraints,
};
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::statistics::Statistics;
use probity_metrics::constraints::EffectiveSettings;

use crate::measures;
use crate::recheck::NewConstraints;

/// Which side of a limit violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Above,
    Below,
}

/// Beyond `value` a number violates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    pub value: f64,
    pub violates: Side,
}

impl Limit {
    pub fn is_violated_by(&self, value: f64) -> bool {
        match self.violates {
            Side::Above => value > self.value,
            Side::Below => value < self.value,
        }
    }
}

/// What is known of one number beside its values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasureLimits {
    pub limits: Vec<Limit>,
    /// What the baseline had.
    pub reference: Option<f64>,
}

/// Of the number that is published under this name, with these dimensions beside schedule and
/// endpoint.
pub fn limits_of(
    constraints: &NewConstraints,
    (name, dimensions): (&str, &BTreeMap<String, String>),
) -> MeasureLimits {
    match constraints {
        NewConstraints::DataQuality(constraints) => MeasureLimits {
            limits: of_data_quality(constraints, name).into_iter().collect(),
            reference: None,
        },
        NewConstraints::ModelQuality(constraints) => MeasureLimits {
            limits: of_model_quality(constraints, name).into_iter().collect(),
            reference: None,
        },
        NewConstraints::Bias(baseline) => of_bias(baseline, (name, dimensions)),
        NewConstraints::Explainability(baseline) => MeasureLimits {
            limits: Vec::new(),
            reference: of_measures(explained(baseline), (name, dimensions)),
        },
    }
}

fn of_data_quality(constraints: &Constraints, name: &str) -> Option<Limit> {
    if let Some(feature) = name.strip_prefix("feature_baseline_drift_") {
        return drift_limit(constraints, feature);
    }
    let feature = name.strip_prefix("feature_non_null_")?;
    let found = constraints.features.iter().find(|of| of.name == feature)?;
    let settings = EffectiveSettings::of_feature(constraints, found);
    (settings.evaluate_constraints == Switch::Enabled).then_some(())?;
    Some(Limit {
        value: found.completeness?,
        violates: Side::Below,
    })
}

fn drift_limit(constraints: &Constraints, feature: &str) -> Option<Limit> {
    let found = constraints.features.iter().find(|of| of.name == feature)?;
    let settings = EffectiveSettings::of_feature(constraints, found);
    settings.compares_distributions().then_some(())?;
    let is_p_value = !found.inferred_type.is_numeric()
        && settings.categorical_drift_method == CategoricalDriftMethod::ChiSquared;
    Some(Limit {
        value: settings.drift_threshold(found.inferred_type),
        violates: if is_p_value { Side::Below } else { Side::Above },
    })
}

fn of_model_quality(constraints: &ModelQualityConstraints, name: &str) -> Option<Limit> {
    let found = constraints.of(name)?;
    Some(Limit {
        value: found.threshold,
        violates: match found.comparison_operator {
            ComparisonOperator::LessThanThreshold => Side::Below,
            ComparisonOperator::GreaterThanThreshold => Side::Above,
        },
    })
}

/// A metric violates where it lies farther from zero than the baseline's.
fn of_bias(
    baseline: &Analysis,
    (name, dimensions): (&str, &BTreeMap<String, String>),
) -> MeasureLimits {
    let Some(value) = of_measures(measures::of_bias(baseline, None), (name, dimensions)) else {
        return MeasureLimits::default();
    };
    let beyond = value.abs();
    MeasureLimits {
        limits: vec![
            Limit {
                value: beyond,
                violates: Side::Above,
            },
            Limit {
                value: -beyond,
                violates: Side::Below,
            },
        ],
        reference: Some(value),
    }
}

fn explained(baseline: &Analysis) -> Vec<measures::Measure> {
    let explanations = baseline.explanations.as_ref();
    explanations.map_or_else(Vec::new, |found| measures::of_explanations(found, None))
}

fn of_measures(
    measures: Vec<measures::Measure>,
    (name, dimensions): (&str, &BTreeMap<String, String>),
) -> Option<f64> {
    let is_it = |measure: &measures::Measure| {
        measure.name == name
            && measure.dimensions.len() == dimensions.len()
            && measure
                .dimensions
                .iter()
                .all(|(name, value)| dimensions.get(*name) == Some(value))
    };
    let found = measures.iter().find(|measure| is_it(measure))?;
    (found.count > 0.0).then_some(found.sum / found.count)
}

/// What the `statistics.json` of a baseline has of a number: the mean of a feature, its share of
/// values that are there, or a metric of model quality.
pub fn reference_of(
    kind: &NewConstraints,
    statistics: &[u8],
    name: &str,
) -> Result<Option<f64>, ReadDocument> {
    match kind {
        NewConstraints::DataQuality(_) => {
            let statistics = Statistics::from_json(statistics)?;
            let found = statistics.features.iter().find_map(|feature| {
                let measures = measures::of_feature(feature);
                of_measures(measures, (name, &BTreeMap::new()))
            });
            Ok(found)
        }
        NewConstraints::ModelQuality(_) => {
            let statistics = ModelQualityStatistics::from_json(statistics)?;
            let measures = measures::of_model_quality(&statistics, None);
            Ok(of_measures(measures, (name, &BTreeMap::new())))
        }
        NewConstraints::Bias(_) | NewConstraints::Explainability(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use probity_domain::document::api::monitoring_job_definition::MonitoringType;
    use serde_json::json;

    use super::*;

    fn limits(kind: MonitoringType, document: &serde_json::Value, name: &str) -> MeasureLimits {
        let constraints = NewConstraints::parse(kind, document.to_string().as_bytes()).unwrap();
        limits_of(&constraints, (name, &BTreeMap::new()))
    }

    fn one(value: f64, violates: Side) -> Vec<Limit> {
        vec![Limit { value, violates }]
    }

    #[test]
    fn a_feature_is_limited_by_its_own_threshold_and_else_by_that_of_the_file() {
        let own = json!({ "distribution_constraints": { "comparison_threshold": 0.3 } });
        let file = json!({
            "version": 0.0,
            "features": [
                { "name": "a", "inferred_type": "Fractional", "completeness": 0.9 },
                { "name": "b", "inferred_type": "Fractional", "completeness": 1.0,
                  "monitoringConfigOverrides": own },
            ],
            "monitoring_config": { "distribution_constraints": {
                "perform_comparison": "Enabled", "comparison_threshold": 0.1 } },
        });
        let of = |name: &str| limits(MonitoringType::DataQuality, &file, name).limits;
        assert_eq!(of("feature_baseline_drift_a"), one(0.1, Side::Above));
        assert_eq!(of("feature_baseline_drift_b"), one(0.3, Side::Above));
        assert_eq!(of("feature_non_null_a"), one(0.9, Side::Below));
        assert_eq!(of("feature_data_a"), []);
        assert_eq!(of("feature_baseline_drift_c"), []);
    }

    #[test]
    fn a_metric_of_quality_is_limited_on_the_side_of_its_operator() {
        let file = json!({ "version": 0.0, "regression_constraints": {
            "mae": { "threshold": 2.5, "comparison_operator": "GreaterThanThreshold" } } });
        let of = |name: &str| limits(MonitoringType::ModelQuality, &file, name).limits;
        assert_eq!(of("mae"), one(2.5, Side::Above));
        assert_eq!(of("r2"), []);
        assert!(one(2.5, Side::Above)[0].is_violated_by(2.6));
        assert!(!one(2.5, Side::Below)[0].is_violated_by(2.6));
    }
}
