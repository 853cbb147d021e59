//! Small random ensembles, and their Shapley values by the definition: every coalition is
//! played, and every marginal contribution weighed.

use probity_metrics::model::{
    Branch, Condition, EnsembleTree, Feature, FeatureKind, FeatureMatrix, Link, Node, Precision,
    Split, Target, Tree, TreeEnsemble,
};

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn is_one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) n_features: usize,
    pub(crate) n_outputs: usize,
    pub(crate) n_trees: usize,
    pub(crate) max_depth: usize,
}

/// Values of rows and thresholds are from one small grid, so that they often meet.
pub(crate) fn rows(random: &mut Random, n_rows: usize, n_features: usize) -> FeatureMatrix {
    let values = (0..n_rows * n_features).map(|_| match random.below(12) {
        0 => f64::NAN,
        1 => 0.1,
        2 => -1.5,
        n => n as f64 - 3.0,
    });
    FeatureMatrix::new(values.collect(), n_features).unwrap()
}

fn split(random: &mut Random, n_features: usize, (first, second): (u32, u32)) -> Split {
    let threshold = match random.below(8) {
        0 => 0.1,
        n => n as f64 - 2.0,
    };
    let branch = |random: &mut Random| match random.is_one_in(2) {
        true => Branch::First,
        false => Branch::Second,
    };
    let condition = match random.below(5) {
        0 | 1 => Condition::Below(threshold),
        2 | 3 => Condition::AtMost(threshold),
        _ => Condition::In {
            codes: (0..8).filter(|_| random.is_one_in(2)).collect(),
            unknown: branch(random),
        },
    };
    Split {
        feature: random.below(n_features as u64) as u32,
        condition,
        missing: branch(random),
        zero_is_missing: random.is_one_in(6),
        first,
        second,
    }
}

/// A tree that stops anywhere, with some leaves that no training data reached.
fn tree(random: &mut Random, shape: Shape, values_per_leaf: usize) -> Tree {
    let mut nodes = vec![None];
    let mut covers = vec![0.0];
    let mut leaf_values = Vec::new();
    let mut open = vec![(0, 0)];
    let mut order = Vec::new();
    let mut n_leaves = 0;
    while let Some((node, depth)) = open.pop() {
        order.push(node);
        if depth == shape.max_depth || (depth > 0 && random.is_one_in(5)) {
            nodes[node] = Some(Node::Leaf(n_leaves));
            n_leaves += 1;
            covers[node] = random.below(8) as f64;
            leaf_values.extend((0..values_per_leaf).map(|_| 20.0 * random.uniform() - 10.0));
            continue;
        }
        let sides = (nodes.len() as u32, nodes.len() as u32 + 1);
        nodes.extend([None, None]);
        covers.extend([0.0, 0.0]);
        nodes[node] = Some(Node::Split(split(random, shape.n_features, sides)));
        open.extend([(nodes.len() - 2, depth + 1), (nodes.len() - 1, depth + 1)]);
    }
    let nodes: Vec<Node> = nodes.into_iter().flatten().collect();
    for node in order.into_iter().rev() {
        if let Node::Split(split) = &nodes[node] {
            covers[node] = covers[split.first as usize] + covers[split.second as usize];
        }
    }
    Tree::new(nodes, covers, leaf_values, values_per_leaf).unwrap()
}

pub(crate) fn ensemble_of(
    trees: Vec<EnsembleTree>,
    n_features: usize,
    n_outputs: usize,
) -> TreeEnsemble {
    let feature = |idx| Feature {
        name: format!("x{idx}"),
        kind: FeatureKind::Numeric,
    };
    TreeEnsemble::new(
        (0..n_features).map(feature).collect(),
        trees,
        (0..n_outputs).map(|output| output as f64 + 0.25).collect(),
        (Link::Identity, Precision::Single),
    )
    .unwrap()
}

pub(crate) fn ensemble(random: &mut Random, shape: Shape) -> TreeEnsemble {
    let trees = (0..shape.n_trees).map(|_| {
        let target = match random.is_one_in(2) {
            true => Target::All,
            false => Target::One(random.below(shape.n_outputs as u64) as u32),
        };
        let values_per_leaf = match target {
            Target::All => shape.n_outputs,
            Target::One(_) => 1,
        };
        let tree = tree(random, shape, values_per_leaf);
        EnsembleTree { tree, target }
    });
    ensemble_of(trees.collect(), shape.n_features, shape.n_outputs)
}

/// What a game's players are worth when they are not in the coalition.
#[derive(Clone, Copy)]
pub(crate) enum Absent<'a> {
    PathDependent,
    Interventional(&'a FeatureMatrix),
}

/// Value of a tree's output when the features of `known` are the row's, at unknown splits the
/// mean of both sides by covers.
fn conditional(tree: &Tree, node: u32, row: &[f64], (known, value): (u32, usize)) -> f64 {
    match &tree.nodes()[node as usize] {
        Node::Leaf(leaf) => tree.leaf(*leaf)[value],
        Node::Split(split) if known >> split.feature & 1 == 1 => {
            let next = split.child(split.branch(row[split.feature as usize]));
            conditional(tree, next, row, (known, value))
        }
        Node::Split(split) => {
            let cover = |node: u32| tree.covers().unwrap()[node as usize];
            let first = conditional(tree, split.first, row, (known, value));
            let second = conditional(tree, split.second, row, (known, value));
            match cover(node) > 0.0 {
                true => (cover(split.first) * first + cover(split.second) * second) / cover(node),
                false => (first + second) / 2.0,
            }
        }
    }
}

fn score(ensemble: &TreeEnsemble, row: &[f64], output: usize) -> f64 {
    let row = FeatureMatrix::new(row.to_vec(), row.len()).unwrap();
    ensemble.raw_scores(&row)[output]
}

/// `v(S)` for each coalition, as bits.
pub(crate) fn game(
    ensemble: &TreeEnsemble,
    absent: Absent,
    row: &[f64],
    output: usize,
) -> Vec<f64> {
    let rounded: Vec<f64> = row.iter().map(|x| ensemble.precision().round(*x)).collect();
    (0..1_u32 << row.len())
        .map(|known| match absent {
            Absent::PathDependent => {
                let of_tree = |tree: &EnsembleTree| match tree.target {
                    Target::All => conditional(&tree.tree, 0, &rounded, (known, output)),
                    Target::One(target) if target as usize == output => {
                        conditional(&tree.tree, 0, &rounded, (known, 0))
                    }
                    Target::One(_) => 0.0,
                };
                ensemble.base()[output] + ensemble.trees().iter().map(of_tree).sum::<f64>()
            }
            Absent::Interventional(background) => {
                let mixed = background.rows().map(|other| {
                    let value = |j: usize| {
                        if known >> j & 1 == 1 {
                            row[j]
                        } else {
                            other[j]
                        }
                    };
                    let mixed: Vec<f64> = (0..row.len()).map(value).collect();
                    score(ensemble, &mixed, output)
                });
                mixed.sum::<f64>() / background.n_rows() as f64
            }
        })
        .collect()
}

fn factorial(n: usize) -> f64 {
    (1..=n).map(|k| k as f64).product()
}

/// Shapley values of a game.
pub(crate) fn shapley(game: &[f64]) -> Vec<f64> {
    let n = game.len().trailing_zeros() as usize;
    (0..n)
        .map(|i| {
            let without = (0..game.len()).filter(|s| s >> i & 1 == 0);
            let marginal = without.map(|s| {
                let size = s.count_ones() as usize;
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                weight * (game[s | 1 << i] - game[s])
            });
            marginal.sum()
        })
        .collect()
}

/// Shapley interaction values of a game, in halves, with main effects on the diagonal.
pub(crate) fn interactions(game: &[f64]) -> Vec<f64> {
    let n = game.len().trailing_zeros() as usize;
    let mut values = vec![0.0; n * n];
    for i in 0..n {
        for j in (0..n).filter(|j| *j != i) {
            let (one, other) = (1 << i, 1 << j);
            values[i * n + j] = (0..game.len())
                .filter(|s| s & (one | other) == 0)
                .map(|s| {
                    let size = s.count_ones() as usize;
                    let weight = factorial(size) * factorial(n - size - 2);
                    let mixed = game[s | one | other] - game[s | one] - game[s | other] + game[s];
                    weight * mixed / (2.0 * factorial(n - 1))
                })
                .sum();
        }
    }
    for (i, value) in shapley(game).into_iter().enumerate() {
        let others: f64 = values[i * n..][..n].iter().sum();
        values[i * n + i] = value - others;
    }
    values
}
