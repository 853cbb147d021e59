//! A dataset against its baseline: AWS's verdict by its rules, and beside it one that asks
//! whether sampling error explains what was seen, over all features together.

use std::collections::HashMap;

use probity_data::location::ReadLocation;
use probity_domain::document::constraint_violations::{
    ConstraintCheckType, ConstraintViolations, Violation,
};
use probity_domain::document::constraints::{
    CategoricalDriftMethod, Constraints, FeatureConstraints,
};
use probity_domain::document::probity_file::{CheckFacts, ProbityFile};
use probity_domain::document::statistics::{DatasetStatistics, Statistics};
use probity_metrics::constraints::{
    EffectiveSettings, Observed, check_dataset, negative_value_notes, suggest,
};
use probity_metrics::drift::MINIMUM_ROWS;
use probity_metrics::summary::{ColumnSummary, encode_columns};
pub use probity_report::Verdict;

use super::AnalysisError;
use super::corrected::{self, CorrectedVerdict};
use super::drift::{FeatureDrift, drift_of};
use super::input::{Input, Scanned, Surroundings, scan_input};
use super::profile::baseline_documents;
use super::result::{
    BASELINE_SUMMARIES, BaselineCopy, ResultDocuments, SUMMARIES, named, probity_file_of,
    profiles_of, reference_to, statistics_of,
};
use super::stored::StoredResult;
use crate::scan::TableSummary;

#[derive(Clone, Copy, Debug)]
pub struct CheckOptions {
    pub verdict: Verdict,
    /// Of the corrected verdict.
    pub false_discovery_rate: f64,
}

/// The documents of a check, and what they say.
#[derive(Clone, Debug)]
pub struct CheckOutcome {
    pub documents: ResultDocuments,
    pub verdict: Verdict,
}

impl CheckOutcome {
    /// Of AWS's verdict.
    pub fn violations(&self) -> &[Violation] {
        let violations = self.documents.violations.as_ref();
        violations.map_or(&[], |violations| &violations.violations)
    }

    /// Features that the corrected verdict names, in the order of the columns.
    pub fn corrected_features(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let check = self.documents.probity.check.as_ref();
        for violation in check.iter().flat_map(|check| &check.corrected_violations) {
            if !names.contains(&violation.feature_name) {
                names.push(violation.feature_name.clone());
            }
        }
        names
    }

    /// Whether the verdict that decides found a violation.
    pub fn is_violated(&self) -> bool {
        match self.verdict {
            Verdict::Aws => !self.violations().is_empty(),
            Verdict::Corrected => !self.corrected_features().is_empty(),
        }
    }
}

/// The baseline at `location`: a result folder, or data that one is made from now, read in
/// the way of `input`.
pub async fn load_baseline(
    location: &str,
    input: &Input,
    surroundings: Surroundings<'_>,
) -> Result<StoredResult, AnalysisError> {
    if location == "-" && input.location == "-" {
        return Err(AnalysisError::StandardInputTwice);
    }
    match StoredResult::find(location, surroundings.environment).await {
        Ok(Some(stored)) => return Ok(stored),
        // A pattern is no folder, but may name data.
        Ok(None) | Err(AnalysisError::Locate(ReadLocation::Missing { .. })) => {}
        Err(error) => return Err(error),
    }
    let input = Input {
        location: location.to_owned(),
        ..input.clone()
    };
    let scanned = scan_input(&input, surroundings).await?;
    let columns = scanned.table.columns.clone();
    let rows = scanned.table.rows;
    let documents = baseline_documents(scanned, CategoricalDriftMethod::LInfinity);
    Ok(StoredResult {
        folder: location.to_owned(),
        statistics: Some(documents.statistics),
        constraints: Some(documents.constraints),
        violations: None,
        probity: Some(documents.probity),
        columns,
        baseline_columns: None,
        baseline_constraints: None,
        rows,
    })
}

/// Scans `input` and judges it by `baseline`. Columns that the baseline redacts are
/// redacted here too.
pub async fn check(
    input: &Input,
    baseline: &StoredResult,
    options: CheckOptions,
    surroundings: Surroundings<'_>,
) -> Result<CheckOutcome, AnalysisError> {
    let baseline_redacts = baseline.redacted();
    for name in &input.redacted {
        if baseline.knows(name) && !baseline_redacts.contains(name) {
            return Err(AnalysisError::RedactedHereOnly {
                feature: name.clone(),
                baseline: baseline.folder.clone(),
            });
        }
    }
    let mut input = input.clone();
    input.redacted.extend(baseline_redacts);
    let scanned = scan_input(&input, surroundings).await?;
    if scanned.table.rows == 0 {
        return Err(AnalysisError::NoRows {
            location: input.location,
        });
    }
    Ok(judge(scanned, baseline, options))
}

/// The verdicts on a scanned table.
fn judge(scanned: Scanned, baseline: &StoredResult, options: CheckOptions) -> CheckOutcome {
    let profiles = profiles_of(&scanned.table);
    let constraints = constraints_of(baseline);
    let baseline_columns = baseline.by_name();
    let drifts = drifts_of(&scanned.table, &constraints, &baseline_columns);
    let observed: Vec<Observed<'_>> = profiles
        .iter()
        .map(|(name, profile)| Observed {
            name,
            profile,
            distance: drifts.get(name.as_str()).and_then(FeatureDrift::distance),
        })
        .collect();
    let violations = check_dataset(&constraints, &observed);
    let tests = corrected::tests(
        &constraints,
        &observed,
        &baseline_columns,
        (&drifts, &violations),
    );
    let verdict = corrected::judge(tests, &violations, options.false_discovery_rate);
    let mut probity = probity_file_of(&scanned.table, scanned.dataset);
    add_drift(&mut probity, &drifts, (&violations, &verdict), options);
    let summaries = encode_columns(&scanned.table.columns);
    probity.summaries = Some(reference_to(SUMMARIES, &summaries));
    let copy = BaselineCopy {
        statistics: statistics_or_rebuilt(baseline),
        constraints: constraints.clone(),
        summaries: encode_columns(&baseline.columns),
    };
    let mut notes = doubts(baseline, &scanned.table, &constraints, &drifts);
    notes.extend(verdict.notes);
    notes.extend(negative_value_notes(&constraints, &observed));
    probity.check = Some(CheckFacts {
        baseline: baseline.folder.clone(),
        baseline_summaries: Some(reference_to(BASELINE_SUMMARIES, &copy.summaries)),
        verdict: options.verdict.name().to_owned(),
        false_discovery_rate: options.false_discovery_rate,
        tested: verdict.n_tests,
        minimum_rows: MINIMUM_ROWS,
        corrected_violations: verdict.violations,
        notes,
    });
    let method = EffectiveSettings::of_file(&constraints).categorical_drift_method;
    let documents = ResultDocuments {
        statistics: statistics_of(&scanned.table),
        constraints: suggest(named(&profiles), method),
        violations: Some(ConstraintViolations { violations }),
        probity,
        summaries,
        baseline: Some(copy),
    };
    CheckOutcome {
        documents,
        verdict: options.verdict,
    }
}

/// What keeps the verdicts from being the whole answer.
fn doubts(
    baseline: &StoredResult,
    table: &TableSummary,
    constraints: &Constraints,
    drifts: &HashMap<&str, FeatureDrift>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let unknown = constraints.unknown_members();
    if !unknown.is_empty() {
        notes.push(format!(
            "the constraints have members that nothing reads (misspelled?): {}",
            unknown
                .iter()
                .take(10)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        ));
    }
    if baseline.columns.is_empty() {
        notes.push("the baseline has no statistics: drift was not compared".to_owned());
    }
    let before = baseline.by_name();
    let mut uncompared = Vec::new();
    for (name, summary) in &table.columns {
        let profile = summary.profile();
        let infinite_before = before
            .get(name.as_str())
            .map_or(0, |summary| summary.profile().n_infinite);
        if profile.n_infinite > 0 && infinite_before == 0 {
            notes.push(format!(
                "column `{name}` has {} infinite values; the baseline had none, and they are outside every distribution",
                profile.n_infinite
            ));
        }
        let is_expected = constraints.features.iter().any(|feature| {
            &feature.name == name
                && EffectiveSettings::of_feature(constraints, feature).compares_distributions()
        });
        let has_values = profile.n_present > 0
            && before
                .get(name.as_str())
                .is_some_and(|summary| summary.n_present() > 0);
        if is_expected && has_values && !drifts.contains_key(name.as_str()) {
            uncompared.push(format!("`{name}`"));
        }
    }
    if !uncompared.is_empty() {
        let n = uncompared.len();
        uncompared.truncate(10);
        let more = if n > 10 { " and others" } else { "" };
        notes.push(format!(
            "the distributions of {n} columns were not compared (text of many or long values, or of another type than in the baseline): {}{more}",
            uncompared.join(", ")
        ));
    }
    notes
}

/// The constraints of a baseline; suggested now when its folder has none.
fn constraints_of(baseline: &StoredResult) -> Constraints {
    match &baseline.constraints {
        Some(constraints) => constraints.clone(),
        None => {
            let profiles: Vec<_> = baseline
                .columns
                .iter()
                .map(|(name, summary)| (name.clone(), summary.profile()))
                .collect();
            suggest(named(&profiles), CategoricalDriftMethod::LInfinity)
        }
    }
}

/// A folder with constraints alone has no distributions to show.
fn statistics_or_rebuilt(baseline: &StoredResult) -> Statistics {
    baseline.statistics.clone().unwrap_or_else(|| Statistics {
        version: 0.0,
        dataset: DatasetStatistics {
            item_count: baseline.rows,
        },
        features: Vec::new(),
    })
}

/// The drift of every column that both sides have and the constraints want compared.
pub(super) fn drifts_of<'a>(
    table: &'a TableSummary,
    constraints: &Constraints,
    baseline: &HashMap<&str, &ColumnSummary>,
) -> HashMap<&'a str, FeatureDrift> {
    let features: HashMap<&str, &FeatureConstraints> = constraints
        .features
        .iter()
        .map(|feature| (feature.name.as_str(), feature))
        .collect();
    table
        .columns
        .iter()
        .filter_map(|(name, current)| {
            let feature = features.get(name.as_str())?;
            let before = baseline.get(name.as_str())?;
            let drift = drift_of(constraints, feature, before, current)?;
            Some((name.as_str(), drift))
        })
        .collect()
}

/// Puts each column's drift into `probity.json`, with both verdicts.
fn add_drift(
    probity: &mut ProbityFile,
    drifts: &HashMap<&str, FeatureDrift>,
    (violations, verdict): (&[Violation], &CorrectedVerdict),
    options: CheckOptions,
) {
    let violating: HashMap<&str, &Violation> = violations
        .iter()
        .filter(|violation| {
            violation.constraint_check_type == ConstraintCheckType::BaselineDriftCheck
        })
        .map(|violation| (violation.feature_name.as_str(), violation))
        .collect();
    for feature in &mut probity.features {
        if let Some(drift) = drifts.get(feature.name.as_str()) {
            feature.drift = Some(drift.facts(
                violating.get(feature.name.as_str()).copied(),
                verdict.drift_p_adjusted.get(&feature.name).copied(),
                options.false_discovery_rate,
            ));
        }
    }
}
