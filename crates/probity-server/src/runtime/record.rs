//! What of the calls of an endpoint is captured: `DataCaptureConfig` in the words of the capture
//! log, a plan for each variant.

use std::sync::Arc;

use bytes::Bytes;
use probity_app::invocation::REDACTION_TAG;
use probity_app::{Clock, Ids};
use probity_data::capture::{
    Body, CaptureKey, CaptureLog, CapturePlan, Captured, Exchange, InvalidRule, KeyedHash,
    LossReason, Redaction,
};
use probity_domain::document::api::endpoint_config::DataCaptureConfig;
use probity_domain::document::capture_record::{CaptureContentTypes, CaptureMode};

use super::headers::Asked;
use super::traffic::VariantTraffic;

/// The log, and what the operator never wants in it.
#[derive(Clone, Debug)]
pub struct CaptureParts {
    pub log: CaptureLog,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Of hashes in place of values.
    pub hash: KeyedHash,
    /// For all endpoints.
    pub redaction: Redaction,
}

/// What is captured of one endpoint.
#[derive(Debug)]
pub(super) struct CapturedEndpoint<'a> {
    pub(super) region: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) config: Option<&'a DataCaptureConfig>,
    /// Rules of its tag.
    pub(super) redaction: Option<&'a str>,
    pub(super) variants: Vec<(&'a str, &'a Arc<VariantTraffic>)>,
    pub(super) feature_names: Option<Vec<String>>,
}

/// Captures the calls of one endpoint.
#[derive(Debug)]
pub(super) struct Recorder {
    log: CaptureLog,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    plans: Vec<Planned>,
    rules: Rules,
}

/// What is captured of a variant, and where that is counted.
#[derive(Debug)]
struct Planned {
    plan: CapturePlan,
    /// None of a gateway, which has no store to count in.
    traffic: Option<Arc<VariantTraffic>>,
}

/// Whether the rules of redaction are understood. If not, nothing may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rules {
    Understood,
    Broken,
}

/// One answered call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) variant: &'a str,
    pub(super) content_type: Option<&'a str>,
    pub(super) inference_id: Option<&'a str>,
    pub(super) custom_attributes: Option<&'a str>,
    pub(super) request: &'a Bytes,
    pub(super) answer_type: Option<&'a str>,
    pub(super) answer: &'a [u8],
}

/// A call whose answer is not there yet, and whose request is gone by then.
#[derive(Debug)]
pub(super) struct OwnedCall {
    pub(super) variant: String,
    pub(super) content_type: Option<String>,
    pub(super) inference_id: Option<String>,
    pub(super) custom_attributes: Option<String>,
    pub(super) request: Bytes,
    pub(super) answer_type: Option<String>,
}

impl OwnedCall {
    pub(super) fn of(
        asked: &Asked<'_>,
        (variant, answer_type): (&str, Option<&str>),
        request: Bytes,
    ) -> OwnedCall {
        OwnedCall {
            variant: variant.to_owned(),
            content_type: asked.content_type.map(str::to_owned),
            inference_id: asked.inference_id.map(str::to_owned),
            custom_attributes: asked.custom_attributes.map(str::to_owned),
            request,
            answer_type: answer_type.map(str::to_owned),
        }
    }

    pub(super) fn answered_as(&mut self, content_type: Option<&str>) {
        self.answer_type = content_type.map(str::to_owned);
    }

    pub(super) fn with_answer<'a>(&'a self, answer: &'a [u8]) -> Call<'a> {
        Call {
            variant: &self.variant,
            content_type: self.content_type.as_deref(),
            inference_id: self.inference_id.as_deref(),
            custom_attributes: self.custom_attributes.as_deref(),
            request: &self.request,
            answer_type: self.answer_type.as_deref(),
            answer,
        }
    }
}

impl Recorder {
    /// `None` where nothing is captured.
    pub(super) fn of(
        captured: &CapturedEndpoint<'_>,
        parts: Option<&CaptureParts>,
    ) -> Option<Recorder> {
        let config = captured.config.filter(|config| config.is_enabled());
        let (Some(config), Some(parts)) = (config, parts) else {
            return None;
        };
        let options = config.capture_options.iter();
        let mode = CaptureMode::from_options(options.map(|option| option.capture_mode.as_str()));
        let mode = mode?;
        let (redaction, rules) = match redaction(captured.redaction, parts) {
            Ok(redaction) => (redaction, Rules::Understood),
            Err(error) => {
                tracing::error!(
                    endpoint = captured.endpoint,
                    "endpoint `{}` captures nothing until its tag `{REDACTION_TAG}` is mended: \
                     {error}",
                    captured.endpoint
                );
                (Redaction::none(), Rules::Broken)
            }
        };
        let names = captured.feature_names.clone().unwrap_or_default();
        let redaction = redaction.with_names(names);
        let plans = captured.variants.iter().map(|(variant, traffic)| Planned {
            plan: CapturePlan {
                key: CaptureKey {
                    destination: config.destination_s3_uri.clone(),
                    region: captured.region.to_owned(),
                    endpoint: captured.endpoint.to_owned(),
                    variant: (*variant).to_owned(),
                },
                sampling_percentage: config.initial_sampling_percentage,
                mode,
                content_types: content_types(config),
                redaction: redaction.clone(),
            },
            traffic: Some(Arc::clone(traffic)),
        });
        Some(Recorder::new(parts, plans.collect(), rules))
    }

    pub(super) fn of_plan(parts: &CaptureParts, plan: CapturePlan) -> Recorder {
        let planned = Planned {
            plan,
            traffic: None,
        };
        Recorder::new(parts, vec![planned], Rules::Understood)
    }

    fn new(parts: &CaptureParts, plans: Vec<Planned>, rules: Rules) -> Recorder {
        Recorder {
            log: parts.log.clone(),
            clock: Arc::clone(&parts.clock),
            ids: Arc::clone(&parts.ids),
            plans,
            rules,
        }
    }

    fn plan_of(&self, variant: &str) -> Option<&Planned> {
        self.plans
            .iter()
            .find(|planned| planned.plan.key.variant == variant)
    }

    /// The whole answer was not kept for the capture.
    pub(super) async fn record_too_long(&self, call: &OwnedCall) {
        let Some(Planned { plan, .. }) = self.plan_of(&call.variant) else {
            return;
        };
        if !plan.mode.has_output() {
            return self.record(call.with_answer(&[])).await;
        }
        let (event_id, now_ms) = (self.ids.uuid(), self.clock.now_ms());
        let missed = (event_id.as_str(), now_ms);
        self.log.miss(plan, missed, LossReason::TooLong);
        tracing::warn!(
            endpoint = plan.key.endpoint,
            "a streamed answer of endpoint `{}` was too long to be captured",
            plan.key.endpoint
        );
    }

    /// Before the answer leaves: what returns survives the process.
    pub(super) async fn record(&self, call: Call<'_>) {
        let Some(Planned { plan, traffic }) = self.plan_of(call.variant) else {
            return;
        };
        if self.rules == Rules::Broken {
            let place = (&plan.key, self.clock.now_ms());
            return self.log.lose(place, LossReason::Unredactable);
        }
        let event_id = self.ids.uuid();
        let entered = self.log.enter();
        let exchange = Exchange {
            event_id: &event_id,
            inference_id: call.inference_id,
            custom_attributes: call.custom_attributes,
            at_ms: self.clock.now_ms(),
            input: Body {
                content_type: call.content_type,
                data: call.request,
            },
            output: Body {
                content_type: call.answer_type,
                data: call.answer,
            },
        };
        // Lost records are counted by the log; the answer leaves all the same.
        let captured = self.log.capture_entered(entered, (plan, &exchange)).await;
        if let (Captured::Kept, Some(traffic)) = (captured, traffic) {
            traffic.captured(exchange.at_ms);
        }
    }
}

fn redaction(rules: Option<&str>, parts: &CaptureParts) -> Result<Redaction, InvalidRule> {
    match rules {
        None => Ok(parts.redaction.clone()),
        Some(rules) => Ok(Redaction::parse(rules, parts.hash.clone())?.and(&parts.redaction)),
    }
}

/// Without the member everything is base64.
fn content_types(config: &DataCaptureConfig) -> CaptureContentTypes {
    match &config.capture_content_type_header {
        Some(types) => CaptureContentTypes::new(
            types.csv_content_types.clone(),
            types.json_content_types.clone(),
        ),
        None => CaptureContentTypes::default(),
    }
}
