//! The merge: the ids of the window's events, then the labels that were uploaded, then the events again, those
//! with a label written. Memory holds an id and a label for each event of the window, never an event.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::captured::{Event, Events, ReadEvents};
use super::error::MergeGroundTruth;
use super::labels::{self, LabelRecord, Upload};
use super::merged_file::{LabelText, MergedFiles, NotWritten};
use super::report::{LeftWaiting, MergeReport};
use super::waiting::{self, Header};
use super::{IdHash, late};
use crate::captures::{BatchFormat, BatchSide, batch_objects};
use crate::dataset::{EventTally, SkipReason};
use crate::location::{Environment, move_file};
use crate::window::Window;

/// Whose captures get labels.
#[derive(Clone, Debug)]
pub enum Captured {
    /// `DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/…`
    Endpoint {
        destination: String,
        endpoint: String,
    },
    /// What batch transform jobs gave, with the ids that `GenerateInferenceId` adds. The schedule's name is for
    /// the merged files.
    Batch {
        destination: String,
        schedule: String,
        format: BatchFormat,
    },
}

/// What to merge.
#[derive(Clone, Debug)]
pub struct MergeRequest {
    pub captured: Captured,
    /// Of the inferences.
    pub window: Window,
    /// `GroundTruthS3Input.S3Uri`
    pub ground_truth: String,
    /// When the execution was due: labels uploaded later are late.
    pub due_ms: i64,
    /// Labels of the hours up to then are read.
    pub now_ms: i64,
    /// `{S3OutputUri}/merge`
    pub output: String,
    /// See [`file_id`](super::file_id). The same for every merge of one window of one schedule, so that a later
    /// merge, which found more labels, replaces the files of an earlier one.
    pub file_id: String,
    /// What earlier merges of the schedule left waiting ([`MergeReport::waiting`]): labels of those events are not
    /// orphans.
    pub earlier_waiting: Vec<String>,
}

/// Merges labels with what was captured.
pub async fn merge(
    request: &MergeRequest,
    environment: &Environment,
) -> Result<MergeReport, MergeGroundTruth> {
    let output = request.output.trim_end_matches('/');
    let mut report = MergeReport::of(request.window);
    let events = find_events(request, &mut report, environment).await?;
    let mut known = Known::default();
    let mut counted = EventTally::default();
    let add = |event: Event<'_>, tally: &mut EventTally| {
        tally.read += 1;
        known.events.entry(event.id).or_insert(NO_LABEL);
        Ok::<(), ReadEvents>(())
    };
    events.for_each(request.window, &mut counted, add).await?;

    let hours = labels::upload_hours(request.window, request.now_ms);
    let files = labels::find(&request.ground_truth, hours, environment).await?;
    let labels_seen_ms = files.iter().map(|file| file.modified_ms).max();
    let mut tally = std::mem::take(&mut report.labels);
    labels::for_each(&files, &mut tally, |upload, label| {
        known.add(request, (upload, label), &mut report);
    })
    .await?;
    report.labels = tally;
    report.orphan = orphans(&mut known, request, environment).await?;

    if known.labels.is_empty() {
        report.unmatched = counted.read;
        report.events = counted;
    } else {
        let mut merged = MergedFiles::new(request.captured.subject(), environment);
        write_matched(
            (&events, request.window),
            &known,
            (&mut merged, &mut report),
        )
        .await?;
        report.files = merged.put(output, &request.file_id).await?;
    }
    let unmatched = known.events.iter().filter(|(_, label)| **label == NO_LABEL);
    let unmatched: Vec<IdHash> = unmatched.map(|(id, _)| *id).collect();
    report.waiting = LeftWaiting {
        uri: format!("{output}/_waiting/{}.ids", request.file_id),
        events: unmatched.len() as u64,
        labels_seen_ms: labels_seen_ms.unwrap_or(0),
    };
    let header = Header::new(request.window, report.waiting.labels_seen_ms);
    let waiting = waiting::write(&header, unmatched);
    put(waiting, &report.waiting.uri, environment).await?;
    Ok(report)
}

async fn find_events(
    request: &MergeRequest,
    report: &mut MergeReport,
    environment: &Environment,
) -> Result<Events, MergeGroundTruth> {
    match &request.captured {
        Captured::Endpoint {
            destination,
            endpoint,
        } => Events::of_endpoint(destination, endpoint, request.window, environment).await,
        Captured::Batch {
            destination,
            format,
            ..
        } => {
            let found =
                batch_objects(destination, BatchSide::Output, request.window, environment).await;
            let (objects, notes) = found.map_err(MergeGroundTruth::Events)?;
            report.notes_of_captures.extend(notes);
            Ok(Events::Batch(*format, objects))
        }
    }
}

impl Captured {
    fn subject(&self) -> &str {
        match self {
            Captured::Endpoint { endpoint, .. } => endpoint,
            Captured::Batch { schedule, .. } => schedule,
        }
    }
}

const NO_LABEL: u32 = u32::MAX;

/// When a label came, seen from the execution that needed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    InTime,
    Late,
}

impl From<bool> for Arrival {
    fn from(is_late: bool) -> Arrival {
        match is_late {
            true => Arrival::Late,
            false => Arrival::InTime,
        }
    }
}

/// What is in memory.
#[derive(Default)]
struct Known {
    /// The ids of the window's events, and the number of the label of each.
    events: HashMap<IdHash, u32>,
    labels: Vec<StoredLabel>,
    /// The data of all labels, one after the other.
    text: String,
    /// Ids of labels that no event of the window has, uploaded in time for it.
    strangers: HashSet<IdHash>,
}

struct StoredLabel {
    start: usize,
    end: usize,
    encoding: &'static str,
    is_late: bool,
}

impl Known {
    fn label(&self, id: IdHash) -> Option<(&StoredLabel, LabelText<'_>)> {
        let number = self.events.get(&id)?;
        let stored = self.labels.get(usize::try_from(*number).ok()?)?;
        let text = LabelText {
            data: &self.text[stored.start..stored.end],
            encoding: stored.encoding,
        };
        Some((stored, text))
    }

    fn add(
        &mut self,
        request: &MergeRequest,
        (upload, label): (&Upload<'_>, LabelRecord<'_>),
        report: &mut MergeReport,
    ) {
        let id = super::hash_of(label.id);
        let is_late = upload.is_after(request.due_ms);
        if !self.events.contains_key(&id) {
            let elsewhere = label
                .inference_ms
                .is_some_and(|at_ms| !request.window.contains(at_ms));
            if elsewhere || is_late {
                report.of_other_windows += 1;
            } else if self.strangers.len() < MAX_STRANGERS {
                self.strangers.insert(id);
            }
            return;
        }
        if let Some((stored, text)) = self.label(id) {
            if (text.data, text.encoding) == (label.data, label.encoding) {
                report.duplicate += 1;
                return;
            }
            report.conflicting += 1;
            report.note_conflict(upload.uri);
            let was_late = stored.is_late;
            self.store((id, label), Arrival::from(is_late || was_late));
            return;
        }
        self.store((id, label), Arrival::from(is_late));
    }

    fn store(&mut self, (id, label): (IdHash, LabelRecord<'_>), arrival: Arrival) {
        let start = self.text.len();
        self.text.push_str(label.data);
        let stored = StoredLabel {
            start,
            end: self.text.len(),
            encoding: label.encoding,
            is_late: arrival == Arrival::Late,
        };
        // More labels than the number can say are more than memory can hold.
        let number = u32::try_from(self.labels.len()).unwrap_or(NO_LABEL);
        self.labels.push(stored);
        self.events.insert(id, number);
    }
}

/// Ids that are remembered only to be counted.
const MAX_STRANGERS: usize = 1 << 22;

/// How many labels belong to no event, of this window or of an earlier one that waits for them.
async fn orphans(
    known: &mut Known,
    request: &MergeRequest,
    environment: &Environment,
) -> Result<u64, MergeGroundTruth> {
    for uri in &request.earlier_waiting {
        if known.strangers.is_empty() {
            break;
        }
        let Some(bytes) = late::read_waiting(uri, environment).await? else {
            continue;
        };
        for id in waiting::read(&bytes).into_iter().flat_map(|(_, ids)| ids) {
            known.strangers.remove(&IdHash::from_be_bytes(*id));
        }
    }
    Ok(known.strangers.len() as u64)
}

async fn write_matched(
    (events, window): (&Events, Window),
    known: &Known,
    (merged, report): (&mut MergedFiles<'_>, &mut MergeReport),
) -> Result<(), MergeGroundTruth> {
    let mut tally = EventTally::default();
    let (mut matched, mut unmatched, mut late) = (0, 0, 0);
    let write = |event: Event<'_>, tally: &mut EventTally| {
        let Some((stored, text)) = known.label(event.id) else {
            unmatched += 1;
            tally.read += 1;
            return Ok(());
        };
        match merged.write(&event, text) {
            Ok(()) => {
                matched += 1;
                late += u64::from(stored.is_late);
                tally.read += 1;
                Ok(())
            }
            Err(NotWritten::Record) => {
                *tally.skipped.entry(SkipReason::NotAnEvent).or_default() += 1;
                Ok(())
            }
            Err(NotWritten::Temporary(source)) => Err(MergeGroundTruth::Temporary(source)),
        }
    };
    events.for_each(window, &mut tally, write).await?;
    (report.matched, report.unmatched, report.late) = (matched, unmatched, late);
    report.events = tally;
    Ok(())
}

pub(super) async fn put(
    content: Vec<u8>,
    place: &str,
    environment: &Environment,
) -> Result<(), MergeGroundTruth> {
    let write = || {
        let mut file =
            tempfile::NamedTempFile::with_prefix_in("probity-", environment.temporary_folder())?;
        std::io::Write::write_all(&mut file, &Bytes::from(content))?;
        Ok(file.into_temp_path())
    };
    let file = write().map_err(MergeGroundTruth::Temporary)?;
    let moved = move_file(&file, place, environment).await;
    moved.map_err(|source| MergeGroundTruth::Write {
        location: place.to_owned(),
        source,
    })?;
    // What was moved is not to be removed.
    drop(file.keep());
    Ok(())
}
