//! A tree as the path-dependent kernel walks it: a list of steps, and per split the numbers
//! that do not depend on the row.

use super::decision::Decision;
use crate::model::{Node, Split, Target, Tree};

/// The tree in the order of a depth-first walk.
#[derive(Clone, Debug)]
pub(super) struct PreparedTree {
    pub(super) steps: Vec<Step>,
    pub(super) splits: Vec<PreparedSplit>,
    pub(super) leaf_values: Vec<f64>,
    pub(super) values_per_leaf: usize,
    pub(super) target: Target,
    /// Places that the walk needs, two for each level.
    pub(super) n_slots: usize,
    /// Most distinct features on a way to a leaf.
    pub(super) n_distinct: usize,
}

/// A split is left by `Ascend` after its sides were walked; one with two leaves is a `Twig`
/// and takes one step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Descend(u32),
    Twig(u32),
    Ascend(u32),
}

#[derive(Clone, Debug)]
pub(super) struct PreparedSplit {
    pub(super) feature: u32,
    /// Where the walk keeps what it knows of this node: twice its level, and 1 more for a
    /// second side.
    pub(super) slot: u32,
    pub(super) decision: Decision,
    /// Share of the training weight that takes the first side.
    pub(super) first_share: f64,
    pub(super) earlier: Option<Earlier>,
    pub(super) sides: [Side; 2],
}

/// The nearest split above on the same feature, seen from here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier {
    /// The slot of the side that was taken there.
    pub(super) slot: u32,
    /// Product of the shares of this feature's splits so far.
    pub(super) share: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Leaf(u32),
    Split,
}

impl PreparedSplit {
    /// The slot of the first side; that of the second follows.
    pub(super) fn side_slot(&self) -> usize {
        2 * (self.slot as usize / 2 + 1)
    }
}

/// An edge of the way from the root to the node that is prepared.
#[derive(Clone, Copy)]
struct Edge {
    feature: u32,
    slot: u32,
    /// As [`Earlier::share`].
    share: f64,
    n_distinct: usize,
}

enum Visit {
    Enter {
        node: u32,
        level: usize,
        edge: Option<Edge>,
    },
    Leave(u32),
}

impl PreparedTree {
    pub(super) fn new(tree: &Tree, covers: &[f64], target: Target) -> PreparedTree {
        let mut prepared = PreparedTree {
            steps: Vec::new(),
            splits: Vec::new(),
            leaf_values: tree.leaf_values().to_vec(),
            values_per_leaf: tree.values_per_leaf(),
            target,
            n_slots: 2 * (tree.depth() + 1),
            n_distinct: 0,
        };
        let mut path: Vec<Edge> = Vec::new();
        let mut open = vec![Visit::Enter {
            node: 0,
            level: 0,
            edge: None,
        }];
        while let Some(visit) = open.pop() {
            match visit {
                Visit::Leave(split) => prepared.steps.push(Step::Ascend(split)),
                Visit::Enter { node, level, edge } => {
                    path.truncate(level.saturating_sub(1));
                    path.extend(edge);
                    if let Node::Split(split) = &tree.nodes()[node as usize] {
                        let slot = edge.map_or(0, |edge| edge.slot);
                        let made = prepared_split(tree, (split, slot), covers, &path);
                        let sides = (split.first, split.second);
                        open.extend(prepared.add(made, sides, &path));
                    }
                }
            }
        }
        prepared
    }

    /// Notes a split and what to visit below it.
    fn add(
        &mut self,
        made: PreparedSplit,
        (first, second): (u32, u32),
        path: &[Edge],
    ) -> Vec<Visit> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a tree's nodes are counted by u32"
        )]
        let idx = self.splits.len() as u32;
        let n_distinct =
            path.last().map_or(0, |edge| edge.n_distinct) + usize::from(made.earlier.is_none());
        self.n_distinct = self.n_distinct.max(n_distinct);
        let above = made.earlier.map_or(1.0, |earlier| earlier.share);
        let mut visits = Vec::new();
        if matches!(made.sides, [Side::Leaf(_), Side::Leaf(_)]) {
            self.steps.push(Step::Twig(idx));
        } else {
            self.steps.push(Step::Descend(idx));
            visits.push(Visit::Leave(idx));
            let share = made.first_share;
            // The last one in is the first one out.
            for (node, side, share) in [(second, 1, 1.0 - share), (first, 0, share)] {
                let edge = Edge {
                    feature: made.feature,
                    slot: 2 * (made.slot / 2 + 1) + side,
                    share: above * share,
                    n_distinct,
                };
                visits.push(Visit::Enter {
                    node,
                    level: path.len() + 1,
                    edge: Some(edge),
                });
            }
        }
        self.splits.push(made);
        visits
    }
}

fn prepared_split(
    tree: &Tree,
    (split, slot): (&Split, u32),
    covers: &[f64],
    path: &[Edge],
) -> PreparedSplit {
    let earlier = path.iter().rev().find(|edge| edge.feature == split.feature);
    let side = |node: u32| match tree.nodes()[node as usize] {
        Node::Leaf(leaf) => Side::Leaf(leaf),
        Node::Split(_) => Side::Split,
    };
    PreparedSplit {
        feature: split.feature,
        slot,
        decision: Decision::new(split),
        first_share: first_share(split, covers),
        earlier: earlier.map(|edge| Earlier {
            slot: edge.slot,
            share: edge.share,
        }),
        sides: [side(split.first), side(split.second)],
    }
}

/// Halves where no training data came: any shares give the same values for rows that the
/// training data resemble. The covers of a split's sides are counted, not its own, so that
/// the shares sum to 1 where a library rounds.
pub(super) fn first_share(split: &Split, covers: &[f64]) -> f64 {
    // Halved, so that the sum of two huge covers stays finite.
    let first = covers[split.first as usize] / 2.0;
    let second = covers[split.second as usize] / 2.0;
    match first + second > 0.0 {
        true => first / (first + second),
        false => 0.5,
    }
}

/// Mean of one of the leaves' values, by the shares of the training weight.
pub(super) fn expected_value(tree: &Tree, covers: &[f64], value: usize) -> f64 {
    let mut expected = 0.0;
    let mut open = vec![(0, 1.0)];
    while let Some((node, weight)) = open.pop() {
        match &tree.nodes()[node as usize] {
            Node::Leaf(leaf) => expected += weight * tree.leaf(*leaf)[value],
            Node::Split(split) => {
                let share = first_share(split, covers);
                open.push((split.second, weight * (1.0 - share)));
                open.push((split.first, weight * share));
            }
        }
    }
    expected
}
