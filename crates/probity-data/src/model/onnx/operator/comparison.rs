//! Operators that answer yes or no, and the one that chooses by the answer.

use super::broadcast::{combined, common_shape};
use super::{Inputs, Made, one};
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Tensor};

pub(super) fn operator(node: &NodeProto) -> Made {
    match node.op_type.as_str() {
        "Equal" => one(equal),
        "Less" => compared(|a, b| a < b, |a, b| a < b),
        "LessOrEqual" => compared(|a, b| a <= b, |a, b| a <= b),
        "Greater" => compared(|a, b| a > b, |a, b| a > b),
        "GreaterOrEqual" => compared(|a, b| a >= b, |a, b| a >= b),
        "And" => logical(|a, b| a && b),
        "Or" => logical(|a, b| a || b),
        "Xor" => logical(|a, b| a != b),
        "Not" => one(|inputs| {
            let values = booleans(inputs, 0)?.iter().map(|x| !x).collect();
            Tensor::new(inputs.get(0)?.dims().to_vec(), Data::Bool(values))
        }),
        "IsNaN" => one(|inputs| {
            let values = inputs.numbers(0)?.iter().map(|x| x.is_nan()).collect();
            Tensor::new(inputs.get(0)?.dims().to_vec(), Data::Bool(values))
        }),
        "Where" => one(choose),
        _ => Ok(None),
    }
}

fn booleans<'a>(inputs: &Inputs<'a>, input: usize) -> Result<&'a [bool], OperatorFault> {
    match inputs.get(input)?.data() {
        Data::Bool(values) => Ok(values),
        other => Err(inputs.unfit(input, "booleans", other)),
    }
}

fn logical(combine: impl Fn(bool, bool) -> bool + Send + Sync + 'static) -> Made {
    one(move |inputs| {
        let (left, right) = (inputs.get(0)?, inputs.get(1)?);
        let to = common_shape(left.shape(), right.shape())?;
        let sides = (booleans(inputs, 0)?, booleans(inputs, 1)?);
        let values = combined(
            (sides.0, left.shape()),
            (sides.1, right.shape()),
            &to,
            |a, b| combine(*a, *b),
        )?;
        Tensor::new(to.0, Data::Bool(values))
    })
}

/// Whole numbers are compared as such, not as the nearest reals.
fn compared(
    real: impl Fn(f64, f64) -> bool + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> bool + Send + Sync + 'static,
) -> Made {
    one(move |inputs| {
        let (left, right) = (inputs.get(0)?, inputs.get(1)?);
        let to = common_shape(left.shape(), right.shape())?;
        let (a, b) = (left.shape(), right.shape());
        let values = match (left.data(), right.data()) {
            (Data::Int(x), Data::Int(y)) => combined((x, a), (y, b), &to, |x, y| whole(*x, *y))?,
            _ => {
                let (x, y) = (inputs.numbers(0)?, inputs.numbers(1)?);
                combined((&x, a), (&y, b), &to, |x, y| real(*x, *y))?
            }
        };
        Tensor::new(to.0, Data::Bool(values))
    })
}

#[expect(clippy::float_cmp, reason = "the operator asks for equality")]
fn equal(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let (left, right) = (inputs.get(0)?, inputs.get(1)?);
    let to = common_shape(left.shape(), right.shape())?;
    let (a, b) = (left.shape(), right.shape());
    let values = match (left.data(), right.data()) {
        (Data::Int(x), Data::Int(y)) => combined((x, a), (y, b), &to, |x, y| x == y)?,
        (Data::Text(x), Data::Text(y)) => combined((x, a), (y, b), &to, |x, y| x == y)?,
        (Data::Bool(x), Data::Bool(y)) => combined((x, a), (y, b), &to, |x, y| x == y)?,
        _ => {
            let (x, y) = (inputs.numbers(0)?, inputs.numbers(1)?);
            combined((&x, a), (&y, b), &to, |x, y| x == y)?
        }
    };
    Tensor::new(to.0, Data::Bool(values))
}

/// Elements of input 1 where input 0 is true, else of input 2.
fn choose(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let (condition, yes, no) = (inputs.get(0)?, inputs.get(1)?, inputs.get(2)?);
    let to = common_shape(yes.shape(), no.shape())?;
    let to = common_shape(condition.shape(), &to)?;
    let chosen = (booleans(inputs, 0)?, condition.shape());
    // The two sides are laid one after the other, and places are taken from either.
    let mut both = yes.data().clone();
    both.extend(no.data(), 0..no.len())
        .ok_or_else(|| inputs.unfit(2, "elements of the type of input 1", no.data()))?;
    let places: Vec<Vec<usize>> = [yes, no]
        .into_iter()
        .map(|side| Ok(super::broadcast::Places::new(side.shape(), &to)?.collect()))
        .collect::<Result<_, OperatorFault>>()?;
    let conditions = super::broadcast::Places::new(chosen.1, &to)?;
    let picked: Vec<usize> = conditions
        .zip(places[0].iter().zip(&places[1]))
        .map(|(condition, (a, b))| {
            if chosen.0[condition] {
                *a
            } else {
                yes.len() + b
            }
        })
        .collect();
    Tensor::new(to.0, both.pick(&picked))
}
