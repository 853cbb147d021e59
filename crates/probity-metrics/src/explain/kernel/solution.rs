//! What a game's values were, and what follows from them.

/// The values of one game: one row, one output of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoalitionValues<'a> {
    /// Of the coalition of nobody: the mean score of the baseline.
    pub empty: f64,
    /// Of the coalition of all players: the score of the row itself.
    pub full: f64,
    /// In the order of the design's coalitions.
    pub values: &'a [f64],
}

/// The Shapley values of one game.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// One for each player; their sum is `full − empty`.
    pub values: Vec<f64>,
    /// One for each player; absent where every coalition was asked. They tell of the coalitions
    /// that were not asked, not of the choice of the baseline.
    pub standard_errors: Option<Vec<f64>>,
}

/// The values are not those of the design's coalitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{n_values} values were given for {n_coalitions} coalitions")]
pub struct SolveKernel {
    pub n_values: usize,
    pub n_coalitions: usize,
}
