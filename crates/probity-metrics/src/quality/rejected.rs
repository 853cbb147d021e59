//! Values that should be numbers of a certain kind and are not: how many, and the first.

use crate::summary::{ReadState, StateReader, StateWriter};

/// Texts in an error are cut here.
const LONGEST_EXAMPLE: usize = 40;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) count: u64,
    pub(crate) first: String,
}

impl Rejected {
    pub(crate) fn add(&mut self, value: &str) {
        if self.count == 0 {
            self.first = value.chars().take(LONGEST_EXAMPLE).collect();
        }
        self.count += 1;
    }

    /// As if the values of `other` followed.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.count == 0 {
            self.first.clone_from(&other.first);
        }
        self.count += other.count;
    }

    pub(crate) fn write(&self, writer: &mut StateWriter) {
        writer.u64(self.count);
        writer.text(&self.first);
    }

    pub(crate) fn read(reader: &mut StateReader<'_>) -> Result<Self, ReadState> {
        Ok(Self {
            count: reader.count()?,
            first: reader.text()?.to_owned(),
        })
    }
}
