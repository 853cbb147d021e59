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
mod fault;
mod metadata;
mod reading;
mod rows;
mod sieve;
mod widths;

use std::sync::Arc;

use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::error::ReadDataset;
use crate::dataset::events::{BadRecords, SkipReason};
use crate::dataset::options::ReadOptions;
pub(crate) use event::first_keys;
pub(crate) use metadata::{EventMetadata, hour_of_folder};
pub(crate) use sieve::SeenIds;

use sieve::{Sieve, Sifted};

/// A file of captured events that are still to come.
pub(crate) struct CaptureFile {
    uri: Arc<str>,
    blocks: Blocks<LineBoundaries>,
    options: Arc<ReadOptions>,
    labels: Labels,
    widths: Widths,
    sieve: Option<Sieve>,
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
    pub(crate) options: Arc<ReadOptions>,
    labels: Labels,
    widths: Widths,
    /// What is known without reading the events.
    sifted: Sifted,
}

impl CaptureFile {
    /// `widths` are those of the dataset, once its first file told.
    pub(crate) async fn open(
        mut content: Content,
        options: &Arc<ReadOptions>,
        (labels, widths, seen): (Labels, Widths, &SeenIds),
    ) -> Result<CaptureFile, ReadDataset> {
        let uri = Arc::clone(content.uri());
        let sieve = Sieve::new(&uri, options, seen);
        let widths = if widths == Widths::default() {
            widths::first_widths(&mut content, (options, labels), sieve.as_ref()).await?
        } else {
            widths
        };
        let blocks = Blocks::new(content, 1, LineBoundaries::default(), options);
        let blocks = match options.bad_records {
            BadRecords::Refuse => blocks,
            BadRecords::Skip => blocks.dropping_long_records(),
        };
        Ok(CaptureFile {
            uri,
            blocks,
            options: Arc::clone(options),
            labels,
            widths,
            sieve,
        })
    }

    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    pub(crate) async fn next_block(&mut self) -> Result<Option<CaptureBlock>, ReadDataset> {
        let block = self.blocks.next().await?;
        let long_records = self.blocks.take_long_records();
        let block = match block {
            Some(block) => block,
            // They are to be told by a partition, if by an empty one.
            None if !long_records.is_empty() => Block::default(),
            None => return Ok(None),
        };
        let mut sifted = match &self.sieve {
            Some(sieve) => sieve.sift(&block),
            None => Sifted::default(),
        };
        for line in long_records {
            sifted.tally.skip(SkipReason::TooLong, &self.uri, line);
        }
        Ok(Some(CaptureBlock {
            uri: Arc::clone(&self.uri),
            block,
            options: Arc::clone(&self.options),
            labels: self.labels,
            widths: self.widths,
            sifted,
        }))
    }
}
