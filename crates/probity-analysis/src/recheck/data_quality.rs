//! Data quality: the column summaries of a run, judged by other constraints.

use probity_data::location::Environment;
use probity_domain::document::constraint_violations::{ConstraintViolations, Violation};
use probity_domain::document::constraints::Constraints;

use super::{Recheck, Rechecked, RecheckedViolation, Reference, document, required};
use crate::data_quality::{STATISTICS, StoredResult, VIOLATIONS, violations_of_stored};

pub(super) async fn recheck(
    constraints: &Constraints,
    folder: &str,
    reference: Reference<'_>,
    environment: &Environment,
) -> Result<Rechecked, Recheck> {
    let stored = StoredResult::find(folder, environment).await?;
    let stored = required(stored, folder, STATISTICS)?;
    let mut notes = Vec::new();
    // Runs of ours keep the summaries that they compared with; SageMaker's did not.
    let baseline = match (&stored.baseline_columns, reference.baseline_folder) {
        (Some(columns), _) => Some(columns.clone()),
        (None, Some(baseline)) => StoredResult::find(baseline, environment)
            .await?
            .map(|found| found.columns),
        (None, None) => None,
    };
    if baseline.as_ref().is_none_or(Vec::is_empty) {
        notes.push("there are no baseline statistics: drift was not compared".to_owned());
    }
    if stored.probity.is_none() {
        notes.push(
            "there is no summary state: distributions are those of statistics.json, so that \
             distances may differ in the third digit"
                .to_owned(),
        );
    }
    let found = violations_of_stored(&stored, baseline.as_deref().unwrap_or(&[]), constraints);
    let then = stored.violations.as_ref();
    Ok(Rechecked {
        now: found.iter().map(told).collect(),
        then: then.map(|then| then.violations.iter().map(told).collect()),
        notes,
    })
}

pub(super) async fn then(
    folder: &str,
    environment: &Environment,
) -> Result<Option<Vec<RecheckedViolation>>, Recheck> {
    let found = document(
        (folder, VIOLATIONS),
        environment,
        ConstraintViolations::from_json,
    );
    let found = found.await?;
    Ok(found.map(|found| found.violations.iter().map(told).collect()))
}

fn told(violation: &Violation) -> RecheckedViolation {
    RecheckedViolation {
        subject: violation.feature_name.clone(),
        check: violation.constraint_check_type.name().to_owned(),
        description: violation.description.clone(),
    }
}
