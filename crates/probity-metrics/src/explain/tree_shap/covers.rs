//! Path-dependent values of an ensemble: blocks of rows through the kernels.

use std::collections::BTreeMap;

use super::block;
use super::decision::{LANES, Lanes};
use super::interaction;
use super::interaction_kernel::{self, PairSums, PairWorkspace};
use super::path_dependent::{self, Walk, Workspace};
use super::prepared::{PreparedTree, expected_value};
use super::quadrature::{POINTS_AT_ONCE, Point, rule};
use super::{ExplainTrees, ROWS_PER_TASK, outputs};
use crate::model::{EnsembleTree, FeatureMatrix, Precision, TreeEnsemble};

#[derive(Clone, Debug)]
pub(super) struct CoverTrees {
    n_features: usize,
    precision: Precision,
    trees: Vec<PreparedTree>,
    /// By the number of distinct features.
    rules: BTreeMap<usize, Vec<Point>>,
    pub(super) expected_values: Vec<f64>,
}

impl CoverTrees {
    pub(super) fn new(ensemble: &TreeEnsemble) -> Result<CoverTrees, ExplainTrees> {
        let mut trees = Vec::with_capacity(ensemble.trees().len());
        let mut expected_values = ensemble.base().to_vec();
        let mut rules = BTreeMap::new();
        for (idx, EnsembleTree { tree, target }) in ensemble.trees().iter().enumerate() {
            let covers = tree.covers().ok_or(ExplainTrees::NoCovers { tree: idx })?;
            let prepared = PreparedTree::new(tree, covers, *target);
            for (value, output) in outputs(*target, ensemble.n_outputs()) {
                expected_values[output] += expected_value(tree, covers, value);
            }
            rules
                .entry(prepared.n_distinct)
                .or_insert_with(|| rule(prepared.n_distinct));
            trees.push(prepared);
        }
        Ok(CoverTrees {
            n_features: ensemble.features().len(),
            precision: ensemble.precision(),
            trees,
            rules,
            expected_values,
        })
    }

    /// Sets `[row][output][feature]` of the rows from `first_row` on.
    pub(super) fn explain(&self, rows: &FeatureMatrix, first_row: usize, values: &mut [f64]) {
        let per_row = self.expected_values.len() * self.n_features;
        let n_blocks = ROWS_PER_TASK.min(values.len() / per_row).div_ceil(LANES);
        let columns = self.columns(rows, first_row, n_blocks);
        let mut sums: Vec<Lanes> = vec![[0.0; LANES]; n_blocks * per_row];
        let mut workspace = Workspace::new(self.n_slots());
        self.each_walk(|walk, output| {
            let blocks = columns.chunks_exact(self.n_features);
            for (columns, sums) in blocks.zip(sums.chunks_exact_mut(per_row)) {
                let sums = &mut sums[output * self.n_features..][..self.n_features];
                path_dependent::add_tree(walk, columns, &mut workspace, sums);
            }
        });
        let blocks = sums.chunks_exact(per_row);
        for (sums, values) in blocks.zip(values.chunks_mut(LANES * per_row)) {
            block::unfold(sums, values);
        }
    }

    /// Sets `[row][output][feature][feature]` of a block of rows from `first_row` on.
    pub(super) fn interact(&self, rows: &FeatureMatrix, first_row: usize, values: &mut [f64]) {
        let per_output = self.n_features * self.n_features;
        let columns = self.columns(rows, first_row, 1);
        let mut sums: Vec<Lanes> = vec![[0.0; LANES]; self.expected_values.len() * per_output];
        let mut workspace = PairWorkspace::new(self.n_slots());
        self.each_walk(|walk, output| {
            let mut sums = PairSums {
                sums: &mut sums[output * per_output..][..per_output],
                n_features: self.n_features,
            };
            interaction_kernel::add_tree(walk, &columns, &mut workspace, &mut sums);
        });
        block::unfold(&sums, values);
        for matrix in values.chunks_exact_mut(per_output) {
            interaction::complete(matrix, self.n_features);
        }
    }

    fn columns(&self, rows: &FeatureMatrix, first_row: usize, n_blocks: usize) -> Vec<Lanes> {
        let mut columns: Vec<Lanes> = vec![[0.0; LANES]; n_blocks * self.n_features];
        for (block, columns) in columns.chunks_exact_mut(self.n_features).enumerate() {
            block::fill(columns, rows, self.precision, first_row + block * LANES);
        }
        columns
    }

    fn n_slots(&self) -> usize {
        self.trees
            .iter()
            .map(|tree| tree.n_slots)
            .max()
            .unwrap_or(0)
    }

    /// All walks in the order of the sums: the output that each adds to goes with it.
    fn each_walk(&self, mut go: impl FnMut(&Walk, usize)) {
        for tree in &self.trees {
            for (value, output) in outputs(tree.target, self.expected_values.len()) {
                for points in self.rules[&tree.n_distinct].chunks(POINTS_AT_ONCE) {
                    let walk = Walk {
                        tree,
                        value,
                        points,
                    };
                    go(&walk, output);
                }
            }
        }
    }
}
