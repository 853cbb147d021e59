//! Operators on each element by itself, and on pairs of elements.
//!
//! Numbers of 32 bits are computed in 64 and rounded: for the four rules of arithmetic that is
//! the same result, for functions it is the nearest one.

use super::broadcast::{combined, common_shape};
use super::{Inputs, Made, numbers_like, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Tensor};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    let alpha = |default: f32| f64::from(attributes.float("alpha", default));
    match node.op_type.as_str() {
        "Identity" | "Dropout" => one(|inputs| inputs.get(0).cloned()),
        "Neg" => unary(|x| -x, Some(i64::wrapping_neg)),
        "Abs" => unary(f64::abs, Some(i64::wrapping_abs)),
        "Relu" => unary(relu, Some(|x| x.max(0))),
        "Sign" => unary(sign, Some(i64::signum)),
        "Sqrt" => unary(f64::sqrt, None),
        "Exp" => unary(f64::exp, None),
        "Log" => unary(f64::ln, None),
        "Reciprocal" => unary(f64::recip, None),
        "Floor" => unary(f64::floor, None),
        "Ceil" => unary(f64::ceil, None),
        "Tanh" => unary(f64::tanh, None),
        "Sigmoid" => unary(sigmoid, None),
        "Softplus" => unary(|x| x.max(0.0) + (-x.abs()).exp().ln_1p(), None),
        "LeakyRelu" => {
            let slope = alpha(0.01);
            unary(move |x| if x < 0.0 { slope * x } else { x }, None)
        }
        "Elu" => {
            let scale = alpha(1.0);
            unary(move |x| if x < 0.0 { scale * x.exp_m1() } else { x }, None)
        }
        "Clip" => clip(&attributes),
        "Add" => binary(|a, b| a + b, |a, b| Some(a.wrapping_add(b))),
        "Sub" => binary(|a, b| a - b, |a, b| Some(a.wrapping_sub(b))),
        "Mul" => binary(|a, b| a * b, |a, b| Some(a.wrapping_mul(b))),
        "Div" => binary(|a, b| a / b, |a, b| (b != 0).then(|| a.wrapping_div(b))),
        "Pow" => one(power),
        "Max" => folded(f64::max, i64::max),
        "Min" => folded(f64::min, i64::min),
        "Sum" => folded(|a, b| a + b, i64::wrapping_add),
        _ => Ok(None),
    }
}

pub(crate) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// NaN stays NaN, as in a runtime.
fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        x
    } else {
        x.signum()
    }
}

/// `whole` is absent where the operator is not defined on whole numbers.
fn unary(real: impl Fn(f64) -> f64 + Send + Sync + 'static, whole: Option<fn(i64) -> i64>) -> Made {
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let data = match (tensor.data(), whole) {
            (Data::Int(values), Some(whole)) => {
                Data::Int(values.iter().map(|x| whole(*x)).collect())
            }
            (Data::Float(_) | Data::Double(_), _) => {
                let values = inputs.numbers(0)?.into_iter().map(&real).collect();
                numbers_like(tensor.data(), values)
            }
            (other, _) => return Err(inputs.unfit(0, "numbers", other)),
        };
        Tensor::new(tensor.dims().to_vec(), data)
    })
}

/// The bounds are attributes up to version 6 of the operator, inputs from version 11.
fn clip(attributes: &Attributes<'_>) -> Made {
    let bound = |name| attributes.get(name).map(|bound| f64::from(bound.f));
    let (lowest, highest) = (bound("min"), bound("max"));
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let given = |input: usize, attribute: Option<f64>| match inputs.optional(input) {
            Some(_) => Ok(inputs.numbers(input)?.first().copied()),
            None => Ok::<_, OperatorFault>(attribute),
        };
        let lowest = given(1, lowest)?.unwrap_or(f64::NEG_INFINITY);
        let highest = given(2, highest)?.unwrap_or(f64::INFINITY);
        // NaN stays NaN; where the bounds cross, the upper one wins.
        let within = |x: f64| {
            let raised = if x < lowest { lowest } else { x };
            if raised > highest { highest } else { raised }
        };
        let values = inputs.numbers(0)?.into_iter().map(within).collect();
        Tensor::new(tensor.dims().to_vec(), numbers_like(tensor.data(), values))
    })
}

/// `whole` gives nothing where the result is not defined.
fn binary(
    real: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> Option<i64> + Send + Sync + 'static,
) -> Made {
    one(move |inputs| pairwise(inputs.get(0)?, inputs.get(1)?, &real, &whole))
}

fn pairwise(
    left: &Tensor,
    right: &Tensor,
    real: impl Fn(f64, f64) -> f64,
    whole: impl Fn(i64, i64) -> Option<i64>,
) -> Result<Tensor, OperatorFault> {
    let to = common_shape(left.shape(), right.shape())?;
    let (a, b) = (left.shape(), right.shape());
    let data = match (left.data(), right.data()) {
        (Data::Float(x), Data::Float(y)) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the result is a float32 by definition"
            )]
            let rounded = |x: &f32, y: &f32| real(f64::from(*x), f64::from(*y)) as f32;
            Data::Float(combined((x, a), (y, b), &to, rounded)?)
        }
        (Data::Double(x), Data::Double(y)) => {
            Data::Double(combined((x, a), (y, b), &to, |x, y| real(*x, *y))?)
        }
        (Data::Int(x), Data::Int(y)) => {
            let values = combined((x, a), (y, b), &to, |x, y| whole(*x, *y))?;
            let defined: Option<Vec<i64>> = values.into_iter().collect();
            Data::Int(defined.ok_or_else(|| undefined("a whole number is divided by zero"))?)
        }
        (_, other) => {
            return Err(OperatorFault::Elements {
                input: 1,
                expected: "numbers of the type of input 0",
                found: other.element_type(),
            });
        }
    };
    Tensor::new(to.0, data)
}

fn undefined(reason: &str) -> OperatorFault {
    OperatorFault::attribute("inputs", reason)
}

/// The exponent may be of another type than the base, whose type the result has.
fn power(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let (base, exponent) = (inputs.get(0)?, inputs.get(1)?);
    let to = common_shape(base.shape(), exponent.shape())?;
    let (x, y) = (inputs.numbers(0)?, inputs.numbers(1)?);
    let powers = combined((&x, base.shape()), (&y, exponent.shape()), &to, |x, y| {
        x.powf(*y)
    })?;
    let data = match base.data() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a power of whole numbers is whole; too large a one saturates"
        )]
        Data::Int(_) => Data::Int(powers.into_iter().map(|x| x as i64).collect()),
        other => numbers_like(other, powers),
    };
    Tensor::new(to.0, data)
}

/// An operator of any number of inputs.
fn folded(
    real: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
    whole: impl Fn(i64, i64) -> i64 + Send + Sync + 'static,
) -> Made {
    one(move |inputs| {
        let all = inputs.all()?;
        let (first, rest) = all.split_first().ok_or(OperatorFault::MissingInput(0))?;
        rest.iter().try_fold((*first).clone(), |left, right| {
            pairwise(&left, right, &real, |a, b| Some(whole(a, b)))
        })
    })
}
