//! Labels in a table of the user's: `id` and `label`, and `inference_time` where there is one, as CSV, Parquet or
//! JSON Lines. In JSON Lines a label may be an object; lines as they are uploaded (`groundTruthData`) are read too.

use std::collections::VecDeque;

use datafusion::arrow::array::RecordBatch;
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
}

/// A table of labels, read from its start.
pub struct LabelTable {
    files: VecDeque<SourceFile>,
    reading: Reading,
}

enum Reading {
    Lines(Option<(String, Blocks<LineBoundaries>)>),
    Table {
        partitions: BoxStream<'static, Result<Partition, ReadDataset>>,
        current: Option<(Columns, SendableRecordBatchStream)>,
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
            },
        };
        Ok(LabelTable {
            files: files.into(),
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
            } => loop {
                if let Some((columns, batches)) = current {
                    match batches.next().await {
                        Some(batch) => {
                            let batch = batch.map_err(|error| columns.unread(error))?;
                            return Ok(Some(columns.labels(&batch)));
                        }
                        None => *current = None,
                    }
                }
                match partitions.next().await.transpose()? {
                    None => return Ok(None),
                    Some(partition) => *current = Some(Columns::open(&partition)?),
                }
            },
        }
    }
}

/// Where the columns of labels are in the batches.
struct Columns {
    uri: String,
    has_time: bool,
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

    /// A row without an id or a label is none.
    fn labels(&self, batch: &RecordBatch) -> Vec<Label> {
        let options = FormatOptions::default();
        let text = |column: usize, row: usize| {
            let array = batch.column(column);
            let formatter = ArrayFormatter::try_new(array, &options).ok()?;
            let text = formatter.value(row).to_string();
            (!array.is_null(row) && !text.is_empty()).then_some(text)
        };
        (0..batch.num_rows())
            .filter_map(|row| {
                let time = || text(2, row).and_then(|text| UtcTime::parse_epoch_ms(&text));
                Some(Label {
                    id: text(0, row)?,
                    value: LabelValue::Csv(text(1, row)?),
                    inference_ms: if self.has_time { time() } else { None },
                })
            })
            .collect()
    }
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
        _ => return Err("it has no `id`"),
    };
    let time = member(&TIME_COLUMNS).unwrap_or(&uploaded["inferenceTime"]);
    let value = match member(&LABEL_COLUMNS) {
        Some(Value::String(text)) => LabelValue::Csv(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => LabelValue::Csv(value.to_string()),
        Some(value @ (Value::Object(_) | Value::Array(_))) => LabelValue::Json(value.to_string()),
        Some(Value::Null) | None => {
            let truth = &record["groundTruthData"];
            let data = truth["data"]
                .as_str()
                .ok_or("it has no `label`")?
                .to_owned();
            match truth["encoding"].as_str() {
                Some(encoding) if encoding.eq_ignore_ascii_case("JSON") => LabelValue::Json(data),
                _ => LabelValue::Csv(data),
            }
        }
    };
    Ok(Label {
        id,
        value,
        inference_ms: time.as_str().and_then(UtcTime::parse_epoch_ms),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expected: &[(&str, LabelValue)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let read = async {
            let mut table =
                LabelTable::open(&path.display().to_string(), &Environment::default()).await?;
            let mut all = Vec::new();
            while let Some(labels) = table.next().await? {
                all.extend(labels);
            }
            Ok::<_, ReadLabels>(all)
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let labels = runtime.build().unwrap().block_on(read).unwrap();
        let found: Vec<(&str, LabelValue)> = labels
            .iter()
            .map(|label| (label.id.as_str(), label.value.clone()))
            .collect();
        assert_eq!(found, expected);
    }

    fn csv(text: &str) -> LabelValue {
        LabelValue::Csv(text.to_owned())
    }

    #[test]
    fn a_table_has_an_id_and_a_label() {
        check(
            "a.csv",
            "Label,id,other\n1,a,x\n0,\"b,\"\"c\",y\n,empty,z\n",
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

    #[test]
    fn a_line_without_a_label_is_named() {
        assert_eq!(label_of(b"{\"id\":\"a\"}"), Err("it has no `label`"));
        assert_eq!(label_of(b"{\"label\":1}"), Err("it has no `id`"));
        assert_eq!(label_of(b"{"), Err("it is not valid JSON"));
    }
}
