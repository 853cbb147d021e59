//! What LightGBM's objectives do to the sum of the trees. The header says the objective's name,
//! then its parameters: `binary sigmoid:1`.
//! Source: LightGBM's manual ("Parameters", objective); checked in `golden/models`.

use probity_metrics::model::Link;

use crate::model::error::ReadModel;

pub(crate) fn link(objective: &str) -> Result<Link, ReadModel> {
    let mut words = objective.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    let parameters: Vec<&str> = words.collect();
    Ok(match name {
        "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" => {
            match parameters.contains(&"sqrt") {
                true => Link::SignedSquare,
                false => Link::Identity,
            }
        }
        "poisson" | "gamma" | "tweedie" => Link::Exponential,
        "binary" | "multiclassova" => Link::Logistic {
            scale: sigmoid(&parameters)?,
        },
        "cross_entropy" => Link::Logistic { scale: 1.0 },
        "cross_entropy_lambda" => Link::Softplus,
        "multiclass" => Link::Softmax,
        "lambdarank" | "rank_xendcg" | "custom" | "none" | "" => Link::Identity,
        other => {
            return Err(ReadModel::unsupported(
                format!("a LightGBM model of the objective `{other}`"),
                "only the objectives that LightGBM itself has are known",
            ));
        }
    })
}

fn sigmoid(parameters: &[&str]) -> Result<f64, ReadModel> {
    let scale = parameters
        .iter()
        .find_map(|word| word.strip_prefix("sigmoid:"));
    match scale.map_or(Ok(1.0), str::parse) {
        Ok(scale) if scale > 0.0 && f64::is_finite(scale) => Ok(scale),
        Ok(_) | Err(_) => Err(ReadModel::malformed(
            "`objective`",
            "has no usable `sigmoid`",
        )),
    }
}
