//! The formats: what is in the bytes of a file.

pub(crate) mod capture;
pub(crate) mod csv;
pub(crate) mod expression;
pub(crate) mod json;
pub(crate) mod parquet;
pub(crate) mod text_table;
pub(crate) mod value_list;

/// Rows of a batch, fewer where a table is so wide that they would be heavy.
pub(crate) fn rows_per_batch(columns: usize) -> usize {
    const ROWS: usize = 8192;
    const CELLS: usize = 1 << 21;
    (CELLS / columns.max(1)).clamp(64, ROWS)
}
