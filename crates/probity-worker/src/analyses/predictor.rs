//! `predictor` of a Clarify configuration: the model that the analysis asks.
//!
//! `endpoint_name` is an endpoint of this server, of which the model of one variant is asked;
//! `model_name` a Model. SageMaker makes a shadow endpoint of it; here the model is opened in
//! place, and no endpoint is made. A model that is a URL is asked over HTTP with the templates
//! of the configuration; one that is opened here needs none.

use std::sync::Arc;

use probity_analysis::{Model, SaysLabels};
use probity_data::dataset::DatasetType;
use probity_data::model::http::{HttpModel, HttpOptions, InvalidHttpOptions};
use probity_data::serving::{ModelSource, OpenServed, ServedModel, open_served};
use probity_domain::document::analysis_config::Predictor;
use probity_domain::document::explanation_file::ModelFacts;
use thiserror::Error;

use super::Tools;
use crate::model_row::{FindModel, model_of_endpoint, model_of_name};

/// Batches that a model is asked at once while the next ones are made, and records of a batch,
/// as the command line has them.
const LOCAL_CONCURRENCY: usize = 2;
const LOCAL_RECORDS: usize = 1 << 15;

#[derive(Debug, Error)]
pub enum OpenPredictor {
    #[error("`predictor` names neither an endpoint nor a model")]
    Nameless,
    #[error(transparent)]
    Find(#[from] FindModel),
    #[error(transparent)]
    Open(#[from] OpenServed),
    #[error("model `{name}` is many models, and an analysis asks one")]
    Many { name: String },
    #[error("model `{name}` cannot be asked over HTTP")]
    Http {
        name: String,
        #[source]
        source: InvalidHttpOptions,
    },
}

/// A model, and what an endpoint has to say when all is done.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) model: Model,
    http: Option<Arc<HttpModel>>,
}

impl Asked {
    /// Of a model over HTTP, and how fast it was.
    pub(super) fn notes(&self) -> Vec<String> {
        let Some(http) = &self.http else {
            return Vec::new();
        };
        let mut notes = http.notes();
        notes.push(http.statistics().to_string());
        notes
    }
}

/// Finds and opens what `predictor` names.
pub(super) async fn open(
    predictor: &Predictor,
    dataset_type: DatasetType,
    tools: &Tools,
) -> Result<Asked, OpenPredictor> {
    let store = &tools.app.store;
    let model = match (&predictor.endpoint_name, &predictor.model_name) {
        (Some(name), _) => {
            tools.log.line(format!("Model: of endpoint {name}"));
            model_of_endpoint(store, (&tools.region, name), None).await?
        }
        (None, Some(name)) => {
            tools.log.line(format!(
                "Model: {name}, opened in place; no shadow endpoint is made"
            ));
            model_of_name(store, (&tools.region, name)).await?
        }
        (None, None) => return Err(OpenPredictor::Nameless),
    };
    let source = ModelSource::of_model(&model)?;
    let served = open_served(&source, &tools.environment).await?;
    match served.url() {
        Some(url) => over_http(&url, &source, (predictor, dataset_type)),
        None => in_process(&served, &source),
    }
}

fn in_process(served: &ServedModel, source: &ModelSource) -> Result<Asked, OpenPredictor> {
    let Some(opened) = served.opened() else {
        return Err(OpenPredictor::Many {
            name: source.name.clone(),
        });
    };
    let summary = opened.summary();
    let facts = ModelFacts {
        location: source.model_data_uri.clone().unwrap_or_default(),
        kind: summary.kind.name().to_owned(),
        sha256: Some(summary.sha256.to_owned()),
        summary: summary.to_string(),
    };
    Ok(Asked {
        model: Model {
            facts,
            asked: Arc::clone(opened) as Arc<_>,
            opened: Some(Arc::clone(opened)),
            concurrency: LOCAL_CONCURRENCY,
            records_at_once: LOCAL_RECORDS,
            says_labels: SaysLabels::AsScores,
        },
        http: None,
    })
}

fn over_http(
    url: &str,
    source: &ModelSource,
    (predictor, dataset_type): (&Predictor, DatasetType),
) -> Result<Asked, OpenPredictor> {
    let options = HttpOptions::of_predictor(url, predictor, dataset_type);
    let (concurrency, max_records) = (options.concurrency, options.max_records);
    let says_labels = match options.label {
        Some(_) => SaysLabels::Asked,
        None => SaysLabels::AsScores,
    };
    let named = &source.name;
    let http = HttpModel::new(options).map_err(|source| OpenPredictor::Http {
        name: named.clone(),
        source,
    })?;
    let http = Arc::new(http);
    Ok(Asked {
        model: Model {
            facts: ModelFacts {
                location: http.address().to_owned(),
                kind: "HTTP (SageMaker)".to_owned(),
                sha256: None,
                summary: format!("asked over HTTP, {concurrency} requests at once"),
            },
            asked: Arc::clone(&http) as Arc<_>,
            opened: None,
            concurrency: LOCAL_CONCURRENCY,
            records_at_once: concurrency.saturating_mul(max_records),
            says_labels,
        },
        http: Some(http),
    })
}
