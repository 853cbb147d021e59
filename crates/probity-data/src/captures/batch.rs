//! The data of batch transform jobs, which are captured as manifests: found by hour, taken apart into records,
//! and made events as an endpoint captures them, so that what reads the one reads the other.
//!
//! With `GenerateInferenceId` each record of the output has an id and a time: two columns more at the end of a
//! CSV record, `SageMakerInferenceId` and `SageMakerInferenceTime` in a JSON record. They are the event's, not
//! the model's, so the data of the event are without them ("Capture data from batch transform job" page of the
//! SageMaker developer guide; real files).

use std::io::{self, BufWriter, Write};
use std::path::Path;

use probity_domain::document::{UtcTime, capture_record::write_json_string};

use super::{files_of, hour_folders, manifest};
use crate::dataset::blocks::{Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::{EventTally, ReadDataset, ReadOptions, SkipReason};
use crate::format::csv::{Dialect, FieldIndex, ReadRecords};
use crate::format::json::{First, JsonScanner, JsonValue};
use crate::location::{Environment, ReadLocation, SourceFile, find_files};
use crate::window::Window;

const ID: &str = "SageMakerInferenceId";
const TIME: &str = "SageMakerInferenceTime";

/// What went into a batch transform job, or what came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSide {
    Input,
    Output,
}

/// `DatasetFormat` of a batch transform input, as far as it is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchFormat {
    /// The first record of each object names the columns.
    CsvWithHeader,
    Csv,
    JsonLines,
}

/// One object of a batch transform job.
#[derive(Clone, Debug)]
pub struct BatchObject {
    pub file: SourceFile,
    /// The beginning of the hour in which the job began.
    pub hour_ms: i64,
}

/// The objects that the manifests of the hours name that overlap `window`, and what is to be said of them: of
/// manifests that cannot be read and of objects that are gone.
pub async fn batch_objects(
    destination: &str,
    side: BatchSide,
    window: Window,
    environment: &Environment,
) -> Result<(Vec<BatchObject>, Vec<String>), ReadDataset> {
    let destination = destination.trim_end_matches('/');
    let side = match side {
        BatchSide::Input => "input",
        BatchSide::Output => "output",
    };
    let folder = format!("{destination}/{side}");
    let unread = |source| ReadDataset::Location {
        uri: folder.clone(),
        source,
    };
    let hours = hour_folders(&folder, window, environment)
        .await
        .map_err(unread)?;
    let (mut objects, mut notes) = (Vec::new(), Vec::new());
    for (hour_ms, hour) in hours {
        let manifests = files_of(&[hour], environment).await.map_err(unread)?;
        for manifest in manifests {
            let uri = manifest.file.uri().to_owned();
            let mut content = Content::open(&manifest.file).await?;
            content.fill(usize::MAX).await?;
            let Some(names) = manifest::objects(content.buffer()) else {
                notes.push(format!("`{uri}` is no manifest and was passed over"));
                continue;
            };
            for name in names {
                match find_files(&name, environment).await {
                    Ok(files) => {
                        objects.extend(files.into_iter().map(|file| BatchObject { file, hour_ms }))
                    }
                    Err(ReadLocation::Missing { .. } | ReadLocation::Nothing { .. }) => {
                        notes.push(format!("`{name}`, which `{uri}` names, is not there"));
                    }
                    Err(source) => return Err(ReadDataset::Location { uri: name, source }),
                }
            }
        }
    }
    Ok((objects, notes))
}

/// A record of a batch transform job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchRecord {
    pub(crate) id: Option<String>,
    pub(crate) time: Option<String>,
    /// Without the id and the time.
    pub(crate) data: String,
    pub(crate) encoding: &'static str,
}

impl BatchRecord {
    pub(crate) fn inference_ms(&self) -> Option<i64> {
        UtcTime::parse_epoch_ms(self.time.as_deref()?)
    }
}

/// The records of one object, line by line.
pub(crate) struct BatchRecords {
    format: BatchFormat,
    blocks: Blocks<LineBoundaries>,
    uri: String,
    header_is_due: bool,
}

/// What a line was.
pub(crate) enum BatchLine {
    Record(BatchRecord),
    Bad(SkipReason),
}

impl BatchRecords {
    pub(crate) async fn open(file: &SourceFile, format: BatchFormat) -> Result<Self, ReadDataset> {
        let options = ReadOptions {
            block_size_bytes: 8 << 20,
            max_record_bytes: 64 << 20,
            ..ReadOptions::default()
        };
        let content = Content::open(file).await?;
        let blocks = Blocks::new(content, 1, LineBoundaries::default(), &options);
        Ok(BatchRecords {
            format,
            blocks: blocks.dropping_long_records(),
            uri: file.uri().to_owned(),
            header_is_due: format == BatchFormat::CsvWithHeader,
        })
    }

    /// The lines of the next block, with their numbers; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<(u64, BatchLine)>>, ReadDataset> {
        let block = self.blocks.next().await?;
        let long = self.blocks.take_long_records();
        let mut lines: Vec<(u64, BatchLine)> = long
            .into_iter()
            .map(|line| (line, BatchLine::Bad(SkipReason::TooLong)))
            .collect();
        let Some(block) = block else {
            return Ok((!lines.is_empty()).then_some(lines));
        };
        for (line, text) in (block.first_line..).zip(block.bytes.split(|byte| *byte == b'\n')) {
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            if std::mem::take(&mut self.header_is_due) {
                continue;
            }
            let record = match std::str::from_utf8(text) {
                Err(_) => Err(SkipReason::InvalidUtf8),
                Ok(text) if self.format == BatchFormat::JsonLines => json_record(text),
                Ok(text) => csv_record(text),
            };
            lines.push((line, record.map_or_else(BatchLine::Bad, BatchLine::Record)));
        }
        Ok(Some(lines))
    }

    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }
}

fn json_record(text: &str) -> Result<BatchRecord, SkipReason> {
    let invalid = |_| SkipReason::InvalidJson;
    let mut scanner = JsonScanner::new(text);
    if scanner.value().map_err(invalid)? != JsonValue::ObjectStart {
        return Err(SkipReason::NotAnEvent);
    }
    let (mut id, mut time) = (None, None);
    let mut kept = String::with_capacity(text.len());
    let mut first = First::Yes;
    loop {
        let from = scanner.position();
        let Some(key) = scanner.next_key(first).map_err(invalid)? else {
            break;
        };
        first = First::No;
        let value = scanner.skip_value().map_err(invalid)?;
        match &*key {
            ID => id = serde_json::from_str(value).ok(),
            TIME => time = serde_json::from_str(value).ok(),
            _ => {
                let member = text[from..scanner.position()].trim_ascii_start();
                let member = member.strip_prefix(',').unwrap_or(member);
                kept.push(if kept.is_empty() { '{' } else { ',' });
                kept.push_str(member.trim_ascii_start());
            }
        }
    }
    scanner.at_end("text follows the record").map_err(invalid)?;
    if kept.is_empty() {
        kept.push('{');
    }
    kept.push('}');
    Ok(BatchRecord {
        id,
        time,
        data: kept,
        encoding: "JSON",
    })
}

/// The last two fields are an id and a time where the last one reads as a moment.
fn csv_record(text: &str) -> Result<BatchRecord, SkipReason> {
    let read = ReadRecords::one(Dialect::comma(text.as_bytes()));
    let mut index = FieldIndex::default();
    index
        .read(text.as_bytes(), 0, &read)
        .map_err(|_| SkipReason::Payload)?;
    let fields: Vec<&str> = index
        .spans()
        .iter()
        .map(|span| {
            // Cut at ASCII bytes, valid text stays valid.
            std::str::from_utf8(index.field(text.as_bytes(), *span)).unwrap_or_default()
        })
        .collect();
    let record = |id, time, data: &str| BatchRecord {
        id,
        time,
        data: data.to_owned(),
        encoding: "CSV",
    };
    let [.., id, time] = fields.as_slice() else {
        return Ok(record(None, None, text));
    };
    let (id, time) = (id.trim(), time.trim());
    if UtcTime::parse_epoch_ms(time).is_none() {
        return Ok(record(None, None, text));
    }
    // An id and a time hold no comma, quoted or not.
    let data = text.rsplitn(3, ',').nth(2).unwrap_or_default();
    Ok(record(Some(id.to_owned()), Some(time.to_owned()), data))
}

/// Objects to make events of.
#[derive(Clone, Debug)]
pub struct ConvertBatch {
    pub objects: Vec<BatchObject>,
    pub format: BatchFormat,
    pub window: Window,
}

/// What was made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// `read` are those written.
    pub events: EventTally,
}

/// Writes the records of batch transform jobs to the local file `to`, as events that an endpoint captured, with
/// what came out of the job as output: `captureData.batchTransformOutput`. Read it with
/// [`Format::Capture`](crate::Format::Capture).
pub async fn convert_batch(batch: &ConvertBatch, to: &Path) -> Result<Converted, ReadDataset> {
    let unwritable = |source: io::Error| ReadDataset::Location {
        uri: to.display().to_string(),
        source: ReadLocation::Unreadable {
            location: to.display().to_string(),
            source: source.into(),
        },
    };
    let mut out = BufWriter::new(std::fs::File::create(to).map_err(unwritable)?);
    let mut converted = Converted::default();
    let mut line = Vec::new();
    for object in &batch.objects {
        let mut records = BatchRecords::open(&object.file, batch.format).await?;
        while let Some(lines) = records.next().await? {
            for (number, found) in lines {
                let record = match found {
                    BatchLine::Record(record) => record,
                    BatchLine::Bad(reason) => {
                        converted.events.skip(reason, records.uri(), number);
                        continue;
                    }
                };
                let told = record.inference_ms();
                let at_ms = told.unwrap_or(object.hour_ms);
                if !batch.window.contains(at_ms) {
                    converted.events.outside_window += 1;
                    continue;
                }
                line.clear();
                write_event(&record, at_ms, &mut line);
                out.write_all(&line).map_err(unwritable)?;
                converted.events.read += 1;
                converted.events.untimed += u64::from(told.is_none());
            }
        }
    }
    out.flush().map_err(unwritable)?;
    Ok(converted)
}

/// With its end of line.
fn write_event(record: &BatchRecord, at_ms: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"captureData\":{\"batchTransformOutput\":{\"data\":");
    write_json_string(&record.data, out);
    out.extend_from_slice(b",\"encoding\":\"");
    out.extend_from_slice(record.encoding.as_bytes());
    out.extend_from_slice(b"\"}},\"eventMetadata\":{");
    if let Some(id) = &record.id {
        out.extend_from_slice(b"\"eventId\":");
        write_json_string(id, out);
        out.push(b',');
    }
    let time = UtcTime::from_epoch_ms(at_ms);
    out.extend_from_slice(
        format!("\"inferenceTime\":\"{time}\"}},\"eventVersion\":\"0\"}}\n").as_bytes(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_and_the_time_of_a_csv_record_are_its_last_fields() {
        // The record of the developer guide.
        let text = "0, 1f1d57b1-2e6f-488c-8c30-db4e6d757861,2022-08-30T00:49:15Z";
        let record = csv_record(text).unwrap();
        assert_eq!(record.data, "0");
        assert_eq!(
            record.id.as_deref(),
            Some("1f1d57b1-2e6f-488c-8c30-db4e6d757861")
        );
        assert_eq!(
            record.inference_ms(),
            UtcTime::parse_epoch_ms("2022-08-30T00:49:15Z")
        );
        let plain = csv_record("1,\"a,b\",2").unwrap();
        assert_eq!((plain.data.as_str(), plain.id), ("1,\"a,b\",2", None));
        assert!(csv_record("1,\"a").is_err());
    }

    #[test]
    fn the_reserved_members_of_a_json_record_are_taken_out() {
        let text = r#"{"SageMakerInferenceId":"8918","SageMakerInferenceTime":"2023-01-21T01:29:04Z","SageMakerOutput":{"predicted_label":0,"score":0.0476},"features":[29,2]}"#;
        let record = json_record(text).unwrap();
        assert_eq!(
            record.data,
            r#"{"SageMakerOutput":{"predicted_label":0,"score":0.0476},"features":[29,2]}"#
        );
        assert_eq!(record.id.as_deref(), Some("8918"));
        let last = json_record(r#"{ "a" : 1 , "SageMakerInferenceId" : "x" }"#).unwrap();
        assert_eq!(last.data, r#"{"a" : 1}"#);
        assert_eq!(
            json_record(r#"{"SageMakerInferenceId":"x"}"#).unwrap().data,
            "{}"
        );
        assert_eq!(json_record("[1]"), Err(SkipReason::NotAnEvent));
        assert_eq!(json_record("{\"a\":1} 2"), Err(SkipReason::InvalidJson));
    }
}
