//! One tree of XGBoost, from its arrays.
//!
//! A value goes left where it is below the threshold, both as float32; where its category is in
//! the node's set it goes right, and left where it is not or where it is no category at all.
//! Nodes that pruning left behind are dropped: XGBoost marks them with the largest split index.
//! Any other node has exactly one parent, and the walk below would hide it if it had not.

use std::collections::HashMap;

use probity_metrics::model::{Branch, CategorySet, Condition, Node, Split, Tree};

use super::document::{Flag, TreeDocument};
use crate::model::error::ReadModel;
use crate::model::library_model::CategoryBits;

/// Split index of a node that pruning deleted, with and without the bit that says where missing
/// values go.
const DELETED: [u32; 2] = [u32::MAX, u32::MAX >> 1];

/// The tree of number `idx`, with `values_per_leaf` values in each leaf.
pub(crate) fn read_tree(
    (idx, document): (usize, &TreeDocument),
    values_per_leaf: usize,
    bits: &mut CategoryBits,
) -> Result<Tree, ReadModel> {
    check_lengths(document).map_err(|problem| damaged(idx, problem))?;
    let sets = category_sets(document, bits, idx)?;
    let walked = Walk::of(document, sets, values_per_leaf);
    let walked = walked.map_err(|problem| damaged(idx, problem))?;
    let covers = match document.sum_hessian.is_empty() {
        true => Vec::new(),
        false => walked.covers,
    };
    Tree::new(walked.nodes, covers, walked.leaf_values, values_per_leaf)
        .map_err(|source| ReadModel::Tree { tree: idx, source })
}

pub(crate) fn damaged(tree: usize, problem: String) -> ReadModel {
    ReadModel::malformed(format!("tree {tree}"), problem)
}

fn check_lengths(document: &TreeDocument) -> Result<(), String> {
    let n_nodes = document.left_children.len();
    let needed = [
        ("right_children", document.right_children.len()),
        ("split_indices", document.split_indices.len()),
        ("split_conditions", document.split_conditions.len()),
        ("default_left", document.default_left.len()),
    ];
    let optional = [
        ("sum_hessian", document.sum_hessian.len()),
        ("split_type", document.split_type.len()),
    ];
    let optional = optional.into_iter().filter(|(_, found)| *found > 0);
    for (name, found) in needed.into_iter().chain(optional) {
        if found != n_nodes {
            return Err(format!("has {found} `{name}` for {n_nodes} nodes"));
        }
    }
    Ok(())
}

/// The categories that go right, by node.
fn category_sets(
    document: &TreeDocument,
    bits: &mut CategoryBits,
    idx: usize,
) -> Result<HashMap<usize, CategorySet>, ReadModel> {
    let sizes = &document.categories_sizes;
    let segments = &document.categories_segments;
    if segments.len() != document.categories_nodes.len() || sizes.len() != segments.len() {
        return Err(damaged(idx, "has ragged lists of categories".to_owned()));
    }
    let mut sets = HashMap::new();
    for ((node, begin), size) in document.categories_nodes.iter().zip(segments).zip(sizes) {
        let codes = usize::try_from(*begin).ok().and_then(|begin| {
            let end = begin.checked_add(usize::try_from(*size).ok()?)?;
            document.categories.get(begin..end)
        });
        let (Some(codes), Ok(node)) = (codes, usize::try_from(*node)) else {
            let problem = format!("has categories outside of its list at node {node}");
            return Err(damaged(idx, problem));
        };
        bits.take(u64::from(codes.iter().copied().max().unwrap_or(0)))?;
        sets.insert(node, codes.iter().copied().collect());
    }
    Ok(sets)
}

/// Nodes in the order of their distance from the root.
struct Walk {
    nodes: Vec<Node>,
    covers: Vec<f64>,
    leaf_values: Vec<f64>,
}

impl Walk {
    fn of(
        document: &TreeDocument,
        mut sets: HashMap<usize, CategorySet>,
        values_per_leaf: usize,
    ) -> Result<Walk, String> {
        let n_nodes = document.left_children.len();
        let mut walk = Walk {
            nodes: Vec::with_capacity(n_nodes),
            covers: Vec::with_capacity(n_nodes),
            leaf_values: Vec::new(),
        };
        let mut order: Vec<usize> = (0..n_nodes.min(1)).collect();
        let mut reached: Vec<bool> = (0..n_nodes).map(|node| node == 0).collect();
        while let Some(node) = order.get(walk.nodes.len()).copied() {
            let cover = document.sum_hessian.get(node).copied();
            walk.covers.push(f64::from(cover.unwrap_or_default()));
            if document.left_children[node] == -1 {
                walk.push_leaf(document, node, values_per_leaf)?;
                continue;
            }
            let split = split_at(document, node, (&mut sets, order.len()))?;
            walk.nodes.push(Node::Split(split));
            for child in [document.left_children[node], document.right_children[node]] {
                let at = usize::try_from(child).ok().filter(|at| *at < n_nodes);
                let at = at.ok_or_else(|| format!("points to node {child} of {n_nodes}"))?;
                if std::mem::replace(&mut reached[at], true) {
                    return Err(format!("reaches node {at} in more than one way"));
                }
                order.push(at);
            }
        }
        let lost = |node: &usize| !reached[*node] && !is_deleted(document, *node);
        match (0..n_nodes).find(lost) {
            Some(node) => Err(format!("reaches node {node} from no other")),
            None => Ok(walk),
        }
    }

    fn push_leaf(
        &mut self,
        document: &TreeDocument,
        node: usize,
        values_per_leaf: usize,
    ) -> Result<(), String> {
        let leaf = self.leaf_values.len() / values_per_leaf.max(1);
        let leaf = u32::try_from(leaf).map_err(|_| "has too many leaves".to_owned())?;
        self.nodes.push(Node::Leaf(leaf));
        if values_per_leaf == 1 {
            let value = document.split_conditions[node].0;
            self.leaf_values.push(f64::from(value));
            return Ok(());
        }
        let (values, row) = match document.leaf_weights.is_empty() {
            true => (&document.base_weights, node),
            false => {
                let row = usize::try_from(document.right_children[node]);
                let row = row.map_err(|_| format!("has no values for the leaf {node}"))?;
                (&document.leaf_weights, row)
            }
        };
        let begin = row.saturating_mul(values_per_leaf);
        let values = values.get(begin..begin.saturating_add(values_per_leaf));
        let values = values.ok_or_else(|| format!("has no values for the leaf {node}"))?;
        self.leaf_values
            .extend(values.iter().map(|v| f64::from(*v)));
        Ok(())
    }
}

fn is_deleted(document: &TreeDocument, node: usize) -> bool {
    DELETED.contains(&document.split_indices[node])
}

/// The split of a node whose left child becomes node `next`, and the right one the node after it.
fn split_at(
    document: &TreeDocument,
    node: usize,
    (sets, next): (&mut HashMap<usize, CategorySet>, usize),
) -> Result<Split, String> {
    let left = u32::try_from(next).map_err(|_| "has too many nodes".to_owned())?;
    let right = left + 1;
    let default_left = document.default_left[node] == Flag(true);
    let by_category = document.split_type.get(node) == Some(&Flag(true));
    if by_category {
        let codes = sets.remove(&node);
        let codes = codes.ok_or_else(|| format!("has no categories for node {node}"))?;
        return Ok(Split {
            feature: document.split_indices[node],
            condition: Condition::In {
                codes,
                unknown: Branch::Second,
            },
            missing: match default_left {
                true => Branch::Second,
                false => Branch::First,
            },
            zero_is_missing: false,
            first: right,
            second: left,
        });
    }
    Ok(Split {
        feature: document.split_indices[node],
        condition: Condition::Below(f64::from(document.split_conditions[node].0)),
        missing: match default_left {
            true => Branch::First,
            false => Branch::Second,
        },
        zero_is_missing: false,
        first: left,
        second: right,
    })
}
