//! What the nodes of a graph do: one function per operator of the ONNX standard, made when the
//! model is read, so that a wrong attribute is found before any record is.
//!
//! The operators are those that exporters of scikit-learn, XGBoost and LightGBM emit, and those
//! of plain networks. Source: onnx.ai/onnx/operators, domains `ai.onnx` and `ai.onnx.ml`.

mod arithmetic;
mod broadcast;
mod comparison;
mod encoding;
mod layout;
mod linear;
mod matrix;
mod reduction;
mod scaling;
mod selection;
mod support_vectors;
mod trees;

use std::sync::Arc;

use super::attributes::Attributes;
use super::error::OperatorFault;
use super::message::NodeProto;
use super::tensor::{Data, Tensor};

pub(crate) use linear::{LinearParts, PostTransform};
pub(crate) use scaling::ScalerParts;
pub(crate) use trees::TreeParts;

/// The outputs of a node from its inputs.
pub(crate) type Operator =
    Box<dyn Fn(&Inputs<'_>) -> Result<Vec<Tensor>, OperatorFault> + Send + Sync>;

/// An operator, a malformed node, or nothing where the operator is unknown.
type Made = Result<Option<Operator>, OperatorFault>;

/// The values that a node takes; an optional one may be absent.
pub(crate) struct Inputs<'a>(pub(crate) &'a [Option<&'a Tensor>]);

impl<'a> Inputs<'a> {
    pub(crate) fn get(&self, input: usize) -> Result<&'a Tensor, OperatorFault> {
        self.optional(input)
            .ok_or(OperatorFault::MissingInput(input))
    }

    pub(crate) fn optional(&self, input: usize) -> Option<&'a Tensor> {
        self.0.get(input).copied().flatten()
    }

    pub(crate) fn all(&self) -> Result<Vec<&'a Tensor>, OperatorFault> {
        (0..self.0.len()).map(|input| self.get(input)).collect()
    }

    pub(crate) fn ints(&self, input: usize) -> Result<&'a [i64], OperatorFault> {
        match self.get(input)?.data() {
            Data::Int(values) => Ok(values),
            other => Err(self.unfit(input, "whole numbers", other)),
        }
    }

    pub(crate) fn optional_ints(&self, input: usize) -> Result<Option<&'a [i64]>, OperatorFault> {
        match self.optional(input) {
            Some(_) => self.ints(input).map(Some),
            None => Ok(None),
        }
    }

    /// Numbers of any type, in 64 bits.
    pub(crate) fn numbers(&self, input: usize) -> Result<Vec<f64>, OperatorFault> {
        let tensor = self.get(input)?;
        tensor
            .to_f64()
            .ok_or_else(|| self.unfit(input, "numbers", tensor.data()))
    }

    pub(crate) fn unfit(
        &self,
        input: usize,
        expected: &'static str,
        found: &Data,
    ) -> OperatorFault {
        OperatorFault::Elements {
            input,
            expected,
            found: found.element_type(),
        }
    }
}

/// An operator with one output.
fn one(
    compute: impl Fn(&Inputs<'_>) -> Result<Tensor, OperatorFault> + Send + Sync + 'static,
) -> Made {
    Ok(Some(Box::new(move |inputs| Ok(vec![compute(inputs)?]))))
}

/// An operator with several outputs.
fn several(
    compute: impl Fn(&Inputs<'_>) -> Result<Vec<Tensor>, OperatorFault> + Send + Sync + 'static,
) -> Made {
    Ok(Some(Box::new(compute)))
}

/// Numbers computed in 64 bits, as the elements of `like` are kept.
pub(crate) fn numbers_like(like: &Data, values: Vec<f64>) -> Data {
    match like {
        Data::Double(_) => Data::Double(values),
        Data::Float(_) | Data::Int(_) | Data::Bool(_) | Data::Text(_) => floats(values),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to float32 is what the operator is defined to do"
)]
pub(crate) fn floats(values: Vec<f64>) -> Data {
    Data::Float(values.into_iter().map(|x| x as f32).collect())
}

/// What a node is to those who read a graph rather than run it: whether the whole is a known
/// form of model, and what its outputs are called.
pub(crate) enum Role {
    Trees(Arc<TreeParts>),
    Linear(Arc<LinearParts>),
    Scaler(Arc<ScalerParts>),
    /// Hands its first input on.
    Passes,
    /// Hands its first input on, named by these classes.
    Names(Data),
    Reshape,
    /// Each row divided by the sum of its absolute values.
    ShareOfRow,
    /// An operator on elements, or a product, by its name.
    Function(String),
    /// Scores of these classes, in a way that is no form.
    Classes(Data),
    Other,
}

/// `Ok(None)` for an operator that is not known here.
pub(crate) fn operator(
    node: &NodeProto,
    opset: i64,
) -> Result<Option<(Operator, Role)>, OperatorFault> {
    let made = match node.domain.as_str() {
        "" | "ai.onnx" => return with_role(core_operator(node, opset), core_role(node)),
        "ai.onnx.ml" => match node.op_type.as_str() {
            "TreeEnsembleRegressor" | "TreeEnsembleClassifier" => {
                let parts = Arc::new(TreeParts::of(node)?);
                (trees::operator(Arc::clone(&parts)), Role::Trees(parts))
            }
            "LinearRegressor" => {
                let parts = Arc::new(LinearParts::of_regressor(node)?);
                (linear::regressor(Arc::clone(&parts)), Role::Linear(parts))
            }
            "LinearClassifier" => {
                let parts = Arc::new(LinearParts::of_classifier(node)?);
                (linear::classifier(Arc::clone(&parts)), Role::Linear(parts))
            }
            "Scaler" => {
                let parts = Arc::new(ScalerParts::of(node));
                (scaling::scaler(Arc::clone(&parts)), Role::Scaler(parts))
            }
            _ => return with_role(learned_operator(node), learned_role(node)?),
        },
        _ => return Ok(None),
    };
    with_role(made.0, made.1)
}

fn with_role(made: Made, role: Role) -> Result<Option<(Operator, Role)>, OperatorFault> {
    Ok(made?.map(|operator| (operator, role)))
}

fn core_role(node: &NodeProto) -> Role {
    match node.op_type.as_str() {
        "Identity" | "Dropout" => Role::Passes,
        "Cast" => match Attributes::of(node).int("to", 0) {
            // To numbers of 32 or 64 bits; others change what is passed.
            1 | 11 => Role::Passes,
            _ => Role::Function(node.op_type.clone()),
        },
        "Reshape" => Role::Reshape,
        other => Role::Function(other.to_owned()),
    }
}

fn learned_role(node: &NodeProto) -> Result<Role, OperatorFault> {
    let attributes = Attributes::of(node);
    Ok(match node.op_type.as_str() {
        "ZipMap" => Role::Names(attributes.labels("classlabels_int64s", "classlabels_strings")?),
        "SVMClassifier" => {
            Role::Classes(attributes.labels("classlabels_ints", "classlabels_strings")?)
        }
        "Normalizer" if attributes.text("norm", "MAX")? == "L1" => Role::ShareOfRow,
        "ArrayFeatureExtractor" => Role::Function(node.op_type.clone()),
        _ => Role::Other,
    })
}

fn core_operator(node: &NodeProto, opset: i64) -> Made {
    let families = [
        arithmetic::operator,
        comparison::operator,
        layout::operator,
        selection::operator,
        matrix::operator,
    ];
    for family in families {
        if let Some(operator) = family(node)? {
            return Ok(Some(operator));
        }
    }
    reduction::operator(node, opset)
}

fn learned_operator(node: &NodeProto) -> Made {
    for family in [
        scaling::operator,
        encoding::operator,
        support_vectors::operator,
    ] {
        if let Some(operator) = family(node)? {
            return Ok(Some(operator));
        }
    }
    Ok(None)
}
