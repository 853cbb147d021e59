//! The documents of a model-quality analysis, and the folder that they are written into.

use probity_data::location::{Environment, OutputFolder, ReadLocation, read_document};
use probity_domain::document::model_quality_constraints::ModelQualityConstraints;
use probity_domain::document::model_quality_file::ModelQualityFile;
use probity_domain::document::model_quality_statistics::ModelQualityStatistics;
use probity_domain::document::model_quality_violations::ModelQualityViolations;
use probity_report::Verdict;
use probity_report::model_quality::{ModelQualityReport, check_results, check_summary, render};

use super::ModelQualityError;
use crate::data_quality::{
    BASELINE_CONSTRAINTS, CONSTRAINTS, PROBITY, REPORT, STATISTICS, VIOLATIONS,
};

/// Everything that an analysis leaves behind.
#[derive(Clone, Debug)]
pub struct ModelQualityDocuments {
    pub statistics: ModelQualityStatistics,
    /// Suggested by the data.
    pub constraints: ModelQualityConstraints,
    pub probity: ModelQualityFile,
    /// Of a check only; empty when nothing is violated.
    pub violations: Option<ModelQualityViolations>,
    /// Of a check only.
    pub baseline: Option<StoredQuality>,
}

impl ModelQualityDocuments {
    /// Writes all documents, or none.
    pub async fn write(&self, mut folder: OutputFolder) -> Result<(), ModelQualityError> {
        folder.write(STATISTICS, |out| self.statistics.write_json(out))?;
        folder.write(CONSTRAINTS, |out| self.constraints.write_json(out))?;
        folder.write(PROBITY, |out| self.probity.write_json(out))?;
        if let Some(violations) = &self.violations {
            folder.write(VIOLATIONS, |out| violations.write_json(out))?;
        }
        if let Some(baseline) = &self.baseline {
            folder.write(BASELINE_CONSTRAINTS, |out| {
                baseline.constraints.write_json(out)
            })?;
        }
        let report = render(&self.as_report());
        folder.write(REPORT, |out| out.write_all(report.as_bytes()))?;
        // What an earlier check left would be taken for this analysis's own.
        for name in [VIOLATIONS, BASELINE_CONSTRAINTS] {
            folder.remove_unless_written(name);
        }
        folder.commit().await?;
        Ok(())
    }

    /// What a report, a JUnit file or a Markdown summary is made from.
    pub fn as_report(&self) -> ModelQualityReport<'_> {
        let baseline = self.baseline.as_ref();
        ModelQualityReport {
            title: None,
            statistics: &self.statistics,
            probity: &self.probity,
            baseline: baseline.and_then(|baseline| baseline.statistics.as_ref()),
            baseline_probity: baseline.and_then(|baseline| baseline.probity.as_ref()),
            violations: self.violations.as_ref(),
        }
    }

    /// The check as JUnit XML.
    pub fn junit(&self, verdict: Verdict) -> String {
        check_results(&self.as_report(), verdict)
    }

    /// The check as Markdown.
    pub fn markdown(&self, verdict: Verdict) -> String {
        check_summary(&self.as_report(), verdict)
    }

    /// Whether a verdict found a violation.
    pub fn is_violated(&self, verdict: Verdict) -> bool {
        let changes = self.probity.check.iter().flat_map(|check| &check.metrics);
        match verdict {
            Verdict::Aws => changes.into_iter().any(|change| change.violates_aws),
            Verdict::Corrected => changes.into_iter().any(|change| change.violates_corrected),
        }
    }
}

/// A baseline: constraints, ours or the service's, and what lies beside them.
#[derive(Clone, Debug)]
pub struct StoredQuality {
    pub location: String,
    pub constraints: ModelQualityConstraints,
    pub statistics: Option<ModelQualityStatistics>,
    /// Absent beside files that the service wrote.
    pub probity: Option<ModelQualityFile>,
}

impl StoredQuality {
    /// Reads `location`: a folder, or the `constraints.json` itself.
    pub async fn open(
        location: &str,
        environment: &Environment,
    ) -> Result<Self, ModelQualityError> {
        let (folder, name) = match location.rsplit_once('/') {
            Some((folder, name)) if name.ends_with(".json") => (folder, name),
            None if location.ends_with(".json") => (".", location),
            _ => (location, CONSTRAINTS),
        };
        let constraints = document(
            folder,
            name,
            environment,
            ModelQualityConstraints::from_json,
        );
        let Some(constraints) = constraints.await? else {
            return Err(ModelQualityError::NoBaseline {
                location: location.to_owned(),
            });
        };
        // Other files of the folder may be of another analysis.
        let statistics = document(folder, STATISTICS, environment, |bytes| {
            ModelQualityStatistics::from_json(bytes)
        });
        let probity = document(folder, PROBITY, environment, ModelQualityFile::from_json);
        Ok(Self {
            location: location.to_owned(),
            constraints,
            statistics: statistics.await?,
            probity: probity.await?,
        })
    }
}

/// One document of a folder; `None` when it is not there.
async fn document<T, E: std::error::Error + Send + Sync + 'static>(
    folder: &str,
    name: &str,
    environment: &Environment,
    parse: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<Option<T>, ModelQualityError> {
    let bytes = match read_document(folder, name, environment).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) | Err(ReadLocation::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    parse(&bytes)
        .map(Some)
        .map_err(|source| ModelQualityError::Document {
            location: format!("{folder}/{name}"),
            source: Box::new(source),
        })
}
