//! Lengths of texts, in Unicode scalar values.

use super::ReadState;
use super::profile::LengthProfile;
use super::state::{StateReader, StateWriter};

/// Smallest, largest and mean length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Lengths {
    pub(crate) fn add(&mut self, text: &str, rows: u64) {
        self.add_length(n_scalars(text), rows);
    }

    #[inline]
    pub(crate) fn add_length(&mut self, length: u64, rows: u64) {
        if rows == 0 {
            return;
        }
        self.min = if self.count == 0 {
            length
        } else {
            self.min.min(length)
        };
        self.max = self.max.max(length);
        self.sum = self.sum.saturating_add(length.saturating_mul(rows));
        self.count += rows;
    }

    pub(crate) fn combine(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min = if self.count == 0 {
            other.min
        } else {
            self.min.min(other.min)
        };
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
    }

    pub fn profile(&self) -> Option<LengthProfile> {
        if self.count == 0 {
            return None;
        }
        let mean = self.sum as f64 / self.count as f64;
        Some(LengthProfile {
            min: self.min,
            max: self.max,
            mean,
        })
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        for field in [self.count, self.sum, self.min, self.max] {
            writer.u64(field);
        }
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        let count = reader.count()?;
        let (sum, min, max) = (reader.u64()?, reader.u64()?, reader.u64()?);
        if min > max {
            return Err(ReadState::Damaged {
                what: "its shortest text is longer than its longest",
            });
        }
        Ok(Self {
            count,
            sum,
            min,
            max,
        })
    }
}

/// Every scalar value has one byte that does not continue another.
#[inline]
pub(crate) fn n_scalars(text: &str) -> u64 {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .filter(|byte| (**byte).cast_signed() >= -0x40)
        .count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(texts: &[&str]) -> Lengths {
        let mut lengths = Lengths::default();
        for text in texts {
            lengths.add(text, 1);
        }
        lengths
    }

    #[test]
    fn a_length_counts_scalar_values_and_not_bytes() {
        let profile = lengths(&["héé", "", "日本"]).profile();
        assert_eq!(
            profile,
            Some(LengthProfile {
                min: 0,
                max: 3,
                mean: 5.0 / 3.0
            })
        );
    }

    #[test]
    fn nothing_has_no_lengths() {
        assert_eq!(lengths(&[]).profile(), None);
    }

    #[test]
    fn parts_merge_into_the_whole() {
        let mut merged = lengths(&["abc"]);
        merged.combine(&lengths(&[]));
        merged.combine(&lengths(&["x", "yz"]));
        assert_eq!(merged, lengths(&["abc", "x", "yz"]));
    }
}
