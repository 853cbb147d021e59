//! Profile and baseline: one scan, statistics and suggested constraints.

use probity_data::location::Environment;
use probity_domain::document::constraints::CategoricalDriftMethod;
use probity_metrics::constraints::suggest;
use probity_metrics::summary::encode_columns;

use super::AnalysisError;
use super::input::{Input, Scanned, Surroundings, scan_input};
use super::result::{
    ResultDocuments, SUMMARIES, named, probity_file_of, profiles_of, reference_to, statistics_of,
};
use super::stored::edits_in;

/// Scans `input` and makes the documents of a baseline.
pub async fn profile(
    input: &Input,
    method: CategoricalDriftMethod,
    surroundings: Surroundings<'_>,
) -> Result<ResultDocuments, AnalysisError> {
    let scanned = scan_input(input, surroundings).await?;
    Ok(baseline_documents(scanned, method))
}

/// As [`profile`], for a folder that others will be judged by: nothing that was edited by
/// hand is lost, and a table without rows says nothing about what is normal.
pub async fn baseline(
    input: &Input,
    method: CategoricalDriftMethod,
    surroundings: Surroundings<'_>,
) -> Result<ResultDocuments, AnalysisError> {
    let documents = profile(input, method, surroundings).await?;
    if documents.statistics.dataset.item_count == 0 {
        return Err(AnalysisError::NoRows {
            location: input.location.clone(),
        });
    }
    Ok(documents)
}

/// Refuses when the baseline in `folder` holds edits that a new one would lose.
pub async fn refuse_to_lose_edits(
    folder: &str,
    environment: &Environment,
) -> Result<(), AnalysisError> {
    let edits = edits_in(folder, environment).await?;
    if edits == 0 {
        return Ok(());
    }
    Err(AnalysisError::WouldLoseEdits {
        folder: folder.to_owned(),
        edits,
    })
}

/// The documents of a baseline from a scan.
pub(crate) fn baseline_documents(
    scanned: Scanned,
    method: CategoricalDriftMethod,
) -> ResultDocuments {
    let Scanned { table, dataset } = scanned;
    let summaries = encode_columns(&table.columns);
    let mut probity = probity_file_of(&table, dataset);
    probity.summaries = Some(reference_to(SUMMARIES, &summaries));
    ResultDocuments {
        statistics: statistics_of(&table),
        constraints: suggest(named(&profiles_of(&table)), method),
        violations: None,
        probity,
        summaries,
        baseline: None,
    }
}
