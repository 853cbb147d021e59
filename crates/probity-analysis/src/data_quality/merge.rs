//! Statistics of several days into one, from their summaries, without the rows.

use std::collections::HashMap;

use probity_data::location::Environment;
use probity_domain::document::constraints::CategoricalDriftMethod;
use probity_domain::document::probity_file::DatasetFacts;
use probity_metrics::constraints::EffectiveSettings;

use super::AnalysisError;
use super::input::Scanned;
use super::profile::baseline_documents;
use super::result::ResultDocuments;
use super::stored::StoredResult;
use crate::scan::TableSummary;

/// Merges the results in `folders`, whose rows followed each other in this order.
pub async fn merge(
    folders: &[String],
    environment: &Environment,
) -> Result<ResultDocuments, AnalysisError> {
    let mut merged = Merged::default();
    for folder in folders {
        merged.add(StoredResult::open(folder, environment).await?)?;
    }
    Ok(baseline_documents(merged.scanned, merged.method))
}

/// The same of results that are read already.
pub fn merge_stored(
    results: impl IntoIterator<Item = StoredResult>,
) -> Result<ResultDocuments, AnalysisError> {
    let mut merged = Merged::default();
    for stored in results {
        merged.add(stored)?;
    }
    Ok(baseline_documents(merged.scanned, merged.method))
}

struct Merged {
    scanned: Scanned,
    /// Of the last folder that names one.
    method: CategoricalDriftMethod,
}

impl Default for Merged {
    fn default() -> Self {
        Self {
            method: CategoricalDriftMethod::LInfinity,
            scanned: Scanned {
                table: TableSummary::default(),
                dataset: DatasetFacts {
                    sources: Vec::new(),
                    format: "merged".to_owned(),
                    rows: 0,
                    files: 0,
                    partitions: 0,
                    notes: Vec::new(),
                },
            },
        }
    }
}

impl Merged {
    fn add(&mut self, stored: StoredResult) -> Result<(), AnalysisError> {
        if stored.statistics.is_none() {
            return Err(AnalysisError::NoResult {
                folder: stored.folder,
                document: super::result::STATISTICS,
            });
        }
        if let Some(constraints) = &stored.constraints {
            self.method = EffectiveSettings::of_file(constraints).categorical_drift_method;
        }
        let Scanned { table, dataset } = &mut self.scanned;
        if table.rows > 0
            && !table
                .columns
                .iter()
                .any(|(name, _)| stored.has_column(name))
        {
            return Err(AnalysisError::NoCommonColumn {
                folder: stored.folder,
            });
        }
        if dataset.sources.contains(&stored.folder) {
            dataset
                .notes
                .push(format!("`{}` is merged more than once", stored.folder));
        }
        if stored
            .probity
            .as_ref()
            .is_some_and(|file| !file.history.is_empty())
        {
            dataset.notes.push(format!(
                "the constraints are suggested anew: the edits in `{}` were not carried over",
                stored.folder
            ));
        }
        let known: HashMap<&str, bool> = table
            .columns
            .iter()
            .map(|(name, summary)| (name.as_str(), summary.is_redacted()))
            .collect();
        for (name, summary) in &stored.columns {
            let was = known.get(name.as_str());
            if was.is_some_and(|was| *was != summary.is_redacted()) {
                return Err(AnalysisError::MixedRedaction {
                    feature: name.clone(),
                });
            }
        }
        dataset.rows += stored.rows;
        dataset.sources.push(stored.folder.clone());
        match &stored.probity {
            Some(file) => {
                dataset.files += file.dataset.files;
                dataset.partitions += file.dataset.partitions;
            }
            None => dataset.notes.push(format!(
                "`{}` has no summary state: its distinct counts and frequent values are those of statistics.json",
                stored.folder
            )),
        }
        table.merge(TableSummary {
            columns: stored.columns,
            rows: stored.rows,
            partitions: 1,
        });
        Ok(())
    }
}
