//! Interventional values of any tree: a walk for each pair of a row and a background row that
//! visits only the leaves that a mixture of the two reaches.
//!
//! Where both decide alike there is one way. Where they part, the walk goes the row's way and
//! the background's way, and below a parting the feature is settled: what follows on it is
//! decided by the row or by the background row alone. A leaf tells its value times the weight
//! of a feature from either; a parting adds what its row's way sums up and takes off what the
//! background's way does.

use super::decision::Decision;
use super::interaction::pair_at;
use super::weights::Weights;
use crate::model::{FeatureMatrix, Node, Precision, Target, Tree};

/// Background rows whose decisions are the bits of one word.
pub(super) const BITS: usize = 64;

/// Up to [`BITS`] rows by feature, rounded as the model rounds them; zeros follow.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    columns: Vec<[f64; BITS]>,
    pub(super) n_rows: usize,
}

impl Columns {
    pub(super) fn new(rows: &FeatureMatrix, precision: Precision, first_row: usize) -> Columns {
        let mut columns = vec![[0.0; BITS]; rows.n_features()];
        let n_rows = BITS.min(rows.n_rows() - first_row);
        for at in 0..n_rows {
            for (column, value) in columns.iter_mut().zip(rows.row(first_row + at)) {
                column[at] = precision.round(*value);
            }
        }
        Columns { columns, n_rows }
    }
}

/// A tree as the walk needs it.
#[derive(Clone, Debug)]
pub(super) struct WalkTree {
    pub(super) nodes: Vec<WalkNode>,
    /// Feature and decision of the splits.
    decisions: Vec<(u32, Decision)>,
    leaf_values: Vec<f64>,
    pub(super) values_per_leaf: usize,
    pub(super) target: Target,
    pub(super) depth: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum WalkNode {
    Split {
        split: u32,
        feature: u32,
        first: u32,
        second: u32,
    },
    Leaf(u32),
}

impl WalkTree {
    pub(super) fn new(tree: &Tree, target: Target) -> WalkTree {
        let mut decisions = Vec::new();
        let nodes = tree
            .nodes()
            .iter()
            .map(|node| match node {
                Node::Leaf(leaf) => WalkNode::Leaf(*leaf),
                Node::Split(split) => {
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "a tree's nodes are counted by u32"
                    )]
                    let idx = decisions.len() as u32;
                    decisions.push((split.feature, Decision::new(split)));
                    WalkNode::Split {
                        split: idx,
                        feature: split.feature,
                        first: split.first,
                        second: split.second,
                    }
                }
            })
            .collect();
        WalkTree {
            nodes,
            decisions,
            leaf_values: tree.leaf_values().to_vec(),
            values_per_leaf: tree.values_per_leaf(),
            target,
            depth: tree.depth(),
        }
    }

    /// Per split a bit for each of the rows: whether it takes the first side.
    pub(super) fn decide(&self, rows: &Columns, bits: &mut Vec<u64>) {
        bits.clear();
        bits.extend(self.decisions.iter().map(|(feature, decision)| {
            let column = &rows.columns[*feature as usize];
            column.iter().enumerate().fold(0, |word, (bit, value)| {
                word | u64::from(decision.takes_first(*value)) << bit
            })
        }));
    }

    pub(super) fn leaf_value(&self, leaf: u32, value: usize) -> f64 {
        self.leaf_values[leaf as usize * self.values_per_leaf + value]
    }
}

/// Who decides about a feature below a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decider {
    Both,
    Row,
    Background,
}

/// A parting that the walk is below.
#[derive(Clone, Copy, Debug)]
struct Parting {
    feature: u32,
    /// The background's way, while the row's is walked.
    background_way: Option<u32>,
    /// What the row's way told: the sums for a feature from the row and for one from the
    /// background row.
    row_way: (f64, f64),
}

impl Parting {
    fn is_row_way(&self) -> bool {
        self.background_way.is_some()
    }
}

/// What is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// A number per feature.
    Features,
    /// A matrix: pairs of features above the diagonal, features on it.
    Pairs,
}

/// What the walks of one thread keep.
#[derive(Debug)]
pub(super) struct PairWalk<'a> {
    weights: &'a Weights,
    detail: Detail,
    deciders: Vec<Decider>,
    partings: Vec<Parting>,
}

/// The decisions of one row and one background row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) row: (&'a [u64], usize),
    pub(super) background: (&'a [u64], usize),
}

impl Pair<'_> {
    fn takes_first(self, split: u32) -> (bool, bool) {
        let bit = |(bits, at): (&[u64], usize)| bits[split as usize] >> at & 1 == 1;
        (bit(self.row), bit(self.background))
    }
}

impl PairWalk<'_> {
    pub(super) fn new(weights: &Weights, n_features: usize, detail: Detail) -> PairWalk<'_> {
        PairWalk {
            weights,
            detail,
            deciders: vec![Decider::Both; n_features],
            partings: Vec::new(),
        }
    }

    /// Adds the contributions of the features to one of a leaf's values.
    pub(super) fn add(&mut self, (tree, value): (&WalkTree, usize), pair: Pair, sums: &mut [f64]) {
        let mut node = 0;
        let mut n_background = 0;
        loop {
            let leaf = self.leaf_below(tree, node, pair);
            let n_row = self.partings.len() - n_background;
            let (of_row, of_background) = self.weights.of(n_row, n_background);
            let leaf_value = tree.leaf_value(leaf, value);
            if self.detail == Detail::Pairs {
                self.add_pairs(leaf_value, (n_row, n_background), sums);
            }
            let below = (leaf_value * of_row, leaf_value * of_background);
            match self.next_way(below, &mut n_background, sums) {
                Some(way) => node = way,
                None => return,
            }
        }
    }

    /// Adds a leaf's mixed derivatives: two features from one side help each other, and two
    /// from different sides hinder each other.
    fn add_pairs(&self, leaf: f64, (n_row, n_background): (usize, usize), sums: &mut [f64]) {
        let n_features = self.deciders.len();
        for (idx, one) in self.partings.iter().enumerate() {
            for other in &self.partings[..idx] {
                let integral = match (one.is_row_way(), other.is_row_way()) {
                    (true, true) => self.weights.integral(n_row - 2, n_background),
                    (false, false) => self.weights.integral(n_row, n_background - 2),
                    (true, false) | (false, true) => {
                        -self.weights.integral(n_row - 1, n_background - 1)
                    }
                };
                let (i, j) = (one.feature as usize, other.feature as usize);
                sums[pair_at(i, j, n_features)] += leaf * integral;
            }
        }
    }

    /// Goes the row's way to a leaf, and notes where the background's way parts.
    fn leaf_below(&mut self, tree: &WalkTree, mut node: u32, pair: Pair) -> u32 {
        loop {
            let (split, feature, first, second) = match tree.nodes[node as usize] {
                WalkNode::Leaf(leaf) => return leaf,
                WalkNode::Split {
                    split,
                    feature,
                    first,
                    second,
                } => (split, feature, first, second),
            };
            let way = |takes_first| if takes_first { first } else { second };
            let (row, background) = pair.takes_first(split);
            let decider = &mut self.deciders[feature as usize];
            node = match *decider {
                Decider::Row => way(row),
                Decider::Background => way(background),
                Decider::Both if row == background => way(row),
                Decider::Both => {
                    *decider = Decider::Row;
                    self.partings.push(Parting {
                        feature,
                        background_way: Some(way(background)),
                        row_way: (0.0, 0.0),
                    });
                    way(row)
                }
            };
        }
    }

    /// Carries what a way told up to the last parting whose other way is not walked yet.
    fn next_way(
        &mut self,
        mut below: (f64, f64),
        n_background: &mut usize,
        sums: &mut [f64],
    ) -> Option<u32> {
        let per_feature = match self.detail {
            Detail::Features => 1,
            Detail::Pairs => self.deciders.len() + 1,
        };
        loop {
            let parting = self.partings.last_mut()?;
            let feature = parting.feature as usize;
            if let Some(way) = parting.background_way.take() {
                parting.row_way = below;
                self.deciders[feature] = Decider::Background;
                *n_background += 1;
                return Some(way);
            }
            sums[feature * per_feature] += parting.row_way.0 - below.1;
            below = (parting.row_way.0 + below.0, parting.row_way.1 + below.1);
            self.deciders[feature] = Decider::Both;
            *n_background -= 1;
            self.partings.pop();
        }
    }
}
