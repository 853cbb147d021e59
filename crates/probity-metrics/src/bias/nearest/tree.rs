//! A tree over points: each node has up to eight parts, each part a bounding box; the leaves
//! hold the points themselves. A k-d tree (Friedman, Bentley, Finkel, 1977) with seven cuts to a
//! node, so that the boxes of all its parts, and eight points of a leaf, are compared with a
//! query in one loop over the columns.
//!
//! Of each column the value nearest to the median at which values change is a candidate, and
//! the cut with the largest sum of squares between its sides is made: columns of few values,
//! or of few values that are not zero, are cut where they differ or not at all.

use super::best::Neighbour;
use super::distinct::DistinctRows;
use super::kernel::LANES;
use super::row_major::RowMajor;

/// Points that are not cut further.
const LEAF_POINTS: usize = 64;

/// Marks the places of a block that hold no point.
pub(super) const NO_POINT: u32 = u32::MAX;

/// Values of a column that are looked at to choose a cut.
const SAMPLE: usize = 64;

/// A cut leaves each side one of so many sampled values at least, and a quarter of that share
/// of the points; else they are halved. This bounds the depth.
const SMALLEST_SHARE: usize = 16;

#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Empty,
    Node(u32),
    /// Blocks from `first` on.
    Leaf {
        first: u32,
        blocks: u32,
    },
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) parts: [Part; LANES],
    lowest_rows: [u32; LANES],
}

impl Node {
    /// The first row, in the order of nearness, that a part may hold which is no nearer than
    /// `squared_distance`.
    pub(super) fn nearest(&self, lane: usize, squared_distance: f64) -> Neighbour {
        Neighbour {
            row: self.lowest_rows[lane],
            squared_distance,
        }
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    n_columns: usize,
    pub(super) root: Part,
    nodes: Vec<Node>,
    /// Per node and column: the lower corners of its parts, then the upper ones.
    corners: Vec<f64>,
    /// Per block and column: the values of its points.
    blocks: Vec<f64>,
    /// Per block: its points.
    points: Vec<u32>,
}

impl Tree {
    pub(super) fn of(table: RowMajor, distinct: &DistinctRows) -> Tree {
        let mut points: Vec<u32> = distinct.points().collect();
        let tree = Tree {
            n_columns: table.n_columns(),
            root: Part::Empty,
            nodes: Vec::new(),
            corners: Vec::new(),
            blocks: Vec::new(),
            points: Vec::new(),
        };
        let mut growing = Growing {
            table,
            first_rows: distinct
                .points()
                .map(|point| distinct.rows(point)[0])
                .collect(),
            tree,
            sample: Vec::new(),
        };
        growing.tree.root = growing.grow(&mut points);
        growing.tree
    }

    pub(super) fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    pub(super) fn corners(&self, node: u32) -> &[f64] {
        let length = 2 * LANES * self.n_columns;
        &self.corners[node as usize * length..][..length]
    }

    pub(super) fn block(&self, block: u32) -> &[f64] {
        let length = LANES * self.n_columns;
        &self.blocks[block as usize * length..][..length]
    }

    pub(super) fn points(&self, block: u32) -> &[u32] {
        &self.points[block as usize * LANES..][..LANES]
    }
}

struct Growing<'a> {
    table: RowMajor<'a>,
    /// The lowest row of each point.
    first_rows: Vec<u32>,
    tree: Tree,
    sample: Vec<f64>,
}

/// Where a column would be cut: points below `from` go left.
struct Cut {
    column: usize,
    from: f64,
    /// Sum of squares between the two sides of the sample: what the cut explains.
    explained: f64,
}

impl<'a> Growing<'a> {
    fn row(&self, point: u32) -> &'a [f64] {
        self.table.row(self.first_rows[point as usize] as usize)
    }

    fn value(&self, point: u32, column: usize) -> f64 {
        self.row(point)[column]
    }

    fn grow(&mut self, points: &mut [u32]) -> Part {
        if points.is_empty() {
            return Part::Empty;
        }
        if points.len() <= LEAF_POINTS {
            return self.add_leaf(points);
        }
        let mut parts = self.divide(points);
        let node = self.add_node(&parts);
        for (lane, part) in parts.iter_mut().enumerate() {
            self.tree.nodes[node].parts[lane] = self.grow(part);
        }
        Part::Node(u32::try_from(node).expect("nodes are fewer than points"))
    }

    /// A node whose parts are yet to grow.
    fn add_node(&mut self, parts: &[&mut [u32]]) -> usize {
        let corners = self.tree.corners.len();
        let length = 2 * LANES * self.table.n_columns();
        // A part that is missing is infinitely far away.
        self.tree.corners.resize(corners + length, f64::INFINITY);
        let mut lowest_rows = [u32::MAX; LANES];
        for (lane, part) in parts.iter().enumerate() {
            for (column, (lower, upper)) in self.extents(part).into_iter().enumerate() {
                let at = corners + 2 * LANES * column + lane;
                self.tree.corners[at] = lower;
                self.tree.corners[at + LANES] = upper;
            }
            let rows = part.iter().map(|&point| self.first_rows[point as usize]);
            lowest_rows[lane] = rows.min().unwrap_or(u32::MAX);
        }
        self.tree.nodes.push(Node {
            parts: [Part::Empty; LANES],
            lowest_rows,
        });
        self.tree.nodes.len() - 1
    }

    fn add_leaf(&mut self, points: &[u32]) -> Part {
        let first = self.tree.points.len() / LANES;
        for block in points.chunks(LANES) {
            let at = self.tree.points.len();
            self.tree.points.extend_from_slice(block);
            self.tree.points.resize(at + LANES, NO_POINT);
            let at = self.tree.blocks.len();
            let length = LANES * self.table.n_columns();
            self.tree.blocks.resize(at + length, f64::INFINITY);
            for (lane, &point) in block.iter().enumerate() {
                for (column, &value) in self.row(point).iter().enumerate() {
                    self.tree.blocks[at + LANES * column + lane] = value;
                }
            }
        }
        let narrow = |n| u32::try_from(n).expect("blocks are no more than points");
        Part::Leaf {
            first: narrow(first),
            blocks: narrow(points.len().div_ceil(LANES)),
        }
    }

    /// Up to eight parts: the largest is cut until there are eight, or all are leaves.
    fn divide<'p>(&mut self, points: &'p mut [u32]) -> Vec<&'p mut [u32]> {
        let mut parts = vec![points];
        while parts.len() < LANES {
            let sizes = parts.iter().enumerate().map(|(at, part)| (part.len(), at));
            let Some((size, at)) = sizes.max() else { break };
            if size <= LEAF_POINTS {
                break;
            }
            let part = parts.swap_remove(at);
            let middle = self.cut(part);
            let (left, right) = part.split_at_mut(middle);
            parts.extend([left, right]);
        }
        parts
    }

    /// The lowest and the highest value of each column.
    fn extents(&self, points: &[u32]) -> Vec<(f64, f64)> {
        let mut extents = vec![(f64::INFINITY, f64::NEG_INFINITY); self.table.n_columns()];
        for &point in points {
            for ((lower, upper), &value) in extents.iter_mut().zip(self.row(point)) {
                *lower = lower.min(value);
                *upper = upper.max(value);
            }
        }
        extents
    }

    /// Puts the points of the left side first and says how many they are.
    fn cut(&mut self, points: &mut [u32]) -> usize {
        if let Some(cut) = self.best_cut(points) {
            let middle = partition(points, |point| self.value(point, cut.column) < cut.from);
            // The sample may have promised more than the points keep.
            let smaller = middle.min(points.len() - middle);
            if smaller * 4 * SMALLEST_SHARE >= points.len() {
                return middle;
            }
        }
        self.halve(points)
    }

    /// The cut that explains most of a sample of the points.
    fn best_cut(&mut self, points: &[u32]) -> Option<Cut> {
        let step = points.len().div_ceil(SAMPLE);
        let n_sampled = points.len().div_ceil(step);
        let mut sample = std::mem::take(&mut self.sample);
        sample.resize(n_sampled * self.table.n_columns(), 0.0);
        for (at, &point) in points.iter().step_by(step).enumerate() {
            for (column, &value) in self.row(point).iter().enumerate() {
                sample[column * n_sampled + at] = value;
            }
        }
        let columns = sample.chunks_exact_mut(n_sampled).enumerate();
        let cuts = columns.filter_map(|(column, values)| cut_of(column, values));
        let better = |best: Cut, cut: Cut| {
            if cut.explained > best.explained {
                cut
            } else {
                best
            }
        };
        let best = cuts.reduce(better);
        self.sample = sample;
        best
    }

    /// Two halves along the column of the widest extent, whatever values are equal: the points
    /// are distinct, so that columns without a boundary near the median remain separable.
    fn halve(&self, points: &mut [u32]) -> usize {
        let widths = self
            .extents(points)
            .into_iter()
            .map(|(lower, upper)| upper - lower);
        let widest = widths
            .enumerate()
            .max_by(|left, right| left.1.total_cmp(&right.1));
        let column = widest.map_or(0, |(column, _)| column);
        let middle = points.len() / 2;
        points.select_nth_unstable_by(middle, |&left, &right| {
            let by_value = self
                .value(left, column)
                .total_cmp(&self.value(right, column));
            by_value.then(left.cmp(&right))
        });
        middle
    }
}

/// The cut at the boundary between two values of a sample that is nearest to its median.
fn cut_of(column: usize, sample: &mut [f64]) -> Option<Cut> {
    sample.sort_unstable_by(f64::total_cmp);
    let at = median_boundary(sample)?;
    let (left, right) = sample.split_at(at);
    let mean = |side: &[f64]| side.iter().sum::<f64>() / side.len() as f64;
    let gap = mean(right) - mean(left);
    Some(Cut {
        column,
        from: sample[at],
        explained: gap * gap * left.len() as f64 * right.len() as f64,
    })
}

/// Where sorted values change nearest to their middle, leaving no side too small.
fn median_boundary(sorted: &[f64]) -> Option<usize> {
    let middle = sorted.len() / 2;
    let changes = |at: &usize| sorted[at - 1] < sorted[*at];
    let below = (1..=middle).rev().find(changes);
    let above = (middle + 1..sorted.len()).find(changes);
    let smallest = (sorted.len() / SMALLEST_SHARE).max(1);
    [below, above]
        .into_iter()
        .flatten()
        .filter(|&at| at >= smallest && sorted.len() - at >= smallest)
        .min_by_key(|&at| at.abs_diff(middle))
}

fn partition(points: &mut [u32], is_left: impl Fn(u32) -> bool) -> usize {
    let mut left = 0;
    for at in 0..points.len() {
        if is_left(points[at]) {
            points.swap(left, at);
            left += 1;
        }
    }
    left
}
