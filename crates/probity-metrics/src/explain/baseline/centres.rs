//! Clusters as rows of features.
//!
//! The mean of a column of whole numbers is a value that no row ever had, and where the
//! numbers are codes of categories it means nothing, which users of Clarify complain of
//! (issue 5131 of its SDK). Such a column takes the value of its cluster's row that lies
//! nearest to the mean; a category takes the most frequent one. Missing where most of the
//! cluster's rows are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use super::mixed_table::{ColumnRole, MISSING, MixedTable};
use super::prototypes::{Clustering, mode};

pub(super) fn rows(
    rows: &RecordBatch,
    table: &MixedTable,
    clustering: &Clustering,
) -> Result<RecordBatch, ArrowError> {
    let clusters: Vec<Vec<usize>> = (0..clustering.n_clusters())
        .map(|cluster| clustering.members(cluster))
        .collect();
    let schema = rows.schema();
    let mut fields = Vec::with_capacity(rows.num_columns());
    let mut columns = Vec::with_capacity(rows.num_columns());
    for ((field, column), role) in schema
        .fields()
        .iter()
        .zip(rows.columns())
        .zip(table.roles())
    {
        let of_clusters: ArrayRef = match role {
            ColumnRole::Measure(place) => {
                let means = clusters.iter().map(|rows| mean(&table.raw[*place], rows));
                let means: Float64Array = means.collect();
                cast(&means, field.data_type())?
            }
            ColumnRole::Discrete(place) => {
                let nearest = |rows: &Vec<usize>| nearest_to_mean(&table.raw[*place], rows);
                take_rows(column, clusters.iter().map(nearest))?
            }
            ColumnRole::Category(place) => {
                let typical = |rows: &Vec<usize>| typical_row(table, *place, rows);
                take_rows(column, clusters.iter().map(typical))?
            }
        };
        let nullable = field.is_nullable() || of_clusters.null_count() > 0;
        fields.push(Arc::new(Field::clone(field).with_nullable(nullable)));
        columns.push(of_clusters);
    }
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    RecordBatch::try_new(Arc::new(schema), columns)
}

fn take_rows(
    column: &ArrayRef,
    rows: impl Iterator<Item = Option<usize>>,
) -> Result<ArrayRef, ArrowError> {
    let rows: UInt64Array = rows.map(|row| row.map(|row| row as u64)).collect();
    take(column, &rows, None)
}

/// `None` where most rows have no value.
fn mean(column: &[f64], rows: &[usize]) -> Option<f64> {
    let present: Vec<f64> = rows
        .iter()
        .map(|row| column[*row])
        .filter(|value| !value.is_nan())
        .collect();
    let n = present.len() as f64;
    // Divided first, so that the sum of large numbers does not overflow.
    let mean = || present.iter().map(|value| value / n).sum();
    (2 * present.len() > rows.len()).then(mean)
}

/// The row whose value lies nearest to the mean; of two the smaller value, then the first row.
fn nearest_to_mean(column: &[f64], rows: &[usize]) -> Option<usize> {
    let mean = mean(column, rows)?;
    let present = rows.iter().filter(|row| !column[**row].is_nan());
    let key = |row: &usize| ((column[*row] - mean).abs(), column[*row]);
    present
        .min_by(|a, b| {
            let ((a, a_value), (b, b_value)) = (key(a), key(b));
            a.total_cmp(&b).then(a_value.total_cmp(&b_value))
        })
        .copied()
}

/// The first row with the most frequent category; `None` where that is "missing".
fn typical_row(table: &MixedTable, column: usize, rows: &[usize]) -> Option<usize> {
    let code = mode(table, column, rows);
    if code == MISSING {
        return None;
    }
    let with_code = |row: &&usize| table.codes(**row)[column] == code;
    rows.iter().find(with_code).copied()
}
