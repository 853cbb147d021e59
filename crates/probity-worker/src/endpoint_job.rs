//! Brings an endpoint into service: every model of its configuration is opened once, so that an
//! endpoint that is `InService` answers.

use probity_analysis::explain::{ExplainOnline, OnlineExplainer};
use probity_app::Fault;
use probity_app::endpoint::{self, Prepared};
use probity_app::invocation::{self, REDACTION_TAG};
use probity_data::capture::{InvalidRule, KeyedHash, Redaction};
use probity_data::serving::{ModelSource, OpenServed, open_served};
use probity_domain::document::api::endpoint::Deployment;
use probity_store::job::Job;
use tracing::{error, info};

use crate::chain::{Chain, at_most};
use crate::stop::Stop;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = endpoint::JOB_KIND;

/// Of `FailureReason` in SageMaker's API.
const MAX_REASON: usize = 1024;

pub(crate) async fn run(parts: &Parts, job: &Job, stop: &Stop) -> JobRun {
    match stop.unless(prepare(parts, job)).await {
        Ok(Ok(())) => JobRun::Done,
        Ok(Err(fault)) => {
            error!(job.id = %job.id, error = &fault as &dyn std::error::Error,
                "failed to prepare endpoint `{}`", job.subject);
            JobRun::Again
        }
        Err(_) => JobRun::Again,
    }
}

async fn prepare(parts: &Parts, job: &Job) -> Result<(), Fault> {
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let Some(deployment) = endpoint::pending(&parts.app, region, name).await? else {
        // It was deleted, or another worker had it ready.
        return Ok(());
    };
    let invoked = invocation::endpoint(&parts.app, region, name).await?;
    let rules = invoked.and_then(|endpoint| endpoint.redaction);
    let opened = match check_redaction(rules.as_deref()) {
        Ok(()) => open_all(parts, &deployment).await,
        Err(error) => Err(error),
    };
    let prepared = match opened {
        Ok(()) => Prepared::Ready,
        Err(source) => {
            let reason = at_most(MAX_REASON, &Chain(&source).to_string());
            info!(endpoint = name, "endpoint `{name}` cannot serve: {reason}");
            Prepared::Failed(reason)
        }
    };
    endpoint::finish(&parts.app, region, name, &prepared).await
}

/// Rules that nobody understands would keep every call from being captured.
fn check_redaction(rules: Option<&str>) -> Result<(), CannotServe> {
    let parsed = Redaction::parse(rules.unwrap_or_default(), KeyedHash::new(b""));
    parsed
        .map(drop)
        .map_err(|source| CannotServe::Redaction { source })
}

async fn open_all(parts: &Parts, deployment: &Deployment) -> Result<(), CannotServe> {
    let served = deployment.served();
    if served.is_empty() {
        return Err(CannotServe::NoModel);
    }
    // Its expressions and its baseline are looked at now rather than by the first invocation.
    let explainer = deployment.config.explainer_config.as_ref();
    let explainer = explainer.and_then(|config| config.clarify_explainer_config.clone());
    let explainer = match explainer {
        Some(config) => {
            let opened = OnlineExplainer::open(config, &parts.environment).await;
            Some(opened.map_err(|source| CannotServe::Explainer { source })?)
        }
        None => None,
    };
    for variant in served {
        let opened = async {
            let source = ModelSource::of_model(variant.model)?;
            open_served(&source, &parts.environment).await
        };
        let model = opened.await.map_err(|source| CannotServe::Variant {
            variant: variant.name.to_owned(),
            source,
        })?;
        let checked = explainer
            .as_ref()
            .map_or(Ok(()), |explainer| explainer.check_model(&model));
        checked.map_err(|source| CannotServe::Explainer { source })?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum CannotServe {
    #[error("no variant of the configuration names a model")]
    NoModel,
    #[error("tag `{REDACTION_TAG}`")]
    Redaction {
        #[source]
        source: InvalidRule,
    },
    #[error("`ExplainerConfig`")]
    Explainer {
        #[source]
        source: ExplainOnline,
    },
    #[error("variant `{variant}`")]
    Variant {
        variant: String,
        #[source]
        source: OpenServed,
    },
}
