//! Which method computes which quantity: an automatic choice that never changes what is
//! computed, only how.

use probity_domain::document::explanation_file::ExplainedOutput;
use probity_metrics::model::Link;

use super::error::ExplainError;
use super::request::{BaselineChoice, ExplainRequest, Quantity, ShapSettings};

/// How the asked quantity is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Choice {
    /// From the trees, whose sum times `scale` is the quantity.
    Trees { scale: f64, output: ExplainedOutput },
    /// By asking the model, or its trees' sum.
    Kernel { ask: Ask },
}

/// What is asked of the model where kernel SHAP divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Reported,
    LogOdds,
    RawScore,
}

impl Ask {
    pub(super) fn output(self) -> ExplainedOutput {
        match self {
            Self::Reported => ExplainedOutput::Reported,
            Self::LogOdds => ExplainedOutput::LogOdds,
            Self::RawScore => ExplainedOutput::RawScore,
        }
    }
}

pub(super) fn choose(
    request: &ExplainRequest,
    settings: &ShapSettings,
) -> Result<Choice, ExplainError> {
    let trees = request.model.trees();
    // The value of a group is not the sum of its features' values, and with some columns
    // fixed another game is played: both are asked of the model.
    let plays_alone = settings.features.is_none() && settings.groups.is_empty();
    let is_path_dependent = matches!(settings.baseline, BaselineChoice::TrainingData);
    if is_path_dependent && (trees.is_none() || settings.quantity != Quantity::RawScore) {
        return Err(method(
            "values over the training data are of the raw scores of trees; give a baseline",
        ));
    }
    if is_path_dependent && !plays_alone {
        return Err(method(
            "grouped or chosen features need a baseline to be compared with; give one",
        ));
    }
    let by_trees = |scale, output| Choice::Trees { scale, output };
    // A classifier may report two classes of one sum: then the sum is not what it reports.
    let opened = request.model.opened.as_ref();
    let reported = opened.and_then(|opened| opened.n_outputs());
    let is_reported = trees.is_some_and(|trees| reported == Some(trees.n_outputs()));
    let link = trees.map(|trees| trees.link());
    Ok(match (settings.quantity, link) {
        (Quantity::RawScore, None) => {
            return Err(method(
                "a raw score is the sum of trees, and this model is no tree ensemble that was \
                 read here; explain what it reports",
            ));
        }
        (Quantity::RawScore, Some(_)) if plays_alone => by_trees(1.0, ExplainedOutput::RawScore),
        (Quantity::RawScore, Some(_)) => Choice::Kernel { ask: Ask::RawScore },
        (Quantity::Reported, Some(Link::Identity)) if plays_alone && is_reported => {
            by_trees(1.0, ExplainedOutput::Reported)
        }
        (Quantity::LogOdds, Some(Link::Logistic { scale })) if plays_alone && is_reported => {
            by_trees(scale, ExplainedOutput::LogOdds)
        }
        (Quantity::Reported, _) => Choice::Kernel { ask: Ask::Reported },
        (Quantity::LogOdds, _) => Choice::Kernel { ask: Ask::LogOdds },
    })
}

fn method(reason: &str) -> ExplainError {
    ExplainError::Method {
        reason: reason.to_owned(),
    }
}
