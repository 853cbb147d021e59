//! A check as JUnit XML: one test case per column and check, so that CI shows violations where
//! it shows failed tests.
//!
//! The form is that of [`crate::junit_suite`].

use std::collections::HashMap;

use probity_domain::document::constraint_violations::ConstraintCheckType;

use crate::data_quality::{
    DataQualityReport, Feature, Features, Finding, Unjudged, all_findings, compares_distributions,
    findings_under, settings_of,
};
use crate::junit_suite::{Outcome, Suite};
use crate::verdict::Verdict;

/// Every check of every column under `verdict`; failures carry the sentence and the documents'
/// own description, checks that were withheld are skipped with the reason.
pub fn check_results(report: &DataQualityReport<'_>, verdict: Verdict) -> String {
    let findings = all_findings(report);
    let features = Features::of(report);
    let named = findings_under(&findings, verdict);
    let failed: HashMap<(&str, ConstraintCheckType), &Finding<'_>> = named
        .iter()
        .map(|finding| ((finding.feature_name, finding.check), *finding))
        .collect();
    let mut cases = Suite::new("data quality");
    if let Some(unjudged) = Unjudged::of(report) {
        cases.write_skipped_dataset(&unjudged.headline());
    }
    let mut seen = std::collections::HashSet::new();
    for feature in &features.list {
        for check in feature_checks(report, feature) {
            seen.insert((feature.name, check));
            let outcome = match failed.get(&(feature.name, check)) {
                Some(finding) => failure(finding, &features),
                None => withheld(report, feature, check),
            };
            cases.write(feature.name, check.name(), &outcome);
        }
    }
    // Findings about the table as a whole, or about checks that the documents do not list.
    for finding in named {
        if seen.insert((finding.feature_name, finding.check)) {
            let outcome = failure(finding, &features);
            cases.write(finding.feature_name, finding.check.name(), &outcome);
        }
    }
    cases.finish(Some(verdict), report.notes())
}

fn failure(finding: &Finding<'_>, features: &Features<'_>) -> Outcome {
    Outcome::Failed {
        kind: finding.check.name().to_owned(),
        message: features.told(finding),
        details: finding.description.to_owned(),
    }
}

/// The checks that the documents say were made of a column.
fn feature_checks(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
) -> Vec<ConstraintCheckType> {
    let mut checks = Vec::new();
    if report.baseline.is_some() && feature.current.is_none() {
        return vec![ConstraintCheckType::MissingColumnCheck];
    }
    let Some(constraint) = feature.constraint else {
        // Without constraints the only question is whether the column belongs here.
        return if report.constraints.is_some() {
            vec![ConstraintCheckType::ExtraColumnCheck]
        } else {
            Vec::new()
        };
    };
    checks.push(ConstraintCheckType::DataTypeCheck);
    if constraint.completeness.is_some() {
        checks.push(ConstraintCheckType::CompletenessCheck);
    }
    if feature.drift().is_some()
        || (feature.changed_kind() && compares_distributions(&settings_of(report, feature)))
    {
        checks.push(ConstraintCheckType::BaselineDriftCheck);
    }
    if constraint
        .string_constraints
        .as_ref()
        .is_some_and(|strings| strings.domains.is_some())
    {
        checks.push(ConstraintCheckType::CategoricalValuesCheck);
    }
    checks
}

/// A drift check that had too few rows, or no distance, was not passed: it was not made.
fn withheld(
    report: &DataQualityReport<'_>,
    feature: &Feature<'_>,
    check: ConstraintCheckType,
) -> Outcome {
    if let Some(unjudged) = Unjudged::of(report).filter(|unjudged| unjudged.is_without_rows()) {
        return Outcome::Skipped(unjudged.headline());
    }
    let is_drift = check == ConstraintCheckType::BaselineDriftCheck;
    if is_drift && feature.drift().is_none() {
        return Outcome::Skipped("drift not judged: the data type changed".to_owned());
    }
    let minimum = report
        .probity
        .check
        .as_ref()
        .map_or(0, |check| check.minimum_rows);
    let Some(drift) = feature.drift().filter(|_| is_drift) else {
        return Outcome::Passed;
    };
    if drift.distance.is_some() && drift.n_baseline.min(drift.n_current) >= minimum {
        return Outcome::Passed;
    }
    Outcome::Skipped(
        drift
            .note
            .clone()
            .unwrap_or_else(|| "drift could not be judged".to_owned()),
    )
}
