//! Records of a request, before they are features: cells as they were spelled.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use datafusion::arrow::datatypes::{Field, Schema};
use probity_metrics::model::{FeatureKind, FeatureMatrix};
use thiserror::Error;

use crate::model::{FeatureNames, MissingValue, OpenedModel, ReadFeatures, number_of};

/// Values of one request. A cell takes 32 bytes while it is read, so that a request of the size
/// that AWS allows cannot take a gigabyte.
pub(super) const MAX_CELLS: usize = 4_000_000;

/// Why a body is no records. Says places, never values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRecords {
    #[error("the body is not UTF-8")]
    NotUtf8,
    #[error("the body holds no record")]
    Empty,
    #[error("record {record} has {found} values, and the first one has {expected}")]
    Uneven {
        record: usize,
        found: usize,
        expected: usize,
    },
    #[error("a quote in line {line} is never closed")]
    OpenQuote { line: usize },
    #[error("text follows a closing quote in line {line}")]
    AfterQuote { line: usize },
    #[error("the body is not JSON: {problem}")]
    NotJson { problem: String },
    #[error("line {line} is not JSON: {problem}")]
    LineNotJson { line: usize, problem: String },
    #[error(
        "the JSON holds no records; give a list of lists, {{\"instances\": […]}}, {{\"inputs\": …}} or objects by the names of the features"
    )]
    NoRecords,
    #[error(
        "line {line} holds no record; give a list, or one under `features` or `instances`, or an object by the names of the features"
    )]
    LineWithoutRecord { line: usize },
    #[error("record {record} holds a list or an object where a value is expected")]
    Nested { record: usize },
    #[error("some records are lists and some are objects")]
    Mixed,
    #[error("the request holds more than {MAX_CELLS} values; send fewer records at once")]
    TooMany,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Missing,
    Number(f64),
    Truth(bool),
    Text(Cow<'a, str>),
}

/// A table of cells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows<'a> {
    /// Absent where values are known by their places.
    pub(super) names: Option<Vec<String>>,
    pub(super) n_columns: usize,
    /// One row after another.
    pub(super) cells: Vec<Cell<'a>>,
}

impl Rows<'_> {
    pub(super) fn n_rows(&self) -> usize {
        self.cells.len().checked_div(self.n_columns).unwrap_or(0)
    }

    /// The features of the records as the model sees them; not of a graph.
    pub(super) fn features(&self, opened: &OpenedModel) -> Result<FeatureMatrix, ReadFeatures> {
        match self.names.is_none() && takes_numbers(opened) {
            true => self.matrix(opened),
            false => opened.features_of(&self.batch(None)),
        }
    }

    /// By position, without columns in between: a request has few rows.
    fn matrix(&self, opened: &OpenedModel) -> Result<FeatureMatrix, ReadFeatures> {
        let n_features = opened.features().len();
        if self.n_columns != n_features {
            return Err(ReadFeatures::ColumnCount {
                found: self.n_columns,
                expected: n_features,
            });
        }
        let missing = match opened.library.missing_value {
            MissingValue::Routed => f64::NAN,
            MissingValue::Zero => 0.0,
        };
        let mut values = Vec::with_capacity(self.cells.len());
        for (at, cell) in self.cells.iter().enumerate() {
            let number = match cell {
                Cell::Missing => missing,
                Cell::Number(number) => *number,
                Cell::Truth(truth) => f64::from(u8::from(*truth)),
                Cell::Text(text) => {
                    let number = number_of(text).ok_or_else(|| ReadFeatures::NotANumber {
                        column: opened.features()[at % n_features].name.clone(),
                        row_idx: at / n_features,
                    })?;
                    if number.is_nan() { missing } else { number }
                }
            };
            values.push(number);
        }
        Ok(FeatureMatrix::new(values, n_features).expect("rows of as many values as features"))
    }

    /// The records as columns, called as given, as the request names them, or `_c0`, `_c1`, … as
    /// a file without a header is read.
    pub(super) fn batch(&self, names: Option<&[String]>) -> RecordBatch {
        let names = self.names.as_deref().or(names);
        let names = names.filter(|names| names.len() == self.n_columns);
        let mut fields = Vec::with_capacity(self.n_columns);
        let mut columns = Vec::with_capacity(self.n_columns);
        for column in 0..self.n_columns {
            let values = self.column(column);
            let name = match names {
                Some(names) => names[column].clone(),
                None => format!("_c{column}"),
            };
            fields.push(Field::new(name, values.data_type().clone(), true));
            columns.push(values);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.n_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .expect("columns of one length, each of the type of its field")
    }

    fn column(&self, column: usize) -> ArrayRef {
        let cells = || self.cells[column..].iter().step_by(self.n_columns);
        let is = |test: fn(&Cell<'_>) -> bool| cells().all(test);
        if is(|cell| matches!(cell, Cell::Missing | Cell::Number(_) | Cell::Text(_)))
            && let Some(numbers) = cells().map(number_in).collect::<Option<Vec<_>>>()
            && numbers.iter().any(Option::is_some)
        {
            return Arc::new(Float64Array::from(numbers));
        }
        if is(|cell| matches!(cell, Cell::Missing | Cell::Truth(_)))
            && cells().any(|cell| *cell != Cell::Missing)
        {
            let truths = cells().map(|cell| match cell {
                Cell::Truth(truth) => Some(*truth),
                Cell::Missing | Cell::Number(_) | Cell::Text(_) => None,
            });
            return Arc::new(truths.collect::<BooleanArray>());
        }
        let texts = cells().map(|cell| match cell {
            Cell::Missing => None,
            Cell::Number(number) => Some(Cow::Owned(number.to_string())),
            Cell::Truth(truth) => Some(Cow::Owned(truth.to_string())),
            Cell::Text(text) => Some(Cow::Borrowed(text.as_ref())),
        });
        Arc::new(texts.collect::<StringArray>())
    }
}

/// Whether every feature is a number or a code to the model, so that places are all that counts.
fn takes_numbers(opened: &OpenedModel) -> bool {
    opened.features().iter().all(|feature| match &feature.kind {
        FeatureKind::Numeric => true,
        FeatureKind::Categorical { .. } => false,
    })
}

/// The number of a cell, missing or not; `None` of a text that is none. As a file is read: `007`
/// is a name, and `inf` and `nan` are words.
fn number_in(cell: &Cell<'_>) -> Option<Option<f64>> {
    match cell {
        Cell::Missing => Some(None),
        Cell::Number(number) => Some(Some(*number)),
        Cell::Truth(_) => None,
        Cell::Text(text) => {
            let text = text.trim();
            if text.is_empty() {
                return Some(None);
            }
            let digits = text.trim_start_matches('-').as_bytes();
            if digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit() {
                return None;
            }
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some(Some(number))
        }
    }
}

/// Names of columns that records are matched by.
pub(super) fn names_of(opened: &OpenedModel) -> Option<Vec<String>> {
    match opened.library.feature_names {
        FeatureNames::Given => {
            let names = opened.features().iter().map(|feature| feature.name.clone());
            Some(names.collect())
        }
        FeatureNames::MadeUp => None,
    }
}

/// Puts rows together, all of one width.
#[derive(Debug, Default)]
pub(super) struct RowsBuilder<'a> {
    cells: Vec<Cell<'a>>,
    n_columns: Option<usize>,
    n_rows: usize,
    row_start: usize,
}

impl<'a> RowsBuilder<'a> {
    pub(super) fn push(&mut self, cell: Cell<'a>) -> Result<(), BadRecords> {
        if self.cells.len() == MAX_CELLS {
            return Err(BadRecords::TooMany);
        }
        self.cells.push(cell);
        Ok(())
    }

    pub(super) fn end_row(&mut self) -> Result<(), BadRecords> {
        let found = self.cells.len() - self.row_start;
        self.row_start = self.cells.len();
        self.n_rows += 1;
        match self.n_columns.get_or_insert(found) {
            expected if *expected != found => Err(BadRecords::Uneven {
                record: self.n_rows,
                found,
                expected: *expected,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn finish(self, names: Option<Vec<String>>) -> Result<Rows<'a>, BadRecords> {
        match self.n_columns {
            Some(n_columns) if n_columns > 0 => Ok(Rows {
                names,
                n_columns,
                cells: self.cells,
            }),
            Some(_) | None => Err(BadRecords::Empty),
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::DataType;

    use super::*;

    fn types(cells: Vec<Cell<'static>>) -> DataType {
        let rows = Rows {
            names: None,
            n_columns: 1,
            cells,
        };
        rows.batch(None).column(0).data_type().clone()
    }

    fn text(text: &'static str) -> Cell<'static> {
        Cell::Text(Cow::Borrowed(text))
    }

    #[test]
    fn a_column_has_the_type_that_holds_all_its_cells() {
        assert_eq!(types(vec![text("1"), Cell::Missing]), DataType::Float64);
        assert_eq!(types(vec![text("1"), Cell::Number(2.5)]), DataType::Float64);
        assert_eq!(types(vec![text("1"), text("x")]), DataType::Utf8);
        assert_eq!(types(vec![text("007"), text("8")]), DataType::Utf8);
        assert_eq!(types(vec![Cell::Truth(true)]), DataType::Boolean);
        assert_eq!(types(vec![Cell::Truth(true), text("x")]), DataType::Utf8);
        assert_eq!(types(vec![Cell::Missing]), DataType::Utf8);
    }
}
