//! The weighted least squares of kernel SHAP, prepared once and applied to many rows.
//!
//! With signs σ = ±1 for present and absent players, Shapley values φ minimise
//! Σ w(z)·(v(z) − v(∅) − z·φ)² under Σφ = Δ = v(all) − v(∅). The two residuals of a pair
//! sum to a number without φ, and their difference is v(z) − v(z̄) − σ·φ, so that only
//! Σ w·(d − σ·φ)² over pairs is left, with d = v(z) − v(z̄). With φ = Δ/M + γ, Σγ = 0, and the
//! signs σ_c = σ − σ̄ centred over players, the constraint is gone:
//! γ = (Σ w·σ_c·σ_cᵀ)⁻¹ Σ w·σ_c·(d − Δ·σ̄). The matrix is singular along (1, …, 1) only; adding a
//! multiple of the matrix of ones there changes nothing else, treats all players alike, and
//! leaves it as well conditioned as the sample: with all coalitions it is a multiple of the
//! identity.
//!
//! Standard errors: linearised, the error of φ is the sampling error of Σ ψ with
//! ψ = G·e, where G is the *influence* of each pair and e its residual. Pairs are a stratified
//! simple random sample, hence the variance Σ_levels (1 − n/N)·n/(n−1)·Σ(ψ − ψ̄)² (Cochran,
//! Sampling Techniques, §5.6); whole levels add nothing. A fit pulls the residuals of the pairs
//! that it saw towards 0, which e/√(1 − leverage) undoes (HC2: MacKinnon and White, 1985):
//! without it, variances are a half too small with few samples.

use std::ops::Range;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::cholesky::{Cholesky, Matrix, dot};
use super::coalition::Coalition;
use super::solution::{CoalitionValues, Solution};

/// The pairs of a level of which some are not asked.
#[derive(Clone, Debug)]
pub(super) struct Stratum {
    pub(super) pairs: Range<usize>,
    pub(super) share_left: f64,
}

#[derive(Clone, Debug)]
pub(super) struct Regression {
    n_players: usize,
    /// G: players × pairs; columns sum to 0.
    influence: Matrix,
    /// σ in the same order: −1 or 1.
    signs: Vec<i8>,
    /// σ̄ of each pair.
    mean_signs: Vec<f64>,
    /// 1/√(1 − leverage) of each pair.
    inflation: Vec<f64>,
    strata: Vec<Stratum>,
}

impl Regression {
    /// `None` where the pairs do not tell the players apart. Half `i` stands for itself and its
    /// complement, which together have weight `i`; the signs are those of the complement.
    pub(super) fn new(
        n_players: usize,
        halves: &[Coalition],
        weights: &[f64],
    ) -> Option<Regression> {
        let n_pairs = halves.len();
        let mean_signs: Vec<f64> = (halves.iter())
            .map(|half| 1.0 - 2.0 * half.n_present() as f64 / n_players as f64)
            .collect();
        let signs: Vec<i8> = (0..n_players)
            .flat_map(|player| halves.iter().map(move |half| sign(half, player)))
            .collect();
        if n_pairs == 0 {
            // One player: nothing is asked, and it has all of Δ.
            return Some(Regression {
                n_players,
                influence: Matrix::zeros(0, 1),
                signs,
                mean_signs,
                inflation: Vec::new(),
                strata: Vec::new(),
            });
        }
        let influence = influence(&signs, &mean_signs, weights)?;
        let mut leverage = vec![0.0; n_pairs];
        for (row, signs) in (influence.values.chunks_exact(n_pairs)).zip(signs.chunks(n_pairs)) {
            for ((leverage, influence), sign) in leverage.iter_mut().zip(row).zip(signs) {
                *leverage += influence * f64::from(*sign);
            }
        }
        // A pair that alone decides something has leverage 1 and no residual.
        let inflate = |leverage: f64| 1.0 / (1.0 - leverage).max(1e-6).sqrt();
        Some(Regression {
            n_players,
            influence,
            signs,
            mean_signs,
            inflation: leverage.into_iter().map(inflate).collect(),
            strata: Vec::new(),
        })
    }

    pub(super) fn with_strata(self, strata: Vec<Stratum>) -> Regression {
        Regression { strata, ..self }
    }

    pub(super) fn is_exact(&self) -> bool {
        self.strata.is_empty()
    }

    pub(super) fn critical_value(&self, confidence: f64) -> Option<f64> {
        if self.is_exact() {
            return None;
        }
        let sampled: usize = self.strata.iter().map(|stratum| stratum.pairs.len()).sum();
        // A mean for each level and a value for each player but one are estimated.
        let fitted = self.strata.len() + self.n_players - 1;
        let degrees_of_freedom = sampled.saturating_sub(fitted).max(1);
        let student = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
        Some(student.inverse_cdf(0.5 + confidence / 2.0))
    }

    /// As many values as there are coalitions: a pair side by side, the complement first.
    pub(super) fn solve(&self, values: &CoalitionValues<'_>) -> Solution {
        let delta = values.full - values.empty;
        let differences = differences(values.values);
        let players = self.shapley_values(delta, &differences);
        let standard_errors =
            (!self.is_exact()).then(|| self.standard_errors(&players, &differences));
        Solution {
            values: players,
            standard_errors,
        }
    }

    fn shapley_values(&self, delta: f64, differences: &[f64]) -> Vec<f64> {
        let n_players = self.n_players as f64;
        if differences.is_empty() {
            return vec![delta / n_players; self.n_players];
        }
        let targets: Vec<f64> = (differences.iter().zip(&self.mean_signs))
            .map(|(difference, mean_sign)| difference - delta * mean_sign)
            .collect();
        let mut players: Vec<f64> = (self.influence.values)
            .chunks_exact(targets.len())
            .map(|influence| dot(influence, &targets))
            .collect();
        // 0 but for rounding.
        let excess = players.iter().sum::<f64>() / n_players;
        for player in &mut players {
            *player += delta / n_players - excess;
        }
        players
    }

    fn standard_errors(&self, players: &[f64], differences: &[f64]) -> Vec<f64> {
        let residuals = self.residuals(players, differences);
        (self.influence.values.chunks_exact(differences.len()))
            .map(|influence| self.standard_error(influence, &residuals))
            .collect()
    }

    /// Of every pair, inflated to the size that they have where nothing is fitted to them.
    pub(super) fn residuals(&self, players: &[f64], differences: &[f64]) -> Vec<f64> {
        let mut residuals = differences.to_vec();
        for (signs, player) in self.signs.chunks_exact(differences.len()).zip(players) {
            for (residual, sign) in residuals.iter_mut().zip(signs) {
                *residual -= f64::from(*sign) * player;
            }
        }
        for (residual, inflation) in residuals.iter_mut().zip(&self.inflation) {
            *residual *= inflation;
        }
        residuals
    }

    fn standard_error(&self, influence: &[f64], residuals: &[f64]) -> f64 {
        let variance: f64 = (self.strata.iter())
            .map(|stratum| {
                let pairs = stratum.pairs.clone();
                let n = pairs.len() as f64;
                let (influence, residuals) = (&influence[pairs.clone()], &residuals[pairs]);
                stratum.share_left * n / (n - 1.0) * spread(influence, residuals)
            })
            .sum();
        variance.sqrt()
    }

    /// With residuals of its own for each player, one run after another.
    pub(super) fn standard_errors_of(&self, residuals: &[f64]) -> Vec<f64> {
        let n_pairs = self.influence.n_columns;
        (self.influence.values.chunks_exact(n_pairs))
            .zip(residuals.chunks_exact(n_pairs))
            .map(|(influence, residuals)| self.standard_error(influence, residuals))
            .collect()
    }
}

/// v(z) − v(z̄) of every pair: a pair stands side by side.
pub(super) fn differences(values: &[f64]) -> Vec<f64> {
    (values.chunks_exact(2))
        .map(|pair| pair[0] - pair[1])
        .collect()
}

fn sign(half: &Coalition, player: usize) -> i8 {
    if half.contains(player) { -1 } else { 1 }
}

/// (Σ w·σ_c·σ_cᵀ)⁻¹·w·σ_c of every pair.
fn influence(signs: &[i8], mean_signs: &[f64], weights: &[f64]) -> Option<Matrix> {
    let n_pairs = mean_signs.len();
    let n_players = signs.len() / n_pairs;
    let roots: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
    let mut scaled = Matrix::zeros(n_players, n_pairs);
    for (row, signs) in scaled.rows_mut().zip(signs.chunks_exact(n_pairs)) {
        for (pair, value) in row.iter_mut().enumerate() {
            *value = roots[pair] * (f64::from(signs[pair]) - mean_signs[pair]);
        }
    }
    let mut gram = scaled.gram();
    let trace: f64 = (0..n_players).map(|player| gram.row(player)[player]).sum();
    let along_ones = trace / (n_players * n_players) as f64;
    gram.values.iter_mut().for_each(|cell| *cell += along_ones);
    Cholesky::of(gram)?.solve(&mut scaled);
    for row in scaled.rows_mut() {
        for (value, root) in row.iter_mut().zip(&roots) {
            *value *= root;
        }
    }
    Some(scaled)
}

/// Σ(ψ − ψ̄)² of ψ = influence · residual.
fn spread(influence: &[f64], residuals: &[f64]) -> f64 {
    let mean = dot(influence, residuals) / influence.len() as f64;
    (influence.iter().zip(residuals))
        .map(|(influence, residual)| (influence * residual - mean).powi(2))
        .sum()
}
