//! The numbers of every row, kept for the metrics that compare single rows: the flip test
//! and consistency. They need the rows themselves, so memory grows with them: eight bytes
//! per row and numeric column.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StringArrayType};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

/// Columns of numbers, in the order of the rows.
#[derive(Clone, Debug, Default)]
pub struct FeatureRows {
    columns: Vec<FeatureColumn>,
    n_rows: usize,
}

#[derive(Clone, Debug)]
enum FeatureColumn {
    /// NaN where a value is missing.
    Numbers(Vec<f64>),
    NotNumeric,
}

/// Why the rows cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UseFeatureRows {
    /// In the words of Clarify's own library.
    #[error("FlipTest does not support non-numeric columns")]
    NotNumeric { column: usize },
    #[error("the flip test needs a number in every row; feature {column} has rows without one")]
    MissingValue { column: usize },
    #[error(
        "the flip test needs at least one feature beside the facet, the label and the prediction"
    )]
    NoFeature,
}

impl FeatureRows {
    /// Adds the rows of a batch; every batch has the same columns in the same order.
    pub fn update(&mut self, columns: &[ArrayRef]) {
        let n_rows = columns.first().map_or(0, |column| column.len());
        if self.columns.is_empty() {
            let empty = || FeatureColumn::Numbers(Vec::new());
            self.columns.resize_with(columns.len(), empty);
        }
        for (kept, column) in self.columns.iter_mut().zip(columns) {
            kept.update(column);
        }
        self.n_rows += n_rows;
    }

    /// Adds the rows of `other` after ours.
    pub fn append(&mut self, other: FeatureRows) {
        if self.columns.is_empty() {
            *self = other;
            return;
        }
        for (kept, more) in self.columns.iter_mut().zip(other.columns) {
            match (&mut *kept, more) {
                (FeatureColumn::Numbers(kept), FeatureColumn::Numbers(more)) => kept.extend(more),
                (FeatureColumn::NotNumeric, _) => {}
                (_, FeatureColumn::NotNumeric) => *kept = FeatureColumn::NotNumeric,
            }
        }
        self.n_rows += other.n_rows;
    }

    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Row-major numbers of the columns at the positions `columns`.
    pub fn matrix(&self, columns: &[usize]) -> Result<Vec<f64>, UseFeatureRows> {
        if columns.is_empty() {
            return Err(UseFeatureRows::NoFeature);
        }
        let mut numbers = Vec::with_capacity(columns.len());
        for &column in columns {
            match &self.columns.get(column) {
                Some(FeatureColumn::Numbers(kept)) => numbers.push(kept),
                Some(FeatureColumn::NotNumeric) | None => {
                    return Err(UseFeatureRows::NotNumeric { column });
                }
            }
        }
        for (&column, kept) in columns.iter().zip(&numbers) {
            if kept.iter().any(|number| number.is_nan()) {
                return Err(UseFeatureRows::MissingValue { column });
            }
        }
        let mut matrix = vec![0.0; self.n_rows * columns.len()];
        for (row, values) in matrix.chunks_exact_mut(columns.len()).enumerate() {
            for (value, kept) in values.iter_mut().zip(&numbers) {
                *value = kept[row];
            }
        }
        Ok(matrix)
    }
}

impl FeatureColumn {
    fn update(&mut self, column: &ArrayRef) {
        let FeatureColumn::Numbers(kept) = self else {
            return;
        };
        let is_numeric = match column.data_type() {
            DataType::Utf8 => add_texts(kept, column.as_string::<i32>()),
            DataType::LargeUtf8 => add_texts(kept, column.as_string::<i64>()),
            DataType::Utf8View => add_texts(kept, column.as_string_view()),
            DataType::Dictionary(_, _) => match cast(column, &DataType::Utf8) {
                Ok(texts) => add_texts(kept, texts.as_string::<i32>()),
                Err(_) => false,
            },
            DataType::Null => {
                kept.extend(std::iter::repeat_n(f64::NAN, column.len()));
                true
            }
            other if other.is_numeric() || matches!(other, DataType::Boolean) => {
                add_numbers(kept, column)
            }
            _ => false,
        };
        if !is_numeric {
            *self = FeatureColumn::NotNumeric;
        }
    }
}

fn add_texts<'a>(kept: &mut Vec<f64>, column: impl StringArrayType<'a>) -> bool {
    for text in column.iter() {
        match text.map(|text| text.trim_matches(' ').parse::<f64>()) {
            None => kept.push(f64::NAN),
            Some(Ok(number)) => kept.push(number),
            Some(Err(_)) => return false,
        }
    }
    true
}

fn add_numbers(kept: &mut Vec<f64>, column: &ArrayRef) -> bool {
    let Ok(numbers) = cast(column, &DataType::Float64) else {
        return false;
    };
    let numbers: &Float64Array = numbers.as_primitive::<Float64Type>();
    kept.extend(numbers.iter().map(|number| number.unwrap_or(f64::NAN)));
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Int64Array, StringArray};

    use super::*;

    fn rows() -> FeatureRows {
        let mut rows = FeatureRows::default();
        rows.update(&[
            Arc::new(StringArray::from(vec!["1.5", "2"])),
            Arc::new(Int64Array::from(vec![3, 4])),
            Arc::new(StringArray::from(vec!["a", "5"])),
        ]);
        let mut more = FeatureRows::default();
        more.update(&[
            Arc::new(StringArray::from(vec![None, Some("1e3")])),
            Arc::new(BooleanArray::from(vec![true, false])),
            Arc::new(StringArray::from(vec!["6", "7"])),
        ]);
        rows.append(more);
        rows
    }

    #[track_caller]
    fn check(columns: &[usize], expected: Result<Vec<f64>, UseFeatureRows>) {
        assert_eq!(rows().matrix(columns), expected);
    }

    #[test]
    fn numbers_of_any_type_and_spelling_become_rows() {
        check(&[1], Ok(vec![3.0, 4.0, 1.0, 0.0]));
        assert_eq!(rows().n_rows(), 4);
    }

    #[test]
    fn a_text_anywhere_makes_the_column_not_numeric() {
        check(&[1, 2], Err(UseFeatureRows::NotNumeric { column: 2 }));
    }

    #[test]
    fn a_missing_number_is_named() {
        check(&[0, 1], Err(UseFeatureRows::MissingValue { column: 0 }));
        check(&[], Err(UseFeatureRows::NoFeature));
    }
}
