//! The check of current data against constraints: six kinds of violations, decided as
//! SageMaker decides them.
//!
//! Source: AWS developer guide, "Schema for violations" and "Interpreting violations";
//! what it leaves open is decided in `docs/api-quirks.md`.

use std::collections::{HashMap, HashSet};

use probity_domain::document::JavaDouble;
use probity_domain::document::constraint_violations::{ConstraintCheckType, Violation};
use probity_domain::document::constraints::{Constraints, FeatureConstraints, Switch};

use super::description::{self, ColumnCounts};
use super::settings::EffectiveSettings;
use super::shares;
use crate::summary::ColumnProfile;

/// One column of the current data.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    pub name: &'a str,
    pub profile: &'a ColumnProfile,
    /// From the baseline, by the feature's effective method; `None` when there is no
    /// distribution on one of the sides or too little for the method.
    pub distance: Option<DistanceOutcome>,
}

/// What a comparison of distributions gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DistanceOutcome {
    /// Of `Simple`, `Robust` or `LInfinity`: violates above the threshold.
    Distance(f64),
    /// Of `ChiSquared`: violates below the threshold.
    PValue(f64),
}

impl DistanceOutcome {
    /// AWS documents no direction for a p-value; a large one is no sign of drift.
    fn violates(self, threshold: f64) -> bool {
        match self {
            Self::Distance(distance) => distance > threshold,
            Self::PValue(p_value) => p_value < threshold,
        }
    }
}

/// Every violation of the file's constraints: by feature in the file's order, then by
/// check; extra columns last, in the data's order. Columns are matched by name.
pub fn check_dataset(constraints: &Constraints, observed: &[Observed<'_>]) -> Vec<Violation> {
    let counts = ColumnCounts {
        current: observed.len(),
        baseline: constraints.features.len(),
    };
    let by_name: HashMap<&str, &Observed<'_>> = observed
        .iter()
        .map(|column| (column.name, column))
        .collect();
    let mut violations = Vec::new();
    for feature in &constraints.features {
        let settings = EffectiveSettings::of_feature(constraints, feature);
        match by_name.get(feature.name.as_str()) {
            Some(column) => violations.extend(check_feature(feature, &settings, column)),
            None if settings.evaluate_constraints == Switch::Enabled => {
                violations.push(Violation {
                    feature_name: feature.name.clone(),
                    constraint_check_type: ConstraintCheckType::MissingColumnCheck,
                    description: description::missing_column(&feature.name, counts),
                })
            }
            None => {}
        }
    }
    if EffectiveSettings::of_file(constraints).evaluate_constraints == Switch::Enabled {
        violations.extend(extra_columns(constraints, observed));
    }
    violations
}

fn extra_columns(constraints: &Constraints, observed: &[Observed<'_>]) -> Vec<Violation> {
    let counts = ColumnCounts {
        current: observed.len(),
        baseline: constraints.features.len(),
    };
    let known: HashSet<&str> = constraints
        .features
        .iter()
        .map(|feature| feature.name.as_str())
        .collect();
    observed
        .iter()
        .filter(|column| !known.contains(column.name))
        .map(|column| Violation {
            feature_name: column.name.to_owned(),
            constraint_check_type: ConstraintCheckType::ExtraColumnCheck,
            description: description::extra_column(column.name, counts),
        })
        .collect()
}

/// The violations of one feature that is there: at most one per check.
pub fn check_feature(
    constraint: &FeatureConstraints,
    settings: &EffectiveSettings,
    observed: &Observed<'_>,
) -> Vec<Violation> {
    if settings.evaluate_constraints == Switch::Disabled {
        return Vec::new();
    }
    let data_type = check_data_type(constraint, settings, observed);
    // Where values changed their type, the distance is about something else; the service
    // has been seen to report no drift there (the churn demonstration).
    let drift = match data_type {
        Some(_) => None,
        None => check_drift(constraint, settings, observed),
    };
    let found = [
        (ConstraintCheckType::DataTypeCheck, data_type),
        (
            ConstraintCheckType::CompletenessCheck,
            check_completeness(constraint, observed),
        ),
        (ConstraintCheckType::BaselineDriftCheck, drift),
        (
            ConstraintCheckType::CategoricalValuesCheck,
            check_domain(constraint, settings, observed),
        ),
    ];
    found
        .into_iter()
        .filter_map(|(constraint_check_type, description)| {
            Some(Violation {
                feature_name: constraint.name.clone(),
                constraint_check_type,
                description: description?,
            })
        })
        .collect()
}

fn check_data_type(
    constraint: &FeatureConstraints,
    settings: &EffectiveSettings,
    observed: &Observed<'_>,
) -> Option<String> {
    let expected = constraint.inferred_type;
    let ratio = shares::of_other_type(expected, observed.profile).good_ratio()?;
    let threshold = settings.datatype_check_threshold;
    (ratio < threshold).then(|| description::data_type(expected, threshold, ratio))
}

fn check_completeness(constraint: &FeatureConstraints, observed: &Observed<'_>) -> Option<String> {
    let expected = constraint.completeness?;
    let ratio = shares::missing(observed.profile).good_ratio()?;
    (ratio < expected).then(|| description::completeness(expected, ratio))
}

fn check_drift(
    constraint: &FeatureConstraints,
    settings: &EffectiveSettings,
    observed: &Observed<'_>,
) -> Option<String> {
    if !settings.compares_distributions() {
        return None;
    }
    let outcome = observed.distance?;
    let threshold = settings.drift_threshold(constraint.inferred_type);
    outcome
        .violates(threshold)
        .then(|| description::drift(outcome, threshold))
}

fn check_domain(
    constraint: &FeatureConstraints,
    settings: &EffectiveSettings,
    observed: &Observed<'_>,
) -> Option<String> {
    let domain = shares::outside_domain(shares::domains(constraint)?, observed.profile);
    let ratio = domain.share.good_ratio()?;
    let threshold = settings.domain_content_threshold;
    (ratio < threshold).then(|| description::categorical_values(threshold, ratio, &domain))
}

/// Negative values where the baseline had none. SageMaker suggests `is_non_negative` but
/// has no kind of violation for it; we say it beside the verdict.
pub fn negative_value_notes(constraints: &Constraints, observed: &[Observed<'_>]) -> Vec<String> {
    let by_name: HashMap<&str, &ColumnProfile> = observed
        .iter()
        .map(|column| (column.name, column.profile))
        .collect();
    let mut notes = Vec::new();
    for feature in &constraints.features {
        let claims = feature
            .num_constraints
            .as_ref()
            .is_some_and(|claim| claim.is_non_negative);
        let numeric = by_name
            .get(feature.name.as_str())
            .and_then(|profile| profile.numeric);
        let settings = EffectiveSettings::of_feature(constraints, feature);
        let Some(numeric) = numeric.filter(|numeric| claims && numeric.min < 0.0) else {
            continue;
        };
        if settings.evaluate_constraints == Switch::Enabled {
            notes.push(format!(
                "column `{}` has negative values (minimum {}); the baseline had none",
                feature.name,
                JavaDouble(numeric.min)
            ));
        }
    }
    notes
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use probity_domain::document::constraints::{
        DistributionConstraints, MonitoringConfig, StringConstraints,
    };
    use probity_domain::document::probity_file::{DistinctFacts, TypeCounts};
    use probity_domain::document::statistics::InferredType;

    use super::*;

    /// The profile of a text column; `""` is missing.
    pub(crate) fn column_of(values: &[&str]) -> ColumnProfile {
        let mut counts = BTreeMap::new();
        let mut types = TypeCounts::default();
        for value in values {
            match *value {
                "" => types.unknown += 1,
                "true" | "false" => types.boolean += 1,
                _ if value.parse::<i64>().is_ok() => types.integral += 1,
                _ if value.parse::<f64>().is_ok() => types.fractional += 1,
                _ => types.string += 1,
            }
            if !value.is_empty() {
                *counts.entry((*value).to_owned()).or_insert(0) += 1;
            }
        }
        let mut categories: Vec<(String, u64)> = counts.into_iter().collect();
        categories.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        ColumnProfile {
            redacted: false,
            n_present: values.len() as u64 - types.unknown,
            n_missing: types.unknown,
            types,
            inferred_type: InferredType::String,
            numeric: None,
            distinct: DistinctFacts {
                estimate: categories.len() as f64,
                relative_standard_error: 0.0,
            },
            frequent: Vec::new(),
            categories: Some(categories),
            lengths: None,
            n_nan: 0,
            n_infinite: 0,
        }
    }

    fn feature(inferred_type: InferredType) -> FeatureConstraints {
        FeatureConstraints {
            name: "f".to_owned(),
            inferred_type,
            ..FeatureConstraints::default()
        }
    }

    fn file(feature: FeatureConstraints) -> Constraints {
        Constraints {
            features: vec![feature],
            ..Constraints::default()
        }
    }

    /// The violations of `f`, as `check: text` each.
    #[track_caller]
    fn check_with(
        constraints: &Constraints,
        values: &[&str],
        distance: Option<DistanceOutcome>,
        expected: &[&str],
    ) {
        let profile = column_of(values);
        let observed = [Observed {
            name: "f",
            profile: &profile,
            distance,
        }];
        let found: Vec<String> = check_dataset(constraints, &observed)
            .into_iter()
            .map(|found| {
                format!(
                    "{}: {}",
                    found.constraint_check_type.name(),
                    found.description
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check(constraints: &Constraints, values: &[&str], expected: &[&str]) {
        check_with(constraints, values, None, expected);
    }

    #[test]
    fn a_value_of_another_type_is_told_as_the_service_tells_it() {
        check(
            &file(feature(InferredType::Integral)),
            &["1", "2", "x", "4"],
            &[
                "data_type_check: Data type match requirement is not met. Expected data type: \
               Integral, Expected match: 100.0%. Observed: Only 75.0% of data is Integral.",
            ],
        );
    }

    #[test]
    fn missing_values_have_no_type() {
        check(&file(feature(InferredType::Integral)), &["1", "", ""], &[]);
        check(&file(feature(InferredType::Integral)), &["", ""], &[]);
        check(&file(feature(InferredType::Integral)), &[], &[]);
    }

    #[test]
    fn a_share_equal_to_its_threshold_is_enough() {
        let mut constraints = file(feature(InferredType::Integral));
        constraints.monitoring_config = Some(MonitoringConfig {
            datatype_check_threshold: Some(0.75),
            ..MonitoringConfig::default()
        });
        check(&constraints, &["1", "2", "x", "4"], &[]);
    }

    #[test]
    fn too_many_missing_values_violate() {
        let completeness = Some(0.75);
        let constraints = file(FeatureConstraints {
            completeness,
            ..feature(InferredType::String)
        });
        check(&constraints, &["a", "b", "c", ""], &[]);
        check(
            &constraints,
            &["a", "", "", ""],
            &[
                "completeness_check: Value: 0.25 does not meet the constraint requirement! Expected \
               completeness: 75.0%. Observed: Only 25.0% of values are present.",
            ],
        );
    }

    #[test]
    fn values_outside_the_domain_violate_and_are_named() {
        let string_constraints = Some(StringConstraints {
            domains: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..StringConstraints::default()
        });
        let constraints = file(FeatureConstraints {
            string_constraints,
            ..feature(InferredType::String)
        });
        check(&constraints, &["a", "b", "", "a"], &[]);
        check(
            &constraints,
            &["a", "b", "c", "c"],
            &[
                "categorical_values_check: Value: 0.5 does not meet the constraint requirement! \
               Expected in domain: 100.0%. Observed: Only 50.0% of values are in the domain. \
               Outside: `c` (2).",
            ],
        );
    }

    #[test]
    fn a_distance_above_its_threshold_violates() {
        let constraints = file(feature(InferredType::Integral));
        check_with(
            &constraints,
            &["1"],
            Some(DistanceOutcome::Distance(0.1)),
            &[],
        );
        check_with(
            &constraints,
            &["1"],
            Some(DistanceOutcome::Distance(0.25)),
            &["baseline_drift_check: Baseline drift distance: 0.25 exceeds threshold: 0.1"],
        );
    }

    #[test]
    fn a_p_value_below_its_threshold_violates() {
        let constraints = file(feature(InferredType::String));
        check_with(
            &constraints,
            &["a"],
            Some(DistanceOutcome::PValue(0.1)),
            &[],
        );
        check_with(
            &constraints,
            &["a"],
            Some(DistanceOutcome::PValue(0.0625)),
            &[
                "baseline_drift_check: Chi-squared p-value 0.0625 is below 0.1. As one minus the \
               p-value, baseline drift distance: 0.9375 exceeds threshold: 0.9",
            ],
        );
    }

    #[test]
    fn drift_is_silent_where_the_type_changed() {
        let distance = Some(DistanceOutcome::Distance(0.9));
        let constraints = file(feature(InferredType::Integral));
        check_with(
            &constraints,
            &["0.5"],
            distance,
            &[
                "data_type_check: Data type match requirement is not met. Expected data type: \
               Integral, Expected match: 100.0%. Observed: Only 0.0% of data is Integral.",
            ],
        );
    }

    #[test]
    fn drift_is_silent_where_comparison_is_switched_off() {
        let mut constraints = file(feature(InferredType::Integral));
        constraints.features[0].monitoring_config_overrides = Some(MonitoringConfig {
            distribution_constraints: Some(DistributionConstraints {
                perform_comparison: Some(Switch::Disabled),
                ..DistributionConstraints::default()
            }),
            ..MonitoringConfig::default()
        });
        check_with(
            &constraints,
            &["1"],
            Some(DistanceOutcome::Distance(0.9)),
            &[],
        );
    }

    #[test]
    fn a_feature_that_is_switched_off_has_no_violation_not_even_by_absence() {
        let mut constraints = file(feature(InferredType::Integral));
        constraints.features[0].monitoring_config_overrides = Some(MonitoringConfig {
            evaluate_constraints: Some(Switch::Disabled),
            ..MonitoringConfig::default()
        });
        check_with(
            &constraints,
            &["x"],
            Some(DistanceOutcome::Distance(0.9)),
            &[],
        );
        assert_eq!(check_dataset(&constraints, &[]), []);
    }

    #[test]
    fn a_file_that_is_switched_off_still_checks_the_features_that_are_on() {
        let switch = |switch| {
            Some(MonitoringConfig {
                evaluate_constraints: Some(switch),
                ..MonitoringConfig::default()
            })
        };
        let mut constraints = file(feature(InferredType::Integral));
        constraints.monitoring_config = switch(Switch::Disabled);
        check(&constraints, &["x"], &[]);
        constraints.features[0].monitoring_config_overrides = switch(Switch::Enabled);
        check(
            &constraints,
            &["x"],
            &[
                "data_type_check: Data type match requirement is not met. Expected data type: \
               Integral, Expected match: 100.0%. Observed: Only 0.0% of data is Integral.",
            ],
        );
    }

    #[test]
    fn columns_are_matched_by_name_and_each_absent_or_new_one_is_told() {
        let profile = column_of(&["a"]);
        let observed = |name| Observed {
            name,
            profile: &profile,
            distance: None,
        };
        let constraints = file(feature(InferredType::String));
        let found = check_dataset(&constraints, &[observed("g"), observed("h")]);
        let told: Vec<String> = found
            .iter()
            .map(|found| {
                format!(
                    "{} {}",
                    found.feature_name,
                    found.constraint_check_type.name()
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "f missing_column_check",
                "g extra_column_check",
                "h extra_column_check"
            ]
        );
        assert_eq!(
            found[1].description,
            "There are extra columns in current dataset. Number of columns in current dataset: \
             2, Number of columns in baseline constraints: 1. Extra column: `g`"
        );
    }
}
