//! Trees of CatBoost. A value above the border goes to the second side, both as float32.
//!
//! In a symmetric tree the last split is taken for the root, as CatBoost's own SHAP values and
//! the `shap` package do: predictions do not depend on it, path-dependent values do.

use probity_metrics::model::{Branch, Condition, Node, Split, Tree};

use super::document::{Bias, NanValueTreatment, ObliviousTree, SplitDocument, TreeNode};
use super::float_features::FloatFeatures;
use crate::model::error::ReadModel;

/// Splits of a symmetric tree; CatBoost allows 16.
const MAX_DEPTH: usize = 24;

const CATEGORIES: &str = "explain the model behind an endpoint, or train on numeric features";

/// What is read of one tree.
pub(crate) struct Context<'a> {
    pub(crate) features: &'a FloatFeatures,
    pub(crate) scale: f64,
    pub(crate) n_outputs: usize,
}

fn damaged(idx: usize, problem: String) -> ReadModel {
    ReadModel::malformed(format!("tree {idx}"), problem)
}

pub(crate) fn read_oblivious(
    (idx, document): (usize, &ObliviousTree),
    context: &Context<'_>,
) -> Result<Tree, ReadModel> {
    let splits = document.splits.as_deref().unwrap_or_default();
    let depth = splits.len();
    if depth > MAX_DEPTH {
        return Err(damaged(
            idx,
            format!("has {depth} splits, more than {MAX_DEPTH}"),
        ));
    }
    let n_leaves = 1 << depth;
    if document.leaf_values.len() != n_leaves * context.n_outputs {
        let found = document.leaf_values.len();
        return Err(damaged(
            idx,
            format!("has {found} values for {n_leaves} leaves"),
        ));
    }
    // Level by level: node `n` has the children `2n + 1` and `2n + 2`.
    let mut nodes = Vec::with_capacity(2 * n_leaves);
    for split in splits.iter().rev() {
        for _ in 0..=nodes.len() {
            let node = nodes.len();
            nodes.push(Node::Split(split_of(
                idx,
                split,
                (context, 2 * node + 1, 2 * node + 2),
            )?));
        }
    }
    nodes.extend((0..n_leaves).map(|leaf| Node::Leaf(position(leaf))));
    let covers = match document.leaf_weights.len() == n_leaves {
        true => summed(&document.leaf_weights),
        false => Vec::new(),
    };
    let values = document
        .leaf_values
        .iter()
        .map(|value| value * context.scale);
    Tree::new(nodes, covers, values.collect(), context.n_outputs)
        .map_err(|source| ReadModel::Tree { tree: idx, source })
}

/// Weights of all nodes, level by level, from those of the leaves.
fn summed(leaf_weights: &[f64]) -> Vec<f64> {
    let n_splits = leaf_weights.len() - 1;
    let mut covers = vec![0.0; n_splits];
    covers.extend(leaf_weights);
    for node in (0..n_splits).rev() {
        covers[node] = covers[2 * node + 1] + covers[2 * node + 2];
    }
    covers
}

fn position(node: usize) -> u32 {
    u32::try_from(node).expect("a tree has fewer nodes than its file has bytes, which are few")
}

fn split_of(
    idx: usize,
    split: &SplitDocument,
    (context, first, second): (&Context<'_>, usize, usize),
) -> Result<Split, ReadModel> {
    if split.split_type != "FloatFeature" {
        return Err(ReadModel::unsupported(
            format!(
                "a CatBoost model with splits of the type `{}`",
                split.split_type
            ),
            CATEGORIES,
        ));
    }
    let feature = context.features.of_split(split.float_feature_index);
    let (feature, treatment) = feature.ok_or_else(|| {
        let feature = split.float_feature_index;
        damaged(
            idx,
            format!("splits on the feature {feature}, which is not listed"),
        )
    })?;
    Ok(Split {
        feature,
        condition: Condition::AtMost(f64::from(split.border)),
        missing: match treatment {
            NanValueTreatment::AsIs | NanValueTreatment::AsFalse => Branch::First,
            NanValueTreatment::AsTrue => Branch::Second,
        },
        zero_is_missing: false,
        first: position(first),
        second: position(second),
    })
}

/// A tree whose nodes lie within one another, walked with a stack of our own.
pub(crate) fn read_nested(
    (idx, root): (usize, &TreeNode),
    context: &Context<'_>,
) -> Result<Tree, ReadModel> {
    let mut order = vec![root];
    let mut nodes = Vec::new();
    let mut leaf_values = Vec::new();
    while let Some(node) = order.get(nodes.len()).copied() {
        let TreeNode {
            left,
            right,
            split,
            value,
            ..
        } = node;
        match (left, right, split, value) {
            (Some(left), Some(right), Some(split), _) => {
                let children = (context, order.len(), order.len() + 1);
                nodes.push(Node::Split(split_of(idx, split, children)?));
                order.extend([left.as_ref(), right.as_ref()]);
            }
            (None, None, None, Some(value)) => {
                nodes.push(Node::Leaf(position(leaf_values.len() / context.n_outputs)));
                let values = match value {
                    Bias::One(value) => std::slice::from_ref(value),
                    Bias::Each(values) => values,
                };
                if values.len() != context.n_outputs {
                    let problem = format!("has {} values in a leaf", values.len());
                    return Err(damaged(idx, problem));
                }
                leaf_values.extend(values.iter().map(|value| value * context.scale));
            }
            _ => return Err(damaged(idx, "has a node that is half a split".to_owned())),
        }
    }
    let covers = nested_covers(&order, &nodes).unwrap_or_default();
    Tree::new(nodes, covers, leaf_values, context.n_outputs)
        .map_err(|source| ReadModel::Tree { tree: idx, source })
}

/// Children come after their parents; `None` where a leaf has no weight.
fn nested_covers(order: &[&TreeNode], nodes: &[Node]) -> Option<Vec<f64>> {
    let mut covers = vec![0.0; nodes.len()];
    for (node, kind) in nodes.iter().enumerate().rev() {
        covers[node] = match kind {
            Node::Leaf(_) => order[node].weight?,
            Node::Split(split) => covers[split.first as usize] + covers[split.second as usize],
        };
    }
    Some(covers)
}
