//! The corrected verdict: one p-value per feature and check, all of them adjusted together
//! for the false discovery rate (Benjamini and Hochberg, 1995).
//!
//! Drift is tested on the distributions. Completeness, data type and domain are tested by
//! Fisher's exact test of "the share of bad values rose", and count only where AWS's rule
//! is broken as well: a bound that a person set wider than the baseline stays respected.
//! Where the rule is not broken the test enters the family with p = 1. That value is never
//! smaller than its own, so the family stays valid, and no discovery that is kept from the
//! reader lowers the bar for the others.

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

/// Whether AWS's rule is broken where a share is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Broken,
    Kept,
}

/// The tests of a check, and what was not tested.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeatureTests {
    tests: Vec<FeatureTest>,
    /// Broken shares for which the baseline has no counts: AWS's verdict is all there is.
    untestable: Vec<CorrectedViolation>,
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
    (drifts, aws): (&HashMap<&str, FeatureDrift>, &[Violation]),
) -> FeatureTests {
    let current: HashMap<&str, &Observed<'_>> = observed
        .iter()
        .map(|column| (column.name, column))
        .collect();
    let broken: HashSet<(&str, ConstraintCheckType)> = aws
        .iter()
        .map(|violation| {
            (
                violation.feature_name.as_str(),
                violation.constraint_check_type,
            )
        })
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
                let rule = match broken.contains(&(name, check)) {
                    true => Rule::Broken,
                    false => Rule::Kept,
                };
                if rule == Rule::Broken && before.n.min(after.n) < MINIMUM_ROWS {
                    n_short += 1;
                } else {
                    tests.push_share(name, (check, rule), (before, after));
                }
            }
        }
        if !baseline.contains_key(name) {
            tests.push_untestable(name, aws);
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
            "no corrected verdict on {n_short} checks: fewer than {MINIMUM_ROWS} values on one side"
        ));
    }
    tests
}

impl FeatureTests {
    fn push_untestable(&mut self, feature: &str, aws: &[Violation]) {
        let own = aws.iter().filter(|violation| {
            violation.feature_name == feature
                && violation.constraint_check_type != ConstraintCheckType::BaselineDriftCheck
        });
        self.untestable
            .extend(own.map(|violation| CorrectedViolation {
                feature_name: violation.feature_name.clone(),
                constraint_check_type: violation.constraint_check_type,
                p_adjusted: None,
                description: format!(
                    "{} (the baseline has no counts to test this against)",
                    violation.description
                ),
            }));
    }

    fn push_share(
        &mut self,
        feature: &str,
        (check, rule): (ConstraintCheckType, Rule),
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
            p_value: match rule {
                Rule::Broken => p_value,
                Rule::Kept => 1.0,
            },
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
    let mut drift_p_adjusted = HashMap::new();
    let mut violations: Vec<CorrectedViolation> = certain(aws);
    violations.extend(tests.untestable);
    for (test, p_adjusted) in tests.tests.iter().zip(adjusted) {
        let is_drift = test.check == ConstraintCheckType::BaselineDriftCheck;
        if is_drift {
            drift_p_adjusted.insert(test.feature.clone(), p_adjusted);
        }
        if p_adjusted <= rate {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn test(feature: &str, check: ConstraintCheckType, p_value: f64) -> FeatureTest {
        FeatureTest {
            feature: feature.to_owned(),
            check,
            p_value,
            description: String::new(),
        }
    }

    /// Features that the verdict names, of tests at a rate of 5 %.
    #[track_caller]
    fn check(tests: Vec<FeatureTest>, expected: &[&str]) {
        let tests = FeatureTests {
            tests,
            ..FeatureTests::default()
        };
        let verdict = judge(tests, &[], 0.05);
        let named: Vec<&str> = verdict
            .violations
            .iter()
            .map(|v| v.feature_name.as_str())
            .collect();
        assert_eq!(named, expected);
    }

    #[test]
    fn a_drift_is_named_by_its_adjusted_p_value() {
        let drift = ConstraintCheckType::BaselineDriftCheck;
        check(
            vec![test("a", drift, 0.001), test("b", drift, 0.04)],
            &["a", "b"],
        );
        check(
            vec![test("a", drift, 0.001), test("b", drift, 0.06)],
            &["a"],
        );
    }

    #[test]
    fn shares_within_their_bound_do_not_lower_the_bar_for_others() {
        // Fifty columns whose missing share rose for sure, within the bound that a person
        // set: they enter with 1, so that a drift of p = 0.03 among 51 tests stays chance.
        let mut tests = FeatureTests::default();
        let (before, after) = (
            shares::Share { bad: 16, n: 800 },
            shares::Share { bad: 120, n: 800 },
        );
        for column in 0..50 {
            let name = format!("c{column}");
            tests.push_share(
                &name,
                (ConstraintCheckType::CompletenessCheck, Rule::Kept),
                (before, after),
            );
        }
        tests
            .tests
            .push(test("d", ConstraintCheckType::BaselineDriftCheck, 0.03));
        check(tests.tests, &[]);
    }

    #[test]
    fn a_broken_share_counts_with_its_own_p_value() {
        let mut tests = FeatureTests::default();
        let (before, after) = (
            shares::Share { bad: 16, n: 800 },
            shares::Share { bad: 120, n: 800 },
        );
        tests.push_share(
            "c",
            (ConstraintCheckType::CompletenessCheck, Rule::Broken),
            (before, after),
        );
        check(tests.tests, &["c"]);
    }
}
