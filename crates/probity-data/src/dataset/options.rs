//! How a dataset is to be read. Everything has a default that suits a CSV with
//! a header, a Parquet file or an endpoint's captures.

use super::events::{BadRecords, EventCounts};
use super::record_columns::RecordColumns;
use crate::format::text_table::MAX_COLUMNS;
use crate::window::Window;

/// A dataset format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Csv,
    /// One array of objects, or objects one after the other.
    Json,
    /// One object per line.
    JsonLines,
    Parquet,
    /// What an endpoint or a batch transform job captured, one event per line.
    Capture,
    /// Captures merged with ground truth.
    MergedCapture,
}

impl Format {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::JsonLines => "json-lines",
            Format::Parquet => "parquet",
            Format::Capture => "capture",
            Format::MergedCapture => "merged-capture",
        }
    }
}

/// Whether the first record of a CSV file names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    #[default]
    Present,
    Absent,
    /// `column_names` names all columns, as `headers` of a Clarify configuration does, or they are `column_0`,
    /// `column_1`, …. There is no header then, unless the first record is these very names.
    Configured,
}

/// What to do with objects and arrays inside a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nested {
    #[default]
    Refuse,
    /// `{"a":{"b":[5]}}` becomes the column `a.b.0`.
    Flatten,
}

/// Where the output columns of a captured event go: `dataset_format`'s
/// `output_columns_position`, by default before the input columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColumnsPosition {
    #[default]
    Start,
    End,
}

/// Whether what went into a model is of interest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    #[default]
    Read,
    /// Nor can it be wrong then.
    PassedOver,
}

#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// `None`: from the file's name and first record.
    pub format: Option<Format>,
    pub header: Header,
    /// CSV only. `None`: one of `,` `;` tab `|`, from the first records.
    pub delimiter: Option<u8>,
    pub nested: Nested,
    pub columns_position: ColumnsPosition,
    /// Names by position for data without names (CSV without header, CSV
    /// captures); `_c0`, `_c1`, … stand in where there are too few, unless [`Header::Configured`] asks for all.
    pub column_names: Option<Vec<String>>,
    /// JSON, JSON Lines and captures of them: take these instead of one column per key.
    pub record_columns: Option<RecordColumns>,
    /// Uncompressed content of one partition, at the least, of a file that has
    /// more.
    pub block_size_bytes: u64,
    /// A longer record is an error, so that memory stays bounded.
    pub max_record_bytes: u64,
    /// Captures: only events whose inference (`eventMetadata.inferenceTime`) was then. One that does not tell
    /// is taken to be of the beginning of the hour of its folder, `…/yyyy/mm/dd/hh`; outside such a folder it is
    /// read.
    pub window: Option<Window>,
    /// Captures: what to do with those that cannot be read.
    pub bad_records: BadRecords,
    /// Captures: more columns than this in a partition come from values used as keys.
    pub max_columns: usize,
    /// Captures: whether the input is looked at; `captureIndexNames` of a job may name the output alone.
    pub inputs: Inputs,
    /// Captures: what became of the events, filled while they are read.
    pub events: EventCounts,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            format: None,
            header: Header::Present,
            delimiter: None,
            nested: Nested::Refuse,
            columns_position: ColumnsPosition::Start,
            column_names: None,
            record_columns: None,
            block_size_bytes: 64 << 20,
            max_record_bytes: 256 << 20,
            window: None,
            bad_records: BadRecords::Refuse,
            max_columns: MAX_COLUMNS,
            inputs: Inputs::Read,
            events: EventCounts::default(),
        }
    }
}

impl ReadOptions {
    /// What an endpoint captured in `window`, as far as it can be read: for a monitor, which has to go on
    /// whatever somebody sent. `format` is one of the two formats of captures.
    pub fn monitoring(format: Format, window: Window) -> ReadOptions {
        ReadOptions {
            format: Some(format),
            window: Some(window),
            bad_records: BadRecords::Skip,
            max_columns: 10_000,
            max_record_bytes: 64 << 20,
            ..ReadOptions::default()
        }
    }

    /// The name of column `position` of data that has no names.
    pub(crate) fn positional_name(&self, position: usize) -> String {
        let given = self
            .column_names
            .as_ref()
            .and_then(|names| names.get(position));
        given.cloned().unwrap_or_else(|| match self.header {
            Header::Configured => format!("column_{position}"),
            Header::Present | Header::Absent => format!("_c{position}"),
        })
    }
}
