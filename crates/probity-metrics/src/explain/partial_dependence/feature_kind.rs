//! What a column is taken for: numbers along an axis, or categories.
//!
//! Clarify's rules for explanations are not published, only those for bias: whole numbers
//! are categories where fewer than one value in twenty is new. By these the age of a
//! person is a category in any table of a thousand rows, and 0/1 a measure in any of forty. Here:
//! decimal numbers are numbers; whole numbers are categories where they have no more values
//! than the grid would have points, since then no fractional value is needed that no row
//! ever had; texts are categories unless they hardly ever repeat.

use arrow::datatypes::DataType;
use probity_domain::document::explanations::PdpDataType;

/// Distinct texts from which a column can be free text.
const FREE_TEXT_VALUES: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    Numerical,
    Categorical,
}

impl FeatureKind {
    /// As the documents spell it.
    pub fn data_type(self) -> PdpDataType {
        match self {
            Self::Numerical => PdpDataType::Numerical,
            Self::Categorical => PdpDataType::Categorical,
        }
    }
}

/// How values of a type are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    Float,
    Integer,
    Boolean,
    Text,
}

/// `None` for types that are neither numbers nor categories, such as dates and lists.
pub(super) fn value_kind(data_type: &DataType) -> Option<ValueKind> {
    match data_type {
        DataType::Dictionary(_, values) => value_kind(values),
        DataType::Boolean => Some(ValueKind::Boolean),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(ValueKind::Text),
        _ if data_type.is_integer() => Some(ValueKind::Integer),
        _ if data_type.is_floating() || data_type.is_decimal() => Some(ValueKind::Float),
        _ => None,
    }
}

/// Whether texts are sentences, names or ids rather than categories: more than a few, and
/// half of the rows or more have a text that is new.
pub(super) fn is_free_text(n_distinct: usize, n_present: u64) -> bool {
    n_distinct > FREE_TEXT_VALUES && 2 * n_distinct as u64 >= n_present
}
