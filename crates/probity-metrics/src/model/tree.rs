//! One decision tree, checked when it is made: a walk from the root ends at a leaf whatever
//! the row holds.
//!
//! The rules for missing values and categories are those of the libraries, reduced to what
//! they do: each split says where a missing value and where an unknown category goes.

use thiserror::Error;

/// Values that LightGBM counts as zero where a zero stands for a missing value: a float32.
const ZERO: f64 = 1e-35_f32 as f64;

/// Codes of categories from here on are unknown to every model: XGBoost keeps them in a
/// float32, whose whole numbers end here.
const CODE_LIMIT: f64 = 16_777_216.0;

/// A side of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// Where the condition holds.
    First,
    /// Where it does not.
    Second,
}

/// What a split asks of a value that is not missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `value < threshold`: XGBoost.
    Below(f64),
    /// `value ≤ threshold`: LightGBM, scikit-learn, CatBoost.
    AtMost(f64),
    /// The value's integer part is one of these codes.
    In {
        codes: CategorySet,
        /// Where a value goes that is no code at all: negative, or too large.
        unknown: Branch,
    },
}

/// Codes of categories, as bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategorySet {
    words: Vec<u64>,
}

impl CategorySet {
    pub fn contains(&self, code: u32) -> bool {
        let word = self.words.get(code as usize / 64).copied().unwrap_or(0);
        word >> (code % 64) & 1 == 1
    }
}

impl FromIterator<u32> for CategorySet {
    fn from_iter<I: IntoIterator<Item = u32>>(codes: I) -> CategorySet {
        let mut words = Vec::new();
        for code in codes {
            let word_idx = code as usize / 64;
            if words.len() <= word_idx {
                words.resize(word_idx + 1, 0);
            }
            words[word_idx] |= 1 << (code % 64);
        }
        CategorySet { words }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub feature: u32,
    pub condition: Condition,
    /// Where a missing value goes.
    pub missing: Branch,
    /// A value within 1e-35 (as a float32) of zero counts as missing: LightGBM's `zero_as_missing`.
    pub zero_is_missing: bool,
    /// Index of the node where the condition holds.
    pub first: u32,
    /// Index of the other node.
    pub second: u32,
}

impl Split {
    pub fn branch(&self, value: f64) -> Branch {
        if value.is_nan() || (self.zero_is_missing && value.abs() <= ZERO) {
            return self.missing;
        }
        let holds = match &self.condition {
            Condition::Below(threshold) => value < *threshold,
            Condition::AtMost(threshold) => value <= *threshold,
            Condition::In { codes, unknown } => {
                if value <= -1.0 || value >= CODE_LIMIT {
                    return *unknown;
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the integer part is asked for; −0.9 has the integer part 0"
                )]
                codes.contains(value as u32)
            }
        };
        if holds { Branch::First } else { Branch::Second }
    }

    pub fn child(&self, branch: Branch) -> u32 {
        match branch {
            Branch::First => self.first,
            Branch::Second => self.second,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Split(Split),
    /// Index of a leaf: row of [`Tree::leaf`].
    Leaf(u32),
}

/// Node 0 is the root.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    /// Training weight that reached each node; empty where the file does not say.
    covers: Vec<f64>,
    /// `values_per_leaf` numbers per leaf.
    leaf_values: Vec<f64>,
    values_per_leaf: usize,
    depth: usize,
}

/// Why nodes are no tree.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum InvalidTree {
    #[error("a tree without nodes")]
    Empty,
    #[error("node {node} points to node {child} of {n_nodes}")]
    NoSuchNode {
        node: usize,
        child: u32,
        n_nodes: usize,
    },
    #[error("node {node} is reached in more than one way: the nodes are no tree")]
    ReachedTwice { node: usize },
    #[error("node {node} is reached from no other")]
    NotReached { node: usize },
    #[error("node {node} is leaf {leaf} of {n_leaves}")]
    NoSuchLeaf {
        node: usize,
        leaf: u32,
        n_leaves: usize,
    },
    #[error("node {node} has the threshold NaN")]
    Threshold { node: usize },
    #[error("leaf {leaf} has the value {value}")]
    LeafValue { leaf: usize, value: f64 },
    #[error("{n_values} leaf values for leaves of {values_per_leaf}")]
    LeafValues {
        n_values: usize,
        values_per_leaf: usize,
    },
    #[error("{n_covers} covers for {n_nodes} nodes")]
    Covers { n_covers: usize, n_nodes: usize },
    #[error("node {node} has the cover {cover}")]
    Cover { node: usize, cover: f64 },
}

impl Tree {
    /// `covers` is empty or holds a number per node; `leaf_values` holds `values_per_leaf` of
    /// them per leaf.
    pub fn new(
        nodes: Vec<Node>,
        covers: Vec<f64>,
        leaf_values: Vec<f64>,
        values_per_leaf: usize,
    ) -> Result<Tree, InvalidTree> {
        check_leaves(&nodes, &leaf_values, values_per_leaf)?;
        check_covers(&covers, nodes.len())?;
        let depth = depth_of_tree(&nodes)?;
        Ok(Tree {
            nodes,
            covers,
            leaf_values,
            values_per_leaf,
            depth,
        })
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Absent where the model's file does not say how much of the training data reached a node.
    pub fn covers(&self) -> Option<&[f64]> {
        (!self.covers.is_empty()).then_some(&self.covers)
    }

    /// Splits on the longest way to a leaf.
    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn values_per_leaf(&self) -> usize {
        self.values_per_leaf
    }

    pub fn n_leaves(&self) -> usize {
        self.leaf_values.len() / self.values_per_leaf.max(1)
    }

    /// The values of all leaves, one leaf after another.
    pub fn leaf_values(&self) -> &[f64] {
        &self.leaf_values
    }

    /// The values of one leaf.
    pub fn leaf(&self, leaf: u32) -> &[f64] {
        &self.leaf_values[leaf as usize * self.values_per_leaf..][..self.values_per_leaf]
    }

    /// The leaf that a row reaches; `value` gives the row's value of a feature.
    pub fn leaf_of(&self, value: impl Fn(u32) -> f64) -> u32 {
        let mut node = 0;
        loop {
            match &self.nodes[node as usize] {
                Node::Leaf(leaf) => return *leaf,
                Node::Split(split) => node = split.child(split.branch(value(split.feature))),
            }
        }
    }
}

fn check_leaves(
    nodes: &[Node],
    leaf_values: &[f64],
    values_per_leaf: usize,
) -> Result<(), InvalidTree> {
    if values_per_leaf == 0 || !leaf_values.len().is_multiple_of(values_per_leaf) {
        return Err(InvalidTree::LeafValues {
            n_values: leaf_values.len(),
            values_per_leaf,
        });
    }
    let n_leaves = leaf_values.len() / values_per_leaf;
    for (node, kind) in nodes.iter().enumerate() {
        match kind {
            Node::Leaf(leaf) if *leaf as usize >= n_leaves => {
                return Err(InvalidTree::NoSuchLeaf {
                    node,
                    leaf: *leaf,
                    n_leaves,
                });
            }
            Node::Split(split) => match split.condition {
                Condition::Below(threshold) | Condition::AtMost(threshold)
                    if threshold.is_nan() =>
                {
                    return Err(InvalidTree::Threshold { node });
                }
                Condition::Below(_) | Condition::AtMost(_) | Condition::In { .. } => {}
            },
            Node::Leaf(_) => {}
        }
    }
    match leaf_values.iter().position(|value| !value.is_finite()) {
        Some(value) => Err(InvalidTree::LeafValue {
            leaf: value / values_per_leaf,
            value: leaf_values[value],
        }),
        None => Ok(()),
    }
}

fn check_covers(covers: &[f64], n_nodes: usize) -> Result<(), InvalidTree> {
    if !covers.is_empty() && covers.len() != n_nodes {
        return Err(InvalidTree::Covers {
            n_covers: covers.len(),
            n_nodes,
        });
    }
    match covers.iter().position(|c| !c.is_finite() || *c < 0.0) {
        Some(node) => Err(InvalidTree::Cover {
            node,
            cover: covers[node],
        }),
        None => Ok(()),
    }
}

/// Walks all nodes once: every node is reached, and in one way only.
fn depth_of_tree(nodes: &[Node]) -> Result<usize, InvalidTree> {
    if nodes.is_empty() {
        return Err(InvalidTree::Empty);
    }
    let mut reached = vec![false; nodes.len()];
    let mut deepest = 0;
    let mut open = vec![(0, 0)];
    while let Some((node, depth)) = open.pop() {
        if reached[node] {
            return Err(InvalidTree::ReachedTwice { node });
        }
        reached[node] = true;
        deepest = deepest.max(depth);
        if let Node::Split(split) = &nodes[node] {
            for child in [split.first, split.second] {
                if child as usize >= nodes.len() {
                    return Err(InvalidTree::NoSuchNode {
                        node,
                        child,
                        n_nodes: nodes.len(),
                    });
                }
                open.push((child as usize, depth + 1));
            }
        }
    }
    match reached.iter().position(|reached| !reached) {
        Some(node) => Err(InvalidTree::NotReached { node }),
        None => Ok(deepest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(first: u32, second: u32) -> Node {
        Node::Split(Split {
            feature: 0,
            condition: Condition::AtMost(1.0),
            missing: Branch::Second,
            zero_is_missing: false,
            first,
            second,
        })
    }

    #[test]
    fn cycles_and_strangers_are_refused() {
        let leaves = vec![1.0, 2.0];
        let made = |nodes: Vec<Node>| Tree::new(nodes, Vec::new(), leaves.clone(), 1);
        let whole = made(vec![split(1, 2), Node::Leaf(0), Node::Leaf(1)]).expect("a tree");
        assert_eq!(whole.depth(), 1);
        assert_eq!(whole.leaf_of(|_| 1.0), 0);
        assert_eq!(whole.leaf_of(|_| f64::NAN), 1);
        let cycle = vec![split(1, 2), split(0, 2), Node::Leaf(0)];
        assert!(matches!(made(cycle), Err(InvalidTree::ReachedTwice { .. })));
        let shared = vec![split(1, 1), Node::Leaf(0)];
        assert_eq!(made(shared), Err(InvalidTree::ReachedTwice { node: 1 }));
        let outside = made(vec![split(1, 9), Node::Leaf(0)]);
        assert!(matches!(
            outside,
            Err(InvalidTree::NoSuchNode { child: 9, .. })
        ));
        let island = made(vec![Node::Leaf(0), Node::Leaf(1)]);
        assert_eq!(island, Err(InvalidTree::NotReached { node: 1 }));
        assert_eq!(made(Vec::new()), Err(InvalidTree::Empty));
    }

    #[test]
    fn a_category_is_the_integer_part() {
        let split = Split {
            feature: 0,
            condition: Condition::In {
                codes: [0, 70].into_iter().collect(),
                unknown: Branch::Second,
            },
            missing: Branch::First,
            zero_is_missing: false,
            first: 1,
            second: 2,
        };
        for value in [0.0, -0.5, 0.9, 70.0, 70.2, f64::NAN] {
            assert_eq!(split.branch(value), Branch::First, "{value}");
        }
        for value in [1.0, -1.0, 71.0, 1e9, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(split.branch(value), Branch::Second, "{value}");
        }
    }
}
