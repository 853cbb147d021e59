//! Captured events in JSON Lines: what went into a model and what came out,
//! and the ground truth that was merged with it.
//!
//! Record shape: the "Capture data" and "Ingest ground truth labels and merge
//! them with predictions" pages of the SageMaker developer guide, and real
//! files. The output's columns come first, then the input's, unless asked the
//! other way round; the ground truth comes last. Several records in one event
//! (a mini-batch) are several rows: record i of the output belongs to record i
//! of the input.
//!
//! CSV payloads have no names: the baseline's are taken by position. JSON
//! payloads keep their keys; a key of both sides holds the later side's value.
//! The ground truth is the column `groundTruth`; of several CSV fields the
//! columns `groundTruth_0`, `groundTruth_1`, …; of a JSON object `groundTruth.key`.

mod by_expression;
mod event;
mod rows;

use std::sync::Arc;

use super::csv::check_utf8;
use super::text_table::{FinishedTable, TextTable};
use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::options::ReadOptions;
pub(crate) use event::first_keys;

use event::Event;
use rows::EventReader;

/// A file of captured events that are still to come.
pub(crate) struct CaptureFile {
    uri: Arc<str>,
    blocks: Blocks<LineBoundaries>,
    options: Arc<ReadOptions>,
    labels: Labels,
    widths: Widths,
}

/// What the first event tells of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Widths {
    /// Columns of CSV payloads.
    pub(crate) csv: Option<usize>,
    /// Features that an expression finds in JSON payloads.
    pub(crate) features: Option<usize>,
}

/// Whether events carry ground truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Labels {
    Absent,
    Present,
}

/// A block and how to read it.
#[derive(Clone, Debug)]
pub(crate) struct CaptureBlock {
    pub(crate) uri: Arc<str>,
    pub(crate) block: Block,
    options: Arc<ReadOptions>,
    labels: Labels,
    widths: Widths,
}

impl CaptureFile {
    /// `widths` are those of the dataset, once its first file told.
    pub(crate) async fn open(
        mut content: Content,
        options: &Arc<ReadOptions>,
        (labels, widths): (Labels, Widths),
    ) -> Result<CaptureFile, ReadDataset> {
        let widths = if widths == Widths::default() {
            first_widths(&mut content, options, labels).await?
        } else {
            widths
        };
        let uri = Arc::clone(content.uri());
        let blocks = Blocks::new(content, 1, LineBoundaries::default(), options);
        Ok(CaptureFile {
            uri,
            blocks,
            options: Arc::clone(options),
            labels,
            widths,
        })
    }

    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    pub(crate) async fn next_block(&mut self) -> Result<Option<CaptureBlock>, ReadDataset> {
        Ok(self.blocks.next().await?.map(|block| CaptureBlock {
            uri: Arc::clone(&self.uri),
            block,
            options: Arc::clone(&self.options),
            labels: self.labels,
            widths: self.widths,
        }))
    }
}

/// What the first event tells. What is wrong with it is told when it is read with the others, except that it does
/// not fit the headers.
async fn first_widths(
    content: &mut Content,
    options: &Arc<ReadOptions>,
    labels: Labels,
) -> Result<Widths, ReadDataset> {
    let limit = usize::try_from(options.max_record_bytes).unwrap_or(usize::MAX);
    loop {
        let line = content
            .buffer()
            .split_inclusive(|byte| *byte == b'\n')
            .find(|line| !line.trim_ascii().is_empty());
        if let Some(line) = line
            && (line.ends_with(b"\n") || content.ended())
        {
            let block = CaptureBlock {
                uri: Arc::clone(content.uri()),
                block: Block {
                    bytes: line.to_vec().into(),
                    first_line: 1,
                    is_last: true,
                },
                options: Arc::clone(options),
                labels,
                widths: Widths::default(),
            };
            return with_headers(block.first_widths(), (content.uri(), options));
        }
        if content.ended() || content.buffer().len() > limit {
            return Ok(Widths::default());
        }
        content
            .fill((content.buffer().len() * 2).max(64 << 10))
            .await?;
    }
}

fn with_headers(
    widths: Widths,
    (uri, options): (&str, &ReadOptions),
) -> Result<Widths, ReadDataset> {
    let columns = options.record_columns.as_ref();
    let (Some(columns), Some(found)) = (columns, widths.features) else {
        return Ok(widths);
    };
    match columns.features_by_headers() {
        Some(expected) if expected != found => Err(ReadDataset::HeadersDiffer {
            uri: uri.to_owned(),
            headers: expected + columns.values.len(),
            columns: found + columns.values.len(),
        }),
        _ => Ok(widths),
    }
}

impl CaptureBlock {
    pub(crate) fn read(&self) -> Result<FinishedTable, ReadDataset> {
        let mut table = TextTable::default();
        let mut reader = EventReader::new(&mut table, &self.options, self.labels);
        reader.expect(self.widths);
        self.read_into(&mut reader)?;
        reader.finish();
        Ok(table.finish())
    }

    fn first_widths(&self) -> Widths {
        let mut table = TextTable::default();
        let mut reader = EventReader::new(&mut table, &self.options, self.labels);
        match self.read_into(&mut reader) {
            Ok(()) => reader.widths(),
            Err(_) => Widths::default(),
        }
    }

    fn read_into(&self, reader: &mut EventReader<'_>) -> Result<(), ReadDataset> {
        let text = check_utf8(&self.uri, &self.block)?;
        for (line, record) in (self.block.first_line..).zip(text.split('\n')) {
            if record.len() as u64 > self.options.max_record_bytes {
                let limit_bytes = self.options.max_record_bytes;
                return Err(ReadDataset::RecordTooLong {
                    uri: self.uri.to_string(),
                    line,
                    limit_bytes,
                });
            }
            // A byte order mark can only be at the very start.
            let record = record
                .strip_prefix('\u{feff}')
                .unwrap_or(record)
                .trim_ascii();
            if !record.is_empty() {
                let event = Event::parse(record).map_err(|fault| fault.at(&self.uri, line))?;
                reader
                    .read(&event)
                    .map_err(|fault| fault.at(&self.uri, line))?;
            }
        }
        Ok(())
    }
}
