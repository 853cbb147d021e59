//! Why a captured event cannot be rows: as an error with its place, or as what is counted when it is passed over.

use crate::dataset::error::ReadDataset;
use crate::dataset::events::SkipReason;
use crate::format::json::{ColumnFault, RowFault, row_error};
use crate::format::text_table::MAX_COLUMNS;

/// Why an event cannot be rows, before its place is known.
#[derive(Debug)]
pub(crate) enum EventFault {
    Json {
        column: u64,
        problem: &'static str,
    },
    Event(&'static str),
    UnknownEncoding(&'static str),
    NoGroundTruth,
    EncodingMismatch {
        input: &'static str,
        output: &'static str,
    },
    Base64 {
        side: &'static str,
    },
    RecordCounts {
        inputs: usize,
        outputs: usize,
    },
    LabelCounts {
        labels: usize,
        records: usize,
    },
    Width {
        expected: usize,
        found: usize,
    },
    CsvPayload {
        side: &'static str,
        problem: &'static str,
    },
    JsonPayload {
        side: &'static str,
        fault: RowFault,
    },
    TooManyColumns,
    Column(ColumnFault),
}

impl EventFault {
    pub(crate) fn at(self, uri: &str, line: u64) -> ReadDataset {
        let uri = uri.to_owned();
        match self {
            EventFault::Json { column, problem } => ReadDataset::InvalidJson {
                uri,
                line,
                column,
                problem,
            },
            EventFault::Event(problem) | EventFault::UnknownEncoding(problem) => {
                ReadDataset::NotAnEvent { uri, line, problem }
            }
            EventFault::NoGroundTruth => ReadDataset::NotAnEvent {
                uri,
                line,
                problem: "it has no `groundTruthData`",
            },
            EventFault::EncodingMismatch { input, output } => ReadDataset::EncodingMismatch {
                uri,
                line,
                input,
                output,
            },
            EventFault::Base64 { side } => ReadDataset::Base64 { uri, line, side },
            EventFault::RecordCounts { inputs, outputs } => ReadDataset::RecordCountsDiffer {
                uri,
                line,
                inputs,
                outputs,
            },
            EventFault::LabelCounts { labels, records } => ReadDataset::LabelCountsDiffer {
                uri,
                line,
                labels,
                records,
            },
            EventFault::Width { expected, found } => ReadDataset::RaggedRecord {
                uri,
                line,
                expected,
                found,
            },
            EventFault::CsvPayload { side, problem } => ReadDataset::Payload {
                uri,
                line,
                side,
                problem: problem.into(),
            },
            EventFault::JsonPayload { side, fault } => match fault {
                RowFault::Json(fault) => ReadDataset::Payload {
                    uri,
                    line,
                    side,
                    problem: format!("invalid JSON at byte {}: {}", fault.offset, fault.problem),
                },
                nested => row_error(&uri, line, "", nested),
            },
            EventFault::Column(fault) => fault.at(&uri, line),
            EventFault::TooManyColumns => ReadDataset::TooManyColumns {
                uri,
                found: MAX_COLUMNS + 1,
                limit: MAX_COLUMNS,
            },
        }
    }

    /// What it is counted as where it is passed over.
    pub(crate) fn reason(&self) -> SkipReason {
        match self {
            EventFault::Json { .. } => SkipReason::InvalidJson,
            EventFault::Event(_) => SkipReason::NotAnEvent,
            EventFault::UnknownEncoding(_) => SkipReason::UnknownEncoding,
            EventFault::NoGroundTruth => SkipReason::NoGroundTruth,
            EventFault::EncodingMismatch { .. } => SkipReason::EncodingMismatch,
            EventFault::Base64 { .. } => SkipReason::Base64,
            EventFault::RecordCounts { .. } => SkipReason::RecordCounts,
            EventFault::LabelCounts { .. } => SkipReason::LabelCounts,
            EventFault::Width { .. } | EventFault::Column(ColumnFault::Features { .. }) => {
                SkipReason::RaggedWidth
            }
            EventFault::CsvPayload { .. }
            | EventFault::JsonPayload {
                fault: RowFault::Json(_),
                ..
            } => SkipReason::Payload,
            EventFault::JsonPayload {
                fault: RowFault::Nested { .. } | RowFault::SameName { .. },
                ..
            } => SkipReason::Nested,
            EventFault::TooManyColumns
            | EventFault::JsonPayload {
                fault: RowFault::TooManyColumns { .. },
                ..
            }
            | EventFault::Column(ColumnFault::TooManyColumns) => SkipReason::TooManyColumns,
            EventFault::Column(ColumnFault::Gave { .. } | ColumnFault::Failed { .. }) => {
                SkipReason::Expression
            }
        }
    }
}
