//! Labels in a table of the user's: `id` and `label`, and `inference_time` where there is one, as CSV, Parquet or
//! JSON Lines. In JSON Lines a label may be an object; lines as they are uploaded (`groundTruthData`) are read too.
//!
//! A row that is no label is an error that names it, in each of the formats: whoever adds labels would not miss one
//! that was passed over.

use std::collections::VecDeque;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use futures::stream::BoxStream;
use probity_domain::document::UtcTime;
use serde_json::Value;

use super::upload::{Label, LabelValue};
use crate::dataset::blocks::{Blocks, LineBoundaries};
use crate::dataset::content::Content;
use crate::dataset::{self, Format, Partition, ReadDataset, ReadOptions};
use crate::location::{Environment, ReadLocation, SourceFile, find_files};

const ID_COLUMNS: [&str; 4] = ["id", "inference_id", "inferenceid", "event_id"];
const LABEL_COLUMNS: [&str; 3] = ["label", "ground_truth", "groundtruth"];
const TIME_COLUMNS: [&str; 2] = ["inference_time", "inferencetime"];

const NO_ID: &str = "it has no `id`";
const NO_LABEL: &str = "it has no `label`";
const NO_TIME: &str = "its `inference_time` is no time as `2026-11-27T13:00:00Z`";

#[derive(Debug, thiserror::Error)]
pub enum ReadLabels {
    #[error("failed to find `{location}`")]
    Find {
        location: String,
        source: ReadLocation,
    },
    #[error("failed to read the labels")]
    Read(#[from] ReadDataset),
    #[error("`{uri}` has no column `{column}`; the columns of labels are `id` and `label`")]
    NoColumn { uri: String, column: &'static str },
    #[error("`{uri}` line {line}: {problem}")]
    Line {
        uri: String,
        line: u64,
        problem: &'static str,
    },
    /// Rows count from 1, below the header.
    #[error("`{uri}` row {row}: {problem}")]
    Row {
        uri: String,
        row: u64,
        problem: &'static str,
    },
}

/// A table of labels, read from its start.
pub struct LabelTable {
    all: Vec<SourceFile>,
    /// Those that are not begun.
    files: VecDeque<SourceFile>,
    reading: Reading,
}

enum Reading {
    Lines(Option<(String, Blocks<LineBoundaries>)>),
    Table {
        partitions: BoxStream<'static, Result<Partition, ReadDataset>>,
        current: Option<(Columns, SendableRecordBatchStream)>,
        /// Of the partition before: its file, and the row after its last.
        before: Option<(String, u64)>,
    },
}

impl std::fmt::Debug for LabelTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LabelTable").finish_non_exhaustive()
    }
}

impl LabelTable {
    pub async fn open(location: &str, environment: &Environment) -> Result<LabelTable, ReadLabels> {
        let files = find_files(location, environment).await;
        let files = files.map_err(|source| ReadLabels::Find {
            location: location.to_owned(),
            source,
        })?;
        LabelTable::of(files).await
    }

    /// The same table from its start, also one of standard input.
    pub async fn again(self) -> Result<LabelTable, ReadLabels> {
        LabelTable::of(self.all).await
    }

    async fn of(files: Vec<SourceFile>) -> Result<LabelTable, ReadLabels> {
        let table = dataset::open(files.clone(), ReadOptions::default()).await?;
        let reading = match table.format() {
            Format::JsonLines => Reading::Lines(None),
            Format::Csv
            | Format::Json
            | Format::Parquet
            | Format::Capture
            | Format::MergedCapture => Reading::Table {
                partitions: table.partitions(),
                current: None,
                before: None,
            },
        };
        Ok(LabelTable {
            files: files.iter().cloned().collect(),
            all: files,
            reading,
        })
    }

    /// The next labels, some thousands at most; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Label>>, ReadLabels> {
        match &mut self.reading {
            Reading::Lines(current) => next_lines(&mut self.files, current).await,
            Reading::Table {
                partitions,
                current,
                before,
            } => loop {
                if let Some((columns, batches)) = current {
                    match batches.next().await {
                        Some(batch) => {
                            let batch = batch.map_err(|error| columns.unread(error))?;
                            return columns.labels(&batch).map(Some);
                        }
                        None => {
                            *before = Some((columns.uri.clone(), columns.next_row));
                            *current = None;
                        }
                    }
                }
                let Some(partition) = partitions.next().await.transpose()? else {
                    return Ok(None);
                };
                let (mut columns, batches) = Columns::open(&partition)?;
                if let Some((uri, next_row)) = before.take()
                    && uri == columns.uri
                {
                    columns.next_row = next_row;
                }
                *current = Some((columns, batches));
            },
        }
    }
}

/// Where the columns of labels are in the batches.
struct Columns {
    uri: String,
    has_time: bool,
    /// Of the file, the first being 1.
    next_row: u64,
}

impl Columns {
    fn open(partition: &Partition) -> Result<(Columns, SendableRecordBatchStream), ReadLabels> {
        let uri = partition.uri().to_owned();
        let schema = partition.schema()?;
        let find = |names: &[&str]| {
            let mut fields = schema.fields().iter();
            fields.position(|field| names.contains(&field.name().to_lowercase().as_str()))
        };
        let needed = |names: &[&str], column| {
            find(names).ok_or_else(|| ReadLabels::NoColumn {
                uri: uri.clone(),
                column,
            })
        };
        let mut wanted = vec![needed(&ID_COLUMNS, "id")?, needed(&LABEL_COLUMNS, "label")?];
        let time = find(&TIME_COLUMNS);
        wanted.extend(time);
        let columns = Columns {
            has_time: time.is_some(),
            next_row: 1,
            uri: uri.clone(),
        };
        Ok((columns, partition.stream(Some(wanted))?))
    }

    fn unread(&self, error: datafusion::common::DataFusionError) -> ReadLabels {
        let source = match error {
            datafusion::common::DataFusionError::External(cause) => {
                match cause.downcast::<ReadDataset>() {
                    Ok(cause) => return ReadLabels::Read(*cause),
                    Err(cause) => cause,
                }
            }
            other => Box::new(other),
        };
        ReadLabels::Read(ReadDataset::Location {
            uri: self.uri.clone(),
            source: ReadLocation::Unreadable {
                location: self.uri.clone(),
                source,
            },
        })
    }

    fn labels(&mut self, batch: &RecordBatch) -> Result<Vec<Label>, ReadLabels> {
        let times = self.has_time.then(|| times(batch.column(2)));
        let mut labels = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            let id = text(batch.column(0), row).ok_or(NO_ID);
            let label = text(batch.column(1), row).ok_or(NO_LABEL);
            let time = times.as_ref().map_or(Ok(None), |times| times[row]);
            let read = id.and_then(|id| Ok((id, label?, time?)));
            let (id, label, inference_ms) = read.map_err(|problem| ReadLabels::Row {
                uri: self.uri.clone(),
                row: self.next_row,
                problem,
            })?;
            labels.push(Label {
                id,
                value: LabelValue::Csv(label),
                inference_ms,
            });
            self.next_row += 1;
        }
        Ok(labels)
    }
}

/// What stands in a cell, in words; `None` where nothing does.
fn text(column: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options).ok()?;
    let text = formatter.value(row).to_string();
    (!column.is_null(row) && !text.is_empty()).then_some(text)
}

/// The times of a column, row by row.
fn times(column: &ArrayRef) -> Vec<Result<Option<i64>, &'static str>> {
    if let Some(times) = typed_times(column) {
        return times.into_iter().map(Ok).collect();
    }
    (0..column.len())
        .map(|row| text(column, row).map_or(Ok(None), |text| time_of(&text)))
        .collect()
}

/// Of a column whose type is one of time, as Parquet has; one without a zone is taken for UTC.
fn typed_times(column: &ArrayRef) -> Option<Vec<Option<i64>>> {
    let DataType::Timestamp(_, zone) = column.data_type() else {
        return None;
    };
    let in_ms = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
    let times = cast(column, &in_ms).ok()?;
    let times = times.as_primitive_opt::<TimestampMillisecondType>()?;
    Some(times.iter().collect())
}

fn time_of(text: &str) -> Result<Option<i64>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    UtcTime::parse_epoch_ms(text).map(Some).ok_or(NO_TIME)
}

async fn next_lines(
    files: &mut VecDeque<SourceFile>,
    current: &mut Option<(String, Blocks<LineBoundaries>)>,
) -> Result<Option<Vec<Label>>, ReadLabels> {
    loop {
        if let Some((uri, blocks)) = current {
            match blocks.next().await? {
                Some(block) => {
                    let lines = block.bytes.split(|byte| *byte == b'\n');
                    let labels = (block.first_line..)
                        .zip(lines)
                        .filter(|(_, text)| !text.trim_ascii().is_empty())
                        .map(|(line, text)| {
                            label_of(text).map_err(|problem| ReadLabels::Line {
                                uri: uri.clone(),
                                line,
                                problem,
                            })
                        });
                    return Ok(Some(labels.collect::<Result<_, _>>()?));
                }
                None => *current = None,
            }
        }
        let Some(file) = files.pop_front() else {
            return Ok(None);
        };
        let options = ReadOptions {
            block_size_bytes: 256 << 10,
            ..ReadOptions::default()
        };
        let content = Content::open(&file).await?;
        let blocks = Blocks::new(content, 1, LineBoundaries::default(), &options);
        *current = Some((file.uri().to_owned(), blocks));
    }
}

fn label_of(line: &[u8]) -> Result<Label, &'static str> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let record: Value = serde_json::from_slice(line).map_err(|_| "it is not valid JSON")?;
    let member = |names: &[&str]| {
        let members = record.as_object()?;
        members
            .iter()
            .find(|(name, _)| names.contains(&name.to_lowercase().as_str()))
            .map(|(_, value)| value)
    };
    let uploaded = &record["eventMetadata"];
    let id = member(&ID_COLUMNS).unwrap_or(&uploaded["eventId"]);
    let id = match id {
        Value::String(id) if !id.is_empty() => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return Err(NO_ID),
    };
    let time = member(&TIME_COLUMNS).unwrap_or(&uploaded["inferenceTime"]);
    let value = match member(&LABEL_COLUMNS) {
        Some(Value::String(text)) if text.is_empty() => return Err(NO_LABEL),
        Some(Value::String(text)) => LabelValue::Csv(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => LabelValue::Csv(value.to_string()),
        Some(value @ (Value::Object(_) | Value::Array(_))) => LabelValue::Json(value.to_string()),
        Some(Value::Null) | None => {
            let truth = &record["groundTruthData"];
            let data = truth["data"].as_str().filter(|data| !data.is_empty());
            let data = data.ok_or(NO_LABEL)?.to_owned();
            match truth["encoding"].as_str() {
                Some(encoding) if encoding.eq_ignore_ascii_case("JSON") => LabelValue::Json(data),
                _ => LabelValue::Csv(data),
            }
        }
    };
    let inference_ms = match time {
        Value::Null => None,
        Value::String(text) => time_of(text)?,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return Err(NO_TIME);
        }
    };
    Ok(Label {
        id,
        value,
        inference_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, content: &[u8]) -> Result<Vec<Label>, ReadLabels> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let read = async {
            let mut table =
                LabelTable::open(&path.display().to_string(), &Environment::default()).await?;
            let mut all = Vec::new();
            while let Some(labels) = table.next().await? {
                all.extend(labels);
            }
            Ok(all)
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.build().unwrap().block_on(read)
    }

    #[track_caller]
    fn check(name: &str, text: &str, expected: &[(&str, LabelValue)]) {
        let labels = read(name, text.as_bytes()).unwrap();
        let found: Vec<(&str, LabelValue)> = labels
            .iter()
            .map(|label| (label.id.as_str(), label.value.clone()))
            .collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn refused(name: &str, text: &str, place: &str, problem: &str) {
        let told = read(name, text.as_bytes()).unwrap_err().to_string();
        assert!(told.ends_with(&format!("{place}: {problem}")), "{told}");
    }

    fn csv(text: &str) -> LabelValue {
        LabelValue::Csv(text.to_owned())
    }

    #[test]
    fn a_table_has_an_id_and_a_label() {
        check(
            "a.csv",
            "Label,id,other\n1,a,x\n\n0,\"b,\"\"c\",y\n",
            &[("a", csv("1")), ("b,\"c", csv("0"))],
        );
    }

    #[test]
    fn a_line_has_a_label_of_any_kind() {
        let object = LabelValue::Json("{\"label\":1}".to_owned());
        check(
            "a.jsonl",
            "{\"id\":\"a\",\"label\":1}\n{\"id\":7,\"label\":{\"label\":1}}\n{\"groundTruthData\":{\"data\":\"0\",\"encoding\":\"CSV\"},\"eventMetadata\":{\"eventId\":\"c\"}}\n",
            &[("a", csv("1")), ("7", object), ("c", csv("0"))],
        );
    }

    /// A row that is passed over without a word is a label that its user believes in.
    #[test]
    fn what_is_no_label_is_named_in_every_format() {
        let csv = |rows: &str| format!("id,label,inference_time\na,1,\n{rows}\n");
        refused("a.csv", &csv("loan-2,,"), "row 2", NO_LABEL);
        refused("a.csv", &csv(",1,"), "row 2", NO_ID);
        refused("a.csv", &csv("b,1,\nloan-1,1,yesterday"), "row 3", NO_TIME);
        let json = |line: &str| format!("{{\"id\":\"a\",\"label\":1}}\n{{{line}}}\n");
        refused("a.jsonl", &json("\"id\":\"b\""), "line 2", NO_LABEL);
        let empty = json("\"id\":\"b\",\"label\":\"\"");
        refused("a.jsonl", &empty, "line 2", NO_LABEL);
        for time in ["\"yesterday\"", "17"] {
            let line = json(&format!(
                "\"id\":\"b\",\"label\":1,\"inference_time\":{time}"
            ));
            refused("a.jsonl", &line, "line 2", NO_TIME);
        }
    }

    #[test]
    fn times_are_read_as_text_and_as_the_type_that_parquet_has() {
        use std::sync::Arc;

        use datafusion::arrow::array::{StringArray, TimestampMicrosecondArray};
        use datafusion::parquet::arrow::ArrowWriter;

        let text = "id,label,inference_time\na,1,2022-04-18T00:21:48Z\nb,1,\n";
        let found = read("a.csv", text.as_bytes()).unwrap();
        let times = |labels: &[Label]| -> Vec<Option<i64>> {
            labels.iter().map(|label| label.inference_ms).collect()
        };
        let expected = [Some(1_650_241_308_000), None];
        assert_eq!(times(&found), expected);
        let at = TimestampMicrosecondArray::from(vec![Some(1_650_241_308_000_000), None]);
        let of_names =
            |names: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(names.to_vec())) };
        for at in [at.clone(), at.with_timezone("+02:00")] {
            let columns: [(&str, ArrayRef, bool); 3] = [
                ("id", of_names(["a", "b"]), true),
                ("label", of_names(["1", "1"]), true),
                ("inference_time", Arc::new(at), true),
            ];
            let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
            let mut bytes = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            assert_eq!(times(&read("a.parquet", &bytes).unwrap()), expected);
        }
    }

    #[test]
    fn a_line_without_a_label_is_named() {
        assert_eq!(label_of(b"{\"id\":\"a\"}"), Err("it has no `label`"));
        assert_eq!(label_of(b"{\"label\":1}"), Err("it has no `id`"));
        assert_eq!(label_of(b"{"), Err("it is not valid JSON"));
    }
}
