//! Violations of a check, and the sentence that tells a person what each one means.

use std::collections::HashSet;

use probity_domain::document::constraint_violations::ConstraintCheckType;
use probity_domain::document::probity_file::DriftFacts;

use super::DataQualityReport;
use super::feature::{Feature, Presence};
use crate::number;
use crate::verdict::Verdict;

/// As `probity.json` names the method whose distance is a p-value.
pub(crate) const CHI_SQUARED: &str = "ChiSquared";

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

/// Those that count under `verdict`, in their order.
pub(crate) fn under<'f, 'a>(findings: &'f [Finding<'a>], verdict: Verdict) -> Vec<&'f Finding<'a>> {
    let held = findings.iter().filter(|found| found.holds_under(verdict));
    held.collect()
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
        ConstraintCheckType::BaselineDriftCheck => drift(finding, feature),
        ConstraintCheckType::CategoricalValuesCheck => {
            unknown_values(feature).or_else(|| share_in_domain(finding, feature))
        }
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

/// The sentence follows the rule that found the drift: SageMaker's compares a distance with a
/// limit, the corrected verdict asks what chance explains.
fn drift(finding: &Finding<'_>, feature: &Feature<'_>) -> Option<String> {
    let drift = feature.drift()?;
    let broken = beyond_limit(drift).filter(|_| finding.aws);
    broken.or_else(|| finding.corrected.then(|| beyond_chance(drift)))
}

/// `None` when the numbers do not break SageMaker's limit.
fn beyond_limit(drift: &DriftFacts) -> Option<String> {
    let distance = drift.distance?;
    if drift.method == CHI_SQUARED {
        let (p_value, limit) = apart((distance, drift.threshold), number::probability);
        return (distance < drift.threshold).then(|| {
            format!(
                "The shares of the values changed: chi-squared p-value {p_value}, below the limit of {limit}."
            )
        });
    }
    let (distance_shown, limit) = apart((distance, drift.threshold), number::thousandths);
    (distance > drift.threshold).then(|| {
        format!("The distribution moved by {distance_shown}, more than the allowed {limit}.")
    })
}

fn beyond_chance(drift: &DriftFacts) -> String {
    let interval = &drift.interval;
    let adjusted = drift.p_adjusted.map_or_else(String::new, |p_adjusted| {
        format!(": adjusted p {}", number::probability(p_adjusted))
    });
    let mut told = format!(
        "The largest difference from the baseline is {} ({} interval {} to {}), more than chance explains{adjusted}.",
        number::thousandths(drift.effect),
        number::percent(interval.level),
        number::thousandths(interval.low),
        number::thousandths(interval.high),
    );
    let Some(distance) = drift.distance else {
        return told;
    };
    if drift.method == CHI_SQUARED && distance >= drift.threshold {
        let (p_value, limit) = apart((distance, drift.threshold), number::probability);
        told.push_str(&format!(
            " SageMaker’s chi-squared p-value, {p_value}, is not below its limit of {limit}."
        ));
    } else if drift.method != CHI_SQUARED && distance <= drift.threshold {
        let (distance, limit) = apart((distance, drift.threshold), number::thousandths);
        told.push_str(&format!(
            " SageMaker’s distance, {distance}, is within the allowed {limit}."
        ));
    }
    told
}

/// Both numbers in `form`, or with more digits where that would make them look equal.
fn apart((value, limit): (f64, f64), form: fn(f64) -> String) -> (String, String) {
    let (shown, shown_limit) = (form(value), number::short(limit));
    if shown == shown_limit {
        (number::short(value), shown_limit)
    } else {
        (shown, shown_limit)
    }
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

/// For a column without counts per value: it holds numbers now, or too many values. The share
/// is the only number that SageMaker's description carries.
fn share_in_domain(finding: &Finding<'_>, feature: &Feature<'_>) -> Option<String> {
    let strings = feature.constraint?.string_constraints.as_ref()?;
    let known = number::count(strings.domains.as_ref()?.len() as u64);
    let after = finding.description.split("Value: ").nth(1)?;
    let share: f64 = after.split_whitespace().next()?.parse().ok()?;
    let now = if feature.changed_kind() {
        "; the data type changed"
    } else {
        ""
    };
    Some(if share == 0.0 {
        format!("None of the values is among the baseline’s {known} values{now}.")
    } else {
        let share = number::percent(share);
        format!("Only {share} of the values are among the baseline’s {known} values{now}.")
    })
}

fn excerpt(value: &str) -> String {
    const MOST: usize = 40;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    let start: String = value.chars().take(MOST).collect();
    format!("{start}…")
}
