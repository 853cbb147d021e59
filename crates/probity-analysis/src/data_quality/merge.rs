//! Statistics of several days into one, from their summaries, without the rows.

use probity_data::location::Environment;
use probity_domain::document::constraints::CategoricalDriftMethod;
use probity_domain::document::probity_file::DatasetFacts;

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
    Ok(baseline_documents(
        merged.scanned,
        CategoricalDriftMethod::LInfinity,
    ))
}

struct Merged {
    scanned: Scanned,
}

impl Default for Merged {
    fn default() -> Self {
        Self {
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
        let Scanned { table, dataset } = &mut self.scanned;
        for (name, summary) in &stored.columns {
            let known = table.columns.iter().find(|(known, _)| known == name);
            if known.is_some_and(|(_, known)| known.is_redacted() != summary.is_redacted()) {
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
