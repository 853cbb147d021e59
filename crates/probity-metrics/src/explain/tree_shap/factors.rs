//! The factors by which a split multiplies the weight of a way, at each point of the rule.
//!
//! With `z` the share of the training weight that takes the first side, and `b` 1 where the
//! row takes it, the first split of a way on a feature has the factors `t·b + (1 − t)·z` and
//! one minus that. A later split on the same feature replaces the feature's factor, so that
//! it multiplies by a quotient: with `a` the product of the shares so far and
//! `Q = t + (1 − t)·a`, by `(t·b + (1 − t)·a·z) / Q` where the row took all earlier sides, and
//! by `z` where it did not, as both factors then are `1 − t` times a share. Again the two
//! sides sum to 1.

use super::prepared::PreparedSplit;
use super::quadrature::{POINTS_AT_ONCE, Point};

/// A number per point; those beyond a rule's points are not used. All points of a walk are in
/// one vector, whatever their number.
type PerPoint = [f64; POINTS_AT_ONCE];

/// Some points of a rule, by part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    at: PerPoint,
    /// `1 − at`.
    rest: PerPoint,
}

impl Points {
    #[inline(always)]
    pub(super) fn new(points: &[Point]) -> Points {
        let mut at = [1.0; POINTS_AT_ONCE];
        for (at, point) in at.iter_mut().zip(points) {
            *at = point.at;
        }
        Points {
            at,
            rest: at.map(|at| 1.0 - at),
        }
    }
}

/// Factors of the first side; those of the second are 1 minus these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    /// Where the row takes the first side.
    pub(super) first: PerPoint,
    /// Where it takes the second.
    pub(super) second: PerPoint,
    /// `dq/dx = (b − z) · slope` where the row takes either; for a first split, 1.
    pub(super) slope: PerPoint,
}

impl Factors {
    /// Written so that a side that no training weight takes gets a factor of exactly 0 where
    /// the row does not take it either.
    #[inline(always)]
    pub(super) fn new(split: &PreparedSplit, points: &Points) -> Factors {
        let share = split.first_share;
        let mut factors = Factors {
            first: [0.0; POINTS_AT_ONCE],
            second: [0.0; POINTS_AT_ONCE],
            slope: [1.0; POINTS_AT_ONCE],
        };
        match split.earlier {
            None => {
                for k in 0..POINTS_AT_ONCE {
                    factors.first[k] = 1.0 - points.rest[k] * (1.0 - share);
                    factors.second[k] = points.rest[k] * share;
                }
            }
            Some(earlier) => {
                for k in 0..POINTS_AT_ONCE {
                    let above = points.at[k] + points.rest[k] * earlier.share;
                    let absent = points.rest[k] * (earlier.share * share);
                    factors.first[k] = (points.at[k] + absent) / above;
                    factors.second[k] = absent / above;
                    factors.slope[k] = earlier.share / (above * above);
                }
            }
        }
        factors
    }
}
