//! Brings an endpoint into service: every model of its configuration is opened once, so that an
//! endpoint that is `InService` answers.

use probity_analysis::explain::{ExplainOnline, OnlineExplainer};
use probity_app::Fault;
use probity_app::endpoint::{self, Prepared};
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
    let prepared = match open_all(parts, &deployment).await {
        Ok(()) => Prepared::Ready,
        Err(source) => {
            let reason = at_most(MAX_REASON, &Chain(&source).to_string());
            info!(endpoint = name, "endpoint `{name}` cannot serve: {reason}");
            Prepared::Failed(reason)
        }
    };
    endpoint::finish(&parts.app, region, name, &prepared).await
}

async fn open_all(parts: &Parts, deployment: &Deployment) -> Result<(), CannotServe> {
    let served = deployment.served();
    if served.is_empty() {
        return Err(CannotServe::NoModel);
    }
    // Its expressions and its baseline are looked at now rather than by the first invocation.
    let explainer = deployment.config.explainer_config.as_ref();
    if let Some(config) = explainer.and_then(|config| config.clarify_explainer_config.clone()) {
        let opened = OnlineExplainer::open(config, &parts.environment).await;
        opened.map_err(|source| CannotServe::Explainer { source })?;
    }
    for variant in served {
        let opened = async {
            let source = ModelSource::of_model(variant.model)?;
            open_served(&source, &parts.environment).await
        };
        opened.await.map_err(|source| CannotServe::Variant {
            variant: variant.name.to_owned(),
            source,
        })?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
enum CannotServe {
    #[error("no variant of the configuration names a model")]
    NoModel,
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
