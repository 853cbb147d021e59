//! The most frequent values with their counts: exact while they are few, bounded afterwards.
//!
//! Misra and Gries, "Finding repeated elements" (1982), in the batched form of Anderson et al.,
//! "A High-Performance Algorithm for Identifying Frequent Items in Data Streams" (2017): when
//! the table is full, the median count is taken off every count and what is left with nothing
//! goes. Merging after Agarwal et al., "Mergeable Summaries" (2013). Values are told apart by
//! their 64-bit hash: among `n` distinct values two are confused with probability about
//! `256·n / 2^64`.

use std::borrow::Cow;

use super::hash::hash_text;
use super::kept::{Kept, double_text, single_text, time_text};

/// Values in a full table. A purge takes its median off at least half of them, so that a count
/// is never short by more than `n / 128`.
pub(crate) const CAPACITY: usize = 256;

/// Longer texts are cut in the table (hashes are of the whole), which bounds its state at
/// 64 KiB. They are named by [`category_name`].
pub(crate) const LONGEST_TEXT: usize = 240;

/// What of a long text is left in its name: with `…` and 16 digits the name is no long text
/// itself, so that a name read back from a document is the name of the same value.
const LONGEST_BEGINNING: usize = 220;

/// How documents, domains and comparisons name a value: by its text; a long one by its
/// beginning, `…` and its hash.
pub(crate) fn category_name(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_TEXT {
        return Cow::Borrowed(text);
    }
    Cow::Owned(name_of_long(text, hash_text(text)))
}

fn name_of_long(beginning: &str, hash: u64) -> String {
    let end = beginning.floor_char_boundary(LONGEST_BEGINNING);
    format!("{}…{hash:016x}", &beginning[..end])
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) count: u64,
    pub(crate) kept: Kept,
}

/// Counts by hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrequentTable {
    entries: Vec<Entry>,
    /// Open addressing with linear probing: 0 is free, else one more than an entry's index.
    slots: Vec<u16>,
    texts: Vec<u8>,
    /// What purges have taken off; no count is short by more.
    undercount: u64,
}

impl FrequentTable {
    pub(crate) fn heap_size_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.slots.capacity() * size_of::<u16>()
            + self.texts.capacity()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn undercount(&self) -> u64 {
        self.undercount
    }

    pub(crate) fn set_undercount(&mut self, undercount: u64) {
        self.undercount = undercount;
    }

    #[inline]
    pub(crate) fn find(&self, hash: u64) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = slot_of(hash, mask);
        loop {
            let slot = usize::from(self.slots[at]);
            if slot == 0 {
                return None;
            }
            if self.entries[slot - 1].hash == hash {
                return Some(slot - 1);
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    pub(crate) fn add_to(&mut self, index: usize, rows: u64) {
        self.entries[index].count += rows;
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= CAPACITY
    }

    /// Adds a value that [`FrequentTable::find`] did not find, to a table that is not full.
    pub(crate) fn insert(&mut self, hash: u64, kept: Kept, rows: u64) {
        self.entries.push(Entry {
            hash,
            count: rows,
            kept,
        });
        let needed = 2 * self.entries.len();
        if self.slots.len() < needed {
            self.rebuild_slots(needed.next_power_of_two().max(16));
        } else {
            self.place(self.entries.len());
        }
    }

    pub(crate) fn insert_text(&mut self, hash: u64, text: &str, rows: u64) {
        let kept = self.keep_text(text);
        self.insert(hash, kept, rows);
    }

    /// Ends a batch: values that were kept as rows of it get their texts.
    pub(crate) fn settle<'a>(&mut self, text_of: impl Fn(usize) -> &'a str) {
        for index in 0..self.entries.len() {
            if let Kept::Row(row) = self.entries[index].kept {
                self.entries[index].kept = self.keep_text(text_of(row as usize));
            }
        }
    }

    fn keep_text(&mut self, text: &str) -> Kept {
        let end = text.floor_char_boundary(LONGEST_TEXT);
        self.keep_cut_text(&text[..end], end < text.len())
    }

    #[expect(
        clippy::fn_params_excessive_bools,
        reason = "the flag is a field of what it makes"
    )]
    fn keep_cut_text(&mut self, text: &str, is_cut: bool) -> Kept {
        let start = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.texts.extend_from_slice(text.as_bytes());
        Kept::Text {
            start,
            length,
            is_cut,
        }
    }

    fn place(&mut self, entry_number: usize) {
        let mask = self.slots.len() - 1;
        let mut at = slot_of(self.entries[entry_number - 1].hash, mask);
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = u16::try_from(entry_number).unwrap_or(u16::MAX);
    }

    fn rebuild_slots(&mut self, size: usize) {
        self.slots.clear();
        self.slots.resize(size, 0);
        for number in 1..=self.entries.len() {
            self.place(number);
        }
    }

    /// Takes the median count off every count.
    pub(crate) fn purge(&mut self) {
        let middle = self.entries.len() / 2;
        // A column of distinct values comes here often, and its median is 1.
        let n_larger = self.entries.iter().filter(|entry| entry.count > 1).count();
        if n_larger <= middle {
            self.take(1);
        } else {
            self.purge_down_to(middle);
        }
    }

    /// Takes off so much that at most `n_kept` values stay.
    fn purge_down_to(&mut self, n_kept: usize) {
        if self.entries.len() <= n_kept {
            return;
        }
        let mut counts: Vec<u64> = self.entries.iter().map(|entry| entry.count).collect();
        let (_, &mut taken, _) = counts.select_nth_unstable_by(n_kept, |a, b| b.cmp(a));
        self.take(taken);
    }

    fn take(&mut self, taken: u64) {
        self.undercount += taken;
        self.entries.retain_mut(|entry| {
            entry.count = entry.count.saturating_sub(taken);
            entry.count > 0
        });
        self.compact_texts();
        self.rebuild_slots(self.slots.len());
    }

    fn compact_texts(&mut self) {
        if self.texts.is_empty() {
            return;
        }
        let room = Vec::with_capacity(self.texts.len());
        let old = std::mem::replace(&mut self.texts, room);
        for entry in &mut self.entries {
            if let Kept::Text { start, length, .. } = &mut entry.kept {
                let from = *start as usize;
                *start = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
                self.texts
                    .extend_from_slice(&old[from..from + usize::from(*length)]);
            }
        }
    }

    /// Adds the counts of `other`, and purges when too many values are left.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.undercount += other.undercount;
        for entry in &other.entries {
            match self.find(entry.hash) {
                Some(index) => self.entries[index].count += entry.count,
                None => self.copy_entry(entry, other),
            }
        }
        self.purge_down_to(CAPACITY);
    }

    fn copy_entry(&mut self, entry: &Entry, owner: &Self) {
        let kept = match entry.kept {
            Kept::Text { is_cut, .. } => self.keep_cut_text(&owner.text(entry), is_cut),
            kept => kept,
        };
        self.insert(entry.hash, kept, entry.count);
    }

    /// What a reader sees of the value, see [`category_name`].
    pub(crate) fn display(&self, entry: &Entry) -> String {
        let text = self.text(entry);
        if matches!(entry.kept, Kept::Text { is_cut: true, .. }) {
            name_of_long(&text, entry.hash)
        } else {
            text
        }
    }

    /// As kept: without a mark where a text is cut.
    pub(crate) fn text(&self, entry: &Entry) -> String {
        match entry.kept {
            Kept::Text { start, length, .. } => {
                let start = start as usize;
                let bytes = &self.texts[start..start + usize::from(length)];
                String::from_utf8_lossy(bytes).into_owned()
            }
            // No batch is at hand when somebody asks.
            Kept::Row(_) => String::new(),
            Kept::Integer(value) => value.to_string(),
            Kept::Unsigned(value) => value.to_string(),
            Kept::Double(value) => double_text(value),
            Kept::Single(value) => single_text(value),
            Kept::Time { ticks, unit } => time_text(ticks, unit),
        }
    }

    /// Restores an entry of a state; `false` when it cannot be one of a table.
    pub(crate) fn restore(&mut self, hash: u64, count: u64, value: Restored<'_>) -> bool {
        if self.is_full() || count == 0 || self.find(hash).is_some() {
            return false;
        }
        let kept = match value {
            Restored::Text { text, is_cut } if text.len() <= LONGEST_TEXT => {
                self.keep_cut_text(text, is_cut)
            }
            Restored::Text { .. } => return false,
            Restored::Number(kept) => kept,
        };
        self.insert(hash, kept, count);
        true
    }
}

/// A value on its way back from a state.
#[derive(Debug)]
pub(crate) enum Restored<'a> {
    Text { text: &'a str, is_cut: bool },
    Number(Kept),
}

/// The low bits; the distinct count reads the high ones.
#[inline]
fn slot_of(hash: u64, mask: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only the low bits are wanted"
    )]
    let low = hash as usize;
    low & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(table: &mut FrequentTable, text: &str, rows: u64) {
        let hash = hash_text(text);
        if let Some(index) = table.find(hash) {
            return table.add_to(index, rows);
        }
        if table.is_full() {
            table.purge();
        }
        table.insert_text(hash, text, rows);
    }

    fn count_of(table: &FrequentTable, text: &str) -> u64 {
        table
            .find(hash_text(text))
            .map_or(0, |index| table.entries()[index].count)
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let mut table = FrequentTable::default();
        for i in 0..1000 {
            add(&mut table, &format!("v{}", i % 200), 1);
        }
        assert_eq!((table.len(), table.undercount()), (200, 0));
        assert_eq!(count_of(&table, "v7"), 5);
    }

    #[test]
    fn a_frequent_value_survives_any_number_of_rare_ones() {
        let mut table = FrequentTable::default();
        for i in 0..20_000 {
            add(&mut table, &format!("rare {i}"), 1);
            if i % 4 == 0 {
                add(&mut table, "often", 1);
            }
        }
        let count = count_of(&table, "often");
        assert!(
            count <= 5_000 && count + table.undercount() >= 5_000,
            "{count}"
        );
        assert!(table.undercount() <= 25_000 / 128);
    }

    #[test]
    fn merged_counts_are_short_by_at_most_the_sum_of_what_was_taken() {
        let (mut left, mut right) = (FrequentTable::default(), FrequentTable::default());
        for i in 0..5_000 {
            add(&mut left, &format!("l{i}"), 1);
            add(&mut right, &format!("r{i}"), 1);
            add(if i % 2 == 0 { &mut left } else { &mut right }, "both", 1);
        }
        left.merge(&right);
        let count = count_of(&left, "both");
        assert!(left.len() <= CAPACITY);
        assert!(
            count <= 5_000 && count + left.undercount() >= 5_000,
            "{count}"
        );
    }

    #[test]
    fn texts_stay_with_their_values_through_purges() {
        let mut table = FrequentTable::default();
        for i in 0..3_000 {
            add(
                &mut table,
                &format!("text {i}"),
                1 + u64::from(i % 100 == 0) * 50,
            );
        }
        for entry in table.entries() {
            assert_eq!(hash_text(&table.text(entry)), entry.hash);
        }
    }

    #[test]
    fn a_long_text_is_named_by_its_beginning_and_its_hash() {
        let mut table = FrequentTable::default();
        let long = "é".repeat(200);
        add(&mut table, &long, 1);
        let shown = table.display(&table.entries()[0]);
        assert_eq!(
            shown,
            format!("{}…{:016x}", "é".repeat(110), hash_text(&long))
        );
        assert_eq!(category_name(&long), shown);
    }

    #[test]
    fn long_texts_that_begin_alike_have_names_of_their_own() {
        let (one, other) = ("x".repeat(241) + "1", "x".repeat(241) + "2");
        assert_ne!(category_name(&one), category_name(&other));
    }

    #[test]
    fn a_name_is_its_own_name() {
        let name = category_name(&"é".repeat(200)).into_owned();
        assert_eq!(category_name(&name), name);
        let mut table = FrequentTable::default();
        add(&mut table, &name, 1);
        assert_eq!(table.display(&table.entries()[0]), name);
    }
}
