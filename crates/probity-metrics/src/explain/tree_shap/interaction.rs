//! From mixed derivatives to interaction values, in the order and by the convention of `shap`.

/// `matrix` holds `∫ ∂²F/∂x_i∂x_j dt` above the diagonal and the Shapley values on it. Each of
/// a pair gets half of the interaction, and the diagonal keeps the rest of a feature's value,
/// its main effect.
pub(super) fn complete(matrix: &mut [f64], n_features: usize) {
    for i in 0..n_features {
        for j in i + 1..n_features {
            let half = matrix[i * n_features + j] / 2.0;
            matrix[i * n_features + j] = half;
            matrix[j * n_features + i] = half;
        }
    }
    for (i, row) in matrix.chunks_exact_mut(n_features).enumerate() {
        let all: f64 = row.iter().sum();
        row[i] -= all - row[i];
    }
}

/// Where the pair of two different features is summed up.
pub(super) fn pair_at(i: usize, j: usize, n_features: usize) -> usize {
    i.min(j) * n_features + i.max(j)
}
