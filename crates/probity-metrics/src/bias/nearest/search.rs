//! From queries to their nearest rows: parts of the tree are opened nearest first, and left
//! closed when nothing in them can be among the k.
//!
//! Exact to the last bit. A distance is the sum over the columns from first to last, each term
//! rounded, as a plain loop computes it. The bound of a part is the same sum with the gaps
//! between query and box in place of the differences; rounding never reverses an order, so a
//! bound is never above the distance of a point of its part, and equal distances stay equal.
//!
//! A query is first answered alone. One that is not done after a few leaves, as happens when
//! columns are many and independent, goes on together with others near it: a part of the tree
//! is then fetched from memory once for all that need it.

use std::ops::Range;

use super::NearestRows;
use super::best::{Best, Neighbour};
use super::kernel::{LANES, bounds, distances_within};
use super::row_major::squared_distance;
use super::tree::{NO_POINT, Node, Part, Tree};

/// Leaves that a query opens alone.
const LEAVES_ALONE: usize = 8;

/// Queries near each other, and what was found for them.
pub(super) struct Search<'a> {
    index: &'a NearestRows<'a>,
    queries: Vec<&'a [f64]>,
    answers: Vec<Best>,
    /// What the query that is answered alone has yet to open.
    closed: Vec<Closed>,
    /// A stack: the queries that open a part together, and how near it can be to each.
    together: Vec<(usize, f64)>,
    /// A stack: the queries at the nodes that are open, and how near the parts can be.
    bounds: Vec<(usize, [f64; LANES])>,
    looking: Looking<'a>,
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    /// How near a row of it can be, and the lowest that it has.
    nearest: Neighbour,
    part: Part,
}

/// What looking at a leaf needs, kept from leaf to leaf.
#[derive(Default)]
struct Looking<'a> {
    /// Who looks, as places in `queries`.
    who: Vec<usize>,
    queries: Vec<(&'a [f64], f64)>,
    within: Vec<(usize, [f64; LANES])>,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a NearestRows<'a>, queries: Vec<&'a [f64]>) -> Search<'a> {
        Search {
            index,
            queries,
            answers: Vec::new(),
            closed: Vec::new(),
            together: Vec::new(),
            bounds: Vec::new(),
            looking: Looking::default(),
        }
    }

    /// The k nearest rows of each query; all rows if they are fewer.
    pub(super) fn run(mut self, k: usize) -> Vec<Best> {
        let mut unfinished = Vec::new();
        for at in 0..self.queries.len() {
            let known = self.known_limit(at, k);
            self.answers.push(Best::new(k, known));
            if !self.answer_alone(at) {
                unfinished.push((at, 0.0));
            }
        }
        if !unfinished.is_empty() {
            self.together = unfinished;
            self.open_together(self.index.tree.root, 0);
        }
        self.answers
    }

    /// The neighbours of the query before, which is near by, are k rows that are no farther
    /// than the farthest of them.
    fn known_limit(&self, at: usize, k: usize) -> f64 {
        let before = self.answers.last().map_or(&[][..], Best::found);
        if before.len() < k {
            return f64::INFINITY;
        }
        let table = self.index.table;
        let distance = |row: u32| squared_distance(table.row(row as usize), self.queries[at]);
        before
            .iter()
            .map(|neighbour| distance(neighbour.row))
            .fold(0.0, f64::max)
    }

    /// Whether a few leaves were enough.
    fn answer_alone(&mut self, at: usize) -> bool {
        let mut leaves = 0;
        self.closed.clear();
        self.closed.push(Closed {
            nearest: Neighbour {
                row: 0,
                squared_distance: 0.0,
            },
            part: self.index.tree.root,
        });
        while let Some(Closed { nearest, part }) = self.closed.pop() {
            if !self.answers[at].wants(&nearest) {
                continue;
            }
            match part {
                Part::Empty => {}
                Part::Node(node) => self.open_alone(node, at),
                Part::Leaf { .. } if leaves == LEAVES_ALONE => return false,
                Part::Leaf { first, blocks } => {
                    leaves += 1;
                    self.together.push((at, nearest.squared_distance));
                    self.look_at(first..first + blocks, self.together.len() - 1);
                    self.together.pop();
                }
            }
        }
        true
    }

    fn open_alone(&mut self, node: u32, at: usize) {
        let bounds = bounds(self.index.tree.corners(node), self.queries[at]);
        let node = self.index.tree.node(node);
        let start = self.closed.len();
        for (lane, squared_distance) in bounds.into_iter().enumerate() {
            let nearest = node.nearest(lane, squared_distance);
            if self.answers[at].wants(&nearest) {
                let part = node.parts[lane];
                self.closed.push(Closed { nearest, part });
            }
        }
        // The nearest is opened first: it lies on top.
        self.closed[start..].sort_unstable_by(|left, right| right.nearest.order(&left.nearest));
    }

    /// Opens a part for the queries of the stack from `start` on.
    fn open_together(&mut self, part: Part, start: usize) {
        match part {
            Part::Empty => {}
            Part::Leaf { first, blocks } => self.look_at(first..first + blocks, start),
            Part::Node(number) => {
                let first_bound = self.bounds.len();
                let order = self.push_bounds(number, start);
                let node = self.index.tree.node(number);
                for lane in order {
                    let next = self.together.len();
                    self.push_those_that_open(node, lane, first_bound);
                    if next < self.together.len() {
                        self.open_together(node.parts[lane], next);
                    }
                    self.together.truncate(next);
                }
                self.bounds.truncate(first_bound);
            }
        }
    }

    /// How near the parts of a node can be to each query, and the parts in the order of how
    /// near they can be to any.
    fn push_bounds(&mut self, node: u32, start: usize) -> [usize; LANES] {
        let corners = self.index.tree.corners(node);
        let mut nearest = [f64::INFINITY; LANES];
        for &(at, bound) in &self.together[start..] {
            if bound > self.answers[at].limit() {
                continue;
            }
            let bounds = bounds(corners, self.queries[at]);
            for (nearest, bound) in nearest.iter_mut().zip(bounds) {
                *nearest = nearest.min(bound);
            }
            self.bounds.push((at, bounds));
        }
        let mut order = std::array::from_fn(|lane| lane);
        order.sort_unstable_by(|&left, &right| nearest[left].total_cmp(&nearest[right]));
        order
    }

    fn push_those_that_open(&mut self, node: &Node, lane: usize, first_bound: usize) {
        for (at, bounds) in &self.bounds[first_bound..] {
            let nearest = node.nearest(lane, bounds[lane]);
            if self.answers[*at].wants(&nearest) {
                self.together.push((*at, bounds[lane]));
            }
        }
    }

    /// Looks at the points of a leaf for the queries of the stack from `start` on.
    fn look_at(&mut self, blocks: Range<u32>, start: usize) {
        let looking = &mut self.looking;
        looking.who.clear();
        looking.queries.clear();
        for &(at, bound) in &self.together[start..] {
            let limit = self.answers[at].limit();
            if bound <= limit {
                looking.who.push(at);
                looking.queries.push((self.queries[at], limit));
            }
        }
        for block in blocks {
            let tree = &self.index.tree;
            distances_within(tree.block(block), &looking.queries, &mut looking.within);
            for (place, distances) in &looking.within {
                let best = &mut self.answers[looking.who[*place]];
                offer(self.index, (tree.points(block), distances), best);
            }
        }
    }
}

/// Adds the rows of those points that are among the nearest.
fn offer(index: &NearestRows, points: (&[u32], &[f64; LANES]), best: &mut Best) {
    for (&point, &squared_distance) in points.0.iter().zip(points.1) {
        if squared_distance > best.limit() || point == NO_POINT {
            continue;
        }
        for &row in index.distinct.rows(point) {
            let candidate = Neighbour {
                row,
                squared_distance,
            };
            if !best.wants(&candidate) {
                break;
            }
            best.add(candidate);
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
