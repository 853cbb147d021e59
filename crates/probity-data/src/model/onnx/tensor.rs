//! Arrays of any rank, as the operators see them: row-major, owned, of five kinds of elements.
//!
//! Whole numbers of all widths are kept in 64 bits; numbers of 32 bits stay so, because a
//! runtime rounds to them and a tree compares rounded values.

use std::fmt;
use std::sync::Arc;

use super::error::{OperatorFault, TensorFault};
use super::message::TensorProto;

/// Elements of one tensor, at most: 256 MiB of float64.
const LARGEST_TENSOR: usize = 1 << 25;

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Shape(pub(crate) Vec<usize>);

impl Shape {
    pub(crate) fn rank(&self) -> usize {
        self.0.len()
    }

    /// Checked before anything of that size is allocated.
    pub(crate) fn len(&self) -> Result<usize, OperatorFault> {
        length_of(&self.0).ok_or_else(|| OperatorFault::TooLarge(self.clone()))
    }

    /// Elements between neighbours along each axis.
    pub(crate) fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis].max(1);
        }
        strides
    }

    /// `axis` counted from the end where it is negative.
    pub(crate) fn axis(&self, axis: i64) -> Result<usize, OperatorFault> {
        axis_of(axis, self.rank())
    }
}

pub(crate) fn axis_of(axis: i64, rank: usize) -> Result<usize, OperatorFault> {
    let signed_rank = i64::try_from(rank).unwrap_or(i64::MAX);
    let from_start = if axis < 0 {
        axis.saturating_add(signed_rank)
    } else {
        axis
    };
    usize::try_from(from_start)
        .ok()
        .filter(|axis| *axis < rank)
        .ok_or(OperatorFault::Axis { axis, rank })
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

fn length_of(dims: &[usize]) -> Option<usize> {
    // A zero does not excuse dimensions that would overflow together.
    dims.iter()
        .try_fold(1_usize, |product, dim| product.checked_mul((*dim).max(1)))
        .filter(|product| *product <= LARGEST_TENSOR)?;
    Some(dims.iter().product())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementType {
    Float,
    Double,
    Int,
    Bool,
    Text,
}

impl ElementType {
    /// Of `TensorProto.DataType`; absent where elements of that type are not read.
    pub(crate) fn of_code(code: i32) -> Option<ElementType> {
        match code {
            1 => Some(Self::Float),
            11 => Some(Self::Double),
            2..=7 | 12 | 13 => Some(Self::Int),
            9 => Some(Self::Bool),
            8 => Some(Self::Text),
            _ => None,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "numbers of 32 bits",
            Self::Double => "numbers of 64 bits",
            Self::Int => "whole numbers",
            Self::Bool => "booleans",
            Self::Text => "strings",
        })
    }
}

/// Strings are shared: a category repeated in each row costs its length once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Float(Vec<f32>),
    Double(Vec<f64>),
    Int(Vec<i64>),
    Bool(Vec<bool>),
    Text(Vec<Arc<str>>),
}

/// `$body` with `$values` bound to the vector of whatever elements there are.
macro_rules! each_kind {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            Data::Float($values) => Data::Float($body),
            Data::Double($values) => Data::Double($body),
            Data::Int($values) => Data::Int($body),
            Data::Bool($values) => Data::Bool($body),
            Data::Text($values) => Data::Text($body),
        }
    };
}

impl Data {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    pub(crate) fn element_type(&self) -> ElementType {
        match self {
            Self::Float(_) => ElementType::Float,
            Self::Double(_) => ElementType::Double,
            Self::Int(_) => ElementType::Int,
            Self::Bool(_) => ElementType::Bool,
            Self::Text(_) => ElementType::Text,
        }
    }

    /// The elements at these places.
    pub(crate) fn pick(&self, places: &[usize]) -> Data {
        each_kind!(self, values => picked(values, places))
    }

    /// Appends `range` of the other, which has the same elements; `None` where it has not.
    pub(crate) fn extend(&mut self, other: &Data, range: std::ops::Range<usize>) -> Option<()> {
        match (self, other) {
            (Self::Float(to), Self::Float(from)) => to.extend_from_slice(&from[range]),
            (Self::Double(to), Self::Double(from)) => to.extend_from_slice(&from[range]),
            (Self::Int(to), Self::Int(from)) => to.extend_from_slice(&from[range]),
            (Self::Bool(to), Self::Bool(from)) => to.extend_from_slice(&from[range]),
            (Self::Text(to), Self::Text(from)) => to.extend_from_slice(&from[range]),
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn empty_like(&self) -> Data {
        each_kind!(self, _values => Vec::new())
    }
}

fn picked<T: Clone>(values: &[T], places: &[usize]) -> Vec<T> {
    places.iter().map(|place| values[*place].clone()).collect()
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    shape: Shape,
    data: Data,
}

impl Tensor {
    pub(crate) fn new(dims: Vec<usize>, data: Data) -> Result<Tensor, OperatorFault> {
        let shape = Shape(dims);
        if shape.len()? != data.len() {
            return Err(OperatorFault::Shapes {
                left: shape,
                right: Shape(vec![data.len()]),
            });
        }
        Ok(Tensor { shape, data })
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn dims(&self) -> &[usize] {
        &self.shape.0
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// The same elements under another shape of as many.
    pub(crate) fn reshaped(&self, dims: Vec<usize>) -> Result<Tensor, OperatorFault> {
        let shape = Shape(dims);
        if shape.len()? != self.len() {
            return Err(OperatorFault::Shapes {
                left: self.shape.clone(),
                right: shape,
            });
        }
        let data = self.data.clone();
        Ok(Tensor { shape, data })
    }

    /// Rows and columns; a tensor of rank 1 is one row, and more axes than two are columns.
    pub(crate) fn as_rows(&self) -> (usize, usize) {
        match self.dims() {
            [] => (1, 1),
            [columns] => (1, *columns),
            [rows, columns @ ..] => (*rows, columns.iter().product()),
        }
    }

    /// The numbers in 64 bits, whatever they were.
    pub(crate) fn to_f64(&self) -> Option<Vec<f64>> {
        match &self.data {
            Data::Float(values) => Some(values.iter().map(|x| f64::from(*x)).collect()),
            Data::Double(values) => Some(values.clone()),
            #[expect(
                clippy::cast_precision_loss,
                reason = "whole numbers become features, as in a runtime"
            )]
            Data::Int(values) => Some(values.iter().map(|x| *x as f64).collect()),
            Data::Bool(values) => Some(values.iter().map(|x| f64::from(u8::from(*x))).collect()),
            Data::Text(_) => None,
        }
    }

    pub(crate) fn of_message(message: &TensorProto) -> Result<Tensor, TensorFault> {
        let dims: Option<Vec<usize>> = message
            .dims
            .iter()
            .map(|dim| usize::try_from(*dim).ok())
            .collect();
        let dims = dims.ok_or(TensorFault::Shape)?;
        let length = length_of(&dims).ok_or(TensorFault::Shape)?;
        let data = stored_data(message)?;
        let shape = Shape(dims);
        if data.len() != length {
            let found = data.len();
            return Err(TensorFault::Elements { found, shape });
        }
        Ok(Tensor { shape, data })
    }
}

/// Numbers are in `raw_data`, little endian, or in the field of their type.
fn stored_data(message: &TensorProto) -> Result<Data, TensorFault> {
    let raw = &message.raw_data[..];
    let code = message.data_type;
    Ok(match code {
        1 if raw.is_empty() => Data::Float(message.float_data.clone()),
        1 => Data::Float(of_raw(raw, f32::from_le_bytes)),
        11 if raw.is_empty() => Data::Double(message.double_data.clone()),
        11 => Data::Double(of_raw(raw, f64::from_le_bytes)),
        7 if raw.is_empty() => Data::Int(message.int64_data.clone()),
        7 => Data::Int(of_raw(raw, i64::from_le_bytes)),
        2..=6 if raw.is_empty() => {
            Data::Int(message.int32_data.iter().map(|x| i64::from(*x)).collect())
        }
        2 => Data::Int(raw.iter().map(|x| i64::from(*x)).collect()),
        3 => Data::Int(of_raw(raw, |x| i64::from(i8::from_le_bytes(x)))),
        4 => Data::Int(of_raw(raw, |x| i64::from(u16::from_le_bytes(x)))),
        5 => Data::Int(of_raw(raw, |x| i64::from(i16::from_le_bytes(x)))),
        6 => Data::Int(of_raw(raw, |x| i64::from(i32::from_le_bytes(x)))),
        9 if raw.is_empty() => Data::Bool(message.int32_data.iter().map(|x| *x != 0).collect()),
        9 => Data::Bool(raw.iter().map(|x| *x != 0).collect()),
        8 => {
            let strings = message.string_data.iter().map(|bytes| text_of(bytes));
            Data::Text(strings.collect::<Option<_>>().ok_or(TensorFault::NotUtf8)?)
        }
        other => return Err(TensorFault::ElementType(other)),
    })
}

/// Bytes left over make the number of elements wrong, which is refused afterwards.
fn of_raw<const N: usize, T>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (whole, rest) = raw.as_chunks::<N>();
    let mut values: Vec<T> = whole.iter().map(|bytes| read(*bytes)).collect();
    if !rest.is_empty() {
        values.clear();
    }
    values
}

pub(crate) fn text_of(bytes: &[u8]) -> Option<Arc<str>> {
    std::str::from_utf8(bytes).ok().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_of_too_many_elements_is_refused_before_it_is_allocated() {
        let huge = Shape(vec![1 << 40, 1 << 40, 0]);
        assert_eq!(huge.len(), Err(OperatorFault::TooLarge(huge.clone())));
        assert_eq!(Shape(vec![3, 0]).len(), Ok(0));
        let message = TensorProto {
            dims: vec![1 << 33],
            data_type: 1,
            ..TensorProto::default()
        };
        assert_eq!(Tensor::of_message(&message), Err(TensorFault::Shape));
    }

    #[test]
    fn raw_bytes_that_are_no_whole_number_of_elements_are_refused() {
        let message = TensorProto {
            dims: vec![2],
            data_type: 1,
            raw_data: vec![0; 9].into(),
            ..TensorProto::default()
        };
        let refused = Tensor::of_message(&message);
        assert!(matches!(
            refused,
            Err(TensorFault::Elements { found: 0, .. })
        ));
    }
}
