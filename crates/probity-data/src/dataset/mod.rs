//! A dataset: files of one format, as an ordered stream of partitions.
//!
//! A partition is a file of less than 64 MiB of uncompressed content, or a
//! block of a larger one, cut at the first record boundary after each 64 MiB
//! (for Parquet, a run of row groups). The cut depends on the content alone, so
//! the same content gives the same partitions on any machine and from any
//! location. Cutting is sequential and cheap; understanding happens in
//! [`Partition::stream`].

pub(crate) mod blocks;
pub(crate) mod capture_side;
pub(crate) mod column_choice;
pub(crate) mod content;
mod dataset_type;
pub(crate) mod error;
pub(crate) mod events;
mod join;
pub(crate) mod notes;
pub(crate) mod open_file;
pub(crate) mod options;
pub(crate) mod partition;
mod recognition;
pub(crate) mod record_columns;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use futures::StreamExt;
use futures::stream::BoxStream;

pub use capture_side::CaptureSide;
pub use column_choice::{ColumnChoice, UnknownColumn};
pub use dataset_type::{DatasetType, UnknownDatasetType};
pub use error::ReadDataset;
pub use events::{BadRecords, EventCounts, EventPlace, EventTally, SkipReason};
pub use join::{JoinDatasets, JoinSide, join, resolve_in_table};
pub use options::{ColumnsPosition, Format, Header, Inputs, Nested, ReadOptions};
pub use partition::{EXPRESSION, ORIGINAL_NAME, Partition, Projection};
pub use record_columns::{InvalidRecordColumns, RecordColumns, RecordRole, RecordValue};

pub use crate::format::expression::{InvalidExpression, RecordExpression};

use crate::format::parquet::check_types;
use crate::location::SourceFile;
use join::Join;
use notes::Notes;
use open_file::{FirstFile, OpenFile};

/// Blocks and records together stay below what Arrow's 32-bit offsets address.
const MAX_BLOCK_BYTES: u64 = 1 << 30;

/// Files that are to be read as one table.
#[derive(Debug)]
pub struct Dataset {
    files: Vec<SourceFile>,
    options: Arc<ReadOptions>,
    format: Format,
    notes: Notes,
    joined: Option<Arc<Join>>,
    /// Of datasets that were joined to this one.
    notes_of_others: Vec<String>,
}

/// Prepares to read `files` in their order. Looks into the first one.
pub async fn open(files: Vec<SourceFile>, options: ReadOptions) -> Result<Dataset, ReadDataset> {
    if let Some(delimiter) = options.delimiter
        && matches!(delimiter, b'"' | b'\n' | b'\r' | 0x80..)
    {
        return Err(ReadDataset::Options {
            problem: "the delimiter must be one ASCII character and no quote or line end",
        });
    }
    if options.block_size_bytes > MAX_BLOCK_BYTES || options.max_record_bytes > MAX_BLOCK_BYTES - 1
    {
        return Err(ReadDataset::Options {
            problem: "blocks and records must be shorter than 1 GiB",
        });
    }
    let format = match options.format {
        Some(format) => format,
        None => open_file::format_of_files(&files).await?,
    };
    options.events.clear();
    Ok(Dataset {
        files,
        options: Arc::new(options),
        format,
        notes: Notes::default(),
        joined: None,
        notes_of_others: Vec::new(),
    })
}

impl Dataset {
    pub fn format(&self) -> Format {
        self.format
    }

    /// The number of files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// What became of captured events. Complete when the partitions were read.
    pub fn events(&self) -> EventTally {
        self.options.events.total()
    }

    /// What was decided for the user's data while reading them, as renamed
    /// columns. Complete when the partitions were read.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.all();
        notes.extend(self.events().notes());
        notes.extend(self.notes_of_others.iter().cloned());
        notes.extend(self.joined.iter().flat_map(|join| join.notes()));
        notes
    }

    /// The partitions in their order.
    pub fn partitions(&self) -> BoxStream<'static, Result<Partition, ReadDataset>> {
        let cutter = Cutter {
            files: self.files.iter().cloned().collect(),
            options: Arc::clone(&self.options),
            first: FirstFile::of(self.format),
            first_columns: None,
            notes: self.notes.clone(),
            joined: self.joined.clone(),
            current: None,
            ordinal: 0,
            any_rows: false,
        };
        futures::stream::try_unfold(cutter, |mut cutter| async move {
            Ok(cutter.next().await?.map(|partition| (partition, cutter)))
        })
        .boxed()
    }
}

/// Goes through the files and cuts them.
struct Cutter {
    files: VecDeque<SourceFile>,
    options: Arc<ReadOptions>,
    first: FirstFile,
    /// Columns of the first file, where files must agree.
    first_columns: Option<(String, SchemaRef)>,
    notes: Notes,
    joined: Option<Arc<Join>>,
    current: Option<OpenFile>,
    ordinal: usize,
    any_rows: bool,
}

impl Cutter {
    async fn next(&mut self) -> Result<Option<Partition>, ReadDataset> {
        loop {
            if let Some(file) = &mut self.current {
                if let Some(body) = file.next_body().await? {
                    let partition = Partition::new(self.ordinal, body, self.notes.clone())
                        .joined_by(self.joined.clone());
                    self.ordinal += 1;
                    // The first partition tells the columns, so it must not be one whose events were all
                    // passed over.
                    self.any_rows = self.any_rows || !partition.may_be_empty();
                    if !self.any_rows {
                        self.any_rows = partition.has_rows()?;
                    }
                    if self.any_rows {
                        return Ok(Some(partition));
                    }
                    continue;
                }
                self.current = None;
            }
            let Some(file) = self.files.pop_front() else {
                return Ok(None);
            };
            self.open(&file).await?;
        }
    }

    async fn open(&mut self, file: &SourceFile) -> Result<(), ReadDataset> {
        self.current = open_file::open(file, &mut self.first, &self.options).await?;
        let Some(open) = &mut self.current else {
            let note = format!("`{}` holds no records and was passed over", file.uri());
            self.notes.add(note);
            return Ok(());
        };
        for note in open.take_notes() {
            self.notes.add(note);
        }
        if let Some(schema) = open.schema() {
            self.check_columns(file.uri(), &schema)?;
        }
        Ok(())
    }

    fn check_columns(&mut self, uri: &str, schema: &SchemaRef) -> Result<(), ReadDataset> {
        match &self.first_columns {
            None => self.first_columns = Some((uri.to_owned(), Arc::clone(schema))),
            Some((first_uri, first)) => {
                check_names((first_uri, first), (uri, schema))?;
                check_types((first_uri, first), (uri, schema))?;
            }
        }
        Ok(())
    }
}

/// Columns are matched by name; their order may differ.
fn check_names(
    (first_uri, first): (&str, &Schema),
    (uri, found): (&str, &Schema),
) -> Result<(), ReadDataset> {
    let missing = names_only_in(first, found);
    let extra = names_only_in(found, first);
    if missing.is_empty() && extra.is_empty() {
        return Ok(());
    }
    Err(ReadDataset::ColumnsDiffer {
        first_uri: first_uri.to_owned(),
        uri: uri.to_owned(),
        missing,
        extra,
    })
}

fn names_only_in(one: &Schema, other: &Schema) -> Vec<String> {
    let others: HashSet<&str> = other
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    one.fields()
        .iter()
        .map(|field| field.name().clone())
        .filter(|name| !others.contains(name.as_str()))
        .collect()
}
