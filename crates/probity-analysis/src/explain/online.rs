//! Explanations of single invocations: what an endpoint with a `ClarifyExplainerConfig` answers
//! besides the model's own answer. Kernel SHAP, as in a job, over the records that are asked for.
//!
//! Source of the forms:
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-online-explainability-response.html>.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datafusion::arrow::array::{BooleanArray, RecordBatch};
use datafusion::arrow::compute::filter_record_batch;
use probity_data::location::Environment;
use probity_data::model::http::{HttpModel, HttpOptions, Protocol};
use probity_data::model::{AskModel, FeatureNames, ModelKind, Predict, Predictions, ReadFeatures};
use probity_data::serving::{
    ApplyExpression, BadRecords, Media, MoveObject, RecordPath, ServedModel, read_object,
    read_records,
};
use probity_domain::document::analysis_config::{
    AcceptType, AggregationMethod, ColumnReference, ContentTemplate, ContentType,
};
use probity_domain::document::api::endpoint_config::{
    ClarifyExplainerConfig, ClarifyInferenceConfig,
};
use probity_domain::document::explanation_file::ModelFacts;
use probity_domain::document::probity_file::DatasetFacts;
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::attributions::Attributions;
use super::baseline::aligned;
use super::choice::Ask;
use super::error::ExplainError;
use super::kernel::by_kernel;
use super::request::{BaselineChoice, ExplainRequest, Quantity, ShapSettings};
use super::watch::Watch;
use crate::model::{Model, SaysLabels};

/// As Amazon's page has it, with the time that the model takes.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Of a baseline that lies in a bucket.
const MAX_BASELINE_BYTES: usize = 6 << 20;

/// Records of one request to a model server, where nothing is said.
const DEFAULT_RECORDS: usize = 500;

/// Records of one batch to a model that is computed here.
const LOCAL_RECORDS: usize = 4096;

/// Without a seed the same request still gets the same explanation.
const DEFAULT_SEED: u64 = 0;

/// Why an endpoint cannot explain, or an invocation was not explained.
#[derive(Debug, Error)]
pub enum ExplainOnline {
    /// The configuration: the endpoint fails with it.
    #[error("{problem}")]
    Config { problem: String },
    #[error("failed to read the SHAP baseline")]
    Baseline(#[source] MoveObject),
    #[error("the SHAP baseline is not usable: {0}")]
    BadBaseline(BadRecords),
    #[error("the columns of the SHAP baseline are not the model's features")]
    BaselineColumns(#[source] ReadFeatures),
    /// The caller's request.
    #[error("{problem}")]
    Request { problem: String },
    /// The model's answer, or the expression that is applied to it.
    #[error(transparent)]
    Apply(#[from] ApplyExpression),
    #[error("failed to explain the records")]
    Explain(#[from] ExplainError),
    #[error("the records were not explained within {} seconds", TIME_LIMIT.as_secs())]
    TimedOut,
}

/// A configuration that was checked, with its baseline read.
#[derive(Clone, Debug)]
pub struct OnlineExplainer {
    config: ClarifyExplainerConfig,
    inference: ClarifyInferenceConfig,
    enabled: Option<RecordPath>,
    features: Option<RecordPath>,
    baseline: (Media, String),
}

/// One invocation: what was asked, and what the model answered.
#[derive(Clone, Copy, Debug)]
pub struct Invoked<'a> {
    pub content_type: Option<&'a str>,
    pub request: &'a [u8],
    pub answer_type: Option<&'a str>,
    pub answer: &'a [u8],
    /// `X-Amzn-SageMaker-Enable-Explanations`.
    pub enable: Option<&'a str>,
}

/// What is wrong with a configuration is the reason why its endpoint fails.
fn check(config: &ClarifyExplainerConfig) -> Result<(), ExplainOnline> {
    let shap = &config.shap_config;
    if shap.text_config.is_some() {
        return Err(problem(
            "`ShapConfig.TextConfig`: explanations of texts are not part of this version",
        ));
    }
    let inference = config.inference_config.as_ref();
    let types = inference.map_or(&[][..], |inference| &inference.feature_types);
    let headers = inference.map_or(&[][..], |inference| &inference.feature_headers);
    if types.iter().any(|feature| feature == "text") {
        return Err(problem(
            "`FeatureTypes` names a feature of the type `text`: explanations of texts are not part \
             of this version",
        ));
    }
    if !headers.is_empty() && !types.is_empty() && headers.len() != types.len() {
        return Err(problem(format!(
            "`FeatureHeaders` has {} items and `FeatureTypes` has {}",
            headers.len(),
            types.len()
        )));
    }
    let baseline = &shap.shap_baseline_config;
    match (&baseline.shap_baseline, &baseline.shap_baseline_uri) {
        (Some(_), Some(_)) => Err(problem(
            "`ShapBaselineConfig` has both `ShapBaseline` and `ShapBaselineUri`; give one",
        )),
        (None, None) => Err(problem(
            "`ShapBaselineConfig` has neither `ShapBaseline` nor `ShapBaselineUri`; give one",
        )),
        _ => Ok(()),
    }?;
    path("EnableExplanations", config.enable_explanations.as_deref())?;
    let features = inference.and_then(|inference| inference.features_attribute.as_deref());
    path("FeaturesAttribute", features)?;
    baseline_media(config).map(drop)
}

fn path(member: &str, expression: Option<&str>) -> Result<Option<RecordPath>, ExplainOnline> {
    let parsed = expression.map(RecordPath::parse).transpose();
    parsed.map_err(|error| problem(format!("`{member}`: {error}")))
}

fn baseline_media(config: &ClarifyExplainerConfig) -> Result<Media, ExplainOnline> {
    let baseline = &config.shap_config.shap_baseline_config;
    let mime_type = baseline.mime_type.as_deref().unwrap_or("text/csv");
    match Media::of(mime_type) {
        Some(media @ (Media::Csv | Media::JsonLines)) => Ok(media),
        Some(Media::Json) | None => Err(problem(format!(
            "`ShapBaselineConfig.MimeType` is `{mime_type}`; expected text/csv or \
             application/jsonlines"
        ))),
    }
}

impl OnlineExplainer {
    /// Checks the configuration and reads its baseline.
    pub async fn open(
        config: ClarifyExplainerConfig,
        environment: &Environment,
    ) -> Result<OnlineExplainer, ExplainOnline> {
        check(&config)?;
        let given = &config.shap_config.shap_baseline_config;
        let text = match (&given.shap_baseline, &given.shap_baseline_uri) {
            (Some(text), _) => text.clone(),
            (None, uri) => {
                let uri = uri.as_deref().unwrap_or_default();
                let bytes = read_object(uri, MAX_BASELINE_BYTES, environment).await;
                let bytes = bytes.map_err(ExplainOnline::Baseline)?;
                String::from_utf8(bytes.to_vec())
                    .map_err(|_| ExplainOnline::BadBaseline(BadRecords::NotUtf8))?
            }
        };
        let media = baseline_media(&config)?;
        let inference = config.inference_config.clone().unwrap_or_default();
        let explainer = OnlineExplainer {
            enabled: path("EnableExplanations", config.enable_explanations.as_deref())?,
            features: path("FeaturesAttribute", inference.features_attribute.as_deref())?,
            baseline: (media, text),
            inference,
            config,
        };
        explainer.baseline_rows(None)?;
        Ok(explainer)
    }

    /// Whether the baseline has the features of this model: of a model server nobody knows before
    /// it is asked.
    pub fn check_model(&self, model: &ServedModel) -> Result<(), ExplainOnline> {
        let baseline = self.baseline_rows(self.column_names(model).as_deref())?;
        if let Some(headers) = self.headers()
            && headers.len() != baseline.num_columns()
        {
            return Err(problem(format!(
                "the SHAP baseline has {} columns, and `FeatureHeaders` names {}",
                baseline.num_columns(),
                headers.len()
            )));
        }
        match model.opened() {
            Some(opened) if !opened.features().is_empty() => {
                let matched = opened.match_columns(&baseline);
                matched.map(drop).map_err(ExplainOnline::BaselineColumns)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The answer to the caller: `application/json`, with the model's own answer in it.
    pub async fn explain(
        &self,
        model: &ServedModel,
        invoked: Invoked<'_>,
    ) -> Result<Vec<u8>, ExplainOnline> {
        let request_media = tabular("ContentType", invoked.content_type)?;
        let answer_media = answered_media(invoked.answer_type)?;
        let answer = utf8(invoked.answer)?;
        let request = utf8(invoked.request)?;
        let names = self.column_names(model);
        let rows = self.records(request_media, request, names.as_deref());
        let rows = rows.map_err(|error| ExplainOnline::Request {
            problem: error.to_string(),
        })?;
        self.check_width(&rows)?;
        let chosen = self.chosen(invoked.enable, (answer_media, answer), rows.num_rows())?;
        let explanations = match chosen.iter().any(|chosen| *chosen) {
            false => json!({}),
            true => {
                let explained = self.explained(&rows, &chosen)?;
                let asked = self.asked(model, request_media)?;
                let found = tokio::time::timeout(
                    TIME_LIMIT,
                    self.attribute(explained, asked, names.as_deref()),
                );
                let found = found.await.map_err(|_| ExplainOnline::TimedOut)??;
                json!({"kernel_shap": self.told(&found, &chosen)})
            }
        };
        let mut document = Map::new();
        document.insert("version".to_owned(), json!("1.0"));
        document.insert(
            "predictions".to_owned(),
            json!({"content_type": invoked.answer_type, "data": answer}),
        );
        if !self.inference.label_headers.is_empty() {
            document.insert(
                "label_headers".to_owned(),
                json!(self.inference.label_headers),
            );
        }
        document.insert("explanations".to_owned(), explanations);
        Ok(Value::Object(document).to_string().into_bytes())
    }

    /// What the model calls its features, where it says; else the headers of the configuration.
    fn column_names(&self, model: &ServedModel) -> Option<Vec<String>> {
        let Some(opened) = model.opened() else {
            return self.headers().map(<[String]>::to_vec);
        };
        match opened.library.feature_names {
            FeatureNames::Given => {
                let names = opened.features().iter().map(|feature| feature.name.clone());
                Some(names.collect())
            }
            FeatureNames::MadeUp => None,
        }
    }

    fn headers(&self) -> Option<&[String]> {
        let headers = &self.inference.feature_headers;
        (!headers.is_empty()).then_some(headers)
    }

    fn records(
        &self,
        media: Media,
        body: &str,
        names: Option<&[String]>,
    ) -> Result<RecordBatch, ApplyExpression> {
        let lists = match (&self.features, media) {
            (Some(path), Media::JsonLines) => Some(path.lists_of_lines(body)?),
            _ => None,
        };
        let body = lists.as_deref().unwrap_or(body);
        Ok(read_records(media, body.as_bytes(), names)?)
    }

    fn check_width(&self, rows: &RecordBatch) -> Result<(), ExplainOnline> {
        match self.headers() {
            Some(headers) if headers.len() != rows.num_columns() => Err(ExplainOnline::Request {
                problem: format!(
                    "the records have {} features, and `FeatureHeaders` names {}",
                    rows.num_columns(),
                    headers.len()
                ),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Which records are explained: by the header of the request, else by the configuration.
    fn chosen(
        &self,
        header: Option<&str>,
        answer: (Media, &str),
        n_records: usize,
    ) -> Result<Vec<bool>, ExplainOnline> {
        let of_request = header.map(RecordPath::parse).transpose();
        let of_request = of_request.map_err(|error| ExplainOnline::Request {
            problem: error.to_string(),
        })?;
        match of_request.as_ref().or(self.enabled.as_ref()) {
            None => Ok(vec![true; n_records]),
            Some(path) => Ok(path.holds(answer, n_records)?),
        }
    }

    fn explained(&self, rows: &RecordBatch, chosen: &[bool]) -> Result<RecordBatch, ExplainOnline> {
        let chosen = BooleanArray::from(chosen.to_vec());
        filter_record_batch(rows, &chosen)
            .map_err(|source| ExplainOnline::Explain(ExplainError::Table { source }))
    }

    fn baseline_rows(&self, names: Option<&[String]>) -> Result<RecordBatch, ExplainOnline> {
        let (media, text) = &self.baseline;
        self.records(*media, text, names)
            .map_err(|error| match error {
                ApplyExpression::Records(error) => ExplainOnline::BadBaseline(error),
                error => error.into(),
            })
    }

    async fn attribute(
        &self,
        rows: RecordBatch,
        model: Model,
        names: Option<&[String]>,
    ) -> Result<Attributions, ExplainOnline> {
        let baseline = self.baseline_rows(names)?;
        let both = aligned(&rows, &baseline)?;
        let shap = &self.config.shap_config;
        let settings = ShapSettings {
            baseline: BaselineChoice::Given(both.baseline.clone()),
            n_samples: shap.number_of_samples.map(u64::from),
            aggregation: AggregationMethod::MeanAbsolute,
            quantity: Quantity::Reported,
            features: None,
            groups: BTreeMap::new(),
            shown_rows: Vec::new(),
            save_local_values: false,
            save_interactions: false,
        };
        let request = ExplainRequest {
            model,
            dataset: of_a_request(&both.rows),
            rows: both.rows,
            join: None,
            label_headers: None,
            shap: None,
            pdp: None,
            hidden: Default::default(),
            // Bits of a negative seed are as good as those of another.
            seed: shap.seed.map_or(DEFAULT_SEED, i64::cast_unsigned),
            threads: NonZeroUsize::MIN,
            checkpoint: None,
        };
        let ask = match shap.use_logit {
            Some(true) => Ask::LogOdds,
            Some(false) | None => Ask::Reported,
        };
        let watch = Watch::new(&|_| {});
        let found = by_kernel(&request, &settings, (&both.baseline, ask), watch).await;
        Ok(found?)
    }

    /// The model as it is asked about made-up records.
    fn asked(&self, model: &ServedModel, media: Media) -> Result<Model, ExplainOnline> {
        let inference = &self.inference;
        if let Some(opened) = model.opened() {
            let asked = Arc::new(Told {
                model: Arc::clone(opened) as Arc<dyn Predict>,
                output: inference.probability_index.map(|index| index as usize),
                of_graph: opened.kind == ModelKind::Onnx,
            });
            return Ok(model_of(asked, (1, LOCAL_RECORDS)));
        }
        let url = model.url().ok_or_else(|| ExplainOnline::Request {
            problem: "invocations of a multi-model endpoint are not explained".to_owned(),
        })?;
        let mut options = HttpOptions::new(&url, Protocol::SageMaker);
        let (content, accept) = match media {
            Media::Csv => (ContentType::Csv, AcceptType::Csv),
            Media::Json | Media::JsonLines => (ContentType::JsonLines, AcceptType::JsonLines),
        };
        options.content_type = content;
        options.accept = Some(accept);
        if media == Media::JsonLines {
            let template = inference.content_template.clone();
            let template = template.unwrap_or_else(|| "{\"features\":$features}".to_owned());
            options.content_template = Some(ContentTemplate::Text(template));
        }
        options.feature_names = self.headers().map(<[String]>::to_vec);
        options.probability = probability(inference, media);
        if let Some(megabytes) = inference.max_payload_in_mb {
            options.max_payload_bytes = (megabytes as usize) << 20;
        }
        let count = inference.max_record_count;
        options.max_records = count.map_or(DEFAULT_RECORDS, |count| count as usize);
        let at_once = (1, options.max_records * options.concurrency);
        let asked = HttpModel::new(options).map_err(|error| problem(error.to_string()))?;
        Ok(model_of(Arc::new(asked), at_once))
    }

    /// A list per record, of an object per feature; `null` for a record that is not explained.
    fn told(&self, found: &Attributions, chosen: &[bool]) -> Vec<Value> {
        let headers = self.headers();
        let mut next = 0;
        let records = chosen.iter().map(|chosen| {
            if !chosen {
                return Value::Null;
            }
            let row = next;
            next += 1;
            let features = (0..found.names.len()).map(|feature| {
                let of_outputs = (0..found.n_outputs)
                    .map(|output| found.value(row, output)[feature])
                    .collect::<Vec<f64>>();
                let mut told = Map::new();
                if let Some(headers) = headers {
                    told.insert("feature_header".to_owned(), json!(headers[feature]));
                }
                told.insert(
                    "attributions".to_owned(),
                    json!([{"attribution": of_outputs}]),
                );
                Value::Object(told)
            });
            Value::Array(features.collect())
        });
        records.collect()
    }
}

/// What the endpoint tells of a model that is computed here: one output where the configuration
/// chooses one, or where the second of two classes stands for both.
#[derive(Debug)]
struct Told {
    model: Arc<dyn Predict>,
    output: Option<usize>,
    of_graph: bool,
}

#[async_trait]
impl Predict for Told {
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let predictions = self.model.predict(records).await?;
        let n_outputs = predictions.n_outputs;
        let names = predictions.output_names.as_ref();
        let two_classes = self.of_graph && n_outputs == 2 && names.is_some_and(|n| n.len() == 2);
        let output = match (two_classes, self.output) {
            (true, None | Some(0)) => 1,
            (_, None) => return Ok(predictions),
            (_, Some(output)) if output < n_outputs => output,
            (_, Some(output)) => {
                return Err(AskModel::Answer {
                    answer: format!("{n_outputs} scores, and `ProbabilityIndex` is {output}"),
                });
            }
        };
        let scores = predictions.scores.chunks(n_outputs.max(1));
        Ok(Predictions {
            scores: scores.map(|row| row[output]).collect(),
            n_outputs: 1,
            output_names: None,
            labels: None,
        })
    }
}

fn probability(inference: &ClarifyInferenceConfig, media: Media) -> Option<ColumnReference> {
    match media {
        Media::Csv => {
            let index = inference.probability_index.map(|index| index as usize);
            index.map(ColumnReference::Index)
        }
        Media::Json | Media::JsonLines => {
            let attribute = inference.probability_attribute.clone();
            attribute.map(ColumnReference::Name)
        }
    }
}

fn model_of(asked: Arc<dyn Predict>, (concurrency, records_at_once): (usize, usize)) -> Model {
    Model {
        asked,
        // Trees would be looked into; an endpoint explains what it answers.
        opened: None,
        facts: ModelFacts {
            location: String::new(),
            kind: String::new(),
            sha256: None,
            summary: String::new(),
        },
        concurrency,
        records_at_once,
        says_labels: SaysLabels::AsScores,
    }
}

fn of_a_request(rows: &RecordBatch) -> DatasetFacts {
    DatasetFacts {
        sources: Vec::new(),
        format: String::new(),
        rows: rows.num_rows() as u64,
        files: 0,
        partitions: 1,
        notes: Vec::new(),
    }
}

fn problem(problem: impl Into<String>) -> ExplainOnline {
    ExplainOnline::Config {
        problem: problem.into(),
    }
}

/// A type that the caller has to name, of the two that are explained.
fn tabular(member: &str, content_type: Option<&str>) -> Result<Media, ExplainOnline> {
    let refused = |found: &str| ExplainOnline::Request {
        problem: format!(
            "{member} {found}; an endpoint that explains takes text/csv or application/jsonlines"
        ),
    };
    let Some(name) = content_type else {
        return Err(refused("is missing"));
    };
    match Media::of(name) {
        Some(media @ (Media::Csv | Media::JsonLines)) => Ok(media),
        Some(Media::Json) | None => Err(refused(&format!("is `{name}`"))),
    }
}

fn answered_media(content_type: Option<&str>) -> Result<Media, ExplainOnline> {
    tabular("the content type of the model's answer", content_type)
}

/// Whether the caller's own types can be explained: checked before the model is asked.
pub fn check_request_types(
    content_type: Option<&str>,
    accept: Option<&str>,
) -> Result<(), ExplainOnline> {
    tabular("ContentType", content_type)?;
    tabular("Accept", accept).map(drop)
}

fn utf8(body: &[u8]) -> Result<&str, ExplainOnline> {
    std::str::from_utf8(body).map_err(|_| ExplainOnline::Apply(BadRecords::NotUtf8.into()))
}
