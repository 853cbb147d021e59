//! A model that is computed here, behind content types: a body in, a body out.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;

use super::answer::{self, OutputsAre, Told};
use super::error::InvokeModel;
use super::media::{Media, TAKEN, essence};
use super::rows::{BadRecords, Rows, names_of};
use super::{Answer, Invocation, csv, json};
use crate::model::{AskModel, ModelBody, OpenedModel, Predict, Predictions};

/// A body of more bytes is worked on by a thread for such work; below it takes less time than to
/// hand it over.
const SMALL_BODY: usize = 16 << 10;

/// As SageMaker's containers answer what they do not take, and what they cannot give.
const BAD_REQUEST: u16 = 400;
const NOT_ACCEPTABLE: u16 = 406;
const UNSUPPORTED_MEDIA_TYPE: u16 = 415;
const SERVER_ERROR: u16 = 500;

#[derive(Clone, Debug)]
pub(super) struct InProcess {
    pub(super) opened: Arc<OpenedModel>,
}

/// The forms of a request and its answer.
#[derive(Clone, Copy, Debug)]
struct Forms {
    request: Media,
    answer: Media,
}

impl InProcess {
    pub(super) fn new(opened: OpenedModel) -> InProcess {
        InProcess {
            opened: Arc::new(opened),
        }
    }

    pub(super) async fn invoke(&self, asked: Invocation<'_>) -> Result<Answer, InvokeModel> {
        let forms = forms(asked.content_type, asked.accept)?;
        let body = if matches!(self.opened.body, ModelBody::Onnx(_)) {
            self.ask_graph(asked.body, forms).await?
        } else if asked.body.len() <= SMALL_BODY {
            self.compute(&asked.body, forms)?
        } else {
            let model = self.clone();
            let computed = tokio::task::spawn_blocking(move || model.compute(&asked.body, forms));
            computed.await.map_err(stopped)??
        };
        Ok(Answer {
            content_type: Some(forms.answer.content_type().to_owned()),
            body,
            ..Answer::default()
        })
    }

    /// Trees and linear models.
    fn compute(&self, body: &[u8], forms: Forms) -> Result<Bytes, InvokeModel> {
        let rows = rows_of(forms.request, body).map_err(refused)?;
        let features = rows.features(&self.opened);
        let features = features.map_err(|error| InvokeModel::answered(BAD_REQUEST, error))?;
        let n_outputs = self.opened.n_outputs().unwrap_or_default();
        let predictions = Predictions {
            scores: self.opened.scores(&features).unwrap_or_default(),
            n_outputs,
            ..Predictions::default()
        };
        let told = Told::of(&predictions, OutputsAre::AsReported);
        Ok(answer::write(
            forms.answer,
            &predictions,
            (told, rows.n_rows()),
        ))
    }

    async fn ask_graph(&self, body: Bytes, forms: Forms) -> Result<Bytes, InvokeModel> {
        let model = self.clone();
        let read = move || {
            let rows = rows_of(forms.request, &body).map_err(refused)?;
            Ok::<_, InvokeModel>(rows.batch(names_of(&model.opened).as_deref()))
        };
        let records: RecordBatch = tokio::task::spawn_blocking(read).await.map_err(stopped)??;
        let predictions = self.opened.predict(&records).await.map_err(failed)?;
        let of_classes = match &predictions.output_names {
            Some(names) if names.len() == predictions.n_outputs => OutputsAre::Classes,
            Some(_) | None => OutputsAre::AsReported,
        };
        let told = Told::of(&predictions, of_classes);
        Ok(answer::write(
            forms.answer,
            &predictions,
            (told, records.num_rows()),
        ))
    }
}

fn forms(content_type: Option<&str>, accept: Option<&str>) -> Result<Forms, InvokeModel> {
    let request = match content_type.filter(|name| !name.trim().is_empty()) {
        // Clients that say nothing send CSV to SageMaker's own models.
        None => Media::Csv,
        Some(name) => Media::of(name).ok_or_else(|| unsupported(essence(name)))?,
    };
    let answer = Media::accepted(accept, request).ok_or_else(|| {
        InvokeModel::answered(
            NOT_ACCEPTABLE,
            format!("none of the accepted types can be given; this model gives {TAKEN}"),
        )
    })?;
    Ok(Forms { request, answer })
}

fn unsupported(name: &str) -> InvokeModel {
    let message = match name.to_ascii_lowercase().as_str() {
        "text/libsvm" | "text/x-libsvm" => {
            format!("LIBSVM (`{name}`) is not supported here; this model takes {TAKEN}")
        }
        _ => format!("content type `{name}` is not supported; this model takes {TAKEN}"),
    };
    InvokeModel::answered(UNSUPPORTED_MEDIA_TYPE, message)
}

fn rows_of(media: Media, body: &[u8]) -> Result<Rows<'_>, BadRecords> {
    let body = std::str::from_utf8(body).map_err(|_| BadRecords::NotUtf8)?;
    match media {
        Media::Csv => csv::parse(body),
        Media::Json => json::parse(body),
        Media::JsonLines => json::parse_lines(body),
    }
}

/// The records of a body as columns, called `names` where they fit and the body names none.
pub fn read_records(
    media: Media,
    body: &[u8],
    names: Option<&[String]>,
) -> Result<RecordBatch, BadRecords> {
    rows_of(media, body).map(|rows| rows.batch(names))
}

fn refused(error: BadRecords) -> InvokeModel {
    InvokeModel::answered(BAD_REQUEST, error)
}

fn failed(error: AskModel) -> InvokeModel {
    let status = match error {
        AskModel::Records { .. } => BAD_REQUEST,
        AskModel::Answer { .. } | AskModel::Unreachable { .. } | AskModel::Failed { .. } => {
            SERVER_ERROR
        }
    };
    InvokeModel::answered(status, error)
}

fn stopped(error: tokio::task::JoinError) -> InvokeModel {
    InvokeModel::answered(SERVER_ERROR, format!("the model stopped: {error}"))
}
