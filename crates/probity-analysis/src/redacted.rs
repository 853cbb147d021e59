//! The summary of a column whose values are hashed before anything is counted, as an
//! aggregate function of its own: the choice travels with the plan, not with a process.

use datafusion::arrow::array::Array;
use probity_metrics::summary::{ColumnProfile, ColumnSummary, ReadState, Summary, UpdateSummary};

/// A [`ColumnSummary`] that sees hashes only. Its state is that of the summary inside.
#[derive(Clone, Debug, Default)]
pub(crate) struct RedactedColumn(ColumnSummary);

impl Summary for RedactedColumn {
    type Value = ColumnProfile;
    const NAME: &'static str = "redacted_column";

    fn update(&mut self, column: &dyn Array) -> Result<(), UpdateSummary> {
        self.0.update_redacted(column)
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn value(&self) -> ColumnProfile {
        self.0.value()
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, ReadState> {
        ColumnSummary::from_bytes(bytes).map(Self)
    }

    fn heap_size_bytes(&self) -> usize {
        self.0.heap_size_bytes()
    }
}
