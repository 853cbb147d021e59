//! Writes merged records, in the members' order of real files, into a temporary file per variant and hour; they
//! are moved to their places when all are complete.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use probity_domain::document::UtcTime;
use probity_domain::document::capture_record::write_json_string;
use tempfile::{NamedTempFile, TempPath};

use super::captured::{Event, EventContent};
use super::error::MergeGroundTruth;
use crate::format::json::{First, JsonFault, JsonScanner, JsonValue};
use crate::location::{Environment, move_file};

/// Files that are open at a time: a month of hours is more.
const MAX_OPEN: usize = 64;

/// What a record gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelText<'a> {
    /// JSON, quotes included.
    pub(super) data: &'a str,
    pub(super) encoding: &'a str,
}

/// A folder of an hour: its path below the output.
type Folder = String;

/// The files that are being written.
pub(super) struct MergedFiles<'e> {
    /// Below the output: the endpoint, or the schedule of batch transform jobs.
    subject: String,
    environment: &'e Environment,
    open: BTreeMap<Folder, BufWriter<NamedTempFile>>,
    closed: BTreeMap<Folder, TempPath>,
    line: Vec<u8>,
}

/// Why a record was not written.
pub(super) enum NotWritten {
    /// It is no event.
    Record,
    Temporary(io::Error),
}

impl<'e> MergedFiles<'e> {
    pub(super) fn new(subject: &str, environment: &'e Environment) -> Self {
        MergedFiles {
            subject: subject.to_owned(),
            environment,
            open: BTreeMap::new(),
            closed: BTreeMap::new(),
            line: Vec::new(),
        }
    }

    pub(super) fn write(
        &mut self,
        event: &Event<'_>,
        label: LabelText<'_>,
    ) -> Result<(), NotWritten> {
        self.line.clear();
        match event.content {
            EventContent::Line(line) => {
                write_endpoint(line, label, &mut self.line).map_err(|_| NotWritten::Record)?;
            }
            EventContent::Batch(id, record) => {
                write_batch((id, &record.data, record.encoding), label, &mut self.line);
            }
        }
        self.line.push(b'\n');
        let time = UtcTime::from_epoch_ms(event.hour_ms);
        let mut folder = self.subject.clone();
        if !event.variant.is_empty() {
            folder = format!("{folder}/{}", event.variant);
        }
        let (year, month, day, hour) = (time.year, time.month, time.day, time.hour);
        let folder = format!("{folder}/{year:04}/{month:02}/{day:02}/{hour:02}");
        self.append(folder).map_err(NotWritten::Temporary)
    }

    fn append(&mut self, folder: Folder) -> io::Result<()> {
        if !self.open.contains_key(&folder) {
            if self.open.len() >= MAX_OPEN
                && let Some((first, file)) = self.open.pop_first()
            {
                self.closed.insert(first, closed(file)?);
            }
            let file = match self.closed.remove(&folder) {
                Some(path) => {
                    let file = std::fs::OpenOptions::new().append(true).open(&path)?;
                    NamedTempFile::from_parts(file, path)
                }
                None => NamedTempFile::with_prefix_in(
                    "probity-merge-",
                    self.environment.temporary_folder(),
                )?,
            };
            self.open.insert(folder.clone(), BufWriter::new(file));
        }
        match self.open.get_mut(&folder) {
            Some(file) => file.write_all(&self.line),
            None => Ok(()),
        }
    }

    /// Moves all to `output`, each whole or not at all; gives where they are.
    pub(super) async fn put(
        mut self,
        output: &str,
        file_id: &str,
    ) -> Result<Vec<String>, MergeGroundTruth> {
        while let Some((folder, file)) = self.open.pop_first() {
            let path = closed(file).map_err(MergeGroundTruth::Temporary)?;
            self.closed.insert(folder, path);
        }
        let mut places = Vec::new();
        for (folder, path) in self.closed {
            let place = format!("{output}/{folder}/part-00000-{file_id}.c000.jsonl");
            let moved = move_file(&path, &place, self.environment).await;
            moved.map_err(|source| MergeGroundTruth::Write {
                location: place.clone(),
                source,
            })?;
            // What was moved is not to be removed.
            drop(path.keep());
            places.push(place);
        }
        Ok(places)
    }
}

fn closed(file: BufWriter<NamedTempFile>) -> io::Result<TempPath> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.into_temp_path())
}

/// `eventVersion, groundTruthData, captureData, eventMetadata`; the sides' members in alphabetical order.
fn write_endpoint(line: &str, label: LabelText<'_>, out: &mut Vec<u8>) -> Result<(), JsonFault> {
    let event = members(line)?;
    let version = event.get("eventVersion").copied().unwrap_or("\"0\"");
    write_head(version, label, out);
    out.extend_from_slice(b",\"captureData\":");
    let captured = event.get("captureData").copied().unwrap_or("{}");
    write_object(
        captured,
        &["endpointInput", "endpointOutput"],
        out,
        |side, out| {
            let order = ["data", "encoding", "mode", "observedContentType"];
            write_object(side, &order, out, write_as_it_is)
        },
    )?;
    out.extend_from_slice(b",\"eventMetadata\":");
    let metadata = event.get("eventMetadata").copied().unwrap_or("{}");
    let order = ["eventId", "inferenceId", "inferenceTime"];
    write_object(metadata, &order, out, write_as_it_is)?;
    out.push(b'}');
    Ok(())
}

fn write_head(version: &str, label: LabelText<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"eventVersion\":");
    out.extend_from_slice(version.as_bytes());
    out.push(b',');
    write_label(label, out);
}

fn write_label(label: LabelText<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"groundTruthData\":{\"data\":");
    out.extend_from_slice(label.data.as_bytes());
    out.extend_from_slice(b",\"encoding\":\"");
    out.extend_from_slice(label.encoding.as_bytes());
    out.extend_from_slice(b"\"}");
}

/// `eventMetadata, eventVersion, groundTruthData, captureData`
fn write_batch((id, data, encoding): (&str, &str, &str), label: LabelText<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"eventMetadata\":{\"eventId\":");
    write_json_string(id, out);
    out.extend_from_slice(b"},\"eventVersion\":\"0\",");
    write_label(label, out);
    out.extend_from_slice(b",\"captureData\":{\"batchTransformOutput\":{\"data\":");
    write_json_string(data, out);
    out.extend_from_slice(b",\"encoding\":\"");
    out.extend_from_slice(encoding.as_bytes());
    out.extend_from_slice(b"\"}}}");
}

fn write_as_it_is(value: &str, out: &mut Vec<u8>) -> Result<(), JsonFault> {
    out.extend_from_slice(value.as_bytes());
    Ok(())
}

/// The members of an object with their texts; of one that is there twice, the last.
fn members(text: &str) -> Result<BTreeMap<String, &str>, JsonFault> {
    let mut scanner = JsonScanner::new(text);
    if scanner.value()? != JsonValue::ObjectStart {
        return Err(scanner.fault("expected an object"));
    }
    let mut found = BTreeMap::new();
    let mut first = First::Yes;
    while let Some(key) = scanner.next_key(first)? {
        first = First::No;
        found.insert(key.into_owned(), scanner.skip_value()?);
    }
    scanner.at_end("text follows the event on its line")?;
    Ok(found)
}

/// An object with its members in `order`, then whatever else it has.
fn write_object(
    text: &str,
    order: &[&str],
    out: &mut Vec<u8>,
    mut write: impl FnMut(&str, &mut Vec<u8>) -> Result<(), JsonFault>,
) -> Result<(), JsonFault> {
    let mut members = members(text)?;
    let known: Vec<(String, &str)> = order
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), members.remove(*name)?)))
        .collect();
    let mut separator = b'{';
    for (name, value) in known.into_iter().chain(members) {
        out.push(std::mem::replace(&mut separator, b','));
        write_json_string(&name, out);
        out.push(b':');
        write(value, out)?;
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: LabelText<'_> = LabelText {
        data: "\"1\"",
        encoding: "CSV",
    };

    #[track_caller]
    fn check(line: &str, expected: Result<&str, ()>) {
        let mut out = Vec::new();
        let written = write_endpoint(line.trim_end(), LABEL, &mut out).map_err(|_| ());
        let text = written.map(|()| String::from_utf8(out).unwrap());
        assert_eq!(
            text.as_deref(),
            expected.map(str::trim_end).as_deref().map_err(|()| &())
        );
    }

    #[test]
    fn a_merged_record_is_that_of_the_service() {
        let captured = r#"{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"132,10,182.9\n","encoding":"CSV"},"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.0364\n","encoding":"CSV"}},"eventMetadata":{"eventId":"f04a8538-696c-4648-8064-8b680b2e3318","inferenceId":"7","inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}"#;
        let merged = include_str!("../../../../golden/capture/records/merged_endpoint.jsonl");
        check(captured, Ok(merged));
    }

    #[test]
    fn a_merged_record_of_a_batch_is_that_of_the_service() {
        let merged = include_str!("../../../../golden/capture/records/merged_batch.jsonl");
        let label = LabelText {
            data: r#""{\"label\": 1}""#,
            encoding: "JSON",
        };
        let data = r#"{"SageMakerOutput":{"predicted_label":0,"score":0.0476},"features":[29,2]}"#;
        let mut out = Vec::new();
        let id = "f04a8538-696c-4648-8064-8b680b2e3318";
        write_batch((id, data, "JSON"), label, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), merged.trim_end());
    }

    #[test]
    fn whatever_else_an_event_has_is_kept_at_the_end() {
        let captured = r#"{"eventMetadata":{"customAttributes":["a"],"eventId":"e"},"captureData":{"endpointOutput":{"data":"1","more":[1]}}}"#;
        check(
            captured,
            Ok(
                r#"{"eventVersion":"0","groundTruthData":{"data":"1","encoding":"CSV"},"captureData":{"endpointOutput":{"data":"1","more":[1]}},"eventMetadata":{"eventId":"e","customAttributes":["a"]}}"#,
            ),
        );
    }

    #[test]
    fn what_is_no_event_is_not_merged() {
        check("{\"captureData\":[1]}", Err(()));
        check("{\"captureData\":{\"endpointInput\":7}}", Err(()));
        check("{\"captureData\":{}", Err(()));
        check("{\"captureData\":{}} {}", Err(()));
    }
}
