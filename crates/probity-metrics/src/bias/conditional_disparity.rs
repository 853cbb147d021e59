//! Conditional demographic disparity, in labels (CDDL) and in predictions (CDDPL): how much
//! larger the share of *d* is among the rejected than among the accepted, within the strata of
//! a group variable and averaged over them. Wachter, Mittelstadt, Russell, "Why fairness
//! cannot be automated" (2020); Amazon SageMaker Developer Guide.

use super::counts::{BiasCounts, Confusion, Group, OutcomeCounts};
use super::failure::BiasFailure;

/// CDDL: accepted is who has a positive label.
pub(crate) fn in_labels(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    conditional_disparity(counts, Confusion::positive_labels)
}

/// CDDPL: accepted is who is predicted positive.
pub(crate) fn in_predictions(counts: &BiasCounts) -> Result<f64, BiasFailure> {
    conditional_disparity(counts, Confusion::positive_predictions)
}

/// `Σ_g n_g DD_g / Σ_g n_g`; 0 without any stratum. Rows without a value of the group variable
/// are in no stratum: they count only for whether there is anyone accepted and rejected at all.
fn conditional_disparity(
    counts: &BiasCounts,
    accepted: fn(&Confusion) -> u64,
) -> Result<f64, BiasFailure> {
    let strata = counts.strata.as_ref().ok_or(BiasFailure::NoGroupVariable)?;
    let n_accepted = accepted(&both_groups(&counts.total));
    if n_accepted == 0 {
        return Err(BiasFailure::NoPositiveLabels);
    }
    if n_accepted == counts.total.rows() {
        return Err(BiasFailure::NoNegativeLabels);
    }
    let n: u64 = strata.iter().map(|stratum| stratum.counts.rows()).sum();
    if n == 0 {
        return Ok(0.0);
    }
    let weighted = strata
        .iter()
        .map(|stratum| stratum.counts.rows() as f64 * disparity(&stratum.counts, accepted));
    Ok(weighted.sum::<f64>() / n as f64)
}

/// `DD = n_d(rejected)/n(rejected) − n_d(accepted)/n(accepted)`, where a share of nothing is 0.
fn disparity(counts: &OutcomeCounts, accepted: fn(&Confusion) -> u64) -> f64 {
    let all = both_groups(counts);
    let disadvantaged = counts.of(Group::Disadvantaged);
    let share = |part: u64, whole: u64| {
        if whole == 0 {
            return 0.0;
        }
        part as f64 / whole as f64
    };
    let rejected = |confusion: &Confusion| confusion.rows() - accepted(confusion);
    share(rejected(&disadvantaged), rejected(&all))
        - share(accepted(&disadvantaged), accepted(&all))
}

fn both_groups(counts: &OutcomeCounts) -> Confusion {
    counts.of(Group::Advantaged) + counts.of(Group::Disadvantaged)
}
