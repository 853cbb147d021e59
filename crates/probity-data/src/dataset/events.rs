//! What became of the captured events of a dataset: how many were read, and which were not and why.
//! Counted per partition, so that threads and a second reading do not change the counts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What to do with an event that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadRecords {
    /// It is an error, for who looks at one file.
    #[default]
    Refuse,
    /// It is passed over and counted, for a monitor, which has to go on. An event whose id was read before is
    /// passed over, too.
    Skip,
}

/// Why an event was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    InvalidJson,
    InvalidUtf8,
    NotAnEvent,
    EncodingMismatch,
    Base64,
    UnknownEncoding,
    Payload,
    Nested,
    RaggedWidth,
    TooManyColumns,
    TooLong,
    RecordCounts,
    LabelCounts,
    NoGroundTruth,
    Expression,
}

impl SkipReason {
    /// For programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "InvalidJson",
            Self::InvalidUtf8 => "InvalidUtf8",
            Self::NotAnEvent => "NotAnEvent",
            Self::EncodingMismatch => "EncodingMismatch",
            Self::Base64 => "Base64",
            Self::UnknownEncoding => "UnknownEncoding",
            Self::Payload => "Payload",
            Self::Nested => "Nested",
            Self::RaggedWidth => "RaggedWidth",
            Self::TooManyColumns => "TooManyColumns",
            Self::TooLong => "TooLong",
            Self::RecordCounts => "RecordCounts",
            Self::LabelCounts => "LabelCounts",
            Self::NoGroundTruth => "NoGroundTruth",
            Self::Expression => "Expression",
        }
    }

    /// What such events are, after their number, and what can be done.
    fn says(self) -> &'static str {
        match self {
            Self::InvalidJson => "whose line is not valid JSON",
            Self::InvalidUtf8 => "whose line is not valid UTF-8",
            Self::NotAnEvent => "that are not as an endpoint captures them",
            Self::EncodingMismatch => {
                "whose input and output have different encodings (let the model answer in the content type that it is asked in)"
            }
            Self::Base64 => {
                "whose payload is BASE64 (add its content type to CaptureContentTypeHeader of the endpoint)"
            }
            Self::UnknownEncoding => "whose encoding is neither CSV nor JSON nor BASE64",
            Self::Payload => "whose payload is not the CSV or JSON that it says it is",
            Self::Nested => {
                "whose JSON is nested (name the values with FeaturesAttribute and InferenceAttribute, or flatten them in a preprocessor script)"
            }
            Self::RaggedWidth => "with another number of columns than most",
            Self::TooManyColumns => "whose keys would make too many columns",
            Self::TooLong => "that are too long",
            Self::RecordCounts => "with another number of outputs than inputs",
            Self::LabelCounts => "with another number of labels than captured records",
            Self::NoGroundTruth => "without ground truth",
            Self::Expression => {
                "in which the configured attributes do not give what they should (see FeaturesAttribute, InferenceAttribute, ProbabilityAttribute)"
            }
        }
    }
}

/// Where an event stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlace {
    pub uri: String,
    pub line: u64,
}

/// What became of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// They are rows.
    pub read: u64,
    /// Their inference was at another time.
    pub outside_window: u64,
    /// Events with this id were there before.
    pub duplicates: u64,
    pub skipped: BTreeMap<SkipReason, u64>,
    /// The first few of each reason.
    pub places: BTreeMap<SkipReason, Vec<EventPlace>>,
    /// Of those read: base64 whose content type told that it is text.
    pub decoded: u64,
    /// Without a readable time of inference, so that the hour of their folder was taken; some may be skipped.
    pub untimed: u64,
    /// More events than ids are remembered of: among them, duplicates were not looked for.
    pub ids_not_kept: u64,
}

/// Places kept of each reason.
const PLACES: usize = 3;

impl EventTally {
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// All events that were of the window, read or not.
    pub fn in_window(&self) -> u64 {
        self.read + self.skipped_total() + self.duplicates
    }

    pub(crate) fn skip(&mut self, reason: SkipReason, uri: &str, line: u64) {
        *self.skipped.entry(reason).or_default() += 1;
        let places = self.places.entry(reason).or_default();
        if places.len() < PLACES {
            places.push(EventPlace {
                uri: uri.to_owned(),
                line,
            });
        }
    }

    /// Adds what became of later events.
    pub fn merge(&mut self, later: &EventTally) {
        self.read += later.read;
        self.outside_window += later.outside_window;
        self.duplicates += later.duplicates;
        self.decoded += later.decoded;
        self.untimed += later.untimed;
        self.ids_not_kept += later.ids_not_kept;
        for (reason, count) in &later.skipped {
            *self.skipped.entry(*reason).or_default() += count;
        }
        for (reason, places) in &later.places {
            let kept = self.places.entry(*reason).or_default();
            let room = PLACES.saturating_sub(kept.len());
            kept.extend(places.iter().take(room).cloned());
        }
    }

    /// What a reader of the results should know, in sentences; none where every event was read as it is.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.skipped_total() > 0 {
            notes.push(self.skipped_note());
        }
        let counted = [
            (
                self.duplicates,
                "passed over because an event with the same id was read before",
            ),
            (
                self.outside_window,
                "passed over because their inference was outside the window",
            ),
            (
                self.decoded,
                "decoded from base64, since their content type says that they are text",
            ),
            (
                self.untimed,
                "without a readable `inferenceTime`, counted by the hour of their folder",
            ),
            (
                self.ids_not_kept,
                "not compared with the others for duplicates, since there are too many",
            ),
        ];
        let told = counted.iter().filter(|(count, _)| *count > 0);
        notes.extend(told.map(|(count, what)| format!("{} {what}", events(*count))));
        notes
    }

    fn skipped_note(&self) -> String {
        let mut reasons: Vec<(&SkipReason, &u64)> = self.skipped.iter().collect();
        reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), **reason));
        let reasons: Vec<String> = reasons
            .into_iter()
            .map(|(reason, count)| {
                let place = self.places.get(reason).and_then(|places| places.first());
                let place = place.map_or_else(String::new, |place| {
                    format!(", first at `{}` line {}", place.uri, place.line)
                });
                format!("{} {}{place}", grouped(*count), reason.says())
            })
            .collect();
        format!(
            "skipped {} of {}: {}",
            grouped(self.skipped_total()),
            events(self.in_window()),
            reasons.join("; ")
        )
    }
}

fn events(count: u64) -> String {
    let noun = if count == 1 { "event" } else { "events" };
    format!("{} {noun}", grouped(count))
}

/// `1,977`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The tallies of a dataset's partitions, shared by all who hold the options with which it is read.
#[derive(Clone, Default)]
pub struct EventCounts(Arc<Mutex<BTreeMap<usize, EventTally>>>);

impl EventCounts {
    /// Of all partitions that were read since the last dataset was opened with these options.
    pub fn total(&self) -> EventTally {
        let partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut total = EventTally::default();
        for tally in partitions.values() {
            total.merge(tally);
        }
        total
    }

    pub(crate) fn clear(&self) {
        let mut partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.clear();
    }

    pub(crate) fn set(&self, place: usize, tally: EventTally) {
        let mut partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        partitions.insert(place, tally);
    }
}

impl fmt::Debug for EventCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventCounts").field(&self.total()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_counts_by_reason_the_most_frequent_first() {
        let mut tally = EventTally {
            read: 1_973,
            duplicates: 1,
            ..EventTally::default()
        };
        tally.skip(SkipReason::InvalidJson, "s3://b/a.jsonl", 7);
        tally.skip(SkipReason::Base64, "s3://b/b.jsonl", 1);
        tally.skip(SkipReason::Base64, "s3://b/b.jsonl", 2);
        assert_eq!(
            tally.notes(),
            [
                "skipped 3 of 1,977 events: 2 whose payload is BASE64 (add its content type to CaptureContentTypeHeader of the endpoint), first at `s3://b/b.jsonl` line 1; 1 whose line is not valid JSON, first at `s3://b/a.jsonl` line 7",
                "1 event passed over because an event with the same id was read before",
            ]
        );
        assert!(EventTally::default().notes().is_empty());
    }

    #[test]
    fn merging_adds_and_keeps_the_first_places() {
        let tally = |line| {
            let mut tally = EventTally {
                read: 1,
                ..EventTally::default()
            };
            (line..line + 2).for_each(|line| tally.skip(SkipReason::Nested, "a", line));
            tally
        };
        let mut total = tally(1);
        total.merge(&tally(10));
        assert_eq!(
            (
                total.read,
                total.skipped[&SkipReason::Nested],
                total.in_window()
            ),
            (2, 4, 6)
        );
        let lines: Vec<u64> = total.places[&SkipReason::Nested]
            .iter()
            .map(|place| place.line)
            .collect();
        assert_eq!(lines, [1, 2, 10]);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
