//! Members of a `constraints.json` that nothing reads. They are kept, since newer versions
//! of SageMaker may have added them, but a misspelled override would do nothing and say
//! nothing, so whoever checks can name them.

use serde_json::{Map, Value};

use super::constraints::{Constraints, FeatureConstraints, MonitoringConfig, OverridesSpelling};

impl Constraints {
    /// Paths of the members that we don't know, e.g.
    /// `features["age"].monitoringConfigOverrides.evaluate_constraint`, in the order of the
    /// file's features.
    pub fn unknown_members(&self) -> Vec<String> {
        let mut paths = Paths::default();
        paths.add("", &self.other_members);
        paths.add_config("monitoring_config", self.monitoring_config.as_ref());
        for feature in &self.features {
            paths.add_feature(feature);
        }
        paths.0
    }
}

#[derive(Debug, Default)]
struct Paths(Vec<String>);

impl Paths {
    fn add(&mut self, place: &str, members: &Map<String, Value>) {
        for name in members.keys() {
            self.0.push(if place.is_empty() {
                name.clone()
            } else {
                format!("{place}.{name}")
            });
        }
    }

    fn add_config(&mut self, place: &str, config: Option<&MonitoringConfig>) {
        let Some(config) = config else {
            return;
        };
        self.add(place, &config.other_members);
        if let Some(distribution) = &config.distribution_constraints {
            let place = format!("{place}.distribution_constraints");
            self.add(&place, &distribution.other_members);
        }
    }

    fn add_feature(&mut self, feature: &FeatureConstraints) {
        let place = format!("features[{:?}]", feature.name);
        self.add(&place, &feature.other_members);
        let overrides = match feature.overrides_spelling {
            OverridesSpelling::Published => "monitoringConfigOverrides",
            OverridesSpelling::Sdk => "monitoring_config_overrides",
        };
        self.add_config(
            &format!("{place}.{overrides}"),
            feature.monitoring_config_overrides.as_ref(),
        );
        if let Some(numeric) = &feature.num_constraints {
            let place = format!("{place}.num_constraints");
            self.add(&place, &numeric.other_members);
            let overrides = numeric.monitoring_config_overrides.as_ref();
            self.add_config(&format!("{place}.monitoring_config_overrides"), overrides);
        }
        if let Some(string) = &feature.string_constraints {
            let place = format!("{place}.string_constraints");
            self.add(&place, &string.other_members);
            let overrides = string.monitoring_config_overrides.as_ref();
            self.add_config(&format!("{place}.monitoring_config_overrides"), overrides);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(feature: &str, rest: &str, expected: &[&str]) {
        let json = format!(
            r#"{{"version": 0, "features": [{{"name": "f", "inferred_type": "String" {feature}}}] {rest}}}"#
        );
        let constraints = Constraints::from_json(json.as_bytes()).unwrap();
        assert_eq!(constraints.unknown_members(), expected);
    }

    #[test]
    fn known_members_are_not_named() {
        check(
            r#", "completeness": 1.0, "num_constraints": {"is_non_negative": true},
               "string_constraints": {"domains": ["a"], "monitoring_config_overrides": {}},
               "monitoringConfigOverrides": {"distribution_constraints": {"enable_comparisons": true}}"#,
            r#", "monitoring_config": {"emit_metrics": "Enabled"}"#,
            &[],
        );
    }

    #[test]
    fn misspelled_overrides_are_named_where_they_stand() {
        check(
            r#", "monitoringConfigOverides": {"evaluate_constraints": "Disabled"}"#,
            "",
            &[r#"features["f"].monitoringConfigOverides"#],
        );
        check(
            r#", "monitoring_config_overrides": {"evaluate_constraint": "Disabled"}"#,
            "",
            &[r#"features["f"].monitoring_config_overrides.evaluate_constraint"#],
        );
        check(
            r#", "string_constraints": {"monitoringConfigOverrides": {"distribution_constraints": {"threshold": 1}}}"#,
            "",
            &[
                r#"features["f"].string_constraints.monitoring_config_overrides.distribution_constraints.threshold"#,
            ],
        );
    }

    #[test]
    fn members_of_the_whole_file_are_named_first() {
        check(
            r#", "num_constraints": {"non_negative": true}"#,
            r#", "monitoring_config": {"treshold": 1}, "comment": "x""#,
            &[
                "comment",
                "monitoring_config.treshold",
                r#"features["f"].num_constraints.non_negative"#,
            ],
        );
    }
}
