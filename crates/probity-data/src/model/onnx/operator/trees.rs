//! `TreeEnsembleClassifier` and `TreeEnsembleRegressor` of `ai.onnx.ml`, versions 1 to 3: the
//! nodes of all trees in parallel lists, read into the form that explanations are computed on.
//!
//! Scores therefore come from the same sums in 64 bits, whether a graph runs or its trees do.
//! Where the standard leaves open what one weight for two classes means, the behaviour of ONNX
//! Runtime is followed, because exporters are tested against it.

use std::collections::BTreeSet;
use std::sync::Arc;

use probity_metrics::model::{Feature, FeatureKind, FeatureMatrix, Link, TreeEnsemble};

use super::linear::{PostTransform, largest};
use super::{Inputs, Made, floats, one, several};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Tensor};
use crate::model::onnx::tree_table::{TreeTable, Weights};

/// More outputs than any model has, and few enough for a value of each in every leaf.
const LARGEST_NUMBER_OF_OUTPUTS: usize = 1 << 16;

pub(super) fn operator(parts: Arc<TreeParts>) -> Made {
    match parts.form {
        Form::Values => one(move |inputs| {
            let (rows, mut scores) = parts.raw_scores(inputs)?;
            for row in scores.chunks_mut(parts.ensemble.n_outputs()) {
                parts.post_transform.apply(row);
            }
            Tensor::new(vec![rows, parts.ensemble.n_outputs()], floats(scores))
        }),
        Form::Classes | Form::OneWeight { .. } => several(move |inputs| parts.classify(inputs)),
    }
}

/// What the sums of the trees are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Values,
    /// One sum per class.
    Classes,
    /// One sum for two classes.
    OneWeight {
        opposite: Opposite,
    },
}

/// What the first of two classes gets where there is one sum, without a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opposite {
    /// `1 − sum`: all weights are shares.
    Complement,
    /// `−sum`.
    Negation,
}

/// A node of trees, understood.
#[derive(Debug)]
pub(crate) struct TreeParts {
    /// Raw sums: its link is the identity, its features are those that are split on.
    ensemble: TreeEnsemble,
    post_transform: PostTransform,
    form: Form,
    pub(crate) classes: Data,
    /// Two numbers to start from for one sum: a transform then sees both classes.
    starts_from_two: bool,
    /// Features that are only asked for equality.
    categorical: BTreeSet<u32>,
}

impl TreeParts {
    pub(crate) fn of(node: &NodeProto) -> Result<TreeParts, OperatorFault> {
        let attributes = Attributes::of(node);
        let is_classifier = node.op_type == "TreeEnsembleClassifier";
        let prefix = if is_classifier { "class" } else { "target" };
        let mut weights = Weights::of(&attributes, prefix)?;
        let classes = attributes.labels("classlabels_int64s", "classlabels_strings")?;
        let form = match is_classifier {
            true => form_of_classes(classes.len(), &mut weights),
            false => Form::Values,
        };
        let n_outputs = match form {
            Form::Values => usize::try_from(attributes.int("n_targets", 1)).unwrap_or(0),
            Form::Classes => classes.len(),
            Form::OneWeight { .. } => 1,
        };
        if !(1..=LARGEST_NUMBER_OF_OUTPUTS).contains(&n_outputs) {
            let reason = format!("{n_outputs} outputs");
            return Err(OperatorFault::attribute("n_targets", reason));
        }
        let table = TreeTable::of(&attributes)?;
        let mut trees = table.trees(&weights, n_outputs)?;
        match attributes.text("aggregate_function", "SUM")? {
            "SUM" => {}
            "AVERAGE" => trees = table.trees(&weights.divided_by(trees.len()), n_outputs)?,
            other => return Err(OperatorFault::NotEvaluated(format!("`{other}` of trees"))),
        }
        let given = attributes.numbers("base_values")?;
        let base = base_of(&given, n_outputs)?;
        // A matrix without columns has no rows: trees of single leaves get a feature too.
        let features = vec![numeric(String::new()); table.n_features().max(1)];
        let ensemble =
            TreeEnsemble::new(features, trees, base, (Link::Identity, table.precision()))
                .map_err(|invalid| OperatorFault::attribute("nodes_*", invalid.to_string()))?;
        Ok(TreeParts {
            ensemble,
            post_transform: PostTransform::of(&attributes)?,
            form,
            classes,
            starts_from_two: given.len() == 2 && n_outputs == 1,
            categorical: table.categorical(),
        })
    }

    /// The ensemble of a model with these features; `None` where its scores are no sum under a
    /// link. One sum of two classes is the score of the second.
    pub(crate) fn ensemble(&self, names: &[String]) -> Option<TreeEnsemble> {
        let link = match (self.post_transform, self.form) {
            (PostTransform::None, _) => Link::Identity,
            (PostTransform::Logistic, _) => Link::Logistic { scale: 1.0 },
            (PostTransform::Softmax, Form::OneWeight { .. }) if self.starts_from_two => {
                Link::Logistic { scale: 2.0 }
            }
            (PostTransform::Softmax, Form::OneWeight { .. }) => Link::Identity,
            (PostTransform::Softmax, Form::Values | Form::Classes) => Link::Softmax,
            (PostTransform::SoftmaxZero, _) => return None,
        };
        let features = (0_u32..).zip(names).map(|(idx, name)| Feature {
            name: name.clone(),
            kind: match self.categorical.contains(&idx) {
                true => FeatureKind::Categorical { categories: None },
                false => FeatureKind::Numeric,
            },
        });
        TreeEnsemble::new(
            features.collect(),
            self.ensemble.trees().to_vec(),
            self.ensemble.base().to_vec(),
            (link, self.ensemble.precision()),
        )
        .ok()
    }

    /// The number of rows and the sums of each.
    fn raw_scores(&self, inputs: &Inputs<'_>) -> Result<(usize, Vec<f64>), OperatorFault> {
        let tensor = inputs.get(0)?;
        let (rows, columns) = tensor.as_rows();
        let n_features = self.ensemble.features().len();
        if columns < n_features {
            return Err(OperatorFault::Shape {
                input: 0,
                expected: format!("rows of at least {n_features} columns"),
                found: tensor.shape().clone(),
            });
        }
        let values = inputs.numbers(0)?;
        let used = values.chunks_exact(columns);
        let used = used
            .flat_map(|row| row[..n_features].iter().copied())
            .collect();
        let matrix = FeatureMatrix::new(used, n_features).expect("whole rows were taken");
        Ok((rows, self.ensemble.raw_scores(&matrix)))
    }

    fn classify(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>, OperatorFault> {
        let (rows, raw) = self.raw_scores(inputs)?;
        let mut scores = Vec::new();
        let mut labels = Vec::with_capacity(rows);
        for sums in raw.chunks(self.ensemble.n_outputs()) {
            let (label, mut row) = self.class_scores(sums);
            labels.push(label);
            scores.append(&mut row);
        }
        let labels = Tensor::new(vec![rows], self.classes.pick(&labels))?;
        let scores = Tensor::new(vec![rows, self.classes.len()], floats(scores))?;
        Ok(vec![labels, scores])
    }

    /// The place of the predicted class, and a score for each.
    fn class_scores(&self, sums: &[f64]) -> (usize, Vec<f64>) {
        let (Form::OneWeight { opposite }, [sum]) = (self.form, sums) else {
            let mut row = sums.to_vec();
            let label = largest(&row);
            self.post_transform.apply(&mut row);
            return (label, row);
        };
        let transforms = self.post_transform == PostTransform::Logistic || self.starts_from_two;
        let (threshold, mut row) = match opposite {
            Opposite::Complement if !transforms => (0.5, vec![1.0 - sum, *sum]),
            Opposite::Complement | Opposite::Negation => (0.0, vec![-sum, *sum]),
        };
        if transforms {
            self.post_transform.apply(&mut row);
        }
        (usize::from(*sum > threshold), row)
    }
}

/// Of a classifier. Weights of one sum for two classes may be filed under either class: they are
/// moved to the only output.
fn form_of_classes(n_classes: usize, weights: &mut Weights) -> Form {
    if n_classes != 2 || !weights.have_one_output() {
        return Form::Classes;
    }
    weights.move_to_first_output();
    let opposite = match weights.are_shares() {
        true => Opposite::Complement,
        false => Opposite::Negation,
    };
    Form::OneWeight { opposite }
}

fn numeric(name: String) -> Feature {
    Feature {
        name,
        kind: FeatureKind::Numeric,
    }
}

/// Of two numbers for one sum, the second is that of the class whose sum it is.
fn base_of(given: &[f64], n_outputs: usize) -> Result<Vec<f64>, OperatorFault> {
    match given {
        [] => Ok(vec![0.0; n_outputs]),
        [_, second] if n_outputs == 1 => Ok(vec![*second]),
        given if given.len() == n_outputs => Ok(given.to_vec()),
        given => Err(OperatorFault::attribute(
            "base_values",
            format!("{} for {n_outputs} outputs", given.len()),
        )),
    }
}
