//! A seeded sample of rows that does not depend on how the rows are cut into batches.
//!
//! Bottom-k sampling (Cohen, Kaplan, "Summarizing data using bottom-k sketches", 2007): every
//! row has a random priority that follows from seed and row alone, and the rows with the
//! smallest ones are kept. Without replacement, each set of rows equally likely; samples of
//! parts merge into the sample of the whole.

use std::collections::BTreeMap;

/// At most `capacity` rows, with what is kept of each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowSample<T> {
    seed: u64,
    capacity: usize,
    /// By priority; the row breaks ties.
    rows: BTreeMap<(u64, u64), T>,
}

impl<T: Clone> RowSample<T> {
    pub(crate) fn new(seed: u64, capacity: usize) -> RowSample<T> {
        RowSample {
            seed,
            capacity,
            rows: BTreeMap::new(),
        }
    }

    /// What is kept of `row`, made when it is new; `None` where it is not of the sample.
    pub(crate) fn offer(&mut self, row: u64, make: impl FnOnce() -> T) -> Option<&mut T> {
        let key = (priority(self.seed, row), row);
        let is_full = self.rows.len() >= self.capacity;
        if is_full
            && self
                .rows
                .last_key_value()
                .is_none_or(|(last, _)| key > *last)
        {
            return None;
        }
        let kept = self.rows.entry(key).or_insert_with(make);
        // The borrow ends before the surplus row goes; the new one is not the last.
        let _ = kept;
        if self.rows.len() > self.capacity {
            self.rows.pop_last();
        }
        self.rows.get_mut(&key)
    }

    /// Adds what another one of the same seed has kept; `join` decides of rows in both.
    pub(crate) fn merge(&mut self, other: &RowSample<T>, join: impl Fn(&mut T, &T)) {
        for ((_, row), theirs) in &other.rows {
            let mut is_new = false;
            let ours = self.offer(*row, || {
                is_new = true;
                theirs.clone()
            });
            if let Some(ours) = ours.filter(|_| !is_new) {
                join(ours, theirs);
            }
        }
    }

    /// In the order of the rows.
    pub(crate) fn in_order(&self) -> Vec<(u64, &T)> {
        let mut rows: Vec<(u64, &T)> = self
            .rows
            .iter()
            .map(|((_, row), kept)| (*row, kept))
            .collect();
        rows.sort_by_key(|(row, _)| *row);
        rows
    }
}

/// Two rounds of SplitMix64's mixing (Steele, Lea, Flood, 2014).
fn priority(seed: u64, row: u64) -> u64 {
    mix(mix(seed ^ 0x5851_f42d_4c95_7f2d).wrapping_add(row))
}

fn mix(state: u64) -> u64 {
    let mut word = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(sample: &RowSample<()>) -> Vec<u64> {
        sample.in_order().into_iter().map(|(row, ())| row).collect()
    }

    fn sample_of(range: std::ops::Range<u64>, capacity: usize) -> RowSample<()> {
        let mut sample = RowSample::new(7, capacity);
        for row in range {
            sample.offer(row, || ());
        }
        sample
    }

    #[test]
    fn parts_give_the_sample_of_the_whole() {
        let whole = sample_of(0..1000, 50);
        let mut parts = sample_of(600..1000, 50);
        parts.merge(&sample_of(0..600, 50), |_, _| ());
        assert_eq!(parts, whole);
        assert_eq!(rows(&whole).len(), 50);
    }

    #[test]
    fn few_rows_are_all_kept() {
        assert_eq!(rows(&sample_of(3..6, 50)), [3, 4, 5]);
        assert!(rows(&sample_of(3..6, 0)).is_empty());
    }

    #[test]
    fn every_row_is_drawn_equally_often() {
        // 20 of 100 rows, 2,000 seeds: a row is drawn 400 times, give or take √(2000·0.2·0.8)
        // = 17.9. The largest of 100 deviations stays below 4.5 of them but for once in 1,500.
        let mut drawn = [0_i32; 100];
        for seed in 0..2000 {
            let mut sample = RowSample::new(seed, 20);
            for row in 0..100 {
                sample.offer(row, || ());
            }
            for (row, ()) in sample.in_order() {
                drawn[usize::try_from(row).unwrap()] += 1;
            }
        }
        let worst = drawn.iter().map(|count| (count - 400).abs()).max();
        assert!(worst < Some(80), "{worst:?}");
    }
}
