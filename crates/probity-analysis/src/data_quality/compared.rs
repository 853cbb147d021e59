//! A result folder for pages that show it: the documents that a report is made from, where the
//! baseline's statistics are made again from the summaries that a check keeps of it.

use probity_data::location::Environment;
use probity_domain::document::constraints::Switch;
use probity_domain::document::explanation::Explanation;
use probity_domain::document::probity_file::{DatasetFacts, FORMAT, ProbityFile, VERSION};
use probity_domain::document::statistics::{DatasetStatistics, Statistics};
use probity_metrics::constraints::EffectiveSettings;
use probity_metrics::summary::{ColumnSummary, feature_statistics};
use probity_report::data_quality::DataQualityReport;

use super::AnalysisError;
use super::result::{BASELINE_CONSTRAINTS, CONSTRAINTS, PROBITY, STATISTICS, VIOLATIONS};
use super::stored::StoredResult;
use super::why::explain;

/// A result and what it was compared with.
#[derive(Clone, Debug)]
pub struct ComparedResult {
    stored: StoredResult,
    baseline: Option<Statistics>,
    probity: ProbityFile,
}

impl ComparedResult {
    /// Reads `folder`.
    pub async fn open(
        folder: &str,
        environment: &Environment,
    ) -> Result<ComparedResult, AnalysisError> {
        let stored = StoredResult::open(folder, environment).await?;
        // A baseline of constraints alone has no column to compare with.
        let kept = stored.baseline_columns.as_deref();
        let kept = kept.filter(|columns| !columns.is_empty());
        Ok(ComparedResult {
            baseline: kept.map(statistics_of),
            probity: stored.probity.clone().unwrap_or_else(|| bare(&stored)),
            stored,
        })
    }

    /// Whether nothing of the baseline is kept beside the result, as beside those that SageMaker
    /// wrote: its statistics may be read elsewhere.
    pub fn lacks_baseline(&self) -> bool {
        self.baseline.is_none()
    }

    #[must_use]
    pub fn with_baseline(mut self, statistics: Statistics) -> ComparedResult {
        self.baseline = Some(statistics);
        self
    }

    /// Whether the constraints of a column are judged at all: they may be switched off.
    pub fn evaluates(&self, feature: &str) -> bool {
        let Some(constraints) = self.stored.obeyed_constraints() else {
            return false;
        };
        let mut features = constraints.features.iter();
        let settings = match features.find(|known| known.name == feature) {
            Some(known) => EffectiveSettings::of_feature(constraints, known),
            None => EffectiveSettings::of_file(constraints),
        };
        settings.evaluate_constraints == Switch::Enabled
    }

    /// `None` where the folder lacks `statistics.json`.
    pub fn report(&self) -> Option<DataQualityReport<'_>> {
        Some(DataQualityReport {
            statistics: self.stored.statistics.as_ref()?,
            baseline: self.baseline.as_ref(),
            probity: &self.probity,
            constraints: self.stored.obeyed_constraints(),
            violations: self.stored.violations.as_ref(),
        })
    }

    /// Where the documents of the folder tell of a column.
    pub fn places(&self, feature: &str) -> Vec<ColumnPlace> {
        let stored = &self.stored;
        let mut places = Vec::new();
        let mut add = |file, list, found: Option<usize>, what| {
            if let Some(at) = found {
                let pointer = format!("/{list}/{at}");
                places.push(ColumnPlace {
                    file,
                    pointer,
                    what,
                });
            }
        };
        let statistics = stored.statistics.iter().flat_map(|file| &file.features);
        let at = statistics
            .map(|of| &of.name)
            .position(|name| name == feature);
        add(STATISTICS, "features", at, "statistics of the current data");
        let facts = stored.probity.iter().flat_map(|file| &file.features);
        let at = facts.map(|of| &of.name).position(|name| name == feature);
        add(PROBITY, "features", at, "drift, intervals and quantiles");
        let (file, obeyed) = match &stored.baseline_constraints {
            Some(obeyed) => (BASELINE_CONSTRAINTS, Some(obeyed)),
            None => (CONSTRAINTS, stored.constraints.as_ref()),
        };
        let obeyed = obeyed.into_iter().flat_map(|file| &file.features);
        let at = obeyed.map(|of| &of.name).position(|name| name == feature);
        add(file, "features", at, "the constraint that was obeyed");
        let violations = stored.violations.iter().flat_map(|file| &file.violations);
        for (at, violation) in violations.enumerate() {
            if violation.feature_name == feature {
                add(VIOLATIONS, "violations", Some(at), "a violation of it");
            }
        }
        places
    }

    /// Every step behind a column's numbers.
    ///
    /// # Errors
    ///
    /// Where the result does not know the column.
    pub fn explain(&self, feature: &str) -> Result<Explanation, AnalysisError> {
        explain(&self.stored, feature)
    }
}

/// Where SageMaker wrote the result, it has no `probity.json`: nothing is known but what its own
/// documents say.
fn bare(stored: &StoredResult) -> ProbityFile {
    ProbityFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: String::new(),
        dataset: DatasetFacts {
            sources: Vec::new(),
            format: String::new(),
            rows: stored.rows,
            files: 0,
            partitions: 0,
            notes: Vec::new(),
        },
        summaries: None,
        features: Vec::new(),
        check: None,
        history: Vec::new(),
    }
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPlace {
    /// Its name in the folder.
    pub file: &'static str,
    /// As RFC 6901 writes it.
    pub pointer: String,
    pub what: &'static str,
}

fn statistics_of(columns: &[(String, ColumnSummary)]) -> Statistics {
    let rows = columns
        .iter()
        .map(|(_, summary)| {
            let profile = summary.profile();
            profile.n_present + profile.n_missing
        })
        .max();
    Statistics {
        version: 0.0,
        dataset: DatasetStatistics {
            item_count: rows.unwrap_or(0),
        },
        features: columns
            .iter()
            .map(|(name, summary)| feature_statistics(name, summary))
            .collect(),
    }
}
