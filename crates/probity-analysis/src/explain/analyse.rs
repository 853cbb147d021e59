//! An explanation, end to end: baseline, attributions, partial dependence, documents.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::explanation_file::{
    ExplanationFile, FORMAT, LabelAttributions, VERSION,
};
use probity_domain::document::explanations::{Explanations, GlobalShap};
use probity_metrics::explain::baseline::{BaselineSettings, computed_baseline};

use super::attributions::Attributions;
use super::baseline::aligned;
use super::choice::{Ask, Choice, choose};
use super::dependence::{Dependence, dependence};
use super::documents::ExplainDocuments;
use super::error::ExplainError;
use super::facts::attribution_facts;
use super::interactions::Interactions;
use super::kernel::by_kernel;
use super::request::{BaselineChoice, ExplainRequest, PdpFeatures, PdpSettings, ShapSettings};
use super::scores::Scorer;
use super::trees::{by_trees, names};
use super::watch::Watch;
use crate::data_quality::WRITER;

/// Explains what the request asks for.
pub async fn explain(
    request: &ExplainRequest,
    watch: Watch<'_>,
) -> Result<ExplainDocuments, ExplainError> {
    check_shown_rows(request)?;
    let attributed = match &request.shap {
        Some(settings) => Some(attribute(request, settings, watch).await?),
        None => None,
    };
    let n_outputs = match &attributed {
        Some(attributed) => attributed.found.n_outputs,
        None => outputs_of(request).await?,
    };
    let labels = labels(request, n_outputs)?;
    let mut notes = notes(request, attributed.as_ref());
    let mut explanations = Explanations::default();
    let mut facts = None;
    if let (Some(attributed), Some(settings)) = (&attributed, &request.shap) {
        let made = attribution_facts(request, settings, attributed, &labels)?;
        explanations.kernel_shap = made.labels.iter().map(global_shap).collect();
        facts = Some(made);
    }
    let curves = match &request.pdp {
        Some(pdp) => {
            let columns = dependence_columns(request, pdp, (attributed.as_ref(), &mut notes));
            dependence(request, (&columns, pdp.grid_resolution), &labels, watch).await?
        }
        None => Dependence::default(),
    };
    explanations.pdp = curves.entries;
    Ok(ExplainDocuments {
        explanations,
        probity: ExplanationFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            writer: WRITER.to_owned(),
            dataset: request.dataset.clone(),
            model: request.model.facts.clone(),
            attributions: facts,
            partial_dependence: curves.facts,
            drift: Vec::new(),
            notes,
        },
        labels,
        interactions: interactions(request, attributed.as_ref())?,
        baseline: attributed.as_ref().and_then(|a| a.baseline.clone()),
        save_local_values: request
            .shap
            .as_ref()
            .is_some_and(|settings| settings.save_local_values),
        attributions: attributed.map(|attributed| attributed.found),
        violations: None,
        join: request.join.clone(),
        hidden: request.hidden.clone(),
    })
}

/// Attributions and what they are measured from.
#[derive(Debug)]
pub(super) struct Attributed {
    pub(super) found: Attributions,
    pub(super) baseline: Option<RecordBatch>,
    /// In words.
    pub(super) baseline_said: String,
    /// Of a computed baseline: what a reader should know.
    pub(super) baseline_notes: Vec<String>,
}

/// What a reader should know of the attributions.
fn notes(request: &ExplainRequest, attributed: Option<&Attributed>) -> Vec<String> {
    let (Some(attributed), Some(settings)) = (attributed, &request.shap) else {
        return Vec::new();
    };
    let mut notes = attributed.found.notes.clone();
    notes.extend(attributed.baseline_notes.iter().cloned());
    if !request.hidden.is_empty() && attributed.baseline.is_some() {
        notes.push("baseline.csv is not written: it has values of redacted columns".to_owned());
    }
    if settings.n_samples.is_some() && attributed.found.n_coalitions.is_none() {
        notes.push("the number of samples is not used: values of trees are exact".to_owned());
    }
    notes
}

/// The values of `analysis.json`.
fn global_shap(label: &LabelAttributions) -> (String, GlobalShap) {
    let values = label.features.iter();
    let global = GlobalShap {
        global_shap_values: values
            .map(|feature| (feature.feature.clone(), feature.global))
            .collect(),
        expected_value: Some(label.expected_value),
        ..GlobalShap::default()
    };
    (label.label.clone(), global)
}

/// What interaction values are computed from, where they are asked for.
fn interactions(
    request: &ExplainRequest,
    attributed: Option<&Attributed>,
) -> Result<Option<Interactions>, ExplainError> {
    let (Some(settings), Some(attributed)) = (&request.shap, attributed) else {
        return Ok(None);
    };
    if !settings.save_interactions {
        return Ok(None);
    }
    let (Choice::Trees { scale, .. }, Some(opened)) =
        (choose(request, settings)?, &request.model.opened)
    else {
        return Err(ExplainError::Method {
            reason: "interaction values are of the sum of trees: explain the raw score of a tree \
                     ensemble, without chosen or grouped features"
                .to_owned(),
        });
    };
    Ok(Some(Interactions {
        opened: Arc::clone(opened),
        rows: request.rows.clone(),
        baseline: attributed.baseline.clone(),
        scale,
    }))
}

async fn attribute(
    request: &ExplainRequest,
    settings: &ShapSettings,
    watch: Watch<'_>,
) -> Result<Attributed, ExplainError> {
    let choice = choose(request, settings)?;
    let (baseline, said, baseline_notes) = match &settings.baseline {
        BaselineChoice::TrainingData => (
            None,
            "the training data, as the trees count it at each node".to_owned(),
            Vec::new(),
        ),
        BaselineChoice::Given(rows) => (Some(Cow::Borrowed(rows)), "given".to_owned(), Vec::new()),
        BaselineChoice::Clusters(n_clusters) => {
            let settings = BaselineSettings {
                num_clusters: n_clusters.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
                seed: request.seed,
            };
            let rows = std::slice::from_ref(&request.rows);
            let computed = computed_baseline(&request.rows.schema(), rows, settings);
            let computed = computed.map_err(|error| ExplainError::Baseline {
                reason: error.to_string(),
            })?;
            let rows = Some(Cow::Owned(computed.rows));
            (rows, computed.description, computed.notes)
        }
    };
    let Some(baseline) = baseline else {
        let Choice::Trees { scale, output } = choice else {
            return Err(ExplainError::Method {
                reason: "values over the training data are of trees".to_owned(),
            });
        };
        return Ok(Attributed {
            found: by_trees(request, None, (scale, output), watch)?,
            baseline: None,
            baseline_said: said,
            baseline_notes,
        });
    };
    let both = aligned(&request.rows, &baseline)?;
    let request = ExplainRequest {
        rows: both.rows,
        ..request.clone()
    };
    let found = match choice {
        Choice::Trees { scale, output } => {
            by_trees(&request, Some(&both.baseline), (scale, output), watch)?
        }
        Choice::Kernel { ask } => {
            by_kernel(&request, settings, (&both.baseline, ask), watch).await?
        }
    };
    Ok(Attributed {
        found,
        baseline: Some(both.baseline),
        baseline_said: said,
        baseline_notes,
    })
}

/// How many scores the model gives for a record.
async fn outputs_of(request: &ExplainRequest) -> Result<usize, ExplainError> {
    let scorer = Scorer::new(&request.model, Ask::Reported);
    let first = request.rows.slice(0, 1);
    Ok(scorer.scores(&first, || "row 0".to_owned()).await?.1)
}

/// As `analysis.json` calls the outputs.
fn labels(request: &ExplainRequest, n_outputs: usize) -> Result<Vec<String>, ExplainError> {
    let headers = request.label_headers.as_deref().unwrap_or_default();
    let fits = [0, n_outputs, n_outputs.max(2)].contains(&headers.len());
    if !fits {
        return Err(ExplainError::Unfit {
            problems: format!(
                "`label_headers` has {} names, and the model gives {n_outputs} scores for a record",
                headers.len()
            ),
        });
    }
    let headers = match (headers, n_outputs) {
        // One sum decides between two classes: it is the score of the second.
        ([_, second], 1) => std::slice::from_ref(second),
        (headers, _) => headers,
    };
    let headers = headers.iter().cloned();
    let numbered = (0..n_outputs).map(|output| format!("label{output}"));
    let mut labels: Vec<String> = headers.take(n_outputs).collect();
    labels.extend(numbered.skip(labels.len()));
    Ok(labels)
}

/// The features whose dependence is asked for: named, or of the largest global value.
fn dependence_columns(
    request: &ExplainRequest,
    pdp: &PdpSettings,
    (attributed, notes): (Option<&Attributed>, &mut Vec<String>),
) -> Vec<usize> {
    let names = names(&request.rows);
    let mut columns = match (&pdp.features, attributed) {
        (PdpFeatures::Named(columns), _) => columns.clone(),
        (PdpFeatures::Top(n), None) => (0..names.len()).take(*n).collect(),
        (PdpFeatures::Top(n), Some(attributed)) => {
            let aggregation = request.shap.as_ref().map(|settings| settings.aggregation);
            let ranked = ranked(&attributed.found, aggregation);
            let places = ranked.iter().filter_map(|player| {
                let name = &attributed.found.names[*player];
                names.iter().position(|column| column == name)
            });
            places.take(*n).collect()
        }
    };
    let n_asked = columns.len();
    columns.retain(|column| !request.hidden.contains(&names[*column]));
    if columns.len() < n_asked {
        notes.push(
            "no partial dependence of redacted features: its grid would show their values"
                .to_owned(),
        );
    }
    columns
}

/// Players by their mean absolute value over rows and outputs (of squares, where squares are
/// aggregated), largest first.
fn ranked(found: &Attributions, aggregation: Option<AggregationMethod>) -> Vec<usize> {
    let n_players = found.names.len();
    let mut sums = vec![0.0; n_players];
    for values in found.values.chunks_exact(n_players.max(1)) {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum += match aggregation {
                Some(AggregationMethod::MeanSquare) => value * value,
                _ => value.abs(),
            };
        }
    }
    let mut order: Vec<usize> = (0..n_players).collect();
    order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
    order
}

fn check_shown_rows(request: &ExplainRequest) -> Result<(), ExplainError> {
    let n_rows = request.rows.num_rows() as u64;
    let shown = request.shap.iter().flat_map(|shap| &shap.shown_rows);
    match shown.into_iter().find(|row| **row >= n_rows) {
        None => Ok(()),
        Some(row) => Err(ExplainError::Unfit {
            problems: format!(
                "row {row} was asked for, and the data have rows 0 to {}",
                n_rows - 1
            ),
        }),
    }
}
