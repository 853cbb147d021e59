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
//! leaves that a mixture of the two can reach.

mod block;
mod decision;
mod factors;
mod path_dependent;
mod prepared;
mod quadrature;
mod walk;
mod weights;

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

use self::decision::{LANES, Lanes};
use self::path_dependent::{Walk, Workspace};
use self::prepared::PreparedTree;
use self::quadrature::{POINTS_AT_ONCE, Point};
use self::walk::{BITS, Pair, PairWalk, WalkTree};
use self::weights::Weights;
use crate::model::{EnsembleTree, FeatureMatrix, Precision, Target, TreeEnsemble};

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
#[derive(Clone, Debug)]
pub struct TreeExplainer {
    n_features: usize,
    precision: Precision,
    expected_values: Vec<f64>,
    trees: Trees,
}

#[derive(Clone, Debug)]
enum Trees {
    PathDependent {
        trees: Vec<PreparedTree>,
        /// By the number of distinct features.
        rules: BTreeMap<usize, Vec<Point>>,
    },
    Interventional {
        trees: Vec<WalkTree>,
        /// Rounded as the model rounds.
        background: FeatureMatrix,
        weights: Weights,
    },
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
        let (trees, expected_values) = match background {
            Background::PathDependent => path_dependent_trees(ensemble)?,
            Background::Interventional(rows) => interventional_trees(ensemble, rows)?,
        };
        Ok(TreeExplainer {
            n_features: ensemble.features().len(),
            precision: ensemble.precision(),
            expected_values,
            trees,
        })
    }

    /// Raw score per output when no feature is known.
    pub fn expected_values(&self) -> &[f64] {
        &self.expected_values
    }

    /// `[row][output][feature]`, in units of the raw score: with the expected value a row's
    /// values sum to its raw score. On the threads of the pool.
    ///
    /// # Panics
    /// Where `rows` has another number of features than the model.
    pub fn shap_values(&self, rows: &FeatureMatrix) -> Vec<f64> {
        assert_eq!(
            rows.n_features(),
            self.n_features,
            "a row has the features of the model"
        );
        let per_row = self.expected_values.len() * self.n_features;
        let mut values = vec![0.0; rows.n_rows() * per_row];
        if per_row == 0 {
            return values;
        }
        values
            .par_chunks_mut(ROWS_PER_TASK * per_row)
            .enumerate()
            .for_each(|(task, values)| {
                let first_row = task * ROWS_PER_TASK;
                match &self.trees {
                    Trees::PathDependent { trees, rules } => {
                        self.explain_path_dependent((trees, rules), rows, first_row, values);
                    }
                    Trees::Interventional {
                        trees,
                        background,
                        weights,
                    } => {
                        let rows = self.rounded(rows, first_row, values.len() / per_row);
                        self.explain_pairs((trees, weights), &rows, background, values);
                    }
                }
            });
        values
    }

    fn explain_path_dependent(
        &self,
        (trees, rules): (&[PreparedTree], &BTreeMap<usize, Vec<Point>>),
        rows: &FeatureMatrix,
        first_row: usize,
        values: &mut [f64],
    ) {
        let per_row = self.expected_values.len() * self.n_features;
        let n_blocks = (values.len() / per_row).div_ceil(LANES);
        let mut columns: Vec<Lanes> = vec![[0.0; LANES]; n_blocks * self.n_features];
        for (block, columns) in columns.chunks_exact_mut(self.n_features).enumerate() {
            block::fill(columns, rows, self.precision, first_row + block * LANES);
        }
        let mut sums: Vec<Lanes> = vec![[0.0; LANES]; n_blocks * per_row];
        let n_slots = trees.iter().map(|tree| tree.n_slots).max().unwrap_or(0);
        let mut workspace = Workspace::new(n_slots);
        for tree in trees {
            for (value, output) in outputs(tree.target, self.expected_values.len()) {
                for points in rules[&tree.n_distinct].chunks(POINTS_AT_ONCE) {
                    let walk = Walk {
                        tree,
                        value,
                        points,
                    };
                    let blocks = columns.chunks_exact(self.n_features);
                    for (columns, sums) in blocks.zip(sums.chunks_exact_mut(per_row)) {
                        let sums = &mut sums[output * self.n_features..][..self.n_features];
                        path_dependent::add_tree(&walk, columns, &mut workspace, sums);
                    }
                }
            }
        }
        let blocks = sums.chunks_exact(per_row);
        for (sums, values) in blocks.zip(values.chunks_mut(LANES * per_row)) {
            block::unfold(sums, values);
        }
    }

    fn explain_pairs(
        &self,
        (trees, weights): (&[WalkTree], &Weights),
        rows: &FeatureMatrix,
        background: &FeatureMatrix,
        values: &mut [f64],
    ) {
        let mut walk = PairWalk::new(weights, self.n_features);
        let (mut row_bits, mut background_bits) = (Vec::new(), Vec::new());
        let rows: Vec<&[f64]> = rows.rows().collect();
        let background: Vec<&[f64]> = background.rows().collect();
        let per_row = self.expected_values.len() * self.n_features;
        for tree in trees {
            tree.decide(&rows, &mut row_bits);
            for background in background.chunks(BITS) {
                tree.decide(background, &mut background_bits);
                for (value, output) in outputs(tree.target, self.expected_values.len()) {
                    for (row, sums) in values.chunks_exact_mut(per_row).enumerate() {
                        let sums = &mut sums[output * self.n_features..][..self.n_features];
                        for at in 0..background.len() {
                            let pair = Pair {
                                row: (&row_bits, row),
                                background: (&background_bits, at),
                            };
                            walk.add(tree, value, pair, sums);
                        }
                    }
                }
            }
        }
        for value in values {
            *value /= background.len() as f64;
        }
    }

    fn rounded(&self, rows: &FeatureMatrix, first_row: usize, n_rows: usize) -> FeatureMatrix {
        let values = &rows.values()[first_row * self.n_features..][..n_rows * self.n_features];
        let values = values.iter().map(|value| self.precision.round(*value));
        FeatureMatrix::new(values.collect(), self.n_features).expect("whole rows were taken")
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

fn path_dependent_trees(ensemble: &TreeEnsemble) -> Result<(Trees, Vec<f64>), ExplainTrees> {
    let mut trees = Vec::with_capacity(ensemble.trees().len());
    let mut expected_values = ensemble.base().to_vec();
    for (idx, EnsembleTree { tree, target }) in ensemble.trees().iter().enumerate() {
        let covers = tree.covers().ok_or(ExplainTrees::NoCovers { tree: idx })?;
        let prepared = PreparedTree::new(tree, covers, *target);
        for (value, output) in outputs(*target, ensemble.n_outputs()) {
            expected_values[output] += prepared::expected_value(tree, covers, value);
        }
        trees.push(prepared);
    }
    let rules = trees
        .iter()
        .map(|tree| tree.n_distinct)
        .collect::<std::collections::BTreeSet<usize>>()
        .into_iter()
        .map(|n_distinct| (n_distinct, quadrature::rule(n_distinct)))
        .collect();
    Ok((Trees::PathDependent { trees, rules }, expected_values))
}

fn interventional_trees(
    ensemble: &TreeEnsemble,
    background: &FeatureMatrix,
) -> Result<(Trees, Vec<f64>), ExplainTrees> {
    let n_features = ensemble.features().len();
    if background.n_rows() == 0 {
        return Err(ExplainTrees::NoBackground);
    }
    if background.n_features() != n_features {
        return Err(ExplainTrees::BackgroundFeatures {
            n_background: background.n_features(),
            n_features,
        });
    }
    let scores = ensemble.raw_scores(background);
    let mut expected_values = vec![0.0; ensemble.n_outputs()];
    for row in scores.chunks_exact(ensemble.n_outputs()) {
        for (expected, score) in expected_values.iter_mut().zip(row) {
            *expected += score / background.n_rows() as f64;
        }
    }
    let rounded = background.values().iter();
    let rounded = rounded.map(|value| ensemble.precision().round(*value));
    let trees = Trees::Interventional {
        trees: ensemble
            .trees()
            .iter()
            .map(|tree| WalkTree::new(&tree.tree, tree.target))
            .collect(),
        background: FeatureMatrix::new(rounded.collect(), n_features)
            .expect("whole rows were taken"),
        weights: Weights::new(),
    };
    Ok((trees, expected_values))
}
