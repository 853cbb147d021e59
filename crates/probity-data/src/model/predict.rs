//! The wall between what needs scores and what computes them.

use std::fmt;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use thiserror::Error;

/// What a model says of a batch of records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predictions {
    /// `n_outputs` scores per record, in the order of the records: probabilities, values or
    /// whatever the model reports. Empty where it reports labels alone.
    pub scores: Vec<f64>,
    pub n_outputs: usize,
    /// What each output is called, where the model or its configuration says.
    pub output_names: Option<Vec<String>>,
    /// The predicted label of each record, where the model reports one.
    pub labels: Option<Vec<String>>,
}

impl Predictions {
    /// The scores of one record.
    pub fn row(&self, row_idx: usize) -> &[f64] {
        &self.scores[row_idx * self.n_outputs..][..self.n_outputs]
    }
}

/// A model: a batch of records in, scores out.
///
/// The batch has a column per feature, named as in the dataset, in the order of the dataset.
/// May be asked several times at once. The same records give the same scores.
#[async_trait]
pub trait Predict: fmt::Debug + Send + Sync {
    /// Scores of every record, or none.
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel>;
}

/// Why a model gave no scores.
#[derive(Debug, Error)]
pub enum AskModel {
    /// The records are not what the model was trained on.
    #[error("the model cannot take these records: {reason}")]
    Records { reason: String },
    /// The model was reached and refused, or answered what cannot be understood.
    #[error("the model answered {answer}")]
    Answer { answer: String },
    /// The model was not reached, or went away.
    #[error("failed to reach the model at `{address}`")]
    Unreachable {
        address: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The model failed while it computed.
    #[error("the model failed: {reason}")]
    Failed { reason: String },
}
