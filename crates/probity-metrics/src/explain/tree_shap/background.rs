//! Interventional values of an ensemble: its tables and walks over the rows of a background.

use rayon::prelude::*;

use super::interaction;
use super::pattern_table::{self, TreeTables};
use super::walk::{BITS, Columns, Detail, Pair, PairWalk, WalkTree};
use super::weights::Weights;
use super::{ExplainTrees, outputs};
use crate::model::{FeatureMatrix, Precision, TreeEnsemble};

/// Numbers that the tables of all trees may hold together: 512 MiB. It is enough for a
/// thousand trees of depth 7; trees that come later are walked.
const TABLE_LIMIT: usize = 1 << 26;

#[derive(Clone, Debug)]
pub(super) struct BackgroundTrees {
    n_features: usize,
    precision: Precision,
    trees: Vec<WalkTree>,
    /// Of the trees that have them.
    tables: Vec<Option<TreeTables>>,
    background: Vec<Columns>,
    n_background: usize,
    weights: Weights,
    pub(super) expected_values: Vec<f64>,
}

impl BackgroundTrees {
    pub(super) fn new(
        ensemble: &TreeEnsemble,
        background: &FeatureMatrix,
    ) -> Result<BackgroundTrees, ExplainTrees> {
        let n_features = ensemble.features().len();
        let n_background = background.n_rows();
        if background.n_features() != n_features {
            return Err(ExplainTrees::BackgroundFeatures {
                n_background: background.n_features(),
                n_features,
            });
        }
        if n_background == 0 {
            return Err(ExplainTrees::NoBackground);
        }
        let scores = ensemble.raw_scores(background);
        let mut expected_values = vec![0.0; ensemble.n_outputs()];
        for row in scores.chunks_exact(ensemble.n_outputs()) {
            for (expected, score) in expected_values.iter_mut().zip(row) {
                *expected += score / n_background as f64;
            }
        }
        let trees = ensemble.trees().iter();
        let mut prepared = BackgroundTrees {
            n_features,
            precision: ensemble.precision(),
            trees: trees
                .map(|tree| WalkTree::new(&tree.tree, tree.target))
                .collect(),
            tables: Vec::new(),
            background: (0..n_background)
                .step_by(BITS)
                .map(|first| Columns::new(background, ensemble.precision(), first))
                .collect(),
            n_background,
            weights: Weights::new(),
            expected_values,
        };
        prepared.tables = prepared.tables(TABLE_LIMIT);
        Ok(prepared)
    }

    /// Tables of the first trees that fit, whatever the number of threads.
    fn tables(&self, limit: usize) -> Vec<Option<TreeTables>> {
        let mut left = limit;
        let groups: Vec<_> = self
            .trees
            .iter()
            .map(|tree| {
                let groups = pattern_table::groups(tree)?;
                left = left.checked_sub(groups.n_values)?;
                Some(groups)
            })
            .collect();
        let pairs = self.trees.par_iter().zip(groups);
        let tables = pairs.map(|(tree, groups)| {
            let groups = groups?;
            Some(TreeTables::new(
                tree,
                groups,
                &self.background,
                &self.weights,
            ))
        });
        tables.collect()
    }

    /// Sets `[row][output][feature]` of up to [`BITS`] rows from `first_row` on.
    pub(super) fn explain(&self, rows: &FeatureMatrix, first_row: usize, values: &mut [f64]) {
        let rows = Columns::new(rows, self.precision, first_row);
        let per_row = self.expected_values.len() * self.n_features;
        self.walk(&rows, Detail::Features, values);
        for value in values.iter_mut() {
            *value /= self.n_background as f64;
        }
        let mut bits = Vec::new();
        for (tree, tables) in self.trees.iter().zip(&self.tables) {
            let Some(tables) = tables else { continue };
            tree.decide(&rows, &mut bits);
            for (value, output) in outputs(tree.target, self.expected_values.len()) {
                let first = output * self.n_features;
                tables.add(&bits, value, (values, first, per_row));
            }
        }
    }

    /// Sets `[row][output][feature][feature]`.
    pub(super) fn interact(&self, rows: &FeatureMatrix, first_row: usize, values: &mut [f64]) {
        let rows = Columns::new(rows, self.precision, first_row);
        self.walk(&rows, Detail::Pairs, values);
        for value in values.iter_mut() {
            *value /= self.n_background as f64;
        }
        for matrix in values.chunks_exact_mut(self.n_features * self.n_features) {
            interaction::complete(matrix, self.n_features);
        }
    }

    /// Sums over the background of the trees that have no tables for this detail.
    fn walk(&self, rows: &Columns, detail: Detail, values: &mut [f64]) {
        let mut walk = PairWalk::new(&self.weights, self.n_features, detail);
        let (mut row_bits, mut background_bits) = (Vec::new(), Vec::new());
        let per_output = match detail {
            Detail::Features => self.n_features,
            Detail::Pairs => self.n_features * self.n_features,
        };
        let per_row = self.expected_values.len() * per_output;
        for (tree, tables) in self.trees.iter().zip(&self.tables) {
            if detail == Detail::Features && tables.is_some() {
                continue;
            }
            tree.decide(rows, &mut row_bits);
            for background in &self.background {
                tree.decide(background, &mut background_bits);
                for (value, output) in outputs(tree.target, self.expected_values.len()) {
                    for (row, sums) in values.chunks_exact_mut(per_row).enumerate() {
                        let sums = &mut sums[output * per_output..][..per_output];
                        for at in 0..background.n_rows {
                            let pair = Pair {
                                row: (&row_bits, row),
                                background: (&background_bits, at),
                            };
                            walk.add((tree, value), pair, sums);
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Branch, Condition, EnsembleTree, Feature, FeatureKind, Link, Node, Split, Target, Tree,
    };

    const N_FEATURES: u32 = 6;

    fn scramble(n: u32) -> u32 {
        n.wrapping_mul(2_654_435_761) >> 7
    }

    /// Complete trees of several depths, whose features recur on a path.
    fn ensemble() -> TreeEnsemble {
        let trees = (1..=9).map(|depth| {
            let n_splits = (1_u32 << depth) - 1;
            let nodes = (0..=2 * n_splits).map(|node| match node < n_splits {
                true => Node::Split(Split {
                    feature: scramble(node + 31 * depth) % N_FEATURES,
                    condition: Condition::AtMost(f64::from(scramble(node + depth) % 8)),
                    missing: Branch::First,
                    zero_is_missing: false,
                    first: 2 * node + 1,
                    second: 2 * node + 2,
                }),
                false => Node::Leaf(node - n_splits),
            });
            let leaves = (0..=n_splits).map(|leaf| f64::from(scramble(leaf) % 100));
            let tree = Tree::new(nodes.collect(), Vec::new(), leaves.collect(), 1);
            EnsembleTree {
                tree: tree.expect("a tree"),
                target: Target::One(0),
            }
        });
        let feature = |idx| Feature {
            name: format!("x{idx}"),
            kind: FeatureKind::Numeric,
        };
        let features = (0..N_FEATURES).map(feature).collect();
        let link = (Link::Identity, Precision::Double);
        TreeEnsemble::new(features, trees.collect(), vec![0.0], link).expect("an ensemble")
    }

    fn rows(n_rows: u32, from: u32) -> FeatureMatrix {
        let values = (0..n_rows * N_FEATURES).map(|at| f64::from(scramble(at + from) % 9));
        FeatureMatrix::new(values.collect(), N_FEATURES as usize).expect("whole rows")
    }

    #[test]
    fn tables_and_walks_agree() {
        let mut trees = BackgroundTrees::new(&ensemble(), &rows(70, 5)).expect("explained");
        let data = rows(64, 7000);
        let explain = |trees: &BackgroundTrees| {
            let mut values = vec![0.0; data.values().len()];
            trees.explain(&data, 0, &mut values);
            values
        };
        let n_tables = trees.tables.iter().flatten().count();
        // The tree of depth 9 has none.
        assert_eq!(n_tables, 8);
        let looked_up = explain(&trees);
        // Room for the first trees only: the others are walked.
        trees.tables = trees.tables(1000);
        let n_tables = trees.tables.iter().flatten().count();
        assert!((1..8).contains(&n_tables), "{n_tables}");
        let mixed = explain(&trees);
        trees.tables.fill(None);
        let walked = explain(&trees);
        for ((looked_up, mixed), walked) in looked_up.iter().zip(mixed).zip(walked) {
            // Nine trees of leaves up to 100; some hundred roundings.
            assert!((looked_up - walked).abs() < 1e-11, "{looked_up} {walked}");
            assert!((mixed - walked).abs() < 1e-11, "{mixed} {walked}");
        }
    }
}
