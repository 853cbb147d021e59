//! Rows as clustering sees them: standardised numbers, and codes of categories.
//!
//! A number that is missing lies at its column's mean, where it is as far from every centre
//! as a row that tells nothing; of categories, missing is one of its own.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};

use super::ComputeBaseline;

/// The code of a missing category.
pub(super) const MISSING: u32 = 0;

/// How a column takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnRole {
    /// Any number between two values makes sense.
    Measure(usize),
    /// Only values that occur make sense: whole numbers may be codes or counts.
    Discrete(usize),
    Category(usize),
}

#[derive(Clone, Debug)]
pub(super) struct MixedTable {
    n_rows: usize,
    /// Per column of the features, its role with its place among those of its kind.
    roles: Vec<ColumnRole>,
    /// As read; NaN is missing. By column.
    pub(super) raw: Vec<Vec<f64>>,
    /// Standardised, row by row.
    numbers: Vec<f64>,
    /// Row by row.
    codes: Vec<u32>,
    /// Per category column, how many codes there are.
    n_codes: Vec<usize>,
    /// Weight of a mismatch against squared distances of standardised numbers.
    gamma: f64,
}

impl MixedTable {
    pub(super) fn new(rows: &RecordBatch) -> Result<MixedTable, ComputeBaseline> {
        let mut roles = Vec::new();
        let mut raw = Vec::new();
        let mut categories = Vec::new();
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            let unsupported = || ComputeBaseline::UnsupportedType {
                column: field.name().clone(),
                data_type: field.data_type().to_string(),
            };
            match plain_type(field.data_type()) {
                data_type if data_type.is_floating() => {
                    roles.push(ColumnRole::Measure(raw.len()));
                    raw.push(numbers(column).ok_or_else(unsupported)?);
                }
                data_type if data_type.is_integer() || data_type.is_decimal() => {
                    roles.push(ColumnRole::Discrete(raw.len()));
                    raw.push(numbers(column).ok_or_else(unsupported)?);
                }
                DataType::Boolean
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Utf8View
                | DataType::Null => {
                    roles.push(ColumnRole::Category(categories.len()));
                    categories.push(codes(column).ok_or_else(unsupported)?);
                }
                _ => return Err(unsupported()),
            }
        }
        Ok(MixedTable::of_columns(
            rows.num_rows(),
            roles,
            raw,
            categories,
        ))
    }

    fn of_columns(
        n_rows: usize,
        roles: Vec<ColumnRole>,
        raw: Vec<Vec<f64>>,
        categories: Vec<(Vec<u32>, usize)>,
    ) -> MixedTable {
        let standardised: Vec<Vec<f64>> = raw.iter().map(|column| standardised(column)).collect();
        let varies = standardised.iter().flatten().any(|value| *value != 0.0);
        MixedTable {
            n_rows,
            roles,
            raw,
            numbers: row_by_row(&standardised, n_rows),
            n_codes: categories.iter().map(|(_, n_codes)| *n_codes).collect(),
            codes: {
                let columns: Vec<Vec<u32>> =
                    categories.into_iter().map(|(codes, _)| codes).collect();
                row_by_row(&columns, n_rows)
            },
            // Half the spread of the numbers, which is 1 here: Huang (1998), §4.2.
            gamma: if varies { 0.5 } else { 1.0 },
        }
    }

    /// Some rows, with the scale of all.
    pub(super) fn subset(&self, rows: &[usize]) -> MixedTable {
        let of_column = |column: &Vec<f64>| rows.iter().map(|row| column[*row]).collect();
        MixedTable {
            n_rows: rows.len(),
            roles: self.roles.clone(),
            raw: self.raw.iter().map(of_column).collect(),
            numbers: rows
                .iter()
                .flat_map(|row| self.numbers(*row))
                .copied()
                .collect(),
            codes: rows
                .iter()
                .flat_map(|row| self.codes(*row))
                .copied()
                .collect(),
            n_codes: self.n_codes.clone(),
            gamma: self.gamma,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(super) fn roles(&self) -> &[ColumnRole] {
        &self.roles
    }

    pub(super) fn n_codes(&self) -> &[usize] {
        &self.n_codes
    }

    pub(super) fn numbers(&self, row: usize) -> &[f64] {
        let width = self.raw.len();
        &self.numbers[row * width..][..width]
    }

    pub(super) fn codes(&self, row: usize) -> &[u32] {
        let width = self.n_codes.len();
        &self.codes[row * width..][..width]
    }

    /// As people call it.
    pub(super) fn method(&self) -> &'static str {
        match (self.raw.is_empty(), self.n_codes.is_empty()) {
            (_, true) => "k-means",
            (true, false) => "k-modes",
            (false, false) => "k-prototypes",
        }
    }

    /// Of Huang: squared Euclidean distance of numbers, and γ for every category that differs.
    pub(super) fn distance(&self, row: usize, numbers: &[f64], codes: &[u32]) -> f64 {
        let squares = self.numbers(row).iter().zip(numbers);
        let squares: f64 = squares.map(|(a, b)| (a - b) * (a - b)).sum();
        let pairs = self.codes(row).iter().zip(codes);
        let mismatches = pairs.filter(|(a, b)| a != b).count();
        squares + self.gamma * mismatches as f64
    }

    pub(super) fn distance_of_rows(&self, a: usize, b: usize) -> f64 {
        self.distance(a, self.numbers(b), self.codes(b))
    }
}

fn plain_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    }
}

/// NaN for what is missing or infinite.
fn numbers(column: &ArrayRef) -> Option<Vec<f64>> {
    let doubles = cast(column, &DataType::Float64).ok()?;
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN);
    Some(
        doubles
            .as_primitive::<Float64Type>()
            .iter()
            .map(finite)
            .collect(),
    )
}

/// Codes in order of first appearance, and how many there are.
fn codes(column: &ArrayRef) -> Option<(Vec<u32>, usize)> {
    let texts = cast(column, &DataType::Utf8).ok()?;
    let texts = texts.as_string::<i32>();
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut codes = Vec::with_capacity(texts.len());
    for text in texts {
        let next = u32::try_from(known.len() + 1).ok()?;
        codes.push(match text {
            None => MISSING,
            Some(text) => *known.entry(text).or_insert(next),
        });
    }
    Some((codes, known.len() + 1))
}

/// Distances from the mean in standard deviations; 0 for what is missing or never varies.
fn standardised(column: &[f64]) -> Vec<f64> {
    let present = || column.iter().copied().filter(|value| !value.is_nan());
    let largest = present().map(f64::abs).fold(0.0, f64::max);
    // Scaled, so that no square overflows.
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let n = present().count() as f64;
    let mean = present().map(|value| value / scale).sum::<f64>() / n;
    let squares = present().map(|value| (value / scale - mean).powi(2));
    let std_dev = (squares.sum::<f64>() / n).sqrt();
    // Rounding gives equal values a spread of some 1e-16.
    let is_constant = present().all(|value| present().next() == Some(value));
    let place = |value: &f64| {
        if value.is_nan() || is_constant || std_dev <= 0.0 {
            0.0
        } else {
            (value / scale - mean) / std_dev
        }
    };
    column.iter().map(place).collect()
}

fn row_by_row<T: Copy>(columns: &[Vec<T>], n_rows: usize) -> Vec<T> {
    let mut values = Vec::with_capacity(columns.len() * n_rows);
    for row in 0..n_rows {
        values.extend(columns.iter().map(|column| column[row]));
    }
    values
}
