//! The median of a sketch, and its interval from the order statistics.
//!
//! Of n rows the number below the population's median is binomial with p = ½, whatever the
//! distribution, so the k-th smallest and the k-th largest row enclose the median with a
//! probability that is known (David and Nagaraja, "Order Statistics", §7.1). The sketch keeps
//! every value of a few thousand rows; beyond, its own error of ranks widens the interval.

use probity_domain::document::probity_file::Interval;

use crate::drift::INTERVAL_LEVEL;
use crate::quality::Z;
use crate::summary::KllSketch;

/// Up to here the binomial distribution is summed, `2^-n` being a double.
const EXACT_UP_TO: u64 = 1_000;

/// Of an even number of values the middle of two, like NumPy's.
pub(crate) fn median(sketch: &KllSketch) -> Option<f64> {
    let cumulative = sketch.cumulative();
    let &(_, n) = cumulative.last()?;
    let lower = value_at(&cumulative, n.div_ceil(2));
    let upper = value_at(&cumulative, n / 2 + 1);
    Some(lower + (upper - lower) / 2.0)
}

/// `None` of fewer than six rows: even the smallest and the largest enclose the median too
/// seldom.
pub(crate) fn median_interval(sketch: &KllSketch) -> Option<Interval> {
    let cumulative = sketch.cumulative();
    let &(_, n) = cumulative.last()?;
    let rank = lower_rank(n)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the rows"
    )]
    let error = (sketch.rank_error() * n as f64).ceil() as u64;
    let rank = rank.saturating_sub(error).max(1);
    Some(Interval {
        low: value_at(&cumulative, rank),
        high: value_at(&cumulative, n + 1 - rank),
        level: INTERVAL_LEVEL,
        method: "order statistics".to_owned(),
    })
}

/// The value of a rank from 1.
fn value_at(cumulative: &[(f64, u64)], rank: u64) -> f64 {
    let place = cumulative.partition_point(|(_, up_to)| *up_to < rank);
    cumulative[place.min(cumulative.len() - 1)].0
}

/// The largest k for which at most a tail of the level lies below the k-th smallest row.
fn lower_rank(n: u64) -> Option<u64> {
    let tail = (1.0 - INTERVAL_LEVEL) / 2.0;
    if n > EXACT_UP_TO {
        let n = n as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and half of the rows"
        )]
        let rank = (n / 2.0 - Z * n.sqrt() / 2.0).floor() as u64;
        return Some(rank);
    }
    let mut probability = 0.5_f64.powi(i32::try_from(n).ok()?);
    let mut below = 0.0;
    for k in 0..=n {
        below += probability;
        if below > tail {
            return (k > 0).then_some(k);
        }
        probability *= (n - k) as f64 / (k + 1) as f64;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_published_tables() {
        // Conover, "Practical Nonparametric Statistics": ranks of the 95 % interval.
        assert_eq!(lower_rank(5), None);
        assert_eq!(lower_rank(6), Some(1));
        assert_eq!(lower_rank(10), Some(2));
        assert_eq!(lower_rank(20), Some(6));
        assert_eq!(lower_rank(100), Some(40));
        // Both ways of counting meet where one takes over.
        assert_eq!(lower_rank(1000), Some(469));
        assert_eq!(lower_rank(1001), Some(469));
    }

    #[test]
    fn the_median_of_an_even_number_is_the_middle_of_two() {
        let mut sketch = KllSketch::default();
        assert_eq!(median(&sketch), None);
        sketch.extend(&[3.0, -1.0, 10.0]);
        assert_eq!(median(&sketch), Some(3.0));
        sketch.push(4.0);
        assert_eq!(median(&sketch), Some(3.5));
        assert!(median_interval(&sketch).is_none());
    }
}
