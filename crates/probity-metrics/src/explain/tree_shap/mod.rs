//! Shapley values of the raw score of a tree ensemble, exactly and for many rows at once.
//!
//! A game of features gives each coalition `S` a value `v(S)`: the score when the features
//! in `S` are the row's and the others are not known. *Path-dependent* (Lundberg et al.,
//! "Consistent individualized feature attribution for tree ensembles", 2018): at a split on an
//! unknown feature the two sides count by their shares of the training weight.
//! *Interventional*: unknown features are those of a background row, and `v` is the mean over
//! the background.
//!
//! **One integral.** Let every feature be known with the probability `t`, independently. Then
//! the Shapley value of feature `i` is `∫ ∂F/∂x_i dt` over `[0, 1]`, where `F(x)` is the mean
//! value when feature `j` is known with probability `x_j`, and the derivative is taken where
//! all are `t` (Owen, "Multilinear extensions of games", 1972). The interaction of two
//! features is `½ ∫ ∂²F/∂x_i∂x_j dt`.
//!
//! **Path-dependent.** A leaf of the value `v` adds `v · ∏_j q_j` to `F`, over the distinct
//! features `j` of its way, with `q_j = x_j·o_j + (1 − x_j)·z_j`: `o_j` is 1 where the row
//! takes all of this feature's sides on the way, `z_j` is the product of their shares. Going
//! down a tree, a split multiplies the weight `W` of the way by factors of its two sides that
//! sum to 1 ([`factors`] has them, for a feature's first split and for later ones). Let `A`
//! be the value below a node: with the first side's factor `q`, `A = A₂ + q·(A₁ − A₂)`, and
//! the split adds `W · dq/dx_i · (A₁ − A₂)` to `∂F/∂x_i`, where `dq/dx_i` is `b − z` for a
//! first split (`b` is 1 where the row takes the first side) and `(b − z)·a / Q²` for a later
//! one; the terms of a feature's splits on one way telescope. Along `t` this is a polynomial
//! whose degree is the number of distinct features of a way less 1, which a Gauss–Legendre
//! rule of half as many points integrates exactly ([`quadrature`]). All weights are positive
//! and no factor is divided by, so rounding stays rounding at any depth. The walk takes
//! `O(leaves · points)` for a row ([`path_dependent`]).
//!
//! **Interventional.** With a background row, all `q_j` of a leaf are `x_j`, `1 − x_j` or 1,
//! and the integral is a beta function ([`weights`]): [`walk`] visits, for a row and a background row, the
//! leaves that a mixture of the two can reach. For shallow trees a [`pattern_table`] has the
//! mean over the background for everything that a row can decide.
//!
//! **Bytes.** A row's sums are made in the order of the trees, alone in its lane of a vector:
//! neither the rows beside it nor the number of threads changes them.

mod background;
mod block;
mod covers;
mod decision;
mod factors;
mod interaction;
mod interaction_kernel;
mod path_dependent;
mod pattern_table;
mod prepared;
mod quadrature;
mod walk;
mod weights;

use rayon::prelude::*;
use thiserror::Error;

use self::background::BackgroundTrees;
use self::covers::CoverTrees;
use self::decision::LANES;
use crate::model::{FeatureMatrix, Target, TreeEnsemble};

/// Rows that one thread explains in a row: enough that a tree is read once for several blocks.
const ROWS_PER_TASK: usize = 4 * LANES;

/// What a feature is that is not known.
#[derive(Clone, Copy, Debug)]
pub enum Background<'a> {
    /// What it was in the training data, as the covers of the trees tell.
    PathDependent,
    /// What it is in each of these rows, which count alike.
    Interventional(&'a FeatureMatrix),
}

/// An ensemble, prepared for explaining rows.
///
/// It takes about as much memory as the ensemble, and for a background up to 512 MiB of
/// tables besides.
#[derive(Clone, Debug)]
pub struct TreeExplainer {
    n_features: usize,
    trees: Trees,
}

#[derive(Clone, Debug)]
enum Trees {
    Covers(CoverTrees),
    Background(Box<BackgroundTrees>),
}

/// Why an ensemble cannot be explained.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExplainTrees {
    #[error(
        "tree {tree} does not say how much training data reached its nodes; give a baseline, or \
         save the model with covers"
    )]
    NoCovers { tree: usize },
    #[error("the baseline has no rows; give at least one")]
    NoBackground,
    #[error("the baseline has {n_background} features and the model {n_features}")]
    BackgroundFeatures {
        n_background: usize,
        n_features: usize,
    },
}

impl TreeExplainer {
    pub fn new(
        ensemble: &TreeEnsemble,
        background: Background,
    ) -> Result<TreeExplainer, ExplainTrees> {
        let trees = match background {
            Background::PathDependent => Trees::Covers(CoverTrees::new(ensemble)?),
            Background::Interventional(rows) => {
                Trees::Background(Box::new(BackgroundTrees::new(ensemble, rows)?))
            }
        };
        Ok(TreeExplainer {
            n_features: ensemble.features().len(),
            trees,
        })
    }

    /// Raw score per output when no feature is known.
    pub fn expected_values(&self) -> &[f64] {
        match &self.trees {
            Trees::Covers(trees) => &trees.expected_values,
            Trees::Background(trees) => &trees.expected_values,
        }
    }

    /// `[row][output][feature]`, in units of the raw score: with the expected value a row's
    /// values sum to its raw score. On the threads of the pool.
    ///
    /// # Panics
    /// Where `rows` has another number of features than the model.
    pub fn shap_values(&self, rows: &FeatureMatrix) -> Vec<f64> {
        let per_row = self.expected_values().len() * self.n_features;
        self.by_task(
            rows,
            (per_row, ROWS_PER_TASK),
            |first_row, values| match &self.trees {
                Trees::Covers(trees) => trees.explain(rows, first_row, values),
                Trees::Background(trees) => trees.explain(rows, first_row, values),
            },
        )
    }

    /// `[row][output][feature][feature]`, in units of the raw score: each of two features has
    /// half of their interaction, the diagonal has main effects, and a feature's numbers sum
    /// to its Shapley value. On the threads of the pool.
    ///
    /// # Panics
    /// Where `rows` has another number of features than the model.
    pub fn interaction_values(&self, rows: &FeatureMatrix) -> Vec<f64> {
        let per_row = self.expected_values().len() * self.n_features * self.n_features;
        self.by_task(rows, (per_row, LANES), |first_row, values| {
            match &self.trees {
                Trees::Covers(trees) => trees.interact(rows, first_row, values),
                Trees::Background(trees) => trees.interact(rows, first_row, values),
            }
        })
    }

    /// `per_row` numbers for each of the rows, set by `explain` for some rows at a time: it
    /// gets the first row's index and the place for the numbers.
    fn by_task(
        &self,
        rows: &FeatureMatrix,
        (per_row, rows_per_task): (usize, usize),
        explain: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        assert_eq!(
            rows.n_features(),
            self.n_features,
            "a row has the features of the model"
        );
        let mut values = vec![0.0; rows.n_rows() * per_row];
        if per_row > 0 {
            values
                .par_chunks_mut(rows_per_task * per_row)
                .enumerate()
                .for_each(|(task, values)| explain(task * rows_per_task, values));
        }
        values
    }
}

/// For each value of a leaf the output that it adds to.
fn outputs(target: Target, n_outputs: usize) -> impl Iterator<Item = (usize, usize)> {
    let outputs = match target {
        Target::One(output) => output as usize..output as usize + 1,
        Target::All => 0..n_outputs,
    };
    outputs.enumerate()
}
