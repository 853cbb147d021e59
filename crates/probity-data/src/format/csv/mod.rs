//! CSV files: a dialect, column names, and blocks of records.
//!
//! An empty field is missing, quoted (`""`) or not, because Spark, on which
//! Model Monitor runs, reads both as null by default. Spaces are kept. Empty
//! lines are skipped. Every record has as many fields as the header.

mod batches;
mod boundaries;
mod dialect;
mod records;
mod text_column;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub(crate) use batches::{CsvBatches, CsvBlock, check_utf8};
pub(crate) use dialect::{Dialect, SAMPLE_BYTES, detect_delimiter};
pub(crate) use records::{FieldIndex, ReadRecords, RecordFaultKind};

use crate::dataset::blocks::{Block, Blocks, count_lines};
use crate::dataset::capture_side::CaptureSide;
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::options::{Header, ReadOptions};
use crate::dataset::partition::{EXPRESSION, ORIGINAL_NAME};
use boundaries::CsvBoundaries;
use dialect::newline_of;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A CSV file whose names are known and whose records are still to come.
pub(crate) struct CsvFile {
    uri: Arc<str>,
    pub(crate) dialect: Dialect,
    pub(crate) schema: SchemaRef,
    /// What a reader of the result should know.
    pub(crate) notes: Vec<String>,
    blocks: Blocks<CsvBoundaries>,
    max_record_bytes: usize,
    /// A file without records still has columns: its one block is empty.
    any_block: bool,
}

impl CsvFile {
    /// Reads as far as the names. `delimiter` is the one of the dataset, once
    /// its first file told. `None` when the content has no record at all.
    pub(crate) async fn open(
        mut content: Content,
        delimiter: Option<u8>,
        options: &ReadOptions,
    ) -> Result<Option<CsvFile>, ReadDataset> {
        content.fill(SAMPLE_BYTES).await?;
        if content.buffer().starts_with(BYTE_ORDER_MARK) {
            content.skip(BYTE_ORDER_MARK.len());
        }
        let sample = &content.buffer()[..content.buffer().len().min(SAMPLE_BYTES)];
        let delimiter = delimiter.unwrap_or_else(|| detect_delimiter(sample));
        let dialect = Dialect {
            delimiter,
            newline: newline_of(sample),
        };
        let Some(first) = first_record(&mut content, dialect, options).await? else {
            return Ok(None);
        };

        let uri = Arc::clone(content.uri());
        let mut notes = Vec::new();
        let is_header = match options.header {
            Header::Present => true,
            Header::Absent => false,
            Header::Configured => options.column_names.as_ref() == Some(&first.fields),
        };
        let mut first_line = 1;
        if is_header {
            first_line += count_lines(&content.buffer()[..first.end]);
            content.skip(first.end);
        }
        let names = match options.header {
            Header::Present => unique_names(first.fields, &uri, &mut notes),
            Header::Absent | Header::Configured => {
                let positions = 0..first.fields.len();
                positions
                    .map(|position| options.positional_name(position).into())
                    .collect()
            }
        };
        if options.header == Header::Configured {
            check_configured(&uri, options, &names)?;
        }
        Ok(Some(CsvFile {
            uri,
            dialect,
            schema: text_schema(names),
            notes,
            blocks: Blocks::new(content, first_line, CsvBoundaries::new(dialect), options),
            max_record_bytes: usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX),
            any_block: false,
        }))
    }

    pub(crate) async fn next_block(&mut self) -> Result<Option<CsvBlock>, ReadDataset> {
        let block = match self.blocks.next().await? {
            None if !self.any_block => Some(Block::default()),
            block => block,
        };
        self.any_block = true;
        Ok(block.map(|block| CsvBlock {
            uri: Arc::clone(&self.uri),
            block,
            dialect: self.dialect,
            schema: Arc::clone(&self.schema),
            max_record_bytes: self.max_record_bytes,
        }))
    }
}

/// Names from a configuration are those of all columns.
fn check_configured(
    uri: &str,
    options: &ReadOptions,
    names: &[ColumnName],
) -> Result<(), ReadDataset> {
    if let Some(given) = &options.column_names
        && given.len() != names.len()
    {
        return Err(ReadDataset::HeadersDiffer {
            uri: uri.to_owned(),
            headers: given.len(),
            columns: names.len(),
        });
    }
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(&name.name)) {
        Some(repeated) => Err(ReadDataset::RepeatedColumn {
            uri: uri.to_owned(),
            column: repeated.name.clone(),
        }),
        None => Ok(()),
    }
}

/// The name of a column, and the name in the data where that is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnName {
    pub(crate) name: String,
    pub(crate) original: Option<String>,
    /// The expression that made the column.
    pub(crate) expression: Option<String>,
    /// Of columns of captured events.
    pub(crate) side: Option<CaptureSide>,
}

impl From<String> for ColumnName {
    fn from(name: String) -> Self {
        ColumnName {
            name,
            original: None,
            expression: None,
            side: None,
        }
    }
}

impl ColumnName {
    /// A nullable column with this name, which remembers the original one.
    pub(crate) fn field(self, data_type: DataType) -> Field {
        let metadata: HashMap<String, String> = [
            (ORIGINAL_NAME, self.original),
            (EXPRESSION, self.expression),
            (
                CaptureSide::METADATA,
                self.side.map(|side| side.name().to_owned()),
            ),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect();
        Field::new(self.name, data_type, true).with_metadata(metadata)
    }
}

/// Nullable text columns.
pub(crate) fn text_schema(names: Vec<ColumnName>) -> SchemaRef {
    let fields: Vec<Field> = names
        .into_iter()
        .map(|name| name.field(DataType::Utf8))
        .collect();
    Arc::new(Schema::new(fields))
}

struct FirstRecord {
    fields: Vec<String>,
    end: usize,
}

/// The first record, for which more is read until it is whole.
async fn first_record(
    content: &mut Content,
    dialect: Dialect,
    options: &ReadOptions,
) -> Result<Option<FirstRecord>, ReadDataset> {
    let limit = usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX);
    loop {
        match try_first_record(content, dialect) {
            FirstRead::None => return Ok(None),
            FirstRead::Whole(index, end) => {
                return names_of(content, &index).map(|fields| Some(FirstRecord { fields, end }));
            }
            FirstRead::Unclosed => {
                return Err(ReadDataset::UnclosedQuote {
                    uri: content.uri().to_string(),
                    line: 1,
                });
            }
            FirstRead::CutOff if content.buffer().len() > limit => {
                let limit_bytes = options.max_record_bytes;
                return Err(ReadDataset::RecordTooLong {
                    uri: content.uri().to_string(),
                    line: 1,
                    limit_bytes,
                });
            }
            FirstRead::CutOff => {
                let wanted = content.buffer().len() * 2;
                content.fill(wanted.max(SAMPLE_BYTES)).await?;
            }
        }
    }
}

enum FirstRead {
    /// There is no record.
    None,
    /// The fields of the record, and where it ends.
    Whole(FieldIndex, usize),
    Unclosed,
    /// More content may belong to it.
    CutOff,
}

fn try_first_record(content: &Content, dialect: Dialect) -> FirstRead {
    let buffer = content.buffer();
    let mut index = FieldIndex::default();
    match index.read(buffer, 0, &ReadRecords::one(dialect)) {
        Ok(_) if index.rows() == 0 && content.ended() => FirstRead::None,
        Ok(end)
            if index.rows() == 1
                && (end < buffer.len()
                    || buffer.ends_with(&[dialect.newline])
                    || content.ended()) =>
        {
            FirstRead::Whole(index, end)
        }
        Err(_) if content.ended() => FirstRead::Unclosed,
        Ok(_) | Err(_) => FirstRead::CutOff,
    }
}

fn names_of(content: &Content, index: &FieldIndex) -> Result<Vec<String>, ReadDataset> {
    let name = |span| {
        let text = index.field(content.buffer(), span).to_vec();
        String::from_utf8(text).map_err(|_| ReadDataset::InvalidUtf8 {
            uri: content.uri().to_string(),
            line: 1,
        })
    };
    index.spans().iter().copied().map(name).collect()
}

/// A name that is there already gets `.1`, `.2`, … as pandas does; an empty one
/// becomes `_c` and its position, as in Spark.
fn unique_names(names: Vec<String>, uri: &str, notes: &mut Vec<String>) -> Vec<ColumnName> {
    // A new name must not be one that another column brings along.
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut seen = HashSet::new();
    let mut next_suffix: HashMap<String, usize> = HashMap::new();
    let mut unique = Vec::with_capacity(names.len());
    let mut renamed = Vec::new();
    for (position, name) in names.into_iter().enumerate() {
        let wanted = if name.is_empty() {
            format!("_c{position}")
        } else {
            name
        };
        if seen.insert(wanted.clone()) {
            unique.push(wanted.into());
            continue;
        }
        let suffix = next_suffix.entry(wanted.clone()).or_insert(1);
        let mut candidate = format!("{wanted}.{suffix}");
        while taken.contains(&candidate) || seen.contains(&candidate) {
            *suffix += 1;
            candidate = format!("{wanted}.{suffix}");
        }
        renamed.push(format!(
            "column {} is another `{wanted}` and is read as `{candidate}`",
            position + 1
        ));
        taken.insert(candidate.clone());
        seen.insert(candidate.clone());
        unique.push(ColumnName {
            name: candidate,
            original: Some(wanted),
            expression: None,
            side: None,
        });
    }
    note_renamed(uri, &renamed, notes);
    unique
}

/// One note for a file, however many of its columns are renamed.
fn note_renamed(uri: &str, renamed: &[String], notes: &mut Vec<String>) {
    const SHOWN: usize = 5;
    let (Some(shown), more) = (
        renamed.chunks(SHOWN).next(),
        renamed.len().saturating_sub(SHOWN),
    ) else {
        return;
    };
    let rest = if more > 0 {
        format!("; {more} more are renamed alike")
    } else {
        String::new()
    };
    notes.push(format!("`{uri}`: {}{rest}", shown.join("; ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &[&str], n_notes: usize) {
        let mut notes = Vec::new();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let unique: Vec<String> = unique_names(names, "x.csv", &mut notes)
            .into_iter()
            .map(|name| name.name)
            .collect();
        assert_eq!(unique, expected);
        assert_eq!(notes.len(), n_notes);
    }

    #[test]
    fn a_repeated_name_gets_a_number() {
        check(&["a", "b", "a", "a"], &["a", "b", "a.1", "a.2"], 1);
    }

    #[test]
    fn a_numbered_name_never_takes_the_name_of_another_column() {
        check(&["a", "a", "a.1"], &["a", "a.2", "a.1"], 1);
        check(&["a.1", "a", "a"], &["a.1", "a", "a.2"], 1);
    }

    #[test]
    fn many_repeated_names_give_one_note_that_says_how_many() {
        let mut notes = Vec::new();
        let names = unique_names(vec!["a".to_owned(); 20_000], "x.csv", &mut notes);
        assert_eq!(names[19_999].name, "a.19999");
        assert_eq!(names[19_999].original.as_deref(), Some("a"));
        assert!(
            notes[0].ends_with("; 19994 more are renamed alike"),
            "{notes:?}"
        );
    }

    #[test]
    fn an_empty_name_is_its_position() {
        check(&["", "b", ""], &["_c0", "b", "_c2"], 0);
        check(&["_c1", ""], &["_c1", "_c1.1"], 1);
    }
}
