//! The sketch against a transcription of the published algorithm, item by item, and against
//! exact ranks.

use probity_metrics::summary::KllSketch;
use proptest::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::generator::{golden, values};

/// The published algorithm with no thought of speed, for sequences that no file foresees.
#[derive(Clone)]
struct Transcription {
    k: u32,
    c: f64,
    levels: Vec<Vec<f64>>,
    compactions: Vec<u32>,
    offsets: Vec<usize>,
}

impl Transcription {
    fn new(k: u32, c: f64) -> Self {
        Self {
            k,
            c,
            levels: vec![vec![]],
            compactions: vec![0],
            offsets: vec![0],
        }
    }

    fn capacity(&self, height: usize) -> usize {
        let scaled = f64::from(self.k) * self.c.powf(height as f64) / 2.0;
        2 * (scaled.ceil() as usize + 1)
    }

    fn total(&self) -> usize {
        (0..self.levels.len())
            .map(|height| self.capacity(height))
            .sum()
    }

    fn n_items(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    fn expand(&mut self) {
        self.levels.push(vec![]);
        self.compactions.push(0);
        self.offsets.push(0);
    }

    fn push(&mut self, value: f64) {
        self.levels[0].push(value);
        if self.n_items() > self.total() {
            self.condense();
        }
    }

    fn condense(&mut self) {
        for height in 0..self.levels.len() {
            if self.levels[height].len() < self.capacity(height) {
                continue;
            }
            if height + 1 == self.levels.len() {
                self.expand();
            }
            if self.compactions[height] % 2 == 1 {
                self.offsets[height] = 1 - self.offsets[height];
            }
            self.compactions[height] += 1;
            let mut items = std::mem::take(&mut self.levels[height]);
            if items.len() % 2 == 1 {
                self.levels[height].extend(items.pop());
            }
            items.sort_by(f64::total_cmp);
            let kept = items.into_iter().skip(self.offsets[height]).step_by(2);
            self.levels[height + 1].extend(kept);
            return;
        }
    }

    fn merge(&mut self, other: &Self) {
        while self.levels.len() < other.levels.len() {
            self.expand();
        }
        for (ours, theirs) in self.levels.iter_mut().zip(&other.levels) {
            ours.extend(theirs);
        }
        while self.n_items() >= self.total() {
            self.condense();
        }
    }
}

#[derive(Deserialize)]
struct GoldenCase {
    k: u32,
    c: f64,
    parts: Vec<GoldenPart>,
    lengths: Vec<usize>,
    sha256: Vec<String>,
    levels: Option<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct GoldenPart {
    kind: String,
    seed: u64,
    n: u32,
}

fn digest(level: &[f64]) -> String {
    let bytes: Vec<u8> = level.iter().flat_map(|item| item.to_le_bytes()).collect();
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn levels_equal_those_of_the_transcription_in_python() {
    let cases: Vec<GoldenCase> =
        serde_json::from_value(golden("summary/kll/expected.json")).unwrap();
    assert_eq!(cases.len(), 14);
    for case in cases {
        let mut whole = KllSketch::with_parameters(case.k, case.c);
        for part in &case.parts {
            let mut sketch = KllSketch::with_parameters(case.k, case.c);
            sketch.extend(&values(&part.kind, part.seed, part.n));
            whole.merge(&sketch);
        }
        if let Some(levels) = case.levels {
            assert_eq!(whole.levels(), levels);
        }
        let lengths: Vec<usize> = whole.levels().iter().map(Vec::len).collect();
        assert_eq!(lengths, case.lengths);
        let digests: Vec<String> = whole.levels().iter().map(|level| digest(level)).collect();
        assert_eq!(digests, case.sha256);
    }
}

#[test]
fn a_small_file_leaves_its_last_rows_on_level_0() {
    // 2,333 rows in one partition, the sample of Amazon's introduction: 283 rows stay, 1,025 rise.
    let rows = values("decimal", 2, 2333);
    let mut sketch = KllSketch::new();
    sketch.extend(&rows);
    assert_eq!(sketch.levels()[0], rows[2050..]);
    assert_eq!(sketch.levels()[1].len(), 1025);
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        4 => -100.0..100.0f64,
        3 => (0..7i32).prop_map(f64::from),
        1 => prop_oneof![Just(0.0), Just(f64::MAX), Just(-f64::MAX), Just(5e-324)],
        1 => any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| x + 0.0),
    ];
    prop::collection::vec(number, 0..400)
}

/// Levels without empty ones at the top, which a merge with an empty sketch leaves apart.
fn trimmed(levels: &[Vec<f64>]) -> Vec<Vec<u64>> {
    let mut bits: Vec<Vec<u64>> = levels
        .iter()
        .map(|level| level.iter().map(|x| x.to_bits()).collect())
        .collect();
    while bits.last().is_some_and(Vec::is_empty) {
        bits.pop();
    }
    bits
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn levels_equal_those_of_the_transcription(
        parts in prop::collection::vec((numbers(), 1..50usize), 1..6),
        k in prop_oneof![1..20u32, Just(32), Just(200)],
        c in prop_oneof![Just(0.64), 0.3..1.0f64],
    ) {
        let (mut whole, mut plain) = (KllSketch::with_parameters(k, c), Transcription::new(k, c));
        let mut is_first = true;
        for (part, slice) in parts {
            let (mut sketch, mut transcription) =
                (KllSketch::with_parameters(k, c), Transcription::new(k, c));
            for values in part.chunks(slice) {
                sketch.extend(values);
            }
            part.iter().for_each(|value| transcription.push(*value));
            prop_assert_eq!(trimmed(sketch.levels()), trimmed(&transcription.levels));
            // Merging with an empty sketch is the one difference; see `KllSketch::merge`.
            if is_first {
                whole = sketch;
                plain = transcription;
            } else if !part.is_empty() && plain.n_items() > 0 {
                whole.merge(&sketch);
                plain.merge(&transcription);
            } else {
                return Ok(());
            }
            is_first = false;
            prop_assert_eq!(trimmed(whole.levels()), trimmed(&plain.levels));
        }
    }

    #[test]
    fn ranks_are_exact_until_the_first_compaction(values in numbers(), x in -5.0..8.0f64) {
        let mut sketch = KllSketch::new();
        sketch.extend(&values);
        prop_assert_eq!(sketch.rank(x), values.iter().filter(|v| **v <= x).count() as u64);
        prop_assert_eq!(sketch.rank_exclusive(x), values.iter().filter(|v| **v < x).count() as u64);
        prop_assert_eq!(sketch.rank_error(), 0.0);
    }
}

/// Largest difference of the sketch's distribution function from that of the values.
fn largest_error(sketch: &KllSketch, values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let mut worst = 0.0f64;
    let mut below = 0;
    for (item, rank) in sketch.cumulative() {
        let exact = sorted.partition_point(|value| *value <= item);
        let exact_below = sorted.partition_point(|value| *value < item);
        // Between two items the sketch's rank stands still and the exact one rises.
        worst = worst.max((rank as f64 - exact as f64).abs());
        worst = worst.max((below as f64 - exact_below as f64).abs());
        below = rank;
    }
    worst / n
}

#[test]
fn the_stated_rank_error_holds_and_is_not_idle() {
    let mut tightest = 0.0f64;
    for kind in [
        "uniform", "skewed", "discrete", "rising", "falling", "decimal",
    ] {
        for (seed, n) in [(1, 2_500), (2, 10_000), (3, 60_000), (4, 250_000)] {
            let numbers = values(kind, seed, n);
            let mut whole = KllSketch::new();
            whole.extend(&numbers);
            let mut merged = KllSketch::new();
            for part in numbers.chunks(n as usize / 7 + 1) {
                let mut sketch = KllSketch::new();
                sketch.extend(part);
                merged.merge(&sketch);
            }
            for sketch in [whole, merged] {
                let (error, stated) = (largest_error(&sketch, &numbers), sketch.rank_error());
                assert!(error <= stated, "{kind} {n}: {error} > {stated}");
                // The size of SageMaker's sketch: well under 1 % of the rows.
                assert!(stated < 0.01, "{kind} {n}: {stated}");
                tightest = tightest.max(error / stated);
            }
        }
    }
    // A bound that nothing comes near would hide a mistake in it.
    assert!(tightest > 0.1, "{tightest}");
}

/// Parts that were compacted once err in the same direction.
#[test]
fn the_stated_rank_error_holds_for_merged_parts_alike() {
    let part: Vec<f64> = (0..2_100).map(f64::from).collect();
    let (mut merged, mut all) = (KllSketch::new(), Vec::new());
    for n_parts in 1..12 {
        let mut sketch = KllSketch::new();
        sketch.extend(&part);
        merged.merge(&sketch);
        all.extend_from_slice(&part);
        let (found, stated) = (largest_error(&merged, &all), merged.rank_error());
        // The stated one was divided by the count, as the other was.
        assert!(
            found <= stated * (1.0 + f64::EPSILON),
            "{found} of {n_parts} parts, stated {stated}"
        );
    }
}

#[test]
fn the_sketch_stands_for_every_value() {
    let mut sketch = KllSketch::new();
    sketch.extend(&values("uniform", 9, 123_457));
    assert_eq!(sketch.count(), 123_457);
    assert_eq!(sketch.cumulative().last().map(|last| last.1), Some(123_457));
}

#[test]
fn quantiles_invert_the_distribution_function() {
    let mut sketch = KllSketch::new();
    sketch.extend(&values("rising", 0, 100));
    assert_eq!(sketch.quantile(0.5), Some(49.0));
    assert_eq!(sketch.quantile(0.0), Some(0.0));
    assert_eq!(sketch.quantile(1.0), Some(99.0));
    assert_eq!(sketch.quantile(0.501), Some(50.0));
    assert_eq!(KllSketch::new().quantile(0.5), None);
}

#[test]
fn bucket_edges_have_the_digits_of_amazons_files() {
    let buckets = |max| KllSketch::new().buckets(10, 0.0, max);
    // Upper edges of bucket 0 in the published output of a real run.
    for (max, upper) in [
        (18.4, 1.839_999_999_999_999_9),
        (252.0, 25.2),
        (51.0, 5.1),
        (350.8, 35.08),
    ] {
        assert_eq!(buckets(max)[0].upper, upper);
    }
}

#[test]
fn buckets_hold_every_value_once() {
    let mut sketch = KllSketch::new();
    sketch.extend(&[0.0, 1.0, 1.0, 2.5, 9.0, 10.0]);
    let buckets = sketch.buckets(10, 0.0, 10.0);
    let counts: Vec<u64> = buckets.iter().map(|bucket| bucket.count).collect();
    assert_eq!(counts, [1, 2, 1, 0, 0, 0, 0, 0, 0, 2]);
}

#[test]
fn one_value_is_in_the_last_bucket() {
    let mut sketch = KllSketch::new();
    sketch.extend(&[3.0, 3.0]);
    assert_eq!(sketch.buckets(10, 3.0, 3.0)[9].count, 2);
}

#[test]
fn a_range_beyond_the_doubles_still_has_edges() {
    let mut sketch = KllSketch::new();
    sketch.extend(&[-f64::MAX, 0.0, f64::MAX]);
    let buckets = sketch.buckets(10, -f64::MAX, f64::MAX);
    assert!(
        buckets
            .iter()
            .all(|bucket| bucket.lower.is_finite() && bucket.upper.is_finite())
    );
    assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 3);
}

#[test]
fn levels_of_a_document_make_the_same_sketch() {
    let mut sketch = KllSketch::new();
    sketch.extend(&values("decimal", 5, 30_000));
    let (k, c) = sketch.parameters();
    let read = KllSketch::from_levels(k, c, sketch.levels()).unwrap();
    assert_eq!(read.levels(), sketch.levels());
    assert_eq!(read.rank_error(), sketch.rank_error());
    assert!(KllSketch::from_levels(k, c, &[vec![f64::NAN]]).is_err());
    assert!(KllSketch::from_levels(k, c, &vec![vec![]; 100]).is_err());
}
