//! The thresholds of a monitor as a person sees and changes them: which there are, and the document
//! with others in their place. What an edit of a file does (`probity constraints set`) is done by
//! the same code.

use std::io;

use probity_domain::document::constraints::{Constraints, Switch};
use probity_domain::document::model_quality_constraints::ComparisonOperator;
use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use probity_domain::document::probity_file::ConstraintEdit;
use probity_metrics::constraints::{EditConstraints, EffectiveSettings, Setting, edit};
use serde_json::json;
use thiserror::Error;

pub use probity_metrics::constraints::Editor;

use crate::limits::Side;
use crate::recheck::NewConstraints;

/// What of a feature or metric can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// Whether the feature is checked at all.
    Watched,
    /// Smallest share of values that are there.
    Completeness,
    /// Smallest share of values that have the type.
    DataType,
    /// Smallest share of values in the domain.
    Domain,
    /// Largest distance to the baseline.
    Drift,
    /// Of a metric of model quality.
    Threshold,
}

impl Check {
    pub const ALL: [Check; 6] = [
        Self::Watched,
        Self::Completeness,
        Self::DataType,
        Self::Domain,
        Self::Drift,
        Self::Threshold,
    ];

    /// In addresses and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watched => "watch",
            Self::Completeness => "completeness",
            Self::DataType => "type",
            Self::Domain => "domain",
            Self::Drift => "drift",
            Self::Threshold => "threshold",
        }
    }

    pub fn parse(text: &str) -> Option<Check> {
        Self::ALL.into_iter().find(|check| check.as_str() == text)
    }
}

/// A feature or a metric, with what can be changed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub subject: String,
    /// `Fractional`; empty of a metric.
    pub data_type: &'static str,
    /// Of a feature.
    pub watched: Option<Switch>,
    /// Which side of a metric's threshold violates.
    pub violates: Option<Side>,
    /// `None` where there is a check without a threshold yet.
    pub numbers: Vec<(Check, Option<f64>)>,
}

impl Row {
    pub fn number(&self, check: Check) -> Option<Option<f64>> {
        let found = self.numbers.iter().find(|(known, _)| *known == check);
        found.map(|(_, value)| *value)
    }
}

/// `None` of the monitors that are compared with an analysis, which has no thresholds.
pub fn rows(constraints: &NewConstraints) -> Option<Vec<Row>> {
    match constraints {
        NewConstraints::DataQuality(constraints) => Some(of_data_quality(constraints)),
        NewConstraints::ModelQuality(constraints) => Some(of_model_quality(constraints)),
        NewConstraints::Bias(_) | NewConstraints::Explainability(_) => None,
    }
}

fn of_data_quality(constraints: &Constraints) -> Vec<Row> {
    let row = |feature: &probity_domain::document::constraints::FeatureConstraints| {
        let settings = EffectiveSettings::of_feature(constraints, feature);
        let mut numbers = vec![
            (Check::Completeness, feature.completeness),
            (Check::DataType, Some(settings.datatype_check_threshold)),
        ];
        let texts = feature.string_constraints.as_ref();
        if texts.is_some_and(|texts| texts.domains.is_some()) {
            numbers.push((Check::Domain, Some(settings.domain_content_threshold)));
        }
        if settings.perform_comparison == Switch::Enabled {
            let threshold = settings.drift_threshold(feature.inferred_type);
            numbers.push((Check::Drift, Some(threshold)));
        }
        Row {
            subject: feature.name.clone(),
            data_type: feature.inferred_type.name(),
            watched: Some(settings.evaluate_constraints),
            violates: None,
            numbers,
        }
    };
    constraints.features.iter().map(row).collect()
}

fn of_model_quality(constraints: &ModelQualityConstraints) -> Vec<Row> {
    let all = constraints.constraints.iter();
    all.map(|(name, constraint)| Row {
        subject: name.clone(),
        data_type: "",
        watched: None,
        violates: Some(match constraint.comparison_operator {
            ComparisonOperator::LessThanThreshold => Side::Below,
            ComparisonOperator::GreaterThanThreshold => Side::Above,
        }),
        numbers: vec![(Check::Threshold, Some(constraint.threshold))],
    })
    .collect()
}

/// Another value for one threshold, as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub check: Check,
    pub subject: String,
    pub value: String,
}

#[derive(Debug, Error)]
pub enum ChangeThreshold {
    #[error("`{value}` is no number")]
    NoNumber { value: String },
    #[error("`{value}` is neither on nor off")]
    NoSwitch { value: String },
    #[error("there is no metric `{metric}` among the constraints")]
    UnknownMetric { metric: String },
    #[error("a {kind} monitor has no such threshold")]
    OtherKind { kind: &'static str },
    #[error(transparent)]
    Edit(#[from] EditConstraints),
    #[error("the document cannot be written")]
    Write(#[source] io::Error),
}

/// Constraints with other thresholds.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The document, as it would be kept.
    pub document: Vec<u8>,
    pub constraints: NewConstraints,
    /// What differs from before; nothing where nothing does.
    pub edits: Vec<ConstraintEdit>,
}

/// All changes, or none.
pub fn changed(
    constraints: &NewConstraints,
    changes: &[Change],
    editor: &Editor,
) -> Result<Changed, ChangeThreshold> {
    let mut edits = Vec::new();
    let mut document = Vec::new();
    let constraints = match constraints {
        NewConstraints::DataQuality(constraints) => {
            let mut constraints = constraints.clone();
            for change in changes {
                let settings = [setting(change)?];
                let feature = Some(change.subject.as_str());
                edits.extend(edit(&mut constraints, feature, &settings, editor)?);
            }
            let written = constraints.write_json(&mut document);
            written.map_err(ChangeThreshold::Write)?;
            NewConstraints::DataQuality(constraints)
        }
        NewConstraints::ModelQuality(constraints) => {
            let mut constraints = constraints.clone();
            for change in changes {
                edits.extend(set_threshold(&mut constraints, change, editor)?);
            }
            let written = constraints.write_json(&mut document);
            written.map_err(ChangeThreshold::Write)?;
            NewConstraints::ModelQuality(constraints)
        }
        NewConstraints::Bias(_) => return Err(ChangeThreshold::OtherKind { kind: "bias" }),
        NewConstraints::Explainability(_) => {
            return Err(ChangeThreshold::OtherKind {
                kind: "explainability",
            });
        }
    };
    Ok(Changed {
        document,
        constraints,
        edits,
    })
}

fn setting(change: &Change) -> Result<Setting, ChangeThreshold> {
    Ok(match change.check {
        Check::Watched => Setting::EvaluateConstraints(match change.value.as_str() {
            "on" => Switch::Enabled,
            "off" => Switch::Disabled,
            other => {
                return Err(ChangeThreshold::NoSwitch {
                    value: other.to_owned(),
                });
            }
        }),
        Check::Completeness => Setting::Completeness(number(&change.value)?),
        Check::DataType => Setting::DatatypeCheckThreshold(number(&change.value)?),
        Check::Domain => Setting::DomainContentThreshold(number(&change.value)?),
        Check::Drift => Setting::DriftThreshold(number(&change.value)?),
        Check::Threshold => {
            return Err(ChangeThreshold::OtherKind {
                kind: "data-quality",
            });
        }
    })
}

/// People write decimals with a comma, too.
fn number(text: &str) -> Result<f64, ChangeThreshold> {
    let value = text.trim().replace(',', ".").parse::<f64>();
    let value = value.ok().filter(|value| value.is_finite());
    value.ok_or_else(|| ChangeThreshold::NoNumber {
        value: text.to_owned(),
    })
}

fn set_threshold(
    constraints: &mut ModelQualityConstraints,
    change: &Change,
    editor: &Editor,
) -> Result<Option<ConstraintEdit>, ChangeThreshold> {
    if change.check != Check::Threshold {
        return Err(ChangeThreshold::OtherKind {
            kind: "model-quality",
        });
    }
    let new = number(&change.value)?;
    let all = &mut constraints.constraints;
    let found = all.iter_mut().find(|(name, _)| *name == change.subject);
    let Some((name, constraint)) = found else {
        return Err(ChangeThreshold::UnknownMetric {
            metric: change.subject.clone(),
        });
    };
    let old = std::mem::replace(&mut constraint.threshold, new);
    #[expect(
        clippy::float_cmp,
        reason = "the same number means that nobody changed it"
    )]
    let is_same = old == new;
    Ok((!is_same).then(|| ConstraintEdit {
        at: editor.at.clone(),
        who: editor.who.clone(),
        why: editor.why.clone(),
        feature: Some(name.clone()),
        setting: "threshold".to_owned(),
        old: json!(old),
        new: json!(new),
    }))
}

#[cfg(test)]
mod tests {
    use probity_domain::document::api::monitoring_job_definition::MonitoringType;

    use super::*;

    fn editor() -> Editor {
        Editor {
            at: "2026-11-27T12:00:00Z".to_owned(),
            who: "ann".to_owned(),
            why: None,
        }
    }

    fn change(check: Check, subject: &str, value: &str) -> Change {
        Change {
            check,
            subject: subject.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn a_threshold_of_one_feature_leaves_the_others_as_they_are() {
        let file = json!({
            "version": 0.0,
            "features": [
                { "name": "a", "inferred_type": "Fractional", "completeness": 1.0 },
                { "name": "b", "inferred_type": "Fractional", "completeness": 1.0 },
            ],
            "monitoring_config": { "distribution_constraints": {
                "perform_comparison": "Enabled", "comparison_threshold": 0.1 } },
        });
        let kind = MonitoringType::DataQuality;
        let before = NewConstraints::parse(kind, file.to_string().as_bytes()).unwrap();
        let changes = [
            change(Check::Drift, "a", "0,25"),
            change(Check::Completeness, "b", "1"),
        ];
        let after = changed(&before, &changes, &editor()).unwrap();
        assert_eq!(after.edits.len(), 1, "what is the same is no edit");
        let read = NewConstraints::parse(kind, &after.document).unwrap();
        let drift: Vec<_> = rows(&read)
            .unwrap()
            .iter()
            .map(|row| row.number(Check::Drift))
            .collect();
        assert_eq!(drift, [Some(Some(0.25)), Some(Some(0.1))]);
        for bad in ["much", "NaN", "1.5"] {
            let changes = [change(Check::Drift, "a", bad)];
            assert!(changed(&before, &changes, &editor()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_metric_of_quality_has_one_threshold() {
        let file = json!({ "version": 0.0, "regression_constraints": {
            "mae": { "threshold": 2.5, "comparison_operator": "GreaterThanThreshold" } } });
        let kind = MonitoringType::ModelQuality;
        let before = NewConstraints::parse(kind, file.to_string().as_bytes()).unwrap();
        let changes = [change(Check::Threshold, "mae", "3")];
        let after = changed(&before, &changes, &editor()).unwrap();
        assert_eq!(after.edits[0].old, json!(2.5));
        let rows = rows(&NewConstraints::parse(kind, &after.document).unwrap()).unwrap();
        assert_eq!(rows[0].number(Check::Threshold), Some(Some(3.0)));
        assert_eq!(rows[0].violates, Some(Side::Above));
        let unknown = [change(Check::Threshold, "r2", "0.5")];
        assert!(changed(&before, &unknown, &editor()).is_err());
    }
}
