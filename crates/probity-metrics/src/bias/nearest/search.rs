//! From a query to its nearest rows: parts of the tree are opened nearest first, and left
//! closed when nothing in them can be among the k.
//!
//! Exact to the last bit. A distance is the sum over the columns from first to last, each term
//! rounded, as a plain loop computes it. The bound of a part is the same sum with the gaps
//! between query and box in place of the differences; rounding never reverses an order, so a
//! bound is never above the distance of a point of its part, and equal distances stay equal.

use super::NearestRows;
use super::best::{Best, Neighbour};
use super::row_major::squared_distance;
use super::tree::{LANES, NO_POINT, Part, Tree};

/// Columns after which a block is given up if all its points are too far already.
const STRIDE: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Closed {
    /// A bound for all its rows, and the lowest of them.
    nearest: Neighbour,
    part: Part,
}

pub(super) struct Search<'a> {
    index: &'a NearestRows<'a>,
    best: Best,
    closed: Vec<Closed>,
    k: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a NearestRows<'a>, k: usize) -> Search<'a> {
        Search {
            index,
            best: Best::new(k),
            closed: Vec::new(),
            k,
        }
    }

    /// The k nearest rows of `query`; all rows if they are fewer.
    #[inline(always)]
    pub(super) fn run(&mut self, query: &[f64]) -> &[Neighbour] {
        let known = self.known_limit(query);
        self.best.restart(known);
        self.closed.clear();
        self.closed.push(Closed {
            nearest: Neighbour {
                row: 0,
                squared_distance: 0.0,
            },
            part: self.index.tree.root,
        });
        while let Some(Closed { nearest, part }) = self.closed.pop() {
            if !self.best.wants(&nearest) {
                continue;
            }
            match part {
                Part::Empty => {}
                Part::Node(node) => self.open(node, query),
                Part::Leaf { first, blocks } => {
                    for block in first..first + blocks {
                        self.look_at(block, query);
                    }
                }
            }
        }
        self.best.found()
    }

    /// The neighbours of the query before, which is near by, are k rows that are no farther
    /// than the farthest of them.
    fn known_limit(&self, query: &[f64]) -> f64 {
        let before = self.best.found();
        if before.len() < self.k {
            return f64::INFINITY;
        }
        let distance = |row: u32| squared_distance(self.index.table.row(row as usize), query);
        before
            .iter()
            .map(|neighbour| distance(neighbour.row))
            .fold(0.0, f64::max)
    }

    #[inline(always)]
    fn open(&mut self, node: u32, query: &[f64]) {
        let bounds = bounds(self.index.tree.corners(node), query);
        let node = self.index.tree.node(node);
        let start = self.closed.len();
        let rows = node.lowest_rows.iter().zip(bounds);
        for ((&row, squared_distance), &part) in rows.zip(&node.parts) {
            let nearest = Neighbour {
                row,
                squared_distance,
            };
            if self.best.wants(&nearest) {
                self.closed.push(Closed { nearest, part });
            }
        }
        // The nearest is opened first: it lies on top.
        self.closed[start..].sort_unstable_by(|left, right| right.nearest.order(&left.nearest));
    }

    #[inline(always)]
    fn look_at(&mut self, block: u32, query: &[f64]) {
        let Some(distances) = distances(self.index.tree.block(block), query, self.best.limit())
        else {
            return;
        };
        for (&squared_distance, &point) in distances.iter().zip(self.index.tree.points(block)) {
            if squared_distance > self.best.limit() || point == NO_POINT {
                continue;
            }
            for &row in self.index.distinct.rows(point) {
                let candidate = Neighbour {
                    row,
                    squared_distance,
                };
                if !self.best.wants(&candidate) {
                    break;
                }
                self.best.add(candidate);
            }
        }
    }
}

/// The first block of the leaf that lies nearest: near queries share it.
pub(super) fn nearest_block(tree: &Tree, query: &[f64]) -> u32 {
    let mut part = tree.root;
    loop {
        match part {
            Part::Empty => return 0,
            Part::Leaf { first, .. } => return first,
            Part::Node(node) => {
                let bounds = bounds(tree.corners(node), query);
                let mut nearest = 0;
                for lane in 1..LANES {
                    if bounds[lane] < bounds[nearest] {
                        nearest = lane;
                    }
                }
                part = tree.node(node).parts[nearest];
            }
        }
    }
}

/// How near the parts of a node can be.
#[inline(always)]
fn bounds(corners: &[f64], query: &[f64]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    let (columns, _) = corners.as_chunks::<{ 2 * LANES }>();
    for (column, &value) in columns.iter().zip(query) {
        for lane in 0..LANES {
            let below = column[lane] - value;
            let above = value - column[LANES + lane];
            let gap = f64::max(f64::max(below, above), 0.0);
            sums[lane] += gap * gap;
        }
    }
    sums
}

/// How far the points of a block are; `None` if all are farther than `limit`.
#[inline(always)]
fn distances(block: &[f64], query: &[f64], limit: f64) -> Option<[f64; LANES]> {
    let mut sums = [0.0; LANES];
    let (columns, _) = block.as_chunks::<LANES>();
    for (columns, values) in columns.chunks(STRIDE).zip(query.chunks(STRIDE)) {
        for (column, &value) in columns.iter().zip(values) {
            for lane in 0..LANES {
                let difference = column[lane] - value;
                sums[lane] += difference * difference;
            }
        }
        if sums.iter().all(|&sum| sum > limit) {
            return None;
        }
    }
    Some(sums)
}
