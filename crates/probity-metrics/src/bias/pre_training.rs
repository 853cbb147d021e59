//! Bias of labels, before any model: CI, DPL and the distances between the groups'
//! distributions of labels. Formulas: Amazon SageMaker Developer Guide, "Pre-training Bias
//! Metrics"; where its text and the results of the service differ, the results decide.

use super::counts::{BiasCounts, Group};
use super::failure::BiasFailure;

/// Rows and positive labels of both groups, none of them empty.
#[derive(Clone, Copy, Debug)]
struct Labels {
    n_a: f64,
    n_d: f64,
    positive_a: f64,
    positive_d: f64,
}

impl Labels {
    /// `None` when a group is empty.
    fn of(counts: &BiasCounts) -> Option<Labels> {
        let advantaged = counts.total.of(Group::Advantaged);
        let disadvantaged = counts.total.of(Group::Disadvantaged);
        let has_both = advantaged.rows() > 0 && disadvantaged.rows() > 0;
        has_both.then(|| Labels {
            n_a: advantaged.rows() as f64,
            n_d: disadvantaged.rows() as f64,
            positive_a: advantaged.positive_labels() as f64,
            positive_d: disadvantaged.positive_labels() as f64,
        })
    }
}

/// `(n_a − n_d) / (n_a + n_d)`
pub(crate) fn class_imbalance(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let n_a = counts.total.of(Group::Advantaged).rows();
    let n_d = counts.total.of(Group::Disadvantaged).rows();
    if n_d == 0 {
        return Err(BiasFailure::ImbalanceWithoutFacet);
    }
    if n_a == 0 {
        return Err(BiasFailure::ImbalanceWithoutNegatedFacet);
    }
    let (n_a, n_d) = (n_a as f64, n_d as f64);
    Ok((n_a - n_d) / (n_a + n_d))
}

/// `q_a − q_d`, the shares of positive labels.
pub(crate) fn difference_in_labels(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    if counts.total.of(Group::Disadvantaged).rows() == 0 {
        return Err(BiasFailure::ProportionsWithoutFacet);
    }
    let labels = Labels::of(counts).ok_or(BiasFailure::ProportionsWithoutNegatedFacet)?;
    Ok(labels.positive_a / labels.n_a - labels.positive_d / labels.n_d)
}

/// Probabilities in *a* and in *d* of the outcomes, negative and positive, that both groups
/// have. An outcome that one of them lacks is left out without scaling up the other, as the
/// service does: its divergence can then be negative, and its total variation too small.
fn common_outcomes(counts: &BiasCounts) -> Result<Vec<(f64, f64)>, BiasFailure> {
    let labels = Labels::of(counts).ok_or(BiasFailure::NoCommonOutcome)?;
    let negative = (
        labels.n_a - labels.positive_a,
        labels.n_d - labels.positive_d,
    );
    let positive = (labels.positive_a, labels.positive_d);
    let common: Vec<(f64, f64)> = [negative, positive]
        .into_iter()
        .filter(|(a, d)| *a > 0.0 && *d > 0.0)
        .map(|(a, d)| (a / labels.n_a, d / labels.n_d))
        .collect();
    if common.is_empty() {
        return Err(BiasFailure::NoCommonOutcome);
    }
    Ok(common)
}

/// `Σ P_a ln(P_a / P_d)`
pub(crate) fn kullback_leibler(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    Ok(divergence(common_outcomes(counts)?))
}

fn divergence(outcomes: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    outcomes.into_iter().map(|(p, q)| p * (p / q).ln()).sum()
}

/// `½ [KL(P_a ‖ P) + KL(P_d ‖ P)]` with `P = ½ (P_a + P_d)`
pub(crate) fn jensen_shannon(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let outcomes = common_outcomes(counts)?;
    let mean = |(a, d): &(f64, f64)| 0.5 * (a + d);
    let of_a = divergence(outcomes.iter().map(|both| (both.0, mean(both))));
    let of_d = divergence(outcomes.iter().map(|both| (both.1, mean(both))));
    Ok(0.5 * (of_a + of_d))
}

/// `(Σ (P_a − P_d)²)^½`
pub(crate) fn l2_norm(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let outcomes = common_outcomes(counts)?;
    let squares = outcomes.iter().map(|(a, d)| (a - d) * (a - d));
    Ok(squares.sum::<f64>().sqrt())
}

/// `½ Σ |P_a − P_d|`
pub(crate) fn total_variation(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let outcomes = common_outcomes(counts)?;
    Ok(0.5 * outcomes.iter().map(|(a, d)| (a - d).abs()).sum::<f64>())
}

/// `max |P_a − P_d|`, over outcomes and not over a cumulative distribution.
pub(crate) fn largest_difference(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let outcomes = common_outcomes(counts)?;
    Ok(outcomes
        .iter()
        .map(|(a, d)| (a - d).abs())
        .fold(0.0, f64::max))
}
