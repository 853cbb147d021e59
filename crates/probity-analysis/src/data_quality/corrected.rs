//! The corrected verdict: one p-value per feature and check, all of them adjusted together
//! for the false discovery rate (Benjamini and Hochberg, 1995).
//!
//! Drift is tested on the distributions. Completeness, data type and domain are tested by
//! Fisher's exact test of "the share of bad values rose", and count only where AWS's rule
//! is broken as well: a bound that a person set wider than the baseline stays respected.

use std::collections::{HashMap, HashSet};

use probity_domain::document::constraint_violations::{ConstraintCheckType, Violation};
use probity_domain::document::constraints::{Constraints, Switch};
use probity_domain::document::probity_file::CorrectedViolation;
use probity_metrics::constraints::{EffectiveSettings, Observed, shares};
use probity_metrics::drift::{MINIMUM_ROWS, adjust_benjamini_hochberg, increase_p_value};
use probity_metrics::summary::ColumnSummary;

use super::drift::FeatureDrift;

/// One test of the family that is corrected together.
#[derive(Clone, Debug)]
pub(crate) struct FeatureTest {
    feature: String,
    check: ConstraintCheckType,
    p_value: f64,
    /// For a share: what rose.
    description: String,
}

/// The tests of a check, and what was not tested.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureTests {
    tests: Vec<FeatureTest>,
    notes: Vec<String>,
}

/// The corrected verdict.
#[derive(Clone, Debug)]
pub(crate) struct CorrectedVerdict {
    pub(crate) violations: Vec<CorrectedViolation>,
    /// Adjusted p-value of each feature's drift.
    pub(crate) drift_p_adjusted: HashMap<String, f64>,
    pub(crate) n_tests: u64,
    pub(crate) notes: Vec<String>,
}

/// Every test that the data allows, in the order of the features.
pub(crate) fn tests(
    constraints: &Constraints,
    observed: &[Observed<'_>],
    baseline: &HashMap<&str, &ColumnSummary>,
    drifts: &HashMap<&str, FeatureDrift>,
) -> FeatureTests {
    let current: HashMap<&str, &Observed<'_>> = observed
        .iter()
        .map(|column| (column.name, column))
        .collect();
    let mut tests = FeatureTests::default();
    let mut n_short = 0_u64;
    for feature in &constraints.features {
        let name = feature.name.as_str();
        let settings = EffectiveSettings::of_feature(constraints, feature);
        if settings.evaluate_constraints == Switch::Disabled {
            continue;
        }
        let Some(column) = current.get(name) else {
            continue;
        };
        if let Some(summary) = baseline.get(name) {
            let before = shares::of_feature(feature, &summary.profile());
            let after = shares::of_feature(feature, column.profile);
            for ((check, before), (_, after)) in before.into_iter().zip(after) {
                tests.push_share(name, check, (before, after));
            }
        }
        match drifts.get(name) {
            Some(drift) if drift.comparison.enough_rows => tests.tests.push(FeatureTest {
                feature: name.to_owned(),
                check: ConstraintCheckType::BaselineDriftCheck,
                p_value: drift.comparison.p_value,
                description: format!(
                    "the largest difference from the baseline is {:.4}, at least {:.4} with {:.0} % confidence",
                    drift.comparison.effect,
                    drift.comparison.interval.low,
                    drift.comparison.interval.level * 100.0
                ),
            }),
            Some(_) => n_short += 1,
            None => {}
        }
    }
    if n_short > 0 {
        tests.notes.push(format!(
            "no corrected verdict on the drift of {n_short} columns: fewer than {MINIMUM_ROWS} rows on one side"
        ));
    }
    tests
}

impl FeatureTests {
    fn push_share(
        &mut self,
        feature: &str,
        check: ConstraintCheckType,
        (before, after): (shares::Share, shares::Share),
    ) {
        // With no bad value on either side the test can only say 1. Leaving it out is fair:
        // Fisher's test takes the number of bad values as given.
        if before.bad + after.bad == 0 {
            return;
        }
        let Some(p_value) = increase_p_value(before.bad, before.n, after.bad, after.n) else {
            return;
        };
        self.tests.push(FeatureTest {
            feature: feature.to_owned(),
            check,
            p_value,
            description: format!(
                "{} of {} values, {} of {} in the baseline",
                after.bad, after.n, before.bad, before.n
            ),
        });
    }
}

/// Adjusts all tests together and names what remains.
pub(crate) fn judge(tests: FeatureTests, aws: &[Violation], rate: f64) -> CorrectedVerdict {
    let p_values: Vec<f64> = tests.tests.iter().map(|test| test.p_value).collect();
    let adjusted = adjust_benjamini_hochberg(&p_values);
    let broken: HashSet<(&str, ConstraintCheckType)> = aws
        .iter()
        .map(|violation| {
            (
                violation.feature_name.as_str(),
                violation.constraint_check_type,
            )
        })
        .collect();
    let mut drift_p_adjusted = HashMap::new();
    let mut violations: Vec<CorrectedViolation> = certain(aws);
    for (test, p_adjusted) in tests.tests.iter().zip(adjusted) {
        let is_drift = test.check == ConstraintCheckType::BaselineDriftCheck;
        if is_drift {
            drift_p_adjusted.insert(test.feature.clone(), p_adjusted);
        }
        let is_broken = broken.contains(&(test.feature.as_str(), test.check));
        if p_adjusted <= rate && (is_drift || is_broken) {
            violations.push(CorrectedViolation {
                feature_name: test.feature.clone(),
                constraint_check_type: test.check,
                p_adjusted: Some(p_adjusted),
                description: test.description.clone(),
            });
        }
    }
    CorrectedVerdict {
        violations,
        drift_p_adjusted,
        n_tests: tests.tests.len() as u64,
        notes: tests.notes,
    }
}

/// A column that is missing or extra is so whatever the sample.
fn certain(aws: &[Violation]) -> Vec<CorrectedViolation> {
    aws.iter()
        .filter(|violation| {
            matches!(
                violation.constraint_check_type,
                ConstraintCheckType::MissingColumnCheck | ConstraintCheckType::ExtraColumnCheck
            )
        })
        .map(|violation| CorrectedViolation {
            feature_name: violation.feature_name.clone(),
            constraint_check_type: violation.constraint_check_type,
            p_adjusted: None,
            description: violation.description.clone(),
        })
        .collect()
}
