//! Why the file of a model could not be read into the forms of `probity-metrics`.

use probity_metrics::model::{InvalidEnsemble, InvalidLinear, InvalidTree};
use thiserror::Error;

use super::onnx::ReadOnnx;

#[derive(Debug, Error)]
pub enum ReadModel {
    #[error("the model is not valid {format}")]
    Syntax {
        format: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the model is damaged: {place} {problem}")]
    Malformed { place: String, problem: String },
    #[error("{what} cannot be read; {advice}")]
    Unsupported { what: String, advice: &'static str },
    #[error("the model has {found} {what}, more than the limit of {limit}")]
    TooLarge {
        what: &'static str,
        found: u64,
        limit: u64,
    },
    #[error("tree {tree} of the model is damaged")]
    Tree {
        tree: usize,
        #[source]
        source: InvalidTree,
    },
    #[error("the model is damaged")]
    Ensemble(#[source] InvalidEnsemble),
    #[error("the model is damaged")]
    Linear(#[source] InvalidLinear),
    #[error(transparent)]
    Onnx(#[from] ReadOnnx),
}

impl ReadModel {
    pub(crate) fn malformed(place: impl Into<String>, problem: impl Into<String>) -> ReadModel {
        ReadModel::Malformed {
            place: place.into(),
            problem: problem.into(),
        }
    }

    pub(crate) fn unsupported(what: impl Into<String>, advice: &'static str) -> ReadModel {
        ReadModel::Unsupported {
            what: what.into(),
            advice,
        }
    }
}
