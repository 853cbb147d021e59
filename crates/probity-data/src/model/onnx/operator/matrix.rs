//! Products of matrices, and what networks put around them.

use super::{Inputs, Made, numbers_like, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::operator::broadcast::{Places, common_shape};
use crate::model::onnx::tensor::{Shape, Tensor};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "MatMul" => one(multiply),
        "Gemm" => general_multiply(&attributes),
        "BatchNormalization" => normalize(&attributes),
        _ => Ok(None),
    }
}

/// A matrix in 64 bits.
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    fn transposed(self) -> Matrix {
        let values = (0..self.columns)
            .flat_map(|column| (0..self.rows).map(move |row| (row, column)))
            .map(|(row, column)| self.values[row * self.columns + column])
            .collect();
        Matrix {
            rows: self.columns,
            columns: self.rows,
            values,
        }
    }

    /// Sums in 64 bits, each in the order of the rows of `other`.
    fn times(&self, other: &Matrix) -> Result<Matrix, OperatorFault> {
        if self.columns != other.rows {
            return Err(OperatorFault::Shapes {
                left: Shape(vec![self.rows, self.columns]),
                right: Shape(vec![other.rows, other.columns]),
            });
        }
        let length = Shape(vec![self.rows, other.columns]).len()?;
        let mut values = vec![0.0; length];
        for row in 0..self.rows {
            let sums = &mut values[row * other.columns..][..other.columns];
            for (k, factor) in self.values[row * self.columns..][..self.columns]
                .iter()
                .enumerate()
            {
                let weights = &other.values[k * other.columns..][..other.columns];
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += factor * weight;
                }
            }
        }
        Ok(Matrix {
            rows: self.rows,
            columns: other.columns,
            values,
        })
    }
}

fn matrix(inputs: &Inputs<'_>, input: usize) -> Result<Matrix, OperatorFault> {
    let tensor = inputs.get(input)?;
    match tensor.dims() {
        [rows, columns] => Ok(Matrix {
            rows: *rows,
            columns: *columns,
            values: inputs.numbers(input)?,
        }),
        _ => Err(OperatorFault::Shape {
            input,
            expected: "a matrix".to_owned(),
            found: tensor.shape().clone(),
        }),
    }
}

/// The right side is a matrix or a list; the left one may have more axes, which are its rows.
fn multiply(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let (left, right) = (inputs.get(0)?, inputs.get(1)?);
    let unfit = |input: usize, tensor: &Tensor| OperatorFault::Shape {
        input,
        expected: "a matrix or a list".to_owned(),
        found: tensor.shape().clone(),
    };
    let (outer, columns) = match left.dims() {
        [outer @ .., columns] => (outer, *columns),
        [] => return Err(unfit(0, left)),
    };
    let (weights, kept) = match right.dims() {
        [rows] => ((*rows, 1), None),
        [rows, columns] => ((*rows, *columns), Some(*columns)),
        _ => return Err(unfit(1, right)),
    };
    let left_matrix = Matrix {
        rows: outer.iter().product(),
        columns,
        values: inputs.numbers(0)?,
    };
    let right_matrix = Matrix {
        rows: weights.0,
        columns: weights.1,
        values: inputs.numbers(1)?,
    };
    let product = left_matrix.times(&right_matrix)?;
    let dims = outer.iter().copied().chain(kept).collect();
    Tensor::new(dims, numbers_like(left.data(), product.values))
}

/// `alpha · A · B + beta · C`.
fn general_multiply(attributes: &Attributes<'_>) -> Made {
    let scale = |name| f64::from(attributes.float(name, 1.0));
    let (alpha, beta) = (scale("alpha"), scale("beta"));
    let turned = |name| attributes.int(name, 0) != 0;
    let (turn_left, turn_right) = (turned("transA"), turned("transB"));
    one(move |inputs| {
        let (mut left, mut right) = (matrix(inputs, 0)?, matrix(inputs, 1)?);
        if turn_left {
            left = left.transposed();
        }
        if turn_right {
            right = right.transposed();
        }
        let mut product = left.times(&right)?;
        for value in &mut product.values {
            *value *= alpha;
        }
        let shape = Shape(vec![product.rows, product.columns]);
        if let Some(added) = inputs.optional(2) {
            if common_shape(added.shape(), &shape)? != shape {
                return Err(OperatorFault::Shapes {
                    left: added.shape().clone(),
                    right: shape,
                });
            }
            let terms = inputs.numbers(2)?;
            for (value, place) in product
                .values
                .iter_mut()
                .zip(Places::new(added.shape(), &shape)?)
            {
                *value += beta * terms[place];
            }
        }
        let data = numbers_like(inputs.get(0)?.data(), product.values);
        Tensor::new(shape.0, data)
    })
}

/// `(x − mean) / √(variance + ε) · scale + bias` of each channel, the second axis.
fn normalize(attributes: &Attributes<'_>) -> Made {
    let epsilon = f64::from(attributes.float("epsilon", 1e-5));
    if attributes.int("training_mode", 0) != 0 {
        return Err(OperatorFault::attribute(
            "training_mode",
            "the model is still in training",
        ));
    }
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let unfit = || OperatorFault::Shape {
            input: 0,
            expected: "one with a second axis of channels".to_owned(),
            found: tensor.shape().clone(),
        };
        let channels = *tensor.dims().get(1).ok_or_else(unfit)?;
        let inner: usize = tensor.dims()[2..].iter().product();
        let parameters: Vec<Vec<f64>> = (1..5)
            .map(|input| inputs.numbers(input))
            .collect::<Result<_, _>>()?;
        if parameters.iter().any(|values| values.len() != channels) {
            return Err(unfit());
        }
        let mut values = inputs.numbers(0)?;
        for (idx, value) in values.iter_mut().enumerate() {
            // Without elements there is no channel, and nothing to divide.
            let channel = idx / inner % channels;
            let [scale, bias, mean, variance] =
                [0, 1, 2, 3].map(|parameter| parameters[parameter][channel]);
            *value = (*value - mean) / (variance + epsilon).sqrt() * scale + bias;
        }
        Tensor::new(tensor.dims().to_vec(), numbers_like(tensor.data(), values))
    })
}
