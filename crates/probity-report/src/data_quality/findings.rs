//! Violations of a check, and the sentence that tells a person what each one means.

use std::collections::HashSet;

use probity_domain::document::constraint_violations::ConstraintCheckType;

use super::DataQualityReport;
use super::feature::{Feature, Presence};
use crate::number;
use crate::verdict::Verdict;

/// One violation under one verdict or both.
#[derive(Clone, Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) feature_name: &'a str,
    pub(crate) check: ConstraintCheckType,
    /// SageMaker's text where its verdict has one, else the corrected verdict's.
    pub(crate) description: &'a str,
    pub(crate) aws: bool,
    pub(crate) corrected: bool,
}

impl Finding<'_> {
    pub(crate) fn holds_under(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Aws => self.aws,
            Verdict::Corrected => self.corrected,
        }
    }
}

/// Findings of both verdicts: those of `constraint_violations.json` in its order, then those
/// of the corrected verdict alone.
pub(crate) fn all<'a>(report: &DataQualityReport<'a>) -> Vec<Finding<'a>> {
    let corrected = report
        .probity
        .check
        .iter()
        .flat_map(|check| &check.corrected_violations);
    let aws = report.violations.iter().flat_map(|file| &file.violations);
    let aws_keys: HashSet<_> = aws
        .clone()
        .map(|v| (v.feature_name.as_str(), v.constraint_check_type))
        .collect();
    let corrected_keys: HashSet<_> = corrected
        .clone()
        .map(|v| (v.feature_name.as_str(), v.constraint_check_type))
        .collect();
    let of_aws = aws.map(|violation| Finding {
        feature_name: &violation.feature_name,
        check: violation.constraint_check_type,
        description: &violation.description,
        aws: true,
        corrected: corrected_keys.contains(&(
            violation.feature_name.as_str(),
            violation.constraint_check_type,
        )),
    });
    let of_corrected_alone = corrected
        .filter(|v| !aws_keys.contains(&(v.feature_name.as_str(), v.constraint_check_type)))
        .map(|violation| Finding {
            feature_name: &violation.feature_name,
            check: violation.constraint_check_type,
            description: &violation.description,
            aws: false,
            corrected: true,
        });
    of_aws.chain(of_corrected_alone).collect()
}

pub(crate) fn check_label(check: ConstraintCheckType) -> &'static str {
    match check {
        ConstraintCheckType::DataTypeCheck => "Data type",
        ConstraintCheckType::CompletenessCheck => "Completeness",
        ConstraintCheckType::BaselineDriftCheck => "Drift",
        ConstraintCheckType::MissingColumnCheck => "Missing column",
        ConstraintCheckType::ExtraColumnCheck => "Extra column",
        ConstraintCheckType::CategoricalValuesCheck => "Unknown values",
    }
}

/// What happened, in words and with the counts behind it. Falls back on the description of
/// the documents where the facts are not at hand.
pub(crate) fn sentence(finding: &Finding<'_>, feature: Option<&Feature<'_>>) -> String {
    let told = feature.and_then(|feature| match finding.check {
        ConstraintCheckType::DataTypeCheck => data_type(feature),
        ConstraintCheckType::CompletenessCheck => completeness(feature),
        ConstraintCheckType::BaselineDriftCheck => drift(feature),
        ConstraintCheckType::CategoricalValuesCheck => unknown_values(feature),
        ConstraintCheckType::MissingColumnCheck => (feature.presence == Presence::Gone)
            .then(|| "The baseline has this column; the current data do not.".to_owned()),
        ConstraintCheckType::ExtraColumnCheck => (feature.presence == Presence::New)
            .then(|| "The current data have this column; the baseline does not.".to_owned()),
    });
    told.unwrap_or_else(|| finding.description.trim().to_owned())
}

fn data_type(feature: &Feature<'_>) -> Option<String> {
    let counts = feature.facts?.type_counts;
    let expected = feature.constraint?.inferred_type.name();
    let seen = [
        (counts.integral, "whole numbers"),
        (counts.fractional, "fractions"),
        (counts.boolean, "true/false"),
        (counts.string, "texts"),
    ];
    let present: u64 = seen.iter().map(|(n, _)| n).sum();
    let parts: Vec<String> = seen
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| {
            let share = number::percent_of(*n, present).unwrap_or_default();
            format!("{} {what} ({share})", number::count(*n))
        })
        .collect();
    let parts = if parts.is_empty() {
        "no value at all".to_owned()
    } else {
        parts.join(", ")
    };
    Some(format!("Expected {expected}; found {parts}."))
}

fn completeness(feature: &Feature<'_>) -> Option<String> {
    let missing = feature.current?.missing;
    let share = number::percent(missing.share()?);
    let allowed = number::percent(1.0 - feature.constraint?.completeness?);
    let counts = format!(
        "{} of {}",
        number::count(missing.n_missing),
        number::count(missing.rows())
    );
    Some(format!(
        "{share} of the rows have no value ({counts}); allowed are at most {allowed}."
    ))
}

fn drift(feature: &Feature<'_>) -> Option<String> {
    let drift = feature.drift()?;
    let distance = number::thousandths(drift.distance?);
    let threshold = number::short(drift.threshold);
    if drift.method == "ChiSquared" {
        return Some(format!(
            "The shares of the values changed: chi-squared p-value {}, below the limit of {threshold}.",
            number::probability(drift.distance?)
        ));
    }
    let verb = if drift.distance? > drift.threshold {
        "more than the"
    } else {
        "within the"
    };
    Some(format!(
        "The distribution moved by {distance}, {verb} allowed {threshold}."
    ))
}

fn unknown_values(feature: &Feature<'_>) -> Option<String> {
    const SHOWN: usize = 3;
    let domains = feature
        .constraint?
        .string_constraints
        .as_ref()?
        .domains
        .as_ref()?;
    let known: HashSet<&str> = domains.iter().map(String::as_str).collect();
    let buckets = feature.current?.categories?;
    let unknown: Vec<_> = buckets
        .iter()
        .filter(|b| !known.contains(b.value.as_str()))
        .collect();
    let count: u64 = unknown.iter().map(|bucket| bucket.count).sum();
    let total: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    let share = number::percent_of(count, total)?;
    let of = format!(
        "{share} of the values ({} of {})",
        number::count(count),
        number::count(total)
    );
    if feature.redacted || unknown.is_empty() {
        return Some(format!(
            "{of} are not among the baseline’s {} values.",
            known.len()
        ));
    }
    let examples: Vec<String> = unknown
        .iter()
        .take(SHOWN)
        .map(|bucket| format!("“{}”", excerpt(&bucket.value)))
        .collect();
    let more = if unknown.len() > SHOWN { ", …" } else { "" };
    let known = known.len();
    Some(format!(
        "{of} are not among the baseline’s {known} values: {}{more}.",
        examples.join(", ")
    ))
}

fn excerpt(value: &str) -> String {
    const MOST: usize = 40;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    let start: String = value.chars().take(MOST).collect();
    format!("{start}…")
}
