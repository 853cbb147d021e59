//! A model-quality analysis, end to end: baseline and check.

use probity_domain::document::model_quality_file::{
    FORMAT, MetricChange, ModelQualityFile, QualityCheckFacts, QualityColumns, SegmentQuality,
    VERSION,
};
use probity_domain::document::model_quality_statistics::{
    EvaluatedDataset, ModelQualityStatistics, ProblemType,
};
use probity_domain::document::probity_file::DatasetFacts;
use probity_metrics::drift::MINIMUM_ROWS;
use probity_metrics::quality::{
    QualityComparison, QualityError, QualityFindings, check_constraints, suggest_constraints,
};
use probity_report::Verdict;

use super::ModelQualityError;
use super::collect::{Collected, collect};
use super::documents::{ModelQualityDocuments, StoredQuality};
use super::open::{ColumnNames, OpenRows, open};
use super::request::QualityRequest;
use crate::data_quality::{Surroundings, WRITER};

/// Measures the data of `request`, and suggests constraints.
pub async fn baseline(
    request: &QualityRequest,
    surroundings: Surroundings<'_>,
) -> Result<ModelQualityDocuments, ModelQualityError> {
    Ok(measure(request, surroundings).await?.0)
}

#[derive(Clone, Copy, Debug)]
pub struct QualityCheckOptions {
    pub verdict: Verdict,
    /// Of the corrected verdict.
    pub false_discovery_rate: f64,
}

/// Measures the data of `request` and compares with `baseline`.
pub async fn check(
    request: &QualityRequest,
    baseline: StoredQuality,
    options: QualityCheckOptions,
    surroundings: Surroundings<'_>,
) -> Result<ModelQualityDocuments, ModelQualityError> {
    let (mut documents, findings) = measure(request, surroundings).await?;
    let comparison = QualityComparison {
        constraints: &baseline.constraints,
        baseline: baseline
            .probity
            .as_ref()
            .map(|file| file.whole.metrics.as_slice()),
        current: &findings,
    };
    let mut verdicts = check_constraints(&comparison, options.false_discovery_rate)?;
    fill_in(&mut verdicts.changes, baseline.statistics.as_ref());
    documents.violations = Some(verdicts.violations);
    documents.probity.check = Some(QualityCheckFacts {
        baseline: baseline.location.clone(),
        verdict: options.verdict.name().to_owned(),
        false_discovery_rate: options.false_discovery_rate,
        tested: verdicts.tested,
        minimum_rows: MINIMUM_ROWS,
        metrics: verdicts.changes,
        notes: verdicts
            .notes
            .into_iter()
            .chain(other_columns(&documents.probity.columns, &baseline))
            .collect(),
    });
    documents.baseline = Some(baseline);
    Ok(documents)
}

/// What SageMaker's own baseline measured, which has no intervals.
fn fill_in(changes: &mut [MetricChange], statistics: Option<&ModelQualityStatistics>) {
    let scalars = statistics.map(|statistics| statistics.metrics.scalars());
    let scalars = scalars.unwrap_or_default();
    for change in changes
        .iter_mut()
        .filter(|change| change.baseline.is_none())
    {
        let found = scalars.iter().find(|(name, _)| *name == change.name);
        change.baseline = found.and_then(|(_, metric)| metric.value);
    }
}

/// Numbers of another threshold or another positive class are other numbers.
fn other_columns(current: &QualityColumns, baseline: &StoredQuality) -> Vec<String> {
    let Some(before) = baseline.probity.as_ref().map(|file| &file.columns) else {
        return Vec::new();
    };
    let mut notes = Vec::new();
    if before.probability_threshold != current.probability_threshold {
        notes.push(format!(
            "the baseline was measured with probability threshold {}, this with {}",
            threshold(before.probability_threshold),
            threshold(current.probability_threshold)
        ));
    }
    if before.positive != current.positive {
        notes.push("the baseline was measured with another positive class".to_owned());
    }
    notes
}

fn threshold(threshold: Option<f64>) -> String {
    threshold.map_or_else(|| "none".to_owned(), |threshold| threshold.to_string())
}

async fn measure(
    request: &QualityRequest,
    surroundings: Surroundings<'_>,
) -> Result<(ModelQualityDocuments, QualityFindings), ModelQualityError> {
    let rows = open(request, surroundings.environment).await?;
    refuse_half_redacted(request, &rows.names)?;
    (surroundings.on_size)(rows.size_bytes);
    let collected = collect(&rows, request, surroundings.progress).await?;
    if collected.rows == 0 {
        return Err(ModelQualityError::NoRows {
            location: request.input.location.clone(),
        });
    }
    let findings = findings_of(&collected, request, &rows.names)?;
    let mut segments = Vec::new();
    for column in &collected.segments {
        segments.extend(column.findings()?);
    }
    let documents = documents_of(request, &rows, (&collected, segments), &findings);
    Ok((documents, findings))
}

fn documents_of(
    request: &QualityRequest,
    rows: &OpenRows,
    (collected, segments): (&Collected, Vec<SegmentQuality>),
    findings: &QualityFindings,
) -> ModelQualityDocuments {
    let probity = ModelQualityFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        writer: WRITER.to_owned(),
        dataset: DatasetFacts {
            sources: vec![request.input.location.clone()],
            format: rows.dataset.format().name().to_owned(),
            rows: collected.rows,
            files: rows.dataset.files() as u64,
            partitions: collected.partitions,
            notes: rows.dataset.notes(),
        },
        problem_type: request.problem_type,
        columns: QualityColumns {
            label: rows.names.label.clone(),
            prediction: rows.names.prediction.clone(),
            probability: rows.names.probability.clone(),
            probability_threshold: rows
                .names
                .probability
                .as_ref()
                .map(|_| request.probability_threshold),
            positive: request.positive.clone(),
        },
        seed: request.seed,
        whole: findings.facts.clone(),
        segments,
        check: None,
        history: Vec::new(),
        notes: unreadable_note(collected).into_iter().collect(),
    };
    ModelQualityDocuments {
        constraints: suggest_constraints(&findings.statistics),
        statistics: ModelQualityStatistics {
            version: 0.0,
            dataset: Some(EvaluatedDataset {
                item_count: findings.facts.rows.n_used,
                evaluation_time: request.evaluated_at.clone(),
            }),
            metrics: findings.statistics.clone(),
        },
        probity,
        violations: None,
        baseline: None,
    }
}

/// Hashes never equal values: redacting one of the two would make every prediction wrong.
fn refuse_half_redacted(
    request: &QualityRequest,
    names: &ColumnNames,
) -> Result<(), ModelQualityError> {
    let redacted = &request.input.redacted;
    let Some(prediction) = &names.prediction else {
        return Ok(());
    };
    match (
        redacted.contains(&names.label),
        redacted.contains(prediction),
    ) {
        (true, false) => Err(ModelQualityError::HalfRedacted {
            hidden: names.label.clone(),
            open: prediction.clone(),
        }),
        (false, true) => Err(ModelQualityError::HalfRedacted {
            hidden: prediction.clone(),
            open: names.label.clone(),
        }),
        (true, true) | (false, false) => Ok(()),
    }
}

/// Where as many labels cannot be read as can, it is the wrong column or the wrong kind of problem.
fn findings_of(
    collected: &Collected,
    request: &QualityRequest,
    names: &ColumnNames,
) -> Result<QualityFindings, ModelQualityError> {
    let unreadable = &collected.unreadable;
    let findings = collected.whole.findings();
    let n_used = findings
        .as_ref()
        .map_or(0, |findings| findings.facts.rows.n_used);
    if unreadable.count() > 0 && unreadable.count() >= n_used {
        return Err(ModelQualityError::OtherLabels {
            column: names.label.clone(),
            location: request.input.location.clone(),
            unreadable: unreadable.count(),
            rows: collected.rows,
            first: unreadable.first().to_owned(),
        });
    }
    findings.map_err(|source| unmeasurable(request, names, source))
}

fn unreadable_note(collected: &Collected) -> Option<String> {
    let count = collected.unreadable.count();
    let first = collected.unreadable.first();
    let (rows, are) = match count {
        0 => return None,
        1 => ("row was", "its label is"),
        _ => ("rows were", "their labels are"),
    };
    let kind = match collected.whole.problem_type() {
        ProblemType::Regression => "no number below 2^250",
        ProblemType::BinaryClassification | ProblemType::MulticlassClassification => {
            "neither 1, true or yes nor 0, false or no"
        }
    };
    let example = match count {
        1 => format!("`{first}`"),
        _ => format!("the first is `{first}`"),
    };
    Some(format!("{count} {rows} left out: {are} {kind} ({example})"))
}

/// What the metrics refuse, with the columns and the place that it was read from.
fn unmeasurable(
    request: &QualityRequest,
    names: &ColumnNames,
    source: QualityError,
) -> ModelQualityError {
    let columns = [
        ("label", Some(&names.label)),
        ("prediction", names.prediction.as_ref()),
        ("probability", names.probability.as_ref()),
    ];
    let columns: Vec<String> = columns
        .into_iter()
        .filter_map(|(role, name)| Some(format!("{role} `{}`", name?)))
        .collect();
    ModelQualityError::Unmeasurable {
        columns: columns.join(", "),
        location: request.input.location.clone(),
        source,
    }
}
