//! What one scan keeps of a column.

use probity_domain::document::probity_file::{DistinctFacts, FrequentValue, TypeCounts};
use probity_domain::document::statistics::InferredType;

/// The value of a column summary: everything that the documents, checks and reports need.
#[derive(Clone, Debug)]
pub struct ColumnProfile {
    /// Values were hashed before anything was counted.
    pub redacted: bool,
    pub n_present: u64,
    pub n_missing: u64,
    pub types: TypeCounts,
    pub inferred_type: InferredType,
    /// There when the inferred type is `Integral` or `Fractional`.
    pub numeric: Option<NumericProfile>,
    pub distinct: DistinctFacts,
    /// Most frequent values, by falling count and then by value.
    pub frequent: Vec<FrequentValue>,
    /// Exact counts of every value while there are few; sorted by falling count, then value.
    pub categories: Option<Vec<(String, u64)>>,
    /// Of the values' text; `None` when nothing is present or the column is not text.
    pub lengths: Option<LengthProfile>,
}

/// Moments and sketch over the finite values.
#[derive(Clone, Debug)]
pub struct NumericProfile {
    pub n_finite: u64,
    pub n_nan: u64,
    pub n_infinite: u64,
    pub mean: f64,
    pub sum: f64,
    pub std_dev: f64,
    pub min: f64,
    pub max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LengthProfile {
    pub min: u64,
    pub max: u64,
    pub mean: f64,
}
