//! Summaries: mergeable statistics of a column.

mod catalog;
mod categories;
mod column;
mod column_dictionary;
mod column_state;
mod column_texts;
mod column_times;
mod column_update;
mod distinct;
mod document;
mod frequent;
pub(crate) mod hash;
mod kept;
mod kll;
mod kll_sort;
mod lengths;
mod moments;
mod parts;
mod profile;
mod redaction;
mod state;
mod types;
mod values;

pub use catalog::{CatalogEntry, CatalogVisitor, Merging, visit_catalog};
pub use categories::MOST_CATEGORIES;
pub use column::ColumnSummary;
pub use column_state::{decode_columns, encode_columns};
pub(crate) use column_texts::as_texts;
pub(crate) use column_update::unsupported;
pub use distinct::{HyperLogLog, RELATIVE_STANDARD_ERROR};
pub use document::{feature_facts, feature_statistics};
pub(crate) use frequent::category_name;
pub(crate) use kept::double_text;
pub use kll::{Bucket, DEFAULT_C, DEFAULT_K, KllSketch};
pub use lengths::Lengths;
pub use moments::Moments;
pub use parts::{TypeTally, ValueCounts, ValueProfile};
pub use profile::{ColumnProfile, LengthProfile, NumericProfile};
pub use redaction::{REDACTED_PREFIX, redacted_text, redacted_texts};
pub(crate) use state::{StateReader, StateWriter};
pub use types::{TextValue, inferred_type};

use arrow::array::Array;

/// A mergeable statistic of one column.
///
/// `Default` is the summary of nothing. Merging the summaries of the parts of a column in
/// their order gives the summary of the whole; the same parts give the same bytes.
pub trait Summary: Default + Clone + Send + Sync + std::fmt::Debug + 'static {
    /// What the summary says in the end.
    type Value: Clone + std::fmt::Debug + PartialEq;
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

    /// Bytes that the summary keeps alive beside its own `size_of`, spare capacity included,
    /// for an engine that accounts for memory. 0 is the truth for a summary that owns nothing.
    fn heap_size_bytes(&self) -> usize {
        0
    }
}

/// Why a column could not be summarised.
#[derive(Debug, thiserror::Error)]
pub enum UpdateSummary {
    #[error("columns of type `{data_type}` cannot be summarised")]
    UnsupportedType { data_type: String },
    #[error("the rows have columns `{found}`, expected `{expected}`")]
    OtherColumns { found: String, expected: String },
}

/// Why the bytes of a summary could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadState {
    #[error("summary state is cut short: needed {needed} bytes at offset {offset}")]
    Truncated { needed: usize, offset: usize },
    #[error("summary state is of `{found}`, expected `{expected}`")]
    OtherSummary {
        found: String,
        expected: &'static str,
    },
    #[error("summary state has version {found}; this program reads up to {newest}")]
    NewerVersion { found: u32, newest: u32 },
    #[error("summary state is damaged: {what}")]
    Damaged { what: &'static str },
}
