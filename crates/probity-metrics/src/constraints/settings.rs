//! What holds for one feature: defaults, under `monitoring_config`, under the feature's
//! overrides.
//!
//! Source: AWS developer guide, "Schema for constraints". Where the guide and the files of
//! the service disagree (the two `1.0`), `docs/api-quirks.md` says why we follow the files.

use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, Constraints, FeatureConstraints, MonitoringConfig,
    Switch,
};
use probity_domain::document::statistics::InferredType;

pub(crate) const DATATYPE_CHECK_THRESHOLD: f64 = 1.0;
pub(crate) const DOMAIN_CONTENT_THRESHOLD: f64 = 1.0;
pub(crate) const COMPARISON_THRESHOLD: f64 = 0.1;
pub(crate) const COMPARISON_METHOD: ComparisonMethod = ComparisonMethod::Robust;
pub(crate) const CATEGORICAL_DRIFT_METHOD: CategoricalDriftMethod =
    CategoricalDriftMethod::LInfinity;

/// Every setting of the check of one feature, decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EffectiveSettings {
    /// `Disabled` switches off every check of the feature, drift included.
    pub evaluate_constraints: Switch,
    pub emit_metrics: Switch,
    /// Smallest share of present values that must have the type.
    pub datatype_check_threshold: f64,
    /// Smallest share of present values that must lie in the domain.
    pub domain_content_threshold: f64,
    pub perform_comparison: Switch,
    /// Of numeric features.
    pub comparison_threshold: f64,
    pub comparison_method: ComparisonMethod,
    /// Of every other feature.
    pub categorical_comparison_threshold: f64,
    pub categorical_drift_method: CategoricalDriftMethod,
}

impl EffectiveSettings {
    /// What holds for columns that the file doesn't name.
    pub fn of_file(constraints: &Constraints) -> EffectiveSettings {
        decide(constraints.monitoring_config.clone().unwrap_or_default())
    }

    /// What holds for one of the file's features.
    pub fn of_feature(
        constraints: &Constraints,
        feature: &FeatureConstraints,
    ) -> EffectiveSettings {
        let overrides = feature.overrides();
        match &constraints.monitoring_config {
            Some(config) => decide(overrides.or(config)),
            None => decide(overrides),
        }
    }

    /// What a distance (for `ChiSquared`: a p-value) of the feature is compared with.
    pub fn drift_threshold(&self, inferred_type: InferredType) -> f64 {
        if inferred_type.is_numeric() {
            self.comparison_threshold
        } else {
            self.categorical_comparison_threshold
        }
    }

    /// Whether drift of the feature is looked at.
    pub fn compares_distributions(&self) -> bool {
        self.evaluate_constraints == Switch::Enabled && self.perform_comparison == Switch::Enabled
    }
}

fn decide(config: MonitoringConfig) -> EffectiveSettings {
    let config = config.with_current_names();
    let distribution = config.distribution_constraints.unwrap_or_default();
    let comparison_threshold = distribution
        .comparison_threshold
        .unwrap_or(COMPARISON_THRESHOLD);
    EffectiveSettings {
        evaluate_constraints: config.evaluate_constraints.unwrap_or(Switch::Enabled),
        emit_metrics: config.emit_metrics.unwrap_or(Switch::Enabled),
        datatype_check_threshold: config
            .datatype_check_threshold
            .unwrap_or(DATATYPE_CHECK_THRESHOLD),
        domain_content_threshold: config
            .domain_content_threshold
            .unwrap_or(DOMAIN_CONTENT_THRESHOLD),
        perform_comparison: distribution.perform_comparison.unwrap_or(Switch::Enabled),
        comparison_threshold,
        comparison_method: distribution.comparison_method.unwrap_or(COMPARISON_METHOD),
        categorical_comparison_threshold: distribution
            .categorical_comparison_threshold
            .unwrap_or(comparison_threshold),
        categorical_drift_method: distribution
            .categorical_drift_method
            .unwrap_or(CATEGORICAL_DRIFT_METHOD),
    }
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    reason = "thresholds are handed through, not computed"
)]
mod tests {
    use super::*;

    fn settings_of(json: &str) -> EffectiveSettings {
        let constraints = Constraints::from_json(json.as_bytes()).unwrap();
        EffectiveSettings::of_feature(&constraints, &constraints.features[0])
    }

    /// A file with one string feature, its members and the file's `monitoring_config`.
    fn file(feature: &str, config: &str) -> String {
        format!(
            r#"{{"version": 0, "features": [{{"name": "f", "inferred_type": "String" {feature}}}]
               {config}}}"#
        )
    }

    #[test]
    fn a_bare_file_has_the_defaults() {
        let settings = settings_of(&file("", ""));
        assert_eq!(
            settings,
            EffectiveSettings {
                evaluate_constraints: Switch::Enabled,
                emit_metrics: Switch::Enabled,
                datatype_check_threshold: 1.0,
                domain_content_threshold: 1.0,
                perform_comparison: Switch::Enabled,
                comparison_threshold: 0.1,
                comparison_method: ComparisonMethod::Robust,
                categorical_comparison_threshold: 0.1,
                categorical_drift_method: CategoricalDriftMethod::LInfinity,
            }
        );
    }

    #[test]
    fn every_place_of_an_override_counts() {
        let places = [
            r#", "monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}"#,
            r#", "monitoring_config_overrides": {"evaluate_constraints": "Disabled"}"#,
            r#", "string_constraints": {"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}"#,
            r#", "string_constraints": {"monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}}"#,
            r#", "num_constraints": {"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}"#,
        ];
        for place in places {
            assert_eq!(
                settings_of(&file(place, "")).evaluate_constraints,
                Switch::Disabled,
                "{place}"
            );
        }
    }

    #[test]
    fn overrides_of_the_sdk_win_over_those_that_were_there() {
        let settings = settings_of(&file(
            r#", "monitoringConfigOverrides": {"evaluate_constraints": "Enabled", "datatype_check_threshold": 0.5},
               "monitoring_config_overrides": {"evaluate_constraints": "Disabled"}"#,
            "",
        ));
        assert_eq!(settings.evaluate_constraints, Switch::Disabled);
        assert_eq!(settings.datatype_check_threshold, 0.5);
    }

    #[test]
    fn overrides_win_member_by_member_over_the_file() {
        let settings = settings_of(&file(
            r#", "monitoringConfigOverrides": {"distribution_constraints": {"comparison_method": "Simple"}}"#,
            r#", "monitoring_config": {"distribution_constraints":
                 {"comparison_method": "linf_robust", "comparison_threshold": 0.3}}"#,
        ));
        assert_eq!(settings.comparison_method, ComparisonMethod::Simple);
        assert_eq!(settings.comparison_threshold, 0.3);
    }

    #[test]
    fn strings_take_the_numeric_threshold_when_they_have_none() {
        let settings = settings_of(&file(
            "",
            r#", "monitoring_config": {"distribution_constraints": {"comparison_threshold": 0.3}}"#,
        ));
        assert_eq!(settings.drift_threshold(InferredType::String), 0.3);
    }

    #[test]
    fn members_of_2019_are_understood() {
        let settings = settings_of(&file(
            "",
            r#", "monitoring_config": {"distribution_constraints":
                 {"enable_comparisons": false, "min_domain_mass": 0.9}}"#,
        ));
        assert_eq!(settings.perform_comparison, Switch::Disabled);
        assert_eq!(settings.domain_content_threshold, 0.9);
        assert!(!settings.compares_distributions());
    }

    #[test]
    fn members_of_2019_in_an_override_win_over_new_names_of_the_file() {
        let settings = settings_of(&file(
            r#", "monitoring_config_overrides": {"distribution_constraints":
                 {"enable_comparisons": false, "min_domain_mass": 0.9}}"#,
            r#", "monitoring_config": {"domain_content_threshold": 0.5,
                 "distribution_constraints": {"perform_comparison": "Enabled"}}"#,
        ));
        assert_eq!(settings.perform_comparison, Switch::Disabled);
        assert_eq!(settings.domain_content_threshold, 0.9);
    }

    #[test]
    fn new_names_in_an_override_win_over_members_of_2019_of_the_file() {
        let settings = settings_of(&file(
            r#", "monitoring_config_overrides": {"domain_content_threshold": 0.5,
                 "distribution_constraints": {"perform_comparison": "Enabled"}}"#,
            r#", "monitoring_config": {"distribution_constraints":
                 {"enable_comparisons": false, "min_domain_mass": 0.9}}"#,
        ));
        assert_eq!(settings.perform_comparison, Switch::Enabled);
        assert_eq!(settings.domain_content_threshold, 0.5);
    }

    #[test]
    fn members_of_2019_of_the_file_and_of_overrides_hold_beside_other_members() {
        let settings = settings_of(&file(
            r#", "monitoring_config_overrides": {"distribution_constraints": {"min_domain_mass": 0.9}},
               "monitoringConfigOverrides": {"distribution_constraints": {"comparison_method": "Simple"}},
               "string_constraints": {"monitoring_config_overrides": {"domain_content_threshold": 0.5,
                 "distribution_constraints": {"comparison_threshold": 0.3}}}"#,
            r#", "monitoring_config": {"distribution_constraints": {"enable_comparisons": false}}"#,
        ));
        assert_eq!(settings.domain_content_threshold, 0.9);
        assert_eq!(settings.comparison_threshold, 0.3);
        assert_eq!(settings.perform_comparison, Switch::Disabled);
    }
}
