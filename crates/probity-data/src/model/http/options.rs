//! What is to be known of a model behind HTTP: where it is, how it is asked, where its answer holds
//! what, and how much patience it gets. The names of the settings of a SageMaker model are those of
//! `predictor` in `analysis_config.json`.

use std::fmt;
use std::time::Duration;

use probity_domain::document::analysis_config::{
    AcceptType, ColumnReference, ConfigValue, ContentTemplate, ContentType, Predictor,
};

use super::address;
use crate::dataset::DatasetType;

/// How a server of models is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The contract of SageMaker's containers: `POST /invocations`, `GET /ping`.
    SageMaker,
    /// The Open Inference Protocol, version 2: KServe, Triton, MLServer.
    V2,
    /// MLflow's scoring server: `POST /invocations` with `dataframe_split`.
    Mlflow,
}

impl Protocol {
    pub const NAMES: [(&'static str, Protocol); 3] = [
        ("sagemaker", Protocol::SageMaker),
        ("v2", Protocol::V2),
        ("mlflow", Protocol::Mlflow),
    ];
}

/// How long a model may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// From sending a request to the last byte of its answer. A SageMaker endpoint has 60 seconds.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
        }
    }
}

/// How often a request that failed for the moment is sent again, and after which pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// After the first attempt.
    pub count: u32,
    /// Before the first retry; twice as long before each further one.
    pub first_pause: Duration,
    /// No pause is longer, even if the server asks for it by `Retry-After`.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Retries {
            count: 4,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
        }
    }
}

/// A model behind HTTP.
#[derive(Clone, PartialEq)]
pub struct HttpOptions {
    /// `http://host:port`, or with the whole path of the predictions.
    pub url: String,
    pub protocol: Protocol,
    /// Of a request of the SageMaker protocol: CSV, JSON Lines or JSON.
    pub content_type: ContentType,
    /// Of an answer of the SageMaker protocol; that of the request where absent.
    pub accept: Option<AcceptType>,
    pub content_template: Option<ContentTemplate>,
    pub record_template: Option<String>,
    /// What the model calls its features; the names of the columns where absent.
    pub feature_names: Option<Vec<String>>,
    /// Columns of text whose values are never sent as numbers, whatever they look like: a code such as
    /// `12345`. Other columns of text are those of text formats, which spell all values.
    pub text_features: Vec<String>,
    /// Where the predicted label lies in an answer.
    pub label: Option<ColumnReference>,
    /// Where the scores lie in an answer.
    pub probability: Option<ColumnReference>,
    /// A class per score.
    pub label_headers: Option<Vec<String>>,
    /// `X-Amzn-SageMaker-Custom-Attributes`.
    pub custom_attributes: Option<String>,
    /// `X-Amzn-SageMaker-Target-Model`; of the V2 protocol the model's name, where the URL lacks it.
    pub target_model: Option<String>,
    /// Sent with every request. Values are secrets: they are shown nowhere.
    pub headers: Vec<(String, String)>,
    pub timeouts: Timeouts,
    pub retries: Retries,
    /// Requests in flight at most.
    pub concurrency: usize,
    /// Records of a request at first; fewer, once the model failed on as many.
    pub max_records: usize,
    /// Bytes of a request's body at most. SageMaker's endpoints take 6 MiB.
    pub max_payload_bytes: usize,
    /// An answer that is longer is given up.
    pub max_answer_bytes: usize,
}

impl HttpOptions {
    pub fn new(url: &str, protocol: Protocol) -> HttpOptions {
        HttpOptions {
            url: url.to_owned(),
            protocol,
            content_type: ContentType::Csv,
            accept: None,
            content_template: None,
            record_template: None,
            feature_names: None,
            text_features: Vec::new(),
            label: None,
            probability: None,
            label_headers: None,
            custom_attributes: None,
            target_model: None,
            headers: Vec::new(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            concurrency: 4,
            max_records: 500,
            max_payload_bytes: 6 << 20,
            max_answer_bytes: 64 << 20,
        }
    }

    /// As `predictor` of an analysis of a dataset of this type says; the model is at `url`.
    pub fn of_predictor(url: &str, predictor: &Predictor, dataset: DatasetType) -> HttpOptions {
        let content_type = predictor.content_type.unwrap_or(match dataset {
            DatasetType::JsonLines => ContentType::JsonLines,
            DatasetType::Json => ContentType::Json,
            DatasetType::Csv | DatasetType::Parquet | DatasetType::Capture => ContentType::Csv,
        });
        HttpOptions {
            content_type,
            accept: predictor.accept_type,
            content_template: predictor.content_template.clone(),
            record_template: predictor.record_template.clone(),
            label: predictor.label.clone(),
            probability: predictor.probability.clone(),
            label_headers: predictor
                .label_headers
                .as_ref()
                .map(|headers| headers.iter().map(text_of).collect()),
            custom_attributes: predictor.custom_attributes.clone(),
            target_model: predictor.target_model.clone(),
            ..HttpOptions::new(url, Protocol::SageMaker)
        }
    }
}

fn text_of(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Integer(number) => number.to_string(),
        ConfigValue::Float(number) => format!("{number:?}"),
        ConfigValue::Text(text) => text.clone(),
        ConfigValue::Boolean(value) => value.to_string(),
    }
}

/// Without the values of headers, and the URL without its password and query.
impl fmt::Debug for HttpOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("HttpOptions")
            .field("url", &address::shown(&self.url))
            .field("protocol", &self.protocol)
            .field("content_type", &self.content_type)
            .field("accept", &self.accept)
            .field("headers", &headers)
            .field("concurrency", &self.concurrency)
            .field("max_records", &self.max_records)
            .finish_non_exhaustive()
    }
}

/// Why a model cannot be asked as the options say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHttpOptions {
    #[error("`{url}` is no address of a model: {problem}; expected `http://HOST:PORT`")]
    Url { url: String, problem: String },
    #[error("`{setting}` cannot be used: {problem}")]
    Setting {
        setting: &'static str,
        problem: String,
    },
    /// The certificates of this machine, for one.
    #[error("failed to prepare connections: {problem}")]
    Client { problem: String },
}

impl InvalidHttpOptions {
    pub(super) fn setting(setting: &'static str, problem: impl Into<String>) -> Self {
        InvalidHttpOptions::Setting {
            setting,
            problem: problem.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_not_printed() {
        let mut options = HttpOptions::new(
            "http://me:hush@host/invocations?key=hush",
            Protocol::SageMaker,
        );
        options.headers = vec![("authorization".to_owned(), "Bearer hush".to_owned())];
        let printed = format!("{options:?}");
        assert!(!printed.contains("hush"), "{printed}");
        assert!(printed.contains("http://host/invocations"), "{printed}");
        assert!(printed.contains("authorization"), "{printed}");
    }
}
