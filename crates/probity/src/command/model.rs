//! From `--model` and its options to a model that can be asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use probity_analysis::{Model, SaysLabels};
use probity_data::dataset::DatasetType;
use probity_data::model::http::{HttpModel, HttpOptions, Protocol};
use probity_data::model::{OpenOptions, OpenedModel, open_model_with};
use probity_domain::document::analysis_config::{
    AcceptType, ColumnReference, ContentTemplate, ContentType, Predictor,
};
use probity_domain::document::explanation_file::ModelFacts;

use super::wiring::variable;
use crate::arguments::{ModelArguments, ProtocolArgument};
use crate::exit::Usage;

/// Batches that a model is asked at once while the next ones are made.
const LOCAL_CONCURRENCY: usize = 2;

/// Records of a batch that is scored here: enough for all cores, and not much memory.
const LOCAL_RECORDS: usize = 1 << 15;

/// A model, and what an endpoint has to say when all is done.
pub(crate) struct Asked {
    pub(crate) model: Model,
    endpoint: Option<Arc<HttpModel>>,
}

impl Asked {
    /// Notes of an endpoint, and how fast it was; none of a file.
    pub(crate) fn endpoint_notes(&self) -> Vec<String> {
        let Some(endpoint) = &self.endpoint else {
            return Vec::new();
        };
        let mut notes = endpoint.notes();
        notes.push(endpoint.statistics().to_string());
        notes
    }
}

/// What the configuration says of the model.
pub(crate) struct Described<'a> {
    pub(crate) predictor: Option<&'a Predictor>,
    pub(crate) dataset_type: DatasetType,
}

/// Opens a file, a folder or an archive, or makes ready to ask a URL.
pub(crate) fn open(
    location: &str,
    arguments: &ModelArguments,
    described: &Described<'_>,
) -> Result<Asked> {
    if is_url(location) {
        return endpoint(location, arguments, described);
    }
    let opened = Arc::new(open_file(location, arguments)?);
    let summary = opened.summary();
    Ok(Asked {
        model: Model {
            facts: ModelFacts {
                location: location.to_owned(),
                kind: summary.kind.name().to_owned(),
                sha256: Some(summary.sha256.to_owned()),
                summary: summary.to_string(),
            },
            asked: Arc::clone(&opened) as Arc<_>,
            opened: Some(opened),
            concurrency: LOCAL_CONCURRENCY,
            records_at_once: LOCAL_RECORDS,
            says_labels: SaysLabels::AsScores,
        },
        endpoint: None,
    })
}

pub(crate) fn is_url(location: &str) -> bool {
    location.starts_with("http://") || location.starts_with("https://")
}

pub(crate) fn open_file(location: &str, arguments: &ModelArguments) -> Result<OpenedModel> {
    if let Some((scheme, _)) = location.split_once("://") {
        bail!(Usage(format!(
            "`{scheme}://` is no address of a model; give a file, a folder, an archive, or the \
             http:// or https:// address of a model that runs"
        )));
    }
    let runtime = arguments.onnx_runtime.clone();
    let runtime = runtime.or_else(|| variable("PROBITY_ONNX_RUNTIME").map(PathBuf::from));
    let options = OpenOptions {
        onnx_runtime: runtime.as_deref(),
        ..OpenOptions::default()
    };
    Ok(open_model_with(Path::new(location), options)?)
}

fn endpoint(url: &str, arguments: &ModelArguments, described: &Described<'_>) -> Result<Asked> {
    let options = http_options(url, arguments, described)?;
    let (concurrency, max_records) = (options.concurrency, options.max_records);
    let says_labels = match options.label {
        Some(_) => SaysLabels::Asked,
        None => SaysLabels::AsScores,
    };
    let protocol = match options.protocol {
        Protocol::SageMaker => "SageMaker",
        Protocol::V2 => "Open Inference Protocol v2",
        Protocol::Mlflow => "MLflow",
    };
    let endpoint = HttpModel::new(options).map_err(|error| Usage(error.to_string()))?;
    let endpoint = Arc::new(endpoint);
    Ok(Asked {
        model: Model {
            facts: ModelFacts {
                location: endpoint.address().to_owned(),
                kind: format!("HTTP ({protocol})"),
                sha256: None,
                summary: format!("asked over HTTP, {concurrency} requests at once"),
            },
            asked: Arc::clone(&endpoint) as Arc<_>,
            opened: None,
            concurrency: LOCAL_CONCURRENCY,
            records_at_once: concurrency.saturating_mul(max_records),
            says_labels,
        },
        endpoint: Some(endpoint),
    })
}

fn http_options(
    url: &str,
    arguments: &ModelArguments,
    described: &Described<'_>,
) -> Result<HttpOptions> {
    let protocol = match arguments.protocol {
        ProtocolArgument::Sagemaker => Protocol::SageMaker,
        ProtocolArgument::V2 => Protocol::V2,
        ProtocolArgument::Mlflow => Protocol::Mlflow,
    };
    let mut options = match described.predictor {
        Some(predictor) => HttpOptions::of_predictor(url, predictor, described.dataset_type),
        None => HttpOptions::new(url, protocol),
    };
    options.protocol = protocol;
    if let Some(name) = &arguments.content_type {
        options.content_type = content_type(name)?;
    }
    if let Some(name) = &arguments.accept {
        options.accept = Some(accept_type(name)?);
    }
    if let Some(template) = &arguments.content_template {
        options.content_template = Some(ContentTemplate::Text(template.clone()));
    }
    if let Some(template) = &arguments.record_template {
        options.record_template = Some(template.clone());
    }
    if let Some(place) = &arguments.probability {
        options.probability = Some(place_in_answer(place));
    }
    if let Some(place) = &arguments.label_in_answer {
        options.label = Some(place_in_answer(place));
    }
    for header in &arguments.headers {
        let Some((name, value)) = header.split_once(':') else {
            bail!(Usage(
                "--model-header is not of the form `NAME: VALUE`".to_owned()
            ));
        };
        options
            .headers
            .push((name.trim().to_owned(), value.trim().to_owned()));
    }
    if let Some(concurrency) = arguments.concurrency {
        options.concurrency = concurrency.get();
    }
    if let Some(records) = arguments.max_records {
        options.max_records = records.get();
    }
    if let Some(seconds) = arguments.model_timeout {
        options.timeouts.request = Duration::from_secs(seconds);
    }
    Ok(options)
}

fn content_type(name: &str) -> Result<ContentType> {
    let known = [ContentType::Csv, ContentType::JsonLines, ContentType::Json];
    match known.into_iter().find(|known| known.name() == name) {
        Some(known) => Ok(known),
        None => bail!(unknown_type("--content-type", name)),
    }
}

fn accept_type(name: &str) -> Result<AcceptType> {
    let known = [AcceptType::Csv, AcceptType::JsonLines, AcceptType::Json];
    match known.into_iter().find(|known| known.name() == name) {
        Some(known) => Ok(known),
        None => bail!(unknown_type("--accept", name)),
    }
}

fn unknown_type(option: &str, name: &str) -> Usage {
    Usage(format!(
        "{option} is `{name}`; expected text/csv, application/jsonlines or application/json"
    ))
}

fn place_in_answer(text: &str) -> ColumnReference {
    match text.parse() {
        Ok(index) => ColumnReference::Index(index),
        Err(_) => ColumnReference::Name(text.to_owned()),
    }
}
