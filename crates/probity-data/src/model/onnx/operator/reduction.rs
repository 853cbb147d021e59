//! Operators that sum an axis up, and those that need a whole axis for each element.

use super::{Inputs, Made, numbers_like, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Shape, Tensor, axis_of};

pub(super) fn operator(node: &NodeProto, opset: i64) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "ReduceSum" => reduce(&attributes, |values| values.iter().sum()),
        "ReduceMean" => reduce(&attributes, mean),
        "ReduceMax" => reduce(&attributes, |values| extreme(values, |a, b| a > b)),
        "ReduceMin" => reduce(&attributes, |values| extreme(values, |a, b| a < b)),
        "ReduceProd" => reduce(&attributes, |values| values.iter().product()),
        "ReduceL1" => reduce(&attributes, |values| values.iter().map(|x| x.abs()).sum()),
        "ReduceL2" => reduce(&attributes, |values| square_sum(values).sqrt()),
        "ReduceSumSquare" => reduce(&attributes, square_sum),
        "ReduceLogSumExp" => reduce(&attributes, log_sum_exp),
        "Softmax" => along_axis(&attributes, opset, softmax),
        "LogSoftmax" => along_axis(&attributes, opset, |values| {
            let total = log_sum_exp(values);
            for value in values {
                *value -= total;
            }
        }),
        "ArgMax" => position(&attributes, |a, b| a > b),
        "ArgMin" => position(&attributes, |a, b| a < b),
        _ => Ok(None),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of elements in memory")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// NaN where there is one.
fn extreme(values: &[f64], wins: fn(f64, f64) -> bool) -> f64 {
    let mut values = values.iter().copied();
    let first = values.next().unwrap_or(f64::NAN);
    values.fold(
        first,
        |best, x| {
            if wins(x, best) || x.is_nan() { x } else { best }
        },
    )
}

fn square_sum(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum()
}

/// The largest is taken off first, so that no exponential overflows.
fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = extreme(values, |a, b| a > b);
    if !largest.is_finite() {
        return largest;
    }
    largest + values.iter().map(|x| (x - largest).exp()).sum::<f64>().ln()
}

pub(super) fn softmax(values: &mut [f64]) {
    let largest = extreme(values, |a, b| a > b);
    let mut total = 0.0;
    for value in values.iter_mut() {
        *value = (*value - largest).exp();
        total += *value;
    }
    for value in values {
        *value /= total;
    }
}

/// Axes are an attribute in old versions, an input in new ones.
fn reduce(
    attributes: &Attributes<'_>,
    summary: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
) -> Made {
    let attribute = attributes.ints("axes").to_vec();
    let keep = attributes.int("keepdims", 1) != 0;
    let none_is_all = attributes.int("noop_with_empty_axes", 0) == 0;
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let axes = inputs.optional_ints(1)?.unwrap_or(&attribute);
        let rank = tensor.shape().rank();
        if axes.is_empty() && !none_is_all {
            return Ok(tensor.clone());
        }
        let reduced: Vec<usize> = match axes {
            [] => (0..rank).collect(),
            axes => axes
                .iter()
                .map(|axis| axis_of(*axis, rank))
                .collect::<Result<_, _>>()?,
        };
        let groups = groups_of(tensor, &reduced, inputs)?;
        let values: Vec<f64> = groups.iter().map(|group| summary(group)).collect();
        let dims = tensor.dims().iter().enumerate();
        let dims: Vec<usize> = match keep {
            true => dims
                .map(|(axis, size)| if reduced.contains(&axis) { 1 } else { *size })
                .collect(),
            false => dims
                .filter(|(axis, _)| !reduced.contains(axis))
                .map(|(_, size)| *size)
                .collect(),
        };
        Tensor::new(dims, as_kept(tensor.data(), values))
    })
}

/// Sums of whole numbers stay whole.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the sum of whole numbers is whole; too large a one saturates"
)]
fn as_kept(like: &Data, values: Vec<f64>) -> Data {
    match like {
        Data::Int(_) => Data::Int(values.into_iter().map(|x| x as i64).collect()),
        other => numbers_like(other, values),
    }
}

/// The elements that end in the same place of the result.
fn groups_of(
    tensor: &Tensor,
    reduced: &[usize],
    inputs: &Inputs<'_>,
) -> Result<Vec<Vec<f64>>, OperatorFault> {
    let kept: Vec<usize> = tensor
        .dims()
        .iter()
        .enumerate()
        .map(|(axis, size)| if reduced.contains(&axis) { 1 } else { *size })
        .collect();
    let kept = Shape(kept);
    let (strides, own) = (kept.strides(), tensor.shape().strides());
    let mut groups = vec![Vec::new(); kept.len()?];
    for (place, value) in inputs.numbers(0)?.into_iter().enumerate() {
        let index = |axis: usize| place / own[axis] % tensor.dims()[axis];
        let axes = (0..own.len()).filter(|axis| !reduced.contains(axis));
        let group: usize = axes.map(|axis| index(axis) * strides[axis]).sum();
        groups[group].push(value);
    }
    Ok(groups)
}

/// Lists of elements along an axis, changed in place. Up to version 11 the axis begins the list,
/// which holds all axes after it too; from version 13 it is the one that is meant.
fn along_axis(
    attributes: &Attributes<'_>,
    opset: i64,
    change: impl Fn(&mut [f64]) + Send + Sync + 'static,
) -> Made {
    let flattens = opset < 13;
    let axis = attributes.int("axis", if flattens { 1 } else { -1 });
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let axis = tensor.shape().axis(axis)?;
        let (along, inner) = match flattens {
            true => (tensor.dims()[axis..].iter().product(), 1),
            false => (
                tensor.dims()[axis],
                tensor.dims()[axis + 1..].iter().product::<usize>(),
            ),
        };
        let mut values = inputs.numbers(0)?;
        let mut list = vec![0.0; along];
        for block in values.chunks_mut((along * inner).max(1)) {
            for offset in 0..inner {
                for (position, slot) in list.iter_mut().enumerate() {
                    *slot = block[position * inner + offset];
                }
                change(&mut list);
                for (position, value) in list.iter().enumerate() {
                    block[position * inner + offset] = *value;
                }
            }
        }
        Tensor::new(tensor.dims().to_vec(), numbers_like(tensor.data(), values))
    })
}

/// Which of several equal extremes counts.
#[derive(Clone, Copy)]
enum Tie {
    First,
    Last,
}

fn position(attributes: &Attributes<'_>, wins: fn(f64, f64) -> bool) -> Made {
    let axis = attributes.int("axis", 0);
    let keep = attributes.int("keepdims", 1) != 0;
    let tie = match attributes.int("select_last_index", 0) {
        0 => Tie::First,
        _ => Tie::Last,
    };
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let axis = tensor.shape().axis(axis)?;
        let groups = groups_of(tensor, &[axis], inputs)?;
        if groups.iter().any(Vec::is_empty) {
            return Err(OperatorFault::Shape {
                input: 0,
                expected: format!("one with elements along axis {axis}"),
                found: tensor.shape().clone(),
            });
        }
        let positions = groups.iter().map(|group| best_of(group, wins, tie));
        let data = Data::Int(positions.collect());
        let mut dims = tensor.dims().to_vec();
        if keep {
            dims[axis] = 1;
        } else {
            dims.remove(axis);
        }
        Tensor::new(dims, data)
    })
}

fn best_of(values: &[f64], wins: fn(f64, f64) -> bool, tie: Tie) -> i64 {
    let mut best = 0;
    for (position, value) in values.iter().enumerate() {
        let equals = !wins(values[best], *value) && !wins(*value, values[best]);
        if wins(*value, values[best]) || equals && matches!(tie, Tie::Last) {
            best = position;
        }
    }
    i64::try_from(best).unwrap_or(i64::MAX)
}
