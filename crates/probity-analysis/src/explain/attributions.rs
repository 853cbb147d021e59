//! Attributions of every row, however they were found.

use probity_domain::document::explanation_file::{AttributionMethod, ExplainedOutput};

/// Shapley values of all rows, outputs and players.
#[derive(Clone, Debug)]
pub struct Attributions {
    pub method: AttributionMethod,
    pub output: ExplainedOutput,
    /// Features, or groups of them, in the order of the dataset.
    pub names: Vec<String>,
    pub n_outputs: usize,
    /// Mean output on the baseline, one per output of the model.
    pub expected_values: Vec<f64>,
    /// `[row][output][player]`
    pub values: Vec<f64>,
    /// Like `values`; absent where they are exact.
    pub standard_errors: Option<Vec<f64>>,
    /// What is divided: `[row][output]`.
    pub outputs: Vec<f64>,
    /// Coalitions of each row; absent of tree values.
    pub n_coalitions: Option<u64>,
    /// Largest `|base + Σ attributions − output|`.
    pub largest_additivity_error: f64,
    /// Rows that an interrupted run had left behind.
    pub n_resumed: u64,
    pub notes: Vec<String>,
}

impl Attributions {
    pub fn n_rows(&self) -> usize {
        self.outputs.len() / self.n_outputs.max(1)
    }

    /// The attributions of one row, all players of the first output, then of the next.
    pub fn row(&self, row_idx: usize) -> &[f64] {
        let width = self.n_outputs * self.names.len();
        &self.values[row_idx * width..][..width]
    }

    pub(super) fn value(&self, row_idx: usize, output: usize) -> &[f64] {
        &self.row(row_idx)[output * self.names.len()..][..self.names.len()]
    }

    pub(super) fn error(&self, row_idx: usize, output: usize) -> Option<&[f64]> {
        let errors = self.standard_errors.as_ref()?;
        let start = (row_idx * self.n_outputs + output) * self.names.len();
        Some(&errors[start..][..self.names.len()])
    }

    pub(super) fn output_of(&self, row_idx: usize, output: usize) -> f64 {
        self.outputs[row_idx * self.n_outputs + output]
    }
}

/// `|base + Σ attributions − output|`.
pub(super) fn additivity_error(base: f64, values: &[f64], output: f64) -> f64 {
    (base + values.iter().sum::<f64>() - output).abs()
}
