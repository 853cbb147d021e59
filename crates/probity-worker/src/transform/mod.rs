//! A transform job, from the objects that it reads to those that it writes: every record goes
//! through the model, and comes out in the order in which it went in.
//!
//! Members and their meaning: CreateTransformJob of the SageMaker API reference.

mod batches;
mod capture;
mod json_path;
mod plan;
mod records;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use flate2::read::MultiGzDecoder;
use futures::{StreamExt, TryStreamExt, stream};
use probity_app::Ids;
use probity_data::location::{
    Environment, ReadLocation, StoredObject, WriteOutput, list_objects, upload_object,
};
use probity_data::serving::{Answer, Invocation, InvokeModel, ServedModel};
use probity_domain::document::api::transform_job::TransformJob;
use thiserror::Error;

use crate::chain::{Chain, at_most};
use crate::job_log::JobLog;
use crate::stage::{self, StageError};
use batches::{Batch, Batches, ReadRecords, Split, lines};
use plan::{Assembly, Compression, InvalidTransform, Listing, Plan};
use records::{Inference, ProcessRecord, Spelling};

/// Of `FailureReason` in SageMaker's API.
const MAX_REASON: usize = 1024;

/// Before a request is sent again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Error)]
pub(crate) enum TransformFailed {
    #[error(transparent)]
    Invalid(#[from] InvalidTransform),
    #[error("failed to find the input")]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error("failed to read `{uri}`")]
    Read {
        uri: String,
        #[source]
        source: ReadRecords,
    },
    #[error("failed to process `{uri}`")]
    Record {
        uri: String,
        #[source]
        source: ProcessRecord,
    },
    #[error("failed to predict record {line} of `{uri}` and those sent with it")]
    Invoke {
        uri: String,
        line: usize,
        #[source]
        source: InvokeModel,
    },
    #[error(
        "the model gave {answers} records for {records} of `{uri}`, from record {line} on: they \
         can be neither joined nor filtered nor numbered"
    )]
    Count {
        uri: String,
        line: usize,
        records: usize,
        answers: usize,
    },
    #[error("failed to use the job's folder")]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Write(#[from] WriteOutput),
}

impl TransformFailed {
    /// `FailureReason`, with its causes.
    pub(crate) fn reason(&self) -> String {
        let who = match self {
            Self::Folder(_) | Self::Write(_) => "InternalServerError",
            Self::Invoke { source, .. } => match source {
                InvokeModel::Answered { status, .. } if *status < 500 => "ClientError",
                _ => "AlgorithmError",
            },
            _ => "ClientError",
        };
        at_most(MAX_REASON, &format!("{who}: {}", Chain(self)))
    }
}

/// What a transform is lent.
#[derive(Clone, Debug)]
pub(crate) struct TransformTools {
    pub(crate) model: ServedModel,
    pub(crate) environment: Arc<Environment>,
    pub(crate) log: JobLog,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) started_ms: i64,
    pub(crate) threads: NonZeroUsize,
    /// Of this job alone.
    pub(crate) work_folder: PathBuf,
}

/// Runs the job. Each output appears whole.
pub(crate) async fn run(job: &TransformJob, tools: &TransformTools) -> Result<(), TransformFailed> {
    let plan = Plan::of(job)?;
    let objects = match plan.listing {
        Listing::Prefix => list_objects(&plan.input_uri, &tools.environment).await?,
        Listing::Manifest => stage::listed(&plan.input_uri, &tools.environment).await?,
    };
    tools
        .log
        .line(format!("Objects to transform: {}", objects.len()));
    let capture = job.data_capture_config.as_ref();
    let numbered = capture.is_some_and(|capture| capture.generate_inference_id == Some(true));
    let numbering = match numbered {
        true => Numbering::Ids,
        false => Numbering::Nothing,
    };
    let (mut read, mut written) = (Vec::new(), Vec::new());
    for object in &objects {
        let uri = format!("{}/{}.out", plan.output_path, object.relative());
        let n_records = transform(object, (&plan, numbering), (tools, &uri)).await?;
        tools.log.line(format!(
            "Transformed {n_records} records of {} to {uri}",
            object.uri()
        ));
        read.push(object.uri());
        written.push(uri);
    }
    if let Some(capture) = capture {
        for (name, uris) in [("input", &read), ("output", &written)] {
            let manifest = capture::Manifest {
                destination: &capture.destination_s3_uri,
                started_ms: tools.started_ms,
                id: &tools.ids.uuid(),
            };
            capture::write(manifest, capture::Side { name, uris }, &tools.environment).await?;
        }
    }
    Ok(())
}

/// Whether each record gets an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    Nothing,
    Ids,
}

/// One object; the number of its records.
async fn transform(
    object: &StoredObject,
    (plan, numbering): (&Plan, Numbering),
    (tools, output_uri): (&TransformTools, &str),
) -> Result<usize, TransformFailed> {
    let local = tools.work_folder.join("input");
    object.download(&local).await?;
    let result = tools.work_folder.join("output");
    let mut out = BufWriter::new(File::create(&result)?);
    let uri = object.uri();
    let concurrency = plan.concurrency.unwrap_or(tools.threads.get());
    let reader = reader(&local, plan.compression)?;
    let batches = Batches::new(plan.batching, reader).map(|batch| {
        batch.map_err(|source| TransformFailed::Read {
            uri: uri.clone(),
            source,
        })
    });
    let named = uri.as_str();
    let mut answers = stream::iter(batches)
        .map(|batch| async move {
            let batch = batch?;
            let answer = ask(&batch, (plan, tools), named).await?;
            Ok::<_, TransformFailed>((batch, answer))
        })
        .buffered(concurrency);
    let mut n_records = 0;
    while let Some((batch, answer)) = answers.try_next().await? {
        n_records += batch.records.len();
        let written = assemble((&batch, &answer), (plan, numbering), (tools, &uri))?;
        out.write_all(&written)?;
    }
    drop(answers);
    out.flush()?;
    upload_object(&result, output_uri, &tools.environment).await?;
    Ok(n_records)
}

fn reader(path: &Path, compression: Compression) -> io::Result<Box<dyn BufRead + Send>> {
    let file = File::open(path)?;
    Ok(match compression {
        Compression::Plain => Box::new(BufReader::new(file)),
        Compression::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
    })
}

async fn ask(
    batch: &Batch,
    (plan, tools): (&Plan, &TransformTools),
    uri: &str,
) -> Result<Answer, TransformFailed> {
    let body = payload(batch, plan).map_err(|source| TransformFailed::Record {
        uri: uri.to_owned(),
        source,
    })?;
    let mut pause = FIRST_PAUSE;
    let mut tries_left = plan.retries;
    loop {
        let asked = tools.model.invoke(Invocation {
            content_type: plan.content_type.as_deref(),
            accept: plan.accept.as_deref(),
            body: body.clone(),
            ..Invocation::default()
        });
        let failed = match tokio::time::timeout(plan.timeout, asked).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => InvokeModel::TimedOut {
                seconds: plan.timeout.as_secs(),
            },
        };
        if tries_left == 0 || !may_pass(&failed) {
            return Err(TransformFailed::Invoke {
                uri: uri.to_owned(),
                line: batch.first_line,
                source: failed,
            });
        }
        tries_left -= 1;
        tools
            .log
            .line(format!("Request is sent again: {}", Chain(&failed)));
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Whether the same request may be answered later.
fn may_pass(error: &InvokeModel) -> bool {
    match error {
        InvokeModel::Answered { status, .. } => *status >= 500 || *status == 429,
        InvokeModel::TimedOut { .. } | InvokeModel::Unreachable { .. } => true,
        InvokeModel::TooLong { .. }
        | InvokeModel::Target { .. }
        | InvokeModel::OpenTarget { .. } => false,
    }
}

fn payload(batch: &Batch, plan: &Plan) -> Result<Bytes, ProcessRecord> {
    let mut body = Vec::new();
    for (at, record) in batch.records.iter().enumerate() {
        body.extend_from_slice(&plan.processing.sent(record, batch.first_line + at)?);
        if plan.batching.split == Split::Lines {
            body.push(b'\n');
        }
    }
    if batch.records.len() == 1 && plan.batching.split == Split::Lines {
        // One record is sent as it stands.
        body.pop();
    }
    Ok(body.into())
}

/// What is written of a request's records and their answer.
fn assemble(
    (batch, answer): (&Batch, &Answer),
    (plan, numbering): (&Plan, Numbering),
    (tools, uri): (&TransformTools, &str),
) -> Result<Vec<u8>, TransformFailed> {
    let processing = &plan.processing;
    if !processing.is_by_record() && numbering == Numbering::Nothing {
        let mut whole = answer.body.to_vec();
        if plan.assembly == Assembly::LineEnd && whole.last() != Some(&b'\n') {
            whole.push(b'\n');
        }
        return Ok(whole);
    }
    let answers = answers(answer, (processing.output, batch.records.len()));
    if answers.len() != batch.records.len() {
        return Err(TransformFailed::Count {
            uri: uri.to_owned(),
            line: batch.first_line,
            records: batch.records.len(),
            answers: answers.len(),
        });
    }
    let mut written = Vec::new();
    for (at, (record, answer)) in batch.records.iter().zip(&answers).enumerate() {
        let inference = match numbering {
            Numbering::Nothing => None,
            Numbering::Ids => Some(Inference {
                id: tools.ids.uuid(),
                time: second_of(tools.started_ms),
            }),
        };
        let line = batch.first_line + at;
        let record = processing.written((record, answer), inference.as_ref(), line);
        written.extend(record.map_err(|source| TransformFailed::Record {
            uri: uri.to_owned(),
            source,
        })?);
        // Records that cannot be told apart could not be read again.
        written.push(b'\n');
    }
    Ok(written)
}

/// An answer per record.
fn answers(answer: &Answer, (spelling, n_records): (Spelling, usize)) -> Vec<Vec<u8>> {
    let by_line = || {
        let lines = lines(&answer.body).into_iter();
        lines.map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    match spelling {
        Spelling::Csv => by_line(),
        Spelling::Json => match serde_json::from_slice::<serde_json::Value>(&answer.body) {
            Ok(_) if n_records == 1 => vec![answer.body.to_vec()],
            Ok(whole) => {
                let listed = whole.get("predictions").unwrap_or(&whole).as_array();
                listed.map_or_else(by_line, |values| {
                    let values = values.iter();
                    values.map(|value| value.to_string().into_bytes()).collect()
                })
            }
            // JSON Lines.
            Err(_) => by_line(),
        },
        Spelling::Opaque => vec![answer.body.to_vec()],
    }
}

/// `2023-01-21T01:29:04Z`
fn second_of(at_ms: i64) -> String {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, spelling: Spelling, n_records: usize) -> Vec<String> {
        let answer = Answer {
            body: Bytes::from(body.to_owned()),
            ..Answer::default()
        };
        let found = answers(&answer, (spelling, n_records)).into_iter();
        found.map(|part| String::from_utf8(part).unwrap()).collect()
    }

    #[test]
    fn an_answer_is_told_apart_by_records() {
        assert_eq!(split("0.1\n0.2\n", Spelling::Csv, 2), ["0.1", "0.2"]);
        assert_eq!(
            split("{\"a\":1}\n{\"a\":2}\n", Spelling::Json, 2),
            ["{\"a\":1}", "{\"a\":2}"]
        );
        assert_eq!(
            split("{\"predictions\": [1, [2]]}", Spelling::Json, 2),
            ["1", "[2]"]
        );
        assert_eq!(split("[0.5, 0.25]", Spelling::Json, 2), ["0.5", "0.25"]);
        let one = "{\"predictions\": [0.5]}";
        assert_eq!(split(one, Spelling::Json, 1), [one]);
    }

    #[test]
    fn time_has_whole_seconds() {
        assert_eq!(second_of(1_674_264_544_999), "2023-01-21T01:29:04Z");
    }
}
