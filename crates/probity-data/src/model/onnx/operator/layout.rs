//! Operators that arrange elements anew or keep them as another type, and constants.

use std::sync::Arc;

use super::{Inputs, Made, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, ElementType, Shape, Tensor, axis_of};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "Reshape" => reshape(&attributes),
        "Flatten" => flatten(&attributes),
        "Squeeze" => squeeze(&attributes),
        "Unsqueeze" => unsqueeze(&attributes),
        "Transpose" => transpose(&attributes),
        "Concat" => {
            let axis = attributes.int("axis", 1);
            one(move |inputs| concatenate(&inputs.all()?, axis))
        }
        "Shape" => one(|inputs| {
            let dims = inputs.get(0)?.dims();
            let sizes = dims
                .iter()
                .map(|dim| i64::try_from(*dim).unwrap_or(i64::MAX));
            Tensor::new(vec![dims.len()], Data::Int(sizes.collect()))
        }),
        "Cast" => cast(&attributes),
        "Constant" => constant(&attributes),
        _ => Ok(None),
    }
}

/// The shape is an attribute in version 1, an input since.
fn reshape(attributes: &Attributes<'_>) -> Made {
    let attribute = attributes.ints("shape").to_vec();
    let zero_is_copied = attributes.int("allowzero", 0) == 0;
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let wanted = inputs.optional_ints(1)?.unwrap_or(&attribute);
        let mut dims = Vec::with_capacity(wanted.len());
        let mut inferred = None;
        for (axis, size) in wanted.iter().enumerate() {
            dims.push(match size {
                -1 if inferred.is_none() => {
                    inferred = Some(axis);
                    1
                }
                0 if zero_is_copied => tensor.dims().get(axis).copied().unwrap_or(0),
                size => usize::try_from(*size).map_err(|_| OperatorFault::Index {
                    index: *size,
                    size: tensor.len(),
                })?,
            });
        }
        if let Some(axis) = inferred {
            let others = Shape(dims.clone()).len()?;
            dims[axis] = tensor.len().checked_div(others).unwrap_or(0);
        }
        tensor.reshaped(dims)
    })
}

fn flatten(attributes: &Attributes<'_>) -> Made {
    let axis = attributes.int("axis", 1);
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        // An axis after the last is allowed here.
        let at = axis_of(axis, tensor.shape().rank() + usize::from(axis >= 0))?;
        let (rows, columns) = tensor.dims().split_at(at);
        tensor.reshaped(vec![rows.iter().product(), columns.iter().product()])
    })
}

/// Axes are an attribute up to version 11, an input from 13.
fn squeeze(attributes: &Attributes<'_>) -> Made {
    let attribute = attributes.ints("axes").to_vec();
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let axes = inputs.optional_ints(1)?.unwrap_or(&attribute);
        let axes = axes_of(axes, tensor.shape().rank())?;
        let mut dims = Vec::new();
        for (axis, size) in tensor.dims().iter().enumerate() {
            let named = axes.contains(&axis);
            if named && *size != 1 {
                return Err(OperatorFault::Shape {
                    input: 0,
                    expected: format!("one of 1 element along axis {axis}"),
                    found: tensor.shape().clone(),
                });
            }
            if !(named || axes.is_empty() && *size == 1) {
                dims.push(*size);
            }
        }
        tensor.reshaped(dims)
    })
}

fn unsqueeze(attributes: &Attributes<'_>) -> Made {
    let attribute = attributes.ints("axes").to_vec();
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let axes = inputs.optional_ints(1)?.unwrap_or(&attribute);
        let rank = tensor.shape().rank() + axes.len();
        let axes = axes_of(axes, rank)?;
        let mut sizes = tensor.dims().iter();
        let dims: Option<Vec<usize>> = (0..rank)
            .map(|axis| {
                if axes.contains(&axis) {
                    Some(1)
                } else {
                    sizes.next().copied()
                }
            })
            .collect();
        // An axis that is named twice leaves sizes over.
        let dims = dims.filter(|_| sizes.next().is_none());
        let unfit = OperatorFault::attribute("axes", "an axis is named twice");
        tensor.reshaped(dims.ok_or(unfit)?)
    })
}

fn axes_of(axes: &[i64], rank: usize) -> Result<Vec<usize>, OperatorFault> {
    axes.iter().map(|axis| axis_of(*axis, rank)).collect()
}

fn transpose(attributes: &Attributes<'_>) -> Made {
    let order = attributes.ints("perm").to_vec();
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let rank = tensor.shape().rank();
        let order = match order.is_empty() {
            true => (0..rank).rev().collect(),
            false => axes_of(&order, rank)?,
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted != (0..rank).collect::<Vec<_>>() {
            return Err(OperatorFault::attribute(
                "perm",
                "no permutation of the axes",
            ));
        }
        let strides = tensor.shape().strides();
        let dims: Vec<usize> = order.iter().map(|axis| tensor.dims()[*axis]).collect();
        let mut index = vec![0; rank];
        let mut places = Vec::with_capacity(tensor.len());
        for _ in 0..tensor.len() {
            places.push(
                index
                    .iter()
                    .zip(&order)
                    .map(|(i, axis)| i * strides[*axis])
                    .sum(),
            );
            advance(&mut index, &dims);
        }
        Tensor::new(dims, tensor.data().pick(&places))
    })
}

/// The next index in row-major order.
fn advance(index: &mut [usize], dims: &[usize]) {
    for axis in (0..dims.len()).rev() {
        index[axis] += 1;
        if index[axis] < dims[axis] {
            return;
        }
        index[axis] = 0;
    }
}

pub(super) fn concatenate(tensors: &[&Tensor], axis: i64) -> Result<Tensor, OperatorFault> {
    let first = tensors.first().ok_or(OperatorFault::MissingInput(0))?;
    let axis = first.shape().axis(axis)?;
    let mut dims = first.dims().to_vec();
    dims[axis] = 0;
    for tensor in tensors {
        let mut others = tensor.dims().to_vec();
        if let Some(size) = others.get_mut(axis) {
            dims[axis] += *size;
            *size = dims[axis];
        }
        if others != dims {
            return Err(OperatorFault::Shapes {
                left: first.shape().clone(),
                right: tensor.shape().clone(),
            });
        }
    }
    Shape(dims.clone()).len()?;
    let outer: usize = dims[..axis].iter().product();
    let mut data = first.data().empty_like();
    for block in 0..outer {
        for (input, tensor) in tensors.iter().enumerate() {
            let size: usize = tensor.dims()[axis..].iter().product();
            data.extend(tensor.data(), block * size..(block + 1) * size)
                .ok_or_else(|| OperatorFault::Elements {
                    input,
                    expected: "elements of the type of input 0",
                    found: tensor.data().element_type(),
                })?;
        }
    }
    Tensor::new(dims, data)
}

fn cast(attributes: &Attributes<'_>) -> Made {
    let code = attributes.int("to", 0);
    let to = i32::try_from(code).ok().and_then(ElementType::of_code);
    let to = to.ok_or_else(|| {
        OperatorFault::attribute("to", format!("elements of type {code} are not read"))
    })?;
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        Tensor::new(
            tensor.dims().to_vec(),
            converted(tensor.data(), to, inputs)?,
        )
    })
}

fn converted(data: &Data, to: ElementType, inputs: &Inputs<'_>) -> Result<Data, OperatorFault> {
    if data.element_type() == to {
        return Ok(data.clone());
    }
    if let (Data::Text(texts), ElementType::Int) = (data, to) {
        let numbers = texts.iter().map(|text| text.trim().parse().ok());
        let numbers: Option<Vec<i64>> = numbers.collect();
        return numbers.map(Data::Int).ok_or(OperatorFault::NotANumber);
    }
    let numbers = || match data {
        Data::Text(texts) => texts
            .iter()
            .map(|text| text.trim().parse().map_err(|_| OperatorFault::NotANumber))
            .collect::<Result<Vec<f64>, _>>(),
        _ => inputs.numbers(0),
    };
    Ok(match to {
        ElementType::Float => super::floats(numbers()?),
        ElementType::Double => Data::Double(numbers()?),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast cuts the fraction off, and saturates"
        )]
        ElementType::Int => Data::Int(numbers()?.into_iter().map(|x| x as i64).collect()),
        ElementType::Bool => Data::Bool(numbers()?.into_iter().map(|x| x != 0.0).collect()),
        ElementType::Text => Data::Text(spelled(data)),
    })
}

fn spelled(data: &Data) -> Vec<Arc<str>> {
    fn all<T: ToString>(values: &[T]) -> Vec<Arc<str>> {
        values.iter().map(|x| x.to_string().into()).collect()
    }
    match data {
        Data::Float(values) => all(values),
        Data::Double(values) => all(values),
        Data::Int(values) => all(values),
        Data::Bool(values) => all(values),
        Data::Text(values) => values.clone(),
    }
}

fn constant(attributes: &Attributes<'_>) -> Made {
    let scalar = |data| Tensor::new(Vec::new(), data);
    let list = |data: Data| Tensor::new(vec![data.len()], data);
    let value = if let Some(tensor) = attributes.tensor("value")? {
        tensor
    } else if attributes.get("value_float").is_some() {
        scalar(Data::Float(vec![attributes.float("value_float", 0.0)]))?
    } else if attributes.get("value_int").is_some() {
        scalar(Data::Int(vec![attributes.int("value_int", 0)]))?
    } else if attributes.get("value_string").is_some() {
        scalar(Data::Text(vec![
            attributes.text("value_string", "")?.into(),
        ]))?
    } else if attributes.get("value_floats").is_some() {
        list(Data::Float(attributes.floats("value_floats").to_vec()))?
    } else if attributes.get("value_ints").is_some() {
        list(Data::Int(attributes.ints("value_ints").to_vec()))?
    } else if attributes.get("value_strings").is_some() {
        list(Data::Text(attributes.texts("value_strings")?))?
    } else {
        return Err(OperatorFault::attribute(
            "value",
            "absent, or of an unknown kind",
        ));
    };
    one(move |_| Ok(value.clone()))
}
