//! What XGBoost's objectives do to the sum of the trees, and to the score that it starts from.
//! Source: XGBoost's manual ("XGBoost Parameters", learning task parameters); checked against the
//! library's own margins and predictions in `golden/models`.

use probity_metrics::model::Link;

use crate::model::error::ReadModel;

/// From what the model reports to the sum: `base_score` is kept as reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BaseScore {
    Raw,
    /// `ln(p / (1 − p))`
    Probability,
    /// `ln(x)`
    Positive,
}

impl BaseScore {
    pub(crate) fn to_raw(self, reported: f64) -> Result<f64, ReadModel> {
        let raw = match self {
            Self::Raw => reported,
            Self::Probability => (reported / (1.0 - reported)).ln(),
            Self::Positive => reported.ln(),
        };
        match raw.is_finite() {
            true => Ok(raw),
            false => Err(ReadModel::malformed(
                "`base_score`",
                format!("is {reported}, outside what its objective reports"),
            )),
        }
    }
}

pub(crate) fn of_objective(name: &str) -> Result<(Link, BaseScore), ReadModel> {
    let logistic = Link::Logistic { scale: 1.0 };
    Ok(match name {
        "reg:squarederror"
        | "reg:linear"
        | "reg:squaredlogerror"
        | "reg:pseudohubererror"
        | "reg:absoluteerror"
        | "reg:quantileerror"
        | "reg:expectileerror"
        | "rank:pairwise"
        | "rank:ndcg"
        | "rank:map"
        | "binary:logitraw" => (Link::Identity, BaseScore::Raw),
        "reg:logistic" | "binary:logistic" => (logistic, BaseScore::Probability),
        "binary:hinge" => (Link::Step, BaseScore::Raw),
        "count:poisson" | "reg:gamma" | "reg:tweedie" | "survival:cox" | "survival:aft" => {
            (Link::Exponential, BaseScore::Positive)
        }
        "multi:softprob" | "multi:softmax" => (Link::Softmax, BaseScore::Raw),
        other => {
            return Err(ReadModel::unsupported(
                format!("a model of the objective `{other}`"),
                "only the objectives that XGBoost itself has are known",
            ));
        }
    })
}
