//! The documents of an analysis, and the folder that they are written into.

use probity_data::location::OutputFolder;
use probity_domain::document::constraint_violations::ConstraintViolations;
use probity_domain::document::constraints::Constraints;
use probity_domain::document::probity_file::{
    DatasetFacts, FORMAT, ProbityFile, SummaryReference, VERSION,
};
use probity_domain::document::statistics::{DatasetStatistics, Statistics};
use probity_metrics::summary::{ColumnProfile, feature_facts, feature_statistics};
use probity_report::data_quality::{DataQualityReport, render};

use super::AnalysisError;
use super::stored::sha256;
use crate::scan::TableSummary;

pub const STATISTICS: &str = "statistics.json";
pub const CONSTRAINTS: &str = "constraints.json";
pub const VIOLATIONS: &str = "constraint_violations.json";
pub const PROBITY: &str = "probity.json";
pub const SUMMARIES: &str = "summaries.bin";
pub const BASELINE_SUMMARIES: &str = "baseline-summaries.bin";
pub const BASELINE_CONSTRAINTS: &str = "baseline-constraints.json";
pub const REPORT: &str = "report.html";

/// The program that writes, as the documents name it.
pub(crate) const WRITER: &str = concat!("probity ", env!("CARGO_PKG_VERSION"));

/// Everything that an analysis leaves behind.
#[derive(Clone, Debug)]
pub struct ResultDocuments {
    pub statistics: Statistics,
    pub constraints: Constraints,
    /// Of a check only; empty when nothing is violated.
    pub violations: Option<ConstraintViolations>,
    pub probity: ProbityFile,
    pub summaries: Vec<u8>,
    /// Of a check only: the statistics and the summary state compared with.
    pub baseline: Option<BaselineCopy>,
}

#[derive(Clone, Debug)]
pub struct BaselineCopy {
    pub statistics: Statistics,
    /// What the check obeyed.
    pub constraints: Constraints,
    pub summaries: Vec<u8>,
}

impl ResultDocuments {
    /// Writes all documents, or none.
    pub async fn write(&self, mut folder: OutputFolder) -> Result<(), AnalysisError> {
        folder.write(STATISTICS, |out| self.statistics.write_json(out))?;
        folder.write(CONSTRAINTS, |out| self.constraints.write_json(out))?;
        if let Some(violations) = &self.violations {
            folder.write(VIOLATIONS, |out| violations.write_json(out))?;
        }
        folder.write(SUMMARIES, |out| out.write_all(&self.summaries))?;
        if let Some(baseline) = &self.baseline {
            folder.write(BASELINE_SUMMARIES, |out| out.write_all(&baseline.summaries))?;
            folder.write(BASELINE_CONSTRAINTS, |out| {
                baseline.constraints.write_json(out)
            })?;
        }
        folder.write(PROBITY, |out| self.probity.write_json(out))?;
        let report = self.report();
        folder.write(REPORT, |out| out.write_all(report.as_bytes()))?;
        // What an earlier run left, and this one does not write, would be taken for its own.
        for name in [VIOLATIONS, BASELINE_SUMMARIES, BASELINE_CONSTRAINTS] {
            folder.remove_unless_written(name);
        }
        folder.commit().await?;
        Ok(())
    }

    /// The report for people, as one HTML page.
    pub fn report(&self) -> String {
        render(&self.as_report())
    }

    /// What a report, a JUnit file or a Markdown summary is made from.
    pub fn as_report(&self) -> DataQualityReport<'_> {
        DataQualityReport {
            statistics: &self.statistics,
            baseline: self.baseline.as_ref().map(|baseline| &baseline.statistics),
            probity: &self.probity,
            constraints: Some(
                self.baseline
                    .as_ref()
                    .map_or(&self.constraints, |baseline| &baseline.constraints),
            ),
            violations: self.violations.as_ref(),
        }
    }
}

/// `statistics.json` of a table.
pub(crate) fn statistics_of(table: &TableSummary) -> Statistics {
    Statistics {
        version: 0.0,
        dataset: DatasetStatistics {
            item_count: table.rows,
        },
        features: table
            .columns
            .iter()
            .map(|(name, summary)| feature_statistics(name, summary))
            .collect(),
    }
}

/// Name and profile of every column.
pub(crate) fn profiles_of(table: &TableSummary) -> Vec<(String, ColumnProfile)> {
    table
        .columns
        .iter()
        .map(|(name, summary)| (name.clone(), summary.profile()))
        .collect()
}

/// `probity.json` of a table, before any comparison.
pub(crate) fn probity_file_of(table: &TableSummary, dataset: DatasetFacts) -> ProbityFile {
    ProbityFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: WRITER.to_owned(),
        dataset,
        summaries: None,
        features: table
            .columns
            .iter()
            .map(|(name, summary)| feature_facts(name, summary))
            .collect(),
        check: None,
        history: Vec::new(),
    }
}

pub(crate) fn reference_to(path: &str, bytes: &[u8]) -> SummaryReference {
    SummaryReference {
        path: path.to_owned(),
        sha256: sha256(bytes),
        size_bytes: bytes.len() as u64,
    }
}

/// Profiles as the rules take them.
pub(crate) fn named(
    profiles: &[(String, ColumnProfile)],
) -> impl Iterator<Item = (&str, &ColumnProfile)> {
    profiles
        .iter()
        .map(|(name, profile)| (name.as_str(), profile))
}
