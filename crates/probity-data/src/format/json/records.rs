//! Puts JSON objects into the rows of a table. Of a key that an object has
//! twice, the last value counts. Objects and arrays inside become columns with
//! dots in their names, or are refused.

use super::scanner::{First, JsonFault, JsonScanner, JsonValue};
use crate::dataset::options::Nested;
use crate::format::text_table::{MAX_COLUMNS, TextTable, TooManyColumns};

/// Why an object cannot be a row.
#[derive(Debug)]
pub(crate) enum RowFault {
    Json(JsonFault),
    Nested {
        offset: usize,
        path: String,
    },
    TooManyColumns {
        offset: usize,
    },
    /// Two places in objects make the same column.
    SameName {
        offset: usize,
        path: String,
        places: [String; 2],
    },
}

impl RowFault {
    pub(crate) fn offset(&self) -> usize {
        match self {
            RowFault::Json(fault) => fault.offset,
            RowFault::Nested { offset, .. }
            | RowFault::TooManyColumns { offset }
            | RowFault::SameName { offset, .. } => *offset,
        }
    }
}

impl From<JsonFault> for RowFault {
    fn from(fault: JsonFault) -> Self {
        RowFault::Json(fault)
    }
}

/// Fills the current row of `table` from the values of a scanner.
#[derive(Debug)]
pub(crate) struct RowReader<'t> {
    table: &'t mut TextTable,
    nested: Nested,
    /// Names of the keys that lead to the value being read.
    path: String,
    /// Where in `path` a dot stands between two keys.
    joints: Vec<usize>,
    /// The column that follows the last one: objects mostly repeat their keys in order.
    guess: usize,
}

impl<'t> RowReader<'t> {
    pub(crate) fn new(table: &'t mut TextTable, nested: Nested) -> Self {
        RowReader {
            table,
            nested,
            path: String::new(),
            joints: Vec::new(),
            guess: 0,
        }
    }

    pub(crate) fn end_row(&mut self) {
        self.table.end_row();
        self.guess = 0;
    }

    /// Reads an object, the next value of the scanner, into the current row.
    pub(crate) fn object(&mut self, scanner: &mut JsonScanner<'_>) -> Result<(), RowFault> {
        if scanner.peek() != Some(b'{') {
            return Err(scanner.fault("expected an object").into());
        }
        self.value_at(scanner, "")
    }

    /// Reads any value, as the column `name` or the columns below it.
    pub(crate) fn value_at(
        &mut self,
        scanner: &mut JsonScanner<'_>,
        name: &str,
    ) -> Result<(), RowFault> {
        self.path.clear();
        self.joints.clear();
        self.path.push_str(name);
        let value = scanner.value()?;
        self.place(scanner, value)
    }

    fn place(
        &mut self,
        scanner: &mut JsonScanner<'_>,
        value: JsonValue<'_>,
    ) -> Result<(), RowFault> {
        match value {
            JsonValue::Null => {
                let column = self.column(scanner)?;
                self.table.put_missing(column);
            }
            JsonValue::Text(text) => {
                let column = self.column(scanner)?;
                self.table.put(column, &text);
            }
            JsonValue::ObjectStart => self.members(scanner)?,
            JsonValue::ArrayStart => self.elements(scanner)?,
        }
        Ok(())
    }

    fn members(&mut self, scanner: &mut JsonScanner<'_>) -> Result<(), RowFault> {
        let mut first = First::Yes;
        while let Some(key) = scanner.next_key(first)? {
            first = First::No;
            self.member(scanner, &key)?;
        }
        Ok(())
    }

    fn elements(&mut self, scanner: &mut JsonScanner<'_>) -> Result<(), RowFault> {
        let mut first = First::Yes;
        let mut position = 0_usize;
        while scanner.next_element(first)? {
            first = First::No;
            self.member(scanner, &position.to_string())?;
            position += 1;
        }
        Ok(())
    }

    fn member(&mut self, scanner: &mut JsonScanner<'_>, key: &str) -> Result<(), RowFault> {
        let parent = (self.path.len(), self.joints.len());
        if parent.0 > 0 {
            self.joints.push(parent.0);
            self.path.push('.');
        }
        self.path.push_str(key);
        let offset = scanner.position();
        let value = scanner.value()?;
        let nested = matches!(value, JsonValue::ObjectStart | JsonValue::ArrayStart);
        if nested && self.nested == Nested::Refuse {
            return Err(RowFault::Nested {
                offset,
                path: std::mem::take(&mut self.path),
            });
        }
        self.place(scanner, value)?;
        self.path.truncate(parent.0);
        self.joints.truncate(parent.1);
        Ok(())
    }

    fn column(&mut self, scanner: &JsonScanner<'_>) -> Result<usize, RowFault> {
        let offset = scanner.position();
        let column = self
            .table
            .column_of_keys((&self.path, &self.joints), self.guess)
            .map_err(|TooManyColumns| RowFault::TooManyColumns { offset })?;
        if self.table.joints(column) != self.joints {
            return Err(RowFault::SameName {
                offset,
                places: [self.table.joints(column), &self.joints]
                    .map(|joints| keys_of(&self.path, joints)),
                path: std::mem::take(&mut self.path),
            });
        }
        self.guess = column + 1;
        Ok(column)
    }
}

/// The keys that a column's name was put together from, each in quotes.
fn keys_of(path: &str, joints: &[usize]) -> String {
    let starts = std::iter::once(0).chain(joints.iter().map(|joint| joint + 1));
    let ends = joints.iter().copied().chain([path.len()]);
    let keys: Vec<String> = starts
        .zip(ends)
        .map(|(start, end)| format!("\"{}\"", &path[start..end]))
        .collect();
    keys.join(".")
}

/// The fault in terms of the file.
pub(crate) fn row_error(
    uri: &str,
    line: u64,
    line_text: &str,
    fault: RowFault,
) -> crate::dataset::ReadDataset {
    use crate::dataset::ReadDataset;
    let uri = uri.to_owned();
    match fault {
        RowFault::Json(JsonFault { offset, problem }) => {
            let before = line_text.get(..offset).unwrap_or(line_text);
            let in_line = before.rsplit('\n').next().unwrap_or(before);
            ReadDataset::InvalidJson {
                uri,
                line,
                column: in_line.chars().count() as u64 + 1,
                problem,
            }
        }
        RowFault::Nested { path, .. } => ReadDataset::NestedValue { uri, line, path },
        RowFault::SameName { path, places, .. } => {
            let [first, second] = places;
            ReadDataset::SameColumn {
                uri,
                line,
                column: path,
                places: format!("{first} and {second}"),
            }
        }
        RowFault::TooManyColumns { .. } => ReadDataset::TooManyColumns {
            uri,
            found: MAX_COLUMNS + 1,
            limit: MAX_COLUMNS,
        },
    }
}
