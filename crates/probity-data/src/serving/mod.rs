//! A model behind content types, as an endpoint serves it: computed here from the data of a Model
//! document, or passed on to the URL of a model server.
//!
//! Requests and answers are those of SageMaker's containers for tabular data:
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html>. Endpoints, transform jobs
//! and asynchronous invocations all come through here.

mod answer;
mod async_invocation;
mod condition;
mod csv;
mod error;
mod in_process;
mod json;
mod many;
mod media;
mod object;
mod open;
mod rows;
mod url_model;

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use http::HeaderMap;

pub use async_invocation::{
    ASYNC_INVOCATION, AsyncInvocation, AsyncOutcome, fail_async_invocation, run_async_invocation,
};
pub use condition::{ApplyExpression, RecordPath};
pub use error::{InvokeModel, MoveObject, OpenServed};
pub use in_process::read_records;
pub use media::Media;
pub use object::{read_object, write_object};
pub use open::{Holds, MODEL_URL, ModelSource, open_served};
pub use rows::BadRecords;

use crate::model::{OpenedModel, Predict};
use in_process::InProcess;
use many::ManyModels;
use url_model::UrlModel;

/// Bytes of one part of a streamed answer of a model that is computed here.
const PART_BYTES: usize = 64 << 10;

/// A model that answers; cloning is cheap.
#[derive(Clone, Debug)]
pub struct ServedModel {
    served: Arc<Served>,
}

#[derive(Debug)]
enum Served {
    InProcess(InProcess),
    Url(Box<UrlModel>),
    Many(ManyModels),
}

/// One request to a model.
#[derive(Clone, Debug, Default)]
pub struct Invocation<'a> {
    pub content_type: Option<&'a str>,
    pub accept: Option<&'a str>,
    /// Passed on to a model server.
    pub headers: Option<&'a HeaderMap>,
    /// Which of many models.
    pub target_model: Option<&'a str>,
    pub body: Bytes,
}

/// What a model answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    pub content_type: Option<String>,
    /// Of a model server, for the caller.
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What a model answers, part by part.
pub struct StreamedAnswer {
    pub content_type: Option<String>,
    pub headers: HeaderMap,
    pub parts: BoxStream<'static, Result<Bytes, InvokeModel>>,
}

impl std::fmt::Debug for StreamedAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StreamedAnswer")
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

impl ServedModel {
    fn of(served: Served) -> ServedModel {
        ServedModel {
            served: Arc::new(served),
        }
    }

    /// A model that was opened elsewhere.
    pub fn of_opened(opened: OpenedModel) -> ServedModel {
        ServedModel::of(Served::InProcess(InProcess::new(opened)))
    }

    pub async fn invoke(&self, asked: Invocation<'_>) -> Result<Answer, InvokeModel> {
        match &*self.served {
            Served::InProcess(model) => model.invoke(asked).await,
            Served::Url(model) => model.invoke(asked).await,
            Served::Many(models) => models.invoke(asked).await,
        }
    }

    /// Of a model server, parts as they come; of a model that is computed here, its answer in
    /// parts that end with a record where they can.
    pub async fn invoke_streaming(
        &self,
        asked: Invocation<'_>,
    ) -> Result<StreamedAnswer, InvokeModel> {
        if let Served::Url(model) = &*self.served {
            return model.invoke_streaming(asked).await;
        }
        let answer = self.invoke(asked).await?;
        let parts = parts_of(answer.body);
        Ok(StreamedAnswer {
            content_type: answer.content_type,
            headers: answer.headers,
            parts: futures::stream::iter(parts.into_iter().map(Ok)).boxed(),
        })
    }

    /// The model where it is computed here: for explanations and jobs that ask it much.
    pub fn opened(&self) -> Option<&Arc<OpenedModel>> {
        match &*self.served {
            Served::InProcess(model) => Some(&model.opened),
            Served::Url(_) | Served::Many(_) => None,
        }
    }

    pub fn predict_handle(&self) -> Option<Arc<dyn Predict>> {
        let opened = self.opened()?;
        Some(Arc::clone(opened) as Arc<dyn Predict>)
    }

    /// The address of a model server.
    pub fn url(&self) -> Option<String> {
        match &*self.served {
            Served::Url(model) => Some(model.url()),
            Served::InProcess(_) | Served::Many(_) => None,
        }
    }

    /// Whether a request has to name one of several models.
    pub fn holds_many(&self) -> bool {
        matches!(&*self.served, Served::Many(_))
    }
}

fn parts_of(mut body: Bytes) -> Vec<Bytes> {
    let mut parts = Vec::new();
    while body.len() > PART_BYTES {
        let end = memchr::memrchr(b'\n', &body[..PART_BYTES]).map_or(PART_BYTES, |at| at + 1);
        parts.push(body.split_to(end));
    }
    if !body.is_empty() {
        parts.push(body);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_with_a_line_where_they_can() {
        let lines = "0.123456789\n".repeat(20_000);
        let parts = parts_of(Bytes::from(lines.clone()));
        assert!(parts.len() > 3);
        for part in &parts {
            assert!(part.len() <= PART_BYTES && part.ends_with(b"\n"));
        }
        assert_eq!(parts.concat(), lines.as_bytes());
        let long = parts_of(Bytes::from("x".repeat(PART_BYTES + 1)));
        assert_eq!(long[1], Bytes::from_static(b"x"));
        assert!(parts_of(Bytes::new()).is_empty());
    }
}
