//! From the sum that a model computes (its raw score, or margin) to what it reports.

/// The inverse link of a model: applied to the raw scores of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    Identity,
    /// `1 / (1 + exp(−scale · x))` of each score. `scale` is 1 except for LightGBM's `sigmoid`.
    Logistic {
        scale: f64,
    },
    /// `exp(x_k) / Σ exp(x)`: the classes together.
    Softmax,
    /// `exp(x)`: Poisson, gamma, Tweedie.
    Exponential,
    /// `ln(1 + exp(x))`: LightGBM's `cross_entropy_lambda`.
    Softplus,
    /// `sign(x) · x²`: LightGBM's `reg_sqrt`.
    SignedSquare,
    /// 1 above zero, else 0: XGBoost's `binary:hinge`.
    Step,
}

impl Link {
    /// Turns the raw scores of one row into reported ones.
    pub fn apply(self, scores: &mut [f64]) {
        match self {
            Self::Identity => {}
            Self::Logistic { scale } => each(scores, |x| 1.0 / (1.0 + (-scale * x).exp())),
            Self::Softmax => softmax(scores),
            Self::Exponential => each(scores, f64::exp),
            Self::Softplus => each(scores, softplus),
            Self::SignedSquare => each(scores, |x| x * x.abs()),
            Self::Step => each(scores, |x| if x > 0.0 { 1.0 } else { 0.0 }),
        }
    }
}

fn each(scores: &mut [f64], turn: impl Fn(f64) -> f64) {
    for score in scores {
        *score = turn(*score);
    }
}

/// Without overflow for large `x`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The largest score is taken off first, so that no exponential overflows.
fn softmax(scores: &mut [f64]) {
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut total = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        total += *score;
    }
    each(scores, |x| x / total);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(link: Link, mut scores: Vec<f64>) -> Vec<f64> {
        link.apply(&mut scores);
        scores
    }

    #[test]
    fn extreme_scores_stay_finite() {
        assert_eq!(applied(Link::Softmax, vec![1000.0, -1000.0]), [1.0, 0.0]);
        assert_eq!(applied(Link::Softplus, vec![800.0]), [800.0]);
        let logistic = Link::Logistic { scale: 1.0 };
        assert_eq!(applied(logistic, vec![-800.0, 800.0]), [0.0, 1.0]);
        assert_eq!(applied(Link::SignedSquare, vec![-3.0]), [-9.0]);
    }
}
