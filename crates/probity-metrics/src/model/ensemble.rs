//! Trees that are summed: gradient boosting and random forests of any library.
//!
//! A library's own order of summing in float32 is not kept: sums are in float64, so a score
//! differs from the library's by its float32 rounding.

use rayon::prelude::*;
use thiserror::Error;

use super::features::{Feature, FeatureMatrix};
use super::link::Link;
use super::tree::{Node, Tree};

/// Rows that one thread scores in a row.
const ROWS_PER_TASK: usize = 256;

/// The number format in which the library compares a value with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Values are rounded to float32 first: XGBoost, CatBoost, most of ONNX.
    Single,
    /// LightGBM, scikit-learn.
    Double,
}

impl Precision {
    pub fn round(self, value: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "as the library does")]
            Self::Single => f64::from(value as f32),
            Self::Double => value,
        }
    }
}

/// Which outputs a tree adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One output; the tree has one value per leaf.
    One(u32),
    /// All of them; the tree has as many values per leaf as the ensemble has outputs.
    All,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleTree {
    pub tree: Tree,
    pub target: Target,
}

/// `link(base + Σ trees)`. What is averaged (a random forest) is divided when it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeEnsemble {
    features: Vec<Feature>,
    trees: Vec<EnsembleTree>,
    /// Raw score of an output before any tree.
    base: Vec<f64>,
    link: Link,
    precision: Precision,
}

#[derive(Clone, Debug, PartialEq, Error)]
pub enum InvalidEnsemble {
    #[error("an ensemble without outputs")]
    NoOutputs,
    #[error("output {output} starts from the raw score {base}")]
    Base { output: usize, base: f64 },
    #[error("tree {tree} splits on feature {feature} of {n_features}")]
    NoSuchFeature {
        tree: usize,
        feature: u32,
        n_features: usize,
    },
    #[error("tree {tree} has {values_per_leaf} values per leaf for {target:?} of {n_outputs}")]
    Target {
        tree: usize,
        target: Target,
        values_per_leaf: usize,
        n_outputs: usize,
    },
}

impl TreeEnsemble {
    pub fn new(
        features: Vec<Feature>,
        trees: Vec<EnsembleTree>,
        base: Vec<f64>,
        (link, precision): (Link, Precision),
    ) -> Result<TreeEnsemble, InvalidEnsemble> {
        if base.is_empty() {
            return Err(InvalidEnsemble::NoOutputs);
        }
        if let Some(output) = base.iter().position(|base| !base.is_finite()) {
            return Err(InvalidEnsemble::Base {
                output,
                base: base[output],
            });
        }
        for (idx, tree) in trees.iter().enumerate() {
            check_features(idx, &tree.tree, features.len())?;
            check_target(idx, tree, base.len())?;
        }
        Ok(TreeEnsemble {
            features,
            trees,
            base,
            link,
            precision,
        })
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn trees(&self) -> &[EnsembleTree] {
        &self.trees
    }

    pub fn base(&self) -> &[f64] {
        &self.base
    }

    pub fn n_outputs(&self) -> usize {
        self.base.len()
    }

    pub fn link(&self) -> Link {
        self.link
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether every tree says how much training data reached each node.
    pub fn has_covers(&self) -> bool {
        self.trees.iter().all(|tree| tree.tree.covers().is_some())
    }

    /// Raw scores, a row of outputs per row of `rows`. Many rows on the threads of the pool.
    ///
    /// # Panics
    /// Where `rows` has another number of features than the model.
    pub fn raw_scores(&self, rows: &FeatureMatrix) -> Vec<f64> {
        assert_eq!(
            rows.n_features(),
            self.features.len(),
            "a row has the features of the model"
        );
        let n_outputs = self.n_outputs();
        let mut scores = vec![0.0; rows.n_rows() * n_outputs];
        let score_chunk = |(chunk, scores): (usize, &mut [f64])| {
            let n_rows = scores.len() / n_outputs;
            let values = rows.rows_from(chunk * ROWS_PER_TASK, n_rows);
            let values: Vec<f64> = values.iter().map(|x| self.precision.round(*x)).collect();
            self.add_scores(&values, scores);
        };
        // Waking the pool takes longer than a few rows, and an endpoint asks one at a time.
        if rows.n_rows() <= ROWS_PER_TASK {
            score_chunk((0, &mut scores));
        } else {
            scores
                .par_chunks_mut(ROWS_PER_TASK * n_outputs)
                .enumerate()
                .for_each(score_chunk);
        }
        scores
    }

    /// What the model reports, in the same order.
    pub fn predict(&self, rows: &FeatureMatrix) -> Vec<f64> {
        let mut scores = self.raw_scores(rows);
        for row in scores.chunks_exact_mut(self.n_outputs()) {
            self.link.apply(row);
        }
        scores
    }

    /// Tree by tree, so that a tree stays in the cache while the rows pass through it. Each score
    /// is summed in the order of the trees.
    fn add_scores(&self, values: &[f64], scores: &mut [f64]) {
        let (n_features, n_outputs) = (self.features.len(), self.n_outputs());
        for scores in scores.chunks_exact_mut(n_outputs) {
            scores.copy_from_slice(&self.base);
        }
        for EnsembleTree { tree, target } in &self.trees {
            for (row, scores) in scores.chunks_exact_mut(n_outputs).enumerate() {
                let values = &values[row * n_features..][..n_features];
                let leaf = tree.leaf(tree.leaf_of(|feature| values[feature as usize]));
                match target {
                    Target::One(output) => scores[*output as usize] += leaf[0],
                    Target::All => {
                        for (score, value) in scores.iter_mut().zip(leaf) {
                            *score += value;
                        }
                    }
                }
            }
        }
    }
}

fn check_features(idx: usize, tree: &Tree, n_features: usize) -> Result<(), InvalidEnsemble> {
    for node in tree.nodes() {
        if let Node::Split(split) = node
            && split.feature as usize >= n_features
        {
            return Err(InvalidEnsemble::NoSuchFeature {
                tree: idx,
                feature: split.feature,
                n_features,
            });
        }
    }
    Ok(())
}

fn check_target(idx: usize, tree: &EnsembleTree, n_outputs: usize) -> Result<(), InvalidEnsemble> {
    let values_per_leaf = tree.tree.values_per_leaf();
    let fits = match tree.target {
        Target::One(output) => (output as usize) < n_outputs && values_per_leaf == 1,
        Target::All => values_per_leaf == n_outputs,
    };
    match fits {
        true => Ok(()),
        false => Err(InvalidEnsemble::Target {
            tree: idx,
            target: tree.target,
            values_per_leaf,
            n_outputs,
        }),
    }
}
