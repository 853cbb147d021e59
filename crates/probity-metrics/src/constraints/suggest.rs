//! Constraints from the profile of a baseline, as SageMaker's baseline job suggests them.
//!
//! Source: AWS developer guide, "Schema for constraints"; Deequ's `NonNegativeNumbersRule`
//! and `CategoricalRangeRule` for what the guide leaves open.

use probity_domain::document::constraints::{
    CategoricalDriftMethod, Constraints, DistributionConstraints, FeatureConstraints,
    MonitoringConfig, NumConstraints, StringConstraints, Switch,
};

use super::settings::{
    COMPARISON_METHOD, COMPARISON_THRESHOLD, DATATYPE_CHECK_THRESHOLD, DOMAIN_CONTENT_THRESHOLD,
};
use super::shares;
use crate::summary::ColumnProfile;

/// A domain is closed when at most this share of its values was seen only once (Deequ's
/// `CategoricalRangeRule`), and at most this chance is left that the next value is new.
const MOST_SINGLETONS: f64 = 0.1;

/// One constraint per column, in their order. They hold on the data that they come from.
pub fn suggest<'a>(
    columns: impl IntoIterator<Item = (&'a str, &'a ColumnProfile)>,
    categorical_drift_method: CategoricalDriftMethod,
) -> Constraints {
    Constraints {
        features: columns
            .into_iter()
            .map(|(name, profile)| feature(name, profile))
            .collect(),
        monitoring_config: Some(suggested_config(categorical_drift_method)),
        ..Constraints::default()
    }
}

/// The settings that a new file begins with.
pub fn suggested_config(categorical_drift_method: CategoricalDriftMethod) -> MonitoringConfig {
    MonitoringConfig {
        evaluate_constraints: Some(Switch::Enabled),
        emit_metrics: Some(Switch::Enabled),
        datatype_check_threshold: Some(DATATYPE_CHECK_THRESHOLD),
        domain_content_threshold: Some(DOMAIN_CONTENT_THRESHOLD),
        distribution_constraints: Some(DistributionConstraints {
            perform_comparison: Some(Switch::Enabled),
            comparison_threshold: Some(COMPARISON_THRESHOLD),
            comparison_method: Some(COMPARISON_METHOD),
            categorical_comparison_threshold: Some(COMPARISON_THRESHOLD),
            categorical_drift_method: Some(categorical_drift_method),
            ..DistributionConstraints::default()
        }),
        ..MonitoringConfig::default()
    }
}

fn feature(name: &str, profile: &ColumnProfile) -> FeatureConstraints {
    let inferred_type = profile.inferred_type.documented();
    let domains = if inferred_type.is_numeric() {
        None
    } else {
        closed_domain(profile)
    };
    FeatureConstraints {
        name: name.to_owned(),
        inferred_type,
        completeness: shares::missing(profile).good_ratio(),
        num_constraints: inferred_type.is_numeric().then(|| NumConstraints {
            is_non_negative: is_non_negative(profile),
            ..NumConstraints::default()
        }),
        string_constraints: domains.map(|domains| StringConstraints {
            domains: Some(domains),
            ..StringConstraints::default()
        }),
        ..FeatureConstraints::default()
    }
}

/// Infinities have no sign in a profile, so nothing is claimed of a column that has some.
fn is_non_negative(profile: &ColumnProfile) -> bool {
    profile.n_infinite == 0 && profile.numeric.is_some_and(|numeric| numeric.min >= 0.0)
}

/// The values of a column of which we have probably seen all.
///
/// Good and Turing (1953): the chance that the next value is new is about the share of
/// *rows* whose value was seen once. Deequ bounds the share of *values* seen once, which no
/// column with a single rare value and fewer than ten values can meet: one is allowed.
fn closed_domain(profile: &ColumnProfile) -> Option<Vec<String>> {
    let categories = profile
        .categories
        .as_ref()
        .filter(|categories| !categories.is_empty())?;
    let singletons = categories.iter().filter(|(_, count)| *count == 1).count() as f64;
    let of_values = (MOST_SINGLETONS * categories.len() as f64).max(1.0);
    let of_rows = MOST_SINGLETONS * profile.n_present as f64;
    if singletons > of_values || singletons > of_rows {
        return None;
    }
    Some(categories.iter().map(|(value, _)| value.clone()).collect())
}
