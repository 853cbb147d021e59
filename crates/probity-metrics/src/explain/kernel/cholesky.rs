//! Cholesky's factor of a symmetric positive definite matrix, and what the regression of kernel
//! SHAP needs with it (Golub and Van Loan, Matrix Computations, §4.2). Our own, because it is
//! all of linear algebra that is needed here, and because sums must be in one order whatever the
//! machine and its number of cores.

use rayon::prelude::*;

/// Columns solved together: with a few hundred rows they stay in a core's second-level cache.
const BLOCK: usize = 64;

/// Sums kept apart, so that the processor can add several at once.
const LANES: usize = 8;

/// Rows one after another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub(super) values: Vec<f64>,
    pub(super) n_columns: usize,
}

impl Matrix {
    pub(super) fn zeros(n_rows: usize, n_columns: usize) -> Matrix {
        Matrix {
            values: vec![0.0; n_rows * n_columns],
            n_columns,
        }
    }

    pub(super) fn row(&self, row_idx: usize) -> &[f64] {
        &self.values[row_idx * self.n_columns..][..self.n_columns]
    }

    pub(super) fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, f64> {
        self.values.chunks_exact_mut(self.n_columns)
    }

    /// X·Xᵀ, of which the upper triangle is left 0.
    pub(super) fn gram(&self) -> Matrix {
        let n_rows = self.values.len() / self.n_columns;
        let mut gram = Matrix::zeros(n_rows, n_rows);
        (gram.values.par_chunks_exact_mut(n_rows))
            .enumerate()
            .for_each(|(i, row)| {
                for (j, cell) in row[..=i].iter_mut().enumerate() {
                    *cell = dot(self.row(i), self.row(j));
                }
            });
        gram
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_parts, b_parts) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = (a_parts.remainder().iter().zip(b_parts.remainder()))
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_parts.zip(b_parts) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f64>() + rest
}

pub(super) fn sum(values: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let parts = values.chunks_exact(LANES);
    let rest: f64 = parts.remainder().iter().sum();
    for part in parts {
        for (sum, value) in sums.iter_mut().zip(part) {
            *sum += value;
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// L of A = L·Lᵀ; its upper triangle is not read.
#[derive(Clone, Debug)]
pub(super) struct Cholesky(Matrix);

impl Cholesky {
    /// `None` where the matrix is not positive definite: where a pivot is lost in the rounding
    /// of the diagonal. Reads the lower triangle.
    pub(super) fn of(mut matrix: Matrix) -> Option<Cholesky> {
        let n = matrix.n_columns;
        for i in 0..n {
            let (done, rest) = matrix.values.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in 0..i {
                let above = &done[j * n..][..n];
                row[j] = (row[j] - dot(&row[..j], &above[..j])) / above[j];
            }
            let pivot = row[i] - dot(&row[..i], &row[..i]);
            // NaN is refused as well.
            if pivot.partial_cmp(&(row[i] * 1e-12)) != Some(std::cmp::Ordering::Greater) {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        Some(Cholesky(matrix))
    }

    /// A⁻¹·B in place of B. Columns are independent, so that blocks of them are solved on
    /// whatever core is free, and the sums of each have one order.
    pub(super) fn solve(&self, columns: &mut Matrix) {
        let (n, width) = (self.0.n_columns, columns.n_columns);
        let starts: Vec<usize> = (0..width).step_by(BLOCK).collect();
        // As many blocks at a time as keep every core busy, so that little is held twice.
        for some in starts.chunks(64) {
            let solved: Vec<Vec<f64>> = some
                .par_iter()
                .map(|&start| {
                    let block_width = BLOCK.min(width - start);
                    let rows = (0..n).flat_map(|i| &columns.row(i)[start..start + block_width]);
                    let mut block: Vec<f64> = rows.copied().collect();
                    self.solve_block(&mut block, block_width);
                    block
                })
                .collect();
            for (&start, block) in some.iter().zip(&solved) {
                let block_width = BLOCK.min(width - start);
                for (row, solved) in columns.rows_mut().zip(block.chunks_exact(block_width)) {
                    row[start..start + block_width].copy_from_slice(solved);
                }
            }
        }
    }

    fn solve_block(&self, block: &mut [f64], width: usize) {
        let n = self.0.n_columns;
        for i in 0..n {
            let (above, rest) = block.split_at_mut(i * width);
            let (row, factors) = (&mut rest[..width], self.0.row(i));
            for (known, factor) in above.chunks_exact(width).zip(factors) {
                subtract(row, *factor, known);
            }
            row.iter_mut().for_each(|value| *value /= factors[i]);
        }
        for i in (0..n).rev() {
            let (rest, below) = block.split_at_mut((i + 1) * width);
            let row = &mut rest[i * width..];
            for (known, k) in below.chunks_exact(width).zip(i + 1..) {
                subtract(row, self.0.row(k)[i], known);
            }
            row.iter_mut().for_each(|value| *value /= self.0.row(i)[i]);
        }
    }
}

fn subtract(row: &mut [f64], factor: f64, other: &[f64]) {
    for (value, other) in row.iter_mut().zip(other) {
        *value -= factor * other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// XXᵀ + 1 of numbers without pattern.
    fn positive_definite(n: usize) -> Matrix {
        let mut x = Matrix::zeros(n, n + 3);
        for (i, value) in x.values.iter_mut().enumerate() {
            *value = ((i * i * 7 + 3 * i) % 101) as f64 / 50.0 - 1.0;
        }
        let mut gram = x.gram();
        (0..n).for_each(|i| gram.values[i * n + i] += 1.0);
        gram
    }

    #[test]
    fn what_is_solved_gives_the_right_side_again() {
        for (n, width) in [(1, 1), (2, 5), (9, 130), (40, 3)] {
            let matrix = positive_definite(n);
            let mut right = Matrix::zeros(n, width);
            for (i, value) in right.values.iter_mut().enumerate() {
                *value = (i % 13) as f64 - 6.0;
            }
            let mut solved = right.clone();
            Cholesky::of(matrix.clone()).unwrap().solve(&mut solved);
            let entry = |i: usize, k: usize| matrix.values[i.max(k) * n + i.min(k)];
            for i in 0..n {
                for column in 0..width {
                    let product: f64 = (0..n)
                        .map(|k| entry(i, k) * solved.values[k * width + column])
                        .sum();
                    // Entries up to 40, condition below 100: 40·100·6·2⁻⁵².
                    let gap = product - right.values[i * width + column];
                    assert!(gap.abs() < 1e-11, "{n} {gap}");
                }
            }
        }
    }

    #[test]
    fn a_matrix_without_full_rank_is_refused() {
        let mut matrix = Matrix::zeros(3, 2);
        matrix.values = vec![1.0, 0.3, 2.0, 0.6, 0.1, 0.7];
        assert!(Cholesky::of(matrix.gram()).is_none());
        let mut nan = positive_definite(3);
        nan.values[3] = f64::NAN;
        assert!(Cholesky::of(nan).is_none());
    }
}
