//! Everything that one scan keeps of a column.
//!
//! What a merge keeps, exactly: counts, types, range, lengths, the registers behind the
//! distinct count, and counts of values while there are at most 256 equal those of one scan
//! over all rows, in any order of merging. Mean, sum and spread agree to rounding. Sketch
//! levels and the counts of frequent values in columns of many values depend on where the rows
//! were cut into parts and on the order of the parts, on nothing else, and stay within their
//! stated errors.

use arrow::array::Array;
use probity_domain::document::probity_file::{DistinctFacts, TypeCounts};
use probity_domain::document::statistics::InferredType;

use super::column_dictionary::KnownDictionary;
use super::kll::KllSketch;
use super::lengths::Lengths;
use super::moments::Moments;
use super::parts::add_counts;
use super::profile::{ColumnProfile, NumericProfile};
use super::types::inferred_type;
use super::values::Values;
use super::{ReadState, Summary, UpdateSummary};

/// Numbers wait until there are so many: the block is what the moments add at once, so that
/// their last digits depend on the rows alone and not on how a reader cuts its batches.
const BLOCK: usize = 512;

/// The summary of one column, of any type that has values.
#[derive(Clone, Debug)]
pub struct ColumnSummary {
    pub(crate) is_redacted: bool,
    /// Nulls and NaN are `unknown`.
    pub(crate) types: TypeCounts,
    pub(crate) n_nan: u64,
    pub(crate) n_infinite: u64,
    /// `None` once a String or Boolean value was seen: the column is no number any more.
    pub(crate) numbers: Option<Box<Numbers>>,
    pub(crate) values: Values,
    pub(crate) lengths: Lengths,
    /// What is known of the words of the last batch's dictionary; no part of the state.
    pub(crate) dictionary: Option<Box<KnownDictionary>>,
}

impl Default for ColumnSummary {
    fn default() -> Self {
        Self {
            is_redacted: false,
            types: TypeCounts::default(),
            n_nan: 0,
            n_infinite: 0,
            numbers: Some(Box::default()),
            values: Values::default(),
            lengths: Lengths::default(),
            dictionary: None,
        }
    }
}

/// Moments and sketch of the finite numbers, and those that wait for their block to fill.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) moments: Moments,
    pub(crate) sketch: KllSketch,
    pub(crate) waiting: Vec<f64>,
}

impl Numbers {
    fn heap_size_bytes(&self) -> usize {
        self.sketch.heap_size_bytes() + self.waiting.capacity() * size_of::<f64>()
    }

    pub(crate) fn extend(&mut self, mut values: &[f64]) {
        while !values.is_empty() {
            if self.waiting.is_empty() && values.len() >= BLOCK {
                let (block, rest) = values.split_at(BLOCK);
                self.add_block(block);
                values = rest;
                continue;
            }
            let room = (BLOCK - self.waiting.len()).min(values.len());
            let (now, rest) = values.split_at(room);
            self.waiting.extend_from_slice(now);
            if self.waiting.len() == BLOCK {
                self.flush();
            }
            values = rest;
        }
    }

    fn add_block(&mut self, block: &[f64]) {
        self.moments.add_block(block);
        self.sketch.extend(block);
    }

    pub(crate) fn flush(&mut self) {
        self.moments.add_block(&self.waiting);
        self.sketch.extend(&self.waiting);
        self.waiting.clear();
    }

    /// Adds the numbers of `other`, which has none waiting.
    fn merge(&mut self, other: &Self) {
        self.flush();
        self.moments.combine(&other.moments);
        self.sketch.merge(&other.sketch);
    }
}

impl ColumnSummary {
    /// Adds `rows` rows without a value, as of a column that a partition does not have.
    pub fn update_missing(&mut self, rows: u64) {
        self.types.unknown += rows;
    }

    /// Adds the rows of `column` with every value replaced by a hash, before anything else
    /// sees it.
    pub fn update_redacted(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        super::redaction::update(self, column)
    }

    /// Values are hashed; stays so through merging.
    pub fn is_redacted(&self) -> bool {
        self.is_redacted
    }

    pub fn n_present(&self) -> u64 {
        self.types.integral + self.types.fractional + self.types.boolean + self.types.string
    }

    /// Nulls and NaN.
    pub fn n_missing(&self) -> u64 {
        self.types.unknown
    }

    pub fn inferred_type(&self) -> InferredType {
        inferred_type(&self.types)
    }

    /// The sketch of a numeric column's finite values.
    pub fn sketch(&self) -> Option<KllSketch> {
        let numbers = self.numbers.as_ref().filter(|_| self.is_numeric())?;
        let mut sketch = numbers.sketch.clone();
        sketch.extend(&numbers.waiting);
        Some(sketch)
    }

    /// Exact counts of every value while they are few; by falling count, then by value.
    pub fn categories(&self) -> Option<Vec<(String, u64)>> {
        self.values.categories()
    }

    pub fn profile(&self) -> ColumnProfile {
        ColumnProfile {
            redacted: self.is_redacted,
            n_present: self.n_present(),
            n_missing: self.n_missing(),
            types: self.types,
            inferred_type: self.inferred_type(),
            numeric: self.numeric_profile(),
            distinct: self.distinct(),
            frequent: self.values.most_frequent(),
            categories: self.categories(),
            lengths: self
                .lengths
                .profile()
                .filter(|_| self.inferred_type() == InferredType::String),
            n_nan: self.n_nan,
            n_infinite: self.n_infinite,
        }
    }

    /// An estimate never exceeds the values that there are.
    fn distinct(&self) -> DistinctFacts {
        let facts = self.values.distinct();
        DistinctFacts {
            estimate: facts.estimate.min(self.n_present() as f64),
            ..facts
        }
    }

    pub(crate) fn is_numeric(&self) -> bool {
        matches!(
            self.inferred_type(),
            InferredType::Integral | InferredType::Fractional
        )
    }

    fn numeric_profile(&self) -> Option<NumericProfile> {
        let numbers = self.numbers.as_ref().filter(|_| self.is_numeric())?;
        let mut moments = numbers.moments;
        moments.add_block(&numbers.waiting);
        let (n_nan, n_infinite) = (self.n_nan, self.n_infinite);
        moments.profile().map(|profile| NumericProfile {
            n_nan,
            n_infinite,
            ..profile
        })
    }

    /// Adds numbers whose type has been counted: infinite ones are only counted.
    pub(crate) fn add_numbers(&mut self, numbers: &[f64]) {
        let n_infinite = numbers.iter().filter(|number| number.is_infinite()).count();
        if n_infinite == 0 {
            return self.add_finite(numbers);
        }
        self.n_infinite += n_infinite as u64;
        let finite: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
        self.add_finite(&finite);
    }

    fn add_finite(&mut self, numbers: &[f64]) {
        if let Some(ours) = &mut self.numbers {
            ours.extend(numbers);
        }
    }

    /// The column holds something that is no number: from here on it has no moments.
    pub(crate) fn end_numbers(&mut self) {
        self.numbers = None;
    }

    /// Ends the block that waits, as the end of a part does.
    fn flushed(&self) -> Self {
        let mut flushed = self.clone();
        if let Some(numbers) = &mut flushed.numbers {
            numbers.flush();
        }
        flushed
    }
}

impl Summary for ColumnSummary {
    type Value = ColumnProfile;
    const NAME: &'static str = "column";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        super::column_update::update(self, column)
    }

    fn merge(&mut self, other: &Self) {
        let other = other.flushed();
        self.is_redacted |= other.is_redacted;
        add_counts(&mut self.types, &other.types);
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
        match (&mut self.numbers, &other.numbers) {
            (Some(ours), Some(theirs)) => ours.merge(theirs),
            (Some(_), None) => self.end_numbers(),
            (None, _) => {}
        }
        self.values.merge(&other.values);
        self.lengths.combine(&other.lengths);
        if self.is_redacted {
            self.lengths = Lengths::default();
        }
    }

    fn value(&self) -> ColumnProfile {
        self.profile()
    }

    fn to_bytes(&self) -> Vec<u8> {
        super::column_state::to_bytes(&self.flushed())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        super::column_state::from_bytes(bytes)
    }

    fn heap_size_bytes(&self) -> usize {
        let numbers = self.numbers.as_ref().map_or(0, |numbers| {
            size_of::<Numbers>() + numbers.heap_size_bytes()
        });
        let dictionary = self.dictionary.as_ref().map_or(0, |known| {
            size_of::<KnownDictionary>() + known.heap_size_bytes()
        });
        numbers + dictionary + self.values.heap_size_bytes()
    }
}
