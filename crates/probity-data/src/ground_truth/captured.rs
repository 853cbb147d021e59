//! The captured events of a window that labels can belong to, one by one, of an endpoint or of batch transform
//! jobs. They are gone through twice, for their ids and to be written, and come the same way both times.

use std::collections::HashSet;

use super::error::MergeGroundTruth;
use super::{IdHash, hash_of};
use crate::captures::{
    BatchFormat, BatchLine, BatchObject, BatchRecord, BatchRecords, files_of, hours,
};
use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::{EventTally, ReadDataset, ReadOptions, SkipReason};
use crate::format::capture::{EventMetadata, hour_of_folder};
use crate::location::{Environment, ListedFile};
use crate::window::Window;

const MS_PER_HOUR: i64 = 3_600_000;
const BLOCK_BYTES: u64 = 8 << 20;
const MAX_RECORD_BYTES: u64 = 64 << 20;

/// An event that may get a label.
pub(super) struct Event<'a> {
    pub(super) id: IdHash,
    /// The beginning of the hour of the inference.
    pub(super) hour_ms: i64,
    /// The variant of an endpoint; empty for a batch transform job.
    pub(super) variant: &'a str,
    pub(super) content: EventContent<'a>,
}

pub(super) enum EventContent<'a> {
    /// A line as it was captured.
    Line(&'a str),
    Batch(&'a str, &'a BatchRecord),
}

/// Where the events are.
pub(super) enum Events {
    Endpoint(Vec<ListedFile>),
    Batch(BatchFormat, Vec<BatchObject>),
}

impl Events {
    pub(super) async fn of_endpoint(
        destination: &str,
        endpoint: &str,
        window: Window,
        environment: &Environment,
    ) -> Result<Events, MergeGroundTruth> {
        let failed = |source| MergeGroundTruth::Captures {
            location: destination.to_owned(),
            source,
        };
        let folders = hours(destination, endpoint, window, environment)
            .await
            .map_err(failed)?;
        let files = files_of(&folders, environment).await.map_err(failed)?;
        Ok(Events::Endpoint(files))
    }

    /// Gives every event of `window` to `take`; counts the others.
    pub(super) async fn for_each<E>(
        &self,
        window: Window,
        tally: &mut EventTally,
        mut take: impl FnMut(Event<'_>, &mut EventTally) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<ReadEvents>,
    {
        let mut pass = Pass {
            window,
            tally,
            seen: HashSet::new(),
        };
        match self {
            Events::Endpoint(files) => {
                for listed in files {
                    let mut file = EndpointFile::open(listed).await?;
                    while let Some(block) = file.next(pass.tally).await? {
                        pass.endpoint_block(&file, &block, &mut take)?;
                    }
                }
            }
            Events::Batch(format, objects) => {
                for object in objects {
                    let open = BatchRecords::open(&object.file, *format).await;
                    let mut records = open.map_err(ReadEvents)?;
                    while let Some(lines) = records.next().await.map_err(ReadEvents)? {
                        pass.batch_lines(object, lines, &mut take)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Why going on was impossible.
#[derive(Debug)]
pub(super) struct ReadEvents(pub(super) ReadDataset);

impl From<ReadEvents> for MergeGroundTruth {
    fn from(failed: ReadEvents) -> Self {
        MergeGroundTruth::Events(failed.0)
    }
}

struct EndpointFile {
    uri: String,
    /// `…/VARIANT/yyyy/mm/dd/hh/NAME`
    variant: String,
    folder_hour_ms: Option<i64>,
    blocks: Blocks<LineBoundaries>,
}

impl EndpointFile {
    async fn open(listed: &ListedFile) -> Result<EndpointFile, ReadEvents> {
        let options = ReadOptions {
            block_size_bytes: BLOCK_BYTES,
            max_record_bytes: MAX_RECORD_BYTES,
            ..ReadOptions::default()
        };
        let content = Content::open(&listed.file).await.map_err(ReadEvents)?;
        let uri = listed.file.uri().to_owned();
        let blocks = Blocks::new(content, 1, LineBoundaries::default(), &options);
        Ok(EndpointFile {
            variant: uri.rsplit('/').nth(5).unwrap_or_default().to_owned(),
            folder_hour_ms: hour_of_folder(&uri),
            blocks: blocks.dropping_long_records(),
            uri,
        })
    }

    async fn next(&mut self, tally: &mut EventTally) -> Result<Option<Block>, ReadEvents> {
        let block = self.blocks.next().await.map_err(ReadEvents)?;
        for line in self.blocks.take_long_records() {
            tally.skip(SkipReason::TooLong, &self.uri, line);
        }
        Ok(block)
    }
}

/// One time through.
struct Pass<'t> {
    window: Window,
    tally: &'t mut EventTally,
    /// Ids of events, which may have been captured twice.
    seen: HashSet<IdHash>,
}

impl Pass<'_> {
    fn endpoint_block<E>(
        &mut self,
        file: &EndpointFile,
        block: &Block,
        take: &mut impl FnMut(Event<'_>, &mut EventTally) -> Result<(), E>,
    ) -> Result<(), E> {
        for (line, record) in (block.first_line..).zip(block.bytes.split(|byte| *byte == b'\n')) {
            let record = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
            let record = record.trim_ascii();
            if record.is_empty() {
                continue;
            }
            let metadata = EventMetadata::of(record);
            let Some(at_ms) = self.wanted_at(metadata.inference_ms(), file.folder_hour_ms) else {
                continue;
            };
            let Ok(record) = std::str::from_utf8(record) else {
                self.tally.skip(SkipReason::InvalidUtf8, &file.uri, line);
                continue;
            };
            let Some(id) = metadata.join_id() else {
                let reason = match serde_json::from_str::<serde::de::IgnoredAny>(record) {
                    Ok(_) => SkipReason::NotAnEvent,
                    Err(_) => SkipReason::InvalidJson,
                };
                self.tally.skip(reason, &file.uri, line);
                continue;
            };
            if self.is_repeated(metadata.event_id.as_deref()) {
                continue;
            }
            let event = Event {
                id: hash_of(id),
                hour_ms: at_ms - at_ms.rem_euclid(MS_PER_HOUR),
                variant: &file.variant,
                content: EventContent::Line(record),
            };
            take(event, self.tally)?;
        }
        Ok(())
    }

    fn batch_lines<E>(
        &mut self,
        object: &BatchObject,
        lines: Vec<(u64, BatchLine)>,
        take: &mut impl FnMut(Event<'_>, &mut EventTally) -> Result<(), E>,
    ) -> Result<(), E> {
        for (line, found) in lines {
            let record = match found {
                BatchLine::Record(record) => record,
                BatchLine::Bad(reason) => {
                    self.tally.skip(reason, object.file.uri(), line);
                    continue;
                }
            };
            let told = record.inference_ms();
            let Some(at_ms) = self.wanted_at(told, Some(object.hour_ms)) else {
                continue;
            };
            // Without `GenerateInferenceId` there is nothing to match labels by.
            let Some(id) = record.id.as_deref() else {
                self.tally
                    .skip(SkipReason::NotAnEvent, object.file.uri(), line);
                continue;
            };
            if self.is_repeated(Some(id)) {
                continue;
            }
            let event = Event {
                id: hash_of(id),
                hour_ms: at_ms - at_ms.rem_euclid(MS_PER_HOUR),
                variant: "",
                content: EventContent::Batch(id, &record),
            };
            take(event, self.tally)?;
        }
        Ok(())
    }

    /// The time of an event of the window.
    fn wanted_at(&mut self, told: Option<i64>, folder_hour_ms: Option<i64>) -> Option<i64> {
        let at_ms = told.or(folder_hour_ms).unwrap_or(self.window.start_ms);
        if !self.window.contains(at_ms) {
            self.tally.outside_window += 1;
            return None;
        }
        self.tally.untimed += u64::from(told.is_none());
        Some(at_ms)
    }

    fn is_repeated(&mut self, event_id: Option<&str>) -> bool {
        let repeated = event_id.is_some_and(|id| !self.seen.insert(hash_of(id)));
        self.tally.duplicates += u64::from(repeated);
        repeated
    }
}
