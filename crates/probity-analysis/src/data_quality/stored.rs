//! A result folder that already exists: a baseline or the outcome of a check, written by
//! us or by SageMaker (then only its own documents are there).

use std::collections::{BTreeSet, HashMap};

use probity_data::location::{Environment, ReadLocation, read_document};
use probity_domain::document::constraint_violations::ConstraintViolations;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::probity_file::{ProbityFile, SummaryReference};
use probity_domain::document::statistics::Statistics;
use probity_metrics::summary::{ColumnSummary, REDACTED_PREFIX, ReadState, decode_columns};
use sha2::{Digest, Sha256};

use super::AnalysisError;
use super::result::{BASELINE_CONSTRAINTS, CONSTRAINTS, PROBITY, STATISTICS, VIOLATIONS};

/// What a folder holds.
#[derive(Clone, Debug)]
pub struct StoredResult {
    pub folder: String,
    pub statistics: Option<Statistics>,
    pub constraints: Option<Constraints>,
    pub violations: Option<ConstraintViolations>,
    pub probity: Option<ProbityFile>,
    /// From the summary state, else rebuilt from `statistics.json`.
    pub columns: Vec<(String, ColumnSummary)>,
    /// Of the baseline that a check compared with.
    pub baseline_columns: Option<Vec<(String, ColumnSummary)>>,
    /// What a check obeyed; `constraints` are those that its own data suggests.
    pub baseline_constraints: Option<Constraints>,
    pub rows: u64,
}

/// The summary state of a result.
#[derive(Clone, Debug)]
pub struct StoredSummaries {
    pub columns: Vec<(String, ColumnSummary)>,
    pub rows: u64,
    /// Names the state that a check compared with.
    pub baseline: Option<SummaryReference>,
}

impl StoredSummaries {
    /// The columns that the check compared with.
    pub async fn baseline_columns(
        folder: &str,
        reference: &SummaryReference,
        environment: &Environment,
    ) -> Result<Vec<(String, ColumnSummary)>, AnalysisError> {
        summaries(folder, reference, environment).await
    }
}

impl StoredResult {
    /// Reads `folder`, or `None` when it holds neither statistics nor constraints.
    pub async fn find(
        folder: &str,
        environment: &Environment,
    ) -> Result<Option<Self>, AnalysisError> {
        let statistics = document(folder, STATISTICS, environment, Statistics::from_json).await?;
        let constraints =
            document(folder, CONSTRAINTS, environment, Constraints::from_json).await?;
        if statistics.is_none() && constraints.is_none() {
            return Ok(None);
        }
        let violations = document(
            folder,
            VIOLATIONS,
            environment,
            ConstraintViolations::from_json,
        )
        .await?;
        let probity = document(folder, PROBITY, environment, ProbityFile::from_json).await?;
        let columns = match probity.as_ref().and_then(|file| file.summaries.as_ref()) {
            Some(reference) => summaries(folder, reference, environment).await?,
            None => statistics
                .iter()
                .flat_map(|statistics| {
                    let rows = statistics.dataset.item_count;
                    statistics
                        .features
                        .iter()
                        .map(move |feature| (feature, rows))
                })
                .map(|(feature, rows)| {
                    let summary = ColumnSummary::from_statistics(feature, rows);
                    Ok((
                        feature.name.clone(),
                        summary.map_err(|source| damaged(folder, source))?,
                    ))
                })
                .collect::<Result<_, AnalysisError>>()?,
        };
        let baseline = probity
            .as_ref()
            .and_then(|file| file.check.as_ref())
            .and_then(|check| check.baseline_summaries.as_ref());
        let baseline_columns = match baseline {
            Some(reference) => Some(summaries(folder, reference, environment).await?),
            None => None,
        };
        let baseline_constraints = document(
            folder,
            BASELINE_CONSTRAINTS,
            environment,
            Constraints::from_json,
        )
        .await?;
        let rows = statistics
            .as_ref()
            .map_or(0, |statistics| statistics.dataset.item_count);
        Ok(Some(Self {
            folder: folder.to_owned(),
            statistics,
            constraints,
            violations,
            probity,
            columns,
            baseline_columns,
            baseline_constraints,
            rows,
        }))
    }

    /// Reads `folder`, which must be a result.
    pub async fn open(folder: &str, environment: &Environment) -> Result<Self, AnalysisError> {
        Self::find(folder, environment)
            .await?
            .ok_or_else(|| AnalysisError::NoBaseline {
                folder: folder.to_owned(),
            })
    }

    /// The summary state of a result of ours, without the other documents: a table's
    /// `statistics.json` is the larger part, and says nothing more. `None` where there is no state.
    pub async fn find_summaries(
        folder: &str,
        environment: &Environment,
    ) -> Result<Option<StoredSummaries>, AnalysisError> {
        let probity = match document(folder, PROBITY, environment, ProbityFile::from_json).await {
            Ok(Some(probity)) => probity,
            // SageMaker's results have none, and those of other kinds have another.
            Ok(None)
            | Err(
                AnalysisError::Locate(ReadLocation::Missing { .. })
                | AnalysisError::Document { .. },
            ) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(reference) = &probity.summaries else {
            return Ok(None);
        };
        Ok(Some(StoredSummaries {
            columns: summaries(folder, reference, environment).await?,
            rows: probity.dataset.rows,
            baseline: probity.check.and_then(|check| check.baseline_summaries),
        }))
    }

    /// Names of the columns in their order, for data that has no header.
    pub fn column_names(&self) -> Vec<String> {
        if let Some(statistics) = &self.statistics {
            let features = statistics.features.iter();
            return features.map(|feature| feature.name.clone()).collect();
        }
        self.constraints
            .iter()
            .flat_map(|constraints| &constraints.features)
            .map(|feature| feature.name.clone())
            .collect()
    }

    /// Without the columns `names`, which an analysis leaves out.
    #[must_use]
    pub fn without(mut self, names: &[String]) -> Self {
        let is_kept = |name: &String| !names.contains(name);
        if let Some(statistics) = &mut self.statistics {
            statistics.features.retain(|feature| is_kept(&feature.name));
        }
        let constraints = [&mut self.constraints, &mut self.baseline_constraints];
        for constraints in constraints.into_iter().flatten() {
            constraints
                .features
                .retain(|feature| is_kept(&feature.name));
        }
        if let Some(probity) = &mut self.probity {
            probity.features.retain(|feature| is_kept(&feature.name));
        }
        self.columns.retain(|(name, _)| is_kept(name));
        if let Some(columns) = &mut self.baseline_columns {
            columns.retain(|(name, _)| is_kept(name));
        }
        self
    }

    /// Columns whose values the result keeps only as hashes.
    pub fn redacted(&self) -> BTreeSet<String> {
        self.columns
            .iter()
            .filter(|(_, summary)| summary.is_redacted())
            .map(|(name, _)| name.clone())
            .chain(
                self.probity
                    .iter()
                    .flat_map(|file| &file.features)
                    .filter(|feature| feature.redacted)
                    .map(|feature| feature.name.clone()),
            )
            .chain(self.hashed_only())
            .collect()
    }

    /// Features whose values are all hashes, when only SageMaker's files tell of them.
    fn hashed_only(&self) -> impl Iterator<Item = String> {
        let hashed = |values: &mut dyn Iterator<Item = &String>| {
            let mut values = values.peekable();
            values.peek().is_some() && values.all(|value| value.starts_with(REDACTED_PREFIX))
        };
        let in_statistics = self
            .statistics
            .iter()
            .flat_map(|statistics| &statistics.features)
            .filter(move |feature| {
                let texts = feature.string_statistics.as_ref();
                let distribution = texts.and_then(|texts| texts.distribution.as_ref());
                let buckets = distribution.map(|found| &found.categorical.buckets);
                hashed(&mut buckets.into_iter().flatten().map(|bucket| &bucket.value))
            })
            .map(|feature| feature.name.clone());
        let in_constraints = self
            .constraints
            .iter()
            .flat_map(|constraints| &constraints.features)
            .filter(move |feature| {
                let texts = feature.string_constraints.as_ref();
                let domains = texts.and_then(|texts| texts.domains.as_ref());
                hashed(&mut domains.into_iter().flatten())
            })
            .map(|feature| feature.name.clone());
        in_statistics.chain(in_constraints)
    }

    /// The constraints that a check obeyed, else those of the baseline that this is.
    pub(crate) fn obeyed_constraints(&self) -> Option<&Constraints> {
        self.baseline_constraints
            .as_ref()
            .or(self.constraints.as_ref())
    }

    /// Whether any document of the folder speaks of a feature.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let constraints = self.constraints.iter().flat_map(|found| &found.features);
        self.has_column(name) || constraints.into_iter().any(|feature| feature.name == name)
    }

    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn by_name(&self) -> HashMap<&str, &ColumnSummary> {
        self.columns
            .iter()
            .map(|(name, summary)| (name.as_str(), summary))
            .collect()
    }
}

/// How often the constraints of `folder` were edited; 0 when nothing is there.
pub(crate) async fn edits_in(
    folder: &str,
    environment: &Environment,
) -> Result<usize, AnalysisError> {
    match document(folder, PROBITY, environment, ProbityFile::from_json).await {
        Ok(file) => Ok(file.map_or(0, |file| file.history.len())),
        // What cannot be read holds no edit that could be kept.
        Err(
            AnalysisError::Locate(ReadLocation::Missing { .. }) | AnalysisError::Document { .. },
        ) => Ok(0),
        Err(error) => Err(error),
    }
}

/// One JSON document of a folder; `None` when it is not there.
async fn document<T, E: std::error::Error + Send + Sync + 'static>(
    folder: &str,
    name: &'static str,
    environment: &Environment,
    parse: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, AnalysisError> {
    let Some(bytes) = read_document(folder, name, environment).await? else {
        return Ok(None);
    };
    parse(&bytes)
        .map(Some)
        .map_err(|source| AnalysisError::Document {
            folder: folder.to_owned(),
            document: name,
            source: Box::new(source),
        })
}

/// The summary state that `reference` names, checked against its hash.
async fn summaries(
    folder: &str,
    reference: &SummaryReference,
    environment: &Environment,
) -> Result<Vec<(String, ColumnSummary)>, AnalysisError> {
    let document = reference.path.clone();
    let folder_name = folder.to_owned();
    let Some(bytes) = read_document(folder, &document, environment).await? else {
        return Err(AnalysisError::OtherSummaries {
            folder: folder_name,
            document,
        });
    };
    if sha256(&bytes) != reference.sha256 {
        return Err(AnalysisError::OtherSummaries {
            folder: folder_name,
            document,
        });
    }
    decode_columns(&bytes).map_err(|source| AnalysisError::Summaries {
        folder: folder_name,
        document,
        source,
    })
}

fn damaged(folder: &str, source: ReadState) -> AnalysisError {
    AnalysisError::Summaries {
        folder: folder.to_owned(),
        document: STATISTICS.to_owned(),
        source,
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
