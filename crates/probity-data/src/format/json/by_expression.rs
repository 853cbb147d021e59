//! Rows that expressions take out of JSON: from each record, from each element of a list, or, where the
//! expressions go through different lists, from the lists that they give for the whole document.

use std::borrow::Cow;

use jmespath::{Rcvar, Variable};

use super::scanner::{First, JsonFault, JsonScanner, JsonValue};
use super::{Framing, JsonBlock, row_error};
use crate::dataset::ReadDataset;
use crate::dataset::capture_side::CaptureSide;
use crate::dataset::content::Content;
use crate::dataset::record_columns::RecordColumns;
use crate::format::csv::check_utf8;
use crate::format::expression::{Base, RecordExpression, Tree, kind_of};
use crate::format::text_table::{FinishedTable, MAX_COLUMNS, TextTable, TooManyColumns};

/// Why a record cannot be a row.
#[derive(Debug)]
pub(crate) enum ColumnFault {
    Gave {
        expression: String,
        found: String,
        expected: &'static str,
    },
    Features {
        expression: String,
        found: usize,
        expected: usize,
    },
    Failed {
        expression: String,
        problem: String,
    },
    TooManyColumns,
}

impl ColumnFault {
    pub(crate) fn at(self, uri: &str, line: u64) -> ReadDataset {
        let uri = uri.to_owned();
        match self {
            ColumnFault::Gave {
                expression,
                found,
                expected,
            } => ReadDataset::ExpressionGave {
                uri,
                line,
                expression,
                found,
                expected,
            },
            ColumnFault::Features {
                expression,
                found,
                expected,
            } => ReadDataset::FeatureCount {
                uri,
                line,
                expression,
                found,
                expected,
            },
            ColumnFault::Failed {
                expression,
                problem,
            } => ReadDataset::ExpressionFailed {
                uri,
                line,
                expression,
                problem,
            },
            ColumnFault::TooManyColumns => ReadDataset::TooManyColumns {
                uri,
                found: MAX_COLUMNS + 1,
                limit: MAX_COLUMNS,
            },
        }
    }
}

/// What an expression is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    ToRecord,
    /// To an element of the list that all expressions go through.
    ToElement,
}

/// What the expressions give for one record.
pub(crate) struct Found {
    pub(crate) features: Option<Rcvar>,
    pub(crate) values: Vec<Rcvar>,
}

impl Found {
    pub(crate) fn of(
        columns: &RecordColumns,
        record: &Rcvar,
        applied: Applied,
    ) -> Result<Found, ColumnFault> {
        let search = |expression: &RecordExpression| search(expression, record, applied);
        Ok(Found {
            features: columns.features.as_ref().map(search).transpose()?,
            values: columns
                .values
                .iter()
                .map(|value| search(&value.expression))
                .collect::<Result<_, _>>()?,
        })
    }
}

pub(crate) fn search(
    expression: &RecordExpression,
    record: &Rcvar,
    applied: Applied,
) -> Result<Rcvar, ColumnFault> {
    let found = match applied {
        Applied::ToRecord => expression.search(record),
        Applied::ToElement => expression.search_element(record),
    };
    found.map_err(|problem| ColumnFault::Failed {
        expression: expression.as_str().to_owned(),
        problem,
    })
}

pub(crate) fn gave(
    expression: &RecordExpression,
    found: &Variable,
    expected: &'static str,
) -> ColumnFault {
    ColumnFault::Gave {
        expression: expression.as_str().to_owned(),
        found: kind_of(found).to_owned(),
        expected,
    }
}

/// Whose records become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File,
    /// Captured events, of whose columns each is of a side.
    Events,
}

/// The state of a writer between two records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriterMark {
    n_features: Option<usize>,
    columns_made: Option<usize>,
    rows: usize,
}

/// Fills a table whose columns are the features, then the values.
#[derive(Debug)]
pub(crate) struct ColumnWriter<'c> {
    columns: &'c RecordColumns,
    source: Source,
    /// Once a record, or whoever knows, told.
    n_features: Option<usize>,
    columns_made: Option<usize>,
    /// Of each value: some record has it.
    any_value: Vec<bool>,
    rows: usize,
}

impl<'c> ColumnWriter<'c> {
    pub(crate) fn new(
        columns: &'c RecordColumns,
        source: Source,
        n_features: Option<usize>,
    ) -> Self {
        ColumnWriter {
            columns,
            source,
            n_features,
            columns_made: None,
            any_value: vec![false; columns.values.len()],
            rows: 0,
        }
    }

    pub(crate) fn n_features(&self) -> Option<usize> {
        self.n_features
    }

    /// Makes the columns, where their number is known and they are not there.
    pub(crate) fn make_columns(&mut self, table: &mut TextTable) -> Result<(), ColumnFault> {
        let Some(n_features) = self.n_features else {
            return Ok(());
        };
        if self.columns_made.is_some() {
            return Ok(());
        }
        self.columns_made = Some(n_features);
        for position in 0..n_features + self.columns.values.len() {
            let value = position
                .checked_sub(n_features)
                .and_then(|value| self.columns.values.get(value));
            if self.source == Source::Events {
                table.begin_side(value.map_or(CaptureSide::Input, |value| value.role.side()));
            }
            let column = table
                .column(&self.columns.name(position), position)
                .map_err(|TooManyColumns| ColumnFault::TooManyColumns)?;
            if let Some(value) = value {
                table.set_expression(column, value.expression.as_str());
            }
        }
        Ok(())
    }

    pub(crate) fn row(
        &mut self,
        table: &mut TextTable,
        tree: &Tree<'_>,
        found: &Found,
    ) -> Result<(), ColumnFault> {
        let mut elements: &[Rcvar] = &[];
        if let (Some(expression), Some(features)) = (&self.columns.features, &found.features) {
            elements = features.as_array().ok_or_else(|| {
                gave(expression, features, "a list with the features of a record")
            })?;
            self.check_features(expression, elements)?;
        }
        let n_features = *self.n_features.get_or_insert(elements.len());
        self.make_columns(table)?;
        for (column, element) in elements.iter().enumerate() {
            put(table, column, tree.text_of(element));
        }
        for (position, value) in found.values.iter().enumerate() {
            if value.is_object() {
                let expression = &self.columns.values[position].expression;
                return Err(gave(expression, value, "one value, or a list of them"));
            }
            self.any_value[position] |= !value.is_null();
            put(table, n_features + position, tree.text_of(value));
        }
        self.rows += 1;
        table.end_row();
        Ok(())
    }

    fn check_features(
        &self,
        expression: &RecordExpression,
        elements: &[Rcvar],
    ) -> Result<(), ColumnFault> {
        let nested = elements
            .iter()
            .find(|element| element.is_array() || element.is_object());
        if let Some(nested) = nested {
            return Err(ColumnFault::Gave {
                expression: expression.as_str().to_owned(),
                found: format!("a list that holds {}", kind_of(nested)),
                expected: "a list of single values",
            });
        }
        match self.n_features {
            Some(expected) if expected != elements.len() => Err(ColumnFault::Features {
                expression: expression.as_str().to_owned(),
                found: elements.len(),
                expected,
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn mark(&self) -> WriterMark {
        WriterMark {
            n_features: self.n_features,
            columns_made: self.columns_made,
            rows: self.rows,
        }
    }

    /// Forgets the records since then.
    pub(crate) fn roll_back(&mut self, mark: WriterMark) {
        self.n_features = mark.n_features;
        self.columns_made = mark.columns_made;
        self.rows = mark.rows;
    }

    /// The expression that gave nothing in any record.
    pub(crate) fn unmatched(&self) -> Option<String> {
        let unmatched = self.any_value.iter().position(|any| !any)?;
        let value = &self.columns.values[unmatched];
        (self.rows > 0).then(|| value.expression.as_str().to_owned())
    }
}

fn put(table: &mut TextTable, column: usize, text: Option<Cow<'_, str>>) {
    match text {
        Some(text) => table.put(column, &text),
        None => table.put_missing(column),
    }
}

/// The table of a block and what fills it.
struct Rows<'c> {
    table: TextTable,
    writer: ColumnWriter<'c>,
}

impl Rows<'_> {
    fn row(&mut self, tree: &Tree<'_>, found: &Found) -> Result<(), ColumnFault> {
        self.writer.row(&mut self.table, tree, found)
    }
}

impl JsonBlock {
    pub(super) fn read_by_expression(
        &self,
        columns: &RecordColumns,
    ) -> Result<FinishedTable, ReadDataset> {
        let text = check_utf8(&self.uri, &self.block)?;
        let mut rows = Rows {
            table: TextTable::default(),
            writer: ColumnWriter::new(columns, Source::File, self.n_features),
        };
        rows.writer
            .make_columns(&mut rows.table)
            .map_err(|fault| fault.at(&self.uri, self.block.first_line))?;
        match (self.framing, columns.shared_list()) {
            (Framing::Lines, _) => self.write_lines(text, &mut rows)?,
            (Framing::Elements, Some(list)) => self.for_each_value(text, |scanner| {
                self.write_element((text, list), scanner, &mut rows)
            })?,
            (Framing::Document, Some(list)) => self.write_list((text, list), &mut rows)?,
            (Framing::Document | Framing::Elements | Framing::Values, _) => {
                self.write_document(text, &mut rows)?;
            }
        }
        rows.table.unmatched = rows.writer.unmatched();
        Ok(rows.table.finish())
    }

    fn write_lines(&self, text: &str, rows: &mut Rows<'_>) -> Result<(), ReadDataset> {
        let columns = rows.writer.columns;
        self.for_each_line(text, |line, record, scanner| {
            let invalid = |fault: JsonFault| row_error(&self.uri, line, record, fault.into());
            let mut tree = Tree::default();
            let root = tree.add(scanner).map_err(invalid)?;
            scanner
                .at_end("text follows the record on its line")
                .map_err(invalid)?;
            Found::of(columns, &root, Applied::ToRecord)
                .and_then(|found| rows.row(&tree, &found))
                .map_err(|fault| fault.at(&self.uri, line))
        })
    }

    fn write_element(
        &self,
        (text, list): (&str, &Base),
        scanner: &mut JsonScanner<'_>,
        rows: &mut Rows<'_>,
    ) -> Result<(), ReadDataset> {
        scanner.peek();
        let start = scanner.position();
        let mut tree = Tree::default();
        let root = tree
            .add(scanner)
            .map_err(|fault| self.invalid(text, fault))?;
        for record in list.records_of(&root) {
            Found::of(rows.writer.columns, record, Applied::ToElement)
                .and_then(|found| rows.row(&tree, &found))
                .map_err(|fault| fault.at(&self.uri, self.block.line_at(start)))?;
        }
        Ok(())
    }

    /// The elements of the list that all expressions go through.
    fn write_list(
        &self,
        (text, list): (&str, &Base),
        rows: &mut Rows<'_>,
    ) -> Result<(), ReadDataset> {
        let invalid = |fault: JsonFault| self.invalid(text, fault);
        let Some(mut scanner) = open_list(text, list).map_err(invalid)? else {
            return Err(self.no_list(rows.writer.columns));
        };
        let mut first = First::Yes;
        while scanner.next_element(first).map_err(invalid)? {
            first = First::No;
            self.write_element((text, list), &mut scanner, rows)?;
        }
        Ok(())
    }

    fn no_list(&self, columns: &RecordColumns) -> ReadDataset {
        let first = columns.expressions().next();
        ReadDataset::ExpressionGave {
            uri: self.uri.to_string(),
            line: self.block.first_line,
            expression: first.map_or_else(String::new, |first| first.as_str().to_owned()),
            found: "no list".to_owned(),
            expected: "a list with an element for each record",
        }
    }

    /// Every expression gives a list with an element for each record.
    fn write_document(&self, text: &str, rows: &mut Rows<'_>) -> Result<(), ReadDataset> {
        let invalid = |fault: JsonFault| self.invalid(text, fault);
        let at_start = |fault: ColumnFault| fault.at(&self.uri, self.block.first_line);
        let mut scanner = JsonScanner::new(text);
        let mut tree = Tree::default();
        let root = tree.add(&mut scanner).map_err(invalid)?;
        scanner
            .at_end("text follows the document")
            .map_err(invalid)?;
        let columns = rows.writer.columns;
        let found = Found::of(columns, &root, Applied::ToRecord).map_err(at_start)?;
        let lists = lists_of(columns, &found).map_err(at_start)?;
        let n_records = self.same_length(columns, &lists)?;
        for row in 0..n_records {
            let mut of_record = lists.iter().map(|list| Rcvar::clone(&list[row]));
            let features = columns.features.as_ref().and_then(|_| of_record.next());
            let record = Found {
                features,
                values: of_record.collect(),
            };
            rows.row(&tree, &record).map_err(at_start)?;
        }
        Ok(())
    }

    fn same_length(
        &self,
        columns: &RecordColumns,
        lists: &[&Vec<Rcvar>],
    ) -> Result<usize, ReadDataset> {
        let mut named = columns.expressions().zip(lists);
        let Some((first, first_list)) = named.next() else {
            return Ok(0);
        };
        match named.find(|(_, list)| list.len() != first_list.len()) {
            None => Ok(first_list.len()),
            Some((other, list)) => Err(ReadDataset::ListLengths {
                uri: self.uri.to_string(),
                first: first.as_str().to_owned(),
                first_length: first_list.len(),
                other: other.as_str().to_owned(),
                other_length: list.len(),
            }),
        }
    }

    pub(super) fn invalid(&self, text: &str, fault: JsonFault) -> ReadDataset {
        row_error(
            &self.uri,
            self.block.line_at(fault.offset),
            text,
            fault.into(),
        )
    }
}

/// A scanner before the first element of the list; `None` if there is no list.
fn open_list<'t>(text: &'t str, list: &Base) -> Result<Option<JsonScanner<'t>>, JsonFault> {
    let Some(at) = list.find(text)? else {
        return Ok(None);
    };
    let mut scanner = JsonScanner::starting_at(text, at);
    let is_list = scanner.value()? == JsonValue::ArrayStart;
    Ok(is_list.then_some(scanner))
}

fn lists_of<'f>(
    columns: &RecordColumns,
    found: &'f Found,
) -> Result<Vec<&'f Vec<Rcvar>>, ColumnFault> {
    let given = found.features.iter().chain(&found.values);
    columns
        .expressions()
        .zip(given)
        .map(|(expression, value)| {
            value
                .as_array()
                .ok_or_else(|| gave(expression, value, "a list with an element for each record"))
        })
        .collect()
}

/// How many features the first record has; `None` when that cannot be told: what is wrong with it is told when
/// it is read with the others.
pub(super) async fn count_features(
    content: &mut Content,
    columns: &RecordColumns,
    framing: Framing,
) -> Result<Option<usize>, ReadDataset> {
    if columns.features.is_none() {
        return Ok(Some(0));
    }
    let list = columns.shared_list();
    if framing == Framing::Document {
        let text = std::str::from_utf8(content.buffer()).unwrap_or_default();
        return Ok(match list {
            Some(list) => first_of_list(text, list, columns),
            None => first_of_document(text, columns),
        });
    }
    let applied = if framing == Framing::Elements {
        Applied::ToElement
    } else {
        Applied::ToRecord
    };
    loop {
        let mut scanner = JsonScanner::new(valid_text(content.buffer()));
        if let Ok(root) = Tree::default().add(&mut scanner) {
            let record = match (framing, list) {
                (Framing::Elements, Some(list)) => list.records_of(&root).first(),
                _ => Some(&root),
            };
            return Ok(record.and_then(|record| features_of(columns, record, applied)));
        }
        if content.ended() {
            return Ok(None);
        }
        // Grows by doubling until the record is whole; a longer one than allowed is told when it is read.
        let wanted = content.buffer().len() * 2;
        if wanted as u64 > 2 * MAX_FIRST_RECORD {
            return Ok(None);
        }
        content.fill(wanted.max(4 << 10)).await?;
    }
}

/// A first record that is longer leaves the number of features to be told by the headers.
const MAX_FIRST_RECORD: u64 = 256 << 20;

fn valid_text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn first_of_list(text: &str, list: &Base, columns: &RecordColumns) -> Option<usize> {
    let mut scanner = open_list(text, list).ok()??;
    if !scanner.next_element(First::Yes).ok()? {
        return None;
    }
    let root = Tree::default().add(&mut scanner).ok()?;
    let record = list.records_of(&root).first()?;
    features_of(columns, record, Applied::ToElement)
}

fn first_of_document(text: &str, columns: &RecordColumns) -> Option<usize> {
    let root = Tree::default().add(&mut JsonScanner::new(text)).ok()?;
    let lists = columns.features.as_ref()?.search(&root).ok()?;
    let first = lists.as_array()?.first()?;
    first.as_array().map(Vec::len)
}

fn features_of(columns: &RecordColumns, record: &Rcvar, applied: Applied) -> Option<usize> {
    let expression = columns.features.as_ref()?;
    let features = search(expression, record, applied).ok()?;
    features.as_array().map(Vec::len)
}
