//! The parallel lists in which ONNX keeps the nodes of all trees, and the trees in them.

use std::collections::{BTreeSet, HashMap, HashSet};

use probity_metrics::model::{
    Branch, CategorySet, Condition, EnsembleTree, Node, Precision, Split, Target, Tree,
};

use super::attributes::Attributes;
use super::error::OperatorFault;
use super::tensor::{Data, Tensor};

/// Bits for categories over all nodes, in words: 128 MiB.
const LARGEST_CATEGORY_WORDS: u64 = 1 << 24;

/// A matrix of features is as wide as the last feature that is split on.
const LARGEST_FEATURE: u32 = 1 << 20;

/// Leaf values of all trees.
const LARGEST_NUMBER_OF_LEAF_VALUES: usize = 1 << 27;

/// The relative error to which numbers of rows of children, kept as float32, sum to the parent's.
const SUM_OF_COVERS: f64 = 1e-5;

/// Tree and node: how the lists name a node.
type NodeId = (i64, i64);

/// What leaves add to the outputs.
#[derive(Debug)]
pub(crate) struct Weights {
    leaves: Vec<NodeId>,
    outputs: Vec<i64>,
    values: Vec<f64>,
}

impl Weights {
    /// `prefix` is `class` or `target`.
    pub(crate) fn of(attributes: &Attributes<'_>, prefix: &str) -> Result<Weights, OperatorFault> {
        let ints = |list: &str| attributes.ints(&format!("{prefix}_{list}"));
        let (trees, nodes, outputs) = (ints("treeids"), ints("nodeids"), ints("ids"));
        let values = attributes.numbers(&format!("{prefix}_weights"))?;
        let n = values.len();
        if [trees.len(), nodes.len(), outputs.len()] != [n; 3] {
            return Err(unequal(&format!("{prefix}_*")));
        }
        Ok(Weights {
            leaves: trees.iter().copied().zip(nodes.iter().copied()).collect(),
            outputs: outputs.to_vec(),
            values,
        })
    }

    pub(crate) fn have_one_output(&self) -> bool {
        self.outputs.windows(2).all(|pair| pair[0] == pair[1])
    }

    pub(crate) fn move_to_first_output(&mut self) {
        self.outputs.fill(0);
    }

    pub(crate) fn are_shares(&self) -> bool {
        self.values.iter().all(|value| *value >= 0.0)
    }

    pub(crate) fn divided_by(&self, n_trees: usize) -> Weights {
        #[expect(clippy::cast_precision_loss, reason = "a number of trees in memory")]
        let divisor = n_trees.max(1) as f64;
        Weights {
            leaves: self.leaves.clone(),
            outputs: self.outputs.clone(),
            values: self.values.iter().map(|value| value / divisor).collect(),
        }
    }

    /// Output and value of each weight, by leaf.
    fn by_leaf(&self) -> HashMap<NodeId, Vec<(usize, f64)>> {
        let mut by_leaf: HashMap<NodeId, Vec<(usize, f64)>> = HashMap::new();
        // A negative output is as unknown as one that is too large.
        let outputs = self.outputs.iter().map(|output| usize::try_from(*output));
        let outputs = outputs.map(|output| output.unwrap_or(usize::MAX));
        for (leaf, weight) in self
            .leaves
            .iter()
            .zip(outputs.zip(self.values.iter().copied()))
        {
            by_leaf.entry(*leaf).or_default().push(weight);
        }
        by_leaf
    }
}

fn unequal(lists: &str) -> OperatorFault {
    OperatorFault::attribute(lists, "lists of different lengths")
}

/// How a node compares a value with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Leaf,
    AtMost,
    Below,
    AtLeast,
    Above,
    Equal,
    NotEqual,
}

impl Mode {
    fn of(text: &str) -> Option<Mode> {
        Some(match text {
            "LEAF" => Self::Leaf,
            "BRANCH_LEQ" => Self::AtMost,
            "BRANCH_LT" => Self::Below,
            "BRANCH_GTE" => Self::AtLeast,
            "BRANCH_GT" => Self::Above,
            "BRANCH_EQ" => Self::Equal,
            "BRANCH_NEQ" => Self::NotEqual,
            _ => return None,
        })
    }
}

/// One node of the lists.
#[derive(Clone, Copy, Debug)]
struct Row {
    mode: Mode,
    feature: u32,
    threshold: f64,
    /// Nodes of the same tree.
    yes: i64,
    no: i64,
    missing_is_yes: bool,
    /// How many rows of the training data came by.
    cover: f64,
}

/// All nodes.
#[derive(Debug)]
pub(crate) struct TreeTable {
    ids: Vec<NodeId>,
    rows: Vec<Row>,
    places: HashMap<NodeId, usize>,
    precision: Precision,
}

impl TreeTable {
    pub(crate) fn of(attributes: &Attributes<'_>) -> Result<TreeTable, OperatorFault> {
        let (trees, nodes) = (
            attributes.ints("nodes_treeids"),
            attributes.ints("nodes_nodeids"),
        );
        if trees.len() != nodes.len() {
            return Err(unequal("nodes_*"));
        }
        let ids: Vec<NodeId> = trees.iter().copied().zip(nodes.iter().copied()).collect();
        let rows = rows_of(attributes, ids.len())?;
        let places: HashMap<NodeId, usize> = ids.iter().copied().zip(0..).collect();
        if places.len() != ids.len() {
            return Err(OperatorFault::attribute(
                "nodes_nodeids",
                "a node is there twice",
            ));
        }
        let words: u64 = rows
            .iter()
            .filter_map(Row::category)
            .map(|x| u64::from(x) / 64 + 1)
            .sum();
        if words > LARGEST_CATEGORY_WORDS {
            return Err(OperatorFault::attribute(
                "nodes_values",
                "too many large categories",
            ));
        }
        // Thresholds of 64 bits are compared with values of 64 bits.
        let exact = attributes.tensor("nodes_values_as_tensor")?;
        let precision = match exact.as_ref().map(Tensor::data) {
            Some(Data::Double(_)) => Precision::Double,
            _ => Precision::Single,
        };
        Ok(TreeTable {
            ids,
            rows,
            places,
            precision,
        })
    }

    pub(crate) fn precision(&self) -> Precision {
        self.precision
    }

    fn splits(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.mode != Mode::Leaf)
    }

    /// One more than the last feature that is split on.
    pub(crate) fn n_features(&self) -> usize {
        self.splits()
            .map(|row| row.feature as usize + 1)
            .max()
            .unwrap_or(0)
    }

    /// Features that are asked for equality and nothing else.
    pub(crate) fn categorical(&self) -> BTreeSet<u32> {
        let features = |of_equality: bool| -> BTreeSet<u32> {
            let asks = |row: &&Row| matches!(row.mode, Mode::Equal | Mode::NotEqual) == of_equality;
            self.splits().filter(asks).map(|row| row.feature).collect()
        };
        &features(true) - &features(false)
    }

    /// The trees in the order in which they appear.
    pub(crate) fn trees(
        &self,
        weights: &Weights,
        n_outputs: usize,
    ) -> Result<Vec<EnsembleTree>, OperatorFault> {
        if weights
            .leaves
            .iter()
            .any(|leaf| !self.places.contains_key(leaf))
        {
            return Err(OperatorFault::attribute("*_nodeids", "a weight of no node"));
        }
        let orders = self
            .members()
            .into_iter()
            .map(|members| self.order_of(&members));
        let orders: Vec<Vec<Placed>> = orders.collect::<Result<_, _>>()?;
        let plan = Plan {
            by_leaf: weights.by_leaf(),
            n_outputs,
            with_covers: self.covers_are_counts(&orders),
        };
        let mut n_values = 0;
        let mut trees = Vec::with_capacity(orders.len());
        for order in &orders {
            let tree = self.tree(order, &plan)?;
            n_values += tree.tree.n_leaves() * tree.tree.values_per_leaf();
            if n_values > LARGEST_NUMBER_OF_LEAF_VALUES {
                return Err(OperatorFault::attribute(
                    "*_weights",
                    "too many leaves and outputs",
                ));
            }
            trees.push(tree);
        }
        Ok(trees)
    }

    /// Places of the nodes of each tree.
    fn members(&self) -> Vec<Vec<usize>> {
        let mut tree_of: HashMap<i64, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (place, (tree, _)) in self.ids.iter().enumerate() {
            let idx = *tree_of.entry(*tree).or_insert(members.len());
            if idx == members.len() {
                members.push(Vec::new());
            }
            members[idx].push(place);
        }
        members
    }

    /// The places of the children of a split.
    fn children(&self, place: usize) -> Result<Option<[usize; 2]>, OperatorFault> {
        let row = &self.rows[place];
        if row.mode == Mode::Leaf {
            return Ok(None);
        }
        let (tree, _) = self.ids[place];
        let child = |node: i64| {
            let known = self.places.get(&(tree, node)).copied();
            known.ok_or_else(|| not_a_tree(format!("tree {tree} has no node {node}")))
        };
        Ok(Some([child(row.yes)?, child(row.no)?]))
    }

    /// The nodes of one tree, its root first.
    fn order_of(&self, members: &[usize]) -> Result<Vec<Placed>, OperatorFault> {
        let (tree, _) = self.ids[members[0]];
        let mut inner = HashSet::new();
        for place in members {
            inner.extend(self.children(*place)?.into_iter().flatten());
        }
        let root = members.iter().find(|place| !inner.contains(place));
        let root = *root.ok_or_else(|| not_a_tree(format!("tree {tree} has no root")))?;
        let mut order = vec![Placed::at(root)];
        let mut reached = HashSet::from([root]);
        let mut at = 0;
        while at < order.len() {
            if let Some(children) = self.children(order[at].place)? {
                order[at].first_child = order.len();
                for child in children {
                    if !reached.insert(child) {
                        let (_, node) = self.ids[child];
                        let reason = format!("node {node} of tree {tree} is reached twice");
                        return Err(not_a_tree(reason));
                    }
                    order.push(Placed::at(child));
                }
            }
            at += 1;
        }
        match order.len() == members.len() {
            true => Ok(order),
            false => Err(not_a_tree(format!("tree {tree} has several roots"))),
        }
    }

    /// Whether the numbers at the nodes count rows: exporters that do not know write 1.
    fn covers_are_counts(&self, orders: &[Vec<Placed>]) -> bool {
        let cover = |placed: &Placed| self.rows[placed.place].cover;
        let sums_up = |order: &[Placed], placed: &Placed| {
            if placed.first_child == 0 {
                return true;
            }
            let children = &order[placed.first_child..][..2];
            let sum: f64 = children.iter().map(cover).sum();
            (sum - cover(placed)).abs() <= SUM_OF_COVERS * cover(placed)
        };
        let known = |order: &Vec<Placed>| {
            order
                .iter()
                .all(|placed| cover(placed) > 0.0 && sums_up(order, placed))
        };
        orders.iter().any(|order| order.len() > 1) && orders.iter().all(known)
    }

    fn tree(&self, order: &[Placed], plan: &Plan) -> Result<EnsembleTree, OperatorFault> {
        let target = plan.target_of(order.iter().map(|placed| self.ids[placed.place]))?;
        let values_per_leaf = match target {
            Target::One(_) => 1,
            Target::All => plan.n_outputs,
        };
        let n_leaves = order
            .iter()
            .filter(|placed| placed.first_child == 0)
            .count();
        if n_leaves.saturating_mul(values_per_leaf) > LARGEST_NUMBER_OF_LEAF_VALUES {
            return Err(OperatorFault::attribute(
                "*_weights",
                "too many leaves and outputs",
            ));
        }
        let mut leaf_values = Vec::with_capacity(n_leaves * values_per_leaf);
        let mut nodes = Vec::with_capacity(order.len());
        for placed in order {
            if placed.first_child != 0 {
                nodes.push(Node::Split(
                    self.rows[placed.place].split(placed.first_child)?,
                ));
                continue;
            }
            nodes.push(Node::Leaf(index(leaf_values.len() / values_per_leaf)?));
            let start = leaf_values.len();
            leaf_values.resize(start + values_per_leaf, 0.0);
            for (output, value) in plan.weights_of(self.ids[placed.place]) {
                let slot = if values_per_leaf == 1 { 0 } else { *output };
                leaf_values[start + slot] += value;
            }
        }
        let covers = match plan.with_covers {
            true => order
                .iter()
                .map(|placed| self.rows[placed.place].cover)
                .collect(),
            false => Vec::new(),
        };
        let tree = Tree::new(nodes, covers, leaf_values, values_per_leaf);
        let tree = tree.map_err(|invalid| not_a_tree(invalid.to_string()))?;
        Ok(EnsembleTree { tree, target })
    }
}

/// A node in the order of its tree.
#[derive(Debug)]
struct Placed {
    /// In the lists.
    place: usize,
    /// Index in the order; the other child follows. 0, the root, for a leaf.
    first_child: usize,
}

impl Placed {
    fn at(place: usize) -> Placed {
        Placed {
            place,
            first_child: 0,
        }
    }
}

/// What all trees of an ensemble are made with.
struct Plan {
    by_leaf: HashMap<NodeId, Vec<(usize, f64)>>,
    n_outputs: usize,
    with_covers: bool,
}

impl Plan {
    fn weights_of(&self, leaf: NodeId) -> &[(usize, f64)] {
        self.by_leaf.get(&leaf).map_or(&[], Vec::as_slice)
    }

    /// One output where all weights of a tree are for the same one, as in boosting.
    fn target_of(&self, nodes: impl Iterator<Item = NodeId>) -> Result<Target, OperatorFault> {
        let weights = nodes.flat_map(|node| self.weights_of(node).iter());
        let outputs: BTreeSet<usize> = weights.map(|(output, _)| *output).collect();
        if outputs
            .last()
            .is_some_and(|output| *output >= self.n_outputs)
        {
            return Err(OperatorFault::attribute("*_ids", "a weight of no output"));
        }
        match (outputs.len(), outputs.first()) {
            (1, Some(output)) => Ok(Target::One(index(*output)?)),
            (0, _) => Ok(Target::One(0)),
            _ => Ok(Target::All),
        }
    }
}

fn index(position: usize) -> Result<u32, OperatorFault> {
    u32::try_from(position).map_err(|_| not_a_tree("too many nodes".to_owned()))
}

fn not_a_tree(reason: String) -> OperatorFault {
    OperatorFault::attribute("nodes_*", reason)
}

impl Row {
    /// The code that a node asks for.
    fn category(&self) -> Option<u32> {
        let asks = matches!(self.mode, Mode::Equal | Mode::NotEqual);
        let is_code = self.threshold >= 0.0
            && self.threshold < f64::from(1 << 24)
            && self.threshold.fract() == 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a whole number of 24 bits"
        )]
        let code = self.threshold as u32;
        (asks && is_code).then_some(code)
    }

    /// The children are next to each other, that of the condition first.
    fn split(&self, first_child: usize) -> Result<Split, OperatorFault> {
        let below = Condition::Below(self.threshold);
        let at_most = Condition::AtMost(self.threshold);
        let (condition, yes) = match self.mode {
            Mode::AtMost | Mode::Leaf => (at_most, Branch::First),
            Mode::Below => (below, Branch::First),
            Mode::AtLeast => (below, Branch::Second),
            Mode::Above => (at_most, Branch::Second),
            Mode::Equal => (self.one_category()?, Branch::First),
            Mode::NotEqual => (self.one_category()?, Branch::Second),
        };
        let no = match yes {
            Branch::First => Branch::Second,
            Branch::Second => Branch::First,
        };
        // NaN is not equal to anything, and below or above nothing.
        let missing_is_yes = self.missing_is_yes || self.mode == Mode::NotEqual;
        let (first, second) = match yes {
            Branch::First => (first_child, first_child + 1),
            Branch::Second => (first_child + 1, first_child),
        };
        Ok(Split {
            feature: self.feature,
            condition,
            missing: if missing_is_yes { yes } else { no },
            zero_is_missing: false,
            first: index(first)?,
            second: index(second)?,
        })
    }

    /// Equality as LightGBM means it: the integer part of the value is the category. Between
    /// whole numbers that is the same.
    fn one_category(&self) -> Result<Condition, OperatorFault> {
        let code = self.category().ok_or_else(|| {
            OperatorFault::NotEvaluated(format!("equality with {}", self.threshold))
        })?;
        Ok(Condition::In {
            codes: CategorySet::from_iter([code]),
            unknown: Branch::Second,
        })
    }
}

fn rows_of(attributes: &Attributes<'_>, n: usize) -> Result<Vec<Row>, OperatorFault> {
    let modes = attributes.texts("nodes_modes")?;
    let thresholds = attributes.numbers("nodes_values")?;
    let features = attributes.ints("nodes_featureids");
    let (yes, no) = (
        attributes.ints("nodes_truenodeids"),
        attributes.ints("nodes_falsenodeids"),
    );
    let lengths = [
        modes.len(),
        thresholds.len(),
        features.len(),
        yes.len(),
        no.len(),
    ];
    if lengths != [n; 5] {
        return Err(unequal("nodes_*"));
    }
    let missing = attributes.ints("nodes_missing_value_tracks_true");
    let covers = attributes.numbers("nodes_hitrates")?;
    if ![0, n].contains(&missing.len()) || ![0, n].contains(&covers.len()) {
        return Err(unequal("nodes_*"));
    }
    (0..n)
        .map(|place| {
            let mode = Mode::of(&modes[place]).ok_or_else(|| {
                OperatorFault::NotEvaluated(format!("the split `{}`", modes[place]))
            })?;
            // A leaf's feature means nothing.
            let feature = if mode == Mode::Leaf {
                0
            } else {
                features[place]
            };
            let feature = u32::try_from(feature).ok().filter(|x| *x < LARGEST_FEATURE);
            Ok(Row {
                mode,
                feature: feature.ok_or_else(|| not_a_tree("a feature of no number".to_owned()))?,
                threshold: thresholds[place],
                yes: yes[place],
                no: no[place],
                missing_is_yes: missing.get(place).is_some_and(|tracks| *tracks != 0),
                cover: covers.get(place).copied().unwrap_or(0.0),
            })
        })
        .collect()
}
