//! Editing the settings of a `constraints.json`, with a record of every change.
//!
//! A setting of one feature goes into its overrides, in the spelling that the file already
//! uses, so that the SDK's own classes still load the file and see it.

use probity_domain::document::constraints::{
    CategoricalDriftMethod, ComparisonMethod, Constraints, DistributionConstraints,
    FeatureConstraints, MonitoringConfig, Switch,
};
use probity_domain::document::probity_file::ConstraintEdit;
use serde::Serialize;
use serde_json::Value;

use super::closest_name::closest_name;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    EvaluateConstraints(Switch),
    EmitMetrics(Switch),
    DatatypeCheckThreshold(f64),
    DomainContentThreshold(f64),
    PerformComparison(Switch),
    /// Of the feature's own kind; for the whole file, of numeric and categorical features.
    DriftThreshold(f64),
    ComparisonMethod(ComparisonMethod),
    CategoricalDriftMethod(CategoricalDriftMethod),
    /// Of one feature only: smallest share of present values.
    Completeness(f64),
    /// Of one numeric feature only.
    NonNegative(Switch),
    /// Of one feature only: values that are legal from now on, besides those that are.
    AddToDomain(Vec<String>),
    /// Of one feature only: any value is legal from now on.
    DropDomain,
}

impl Setting {
    /// The member that a setting of one feature only changes; `None` of any other.
    fn member_of_feature(&self) -> Option<&'static str> {
        match self {
            Self::Completeness(_) => Some("completeness"),
            Self::NonNegative(_) => Some("num_constraints.is_non_negative"),
            Self::AddToDomain(_) | Self::DropDomain => Some("string_constraints.domains"),
            Self::EvaluateConstraints(_)
            | Self::EmitMetrics(_)
            | Self::DatatypeCheckThreshold(_)
            | Self::DomainContentThreshold(_)
            | Self::PerformComparison(_)
            | Self::DriftThreshold(_)
            | Self::ComparisonMethod(_)
            | Self::CategoricalDriftMethod(_) => None,
        }
    }
}

/// Who edits, when and why; becomes part of the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Editor {
    /// RFC 3339, UTC.
    pub at: String,
    pub who: String,
    pub why: Option<String>,
}

/// Why a file could not be edited. It is then as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditConstraints {
    #[error("no feature `{feature}` in the constraints{}", suggestion(.closest.as_deref()))]
    UnknownFeature {
        feature: String,
        closest: Option<String>,
    },
    #[error("`{setting}` must lie between 0 and 1, not `{value}`")]
    OutOfRange { setting: &'static str, value: f64 },
    #[error("`{setting}` is a setting of one feature, and none was named")]
    NeedsFeature { setting: &'static str },
    #[error("`{setting}` does not apply to feature `{feature}`, whose type is {inferred_type}")]
    OtherType {
        setting: &'static str,
        feature: String,
        inferred_type: &'static str,
    },
}

fn suggestion(closest: Option<&str>) -> String {
    closest
        .map(|closest| format!("; the closest is `{closest}`"))
        .unwrap_or_default()
}

/// Applies all settings to one feature, or to the whole file where `feature` is `None`, or
/// none of them. Settings that change nothing leave no record.
pub fn edit(
    constraints: &mut Constraints,
    feature: Option<&str>,
    settings: &[Setting],
    editor: &Editor,
) -> Result<Vec<ConstraintEdit>, EditConstraints> {
    let mut edited = constraints.clone();
    let mut record = Record::default();
    for setting in settings {
        apply(&mut edited, feature, setting, &mut record)?;
    }
    *constraints = edited;
    let changes = record
        .0
        .into_iter()
        .filter(|change| change.old != change.new);
    Ok(changes
        .map(|change| ConstraintEdit {
            at: editor.at.clone(),
            who: editor.who.clone(),
            why: editor.why.clone(),
            feature: feature.map(str::to_owned),
            setting: change.setting.to_owned(),
            old: change.old,
            new: change.new,
        })
        .collect())
}

fn apply(
    constraints: &mut Constraints,
    feature: Option<&str>,
    setting: &Setting,
    record: &mut Record,
) -> Result<(), EditConstraints> {
    match (setting.member_of_feature(), feature) {
        (None, None) => {
            let config = constraints.monitoring_config.get_or_insert_default();
            set_check(config, setting, &[Kind::Numeric, Kind::Categorical], record)
        }
        (None, Some(name)) => {
            let feature = find_feature(constraints, name)?;
            let numeric = feature.inferred_type.is_numeric();
            let kind = if numeric {
                Kind::Numeric
            } else {
                Kind::Categorical
            };
            set_check(gathered_overrides(feature), setting, &[kind], record)
        }
        (Some(setting), None) => Err(EditConstraints::NeedsFeature { setting }),
        (Some(member), Some(name)) => {
            set_feature(find_feature(constraints, name)?, setting, member, record)
        }
    }
}

fn find_feature<'a>(
    constraints: &'a mut Constraints,
    name: &str,
) -> Result<&'a mut FeatureConstraints, EditConstraints> {
    let Some(index) = constraints
        .features
        .iter()
        .position(|feature| feature.name == name)
    else {
        let names = constraints
            .features
            .iter()
            .map(|feature| feature.name.as_str());
        return Err(EditConstraints::UnknownFeature {
            feature: name.to_owned(),
            closest: closest_name(name, names).map(str::to_owned),
        });
    };
    Ok(&mut constraints.features[index])
}

/// The overrides of the feature, gathered from every place where they may stand, so that
/// none is left that says otherwise.
fn gathered_overrides(feature: &mut FeatureConstraints) -> &mut MonitoringConfig {
    let overrides = feature.overrides();
    if let Some(string) = &mut feature.string_constraints {
        string.monitoring_config_overrides = None;
    }
    if let Some(numeric) = &mut feature.num_constraints {
        numeric.monitoring_config_overrides = None;
    }
    feature.monitoring_config_overrides.insert(overrides)
}

/// Which of the two thresholds of a distance is meant.
#[derive(Clone, Copy)]
enum Kind {
    Numeric,
    Categorical,
}

fn set_check(
    config: &mut MonitoringConfig,
    setting: &Setting,
    kinds: &[Kind],
    record: &mut Record,
) -> Result<(), EditConstraints> {
    match setting {
        Setting::EvaluateConstraints(switch) => {
            record.set(
                "evaluate_constraints",
                &mut config.evaluate_constraints,
                *switch,
            );
        }
        Setting::EmitMetrics(switch) => {
            record.set("emit_metrics", &mut config.emit_metrics, *switch);
        }
        Setting::DatatypeCheckThreshold(threshold) => {
            let old = &mut config.datatype_check_threshold;
            record.set_ratio("datatype_check_threshold", old, *threshold)?;
        }
        Setting::DomainContentThreshold(threshold) => {
            let old = &mut config.domain_content_threshold;
            record.set_ratio("domain_content_threshold", old, *threshold)?;
        }
        Setting::PerformComparison(switch) => {
            let old = &mut distribution(config).perform_comparison;
            record.set("distribution_constraints.perform_comparison", old, *switch);
        }
        Setting::DriftThreshold(threshold) => {
            for kind in kinds {
                set_threshold(distribution(config), *kind, *threshold, record)?;
            }
        }
        Setting::ComparisonMethod(method) => {
            let old = &mut distribution(config).comparison_method;
            record.set("distribution_constraints.comparison_method", old, *method);
        }
        Setting::CategoricalDriftMethod(method) => {
            let old = &mut distribution(config).categorical_drift_method;
            record.set(
                "distribution_constraints.categorical_drift_method",
                old,
                *method,
            );
        }
        // Members of a feature alone: `set_feature` sets them.
        Setting::Completeness(_)
        | Setting::NonNegative(_)
        | Setting::AddToDomain(_)
        | Setting::DropDomain => {}
    }
    Ok(())
}

fn distribution(config: &mut MonitoringConfig) -> &mut DistributionConstraints {
    config.distribution_constraints.get_or_insert_default()
}

fn set_threshold(
    distribution: &mut DistributionConstraints,
    kind: Kind,
    threshold: f64,
    record: &mut Record,
) -> Result<(), EditConstraints> {
    let (setting, old) = match kind {
        Kind::Numeric => (
            "distribution_constraints.comparison_threshold",
            &mut distribution.comparison_threshold,
        ),
        Kind::Categorical => (
            "distribution_constraints.categorical_comparison_threshold",
            &mut distribution.categorical_comparison_threshold,
        ),
    };
    record.set_ratio(setting, old, threshold)
}

fn set_feature(
    feature: &mut FeatureConstraints,
    setting: &Setting,
    member: &'static str,
    record: &mut Record,
) -> Result<(), EditConstraints> {
    let is_numeric = feature.inferred_type.is_numeric();
    let other_type = || EditConstraints::OtherType {
        setting: member,
        feature: feature.name.clone(),
        inferred_type: feature.inferred_type.name(),
    };
    match setting {
        Setting::Completeness(completeness) => {
            record.set_ratio(member, &mut feature.completeness, *completeness)?;
        }
        Setting::NonNegative(_) if !is_numeric => return Err(other_type()),
        Setting::NonNegative(switch) => {
            let numeric = feature.num_constraints.get_or_insert_default();
            let mut claim = Some(numeric.is_non_negative);
            numeric.is_non_negative = *switch == Switch::Enabled;
            record.set(member, &mut claim, numeric.is_non_negative);
        }
        Setting::AddToDomain(_) if is_numeric => return Err(other_type()),
        Setting::AddToDomain(values) => {
            // Without a domain any value is legal; a domain of these alone would forbid the rest.
            let string = feature.string_constraints.as_mut();
            let domains = string.map(|string| &mut string.domains);
            if let Some(domains) = domains.filter(|domains| domains.is_some()) {
                let mut domain = domains.clone().unwrap_or_default();
                for value in values {
                    if !domain.contains(value) {
                        domain.push(value.clone());
                    }
                }
                record.set(member, domains, domain);
            }
        }
        Setting::DropDomain => {
            if let Some(string) = &mut feature.string_constraints {
                record.drop(member, &mut string.domains);
            }
        }
        // Their member is one of the settings that the whole file has too.
        Setting::EvaluateConstraints(_)
        | Setting::EmitMetrics(_)
        | Setting::DatatypeCheckThreshold(_)
        | Setting::DomainContentThreshold(_)
        | Setting::PerformComparison(_)
        | Setting::DriftThreshold(_)
        | Setting::ComparisonMethod(_)
        | Setting::CategoricalDriftMethod(_) => {}
    }
    Ok(())
}

/// What was changed, in order.
#[derive(Default)]
struct Record(Vec<Change>);

struct Change {
    setting: &'static str,
    old: Value,
    new: Value,
}

impl Record {
    fn set<T: Serialize>(&mut self, setting: &'static str, member: &mut Option<T>, new: T) {
        let old = member.replace(new);
        self.0.push(Change {
            setting,
            old: json(&old),
            new: json(member),
        });
    }

    fn set_ratio(
        &mut self,
        setting: &'static str,
        member: &mut Option<f64>,
        new: f64,
    ) -> Result<(), EditConstraints> {
        if !(0.0..=1.0).contains(&new) {
            return Err(EditConstraints::OutOfRange {
                setting,
                value: new,
            });
        }
        self.set(setting, member, new);
        Ok(())
    }

    fn drop<T: Serialize>(&mut self, setting: &'static str, member: &mut Option<T>) {
        let old = member.take();
        self.0.push(Change {
            setting,
            old: json(&old),
            new: Value::Null,
        });
    }
}

fn json<T: Serialize>(value: &Option<T>) -> Value {
    serde_json::to_value(value).expect("switches, numbers, names and lists of text are JSON")
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    reason = "thresholds are handed through, not computed"
)]
mod tests {
    use probity_domain::document::constraints::StringConstraints;

    use super::*;
    use crate::constraints::EffectiveSettings;

    const FILE: &str = r#"{"version": 0.0, "features": [
        {"name": "age", "inferred_type": "Integral", "completeness": 1.0,
         "num_constraints": {"is_non_negative": true}},
        {"name": "state", "inferred_type": "String", "completeness": 1.0,
         "string_constraints": {"domains": ["NV"],
           "monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}}],
        "monitoring_config": {"evaluate_constraints": "Enabled"}}"#;

    fn file() -> Constraints {
        Constraints::from_json(FILE.as_bytes()).unwrap()
    }

    fn editor() -> Editor {
        Editor {
            at: "2026-01-02T03:04:05Z".to_owned(),
            who: "ada".to_owned(),
            why: None,
        }
    }

    /// Edits and gives the record as `setting: old → new`.
    #[track_caller]
    fn check(feature: Option<&str>, setting: Setting, expected: &[&str]) -> Constraints {
        let mut constraints = file();
        let edits = edit(&mut constraints, feature, &[setting], &editor()).unwrap();
        let told: Vec<String> = edits
            .iter()
            .map(|edit| format!("{}: {} → {}", edit.setting, edit.old, edit.new))
            .collect();
        assert_eq!(told, expected);
        constraints
    }

    #[track_caller]
    fn check_refused(feature: Option<&str>, setting: Setting, expected: &str) {
        let mut constraints = file();
        let first = Setting::EmitMetrics(Switch::Disabled);
        let refused = edit(&mut constraints, feature, &[first, setting], &editor());
        assert_eq!(refused.unwrap_err().to_string(), expected);
        assert_eq!(constraints, file(), "a refused edit changes nothing");
    }

    #[test]
    fn a_threshold_of_the_file_is_of_both_kinds() {
        check(
            None,
            Setting::DriftThreshold(0.2),
            &[
                "distribution_constraints.comparison_threshold: null → 0.2",
                "distribution_constraints.categorical_comparison_threshold: null → 0.2",
            ],
        );
    }

    #[test]
    fn a_threshold_of_a_feature_is_of_its_own_kind() {
        let setting = || Setting::DriftThreshold(0.2);
        let expected = "distribution_constraints.comparison_threshold: null → 0.2";
        let edited = check(Some("age"), setting(), &[expected]);
        let settings = EffectiveSettings::of_feature(&edited, &edited.features[0]);
        assert_eq!(settings.comparison_threshold, 0.2);
        let expected = "distribution_constraints.categorical_comparison_threshold: null → 0.2";
        check(Some("state"), setting(), &[expected]);
    }

    #[test]
    fn overrides_elsewhere_do_not_contradict_an_edit() {
        let switch_on = Setting::EvaluateConstraints(Switch::Enabled);
        let expected = r#"evaluate_constraints: "Disabled" → "Enabled""#;
        let edited = check(Some("state"), switch_on, &[expected]);
        let settings = EffectiveSettings::of_feature(&edited, &edited.features[1]);
        assert_eq!(settings.evaluate_constraints, Switch::Enabled);
        let string = edited.features[1].string_constraints.as_ref().unwrap();
        assert_eq!(string.monitoring_config_overrides, None);
    }

    #[test]
    fn an_edit_that_changes_nothing_leaves_no_record() {
        let same = Setting::Completeness(1.0);
        check(Some("age"), same, &[]);
    }

    #[test]
    fn a_domain_grows_by_what_it_lacks() {
        let values = ["NV", "CA"].map(str::to_owned).to_vec();
        let setting = Setting::AddToDomain(values);
        let expected = r#"string_constraints.domains: ["NV"] → ["NV","CA"]"#;
        check(Some("state"), setting, &[expected]);
        let expected = r#"string_constraints.domains: ["NV"] → null"#;
        check(Some("state"), Setting::DropDomain, &[expected]);
    }

    #[test]
    fn where_any_value_is_legal_no_domain_begins() {
        let without_domain = StringConstraints::default();
        for string in [None, Some(without_domain)] {
            let mut constraints = file();
            constraints.features[1].string_constraints = string;
            let before = constraints.clone();
            let setting = Setting::AddToDomain(vec!["CA".to_owned()]);
            let edits = edit(&mut constraints, Some("state"), &[setting], &editor());
            assert_eq!((edits, constraints), (Ok(Vec::new()), before));
        }
    }

    #[test]
    fn a_claim_can_be_withdrawn() {
        let setting = Setting::NonNegative(Switch::Disabled);
        check(
            Some("age"),
            setting,
            &["num_constraints.is_non_negative: true → false"],
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let completeness = |value| Setting::Completeness(value);
        check_refused(
            Some("agee"),
            completeness(1.0),
            "no feature `agee` in the constraints; the closest is `age`",
        );
        check_refused(
            Some("age"),
            completeness(1.5),
            "`completeness` must lie between 0 and 1, not `1.5`",
        );
        check_refused(
            None,
            completeness(1.0),
            "`completeness` is a setting of one feature, and none was named",
        );
        check_refused(
            Some("state"),
            Setting::NonNegative(Switch::Enabled),
            "`num_constraints.is_non_negative` does not apply to feature `state`, whose type is String",
        );
    }
}
