//! Shapes that are stretched to each other: ONNX's (numpy's) rules of broadcasting.

use crate::model::onnx::error::OperatorFault;
use crate::model::onnx::tensor::Shape;

/// The shape that both are stretched to: axes are aligned at the end, and an axis of one element
/// repeats it.
pub(super) fn common_shape(left: &Shape, right: &Shape) -> Result<Shape, OperatorFault> {
    let rank = left.rank().max(right.rank());
    let mut dims = Vec::with_capacity(rank);
    for axis in 0..rank {
        let (a, b) = (size_at(left, axis, rank), size_at(right, axis, rank));
        dims.push(match (a, b) {
            (a, b) if a == b => a,
            (1, b) => b,
            (a, 1) => a,
            _ => {
                return Err(OperatorFault::Shapes {
                    left: left.clone(),
                    right: right.clone(),
                });
            }
        });
    }
    let shape = Shape(dims);
    shape.len()?;
    Ok(shape)
}

/// Size along an axis of the common shape, 1 where the shape has no such axis.
fn size_at(shape: &Shape, axis: usize, rank: usize) -> usize {
    (axis + shape.rank())
        .checked_sub(rank)
        .map_or(1, |own| shape.0[own])
}

/// The places of a tensor's elements, one for each element of the shape it is stretched to.
pub(super) struct Places<'a> {
    dims: &'a [usize],
    /// 0 along axes that are repeated.
    strides: Vec<usize>,
    index: Vec<usize>,
    place: usize,
    left: usize,
}

impl<'a> Places<'a> {
    /// `to` is a common shape of `from`.
    pub(super) fn new(from: &Shape, to: &'a Shape) -> Result<Places<'a>, OperatorFault> {
        let own_strides = from.strides();
        let rank = to.rank();
        let strides = (0..rank).map(|axis| match (axis + from.rank()).checked_sub(rank) {
            Some(own) if from.0[own] != 1 => own_strides[own],
            Some(_) | None => 0,
        });
        Ok(Places {
            dims: &to.0,
            strides: strides.collect(),
            index: vec![0; rank],
            place: 0,
            left: to.len()?,
        })
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.place;
        for axis in (0..self.dims.len()).rev() {
            self.index[axis] += 1;
            self.place += self.strides[axis];
            if self.index[axis] < self.dims[axis] {
                break;
            }
            self.place -= self.strides[axis] * self.dims[axis];
            self.index[axis] = 0;
        }
        Some(place)
    }
}

/// A side of a binary operator: its elements and their shape.
pub(super) type Side<'a, T> = (&'a [T], &'a Shape);

/// `combine` of the elements of both sides, stretched to `to`.
pub(super) fn combined<T, U, R>(
    (left, left_shape): Side<'_, T>,
    (right, right_shape): Side<'_, U>,
    to: &Shape,
    combine: impl Fn(&T, &U) -> R,
) -> Result<Vec<R>, OperatorFault> {
    if left_shape == right_shape {
        return Ok(left.iter().zip(right).map(|(a, b)| combine(a, b)).collect());
    }
    let pairs = Places::new(left_shape, to)?.zip(Places::new(right_shape, to)?);
    Ok(pairs.map(|(a, b)| combine(&left[a], &right[b])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_aligned_at_the_end() {
        let (rows, columns) = (Shape(vec![2, 1]), Shape(vec![3]));
        let to = common_shape(&rows, &columns).unwrap();
        assert_eq!(to, Shape(vec![2, 3]));
        let added = combined((&[10, 20], &rows), (&[1, 2, 3], &columns), &to, |a, b| {
            a + b
        });
        assert_eq!(added.unwrap(), [11, 12, 13, 21, 22, 23]);
    }

    #[test]
    fn different_sizes_do_not_go_together() {
        let (left, right) = (Shape(vec![2]), Shape(vec![3]));
        let refused = common_shape(&left, &right);
        assert_eq!(refused, Err(OperatorFault::Shapes { left, right }));
    }

    #[test]
    fn an_outer_product_of_all_memory_is_refused() {
        let (left, right) = (Shape(vec![1 << 20, 1]), Shape(vec![1, 1 << 20]));
        assert!(matches!(
            common_shape(&left, &right),
            Err(OperatorFault::TooLarge(_))
        ));
    }
}
