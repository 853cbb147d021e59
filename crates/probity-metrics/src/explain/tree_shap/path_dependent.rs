//! The path-dependent kernel: one walk over a tree for a block of rows, down with the weights
//! of the ways and up with the values below, at some points of the rule.
//!
//! The formulas are in the module's documentation; no sum is reordered and no multiplication
//! fused with an addition, so that every processor gives the same bits.

use multiversion::multiversion;

use super::decision::{LANES, Lanes, each};
use super::factors::{Factors, Points};
use super::prepared::{PreparedSplit, PreparedTree, Side, Step};
use super::quadrature::{POINTS_AT_ONCE, Point};

const ZEROS: Lanes = [0.0; LANES];

/// What one walk computes: one of a tree's outputs at some points of the rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    pub(super) tree: &'a PreparedTree,
    /// Which of a leaf's values.
    pub(super) value: usize,
    /// At most [`POINTS_AT_ONCE`].
    pub(super) points: &'a [Point],
}

/// What a walk keeps per slot, for trees up to a size.
#[derive(Clone, Debug, Default)]
pub(super) struct Workspace {
    /// Weight of the way to a node, per point.
    weights: Vec<Lanes>,
    /// Value of what is below a node, per point.
    values: Vec<Lanes>,
    /// 1 for the rows that took the sides of this feature down to here.
    taken: Vec<Lanes>,
}

impl Workspace {
    pub(super) fn new(n_slots: usize) -> Workspace {
        Workspace {
            weights: vec![ZEROS; n_slots * POINTS_AT_ONCE],
            values: vec![ZEROS; n_slots * POINTS_AT_ONCE],
            taken: vec![ZEROS; n_slots],
        }
    }
}

/// Adds the contributions of the features to `sums`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn add_tree(
    walk: &Walk,
    columns: &[Lanes],
    workspace: &mut Workspace,
    sums: &mut [Lanes],
) {
    match walk.points.len() {
        1 => walk_points::<1>(walk, columns, workspace, sums),
        2 => walk_points::<2>(walk, columns, workspace, sums),
        3 => walk_points::<3>(walk, columns, workspace, sums),
        4 => walk_points::<4>(walk, columns, workspace, sums),
        5 => walk_points::<5>(walk, columns, workspace, sums),
        6 => walk_points::<6>(walk, columns, workspace, sums),
        7 => walk_points::<7>(walk, columns, workspace, sums),
        _ => walk_points::<8>(walk, columns, workspace, sums),
    }
}

#[inline(always)]
fn walk_points<const K: usize>(
    walk: &Walk,
    columns: &[Lanes],
    workspace: &mut Workspace,
    sums: &mut [Lanes],
) {
    let points = Points::new(walk.points);
    let (weights, _) = workspace.weights.as_chunks_mut::<K>();
    let (values, _) = workspace.values.as_chunks_mut::<K>();
    let taken = &mut workspace.taken[..];
    for (weight, point) in weights[0].iter_mut().zip(walk.points) {
        *weight = [point.weight; LANES];
    }
    for step in &walk.tree.steps {
        let (Step::Descend(idx) | Step::Twig(idx) | Step::Ascend(idx)) = *step;
        let split = &walk.tree.splits[idx as usize];
        let sum = &mut sums[split.feature as usize];
        let kept = (&mut *weights, &mut *values, &mut *taken);
        match *step {
            Step::Descend(_) => descend(split, &points, kept, (walk, columns)),
            Step::Twig(_) => twig(split, &points, kept, (walk, columns, sum)),
            Step::Ascend(_) => ascend(split, &points, kept, sum),
        }
    }
}

/// What a walk keeps, per slot: see [`Workspace`].
type Kept<'a, const K: usize> = (&'a mut [[Lanes; K]], &'a mut [[Lanes; K]], &'a mut [Lanes]);

/// For each row whether it takes the first or the second side, having taken all sides of the
/// feature above.
#[inline(always)]
pub(super) fn sides(split: &PreparedSplit, columns: &[Lanes], taken: &[Lanes]) -> [Lanes; 2] {
    let first = split.decision.lanes(&columns[split.feature as usize]);
    match split.earlier {
        None => [first, each([&first], |[first]| 1.0 - first)],
        Some(earlier) => {
            let above = &taken[earlier.slot as usize];
            [
                each([above, &first], |[above, first]| above * first),
                each([above, &first], |[above, first]| above * (1.0 - first)),
            ]
        }
    }
}

/// Of three numbers the one that a row's decision asks for.
#[inline(always)]
pub(super) fn choose(split: &PreparedSplit, sides: &[Lanes; 2], of: (f64, f64, f64)) -> Lanes {
    let (of_first, of_second, of_neither) = of;
    if split.earlier.is_some() {
        // A sum of which two terms are 0: exact, and without a choice of three, which the
        // compiler makes lane by lane.
        each([&sides[0], &sides[1]], |[first, second]| {
            of_first * first + of_second * second + of_neither * (1.0 - first - second)
        })
    } else {
        each(
            [&sides[0]],
            |[first]| {
                if first > 0.5 { of_first } else { of_second }
            },
        )
    }
}

#[inline(always)]
fn descend<const K: usize>(
    split: &PreparedSplit,
    points: &Points,
    (weights, values, taken): Kept<K>,
    (walk, columns): (&Walk, &[Lanes]),
) {
    let sides = sides(split, columns, taken);
    let factors = Factors::new(split, points);
    let at = split.side_slot();
    taken[at] = sides[0];
    taken[at + 1] = sides[1];
    let (above, below) = weights.split_at_mut(at);
    let weight = &above[split.slot as usize];
    let [first, second] = &mut below[..2] else {
        return;
    };
    for k in 0..K {
        let of = (factors.first[k], factors.second[k], split.first_share);
        let factor = choose(split, &sides, of);
        let product = each([&weight[k], &factor], |[weight, factor]| weight * factor);
        second[k] = each([&weight[k], &product], |[weight, product]| weight - product);
        first[k] = product;
    }
    for (side, value) in split.sides.iter().zip(&mut values[at..]) {
        if let Side::Leaf(leaf) = side {
            *value = [[leaf_value(walk, *leaf); LANES]; K];
        }
    }
}

#[inline(always)]
pub(super) fn leaf_value(walk: &Walk, leaf: u32) -> f64 {
    walk.tree.leaf_values[leaf as usize * walk.tree.values_per_leaf + walk.value]
}

/// Adds `(b − z) · total` for the rows that count.
#[inline(always)]
fn add_contribution(sum: &mut Lanes, share: f64, sides: &[Lanes; 2], total: &Lanes) {
    *sum = each(
        [sum, &sides[0], &sides[1], total],
        |[sum, first, second, total]| sum + ((1.0 - share) * first - share * second) * total,
    );
}

#[inline(always)]
fn twig<const K: usize>(
    split: &PreparedSplit,
    points: &Points,
    (weights, values, taken): Kept<K>,
    (walk, columns, sum): (&Walk, &[Lanes], &mut Lanes),
) {
    let [Side::Leaf(first), Side::Leaf(second)] = split.sides else {
        return;
    };
    let (first, second) = (leaf_value(walk, first), leaf_value(walk, second));
    let difference = first - second;
    let sides = sides(split, columns, taken);
    let factors = Factors::new(split, points);
    let weight = &weights[split.slot as usize];
    let value = &mut values[split.slot as usize];
    let mut total = ZEROS;
    for k in 0..K {
        let of = (
            second + factors.first[k] * difference,
            second + factors.second[k] * difference,
            second + split.first_share * difference,
        );
        value[k] = choose(split, &sides, of);
        let slope = factors.slope[k] * difference;
        total = each([&total, &weight[k]], |[total, weight]| {
            total + weight * slope
        });
    }
    add_contribution(sum, split.first_share, &sides, &total);
}

#[inline(always)]
fn ascend<const K: usize>(
    split: &PreparedSplit,
    points: &Points,
    (weights, values, taken): Kept<K>,
    sum: &mut Lanes,
) {
    let at = split.side_slot();
    let sides = [taken[at], taken[at + 1]];
    let factors = Factors::new(split, points);
    let (above, below) = values.split_at_mut(at);
    let value = &mut above[split.slot as usize];
    let (first, second) = (&below[0], &below[1]);
    let weight = &weights[split.slot as usize];
    let mut total = ZEROS;
    for k in 0..K {
        let of = (factors.first[k], factors.second[k], split.first_share);
        let factor = choose(split, &sides, of);
        let difference = each([&first[k], &second[k]], |[first, second]| first - second);
        value[k] = each(
            [&second[k], &factor, &difference],
            |[second, factor, difference]| second + factor * difference,
        );
        let slope = factors.slope[k];
        total = each(
            [&total, &weight[k], &difference],
            |[total, weight, difference]| total + weight * (slope * difference),
        );
    }
    add_contribution(sum, split.first_share, &sides, &total);
}
