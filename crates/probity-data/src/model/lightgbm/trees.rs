//! One tree of LightGBM. Splits are numbered from 0; a child that is a leaf is written as the
//! complement of the leaf's number. Values and thresholds are float64.
//!
//! What a split does with a missing value is in the bits of `decision_type`: 1 a set of
//! categories, 2 missing goes left, and from bit 4 on what counts as missing (0 nothing, 1 zero
//! and NaN, 2 NaN). Where nothing does, NaN is zero. A set sends all that it does not hold right,
//! NaN too.

use probity_metrics::model::{Branch, CategorySet, Condition, Node, Split, Tree};

use super::text::Section;
use crate::model::error::ReadModel;
use crate::model::library_model::CategoryBits;

const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;

pub(crate) fn read_tree(
    (idx, section): (usize, &Section<'_>),
    scale: f64,
    bits: &mut CategoryBits,
) -> Result<Tree, ReadModel> {
    let damaged = |problem| ReadModel::malformed(format!("tree {idx}"), problem);
    let arrays = Arrays::of(section).map_err(damaged)?;
    let mut nodes = Vec::with_capacity(arrays.leaf_value.len() * 2);
    for split in 0..arrays.split_feature.len() {
        let condition = arrays.condition(split, bits)?;
        let condition = condition.map_err(damaged)?;
        nodes.push(Node::Split(
            arrays.split(split, condition).map_err(damaged)?,
        ));
    }
    let n_leaves = u32::try_from(arrays.leaf_value.len());
    let n_leaves = n_leaves.map_err(|_| damaged("has too many leaves".to_owned()))?;
    nodes.extend((0..n_leaves).map(Node::Leaf));
    let leaf_values = arrays.leaf_value.iter().map(|value| value * scale);
    let leaf_values = leaf_values.collect();
    Tree::new(nodes, arrays.covers, leaf_values, 1)
        .map_err(|source| ReadModel::Tree { tree: idx, source })
}

/// LightGBM takes values within 1e-35 (as a float32) of zero for zero before it asks a tree. A
/// threshold in there is moved to where that makes no difference.
fn around_zero(threshold: f64) -> f64 {
    const ZERO: f64 = 1e-35_f32 as f64;
    match threshold {
        _ if (-ZERO..0.0).contains(&threshold) => (-ZERO).next_down(),
        _ if (0.0..ZERO).contains(&threshold) => ZERO,
        _ => threshold,
    }
}

struct Arrays {
    split_feature: Vec<u32>,
    threshold: Vec<f64>,
    decision_type: Vec<u8>,
    left_child: Vec<i64>,
    right_child: Vec<i64>,
    leaf_value: Vec<f64>,
    cat_boundaries: Vec<usize>,
    cat_threshold: Vec<u32>,
    /// Per split, then per leaf.
    covers: Vec<f64>,
}

impl Arrays {
    fn of(section: &Section<'_>) -> Result<Arrays, String> {
        let mut arrays = Arrays {
            split_feature: section.numbers("split_feature")?,
            threshold: section.numbers("threshold")?,
            decision_type: section.numbers("decision_type")?,
            left_child: section.numbers("left_child")?,
            right_child: section.numbers("right_child")?,
            leaf_value: section.numbers("leaf_value")?,
            cat_boundaries: section.numbers("cat_boundaries")?,
            cat_threshold: section.numbers("cat_threshold")?,
            covers: section.numbers("internal_count")?,
        };
        let n_leaves = arrays.leaf_value.len();
        let n_splits = n_leaves.checked_sub(1).ok_or("has no leaf")?;
        if section.get("num_leaves") != Some(n_leaves.to_string().as_str()) {
            return Err(format!("has {n_leaves} leaves and states another number"));
        }
        for (name, found) in [
            ("split_feature", arrays.split_feature.len()),
            ("threshold", arrays.threshold.len()),
            ("decision_type", arrays.decision_type.len()),
            ("left_child", arrays.left_child.len()),
            ("right_child", arrays.right_child.len()),
        ] {
            if found != n_splits {
                return Err(format!("has {found} `{name}` for {n_splits} splits"));
            }
        }
        let leaf_counts: Vec<f64> = section.numbers("leaf_count")?;
        if n_splits == 0 {
            // Some versions leave out what reached the only leaf; nothing is weighed with it.
            arrays.covers = vec![1.0];
        } else if arrays.covers.len() == n_splits && leaf_counts.len() == n_leaves {
            arrays.covers.extend(leaf_counts);
        } else {
            arrays.covers.clear();
        }
        Ok(arrays)
    }

    /// The outer error is that of a limit.
    fn condition(
        &self,
        split: usize,
        bits: &mut CategoryBits,
    ) -> Result<Result<Condition, String>, ReadModel> {
        let threshold = self.threshold[split];
        if self.decision_type[split] & CATEGORICAL == 0 {
            return Ok(Ok(Condition::AtMost(around_zero(threshold))));
        }
        let Some(words) = self.category_words(threshold) else {
            let problem = format!("has no set of categories for split {split}");
            return Ok(Err(problem));
        };
        bits.take(words.len() as u64 * 32)?;
        let codes = words
            .iter()
            .zip((0..).step_by(32))
            .flat_map(|(word, first)| {
                (0..32)
                    .filter(move |bit| word >> bit & 1 == 1)
                    .map(move |bit| first + bit)
            });
        Ok(Ok(Condition::In {
            codes: codes.collect::<CategorySet>(),
            unknown: Branch::Second,
        }))
    }

    /// A categorical split has the number of its set in place of a threshold.
    fn category_words(&self, number: f64) -> Option<&[u32]> {
        let is_position = number >= 0.0 && number < self.cat_boundaries.len() as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a position of the list"
        )]
        let set = is_position.then_some(number as usize)?;
        let (begin, end) = (self.cat_boundaries[set], *self.cat_boundaries.get(set + 1)?);
        self.cat_threshold.get(begin..end)
    }

    fn split(&self, split: usize, condition: Condition) -> Result<Split, String> {
        let bits = self.decision_type[split];
        let default = match bits & DEFAULT_LEFT == 0 {
            true => Branch::Second,
            false => Branch::First,
        };
        let (missing, zero_is_missing) = match (&condition, bits >> 2 & 3) {
            (Condition::In { .. }, _) => (Branch::Second, false),
            (Condition::AtMost(threshold) | Condition::Below(threshold), 0) => {
                let zero_goes_left = 0.0 <= *threshold;
                let missing = if zero_goes_left {
                    Branch::First
                } else {
                    Branch::Second
                };
                (missing, false)
            }
            (_, 1) => (default, true),
            (_, 2) => (default, false),
            (_, other) => return Err(format!("has the unknown kind {other} of missing values")),
        };
        Ok(Split {
            feature: self.split_feature[split],
            condition,
            missing,
            zero_is_missing,
            first: self.node(self.left_child[split])?,
            second: self.node(self.right_child[split])?,
        })
    }

    /// Leaves come after all splits.
    fn node(&self, child: i64) -> Result<u32, String> {
        let node = match child < 0 {
            true => i64::try_from(self.split_feature.len())
                .ok()
                .and_then(|n| n.checked_add(!child)),
            false => Some(child),
        };
        let node = node.and_then(|node| u32::try_from(node).ok());
        node.ok_or_else(|| format!("points to node {child}"))
    }
}
