//! Rows whose columns are known only when they appear: what JSON and captured
//! events are gathered into. A column keeps the rows in which it has a value,
//! so that a thousand rare keys cost no more than their values.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::error::ArrowError;

use super::csv::{ColumnName, text_schema};
use crate::dataset::capture_side::CaptureSide;
use crate::dataset::events::EventTally;

/// More columns than this come from values used as keys.
pub(crate) const MAX_COLUMNS: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct TextTable {
    by_name: HashMap<Arc<str>, usize>,
    columns: Vec<TextValues>,
    rows: u32,
    /// The first column that was set twice in one row.
    repeated: Option<usize>,
    /// An expression for a column that gave nothing in any row.
    pub(crate) unmatched: Option<String>,
    /// The side of captured events of which columns appear now.
    side: Option<CaptureSide>,
    /// The columns set since the last mark, where there is one.
    touched: Option<Vec<usize>>,
    /// Fewer columns than [`MAX_COLUMNS`].
    max_columns: Option<usize>,
}

/// The state of a table between two rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableMark {
    rows: u32,
    columns: usize,
    repeated: Option<usize>,
}

#[derive(Debug)]
struct TextValues {
    name: Arc<str>,
    /// Where the dots between keys stand in the name of a flattened column.
    joints: Box<[usize]>,
    /// What made the column, where an expression did.
    expression: Option<String>,
    side: Option<CaptureSide>,
    /// One more than the last row that had the key; 0 before there is one.
    rows_seen: u32,
    /// Rows that have a value, rising.
    rows: Vec<u32>,
    /// Where the value of each of them ends.
    ends: Vec<u32>,
    values: Vec<u8>,
}

/// There are more than [`MAX_COLUMNS`] columns.
#[derive(Debug)]
pub(crate) struct TooManyColumns;

impl TextTable {
    pub(crate) fn with_columns_up_to(max_columns: usize) -> TextTable {
        TextTable {
            max_columns: Some(max_columns.min(MAX_COLUMNS)),
            ..TextTable::default()
        }
    }

    /// Where to come back to with [`TextTable::roll_back`]; the rows before are finished.
    pub(crate) fn mark(&mut self) -> TableMark {
        self.touched.get_or_insert_default().clear();
        TableMark {
            rows: self.rows,
            columns: self.columns.len(),
            repeated: self.repeated,
        }
    }

    /// Takes out every row and every column that came after `mark`, the last one that was made.
    pub(crate) fn roll_back(&mut self, mark: &TableMark) {
        for column in self.columns.drain(mark.columns..) {
            self.by_name.remove(&column.name);
        }
        for touched in self.touched.iter_mut().flat_map(std::mem::take) {
            if let Some(column) = self.columns.get_mut(touched) {
                column.forget_rows_from(mark.rows);
            }
        }
        self.rows = mark.rows;
        self.repeated = mark.repeated;
    }

    /// The column called `name`, which is probably number `guess`.
    pub(crate) fn column(&mut self, name: &str, guess: usize) -> Result<usize, TooManyColumns> {
        self.column_of_keys((name, &[]), guess)
    }

    /// The column called `name`, which was put together from keys at `joints`; these are
    /// remembered from the first time.
    pub(crate) fn column_of_keys(
        &mut self,
        (name, joints): (&str, &[usize]),
        guess: usize,
    ) -> Result<usize, TooManyColumns> {
        if self
            .columns
            .get(guess)
            .is_some_and(|column| &*column.name == name)
        {
            return Ok(guess);
        }
        if let Some(column) = self.by_name.get(name) {
            return Ok(*column);
        }
        if self.columns.len() >= self.max_columns.unwrap_or(MAX_COLUMNS) {
            return Err(TooManyColumns);
        }
        let name: Arc<str> = name.into();
        self.columns.push(TextValues {
            name: Arc::clone(&name),
            joints: joints.into(),
            expression: None,
            side: self.side,
            rows_seen: 0,
            rows: vec![],
            ends: vec![],
            values: vec![],
        });
        self.by_name.insert(name, self.columns.len() - 1);
        Ok(self.columns.len() - 1)
    }

    /// Columns that appear from now on are of this side.
    pub(crate) fn begin_side(&mut self, side: CaptureSide) {
        self.side = Some(side);
    }

    /// Remembers the expression that makes the column.
    pub(crate) fn set_expression(&mut self, column: usize, expression: &str) {
        self.columns[column].expression = Some(expression.to_owned());
    }

    /// Where the name of the column was put together.
    pub(crate) fn joints(&self, column: usize) -> &[usize] {
        &self.columns[column].joints
    }

    /// Sets a value of the current row; the last one set is kept.
    pub(crate) fn put(&mut self, column: usize, text: &str) {
        self.put_missing(column);
        let row = self.rows;
        let column = &mut self.columns[column];
        column.values.extend_from_slice(text.as_bytes());
        column.rows.push(row);
        column.ends.push(count(column.values.len()));
    }

    /// Makes the value of the current row missing.
    pub(crate) fn put_missing(&mut self, column: usize) {
        let row = self.rows;
        let position = column;
        if let Some(touched) = &mut self.touched {
            touched.push(position);
        }
        let column = &mut self.columns[position];
        if column.rows_seen > row {
            self.repeated.get_or_insert(position);
        }
        column.rows_seen = row + 1;
        if column.rows.last() == Some(&row) {
            column.rows.pop();
            column.ends.pop();
            let end = column.ends.last().copied().unwrap_or(0);
            column.values.truncate(end as usize);
        }
    }

    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn finish(self) -> FinishedTable {
        let names = self.columns.iter().map(TextValues::column_name).collect();
        FinishedTable {
            schema: text_schema(names),
            repeated: self
                .repeated
                .map(|column| self.columns[column].name.to_string()),
            unmatched: self.unmatched,
            rows: self.rows as usize,
            events: None,
            columns: self.columns,
        }
    }
}

/// A table that is complete, from which batches are made.
#[derive(Debug)]
pub(crate) struct FinishedTable {
    pub(crate) schema: SchemaRef,
    pub(crate) rows: usize,
    /// A key that an object has twice.
    pub(crate) repeated: Option<String>,
    /// An expression for a column that gave nothing in any row.
    pub(crate) unmatched: Option<String>,
    /// What became of the events that it was read from.
    pub(crate) events: Option<EventTally>,
    columns: Vec<TextValues>,
}

impl FinishedTable {
    pub(crate) fn read_from(self, events: EventTally) -> FinishedTable {
        FinishedTable {
            events: Some(events),
            ..self
        }
    }

    /// `rows` rows from `from` on, of the columns at the positions `projection`.
    pub(crate) fn batch(
        &self,
        from: usize,
        rows: usize,
        projection: &[usize],
    ) -> Result<RecordBatch, ArrowError> {
        let arrays: Vec<ArrayRef> = projection
            .iter()
            .map(|column| self.columns[*column].array(from, rows))
            .collect::<Result<_, _>>()?;
        let schema = Arc::new(self.schema.project(projection)?);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, arrays, &options)
    }
}

impl TextValues {
    fn forget_rows_from(&mut self, row: u32) {
        let kept = self.rows.partition_point(|before| *before < row);
        self.rows.truncate(kept);
        self.ends.truncate(kept);
        let end = self.ends.last().copied().unwrap_or(0);
        self.values.truncate(end as usize);
        self.rows_seen = self.rows_seen.min(row);
    }

    fn column_name(&self) -> ColumnName {
        let first_key = self.joints.first().map(|end| self.name[..*end].to_owned());
        ColumnName {
            name: self.name.to_string(),
            original: first_key,
            expression: self.expression.clone(),
            side: self.side,
        }
    }

    fn array(&self, from: usize, rows: usize) -> Result<ArrayRef, ArrowError> {
        let first = self.rows.partition_point(|row| (*row as usize) < from);
        let last = self
            .rows
            .partition_point(|row| (*row as usize) < from + rows);
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = last
            .checked_sub(1)
            .map_or(0, |before| self.ends[before])
            .max(start);
        let values = &self.values[start as usize..end as usize];

        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0_i32);
        let mut present = vec![false; rows];
        let mut offset = 0_i32;
        for (row, value_end) in self.rows[first..last].iter().zip(&self.ends[first..last]) {
            let row = *row as usize - from;
            offsets.resize(row + 1, offset);
            offset = (value_end - start).cast_signed();
            offsets.push(offset);
            present[row] = true;
        }
        offsets.resize(rows + 1, offset);

        let nulls = (last - first < rows).then(|| NullBuffer::new(BooleanBuffer::from(present)));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Ok(Arc::new(StringArray::try_new(
            offsets,
            Buffer::from(values),
            nulls,
        )?))
    }
}

fn count(bytes: usize) -> u32 {
    debug_assert!(bytes < 1 << 31, "blocks are shorter than 2 GiB");
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`open` refuses blocks of 2 GiB and more"
    )]
    let bytes = bytes as u32;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::AsArray;

    fn table(rows: &[&[(&str, Option<&str>)]]) -> FinishedTable {
        let mut table = TextTable::default();
        for row in rows {
            for (guess, (name, value)) in row.iter().enumerate() {
                let column = table.column(name, guess).unwrap();
                match value {
                    Some(text) => table.put(column, text),
                    None => table.put_missing(column),
                }
            }
            table.end_row();
        }
        table.finish()
    }

    fn column(
        table: &FinishedTable,
        from: usize,
        rows: usize,
        position: usize,
    ) -> Vec<Option<String>> {
        let batch = table.batch(from, rows, &[position]).unwrap();
        batch
            .column(0)
            .as_string::<i32>()
            .iter()
            .map(|value| value.map(str::to_owned))
            .collect()
    }

    #[test]
    fn absent_and_late_columns_are_missing_elsewhere() {
        let table = table(&[
            &[("a", Some("1"))],
            &[("b", Some("x"))],
            &[("a", Some("")), ("b", None)],
        ]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(column(&table, 0, 3, 0), [some("1"), None, some("")]);
        assert_eq!(column(&table, 0, 3, 1), [None, some("x"), None]);
        assert_eq!(column(&table, 1, 2, 0), [None, some("")]);
        assert_eq!(column(&table, 1, 1, 1), [some("x")]);
    }

    #[test]
    fn rolling_back_leaves_nothing_of_later_rows() {
        let mut table = TextTable::default();
        let put = |table: &mut TextTable, name: &str, text: &str| {
            let column = table.column(name, 0).unwrap();
            table.put(column, text);
        };
        put(&mut table, "a", "kept");
        table.end_row();
        let mark = table.mark();
        put(&mut table, "a", "lost");
        put(&mut table, "b", "lost");
        table.end_row();
        put(&mut table, "a", "half");
        put(&mut table, "a", "twice");
        table.roll_back(&mark);
        put(&mut table, "a", "next");
        put(&mut table, "c", "new");
        table.end_row();
        let table = table.finish();
        let names: Vec<&String> = table
            .schema
            .fields()
            .iter()
            .map(|field| field.name())
            .collect();
        assert_eq!(names, ["a", "c"]);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(column(&table, 0, 2, 0), [some("kept"), some("next")]);
        assert_eq!(column(&table, 0, 2, 1), [None, some("new")]);
        assert_eq!((table.rows, table.repeated), (2, None));
    }

    #[test]
    fn the_last_of_repeated_values_in_a_row_is_kept() {
        let twice = table(&[
            &[("a", Some("first")), ("a", Some("2"))],
            &[("a", Some("3"))],
        ]);
        assert_eq!(
            column(&twice, 0, 2, 0),
            [Some("2".to_owned()), Some("3".to_owned())]
        );
        let cleared = table(&[&[("a", Some("1")), ("a", None)]]);
        assert_eq!(column(&cleared, 0, 1, 0), [None]);
    }
}
