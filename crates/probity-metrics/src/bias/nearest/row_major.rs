//! A table of numbers as the searches for neighbours read it: row after row, without holes.

/// Finite numbers, row after row.
#[derive(Clone, Copy, Debug)]
pub struct RowMajor<'a> {
    values: &'a [f64],
    n_columns: usize,
}

/// Why numbers are not a table whose rows can be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRowMajor {
    #[error("rows cannot be compared without a column; name at least one numeric feature")]
    NoColumn,
    #[error("{n_values} numbers do not fill rows of {n_columns} columns")]
    Ragged { n_values: usize, n_columns: usize },
    #[error(
        "row {row} of feature {column} is not a finite number; rows can only be compared when \
         every feature has one"
    )]
    NotFinite { row: usize, column: usize },
    #[error("{n_rows} rows are more than the 4,294,967,294 that can be searched for neighbours")]
    TooManyRows { n_rows: usize },
}

impl<'a> RowMajor<'a> {
    pub fn new(values: &'a [f64], n_columns: usize) -> Result<RowMajor<'a>, ReadRowMajor> {
        if n_columns == 0 {
            return Err(ReadRowMajor::NoColumn);
        }
        let n_values = values.len();
        if !n_values.is_multiple_of(n_columns) {
            return Err(ReadRowMajor::Ragged {
                n_values,
                n_columns,
            });
        }
        let n_rows = n_values / n_columns;
        // The highest number marks an empty place in a block of the index.
        if u32::try_from(n_rows).is_ok_and(|n_rows| n_rows < u32::MAX) {
            match values.iter().position(|value| !value.is_finite()) {
                None => Ok(RowMajor { values, n_columns }),
                Some(at) => Err(ReadRowMajor::NotFinite {
                    row: at / n_columns,
                    column: at % n_columns,
                }),
            }
        } else {
            Err(ReadRowMajor::TooManyRows { n_rows })
        }
    }

    pub fn n_rows(&self) -> usize {
        self.values.len() / self.n_columns
    }

    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub fn row(&self, row: usize) -> &'a [f64] {
        &self.values[row * self.n_columns..][..self.n_columns]
    }

    pub(crate) fn select(&self, rows: &[usize]) -> SelectedRows {
        SelectedRows {
            values: rows
                .iter()
                .flat_map(|&row| self.row(row))
                .copied()
                .collect(),
            n_columns: self.n_columns,
        }
    }
}

/// Some rows of a table, copied.
#[derive(Debug)]
pub(crate) struct SelectedRows {
    values: Vec<f64>,
    n_columns: usize,
}

impl SelectedRows {
    pub(crate) fn rows(&self) -> RowMajor<'_> {
        RowMajor {
            values: &self.values,
            n_columns: self.n_columns,
        }
    }
}

/// The square of the Euclidean distance, summed from the first column to the last without
/// fused multiplication: the order that decides which distances are equal.
pub fn squared_distance(left: &[f64], right: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (left, right) in left.iter().zip(right) {
        let difference = left - right;
        sum += difference * difference;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], n_columns: usize, expected: ReadRowMajor) {
        assert_eq!(RowMajor::new(values, n_columns).unwrap_err(), expected);
    }

    #[test]
    fn numbers_that_fill_no_table_are_refused() {
        check(&[], 0, ReadRowMajor::NoColumn);
        let ragged = ReadRowMajor::Ragged {
            n_values: 3,
            n_columns: 2,
        };
        check(&[1.0, 2.0, 3.0], 2, ragged);
    }

    #[test]
    fn a_value_that_is_no_finite_number_is_named() {
        let at = |row, column| ReadRowMajor::NotFinite { row, column };
        check(&[1.0, 2.0, f64::NAN, 4.0], 2, at(1, 0));
        check(&[1.0, f64::NEG_INFINITY], 2, at(0, 1));
    }

    #[test]
    fn distance_is_the_sum_of_squared_differences() {
        assert_eq!(
            squared_distance(&[1.0, 5.0], &[4.0, 1.0]).to_bits(),
            25f64.to_bits()
        );
    }
}
