//! Damaged states: an error or a usable summary, never a panic and never a large allocation.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use probity_metrics::summary::{
    CatalogEntry, CatalogVisitor, ColumnSummary, KllSketch, ReadState, Summary, decode_columns,
    encode_columns, feature_facts, feature_statistics, visit_catalog,
};
use proptest::prelude::*;

use crate::generator::{SplitMix64, values};

fn numbers(n: u32) -> ArrayRef {
    Arc::new(Float64Array::from(values("decimal", 1, n)))
}

fn texts(n: u64) -> ArrayRef {
    Arc::new(
        (0..n)
            .map(|i| Some(format!("text {}", i % 300)))
            .collect::<StringArray>(),
    )
}

fn summary(batch: &ArrayRef) -> ColumnSummary {
    let mut summary = ColumnSummary::default();
    summary.update(batch).unwrap();
    summary
}

fn file() -> Vec<u8> {
    encode_columns(&[
        ("age".to_owned(), summary(&numbers(40))),
        ("häuser".to_owned(), summary(&texts(500))),
    ])
}

#[test]
fn columns_come_back_with_their_names_in_order() {
    let decoded = decode_columns(&file()).unwrap();
    let names: Vec<&str> = decoded.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["age", "häuser"]);
    assert_eq!(encode_columns(&decoded), file());
    assert_eq!(decoded[0].1.profile(), summary(&numbers(40)).profile());
}

#[test]
fn no_columns_are_a_file_too() {
    assert!(decode_columns(&encode_columns(&[])).unwrap().is_empty());
}

#[test]
fn a_state_of_another_summary_is_named() {
    let bytes = KllSketch::new().to_bytes();
    let read = ColumnSummary::from_bytes(&bytes).map(|_| ());
    assert!(matches!(read, Err(ReadState::OtherSummary { found, .. }) if found == "kll-sketch"));
}

#[test]
fn every_cut_of_a_file_is_noticed() {
    let file = file();
    for length in 0..file.len() {
        assert!(decode_columns(&file[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn a_full_column_of_numbers_fits_64_kib() {
    let mut summary = ColumnSummary::default();
    for seed in 0..20 {
        summary
            .update(&Float64Array::from(values("uniform", seed, 50_000)))
            .unwrap();
    }
    let size = summary.to_bytes().len();
    assert!((20_000..65_536).contains(&size), "{size}");
}

#[test]
fn a_full_column_of_long_texts_fits_68_kib() {
    let long = |i: u64| Some(format!("{i}{}", "x".repeat(1_000)));
    let size = summary(&(Arc::new((0..2_000).map(long).collect::<StringArray>()) as ArrayRef))
        .to_bytes()
        .len();
    assert!(size < 69_632, "{size}");
}

/// Uses every face of a summary that was read.
fn exercise<S: Summary>(bytes: &[u8]) {
    if let Ok(mut summary) = S::from_bytes(bytes) {
        let twin = summary.clone();
        summary.merge(&twin);
        summary.update(&Float64Array::from(vec![1.0, 2.5])).unwrap();
        summary.update(&StringArray::from(vec!["a", "1"])).unwrap();
        let _ = summary.value();
        // Counts near the largest have no room to double: then this is refused.
        let _ = S::from_bytes(&summary.to_bytes());
    }
}

struct Damage(SplitMix64);

impl CatalogVisitor for Damage {
    fn visit<S: Summary>(&mut self, _entry: &CatalogEntry) {
        for batch in [numbers(30), texts(400)] {
            let mut sound = S::default();
            sound.update(&batch).unwrap();
            let sound = sound.to_bytes();
            for _ in 0..3_000 {
                let mut bytes = sound.clone();
                for _ in 0..=self.0.next() % 3 {
                    let at = self.0.next() as usize % bytes.len();
                    bytes[at] = match self.0.next() % 4 {
                        0 => 0,
                        1 => 0xff,
                        2 => bytes[at] ^ (1 << (self.0.next() % 8)),
                        _ => self.0.next() as u8,
                    };
                }
                exercise::<S>(&bytes);
            }
        }
    }
}

#[test]
fn damaged_states_never_panic() {
    visit_catalog(&mut Damage(SplitMix64(42)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_file_never_panics(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(), is_cut: bool) {
        let mut file = file();
        let at = at.index(file.len());
        file[at] = byte;
        if is_cut {
            file.truncate(cut.index(file.len()));
        }
        if let Ok(columns) = decode_columns(&file) {
            for (name, summary) in &columns {
                let statistics = feature_statistics(name, summary);
                let _ = feature_facts(name, summary);
                let _ = ColumnSummary::from_statistics(&statistics, 9);
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode_columns(&bytes).is_err());
        prop_assert!(ColumnSummary::from_bytes(&bytes).is_err());
    }
}
