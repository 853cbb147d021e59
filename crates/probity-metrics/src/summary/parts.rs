//! The parts of a column summary as summaries of their own, for whoever needs one number.
//!
//! They read a column through a plain cast, one after the other; [`super::ColumnSummary`] reads
//! it once for all of them, and faster.

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use probity_domain::document::probity_file::{DistinctFacts, FrequentValue, TypeCounts};

use super::column_state::{read_values, write_values};
use super::column_texts::as_texts;
use super::distinct::{HEAP_SIZE_BYTES, HyperLogLog};
use super::hash::hash_text;
use super::kll::KllSketch;
use super::lengths::Lengths;
use super::moments::Moments;
use super::profile::{LengthProfile, NumericProfile};
use super::state::{StateReader, StateWriter};
use super::types::TextValue;
use super::values::Values;
use super::{ReadState, Summary, UpdateSummary};

const VERSION: u32 = 1;

/// Calls `add` for every finite number of a numeric or text column.
fn for_each_number(column: &dyn Array, mut add: impl FnMut(f64)) -> Result<(), UpdateSummary> {
    if column.data_type() == &DataType::Float64 {
        let numbers = column.as_primitive::<arrow::datatypes::Float64Type>();
        numbers
            .iter()
            .flatten()
            .filter(|number| number.is_finite())
            .for_each(add);
        return Ok(());
    }
    for text in as_texts(column)?.as_string::<i32>().iter().flatten() {
        if let TextValue::Integral(number) | TextValue::Fractional(number) = TextValue::of(text)
            && number.is_finite()
        {
            add(number);
        }
    }
    Ok(())
}

fn for_each_text(column: &dyn Array, mut add: impl FnMut(&str)) -> Result<(), UpdateSummary> {
    as_texts(column)?
        .as_string::<i32>()
        .iter()
        .flatten()
        .for_each(&mut add);
    Ok(())
}

fn seal<S: Summary>(write: impl FnOnce(&mut StateWriter)) -> Vec<u8> {
    let mut writer = StateWriter::with_header(S::NAME, VERSION);
    write(&mut writer);
    writer.finish(S::NAME)
}

fn open<S: Summary>(
    bytes: &[u8],
    read: impl FnOnce(&mut StateReader<'_>) -> Result<S, ReadState>,
) -> Result<S, ReadState> {
    let (mut reader, _) = StateReader::open(bytes, S::NAME, VERSION)?;
    let summary = read(&mut reader)?;
    reader.close()?;
    Ok(summary)
}

impl Summary for Moments {
    type Value = Option<NumericProfile>;
    const NAME: &'static str = "moments";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        for_each_number(column, |number| self.add_block(&[number]))
    }

    fn merge(&mut self, other: &Self) {
        self.combine(other);
    }

    fn value(&self) -> Self::Value {
        self.profile()
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| self.write(writer))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, Self::read)
    }
}

impl Summary for KllSketch {
    /// Distinct items with the number of values at most each.
    type Value = Vec<(f64, u64)>;
    const NAME: &'static str = "kll-sketch";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        for_each_number(column, |number| self.push(number))
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn value(&self) -> Self::Value {
        self.cumulative()
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| self.write(writer))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, Self::read)
    }

    fn heap_size_bytes(&self) -> usize {
        Self::heap_size_bytes(self)
    }
}

impl Summary for HyperLogLog {
    type Value = f64;
    const NAME: &'static str = "distinct-count";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        for_each_text(column, |text| self.insert(hash_text(text)))
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn value(&self) -> f64 {
        self.estimate()
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| self.write(writer))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, Self::read)
    }

    fn heap_size_bytes(&self) -> usize {
        HEAP_SIZE_BYTES
    }
}

impl Summary for Lengths {
    type Value = Option<LengthProfile>;
    const NAME: &'static str = "lengths";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        for_each_text(column, |text| self.add(text, 1))
    }

    fn merge(&mut self, other: &Self) {
        self.combine(other);
    }

    fn value(&self) -> Self::Value {
        self.profile()
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| self.write(writer))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, Self::read)
    }
}

/// Distinct count, frequent values and categories of a column's texts.
#[derive(Clone, Debug, Default)]
pub struct ValueCounts(Values);

/// What [`ValueCounts`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueProfile {
    pub distinct: DistinctFacts,
    pub frequent: Vec<FrequentValue>,
    pub categories: Option<Vec<(String, u64)>>,
}

impl Summary for ValueCounts {
    type Value = ValueProfile;
    const NAME: &'static str = "value-counts";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        for_each_text(column, |text| self.0.add_text(hash_text(text), text, 1))
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn value(&self) -> ValueProfile {
        ValueProfile {
            distinct: self.0.distinct(),
            frequent: self.0.most_frequent(),
            categories: self.0.categories(),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| write_values(writer, &self.0))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, |reader| Ok(Self(read_values(reader)?)))
    }

    fn heap_size_bytes(&self) -> usize {
        self.0.heap_size_bytes()
    }
}

/// How many values are of each type by the published patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeTally(TypeCounts);

impl Summary for TypeTally {
    type Value = TypeCounts;
    const NAME: &'static str = "type-counts";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        let texts = as_texts(column)?;
        self.0.unknown += texts.null_count() as u64;
        for text in texts.as_string::<i32>().iter().flatten() {
            match TextValue::of(text) {
                TextValue::Integral(_) => self.0.integral += 1,
                TextValue::Fractional(_) => self.0.fractional += 1,
                TextValue::Boolean => self.0.boolean += 1,
                TextValue::String => self.0.string += 1,
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: &Self) {
        add_counts(&mut self.0, &other.0);
    }

    fn value(&self) -> TypeCounts {
        self.0
    }

    fn to_bytes(&self) -> Vec<u8> {
        seal::<Self>(|writer| write_counts(writer, &self.0))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        open(bytes, |reader| Ok(Self(read_counts(reader)?)))
    }
}

pub(crate) fn add_counts(ours: &mut TypeCounts, theirs: &TypeCounts) {
    ours.integral += theirs.integral;
    ours.fractional += theirs.fractional;
    ours.boolean += theirs.boolean;
    ours.string += theirs.string;
    ours.unknown += theirs.unknown;
}

pub(crate) fn write_counts(writer: &mut StateWriter, types: &TypeCounts) {
    for count in [
        types.integral,
        types.fractional,
        types.boolean,
        types.string,
        types.unknown,
    ] {
        writer.u64(count);
    }
}

pub(crate) fn read_counts(reader: &mut StateReader<'_>) -> Result<TypeCounts, ReadState> {
    Ok(TypeCounts {
        integral: reader.count()?,
        fractional: reader.count()?,
        boolean: reader.count()?,
        string: reader.count()?,
        unknown: reader.count()?,
    })
}
