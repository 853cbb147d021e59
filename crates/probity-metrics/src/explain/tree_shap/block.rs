//! Rows side by side: column-major blocks, so that a split is decided for all rows of a block
//! at once.

use super::decision::{LANES, Lanes};
use crate::model::{FeatureMatrix, Precision};

/// Fills `columns` with a block's features, rounded as the model rounds them; lanes without a
/// row hold zeros.
pub(super) fn fill(
    columns: &mut [Lanes],
    rows: &FeatureMatrix,
    precision: Precision,
    first_row: usize,
) {
    let n_rows = LANES.min(rows.n_rows() - first_row);
    columns.fill([0.0; LANES]);
    for lane in 0..n_rows {
        for (column, value) in columns.iter_mut().zip(rows.row(first_row + lane)) {
            column[lane] = precision.round(*value);
        }
    }
}

/// Writes sums that were made side by side as rows, one after another.
pub(super) fn unfold(sums: &[Lanes], rows: &mut [f64]) {
    for (lane, row) in rows.chunks_exact_mut(sums.len()).enumerate() {
        for (value, sum) in row.iter_mut().zip(sums) {
            *value = sum[lane];
        }
    }
}
