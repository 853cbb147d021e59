//! Counts of the rows that had no partner. Partitions are read in any order, and perhaps twice; the counts are
//! the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::table::Table;

/// Rows of one partition of the main dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartitionTally {
    pub(super) rows: u64,
    /// Of each table: rows that have no partner there.
    pub(super) without_partner: Vec<u64>,
}

#[derive(Debug)]
pub(super) struct Tallies(Mutex<Counted>);

#[derive(Debug)]
struct Counted {
    partitions: BTreeMap<usize, PartitionTally>,
    /// Of each table and row: it was someone's partner.
    matched: Vec<Vec<bool>>,
}

impl Tallies {
    pub(super) fn new(rows_of_tables: Vec<u32>) -> Self {
        let matched = rows_of_tables
            .into_iter()
            .map(|rows| vec![false; rows as usize]);
        Tallies(Mutex::new(Counted {
            partitions: BTreeMap::new(),
            matched: matched.collect(),
        }))
    }

    /// The rows of each table that a batch found.
    pub(super) fn add_matched(&self, rows_of_tables: &[Vec<u32>]) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (matched, rows) in counted.matched.iter_mut().zip(rows_of_tables) {
            for row in rows {
                matched[*row as usize] = true;
            }
        }
    }

    /// A partition was read to its end.
    pub(super) fn end_partition(&self, ordinal: usize, tally: PartitionTally) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.partitions.insert(ordinal, tally);
    }

    pub(super) fn notes(&self, tables: &[Table]) -> Vec<String> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows: u64 = counted.partitions.values().map(|tally| tally.rows).sum();
        let mut notes = Vec::new();
        for (position, table) in tables.iter().enumerate() {
            let without: u64 = counted
                .partitions
                .values()
                .filter_map(|tally| tally.without_partner.get(position))
                .sum();
            if without > 0 {
                notes.push(format!(
                    "{without} of {rows} records have no record with their id in `{}` and are left out",
                    table.uri()
                ));
            }
            let unmatched = counted.matched[position]
                .iter()
                .filter(|matched| !**matched);
            let unmatched = unmatched.count();
            if unmatched > 0 {
                notes.push(format!(
                    "{unmatched} of {} records of `{}` have an id that no other record has and are left out",
                    table.rows(),
                    table.uri()
                ));
            }
        }
        notes
    }
}
