//! *Explain this number*: the bins, counts, formula and steps behind a column's figures, from
//! a result folder alone.

use probity_data::location::Environment;
use probity_domain::document::constraint_violations::ConstraintCheckType;
use probity_domain::document::constraints::FeatureConstraints;
use probity_domain::document::explanation::{DriftExplanation, Explanation, ShareExplanation};
use probity_metrics::constraints::{EffectiveSettings, shares};
use probity_metrics::drift::{explain_categorical, explain_numeric, increase_p_value};
use probity_metrics::summary::ColumnSummary;

use super::AnalysisError;
use super::drift::{Method, Samples, method_of, samples};
use super::explained::explained;
use super::stored::StoredResult;

/// Explains `feature` of the result at `file`: a folder, or a document in it.
pub async fn why(
    file: &str,
    feature: &str,
    environment: &Environment,
) -> Result<Explanation, AnalysisError> {
    let folder = folder_of(file);
    let stored = StoredResult::open(folder, environment).await?;
    explain(&stored, feature)
}

/// The folder of a document's address.
fn folder_of(file: &str) -> &str {
    let is_document = file.ends_with(".json") || file.ends_with(".html") || file.ends_with(".bin");
    if !is_document {
        return file;
    }
    match file.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

pub(super) fn explain(stored: &StoredResult, feature: &str) -> Result<Explanation, AnalysisError> {
    let current = find(&stored.columns, feature);
    let facts = stored
        .probity
        .iter()
        .flat_map(|file| &file.features)
        .find(|facts| facts.name == feature);
    let constraint = obeyed(stored, feature);
    if current.is_none() && constraint.is_none() {
        return Err(no_feature(stored, feature));
    }
    let baseline = stored
        .baseline_columns
        .as_ref()
        .and_then(|columns| find(columns, feature));
    let (drift, no_drift) = match drift(stored, feature, (baseline, current)) {
        Ok(drift) => (Some(drift), None),
        Err(reason) => (None, Some(reason.to_owned())),
    };
    let violations = stored.violations.iter().flat_map(|file| &file.violations);
    let check = stored.probity.iter().filter_map(|file| file.check.as_ref());
    Ok(Explanation {
        folder: stored.folder.clone(),
        feature: feature.to_owned(),
        facts: facts.cloned(),
        shares: match (constraint, current) {
            (Some(constraint), Some(current)) => {
                share_explanations(stored, constraint, (baseline, current))
            }
            _ => Vec::new(),
        },
        drift,
        no_drift,
        violations: violations
            .filter(|violation| violation.feature_name == feature)
            .cloned()
            .collect(),
        corrected_violations: check
            .flat_map(|check| &check.corrected_violations)
            .filter(|violation| violation.feature_name == feature)
            .cloned()
            .collect(),
    })
}

fn find<'a>(columns: &'a [(String, ColumnSummary)], name: &str) -> Option<&'a ColumnSummary> {
    let found = columns.iter().find(|(known, _)| known == name)?;
    Some(&found.1)
}

/// The constraint that a check obeyed, else the one that the folder suggests.
fn obeyed<'a>(stored: &'a StoredResult, feature: &str) -> Option<&'a FeatureConstraints> {
    let constraints = stored.obeyed_constraints()?;
    constraints
        .features
        .iter()
        .find(|constraint| constraint.name == feature)
}

fn no_feature(stored: &StoredResult, feature: &str) -> AnalysisError {
    let lower = feature.to_lowercase();
    let similar: Vec<String> = stored
        .column_names()
        .into_iter()
        .filter(|name| {
            let name = name.to_lowercase();
            name.contains(&lower) || lower.contains(&name)
        })
        .take(3)
        .map(|name| format!("`{name}`"))
        .collect();
    AnalysisError::NoFeature {
        folder: stored.folder.clone(),
        feature: feature.to_owned(),
        suggestion: match similar.is_empty() {
            true => String::new(),
            false => format!("; did you mean {}?", similar.join(" or ")),
        },
    }
}

fn share_explanations(
    stored: &StoredResult,
    constraint: &FeatureConstraints,
    (baseline, current): (Option<&ColumnSummary>, &ColumnSummary),
) -> Vec<ShareExplanation> {
    let settings = stored
        .obeyed_constraints()
        .map(|constraints| EffectiveSettings::of_feature(constraints, constraint));
    let before = baseline.map(|summary| shares::of_feature(constraint, &summary.profile()));
    shares::of_feature(constraint, &current.profile())
        .into_iter()
        .enumerate()
        .map(|(place, (check, share))| {
            let before = before.as_ref().and_then(|shares| shares.get(place));
            let before = before.map(|(_, share)| *share);
            ShareExplanation {
                check,
                bad: share.bad,
                n: share.n,
                ratio: share.good_ratio(),
                threshold: match check {
                    ConstraintCheckType::CompletenessCheck => constraint.completeness,
                    ConstraintCheckType::DataTypeCheck => {
                        settings.map(|settings| settings.datatype_check_threshold)
                    }
                    ConstraintCheckType::CategoricalValuesCheck => {
                        settings.map(|settings| settings.domain_content_threshold)
                    }
                    ConstraintCheckType::BaselineDriftCheck
                    | ConstraintCheckType::MissingColumnCheck
                    | ConstraintCheckType::ExtraColumnCheck => None,
                },
                baseline_bad: before.map(|share| share.bad),
                baseline_n: before.map(|share| share.n),
                p_value: before
                    .and_then(|before| increase_p_value(before.bad, before.n, share.bad, share.n)),
            }
        })
        .collect()
}

/// The comparison made again from the summaries in the folder, or why there is none.
fn drift(
    stored: &StoredResult,
    feature: &str,
    (baseline, current): (Option<&ColumnSummary>, Option<&ColumnSummary>),
) -> Result<DriftExplanation, &'static str> {
    if stored.baseline_columns.is_none() {
        return Err("this folder is a baseline, not a check: nothing was compared");
    }
    let baseline = baseline.ok_or("the baseline does not have this column")?;
    let current = current.ok_or("the current data does not have this column")?;
    let constraints = stored
        .obeyed_constraints()
        .ok_or("the folder has no constraints")?;
    let constraint =
        obeyed(stored, feature).ok_or("the baseline has no constraint for this column")?;
    let settings = EffectiveSettings::of_feature(constraints, constraint);
    if !settings.compares_distributions() {
        return Err("the constraints switch the comparison of this column off");
    }
    let samples = samples(baseline, current).ok_or(
        "there is no distribution on one of the sides: no present value, text of too many values, or numbers on one side only",
    )?;
    let method = method_of(&settings, &samples);
    let (workings, threshold) = match (&samples, method) {
        (Samples::Numeric { baseline, current }, Method::Numeric(method)) => (
            explain_numeric(baseline, current, method),
            settings.comparison_threshold,
        ),
        (Samples::Categorical { baseline, current }, Method::Categorical(method, correction)) => (
            explain_categorical(baseline, current, method, correction),
            settings.categorical_comparison_threshold,
        ),
        // `method_of` follows the kind of the samples.
        (Samples::Numeric { .. }, Method::Categorical(..))
        | (Samples::Categorical { .. }, Method::Numeric(_)) => (None, 0.0),
    };
    let workings = workings.ok_or("one of the sides has no rows with a value")?;
    let recorded = stored
        .probity
        .iter()
        .flat_map(|file| &file.features)
        .find(|facts| facts.name == feature)
        .and_then(|facts| facts.drift.clone());
    let made = &workings.comparison;
    let agrees = recorded.as_ref().is_some_and(|recorded| {
        recorded.distance == made.distance
            && recorded.effect.to_bits() == made.effect.to_bits()
            && recorded.p_value.to_bits() == made.p_value.to_bits()
            && recorded.psi == made.psi
    });
    Ok(DriftExplanation {
        method: method.name().to_owned(),
        threshold,
        workings: explained(workings),
        recorded,
        agrees,
    })
}

#[cfg(test)]
mod tests {
    use super::folder_of;

    #[track_caller]
    fn check(file: &str, expected: &str) {
        assert_eq!(folder_of(file), expected);
    }

    #[test]
    fn a_document_stands_for_its_folder() {
        check("check/probity.json", "check");
        check("check/report.html", "check");
        check("statistics.json", ".");
        check("/statistics.json", "/");
        check(
            "s3://bucket/day/constraint_violations.json",
            "s3://bucket/day",
        );
    }

    #[test]
    fn a_folder_stands_for_itself() {
        check("check/", "check/");
        check("s3://bucket/day", "s3://bucket/day");
    }
}
