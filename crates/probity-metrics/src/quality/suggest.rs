//! Constraints that a baseline suggests: no metric may become worse than it was there.
//!
//! Seen in files of users of the service: the threshold is the baseline's value to the last
//! digit. Which direction is worse was seen for few metrics; errors may not rise, all others
//! may not fall. Curves and constant classifiers, which say nothing about the model, are left
//! out, as are metrics that do not exist in the baseline.

use probity_domain::document::model_quality_constraints::{
    ComparisonOperator, MetricConstraint, ModelQualityConstraints,
};
use probity_domain::document::model_quality_statistics::ProblemMetrics;

/// Metrics of which more is worse.
const ERRORS: [&str; 5] = [
    "mae",
    "mse",
    "rmse",
    "false_positive_rate",
    "false_negative_rate",
];

/// One constraint per metric, in the order of `statistics.json`.
pub fn suggest_constraints(baseline: &ProblemMetrics) -> ModelQualityConstraints {
    let metrics = baseline.scalars().into_iter();
    let constraints = metrics
        .filter(|(name, _)| !name.ends_with("_best_constant_classifier"))
        .filter_map(|(name, metric)| Some((name.to_owned(), constraint(name, metric.value?))));
    ModelQualityConstraints {
        version: 0.0,
        problem_type: baseline.problem_type(),
        constraints: constraints.collect(),
        other_members: serde_json::Map::new(),
    }
}

fn constraint(name: &str, threshold: f64) -> MetricConstraint {
    MetricConstraint {
        threshold,
        comparison_operator: if ERRORS.contains(&name) {
            ComparisonOperator::GreaterThanThreshold
        } else {
            ComparisonOperator::LessThanThreshold
        },
        other_members: serde_json::Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use probity_domain::document::model_quality_statistics::{BinaryMetrics, MetricValue};

    #[test]
    fn errors_may_not_rise_and_the_rest_may_not_fall() {
        let metric = MetricValue {
            value: Some(0.25),
            standard_deviation: None,
        };
        let baseline = ProblemMetrics::Binary(Box::new(BinaryMetrics {
            recall: metric,
            false_positive_rate: metric,
            f1_best_constant_classifier: metric,
            ..BinaryMetrics::default()
        }));
        let suggested = suggest_constraints(&baseline).constraints;
        let found: Vec<(&str, f64, &str)> = suggested
            .iter()
            .map(|(name, constraint)| {
                let operator = constraint.comparison_operator.name();
                (name.as_str(), constraint.threshold, operator)
            })
            .collect();
        // Metrics without a value and the constant classifier's are left out.
        assert_eq!(
            found,
            [
                ("recall", 0.25, "LessThanThreshold"),
                ("false_positive_rate", 0.25, "GreaterThanThreshold"),
            ]
        );
    }
}
