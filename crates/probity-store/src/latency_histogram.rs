//! How long calls took, as counts in buckets: what percentiles are read from. Histograms of minutes,
//! of servers and of variants add up to the one of all, which percentiles themselves do not.
//!
//! Buckets are log-linear, as those of HdrHistogram (Tene, <http://hdrhistogram.org>): each doubling
//! is cut into sixteen equal parts, so that a value is told to within 1/32 of itself (3.1 %), from a
//! microsecond to days. Below 16 µs each whole microsecond has a bucket.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Parts of a doubling, as a power of two.
const PRECISION: u32 = 4;
const PARTS: u64 = 1 << PRECISION;

/// Durations in whole microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LatencyHistogram {
    count: u64,
    sum_us: u64,
    /// 0 while nothing is counted.
    minimum_us: u64,
    maximum_us: u64,
    buckets: BTreeMap<u16, u64>,
}

impl LatencyHistogram {
    pub fn record(&mut self, took_us: u64) {
        self.minimum_us = match self.count {
            0 => took_us,
            _ => self.minimum_us.min(took_us),
        };
        self.maximum_us = self.maximum_us.max(took_us);
        self.count += 1;
        self.sum_us = self.sum_us.saturating_add(took_us);
        *self.buckets.entry(bucket_of(took_us)).or_default() += 1;
    }

    pub fn merge(&mut self, other: &LatencyHistogram) {
        if other.count == 0 {
            return;
        }
        self.minimum_us = match self.count {
            0 => other.minimum_us,
            _ => self.minimum_us.min(other.minimum_us),
        };
        self.maximum_us = self.maximum_us.max(other.maximum_us);
        self.count += other.count;
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn sum_us(&self) -> u64 {
        self.sum_us
    }

    pub fn minimum_us(&self) -> Option<u64> {
        (self.count > 0).then_some(self.minimum_us)
    }

    pub fn maximum_us(&self) -> Option<u64> {
        (self.count > 0).then_some(self.maximum_us)
    }

    /// The middle of each bucket with its count, the smallest first. Never beyond what was seen.
    pub fn samples(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let bounds = (self.minimum_us as f64, self.maximum_us as f64);
        let buckets = self.buckets.iter();
        buckets.map(move |(bucket, count)| (middle_of(*bucket).clamp(bounds.0, bounds.1), *count))
    }

    /// By nearest rank: the smallest value that `quantile` (0 to 1) of the calls did not exceed.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let rank = (quantile * self.count as f64).ceil().max(1.0);
        // The slowest call is known, and not only its bucket.
        if self.count > 0 && rank >= self.count as f64 {
            return Some(self.maximum_us as f64);
        }
        let mut seen = 0;
        for (value, count) in self.samples() {
            seen += count;
            if seen as f64 >= rank {
                return Some(value);
            }
        }
        None
    }

    /// `count sum minimum maximum;bucket:count …`.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{} {} {} {};",
            self.count, self.sum_us, self.minimum_us, self.maximum_us
        );
        for (place, (bucket, count)) in self.buckets.iter().enumerate() {
            let between = if place == 0 { "" } else { " " };
            let _ = write!(text, "{between}{bucket}:{count}");
        }
        text
    }

    /// `None` for what no version has written.
    pub fn of_text(text: &str) -> Option<LatencyHistogram> {
        let (head, rest) = text.split_once(';')?;
        let numbers: Vec<u64> = head
            .split(' ')
            .map_while(|part| part.parse().ok())
            .collect();
        let [count, sum_us, minimum_us, maximum_us] = numbers[..] else {
            return None;
        };
        let mut buckets = BTreeMap::new();
        for part in rest.split(' ').filter(|part| !part.is_empty()) {
            let (bucket, count) = part.split_once(':')?;
            buckets.insert(bucket.parse().ok()?, count.parse().ok()?);
        }
        let is_whole = buckets.values().sum::<u64>() == count;
        is_whole.then_some(LatencyHistogram {
            count,
            sum_us,
            minimum_us,
            maximum_us,
            buckets,
        })
    }
}

/// At most 16 · 61 of them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the largest is below a thousand"
)]
fn bucket_of(value: u64) -> u16 {
    if value < PARTS {
        return value as u16;
    }
    let doublings = value.ilog2() - PRECISION;
    let part = (value >> doublings) - PARTS;
    ((u64::from(doublings) + 1) * PARTS + part) as u16
}

fn middle_of(bucket: u16) -> f64 {
    let bucket = u64::from(bucket);
    if bucket < PARTS {
        return bucket as f64;
    }
    let doublings = i32::try_from(bucket / PARTS - 1).unwrap_or(i32::MAX);
    let width = 2f64.powi(doublings);
    let from = (PARTS + bucket % PARTS) as f64 * width;
    // The whole numbers of the bucket reach from `from` to `from + width - 1`.
    from + (width - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> LatencyHistogram {
        let mut histogram = LatencyHistogram::default();
        values.into_iter().for_each(|value| histogram.record(value));
        histogram
    }

    #[test]
    fn a_value_is_told_to_within_a_thirty_second() {
        for value in (0..5000).chain([123_456, 59_999_999, 3_600_000_000, u64::MAX / 3]) {
            let told = middle_of(bucket_of(value));
            let error = (told - value as f64).abs();
            assert!(error <= value as f64 / 32.0, "{value} is told as {told}");
        }
    }

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut last = 0;
        for value in 0..200_000 {
            let bucket = bucket_of(value);
            assert!(bucket == last || bucket == last + 1, "{value}");
            last = bucket;
        }
        assert!(bucket_of(u64::MAX) < 1000);
    }

    #[test]
    fn a_percentile_is_the_value_of_its_rank() {
        // Sorted, the 50th of 100 is 50, the 99th is 99 ms: both to within their bucket.
        let histogram = of((1..=100).map(|ms| ms * 1000));
        for (quantile, ms) in [(0.5, 50.0), (0.9, 90.0), (0.99, 99.0), (1.0, 100.0)] {
            let told = histogram.quantile(quantile).unwrap() / 1000.0;
            assert!((told - ms).abs() <= ms / 32.0, "{quantile}: {told}");
        }
        assert_eq!(of([7]).quantile(0.99), Some(7.0));
        assert_eq!(of([]).quantile(0.5), None);
        // One slow call in a thousand is not lost in the tail.
        let mut mostly_fast = of(std::iter::repeat_n(100, 999));
        mostly_fast.record(2_000_000);
        // In the bucket from 100 to 103.
        assert_eq!(mostly_fast.quantile(0.999), Some(101.5));
        assert_eq!(mostly_fast.quantile(1.0), Some(2_000_000.0));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let values = |from: u64| (from..4000).step_by(3).map(|value| value * value);
        let whole = of(values(0).chain(values(1)));
        let mut merged = of(values(0));
        merged.merge(&of(values(1)));
        merged.merge(&of([]));
        assert_eq!(merged, whole);
        let mut empty = of([]);
        empty.merge(&whole);
        assert_eq!(empty, whole);
    }

    #[test]
    fn text_gives_the_same_histogram() {
        for histogram in [of([]), of([0]), of((0..500).map(|value| value * 77))] {
            let text = histogram.to_text();
            assert_eq!(LatencyHistogram::of_text(&text), Some(histogram), "{text}");
        }
        assert_eq!(of([3, 3, 40]).to_text(), "3 46 3 40;3:2 36:1");
        for text in ["", "1 2 3;", "2 2 1 1;1:1", "1 1 1 1;x:1"] {
            assert_eq!(LatencyHistogram::of_text(text), None, "{text}");
        }
    }
}
