//! What a split decides about the rows of a block, several rows in one instruction.

use crate::model::{Branch, Condition, Split};

/// Rows that a kernel takes at a time: two of the widest vectors of float64, so that the work
/// that a node costs whatever the number of rows is shared.
pub(super) const LANES: usize = 16;

/// One number for each of the rows.
pub(super) type Lanes = [f64; LANES];

/// `f` of each lane. The result is a value of its own, which the compiler keeps in vectors
/// where a loop that writes through references would be taken apart.
#[inline(always)]
pub(super) fn each<const N: usize>(lanes: [&Lanes; N], f: impl Fn([f64; N]) -> f64) -> Lanes {
    let mut result = [0.0; LANES];
    for lane in 0..LANES {
        let mut values = [0.0; N];
        for at in 0..N {
            values[at] = lanes[at][lane];
        }
        result[lane] = f(values);
    }
    result
}

/// The decision of a split.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// The first side takes values up to `limit`.
    UpTo { limit: f64, missing: Branch },
    /// Categories, and zeros that stand for missing values.
    Other(Box<Split>),
}

impl Decision {
    pub(super) fn new(split: &Split) -> Decision {
        let limit = match split.condition {
            _ if split.zero_is_missing => None,
            Condition::AtMost(threshold) => Some(threshold),
            // No value is below negative infinity, and none is at most NaN.
            Condition::Below(f64::NEG_INFINITY) => Some(f64::NAN),
            Condition::Below(threshold) => Some(threshold.next_down()),
            Condition::In { .. } => None,
        };
        match limit {
            Some(limit) => Decision::UpTo {
                limit,
                missing: split.missing,
            },
            None => Decision::Other(Box::new(split.clone())),
        }
    }

    pub(super) fn takes_first(&self, value: f64) -> bool {
        match self {
            Self::UpTo { limit, missing } => {
                value <= *limit || (value.is_nan() && *missing == Branch::First)
            }
            Self::Other(split) => split.branch(value) == Branch::First,
        }
    }

    /// 1 for the rows that take the first side, 0 for the others.
    #[inline(always)]
    pub(super) fn lanes(&self, column: &Lanes) -> Lanes {
        let mut first = [0.0; LANES];
        match self {
            Self::UpTo { limit, missing } => {
                let of_missing = if *missing == Branch::First { 1.0 } else { 0.0 };
                for lane in 0..LANES {
                    let value = column[lane];
                    let decided = if value <= *limit { 1.0 } else { 0.0 };
                    first[lane] = if value.is_nan() { of_missing } else { decided };
                }
            }
            Self::Other(split) => {
                for lane in 0..LANES {
                    if split.branch(column[lane]) == Branch::First {
                        first[lane] = 1.0;
                    }
                }
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_the_branch_of_its_split() {
        let extremes = [
            f64::NEG_INFINITY,
            f64::INFINITY,
            f64::MAX,
            f64::MIN,
            f64::NAN,
        ];
        let near = [
            0.0,
            -0.0,
            1.0,
            1.0_f64.next_down(),
            1.0_f64.next_up(),
            5e-324,
            1e-36,
        ];
        let values: Vec<f64> = extremes.into_iter().chain(near).collect();
        let column: Lanes = std::array::from_fn(|lane| values[lane % values.len()]);
        for threshold in values.iter().copied().filter(|value| !value.is_nan()) {
            for condition in [Condition::Below(threshold), Condition::AtMost(threshold)] {
                for (missing, zero_is_missing) in [
                    (Branch::First, false),
                    (Branch::Second, false),
                    (Branch::Second, true),
                ] {
                    let split = Split {
                        feature: 0,
                        condition: condition.clone(),
                        missing,
                        zero_is_missing,
                        first: 1,
                        second: 2,
                    };
                    let decision = Decision::new(&split);
                    let lanes = decision.lanes(&column);
                    for (value, lane) in column.iter().zip(lanes) {
                        let expected = split.branch(*value) == Branch::First;
                        assert_eq!(decision.takes_first(*value), expected, "{value} {split:?}");
                        assert_eq!(lane > 0.5, expected, "{value} {split:?}");
                    }
                }
            }
        }
    }
}
