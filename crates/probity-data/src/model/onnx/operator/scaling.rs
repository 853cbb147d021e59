//! Operators of `ai.onnx.ml` on columns of numbers: scaled, filled, put together, picked.

use std::sync::Arc;

use super::layout::concatenate;
use super::selection::extract_columns;
use super::{Inputs, Made, floats, one};
use crate::model::onnx::attributes::Attributes;
use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::message::NodeProto;
use crate::model::onnx::tensor::{Data, Tensor};

pub(super) fn operator(node: &NodeProto) -> Made {
    let attributes = Attributes::of(node);
    match node.op_type.as_str() {
        "Normalizer" => normalizer(&attributes),
        "Imputer" => imputer(&attributes),
        "Binarizer" => {
            let threshold = attributes.float("threshold", 0.0);
            let threshold = f64::from(threshold);
            one(move |inputs| {
                let above = |x: f64| if x > threshold { 1.0 } else { 0.0 };
                let values = inputs.numbers(0)?.into_iter().map(above).collect();
                Tensor::new(inputs.get(0)?.dims().to_vec(), floats(values))
            })
        }
        "FeatureVectorizer" => one(vectorize),
        "ArrayFeatureExtractor" => one(extract_columns),
        // The maps of each record hold the same numbers under the names of the classes, which
        // are read where the outputs are.
        "ZipMap" => one(|inputs| inputs.get(0).cloned()),
        _ => Ok(None),
    }
}

pub(super) fn scaler(parts: Arc<ScalerParts>) -> Made {
    one(move |inputs| parts.apply(inputs))
}

/// `(x − offset) · scale` of each column; one number stands for all columns.
pub(crate) struct ScalerParts {
    pub(crate) offset: Vec<f64>,
    pub(crate) scale: Vec<f64>,
}

impl ScalerParts {
    pub(crate) fn of(node: &NodeProto) -> ScalerParts {
        let attributes = Attributes::of(node);
        let all = |name| {
            attributes
                .floats(name)
                .iter()
                .map(|x| f64::from(*x))
                .collect()
        };
        ScalerParts {
            offset: all("offset"),
            scale: all("scale"),
        }
    }

    /// Offset and scale of one of the columns.
    pub(crate) fn column(&self, column: usize) -> (f64, f64) {
        let of = |values: &[f64], absent| match values {
            [] => absent,
            [value] => *value,
            values => values[column % values.len()],
        };
        (of(&self.offset, 0.0), of(&self.scale, 1.0))
    }

    pub(crate) fn fits(&self, columns: usize) -> bool {
        [&self.offset, &self.scale]
            .into_iter()
            .all(|values| values.len() <= 1 || values.len() == columns)
    }

    fn apply(&self, inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
        let tensor = inputs.get(0)?;
        let (_, columns) = tensor.as_rows();
        if !self.fits(columns) {
            return Err(OperatorFault::Shape {
                input: 0,
                expected: format!("rows of {} columns", self.offset.len()),
                found: tensor.shape().clone(),
            });
        }
        let mut values = inputs.numbers(0)?;
        for (idx, value) in values.iter_mut().enumerate() {
            let (offset, scale) = self.column(idx % columns);
            *value = (*value - offset) * scale;
        }
        Tensor::new(tensor.dims().to_vec(), floats(values))
    }
}

/// Each row divided by its norm; a row of zeros stays.
fn normalizer(attributes: &Attributes<'_>) -> Made {
    let norm: fn(&[f64]) -> f64 = match attributes.text("norm", "MAX")? {
        "MAX" => |row| row.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "L1" => |row| row.iter().map(|x| x.abs()).sum(),
        "L2" => |row| row.iter().map(|x| x * x).sum::<f64>().sqrt(),
        other => {
            return Err(OperatorFault::attribute(
                "norm",
                format!("`{other}` is unknown"),
            ));
        }
    };
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let (_, columns) = tensor.as_rows();
        let mut values = inputs.numbers(0)?;
        for row in values.chunks_mut(columns.max(1)) {
            let divisor = norm(row);
            if divisor != 0.0 {
                row.iter_mut().for_each(|x| *x /= divisor);
            }
        }
        Tensor::new(tensor.dims().to_vec(), floats(values))
    })
}

/// What is filled into each column, and instead of what.
fn imputer(attributes: &Attributes<'_>) -> Made {
    let whole = attributes.ints("imputed_value_int64s").to_vec();
    let replaced_whole = attributes.int("replaced_value_int64", 0);
    let real = attributes.floats("imputed_value_floats").to_vec();
    let replaced_real = attributes.float("replaced_value_float", 0.0);
    if whole.is_empty() && real.is_empty() {
        return Err(OperatorFault::attribute(
            "imputed_value_floats",
            "no values",
        ));
    }
    one(move |inputs| {
        let tensor = inputs.get(0)?;
        let (_, columns) = tensor.as_rows();
        let unfit = |given: usize| OperatorFault::Shape {
            input: 0,
            expected: format!("rows of {given} columns"),
            found: tensor.shape().clone(),
        };
        let data = match tensor.data() {
            Data::Int(values) => {
                let filled = filled(values, columns, &whole, |x| *x == replaced_whole);
                Data::Int(filled.ok_or_else(|| unfit(whole.len()))?)
            }
            Data::Float(_) | Data::Double(_) => {
                let fillers: Vec<f64> = real.iter().map(|x| f64::from(*x)).collect();
                let replaced = f64::from(replaced_real);
                #[expect(clippy::float_cmp, reason = "the value itself marks what is missing")]
                let is_missing = |x: &f64| *x == replaced || x.is_nan() && replaced.is_nan();
                let values = filled(&inputs.numbers(0)?, columns, &fillers, is_missing);
                super::numbers_like(tensor.data(), values.ok_or_else(|| unfit(real.len()))?)
            }
            other => return Err(inputs.unfit(0, "numbers", other)),
        };
        Tensor::new(tensor.dims().to_vec(), data)
    })
}

/// `None` where there is neither one filler nor one for each column.
fn filled<T: Copy>(
    values: &[T],
    columns: usize,
    fillers: &[T],
    is_missing: impl Fn(&T) -> bool,
) -> Option<Vec<T>> {
    if fillers.is_empty() || fillers.len() != 1 && fillers.len() != columns {
        return None;
    }
    let filler = |idx: usize| fillers[idx % columns % fillers.len()];
    let all = values.iter().enumerate();
    Some(
        all.map(|(idx, x)| if is_missing(x) { filler(idx) } else { *x })
            .collect(),
    )
}

/// All inputs side by side, as float32.
fn vectorize(inputs: &Inputs<'_>) -> Result<Tensor, OperatorFault> {
    let all: Vec<Tensor> = (0..inputs.0.len())
        .map(|input| {
            let (rows, columns) = inputs.get(input)?.as_rows();
            Tensor::new(vec![rows, columns], floats(inputs.numbers(input)?))
        })
        .collect::<Result<_, _>>()?;
    concatenate(&all.iter().collect::<Vec<_>>(), 1)
}
