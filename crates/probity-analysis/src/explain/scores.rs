//! What a model says of records, as the quantity that is explained.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use probity_data::model::{AskModel, OpenedModel, Predict, Predictions};
use probity_metrics::explain::kernel::logit;

use super::choice::Ask;
use super::error::ExplainError;
use crate::model::Model;

/// A model asked for one quantity.
#[derive(Clone, Debug)]
pub(super) struct Scorer {
    model: Arc<dyn Predict>,
    ask: Ask,
    /// Scores per record, once known.
    n_outputs: Option<usize>,
}

impl Scorer {
    pub(super) fn new(model: &Model, ask: Ask) -> Scorer {
        let asked: Arc<dyn Predict> = match (ask, &model.opened) {
            (Ask::RawScore, Some(opened)) => Arc::new(RawScores(Arc::clone(opened))),
            _ => Arc::clone(&model.asked),
        };
        Scorer {
            model: asked,
            ask,
            n_outputs: None,
        }
    }

    /// From now on every record must have so many scores.
    pub(super) fn expecting(mut self, n_outputs: usize) -> Scorer {
        self.n_outputs = Some(n_outputs);
        self
    }

    /// Scores of the records, and how many each has; `what` names the records in errors.
    pub(super) async fn scores(
        &self,
        records: &RecordBatch,
        what: impl Fn() -> String,
    ) -> Result<(Vec<f64>, usize), ExplainError> {
        let asked = self.model.predict(records).await;
        let asked = asked.map_err(|source| ExplainError::Ask {
            rows: what(),
            source,
        })?;
        let (mut scores, n_outputs) = numbers(asked).ok_or(ExplainError::NoScores)?;
        if let Some(expected) = self.n_outputs
            && expected != n_outputs
        {
            return Err(ExplainError::Outputs {
                found: n_outputs,
                expected,
            });
        }
        for score in &mut scores {
            let told = *score;
            let turned = match self.ask {
                Ask::LogOdds => logit(told),
                Ask::Reported | Ask::RawScore => Some(told),
            };
            *score = turned
                .filter(|score| score.is_finite())
                .ok_or_else(|| self.not_finite(&what(), told))?;
        }
        Ok((scores, n_outputs))
    }

    fn not_finite(&self, what: &str, value: f64) -> ExplainError {
        match self.ask {
            Ask::LogOdds if value.is_finite() => ExplainError::Method {
                reason: format!(
                    "`use_logit` explains log-odds, and the model's output for {what} is {value}, \
                     which is no probability; leave out `use_logit`, or point `probability` at \
                     the probability"
                ),
            },
            Ask::LogOdds | Ask::Reported | Ask::RawScore => ExplainError::NotFinite {
                what: format!("the model's output for {what}"),
                value,
            },
        }
    }
}

/// The scores; labels that are numbers where there are none, as a model may report its value
/// where a label is looked for.
fn numbers(predictions: Predictions) -> Option<(Vec<f64>, usize)> {
    if predictions.n_outputs > 0 {
        return Some((predictions.scores, predictions.n_outputs));
    }
    let labels = predictions.labels?;
    let said = labels.iter().map(|label| label.trim().parse().ok());
    Some((said.collect::<Option<Vec<f64>>>()?, 1))
}

/// The sum of trees in place of what the model reports.
#[derive(Debug)]
struct RawScores(Arc<OpenedModel>);

#[async_trait]
impl Predict for RawScores {
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let trees = self.0.trees().ok_or_else(|| AskModel::Failed {
            reason: "the model is no tree ensemble".to_owned(),
        })?;
        let rows = self.0.features_of(records);
        let rows = rows.map_err(|error| AskModel::Records {
            reason: error.to_string(),
        })?;
        Ok(Predictions {
            scores: trees.raw_scores(&rows),
            n_outputs: trees.n_outputs(),
            ..Predictions::default()
        })
    }
}
