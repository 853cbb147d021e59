//! Interventional values of shallow trees, looked up: the decisions of some splits are the bits
//! of a pattern, and a table has the mean contribution of each feature for every pattern.
//!
//! The leaves of a tree are put into groups below a node; the splits on the way to the node
//! and below it are the bits. A complete tree of depth 6 has 16 groups of 7 splits, and its
//! tables take 128 kB, which the second cache holds. The background is counted by pattern
//! first, so that neither a table's cost nor a row's grows with its rows.

use multiversion::multiversion;

use super::walk::{BITS, Columns, WalkNode, WalkTree};
use super::weights::Weights;

/// Depth up to which a tree has tables.
const MAX_DEPTH: usize = 8;

/// Splits that a group may always have.
const SPLITS: usize = 7;

/// Numbers that the tables of one tree may hold: 4 MiB, a share of the last cache.
const TREE_LIMIT: usize = 1 << 19;

/// The groups of one tree, before their tables are made.
#[derive(Debug)]
pub(super) struct Groups {
    groups: Vec<Group>,
    /// Numbers in their tables.
    pub(super) n_values: usize,
}

#[derive(Debug, Default)]
struct Group {
    /// Splits by bit.
    splits: Vec<u32>,
    /// Distinct features of them.
    features: Vec<u32>,
    leaves: Vec<LeafWay>,
}

#[derive(Debug)]
struct LeafWay {
    leaf: u32,
    /// Bit of a split, whether the way takes its first side, and the place of its feature
    /// among the way's.
    sides: Vec<(usize, bool, usize)>,
    /// Distinct features of the way, by their places in the group.
    features: Vec<usize>,
}

/// A split on the way to a node, and whether the way takes its first side.
type Way = Vec<(u32, u32, bool)>;

/// `None` for a tree that is too deep, or whose tables would be too large.
pub(super) fn groups(tree: &WalkTree) -> Option<Groups> {
    let n_splits = splits_below(tree)?;
    let depth_limit = SPLITS.max(tree.depth + 1);
    let mut groups = Groups {
        groups: Vec::new(),
        n_values: 0,
    };
    let mut open: Vec<(u32, Way)> = vec![(0, Vec::new())];
    while let Some((node, way)) = open.pop() {
        match tree.nodes[node as usize] {
            WalkNode::Split {
                split,
                feature,
                first,
                second,
            } if way.len() + n_splits[node as usize] > depth_limit => {
                for (next, is_first) in [(second, false), (first, true)] {
                    let mut way = way.clone();
                    way.push((split, feature, is_first));
                    open.push((next, way));
                }
            }
            WalkNode::Split { .. } | WalkNode::Leaf(_) => {
                let group = Group::new(tree, node, way);
                groups.n_values +=
                    (group.features.len() << group.splits.len()) * tree.values_per_leaf;
                if groups.n_values > TREE_LIMIT {
                    return None;
                }
                groups.groups.push(group);
            }
        }
    }
    Some(groups)
}

/// Per node the splits from it on; `None` for a tree that is too deep.
fn splits_below(tree: &WalkTree) -> Option<Vec<usize>> {
    if tree.depth > MAX_DEPTH {
        return None;
    }
    let mut order = vec![0];
    let mut next = 0;
    while next < order.len() {
        if let WalkNode::Split { first, second, .. } = tree.nodes[order[next] as usize] {
            order.extend([first, second]);
        }
        next += 1;
    }
    let mut below = vec![0; tree.nodes.len()];
    for node in order.into_iter().rev() {
        if let WalkNode::Split { first, second, .. } = tree.nodes[node as usize] {
            below[node as usize] = 1 + below[first as usize] + below[second as usize];
        }
    }
    Some(below)
}

/// The place of a value in a list that it is added to where it is missing.
fn place<T: PartialEq>(list: &mut Vec<T>, value: T) -> usize {
    list.iter()
        .position(|other| *other == value)
        .unwrap_or_else(|| {
            list.push(value);
            list.len() - 1
        })
}

impl Group {
    fn new(tree: &WalkTree, node: u32, way: Way) -> Group {
        let mut group = Group::default();
        let mut open = vec![(node, way)];
        while let Some((node, way)) = open.pop() {
            match tree.nodes[node as usize] {
                WalkNode::Leaf(leaf) => group.add_leaf(leaf, &way),
                WalkNode::Split {
                    split,
                    feature,
                    first,
                    second,
                } => {
                    for (next, is_first) in [(second, false), (first, true)] {
                        let mut way = way.clone();
                        way.push((split, feature, is_first));
                        open.push((next, way));
                    }
                }
            }
        }
        group
    }

    fn add_leaf(&mut self, leaf: u32, way: &Way) {
        let mut features = Vec::new();
        let sides = way.iter().map(|(split, feature, is_first)| {
            let of_group = place(&mut self.features, *feature);
            let of_way = place(&mut features, of_group);
            (place(&mut self.splits, *split), *is_first, of_way)
        });
        let sides = sides.collect();
        self.leaves.push(LeafWay {
            leaf,
            sides,
            features,
        });
    }
}

impl LeafWay {
    /// A bit for each of the way's features whose sides a pattern takes.
    fn taken(&self, pattern: usize) -> usize {
        let all = (1 << self.features.len()) - 1;
        self.sides
            .iter()
            .fold(all, |taken, (bit, is_first, feature)| {
                let takes = (pattern >> bit & 1 == 1) == *is_first;
                if takes {
                    taken
                } else {
                    taken & !(1 << feature)
                }
            })
    }

    /// The contribution of each feature to a leaf of the value 1, per set of features whose
    /// sides the row takes: the mean over `background`, counts per such set of its rows.
    fn contributions(&self, background: &[f64], weights: &Weights) -> Vec<f64> {
        let n_features = self.features.len();
        let all = (1_usize << n_features) - 1;
        let mut contributions = vec![0.0; n_features << n_features];
        for (of_background, share) in background.iter().enumerate() {
            if *share == 0.0 {
                continue;
            }
            // The leaf is reached only where one of the two takes each feature's sides.
            let mut both = of_background;
            loop {
                let of_row = (all & !of_background) | both;
                let only_row = of_row & !of_background;
                let only_background = all & !of_row;
                let (from_row, from_background) = weights.of(
                    only_row.count_ones() as usize,
                    only_background.count_ones() as usize,
                );
                let values = &mut contributions[of_row * n_features..][..n_features];
                for (feature, value) in values.iter_mut().enumerate() {
                    if only_row >> feature & 1 == 1 {
                        *value += share * from_row;
                    } else if only_background >> feature & 1 == 1 {
                        *value -= share * from_background;
                    }
                }
                if both == 0 {
                    break;
                }
                both = (both - 1) & of_background;
            }
        }
        contributions
    }
}

/// The tables of one tree.
#[derive(Clone, Debug)]
pub(super) struct TreeTables {
    tables: Vec<Table>,
}

#[derive(Clone, Debug)]
struct Table {
    splits: Vec<u32>,
    features: Vec<u32>,
    /// `[value of a leaf][pattern][feature]`.
    values: Vec<f64>,
}

impl TreeTables {
    pub(super) fn new(
        tree: &WalkTree,
        groups: Groups,
        background: &[Columns],
        weights: &Weights,
    ) -> TreeTables {
        let mut tables: Vec<Table> = Vec::new();
        let mut counts: Vec<Vec<f64>> = Vec::new();
        for group in &groups.groups {
            counts.push(vec![0.0; 1 << group.splits.len()]);
        }
        let mut bits = Vec::new();
        let n_background: usize = background.iter().map(|columns| columns.n_rows).sum();
        for columns in background {
            tree.decide(columns, &mut bits);
            for (group, counts) in groups.groups.iter().zip(&mut counts) {
                for pattern in &patterns(&group.splits, &bits)[..columns.n_rows] {
                    counts[usize::from(*pattern)] += 1.0;
                }
            }
        }
        for (group, mut shares) in groups.groups.into_iter().zip(counts) {
            for share in &mut shares {
                *share /= n_background as f64;
            }
            tables.push(Table::new(tree, group, &shares, weights));
        }
        TreeTables { tables }
    }

    /// Adds a tree's contributions to rows of `per_row` numbers, from the place `first` on in
    /// each.
    pub(super) fn add(
        &self,
        bits: &[u64],
        value: usize,
        (rows, first, per_row): (&mut [f64], usize, usize),
    ) {
        for table in &self.tables {
            let width = table.features.len();
            let size = width << table.splits.len();
            let values = &table.values[value * size..][..size];
            let patterns = patterns(&table.splits, bits);
            for (row, pattern) in rows.chunks_exact_mut(per_row).zip(patterns) {
                let row = &mut row[first..];
                let values = &values[usize::from(pattern) * width..][..width];
                for (feature, value) in table.features.iter().zip(values) {
                    row[*feature as usize] += value;
                }
            }
        }
    }
}

impl Table {
    fn new(tree: &WalkTree, group: Group, background: &[f64], weights: &Weights) -> Table {
        let width = group.features.len();
        let n_patterns = 1 << group.splits.len();
        let mut values = vec![0.0; tree.values_per_leaf * n_patterns * width];
        for way in &group.leaves {
            let mut by_taken = vec![0.0; 1 << way.features.len()];
            for (pattern, share) in background.iter().enumerate() {
                by_taken[way.taken(pattern)] += share;
            }
            let contributions = way.contributions(&by_taken, weights);
            for pattern in 0..n_patterns {
                let n_features = way.features.len();
                let of_row = &contributions[way.taken(pattern) * n_features..][..n_features];
                for value in 0..tree.values_per_leaf {
                    let leaf_value = tree.leaf_value(way.leaf, value);
                    let values = &mut values[(value * n_patterns + pattern) * width..][..width];
                    for (feature, contribution) in way.features.iter().zip(of_row) {
                        values[*feature] += leaf_value * contribution;
                    }
                }
            }
        }
        Table {
            splits: group.splits,
            features: group.features,
            values,
        }
    }
}

/// Per row the decisions of some splits, as bits.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
fn patterns(splits: &[u32], bits: &[u64]) -> [u16; BITS] {
    let mut patterns = [0_u64; BITS];
    for (bit, split) in splits.iter().enumerate() {
        let word = bits[*split as usize];
        for (row, pattern) in patterns.iter_mut().enumerate() {
            *pattern |= (word >> row & 1) << bit;
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a group has at most nine splits"
    )]
    patterns.map(|pattern| pattern as u16)
}
