//! What a merge found, in numbers and in lines for the log of its job.

use probity_domain::document::UtcTime;
use serde_json::{Value, json};

use super::labels::LabelTally;
use crate::dataset::EventTally;
use crate::dataset::events::grouped;
use crate::window::Window;

/// What a merge found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeReport {
    pub window: Window,
    /// What became of the captures: `read` is those that a label could belong to.
    pub events: EventTally,
    /// Events with a label: they are in the merged files.
    pub matched: u64,
    /// Events that wait for one.
    pub unmatched: u64,
    /// Of the matched, those with a label from after the execution was due.
    pub late: u64,
    /// Labels, by id, that belong to no event of the window, nor to one that an earlier execution left waiting.
    pub orphan: u64,
    /// Labels of the window's events that were there before, and the same.
    pub duplicate: u64,
    /// Labels of the window's events that were there before, and another: the one that was uploaded last counts.
    pub conflicting: u64,
    /// Labels of events of other windows, as far as they tell.
    pub of_other_windows: u64,
    pub labels: LabelTally,
    /// The merged files, in the order of their names.
    pub files: Vec<String>,
    pub waiting: LeftWaiting,
    pub(super) notes_of_captures: Vec<String>,
    /// The file with the first conflicting label.
    first_conflict: Option<String>,
}

/// What still waits for labels after a merge, so that [`late`](super::late) can tell when they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftWaiting {
    /// Where the ids are written.
    pub uri: String,
    pub events: u64,
    /// When the last of the labels was written that the merge read, by the clock of their store.
    pub labels_seen_ms: i64,
}

impl LeftWaiting {
    /// From [`MergeReport::to_json`].
    pub fn from_json(join: &Value) -> Option<LeftWaiting> {
        let waiting = join.get("waiting")?;
        Some(LeftWaiting {
            uri: waiting.get("uri")?.as_str()?.to_owned(),
            events: waiting.get("events")?.as_u64()?,
            labels_seen_ms: waiting.get("labelsSeenMs")?.as_i64()?,
        })
    }
}

impl MergeReport {
    pub(super) fn of(window: Window) -> MergeReport {
        MergeReport {
            window,
            events: EventTally::default(),
            matched: 0,
            unmatched: 0,
            late: 0,
            orphan: 0,
            duplicate: 0,
            conflicting: 0,
            of_other_windows: 0,
            labels: LabelTally::default(),
            files: Vec::new(),
            waiting: LeftWaiting::default(),
            notes_of_captures: Vec::new(),
            first_conflict: None,
        }
    }

    /// Events that a label could belong to.
    pub fn captured(&self) -> u64 {
        self.events.read
    }

    pub(super) fn note_conflict(&mut self, uri: &str) {
        self.first_conflict.get_or_insert_with(|| uri.to_owned());
    }

    /// What somebody should look into; empty where everything matched.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.events.notes();
        notes.extend(self.notes_of_captures.iter().cloned());
        for (problem, count) in &self.labels.skipped {
            let place = self.labels.places.get(problem);
            let place = place.map_or_else(String::new, |(uri, line)| {
                format!(", first at `{uri}` line {line}")
            });
            notes.push(format!(
                "skipped in the ground truth: {} {problem}{place}",
                grouped(*count)
            ));
        }
        if self.conflicting > 0 {
            let place = self.first_conflict.as_deref().unwrap_or_default();
            notes.push(format!(
                "{} labels contradict one that was uploaded before for the same id; the later one counts; first in `{place}`",
                grouped(self.conflicting)
            ));
        }
        if self.orphan > 0 {
            notes.push(format!(
                "{} ids of labels belong to no captured event: was the inference sampled out, or is `eventId` another id?",
                grouped(self.orphan)
            ));
        }
        notes
    }

    /// For programs: what an execution keeps of how labels and captures were joined.
    pub fn to_json(&self) -> Value {
        json!({
            "captured": self.captured(),
            "matched": self.matched,
            "unmatched": self.unmatched,
            "late": self.late,
            "orphan": self.orphan,
            "duplicate": self.duplicate,
            "conflicting": self.conflicting,
            "ofOtherWindows": self.of_other_windows,
            "labels": self.labels.labels,
            "labelFiles": self.labels.files,
            "skippedLabels": self.labels.skipped_total(),
            "skippedEvents": self.events.skipped_total(),
            "waiting": {
                "uri": self.waiting.uri,
                "events": self.waiting.events,
                "labelsSeenMs": self.waiting.labels_seen_ms,
            },
        })
    }

    /// For the log of the job.
    pub fn lines(&self) -> Vec<String> {
        let (start, end) = (self.window.start_ms, self.window.end_ms);
        let (start, end) = (UtcTime::from_epoch_ms(start), UtcTime::from_epoch_ms(end));
        let mut lines = vec![
            format!(
                "{} captured events between {start} and {end}: {} with a label, {} without",
                grouped(self.captured()),
                grouped(self.matched),
                grouped(self.unmatched)
            ),
            format!(
                "{} labels in {} files: {} late, {} orphan, {} duplicate, {} conflicting, {} of other windows",
                grouped(self.labels.labels),
                grouped(self.labels.files),
                grouped(self.late),
                grouped(self.orphan),
                grouped(self.duplicate),
                grouped(self.conflicting),
                grouped(self.of_other_windows)
            ),
        ];
        lines.extend(self.notes());
        lines.extend(self.files.iter().map(|file| format!("wrote `{file}`")));
        lines
    }
}
