//! How sure a figure over many rows is, such as the mean absolute value of each player.
//!
//! Rows of one design are asked the same coalitions, so that their errors go together, and a mean
//! over rows is less sure than the errors of its rows would make it were they independent.
//! Linearised, a figure F of the values φ_r errs like Σ_r F'(φ_r)·φ_r, which is the value of one
//! game: the sum of the rows' games with the slopes F' as weights. Its residuals are the sums of
//! theirs, and its standard error follows as for one row.

use super::design::KernelDesign;
use super::regression::{Regression, differences};
use super::solution::{CoalitionValues, Solution, SolveKernel};

/// Sums over rows of the residuals of all pairs, for each player: as much memory as the design.
#[derive(Clone, Debug)]
pub struct AggregateErrors {
    residuals: Vec<f64>,
    n_players: usize,
}

impl AggregateErrors {
    /// Of no row.
    pub fn new(design: &KernelDesign) -> AggregateErrors {
        let n_players = design.n_players();
        AggregateErrors {
            residuals: vec![0.0; n_players * design.coalitions().len() / 2],
            n_players,
        }
    }

    /// Adds a row. `slopes` tell for each player how the figure changes with the row's value: of
    /// the mean absolute value over R rows the sign of the value, divided by R.
    pub fn add(
        &mut self,
        design: &KernelDesign,
        (values, solution): (&CoalitionValues<'_>, &Solution),
        slopes: &[f64],
    ) -> Result<(), SolveKernel> {
        design.check(values)?;
        let differences = differences(values.values);
        if differences.is_empty() {
            return Ok(());
        }
        let residuals = (design.regression()).residuals(&solution.values, &differences);
        for (sums, slope) in (self.residuals.chunks_exact_mut(residuals.len())).zip(slopes) {
            for (sum, residual) in sums.iter_mut().zip(&residuals) {
                *sum += slope * residual;
            }
        }
        Ok(())
    }

    /// Adds the rows of `other`, of the same design.
    pub fn merge(&mut self, other: &AggregateErrors) {
        for (sum, other) in self.residuals.iter_mut().zip(&other.residuals) {
            *sum += other;
        }
    }

    /// One for each player; 0 where every coalition was asked. They tell of the coalitions that
    /// were not asked, not of the choice of the rows.
    pub fn standard_errors(&self, design: &KernelDesign) -> Vec<f64> {
        let regression: &Regression = design.regression();
        if regression.is_exact() {
            return vec![0.0; self.n_players];
        }
        regression.standard_errors_of(&self.residuals)
    }
}
