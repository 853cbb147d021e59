//! Exact attributions from the trees themselves.

use datafusion::arrow::array::RecordBatch;
use probity_data::model::{OpenedModel, ReadFeatures};
use probity_domain::document::explanation_file::{AttributionMethod, ExplainedOutput};
use probity_metrics::explain::{Background, TreeExplainer};

use super::attributions::{Attributions, additivity_error};
use super::error::ExplainError;
use super::request::ExplainRequest;
use super::watch::Watch;

/// Rows that are explained between two reports of progress.
const ROWS_AT_ONCE: usize = 4096;

/// Values of the trees' sum times `scale`. Without a baseline, path-dependent ones.
pub(super) fn by_trees(
    request: &ExplainRequest,
    baseline: Option<&RecordBatch>,
    (scale, output): (f64, ExplainedOutput),
    watch: Watch<'_>,
) -> Result<Attributions, ExplainError> {
    let (Some(opened), Some(trees)) = (&request.model.opened, request.model.trees()) else {
        return Err(ExplainError::Method {
            reason: "the model is no tree ensemble".to_owned(),
        });
    };
    let background = baseline.map(|rows| opened.features_of(rows));
    let background = background.transpose().map_err(unfit)?;
    let background = match &background {
        Some(rows) => Background::Interventional(rows),
        None => Background::PathDependent,
    };
    let explainer =
        TreeExplainer::new(trees, background).map_err(|error| ExplainError::Method {
            reason: error.to_string(),
        })?;
    let rows = &request.rows;
    let columns = opened.match_columns(rows).map_err(unfit)?.columns;
    let (n_columns, n_outputs) = (rows.num_columns(), trees.n_outputs());
    let mut found = Attributions {
        method: match baseline {
            Some(_) => AttributionMethod::TreeInterventional,
            None => AttributionMethod::TreePathDependent,
        },
        output,
        names: names(rows),
        n_outputs,
        expected_values: explainer
            .expected_values()
            .iter()
            .map(|x| x * scale)
            .collect(),
        values: Vec::with_capacity(rows.num_rows() * n_columns * n_outputs),
        standard_errors: None,
        outputs: Vec::with_capacity(rows.num_rows() * n_outputs),
        n_coalitions: None,
        largest_additivity_error: 0.0,
        n_resumed: 0,
        notes: Vec::new(),
    };
    let mut start = 0;
    while start < rows.num_rows() {
        let n = ROWS_AT_ONCE.min(rows.num_rows() - start);
        add_rows(
            &mut found,
            (opened, &explainer),
            &rows.slice(start, n),
            (&columns, scale),
        )?;
        start += n;
        watch.rows(start as u64, rows.num_rows() as u64);
    }
    Ok(found)
}

fn add_rows(
    found: &mut Attributions,
    (opened, explainer): (&OpenedModel, &TreeExplainer),
    rows: &RecordBatch,
    (columns, scale): (&[usize], f64),
) -> Result<(), ExplainError> {
    let matrix = opened.features_of(rows).map_err(unfit)?;
    let values = explainer.shap_values(&matrix);
    let trees = opened.trees().ok_or_else(|| ExplainError::Method {
        reason: "the model is no tree ensemble".to_owned(),
    })?;
    let scores = trees.raw_scores(&matrix);
    for (of_output, score) in values.chunks_exact(columns.len().max(1)).zip(&scores) {
        // From the model's order of features to that of the dataset; a column that the model
        // does not use moves nothing.
        let mut by_column = vec![0.0; found.names.len()];
        for (column, value) in columns.iter().zip(of_output) {
            by_column[*column] += value * scale;
        }
        let base = found.expected_values[found.outputs.len() % found.n_outputs];
        let error = additivity_error(base, &by_column, score * scale);
        found.largest_additivity_error = found.largest_additivity_error.max(error);
        found.values.extend(by_column);
        found.outputs.push(score * scale);
    }
    Ok(())
}

pub(super) fn names(rows: &RecordBatch) -> Vec<String> {
    let schema = rows.schema();
    schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect()
}

fn unfit(error: ReadFeatures) -> ExplainError {
    ExplainError::Method {
        reason: format!("the model cannot take these records: {error}"),
    }
}
