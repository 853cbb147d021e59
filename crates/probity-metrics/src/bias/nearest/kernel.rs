//! The loops in which a search spends its time, compiled for each width of vector that a
//! processor may have. None reorders a sum or fuses a multiplication with an addition, so that
//! all versions give the same bits.

use multiversion::multiversion;

/// Points, or parts, that are compared with a query together.
pub(super) const LANES: usize = 8;

/// Columns after which a block is given up if all its points are too far already.
const STRIDE: usize = 4;

/// How near the parts of a node can be, from their corners: per column the lower ones, then
/// the upper ones.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn bounds(corners: &[f64], query: &[f64]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    let (columns, _) = corners.as_chunks::<{ 2 * LANES }>();
    for (column, &value) in columns.iter().zip(query) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            let below = column[lane] - value;
            let above = value - column[LANES + lane];
            // Not `f64::max`, whose care for NaN costs instructions.
            let outside = if below > above { below } else { above };
            let gap = if outside > 0.0 { outside } else { 0.0 };
            *sum += gap * gap;
        }
    }
    sums
}

/// The squared distances of the points of a block, for each query that has one of them within
/// its limit: `within` gets the place of the query. Two queries are taken at a time, so that
/// the sum of one goes on while that of the other waits.
#[multiversion(targets("x86_64+avx512f+avx512vl", "x86_64+avx2"))]
pub(super) fn distances_within(
    block: &[f64],
    queries: &[(&[f64], f64)],
    within: &mut Vec<(usize, [f64; LANES])>,
) {
    within.clear();
    let (columns, _) = block.as_chunks::<LANES>();
    let (strides, rest) = columns.as_chunks::<STRIDE>();
    for (pair, queries) in queries.chunks(2).enumerate() {
        let (left, left_limit) = queries[0];
        let (right, right_limit) = queries[queries.len() - 1];
        let (left_strides, left_rest) = left.as_chunks::<STRIDE>();
        let (right_strides, right_rest) = right.as_chunks::<STRIDE>();
        let mut sums = [[0.0; LANES]; 2];
        let mut is_near = true;
        for ((columns, left), right) in strides.iter().zip(left_strides).zip(right_strides) {
            for at in 0..STRIDE {
                add_column(&mut sums, &columns[at], (left[at], right[at]));
            }
            is_near = is_within(&sums[0], left_limit) | is_within(&sums[1], right_limit);
            if !is_near {
                break;
            }
        }
        if !is_near {
            continue;
        }
        for (column, (&left, &right)) in rest.iter().zip(left_rest.iter().zip(right_rest)) {
            add_column(&mut sums, column, (left, right));
        }
        if is_within(&sums[0], left_limit) {
            within.push((2 * pair, sums[0]));
        }
        if queries.len() == 2 && is_within(&sums[1], right_limit) {
            within.push((2 * pair + 1, sums[1]));
        }
    }
}

#[inline(always)]
fn add_column(sums: &mut [[f64; LANES]; 2], column: &[f64; LANES], values: (f64, f64)) {
    for lane in 0..LANES {
        let difference = column[lane] - values.0;
        sums[0][lane] += difference * difference;
    }
    for lane in 0..LANES {
        let difference = column[lane] - values.1;
        sums[1][lane] += difference * difference;
    }
}

#[inline(always)]
fn is_within(sums: &[f64; LANES], limit: f64) -> bool {
    sums.iter().fold(false, |any, &sum| any | (sum <= limit))
}
