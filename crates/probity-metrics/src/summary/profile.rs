//! What one scan finds about a column.

use probity_domain::document::probity_file::{DistinctFacts, FrequentValue, TypeCounts};
use probity_domain::document::statistics::InferredType;

/// The value of a column summary: everything that the documents, checks and reports need.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnProfile {
    /// Values were hashed before anything was counted.
    pub redacted: bool,
    pub n_present: u64,
    /// Nulls and NaN.
    pub n_missing: u64,
    /// `unknown` equals `n_missing`.
    pub types: TypeCounts,
    pub inferred_type: InferredType,
    /// There when the inferred type is `Integral` or `Fractional` and a value is finite.
    pub numeric: Option<NumericProfile>,
    pub distinct: DistinctFacts,
    /// Most frequent values, by falling count and then by value.
    pub frequent: Vec<FrequentValue>,
    /// Exact counts of every value while there are few; sorted by falling count, then value.
    pub categories: Option<Vec<(String, u64)>>,
    /// Of the values' text; `None` when nothing is present or the column is not text.
    pub lengths: Option<LengthProfile>,
    /// NaN among the missing values.
    pub n_nan: u64,
    /// Infinities among the present values, outside every moment and the sketch.
    pub n_infinite: u64,
}

/// Moments over the finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumericProfile {
    pub n_finite: u64,
    pub n_nan: u64,
    pub n_infinite: u64,
    pub mean: f64,
    /// Infinite when it is beyond the doubles; the mean is not.
    pub sum: f64,
    /// Of the population.
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
