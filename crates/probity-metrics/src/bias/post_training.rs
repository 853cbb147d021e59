//! Bias of predictions. Formulas: Amazon SageMaker Developer Guide, "Post-training Data and
//! Model Bias Metrics"; where its text and the results of the service differ, the results
//! decide. Signs differ from metric to metric: each says which group is subtracted.

use super::counts::{BiasCounts, Confusion, Group};
use super::divide::divide;
use super::failure::BiasFailure;

/// The confusion matrices of *a* and *d*.
fn groups(
    counts: &BiasCounts,
    no_d: BiasFailure,
    no_a: BiasFailure,
) -> Result<(Confusion, Confusion), BiasFailure> {
    let advantaged = counts.total.of(Group::Advantaged);
    let disadvantaged = counts.total.of(Group::Disadvantaged);
    if disadvantaged.rows() == 0 {
        return Err(no_d);
    }
    if advantaged.rows() == 0 {
        return Err(no_a);
    }
    Ok((advantaged, disadvantaged))
}

fn predicted_rate(group: &Confusion) -> f64 {
    divide(group.positive_predictions(), group.rows())
}

/// DPPL: `q̂_a − q̂_d`, the shares of positive predictions.
pub(crate) fn difference_in_predictions(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = groups(
        counts,
        BiasFailure::ProportionsWithoutFacet,
        BiasFailure::ProportionsWithoutNegatedFacet,
    )?;
    Ok(predicted_rate(&a) - predicted_rate(&d))
}

/// DI: `q̂_d / q̂_a`; 1 is no bias. The shares are divided, not the counts.
pub(crate) fn disparate_impact(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = groups(
        counts,
        BiasFailure::NoFacet,
        BiasFailure::ImpactWithoutNegatedFacet,
    )?;
    let (rate_a, rate_d) = (predicted_rate(&a), predicted_rate(&d));
    Ok(if rate_a > 0.0 {
        rate_d / rate_a
    } else if rate_d > 0.0 {
        f64::INFINITY
    } else {
        0.0
    })
}

fn conditional_outcomes(counts: &BiasCounts) -> Result<(Confusion, Confusion), BiasFailure> {
    groups(
        counts,
        BiasFailure::ConditionalOutcomeWithoutFacet,
        BiasFailure::ConditionalOutcomeWithoutNegatedFacet,
    )
}

/// DCA: `n_a⁽¹⁾/n̂_a⁽¹⁾ − n_d⁽¹⁾/n̂_d⁽¹⁾`, labels per prediction. `None` where both are infinite.
pub(crate) fn conditional_acceptance(counts: &BiasCounts) -> Result<Option<f64>, BiasFailure> {
    let (a, d) = conditional_outcomes(counts)?;
    let rate = |group: &Confusion| divide(group.positive_labels(), group.positive_predictions());
    Ok(difference(rate(&a), rate(&d)))
}

/// DCR: `n_d⁽⁰⁾/n̂_d⁽⁰⁾ − n_a⁽⁰⁾/n̂_a⁽⁰⁾`. `None` where both are infinite.
pub(crate) fn conditional_rejection(counts: &BiasCounts) -> Result<Option<f64>, BiasFailure> {
    let (a, d) = conditional_outcomes(counts)?;
    let rate = |group: &Confusion| divide(group.negative_labels(), group.negative_predictions());
    Ok(difference(rate(&d), rate(&a)))
}

/// DAR: precision, `a − d`.
pub(crate) fn acceptance_rates(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = label_rates(counts)?;
    let rate = |group: &Confusion| divide(group.true_positives, group.positive_predictions());
    Ok(rate(&a) - rate(&d))
}

/// DRR: share of negative labels among negative predictions, `d − a`.
pub(crate) fn rejection_rates(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = label_rates(counts)?;
    let rate = |group: &Confusion| divide(group.true_negatives, group.negative_predictions());
    Ok(rate(&d) - rate(&a))
}

fn label_rates(counts: &BiasCounts) -> Result<(Confusion, Confusion), BiasFailure> {
    groups(
        counts,
        BiasFailure::LabelRateWithoutFacet,
        BiasFailure::LabelRateWithoutNegatedFacet,
    )
}

/// RD: recall, `a − d`.
pub(crate) fn recall_difference(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = label_accuracies(counts)?;
    let rate = |group: &Confusion| divide(group.true_positives, group.positive_labels());
    Ok(rate(&a) - rate(&d))
}

/// SD: specificity, `d − a`.
pub(crate) fn specificity_difference(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = label_accuracies(counts)?;
    let rate = |group: &Confusion| divide(group.true_negatives, group.negative_labels());
    Ok(rate(&d) - rate(&a))
}

fn label_accuracies(counts: &BiasCounts) -> Result<(Confusion, Confusion), BiasFailure> {
    groups(
        counts,
        BiasFailure::LabelAccuracyWithoutFacet,
        BiasFailure::LabelAccuracyWithoutNegatedFacet,
    )
}

/// AD: accuracy, `a − d`.
pub(crate) fn accuracy_difference(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = groups(counts, BiasFailure::NoFacet, BiasFailure::NoNegatedFacet)?;
    let rate =
        |group: &Confusion| divide(group.true_positives + group.true_negatives, group.rows());
    Ok(rate(&a) - rate(&d))
}

/// TE: `FN_d/FP_d − FN_a/FP_a`; 0 where both are infinite.
pub(crate) fn treatment_equality(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let (a, d) = groups(counts, BiasFailure::NoFacet, BiasFailure::NoNegatedFacet)?;
    let rate = |group: &Confusion| divide(group.false_negatives, group.false_positives);
    Ok(difference(rate(&d), rate(&a)).unwrap_or(0.0))
}

/// `None` where both are the same infinity, which cancels.
fn difference(left: f64, right: f64) -> Option<f64> {
    let cancels = left.is_infinite() && right.is_infinite();
    (!cancels).then_some(left - right)
}

/// GE with α = 2, over all rows whatever their group: `1/(2n) Σ [(b/b̄)² − 1]` with the benefit
/// `b = ŷ − y + 1`. Speicher et al., "A unified approach to quantifying algorithmic
/// unfairness" (2018).
pub(crate) fn generalized_entropy(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    let all = counts.total.of(Group::Advantaged) + counts.total.of(Group::Disadvantaged);
    let (n, n_wrongly_positive) = (all.rows() as f64, all.false_positives as f64);
    let n_right = (all.true_positives + all.true_negatives) as f64;
    let mean = (n_right + 2.0 * n_wrongly_positive) / n;
    if all.rows() == all.false_negatives {
        return Err(BiasFailure::OnlyFalseNegatives);
    }
    // A benefit is 0 (false negative), 1 (right) or 2 (false positive).
    let excess = |benefit: f64| (benefit / mean) * (benefit / mean) - 1.0;
    let sum = all.false_negatives as f64 * excess(0.0)
        + n_right * excess(1.0)
        + n_wrongly_positive * excess(2.0);
    Ok(sum / (2.0 * n))
}
