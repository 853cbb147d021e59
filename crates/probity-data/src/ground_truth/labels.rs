//! The labels that were uploaded: found by hour, read line by line, poison counted.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::MergeGroundTruth;
use crate::captures::{files_of, hour_folders};
use crate::dataset::blocks::{Block, Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::{ReadDataset, ReadOptions};
use crate::format::capture::{EventMetadata, hour_of_folder};
use crate::location::{Environment, ListedFile, ReadLocation};
use crate::window::Window;

const MS_PER_HOUR: i64 = 3_600_000;
/// A label is short; files of one label each are read so many at a time.
const AT_ONCE: usize = 16;
const READ_AHEAD_BYTES: usize = 2 << 20;
const MAX_LABEL_BYTES: u64 = 4 << 20;

/// What became of uploaded records that are no labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelTally {
    pub files: u64,
    /// Labels that were read.
    pub labels: u64,
    /// Records that are none, by what is wrong with them.
    pub skipped: BTreeMap<&'static str, u64>,
    /// The first of each.
    pub places: BTreeMap<&'static str, (String, u64)>,
}

impl LabelTally {
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }

    fn skip(&mut self, problem: &'static str, uri: &str, line: u64) {
        *self.skipped.entry(problem).or_default() += 1;
        let place = (uri.to_owned(), line);
        self.places.entry(problem).or_insert(place);
    }
}

/// A label, as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelRecord<'a> {
    pub(super) id: &'a str,
    /// The JSON of `groundTruthData.data`, quotes included.
    pub(super) data: &'a str,
    pub(super) encoding: &'static str,
    /// Where the label tells it.
    pub(super) inference_ms: Option<i64>,
}

/// Files of labels, in the order of their upload: by the clock of their store, then by name.
pub(super) async fn find(
    ground_truth: &str,
    hours: Window,
    environment: &Environment,
) -> Result<Vec<ListedFile>, MergeGroundTruth> {
    let failed = |source: ReadLocation| MergeGroundTruth::FindLabels {
        location: ground_truth.to_owned(),
        source,
    };
    let folders = hour_folders(ground_truth, hours, environment)
        .await
        .map_err(failed)?;
    let folders: Vec<String> = folders.into_iter().map(|(_, folder)| folder).collect();
    let mut files = files_of(&folders, environment).await.map_err(failed)?;
    files.sort_by(|left, right| {
        let key = |listed: &ListedFile| (listed.modified_ms, listed.file.uri().to_owned());
        key(left).cmp(&key(right))
    });
    Ok(files)
}

/// The hours in which labels of `window` can have been uploaded: from it on, and an hour before, for a clock that
/// goes wrong.
pub(super) fn upload_hours(window: Window, until_ms: i64) -> Window {
    let first = window.start_ms - window.start_ms.rem_euclid(MS_PER_HOUR);
    Window {
        start_ms: first - MS_PER_HOUR,
        end_ms: until_ms.max(window.end_ms),
    }
}

/// Where a file of labels was uploaded.
pub(super) struct Upload<'a> {
    pub(super) hour_ms: Option<i64>,
    /// By the clock of its store.
    pub(super) modified_ms: i64,
    pub(super) uri: &'a str,
}

impl Upload<'_> {
    /// Whether it came after `due_ms`. In the hour of that, the object's own time tells, where it is of that
    /// hour: what was copied later has none that does.
    pub(super) fn is_after(&self, due_ms: i64) -> bool {
        let Some(hour_ms) = self.hour_ms else {
            return false;
        };
        let end_ms = hour_ms + MS_PER_HOUR;
        let hour = Window {
            start_ms: hour_ms,
            end_ms,
        };
        match hour.contains(due_ms) && hour.contains(self.modified_ms) {
            true => self.modified_ms >= due_ms,
            false => hour_ms >= due_ms,
        }
    }
}

/// Gives every label of `files` to `take`, in order.
pub(super) async fn for_each(
    files: &[ListedFile],
    tally: &mut LabelTally,
    mut take: impl FnMut(&Upload<'_>, LabelRecord<'_>),
) -> Result<(), MergeGroundTruth> {
    let mut contents = futures::stream::iter(files.to_vec())
        .map(|listed| async move {
            let content = ahead(&listed).await?;
            Ok::<_, ReadDataset>((listed, content))
        })
        .buffered(AT_ONCE);
    let options = ReadOptions {
        block_size_bytes: READ_AHEAD_BYTES as u64,
        max_record_bytes: MAX_LABEL_BYTES,
        ..ReadOptions::default()
    };
    while let Some((listed, content)) = contents
        .try_next()
        .await
        .map_err(MergeGroundTruth::Labels)?
    {
        let uri = listed.file.uri();
        tally.files += 1;
        let Some(content) = content else {
            tally.skip("file whose compression is damaged", uri, 1);
            continue;
        };
        let upload = Upload {
            hour_ms: hour_of_folder(uri),
            modified_ms: listed.modified_ms,
            uri,
        };
        let mut blocks =
            Blocks::new(content, 1, LineBoundaries::default(), &options).dropping_long_records();
        loop {
            let block = match blocks.next().await {
                Ok(block) => block,
                Err(error) if is_damage(&error) => {
                    tally.skip("file whose compression is damaged", uri, 1);
                    break;
                }
                Err(error) => return Err(MergeGroundTruth::Labels(error)),
            };
            for line in blocks.take_long_records() {
                tally.skip("record that is too long", uri, line);
            }
            match block {
                Some(block) => read_block(&block, tally, (&upload, &mut take)),
                None => break,
            }
        }
    }
    Ok(())
}

/// The content with its beginning read; `None` where it is damaged.
async fn ahead(listed: &ListedFile) -> Result<Option<Content>, ReadDataset> {
    let opened = async {
        let mut content = Content::open(&listed.file).await?;
        content.fill(READ_AHEAD_BYTES).await?;
        Ok(content)
    };
    match opened.await {
        Ok(content) => Ok(Some(content)),
        Err(error) if is_damage(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_damage(error: &ReadDataset) -> bool {
    matches!(
        error,
        ReadDataset::Location {
            source: ReadLocation::Truncated { .. } | ReadLocation::Corrupt { .. },
            ..
        }
    )
}

fn read_block<Take: FnMut(&Upload<'_>, LabelRecord<'_>)>(
    block: &Block,
    tally: &mut LabelTally,
    (upload, take): (&Upload<'_>, &mut Take),
) {
    for (line, record) in (block.first_line..).zip(block.bytes.split(|byte| *byte == b'\n')) {
        let record = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        if record.trim_ascii().is_empty() {
            continue;
        }
        if record.len() as u64 > MAX_LABEL_BYTES {
            tally.skip("record that is too long", upload.uri, line);
            continue;
        }
        let read = std::str::from_utf8(record)
            .map_err(|_| "record that is not valid UTF-8")
            .and_then(|text| read_record(text, |label| take(upload, label)));
        match read {
            Ok(()) => tally.labels += 1,
            Err(problem) => tally.skip(problem, upload.uri, line),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    ground_truth_data: Option<Payload<'a>>,
    #[serde(borrow)]
    event_metadata: Option<EventMetadata<'a>>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    encoding: Option<String>,
}

fn read_record(text: &str, take: impl FnOnce(LabelRecord<'_>)) -> Result<(), &'static str> {
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "record whose members are not as a label has them",
        _ => "record that is not valid JSON",
    })?;
    let payload = line
        .ground_truth_data
        .ok_or("record without `groundTruthData`")?;
    let metadata = line.event_metadata.unwrap_or_default();
    // The page says `eventId` for both kinds of ids.
    let id = metadata
        .event_id
        .as_deref()
        .or(metadata.inference_id.as_deref())
        .filter(|id| !id.is_empty())
        .ok_or("record without an id in `eventMetadata.eventId`")?;
    let data = payload.data.get();
    if !data.starts_with('"') {
        return Err("record whose `groundTruthData.data` is no string");
    }
    let encoding = match payload.encoding.as_deref() {
        Some(name) if name.eq_ignore_ascii_case("JSON") => "JSON",
        Some(name) if name.eq_ignore_ascii_case("CSV") => "CSV",
        None => "CSV",
        Some(_) => return Err("record whose encoding is neither CSV nor JSON"),
    };
    take(LabelRecord {
        id,
        data,
        encoding,
        inference_ms: metadata.inference_ms(),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, &str, &str), &'static str>) {
        let mut found = None;
        let read = read_record(text, |label| {
            found = Some((label.id.to_owned(), label.data.to_owned(), label.encoding));
        });
        let found = read.map(|()| found.unwrap());
        let expected = expected.map(|(id, data, encoding)| {
            let encoding = if encoding == "CSV" { "CSV" } else { "JSON" };
            (id.to_owned(), data.to_owned(), encoding)
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn labels_are_read_as_they_were_written() {
        let page = r#"{"groundTruthData":{"data":"1","encoding":"CSV"},"eventMetadata":{"eventId":"aaaa-bbbb-cccc"},"eventVersion":"0"}"#;
        check(page, Ok(("aaaa-bbbb-cccc", "\"1\"", "CSV")));
        let json = r#"{"groundTruthData":{"data":"{\"label\": 1}","encoding":"JSON"},"eventMetadata":{"eventId":"7"}}"#;
        check(json, Ok(("7", r#""{\"label\": 1}""#, "JSON")));
        let bare = r#"{"groundTruthData":{"data":"ü"},"eventMetadata":{"inferenceId":"8"}}"#;
        check(bare, Ok(("8", "\"ü\"", "CSV")));
    }

    #[test]
    fn in_the_hour_of_the_due_time_the_time_of_the_object_tells_what_is_late() {
        let late = |hour: i64, modified_ms, due_ms| {
            let upload = Upload {
                hour_ms: Some(hour * MS_PER_HOUR),
                modified_ms,
                uri: "",
            };
            upload.is_after(due_ms)
        };
        let due_ms = 10 * MS_PER_HOUR + 60_000;
        assert!(!late(10, due_ms - 1, due_ms));
        assert!(late(10, due_ms, due_ms));
        assert!(!late(10, due_ms + MS_PER_HOUR, due_ms), "copied later");
        assert!(!late(9, due_ms, due_ms));
        assert!(late(11, 0, due_ms));
        assert!(late(10, 0, 10 * MS_PER_HOUR));
    }

    #[test]
    fn what_is_no_label_says_what_is_wrong() {
        check("{", Err("record that is not valid JSON"));
        check(
            "[1]",
            Err("record whose members are not as a label has them"),
        );
        check("{}", Err("record without `groundTruthData`"));
        let without_id = r#"{"groundTruthData":{"data":"1"},"eventMetadata":{"eventId":""}}"#;
        check(
            without_id,
            Err("record without an id in `eventMetadata.eventId`"),
        );
        let number = r#"{"groundTruthData":{"data":1},"eventMetadata":{"eventId":"a"}}"#;
        check(
            number,
            Err("record whose `groundTruthData.data` is no string"),
        );
        let base64 = r#"{"groundTruthData":{"data":"MQ==","encoding":"BASE64"},"eventMetadata":{"eventId":"a"}}"#;
        check(base64, Err("record whose encoding is neither CSV nor JSON"));
    }
}
