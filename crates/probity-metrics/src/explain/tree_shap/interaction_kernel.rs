//! The path-dependent kernel for interactions: what [`super::path_dependent`] walks, with the
//! derivative of the weight of a way along.
//!
//! A split on feature `i` adds `W · dq/dx_i · (A₁ − A₂)` to `∂F/∂x_i`; its derivative along
//! another feature `j` of the way is that times the sum of `(dm/dx_j) / m` over the factors
//! `m` of the way's sides that split on `j`. Pairs whose `j` is below are met from there.
//! Where a factor is 0 its derivative is, too: no training weight takes the side, nor does
//! the row.

use multiversion::multiversion;

use super::decision::{LANES, Lanes, each};
use super::factors::{Factors, Points};
use super::interaction::pair_at;
use super::path_dependent::{Walk, choose, leaf_value, sides};
use super::prepared::{PreparedSplit, Side, Step};
use super::quadrature::POINTS_AT_ONCE;

const ZEROS: Lanes = [0.0; LANES];

/// What a walk keeps per slot.
#[derive(Debug)]
pub(super) struct PairWorkspace {
    weights: Vec<Lanes>,
    values: Vec<Lanes>,
    /// `(dm/dx) / m` of the side that leads to a slot.
    rates: Vec<Lanes>,
    taken: Vec<Lanes>,
    /// Feature of the split that leads to a slot.
    features: Vec<u32>,
    /// Slot on the way, per level.
    way: Vec<u32>,
}

impl PairWorkspace {
    pub(super) fn new(n_slots: usize) -> PairWorkspace {
        PairWorkspace {
            weights: vec![ZEROS; n_slots * POINTS_AT_ONCE],
            values: vec![ZEROS; n_slots * POINTS_AT_ONCE],
            rates: vec![ZEROS; n_slots * POINTS_AT_ONCE],
            taken: vec![ZEROS; n_slots],
            features: vec![0; n_slots],
            way: vec![0; n_slots],
        }
    }
}

/// Sums per pair of features above the diagonal, and per feature on it.
#[derive(Debug)]
pub(super) struct PairSums<'a> {
    pub(super) sums: &'a mut [Lanes],
    pub(super) n_features: usize,
}

/// Adds a tree's mixed derivatives and contributions to `sums`.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn add_tree(
    walk: &Walk,
    columns: &[Lanes],
    workspace: &mut PairWorkspace,
    sums: &mut PairSums,
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

/// A [`PairWorkspace`] by points.
struct Kept<'a, const K: usize> {
    weights: &'a mut [[Lanes; K]],
    values: &'a mut [[Lanes; K]],
    rates: &'a mut [[Lanes; K]],
    taken: &'a mut [Lanes],
    features: &'a mut [u32],
    way: &'a mut [u32],
}

#[inline(always)]
fn walk_points<const K: usize>(
    walk: &Walk,
    columns: &[Lanes],
    workspace: &mut PairWorkspace,
    sums: &mut PairSums,
) {
    let points = Points::new(walk.points);
    let mut kept = Kept {
        weights: workspace.weights.as_chunks_mut::<K>().0,
        values: workspace.values.as_chunks_mut::<K>().0,
        rates: workspace.rates.as_chunks_mut::<K>().0,
        taken: &mut workspace.taken,
        features: &mut workspace.features,
        way: &mut workspace.way,
    };
    for (weight, point) in kept.weights[0].iter_mut().zip(walk.points) {
        *weight = [point.weight; LANES];
    }
    for step in &walk.tree.steps {
        let (Step::Descend(idx) | Step::Twig(idx) | Step::Ascend(idx)) = *step;
        let split = &walk.tree.splits[idx as usize];
        let level = split.slot as usize / 2;
        let at = split.side_slot();
        if !matches!(step, Step::Ascend(_)) {
            kept.way[level] = split.slot;
            let [first, second] = sides(split, columns, kept.taken);
            kept.taken[at] = first;
            kept.taken[at + 1] = second;
            for (side, value) in split.sides.iter().zip(&mut kept.values[at..]) {
                if let Side::Leaf(leaf) = side {
                    *value = [[leaf_value(walk, *leaf); LANES]; K];
                }
            }
        }
        let change = Change::new(split, &points, kept.taken);
        if matches!(step, Step::Descend(_)) {
            descend(split, &change, &mut kept);
        } else {
            ascend(split, &change, &mut kept, sums);
        }
    }
}

/// A split's factor of its first side, and its derivative.
struct Change<const K: usize> {
    factor: [Lanes; K],
    derivative: [Lanes; K],
}

impl<const K: usize> Change<K> {
    #[inline(always)]
    fn new(split: &PreparedSplit, points: &Points, taken: &[Lanes]) -> Change<K> {
        let at = split.side_slot();
        let sides = [taken[at], taken[at + 1]];
        let factors = Factors::new(split, points);
        let share = split.first_share;
        let mut change = Change {
            factor: [ZEROS; K],
            derivative: [ZEROS; K],
        };
        let direction = each([&sides[0], &sides[1]], |[first, second]| {
            (1.0 - share) * first - share * second
        });
        for k in 0..K {
            let of = (factors.first[k], factors.second[k], share);
            change.factor[k] = choose(split, &sides, of);
            change.derivative[k] = each([&direction], |[direction]| factors.slope[k] * direction);
        }
        change
    }
}

#[inline(always)]
fn descend<const K: usize>(split: &PreparedSplit, change: &Change<K>, kept: &mut Kept<K>) {
    let at = split.side_slot();
    kept.features[at] = split.feature;
    kept.features[at + 1] = split.feature;
    for k in 0..K {
        let weight = kept.weights[split.slot as usize][k];
        let (factor, derivative) = (&change.factor[k], &change.derivative[k]);
        let product = each([&weight, factor], |[weight, factor]| weight * factor);
        kept.weights[at][k] = product;
        kept.weights[at + 1][k] = each([&weight, &product], |[weight, product]| weight - product);
        kept.rates[at][k] = each([derivative, factor], |[derivative, factor]| {
            rate(derivative, factor)
        });
        kept.rates[at + 1][k] = each([derivative, factor], |[derivative, factor]| {
            rate(-derivative, 1.0 - factor)
        });
    }
}

#[inline(always)]
fn rate(derivative: f64, factor: f64) -> f64 {
    if factor > 0.0 {
        derivative / factor
    } else {
        0.0
    }
}

#[inline(always)]
fn ascend<const K: usize>(
    split: &PreparedSplit,
    change: &Change<K>,
    kept: &mut Kept<K>,
    sums: &mut PairSums,
) {
    let at = split.side_slot();
    let slot = split.slot as usize;
    let mut contributions = [ZEROS; K];
    let mut total = ZEROS;
    for (k, contribution) in contributions.iter_mut().enumerate() {
        let second = kept.values[at + 1][k];
        let difference = each([&kept.values[at][k], &second], |[first, second]| {
            first - second
        });
        kept.values[slot][k] = each(
            [&second, &change.factor[k], &difference],
            |[second, factor, difference]| second + factor * difference,
        );
        *contribution = each(
            [&kept.weights[slot][k], &difference, &change.derivative[k]],
            |[weight, difference, derivative]| weight * difference * derivative,
        );
        add(&mut total, contribution);
    }
    let feature = split.feature as usize;
    let n_features = sums.n_features;
    add(&mut sums.sums[feature * n_features + feature], &total);
    for edge in &kept.way[1..=slot / 2] {
        let other = kept.features[*edge as usize] as usize;
        if other == feature {
            continue;
        }
        let rates = &kept.rates[*edge as usize];
        let mut mixed = ZEROS;
        for (contribution, rates) in contributions.iter().zip(rates) {
            mixed = each(
                [&mixed, contribution, rates],
                |[mixed, contribution, rate]| mixed + contribution * rate,
            );
        }
        add(&mut sums.sums[pair_at(feature, other, n_features)], &mixed);
    }
}

#[inline(always)]
fn add(sum: &mut Lanes, more: &Lanes) {
    *sum = each([sum, more], |[sum, more]| sum + more);
}
