//! Data quality: the column summaries of a run, judged by other constraints.

use probity_data::location::{Environment, ReadLocation};
use probity_domain::document::constraint_violations::{ConstraintViolations, Violation};
use probity_domain::document::constraints::Constraints;
use probity_metrics::summary::ColumnSummary;

use super::known::Columns;
use super::{Recheck, Rechecked, RecheckedViolation, Reference, document, required};
use crate::data_quality::{
    AnalysisError, STATISTICS, StoredResult, StoredSummaries, VIOLATIONS, violations_of_columns,
};

pub(super) async fn recheck(
    constraints: &Constraints,
    folder: &str,
    reference: Reference<'_>,
    environment: &Environment,
) -> Result<Rechecked, Recheck> {
    let mut notes = Vec::new();
    let (columns, rows, baseline) = match StoredResult::find_summaries(folder, environment).await? {
        Some(found) => {
            let baseline = of_summaries(folder, &found, (reference, environment)).await?;
            (found.columns, found.rows, baseline)
        }
        None => {
            let stored = StoredResult::find(folder, environment).await;
            let stored = match stored {
                Err(AnalysisError::Locate(ReadLocation::Missing { .. })) => None,
                stored => stored?,
            };
            let stored = required(stored, folder, STATISTICS)?;
            notes.push(
                "there is no summary state: distributions are those of statistics.json, so that \
                 distances may differ in the third digit"
                    .to_owned(),
            );
            let baseline = of_folder((reference, environment)).await?;
            (stored.columns, stored.rows, baseline)
        }
    };
    if baseline.is_empty() {
        notes.push("there are no baseline statistics: drift was not compared".to_owned());
    }
    let found = violations_of_columns((columns, rows), &baseline, constraints);
    Ok(Rechecked {
        now: found.iter().map(told).collect(),
        then: then(folder, environment).await?,
        notes,
    })
}

/// What a run of ours compared with: runs of one baseline share it.
async fn of_summaries(
    folder: &str,
    found: &StoredSummaries,
    (reference, environment): (Reference<'_>, &Environment),
) -> Result<Columns, Recheck> {
    let Some(named) = &found.baseline else {
        return of_folder((reference, environment)).await;
    };
    if let Some(known) = reference.known.and_then(|known| known.get(&named.sha256)) {
        return Ok(known);
    }
    let columns = StoredSummaries::baseline_columns(folder, named, environment).await?;
    Ok(keep(reference, &named.sha256, columns))
}

/// What the schedule compares with; SageMaker's runs kept no copy of it.
async fn of_folder(
    (reference, environment): (Reference<'_>, &Environment),
) -> Result<Columns, Recheck> {
    let Some(folder) = reference.baseline_folder else {
        return Ok(Columns::default());
    };
    if let Some(known) = reference.known.and_then(|known| known.get(folder)) {
        return Ok(known);
    }
    let columns = match StoredResult::find(folder, environment).await {
        Ok(found) => found.map_or_else(Vec::new, |found| found.columns),
        Err(AnalysisError::Locate(ReadLocation::Missing { .. })) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(keep(reference, folder, columns))
}

fn keep(reference: Reference<'_>, name: &str, columns: Vec<(String, ColumnSummary)>) -> Columns {
    let columns = Columns::new(columns);
    if let Some(known) = reference.known {
        known.put(name, Columns::clone(&columns));
    }
    columns
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
