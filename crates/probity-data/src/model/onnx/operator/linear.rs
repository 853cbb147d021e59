//! Linear models of `ai.onnx.ml`, and what they and ensembles do with their sums at the end.

use std::sync::Arc;

use super::arithmetic::sigmoid;
use super::reduction::softmax;
use super::{Inputs, Made, floats, one, several};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Shape, Tensor};

/// From the sums of one row to what is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostTransform {
    None,
    Logistic,
    Softmax,
    /// Softmax of the scores that are not zero.
    SoftmaxZero,
}

impl PostTransform {
    pub(crate) fn of(attributes: &Attributes<'_>) -> Result<PostTransform, OperatorFault> {
        match attributes.text("post_transform", "NONE")? {
            "NONE" => Ok(Self::None),
            "LOGISTIC" => Ok(Self::Logistic),
            "SOFTMAX" => Ok(Self::Softmax),
            "SOFTMAX_ZERO" => Ok(Self::SoftmaxZero),
            other => Err(OperatorFault::NotEvaluated(format!(
                "the transform `{other}`"
            ))),
        }
    }

    pub(crate) fn apply(self, scores: &mut [f64]) {
        match self {
            Self::None => {}
            Self::Logistic => scores.iter_mut().for_each(|x| *x = sigmoid(*x)),
            Self::Softmax => softmax(scores),
            Self::SoftmaxZero => {
                let mut others: Vec<f64> = scores.iter().copied().filter(|x| *x != 0.0).collect();
                softmax(&mut others);
                let mut others = others.into_iter();
                for score in scores.iter_mut().filter(|x| **x != 0.0) {
                    *score = others.next().unwrap_or(0.0);
                }
            }
        }
    }
}

pub(super) fn regressor(parts: Arc<LinearParts>) -> Made {
    one(move |inputs| {
        let (rows, mut sums) = parts.raw_sums(inputs)?;
        for row in sums.chunks_mut(parts.n_outputs()) {
            parts.post_transform.apply(row);
        }
        Tensor::new(vec![rows, parts.n_outputs()], floats(sums))
    })
}

pub(super) fn classifier(parts: Arc<LinearParts>) -> Made {
    several(move |inputs| parts.classify(inputs))
}

/// Weights and intercepts of a linear model.
pub(crate) struct LinearParts {
    /// A row per output.
    pub(crate) weights: Vec<f64>,
    pub(crate) intercepts: Vec<f64>,
    pub(crate) post_transform: PostTransform,
    /// Of a classifier.
    pub(crate) classes: Data,
}

impl LinearParts {
    pub(crate) fn of_regressor(node: &NodeProto) -> Result<LinearParts, OperatorFault> {
        let attributes = Attributes::of(node);
        let outputs = attributes.int("targets", 1);
        Self::new(
            &attributes,
            usize::try_from(outputs).unwrap_or(0),
            Data::Int(Vec::new()),
        )
    }

    pub(crate) fn of_classifier(node: &NodeProto) -> Result<LinearParts, OperatorFault> {
        let attributes = Attributes::of(node);
        let classes = attributes.labels("classlabels_ints", "classlabels_strings")?;
        let intercepts = attributes.floats("intercepts").len();
        let outputs = if intercepts == 0 {
            classes.len()
        } else {
            intercepts
        };
        if classes.len() != outputs && (classes.len(), outputs) != (2, 1) {
            return Err(OperatorFault::attribute(
                "classlabels_*",
                format!("{} classes of {outputs} sums", classes.len()),
            ));
        }
        Self::new(&attributes, outputs, classes)
    }

    fn new(
        attributes: &Attributes<'_>,
        outputs: usize,
        classes: Data,
    ) -> Result<LinearParts, OperatorFault> {
        let of = |name| -> Vec<f64> {
            let values = attributes.floats(name).iter();
            values.map(|x| f64::from(*x)).collect()
        };
        let (weights, mut intercepts) = (of("coefficients"), of("intercepts"));
        if intercepts.is_empty() && outputs <= weights.len() {
            intercepts = vec![0.0; outputs];
        }
        let whole = outputs > 0 && weights.len().is_multiple_of(outputs);
        if !whole || intercepts.len() != outputs {
            return Err(OperatorFault::attribute(
                "coefficients",
                format!(
                    "{} and {} intercepts for {outputs} sums",
                    weights.len(),
                    intercepts.len()
                ),
            ));
        }
        Ok(LinearParts {
            weights,
            intercepts,
            post_transform: PostTransform::of(attributes)?,
            classes,
        })
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.intercepts.len()
    }

    pub(crate) fn n_features(&self) -> usize {
        self.weights.len() / self.n_outputs()
    }

    /// The number of rows, and the sums of each.
    fn raw_sums(&self, inputs: &Inputs<'_>) -> Result<(usize, Vec<f64>), OperatorFault> {
        let tensor = inputs.get(0)?;
        let (rows, columns) = tensor.as_rows();
        if columns != self.n_features() {
            return Err(OperatorFault::Shape {
                input: 0,
                expected: format!("rows of {} columns", self.n_features()),
                found: tensor.shape().clone(),
            });
        }
        Shape(vec![rows, self.n_outputs()]).len()?;
        let values = inputs.numbers(0)?;
        let mut sums = Vec::with_capacity(rows * self.n_outputs());
        for row in 0..rows {
            let row = &values[row * columns..][..columns];
            for (output, intercept) in self.intercepts.iter().enumerate() {
                let weights = &self.weights[output * columns..][..columns];
                let products = weights.iter().zip(row).map(|(w, x)| w * x);
                sums.push(intercept + products.sum::<f64>());
            }
        }
        Ok((rows, sums))
    }

    /// Labels, and scores per class. One sum of two classes is that of the second.
    fn classify(&self, inputs: &Inputs<'_>) -> Result<Vec<Tensor>, OperatorFault> {
        let (rows, raw) = self.raw_sums(inputs)?;
        let mut scores = Vec::new();
        let mut labels = Vec::with_capacity(rows);
        for sums in raw.chunks(self.n_outputs()) {
            let mut row = sums.to_vec();
            if let ([sum], 2) = (sums, self.classes.len()) {
                row = vec![-sum, *sum];
            }
            labels.push(largest(&row));
            self.post_transform.apply(&mut row);
            scores.append(&mut row);
        }
        let labels = Tensor::new(vec![rows], self.classes.pick(&labels))?;
        let scores = Tensor::new(vec![rows, self.classes.len()], floats(scores))?;
        Ok(vec![labels, scores])
    }
}

/// The place of the first largest score.
pub(super) fn largest(scores: &[f64]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = place;
        }
    }
    best
}
