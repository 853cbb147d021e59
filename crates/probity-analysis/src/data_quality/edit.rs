//! Edits of a baseline's constraints, with who, when and why kept beside them.

use probity_data::location::{Environment, OutputFolder};
use probity_domain::document::constraints::Constraints;
use probity_domain::document::probity_file::{
    ConstraintEdit, DatasetFacts, FORMAT, ProbityFile, VERSION,
};
use probity_metrics::constraints::{Editor, Setting, edit};
use probity_metrics::summary::{feature_facts, redacted_text};
use probity_report::data_quality::{DataQualityReport, render};

use super::AnalysisError;
use super::result::{CONSTRAINTS, PROBITY, REPORT, WRITER};
use super::stored::StoredResult;

/// What to change in which folder.
#[derive(Clone, Debug)]
pub struct EditRequest {
    pub folder: String,
    /// `None` for the whole file.
    pub feature: Option<String>,
    pub settings: Vec<Setting>,
    pub editor: Editor,
}

/// Applies all settings or none, and returns what changed. Nothing is written when nothing
/// changes.
pub async fn edit_constraints(
    request: &EditRequest,
    environment: &Environment,
) -> Result<Vec<ConstraintEdit>, AnalysisError> {
    let stored = StoredResult::open(&request.folder, environment).await?;
    let Some(mut constraints) = stored.constraints.clone() else {
        return Err(AnalysisError::NoResult {
            folder: request.folder.clone(),
            document: CONSTRAINTS,
        });
    };
    let feature = request.feature.as_deref();
    let settings = as_kept(&stored, feature, &request.settings);
    let edits = edit(&mut constraints, feature, &settings, &request.editor)?;
    if edits.is_empty() {
        return Ok(edits);
    }
    let mut probity = match &stored.probity {
        Some(probity) => probity.clone(),
        None => probity_file_for(&stored),
    };
    probity.history.extend(edits.iter().cloned());
    write(&stored, &constraints, &probity, environment).await?;
    Ok(edits)
}

/// Values of a redacted column become hashes, as everything that its constraints name.
fn as_kept(stored: &StoredResult, feature: Option<&str>, settings: &[Setting]) -> Vec<Setting> {
    let is_redacted = stored
        .columns
        .iter()
        .any(|(name, summary)| Some(name.as_str()) == feature && summary.is_redacted());
    let kept = |setting: &Setting| match setting {
        Setting::AddToDomain(values) if is_redacted => {
            Setting::AddToDomain(values.iter().map(|value| redacted_text(value)).collect())
        }
        other => other.clone(),
    };
    settings.iter().map(kept).collect()
}

async fn write(
    stored: &StoredResult,
    constraints: &Constraints,
    probity: &ProbityFile,
    environment: &Environment,
) -> Result<(), AnalysisError> {
    let mut folder = OutputFolder::create(&stored.folder, environment).await?;
    folder.write(CONSTRAINTS, |out| constraints.write_json(out))?;
    folder.write(PROBITY, |out| probity.write_json(out))?;
    // The report of a check shows the constraints that the check obeyed; they stay.
    if let Some(statistics) = &stored.statistics
        && probity.check.is_none()
    {
        let report = render(&DataQualityReport {
            statistics,
            baseline: None,
            probity,
            constraints: Some(constraints),
            violations: None,
        });
        folder.write(REPORT, |out| out.write_all(report.as_bytes()))?;
    }
    folder.commit().await?;
    Ok(())
}

/// A folder that SageMaker wrote gets a `probity.json` of what its statistics tell.
fn probity_file_for(stored: &StoredResult) -> ProbityFile {
    ProbityFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: WRITER.to_owned(),
        dataset: DatasetFacts {
            sources: vec![stored.folder.clone()],
            format: "sagemaker".to_owned(),
            rows: stored.rows,
            files: 0,
            partitions: 0,
            notes: Vec::new(),
        },
        summaries: None,
        features: stored
            .columns
            .iter()
            .map(|(name, summary)| feature_facts(name, summary))
            .collect(),
        check: None,
        history: Vec::new(),
    }
}
