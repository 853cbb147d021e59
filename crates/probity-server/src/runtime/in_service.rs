//! An endpoint as it answers: its variants with their models open, what it captures, and what it
//! explains. Made from a deployment, and never changed: a change makes another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use probity_analysis::explain::OnlineExplainer;
use probity_app::invocation::InvokedEndpoint;
use probity_data::location::Environment;
use probity_data::serving::{ModelSource, ServedModel, open_served};
use probity_domain::document::api::endpoint::Deployment;
use probity_domain::document::api::endpoint_config::AsyncInferenceOutputConfig;

use super::RuntimeParts;
use super::balance::Balance;
use super::error::{RuntimeError, chain};
use super::headers::{Asked, value};
use super::record::{CapturedEndpoint, Recorder};
use super::traffic::{EndpointTraffic, Outcome, Took, VariantTraffic};

#[derive(Debug)]
pub(super) struct InService {
    pub(super) name: String,
    pub(super) deployment_id: String,
    /// The tag with the rules of redaction.
    pub(super) redaction: Option<String>,
    pub(super) variants: Vec<Variant>,
    balance: Balance,
    pub(super) recorder: Option<Recorder>,
    pub(super) explainer: Option<OnlineExplainer>,
    pub(super) asynchronous: AsyncInferenceOutputConfig,
}

/// One production variant.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) name: String,
    /// The name for the answer.
    pub(super) header: HeaderValue,
    pub(super) model_name: String,
    pub(super) model: ServedModel,
    counters: Counters,
    traffic: Arc<VariantTraffic>,
}

/// Looked up once: an invocation is to cost no more than it must.
struct Counters {
    invocations: metrics::Counter,
    failures: metrics::Counter,
    seconds: metrics::Histogram,
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Counters").finish_non_exhaustive()
    }
}

impl Variant {
    fn new(
        (endpoint, name): (&str, &str),
        (model_name, model): (&str, ServedModel),
        traffic: Arc<VariantTraffic>,
    ) -> Variant {
        let labels = [
            ("endpoint", endpoint.to_owned()),
            ("variant", name.to_owned()),
        ];
        Variant {
            name: name.to_owned(),
            header: value(name),
            model_name: model_name.to_owned(),
            model,
            counters: Counters {
                invocations: metrics::counter!("probity_invocations_total", &labels),
                failures: metrics::counter!("probity_invocations_failed_total", &labels),
                seconds: metrics::histogram!("probity_model_seconds", &labels),
            },
            traffic,
        }
    }

    pub(super) fn count_answer(&self, took: Duration) {
        self.traffic.answered();
        self.count(took);
    }

    pub(super) fn count_failure(&self, took: Duration) {
        self.counters.failures.increment(1);
        self.traffic.failed();
        self.count(took);
    }

    /// `whole` is what the call took up to now, without the way there and back.
    pub(super) fn measure(&self, model: Duration, whole: Duration, outcome: Outcome) {
        self.traffic.took(Took {
            model,
            overhead: whole.saturating_sub(model),
            outcome,
        });
    }

    fn count(&self, took: Duration) {
        self.counters.invocations.increment(1);
        self.counters.seconds.record(took);
    }
}

impl InService {
    /// Opens what the deployment says; models that `before` has open for the same deployment are
    /// kept.
    pub(super) async fn open(
        (name, region): (&str, &str),
        (found, deployment): (&InvokedEndpoint, &Deployment),
        before: Option<&InService>,
        (parts, traffic): (&RuntimeParts, &EndpointTraffic),
    ) -> Result<InService, RuntimeError> {
        let not_ready = |error: &dyn std::error::Error| RuntimeError::NotReady {
            endpoint: name.to_owned(),
            reason: chain(error),
        };
        let kept = before.filter(|before| before.deployment_id == deployment.id);
        let mut models: BTreeMap<String, ServedModel> = BTreeMap::new();
        for variant in kept.into_iter().flat_map(|before| &before.variants) {
            models.insert(variant.model_name.clone(), variant.model.clone());
        }
        let (mut variants, mut weights) = (Vec::new(), Vec::new());
        for variant in deployment.served() {
            let model_name = &variant.model.model_name;
            let model = match models.get(model_name) {
                Some(model) => model.clone(),
                None => {
                    let source = ModelSource::of_model(variant.model);
                    let source = source.map_err(|error| not_ready(&error))?;
                    let opened = open_served(&source, &parts.environment).await;
                    let opened = opened.map_err(|error| not_ready(&error))?;
                    models.insert(model_name.clone(), opened.clone());
                    opened
                }
            };
            weights.push(variant.weight);
            variants.push(Variant::new(
                (name, variant.name),
                (model_name, model),
                traffic.of_variant(region, name, variant.name),
            ));
        }
        let explainer = explainer(deployment, &parts.environment).await;
        let explainer = explainer.map_err(|error| not_ready(&error))?;
        let counted = variants
            .iter()
            .map(|variant: &Variant| (variant.name.as_str(), &variant.traffic));
        let captured = CapturedEndpoint {
            region,
            endpoint: name,
            config: deployment.config.data_capture_config.as_ref(),
            redaction: found.redaction.as_deref(),
            variants: counted.collect(),
            feature_names: variants
                .iter()
                .find_map(|variant| feature_names(&variant.model)),
        };
        let recorder = Recorder::of(&captured, parts.capture.as_ref());
        let asynchronous = deployment.config.async_inference_config.as_ref();
        Ok(InService {
            name: name.to_owned(),
            deployment_id: deployment.id.clone(),
            redaction: found.redaction.clone(),
            variants,
            balance: Balance::new(weights),
            recorder,
            explainer,
            asynchronous: asynchronous
                .map(|config| config.output_config.clone())
                .unwrap_or_default(),
        })
    }

    /// The variant that the request names, or the next by the weights.
    pub(super) fn variant(&self, asked: &Asked<'_>) -> Result<&Variant, RuntimeError> {
        let variant = match asked.target_variant {
            Some(name) => self.variants.iter().find(|variant| variant.name == name),
            None => self.variants.get(self.balance.next()),
        };
        let variant = variant.ok_or_else(|| {
            RuntimeError::invalid(match asked.target_variant {
                Some(name) => format!("Variant {name} is not found in endpoint {}.", self.name),
                None => format!("Endpoint {} has no variant with a model.", self.name),
            })
        })?;
        if asked.target_model.is_some()
            && !variant.model.holds_many()
            && variant.model.url().is_none()
        {
            return Err(RuntimeError::invalid(format!(
                "Endpoint {} serves one model, not a folder of them: a target model cannot be \
                 named.",
                self.name
            )));
        }
        Ok(variant)
    }
}

/// By which redaction may name a column of CSV.
fn feature_names(model: &ServedModel) -> Option<Vec<String>> {
    let opened = model.opened()?;
    let names = opened.features().iter().map(|feature| feature.name.clone());
    Some(names.collect())
}

async fn explainer(
    deployment: &Deployment,
    environment: &Environment,
) -> Result<Option<OnlineExplainer>, probity_analysis::explain::ExplainOnline> {
    let config = deployment.config.explainer_config.as_ref();
    let config = config.and_then(|config| config.clarify_explainer_config.clone());
    match config {
        None => Ok(None),
        Some(config) => OnlineExplainer::open(config, environment).await.map(Some),
    }
}
