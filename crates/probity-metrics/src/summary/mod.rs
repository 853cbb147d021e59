//! Summaries: mergeable statistics of a column.

mod column;

pub use column::{ColumnProfile, LengthProfile, NumericProfile};

use arrow::array::Array;

/// A mergeable statistic of one column.
///
/// `Default` is the summary of nothing. Merging the summaries of the parts of a column in
/// their order gives the summary of the whole; the same parts give the same bytes.
pub trait Summary: Default + Clone + Send + Sync + std::fmt::Debug + 'static {
    /// What the summary says in the end.
    type Value;
    /// Name in the catalog, and tag of the state's bytes.
    const NAME: &'static str;

    /// Adds the rows of `column`; nulls are missing values.
    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary>;
    /// Adds the rows that `other` has seen, as if they followed ours.
    fn merge(&mut self, other: &Self);
    fn value(&self) -> Self::Value;
    /// Versioned bytes that [`Summary::from_bytes`] reads back.
    fn to_bytes(&self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState>;
}

/// Why a column could not be summarised.
#[derive(Debug, thiserror::Error)]
pub enum UpdateSummary {
    #[error("columns of type `{data_type}` cannot be summarised")]
    UnsupportedType { data_type: String },
}

/// Why the bytes of a summary could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadState {
    #[error("summary state is cut short: needed {needed} bytes at offset {offset}")]
    Truncated { needed: usize, offset: usize },
    #[error("summary state is of `{found}`, expected `{expected}`")]
    OtherSummary { found: String, expected: &'static str },
    #[error("summary state has version {found}; this program reads up to {newest}")]
    NewerVersion { found: u32, newest: u32 },
    #[error("summary state is damaged: {what}")]
    Damaged { what: &'static str },
}
