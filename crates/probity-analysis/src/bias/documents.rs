//! The documents of a bias analysis, and the folder that they are written into.

use probity_data::location::OutputFolder;
use probity_domain::document::analysis::Analysis;
use probity_domain::document::analysis_config::AnalysisConfig;
use probity_domain::document::bias_file::BiasFile;
use probity_domain::document::bias_violations::{DriftViolation, DriftViolations};
use probity_report::Verdict;
use probity_report::bias::{BiasReport, check_results, check_summary, render};

use super::BiasError;
use crate::data_quality::{PROBITY, REPORT, VIOLATIONS};

pub const ANALYSIS: &str = "analysis.json";
pub const ANALYSIS_CONFIG: &str = "analysis_config.json";

/// Everything that an analysis leaves behind.
#[derive(Clone, Debug)]
pub struct BiasDocuments {
    pub analysis: Analysis,
    pub probity: BiasFile,
    /// Of a check only; empty when nothing is violated.
    pub violations: Option<DriftViolations>,
    /// What was asked for.
    pub config: AnalysisConfig,
    /// Whether the configuration may be written: it lists values, some of columns whose
    /// values nobody shall see.
    pub config_is_open: bool,
    /// Why a stage could not be measured, for people.
    pub problems: Vec<String>,
}

impl BiasDocuments {
    /// Writes all documents, or none.
    pub async fn write(&self, mut folder: OutputFolder) -> Result<(), BiasError> {
        folder.write(ANALYSIS, |out| self.analysis.write_json(out))?;
        if self.config_is_open {
            folder.write(ANALYSIS_CONFIG, |out| self.config.write_json(out))?;
        }
        folder.write(PROBITY, |out| self.probity.write_json(out))?;
        if let Some(violations) = &self.violations {
            folder.write(VIOLATIONS, |out| violations.write_json(out))?;
        }
        let report = render(&self.as_report());
        folder.write(REPORT, |out| out.write_all(report.as_bytes()))?;
        // What an earlier check left would be taken for this analysis's own.
        folder.remove_unless_written(VIOLATIONS);
        folder.commit().await?;
        Ok(())
    }

    /// What a report, a JUnit file or a Markdown summary is made from.
    pub fn as_report(&self) -> BiasReport<'_> {
        BiasReport {
            title: report_title(&self.config),
            analysis: &self.analysis,
            probity: &self.probity,
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

    /// Why the result answers nothing that a person asked for: a stage failed as a whole, or
    /// a facet has nobody on one side. `analysis.json` can say both, and a monitor writes it.
    pub fn refuse_unmeasurable(&self) -> Result<(), BiasError> {
        if let Some(problem) = self.problems.first() {
            return Err(BiasError::Unmeasurable {
                problem: problem.clone(),
            });
        }
        for facet in &self.probity.facets {
            let names = (facet.facet.as_str(), facet.value_or_threshold.as_str());
            if let Some(problem) = one_sided(names, (facet.disadvantaged.n, facet.advantaged.n)) {
                return Err(BiasError::Unmeasurable { problem });
            }
        }
        Ok(())
    }

    /// Of AWS's rule; `None` when nothing was checked.
    pub fn bias_violations(&self) -> Option<&[DriftViolation]> {
        let violations = self.violations.as_ref()?;
        Some(&violations.violations)
    }

    /// Whether a verdict found a violation.
    pub fn is_violated(&self, verdict: Verdict) -> bool {
        let metrics = self.probity.check.iter().flat_map(|check| &check.metrics);
        match verdict {
            Verdict::Aws => self
                .violations
                .as_ref()
                .is_some_and(|found| !found.violations.is_empty()),
            Verdict::Corrected => metrics.into_iter().any(|metric| metric.violates_corrected),
        }
    }
}

/// The title that the configuration gives, unless it is the SDK's own.
fn report_title(config: &AnalysisConfig) -> Option<&str> {
    let report = config.methods.as_ref()?.report.as_ref()?;
    let title = report.title.as_deref()?;
    (title != "Analysis Report").then_some(title)
}

/// Nobody can be compared with nobody.
pub(super) fn one_sided(
    (facet, value): (&str, &str),
    (n_disadvantaged, n_advantaged): (u64, u64),
) -> Option<String> {
    let group = format!("`{facet}` = {value}");
    match (n_disadvantaged, n_advantaged) {
        (0, _) => Some(format!(
            "no row is in the group {group}: list values of the column in `value_or_threshold`, \
             or a threshold below its maximum; `probity profile` shows them"
        )),
        (_, 0) => Some(format!(
            "every row is in the group {group}: there is nobody to compare it with; list fewer \
             values, or a higher threshold"
        )),
        _ => None,
    }
}
