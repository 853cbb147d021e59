//! The values of a column: how many are distinct, which are frequent, and all of them while
//! they are few. One table of counts serves all three; the HyperLogLog registers start when it
//! first overflows.

use probity_domain::document::probity_file::{DistinctFacts, FrequentValue};

use super::categories::exact_categories;
use super::distinct::{HEAP_SIZE_BYTES, HyperLogLog, RELATIVE_STANDARD_ERROR};
use super::frequent::{CAPACITY, FrequentTable};
use super::hash::hash_text;
use super::kept::Kept;

/// Values that a profile names as the most frequent.
const N_REPORTED: usize = 10;

/// Relative standard error of Deequ's distinct counts (HyperLogLog++, `relativeSD = 0.05`).
const RECORDED_STANDARD_ERROR: f64 = 0.05;

#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) table: FrequentTable,
    /// There once the table has dropped a value: until then the table knows all of them.
    pub(crate) registers: Option<HyperLogLog>,
    /// What a document that came without our state says, for values that we never saw.
    pub(crate) recorded: Option<RecordedDistinct>,
}

/// A distinct count from a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RecordedDistinct {
    pub(crate) estimate: f64,
    /// The document lists every value, and the table has them.
    pub(crate) is_complete: bool,
}

impl Values {
    pub(crate) fn heap_size_bytes(&self) -> usize {
        let registers = self.registers.as_ref().map_or(0, |_| HEAP_SIZE_BYTES);
        self.table.heap_size_bytes() + registers
    }

    /// Adds one row of each value, in order. Rows are settled by the caller when its batch ends.
    pub(crate) fn add_all(&mut self, hashes: &[u64], kept: impl Fn(usize) -> Kept) {
        if let Some(registers) = &mut self.registers {
            registers.insert_all(hashes);
        }
        for (at, &hash) in hashes.iter().enumerate() {
            match self.table.find(hash) {
                Some(index) => self.table.add_to(index, 1),
                None => {
                    if self.table.is_full() {
                        self.start_registers(&hashes[at..]);
                        self.table.purge();
                    }
                    self.table.insert(hash, kept(at), 1);
                }
            }
        }
    }

    #[inline]
    pub(crate) fn add_text(&mut self, hash: u64, text: &str, rows: u64) {
        if let Some(registers) = &mut self.registers {
            registers.insert(hash);
        }
        match self.table.find(hash) {
            Some(index) => self.table.add_to(index, rows),
            None => {
                self.make_room(hash);
                self.table.insert_text(hash, text, rows);
            }
        }
    }

    /// Whether every value is in the table when those of `hashes`, all different, have come.
    pub(crate) fn stays_exact_with(&self, hashes: &[u64]) -> bool {
        if self.registers.is_some() {
            return false;
        }
        let is_new = |hash: &&u64| self.table.find(**hash).is_none();
        hashes.len() + self.table.len() <= CAPACITY
            || (hashes.len() <= CAPACITY
                && hashes.iter().filter(is_new).count() + self.table.len() <= CAPACITY)
    }

    /// Adds rows of a value to a table that stays exact.
    pub(crate) fn add_known(&mut self, hash: u64, kept: Kept, rows: u64) {
        match self.table.find(hash) {
            Some(index) => self.table.add_to(index, rows),
            None => self.table.insert(hash, kept, rows),
        }
    }

    fn make_room(&mut self, hash: u64) {
        if self.table.is_full() {
            self.start_registers(&[hash]);
            self.table.purge();
        }
    }

    /// Starts the registers, unless they run, with what the table has and with `coming`.
    fn start_registers(&mut self, coming: &[u64]) {
        if self.registers.is_none() {
            let mut registers = registers_of(&self.table);
            registers.insert_all(coming);
            self.registers = Some(registers);
        }
    }

    /// Every value that was ever added is in the table.
    pub(crate) fn is_exact(&self) -> bool {
        self.registers.is_none() && self.recorded.is_none_or(|recorded| recorded.is_complete)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.registers.is_some() || other.registers.is_some() || self.overflows_with(other) {
            let theirs = other
                .registers
                .clone()
                .unwrap_or_else(|| registers_of(&other.table));
            self.start_registers(&[]);
            if let Some(ours) = &mut self.registers {
                ours.merge(&theirs);
            }
        }
        self.table.merge(&other.table);
        self.recorded = match (self.recorded, other.recorded) {
            (Some(a), Some(b)) => Some(RecordedDistinct {
                estimate: a.estimate.max(b.estimate),
                is_complete: a.is_complete && b.is_complete,
            }),
            (one, another) => one.or(another),
        };
    }

    /// Whether the two tables together hold more values than one can.
    fn overflows_with(&self, other: &Self) -> bool {
        let is_new = |hash| self.table.find(hash).is_none();
        let n_new = other
            .table
            .entries()
            .iter()
            .filter(|entry| is_new(entry.hash))
            .count();
        self.table.len() + n_new > CAPACITY
    }

    pub(crate) fn distinct(&self) -> DistinctFacts {
        let (estimate, relative_standard_error) = match &self.registers {
            Some(registers) => (registers.estimate(), RELATIVE_STANDARD_ERROR),
            None => (self.table.len() as f64, 0.0),
        };
        match self.recorded {
            Some(recorded) if !recorded.is_complete => DistinctFacts {
                estimate: estimate.max(recorded.estimate),
                relative_standard_error: RECORDED_STANDARD_ERROR,
            },
            Some(_) | None => DistinctFacts {
                estimate,
                relative_standard_error,
            },
        }
    }

    /// By falling count, then by value. Where counts are not exact, a value is named only when
    /// its count is known within a factor of two.
    pub(crate) fn most_frequent(&self) -> Vec<FrequentValue> {
        let max_undercount = self.table.undercount();
        let named = |count: u64| count > max_undercount;
        let mut found: Vec<FrequentValue> = (self.table.entries().iter())
            .filter(|entry| named(entry.count))
            .map(|entry| FrequentValue {
                value: self.table.display(entry),
                count: entry.count,
                max_undercount,
            })
            .collect();
        found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        found.truncate(N_REPORTED);
        found
    }

    pub(crate) fn categories(&self) -> Option<Vec<(String, u64)>> {
        if self.is_exact() {
            exact_categories(&self.table)
        } else {
            None
        }
    }

    /// Values that a document lists.
    pub(crate) fn from_recorded(counts: &[(String, u64)], recorded: RecordedDistinct) -> Self {
        let mut values = Self::default();
        for (text, rows) in counts {
            values.add_text(hash_text(text), text, *rows);
        }
        values.recorded = Some(recorded);
        values
    }
}

fn registers_of(table: &FrequentTable) -> HyperLogLog {
    let mut registers = HyperLogLog::default();
    for entry in table.entries() {
        registers.insert(entry.hash);
    }
    registers
}
