//! Operators that take some of the elements.

use super::{Inputs, Made, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Shape, Tensor, axis_of};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "Gather" => {
            let axis = attributes.int("axis", 0);
            one(move |inputs| gather(inputs, axis))
        }
        "Slice" => slice(&attributes),
        _ => Ok(None),
    }
}

/// A tensor as blocks: before an axis, along it, and after it.
struct Blocks {
    outer: usize,
    along: usize,
    inner: usize,
}

impl Blocks {
    fn of(shape: &Shape, axis: usize) -> Blocks {
        Blocks {
            outer: shape.0[..axis].iter().product(),
            along: shape.0[axis],
            inner: shape.0[axis + 1..].iter().product(),
        }
    }

    /// Places of the elements at these positions along the axis, in order.
    fn places(&self, positions: &[usize]) -> Vec<usize> {
        let mut places = Vec::with_capacity(self.outer * positions.len() * self.inner);
        for block in 0..self.outer {
            for position in positions {
                let start = (block * self.along + position) * self.inner;
                places.extend(start..start + self.inner);
            }
        }
        places
    }
}

fn gather(inputs: &Inputs<'_>, axis: i64) -> Result<Tensor, OperatorFault> {
    let (tensor, indices) = (inputs.get(0)?, inputs.get(1)?);
    let axis = tensor.shape().axis(axis)?;
    let blocks = Blocks::of(tensor.shape(), axis);
    let positions = positions_of(inputs.ints(1)?, blocks.along)?;
    let mut dims = tensor.dims()[..axis].to_vec();
    dims.extend_from_slice(indices.dims());
    dims.extend_from_slice(&tensor.dims()[axis + 1..]);
    Shape(dims.clone()).len()?;
    Tensor::new(dims, tensor.data().pick(&blocks.places(&positions)))
}

/// Indices, counted from the end where they are negative.
fn positions_of(indices: &[i64], size: usize) -> Result<Vec<usize>, OperatorFault> {
    let position = |index: &i64| {
        let unknown = OperatorFault::Index {
            index: *index,
            size,
        };
        axis_of(*index, size).map_err(|_| unknown)
    };
    indices.iter().map(position).collect()
}

/// Columns by number: `ArrayFeatureExtractor`, which is of `ai.onnx.ml`.
pub(super) fn extract_columns(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let tensor = inputs.get(0)?;
    let rank = tensor.shape().rank();
    let axis = rank.checked_sub(1).ok_or_else(|| OperatorFault::Shape {
        input: 0,
        expected: "one of at least one axis".to_owned(),
        found: tensor.shape().clone(),
    })?;
    let blocks = Blocks::of(tensor.shape(), axis);
    let positions = positions_of(inputs.ints(1)?, blocks.along)?;
    // A list of values answers with one row, as the runtime does.
    let mut dims = if rank == 1 {
        vec![1]
    } else {
        tensor.dims()[..axis].to_vec()
    };
    dims.push(positions.len());
    Shape(dims.clone()).len()?;
    Tensor::new(dims, tensor.data().pick(&blocks.places(&positions)))
}

/// One axis of a slice: positions from `start`, `step` apart, up to but without `end`.
struct Range {
    start: i64,
    end: i64,
    step: i64,
}

/// Bounds are attributes in version 1, inputs from version 10.
fn slice(attributes: &Attributes<'_>) -> Made {
    let starts = attributes.ints("starts").to_vec();
    let ends = attributes.ints("ends").to_vec();
    let axes = attributes.ints("axes").to_vec();
    one(move |inputs| {
        let starts = inputs.optional_ints(1)?.unwrap_or(&starts);
        let ends = inputs.optional_ints(2)?.unwrap_or(&ends);
        let axes = inputs.optional_ints(3)?.unwrap_or(&axes);
        let steps = inputs.optional_ints(4)?.unwrap_or(&[]);
        if starts.len() != ends.len() || !axes.is_empty() && axes.len() != starts.len() {
            return Err(OperatorFault::attribute("starts", "not one for each axis"));
        }
        let mut tensor = inputs.get(0)?.clone();
        for (idx, (start, end)) in starts.iter().zip(ends).enumerate() {
            let counted = i64::try_from(idx).unwrap_or(i64::MAX);
            let axis = axes.get(idx).copied().unwrap_or(counted);
            let range = Range {
                start: *start,
                end: *end,
                step: steps.get(idx).copied().unwrap_or(1),
            };
            tensor = sliced(&tensor, axis, &range)?;
        }
        Ok(tensor)
    })
}

fn sliced(tensor: &Tensor, axis: i64, range: &Range) -> Result<Tensor, OperatorFault> {
    let axis = tensor.shape().axis(axis)?;
    let blocks = Blocks::of(tensor.shape(), axis);
    let positions = range.positions(blocks.along)?;
    let mut dims = tensor.dims().to_vec();
    dims[axis] = positions.len();
    Tensor::new(dims, tensor.data().pick(&blocks.places(&positions)))
}

impl Range {
    fn positions(&self, size: usize) -> Result<Vec<usize>, OperatorFault> {
        let signed = i64::try_from(size).unwrap_or(i64::MAX);
        let from_start = |x: i64| if x < 0 { x.saturating_add(signed) } else { x };
        let (start, end) = (from_start(self.start), from_start(self.end));
        let (mut at, end) = match self.step {
            0 => return Err(OperatorFault::attribute("steps", "a step of 0")),
            1.. => (start.clamp(0, signed), end.clamp(0, signed)),
            _ => (start.clamp(-1, signed - 1), end.clamp(-1, signed - 1)),
        };
        let mut positions = Vec::new();
        while if self.step > 0 { at < end } else { at > end } {
            positions.extend(usize::try_from(at));
            at = at.saturating_add(self.step);
        }
        Ok(positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((start, end, step): (i64, i64, i64), expected: &[usize]) {
        let range = Range { start, end, step };
        assert_eq!(range.positions(5).unwrap(), expected);
    }

    #[test]
    fn slices_count_from_either_end() {
        check((1, 3, 1), &[1, 2]);
        check((-2, i64::MAX, 1), &[3, 4]);
        check((4, 0, -2), &[4, 2]);
        check((-1, i64::MIN, -1), &[4, 3, 2, 1, 0]);
        check((3, 1, 1), &[]);
    }
}
