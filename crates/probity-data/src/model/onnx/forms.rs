//! Graphs that are a known form of model: trees, or a linear model, between nodes that only pass
//! on what they get. Explanations are computed on the form.

use std::sync::Arc;

use probity_metrics::model::{Feature, FeatureKind, LinearModel, Link, TreeEnsemble};

use super::answer::spelled;
use super::graph::{Graph, Slot, Step};
use super::operator::{LinearParts, PostTransform, Role, TreeParts};
use super::tensor::Data;

/// A chain of nodes that is followed. Pipelines have a dozen.
const LONGEST_CHAIN: usize = 64;

/// Weights of two classes that are each other's opposite may differ by float32 rounding.
const OPPOSITE: f64 = 1e-6;

/// The nodes from the input of the graph to a value, each taking what the one before gives.
fn chain_to(graph: &Graph, from: Slot, to: Slot) -> Option<Vec<&Step>> {
    let mut chain = Vec::new();
    let mut slot = to;
    while slot != from {
        let step = graph.maker(slot)?;
        chain.push(step);
        // Of two inputs, one is a constant.
        let mut data = step
            .inputs
            .iter()
            .flatten()
            .filter(|slot| graph.constant(**slot).is_none());
        slot = *data.next()?;
        if data.next().is_some() || chain.len() > LONGEST_CHAIN {
            return None;
        }
    }
    chain.reverse();
    Some(chain)
}

/// The trees that a graph is, whose features have these names.
pub(crate) fn trees(
    graph: &Graph,
    (from, to): (Slot, Slot),
    names: &[String],
) -> Option<TreeEnsemble> {
    let mut found: Option<Arc<TreeParts>> = None;
    for step in chain_to(graph, from, to)? {
        match &step.role {
            Role::Passes | Role::Names(_) => {}
            Role::Trees(parts) if found.is_none() => found = Some(Arc::clone(parts)),
            // LightGBM's exporter multiplies its scores by one.
            Role::Function(name) if name == "Mul" && found.is_some() => {
                let factor = constant_of(graph, step)?;
                if !factor.iter().all(|factor| is(*factor, 1.0)) {
                    return None;
                }
            }
            _ => return None,
        }
    }
    found?.ensemble(names)
}

fn constant_of(graph: &Graph, step: &Step) -> Option<Vec<f64>> {
    let mut constants = step
        .inputs
        .iter()
        .flatten()
        .filter_map(|slot| graph.constant(*slot));
    constants.next()?.to_f64()
}

/// What a chain of nodes does to the features, so far.
struct Affine {
    n_features: usize,
    /// A row of weights per column; `None` while each column is one feature, scaled.
    weights: Option<Vec<f64>>,
    scale: Vec<f64>,
    /// Added to each column.
    shift: Vec<f64>,
    link: Link,
}

impl Affine {
    fn of_features(n_features: usize) -> Affine {
        Affine {
            n_features,
            weights: None,
            scale: vec![1.0; n_features],
            shift: vec![0.0; n_features],
            link: Link::Identity,
        }
    }

    fn n_columns(&self) -> usize {
        self.shift.len()
    }

    /// `x · factor + term` of each column; one number stands for all.
    fn stretch(&mut self, factor: &[f64], term: &[f64]) -> Option<()> {
        let n = self.n_columns();
        let fits = |values: &[f64]| values.len() == 1 || values.len() == n;
        if self.link != Link::Identity || !fits(factor) || !fits(term) {
            return None;
        }
        for column in 0..n {
            let factor = factor[column % factor.len()];
            self.shift[column] = self.shift[column] * factor + term[column % term.len()];
            match &mut self.weights {
                None => self.scale[column] *= factor,
                Some(weights) => {
                    let row = &mut weights[column * self.n_features..][..self.n_features];
                    row.iter_mut().for_each(|weight| *weight *= factor);
                }
            }
        }
        Some(())
    }

    /// A product with a row of weights per new column.
    fn multiply(&mut self, weights: &[f64], intercepts: &[f64]) -> Option<()> {
        let n = self.n_features;
        if self.weights.is_some() || self.link != Link::Identity || n == 0 {
            return None;
        }
        if Some(weights.len()) != intercepts.len().checked_mul(n) {
            return None;
        }
        let rows = weights.chunks_exact(n).zip(intercepts);
        let shift = rows.clone().map(|(row, intercept)| {
            intercept + row.iter().zip(&self.shift).map(|(w, x)| w * x).sum::<f64>()
        });
        let shift: Vec<f64> = shift.collect();
        let scaled = rows.flat_map(|(row, _)| row.iter().zip(&self.scale).map(|(w, s)| w * s));
        self.weights = Some(scaled.collect());
        self.shift = shift;
        Some(())
    }

    fn apply(&mut self, link: Link) -> Option<()> {
        let is_linear = self.weights.is_some() && self.link == Link::Identity;
        self.link = link;
        is_linear.then_some(())
    }

    fn linear(&mut self, parts: &LinearParts) -> Option<()> {
        let one_of_two = parts.n_outputs() == 1 && parts.classes.len() == 2;
        match one_of_two {
            true => {
                let both = |values: &[f64]| -> Vec<f64> {
                    let opposite = values.iter().map(|x| -x);
                    opposite.chain(values.iter().copied()).collect()
                };
                self.multiply(&both(&parts.weights), &both(&parts.intercepts))?;
            }
            false => self.multiply(&parts.weights, &parts.intercepts)?,
        }
        match parts.post_transform {
            PostTransform::None => Some(()),
            PostTransform::Logistic => self.apply(Link::Logistic { scale: 1.0 }),
            PostTransform::Softmax => self.apply(Link::Softmax),
            PostTransform::SoftmaxZero => None,
        }
    }

    /// Whether the scores of a row already sum to 1.
    fn are_shares(&self) -> bool {
        let opposite = |a: f64, b: f64| (a + b).abs() <= OPPOSITE * a.abs().max(b.abs());
        match (self.link, &self.weights, &self.shift[..]) {
            (Link::Softmax, _, _) => true,
            (Link::Logistic { .. }, Some(weights), [first, second]) => {
                let (a, b) = weights.split_at(self.n_features);
                opposite(*first, *second) && a.iter().zip(b).all(|(a, b)| opposite(*a, *b))
            }
            _ => false,
        }
    }
}

/// The linear model that a graph is, whose features have these names.
pub(crate) fn linear(
    graph: &Graph,
    (from, to): (Slot, Slot),
    names: &[String],
) -> Option<LinearModel> {
    let mut affine = Affine::of_features(names.len());
    for step in chain_to(graph, from, to)? {
        add_step(graph, step, &mut affine)?;
    }
    let features = names.iter().map(|name| Feature {
        name: name.clone(),
        kind: FeatureKind::Numeric,
    });
    LinearModel::new(
        features.collect(),
        affine.weights?,
        affine.shift,
        affine.link,
    )
    .ok()
}

fn add_step(graph: &Graph, step: &Step, affine: &mut Affine) -> Option<()> {
    match &step.role {
        Role::Passes | Role::Names(_) => Some(()),
        Role::Scaler(parts) => {
            let n = affine.n_columns();
            let columns: Vec<(f64, f64)> = (0..n).map(|column| parts.column(column)).collect();
            let scale: Vec<f64> = columns.iter().map(|(_, scale)| *scale).collect();
            let shift: Vec<f64> = columns
                .iter()
                .map(|(offset, scale)| -offset * scale)
                .collect();
            parts
                .fits(n)
                .then(|| affine.stretch(&scale, &shift))
                .flatten()
        }
        Role::Linear(parts) => affine.linear(parts),
        Role::ShareOfRow => affine.are_shares().then_some(()),
        Role::Reshape => {
            // To as many columns as there are, or to a list of one column.
            let dims = constant_of(graph, step)?;
            let n = affine.n_columns();
            let keeps = match dims[..] {
                [rows, columns] => is(rows, -1.0) && same(columns, n),
                [rows] => is(rows, -1.0) && n == 1,
                _ => false,
            };
            (keeps && affine.weights.is_some()).then_some(())
        }
        Role::Function(name) => add_function(name, (graph, step), affine),
        Role::Trees(_) | Role::Classes(_) | Role::Other => None,
    }
}

#[expect(
    clippy::float_cmp,
    reason = "a constant of the file means this very number"
)]
fn is(constant: f64, number: f64) -> bool {
    constant == number
}

#[expect(clippy::cast_precision_loss, reason = "a number of columns in memory")]
fn same(columns: f64, n: usize) -> bool {
    is(columns, n as f64)
}

fn add_function(name: &str, (graph, step): (&Graph, &Step), affine: &mut Affine) -> Option<()> {
    match name {
        "Sigmoid" => return affine.apply(Link::Logistic { scale: 1.0 }),
        "Exp" => return affine.apply(Link::Exponential),
        "Add" | "Sub" | "Mul" | "Div" | "MatMul" => {}
        _ => return None,
    }
    let constant = constant_of(graph, step)?;
    let constant_is_second = graph
        .constant(step.inputs.get(1).copied().flatten()?)
        .is_some();
    let negated = || constant.iter().map(|x| -x).collect::<Vec<_>>();
    match (name, constant_is_second) {
        ("Add", _) => affine.stretch(&[1.0], &constant),
        ("Sub", true) => affine.stretch(&[1.0], &negated()),
        ("Sub", false) => affine.stretch(&[-1.0], &constant),
        ("Mul", _) => affine.stretch(&constant, &[0.0]),
        ("Div", true) => {
            let inverse: Vec<f64> = constant.iter().map(|x| x.recip()).collect();
            affine.stretch(&inverse, &[0.0])
        }
        ("MatMul", true) => {
            let n_columns = constant.len().checked_div(affine.n_features)?;
            let place = |output, feature| feature * n_columns + output;
            let n_features = affine.n_features;
            let all = (0..n_columns).flat_map(|o| (0..n_features).map(move |f| (o, f)));
            let turned: Vec<f64> = all
                .map(|(o, f)| constant.get(place(o, f)).copied())
                .collect::<Option<_>>()?;
            affine.multiply(&turned, &vec![0.0; n_columns])
        }
        _ => None,
    }
}

/// What the scores are called: the classes of the node that they come from, or of the labels.
pub(crate) fn class_names(
    graph: &Graph,
    scores: Option<Slot>,
    labels: Option<Slot>,
) -> Option<Vec<String>> {
    let classes = scores.and_then(|slot| classes_behind(graph, slot));
    let classes = classes.or_else(|| labels.and_then(|slot| classes_behind(graph, slot)))?;
    (classes.len() > 0).then(|| spelled(&classes))
}

fn classes_behind(graph: &Graph, mut slot: Slot) -> Option<Data> {
    for _ in 0..LONGEST_CHAIN {
        let step = graph.maker(slot)?;
        match &step.role {
            Role::Names(classes) | Role::Classes(classes) => return Some(classes.clone()),
            Role::Trees(parts) => return Some(parts.classes.clone()),
            Role::Linear(parts) => return Some(parts.classes.clone()),
            // The class in a place: exporters look the label up in a list.
            Role::Function(name) if name == "ArrayFeatureExtractor" => {
                let list = graph.constant(step.inputs.first().copied().flatten()?)?;
                return Some(list.data().clone());
            }
            Role::Passes | Role::Reshape | Role::ShareOfRow | Role::Function(_) => {}
            Role::Scaler(_) | Role::Other => return None,
        }
        slot = step.inputs.first().copied().flatten()?;
    }
    None
}
