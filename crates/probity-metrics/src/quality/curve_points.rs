//! Few points that tell a curve's shape: from the two ends on, the point that lies furthest
//! from the straight line between its kept neighbours is kept next. The method of Ramer
//! (1972) and Douglas and Peucker (1973), led by the number of points instead of a tolerance.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Points of a written curve.
pub(crate) const MOST_POINTS: usize = 200;

/// Longer curves are thinned first, so that the choice takes one look at most points.
const MANY_POINTS: usize = 12_288;

/// All points when they are at most `most`, else the most telling ones, in their order.
pub(crate) fn most_telling(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    if points.len() <= most {
        return points.to_vec();
    }
    if points.len() > MANY_POINTS {
        return most_telling(&thinned(points), most);
    }
    let mut kept = vec![0, points.len() - 1];
    let mut open = BinaryHeap::new();
    open.extend(Stretch::between(points, 0, points.len() - 1));
    while kept.len() < most {
        let Some(stretch) = open.pop() else {
            break;
        };
        kept.push(stretch.furthest);
        open.extend(Stretch::between(points, stretch.first, stretch.furthest));
        open.extend(Stretch::between(points, stretch.furthest, stretch.last));
    }
    kept.sort_unstable();
    kept.into_iter().map(|position| points[position]).collect()
}

/// Of each run of neighbouring points the two ends and the one furthest from the line
/// between them: what is left out lies nearer to the curve than that, and runs are short.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let run = points.len().div_ceil(MANY_POINTS / 3);
    let mut kept = Vec::with_capacity(MANY_POINTS);
    for first in (0..points.len()).step_by(run) {
        let last = (first + run - 1).min(points.len() - 1);
        kept.push(points[first]);
        if let Some(stretch) = Stretch::between(points, first, last) {
            kept.push(points[stretch.furthest]);
        }
        if last > first {
            kept.push(points[last]);
        }
    }
    kept
}

/// The points between two kept ones.
#[derive(Debug)]
struct Stretch {
    first: usize,
    last: usize,
    /// The point furthest from the line between them, and how far that is.
    furthest: usize,
    deviation: f64,
}

impl Stretch {
    /// `None` when every point lies on the line.
    fn between(points: &[(f64, f64)], first: usize, last: usize) -> Option<Self> {
        let (start, end) = (points[first], points[last]);
        let (across, up) = (end.0 - start.0, end.1 - start.1);
        let length = across.hypot(up);
        let (mut furthest, mut deviation) = (first, 0.0);
        for (position, point) in points[first..last].iter().enumerate().skip(1) {
            let (x, y) = (point.0 - start.0, point.1 - start.1);
            let distance = if length > 0.0 {
                (x * up - y * across).abs() / length
            } else {
                x.hypot(y)
            };
            if distance > deviation {
                (furthest, deviation) = (first + position, distance);
            }
        }
        // Rounding lifts points off their line by about 2⁻⁵².
        (deviation > 1e-15).then_some(Self {
            first,
            last,
            furthest,
            deviation,
        })
    }
}

impl PartialEq for Stretch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Stretch {}

impl PartialOrd for Stretch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stretch {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_deviation = self.deviation.total_cmp(&other.deviation);
        by_deviation.then_with(|| other.first.cmp(&self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_all_kept() {
        let points = [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)];
        assert_eq!(most_telling(&points, 3), points);
    }

    #[test]
    fn a_corner_is_kept_before_points_on_its_sides() {
        let mut points: Vec<(f64, f64)> = (0..50).map(|i| (0.0, f64::from(i) / 50.0)).collect();
        points.extend((0..=50).map(|i| (f64::from(i) / 50.0, 1.0)));
        assert_eq!(
            most_telling(&points, 10),
            [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
        );
    }

    #[test]
    fn a_smooth_curve_is_told_within_its_last_deviation() {
        let curve = |x: f64| (x, x.sqrt());
        let points: Vec<(f64, f64)> = (0..=100_000).map(|i| curve(f64::from(i) / 1e5)).collect();
        let kept = most_telling(&points, 200);
        // 100,001 points: thinned first.
        assert_eq!(kept.len(), 200);
        assert_eq!((kept[0], kept[199]), ((0.0, 0.0), (1.0, 1.0)));
        // An arc of length below 2 in 199 pieces: the sagitta of each is far below 1e-4.
        for &(x, y) in &points {
            let next = kept.partition_point(|point| point.0 < x).max(1);
            let (a, b) = (kept[next - 1], kept[next]);
            let on_line = a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0);
            // The curve is steep near 0, where the vertical distance is not the deviation.
            assert!(x < 1e-3 || (on_line - y).abs() < 1e-4, "{x}");
        }
    }
}
