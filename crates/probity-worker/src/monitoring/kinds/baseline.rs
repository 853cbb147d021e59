//! What a monitor's records are compared with: the resources that its definition names, else the
//! output of the job that it names as its baseline's.

use probity_app::App;
use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::{
    BaselineConfig, MonitoringJobDefinition, MonitoringType, S3Resource,
};
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_store::StoreError;
use probity_store::resource::{self, ResourceKey};
use thiserror::Error;

use super::order::Baseline;

#[derive(Debug, Error)]
pub enum FindBaseline {
    #[error(
        "there is no processing job `{name}`, whose output is the baseline: BaseliningJobName \
         names it, and no ConstraintsResource is named"
    )]
    NoJob { name: String },
    #[error("processing job `{name}`, whose output is the baseline, has no output in a bucket")]
    NoOutput { name: String },
    #[error("failed to read what is kept of processing job `{name}`")]
    Document {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the baseline of a definition lies; nothing of a definition without one.
pub async fn find_baseline(
    app: &App,
    region: &str,
    (kind, definition): (MonitoringType, &MonitoringJobDefinition),
) -> Result<Baseline, FindBaseline> {
    let Some(config) = &definition.baseline_config else {
        return Ok(Baseline::default());
    };
    let named = Baseline {
        constraints: uri(config.constraints_resource.as_ref()),
        statistics: uri(config.statistics_resource.as_ref()),
    };
    match (&named, job_name(config)) {
        (
            Baseline {
                constraints: None,
                statistics: None,
            },
            Some(job),
        ) => of_job(app, region, (kind, job)).await,
        _ => Ok(named),
    }
}

fn uri(resource: Option<&S3Resource>) -> Option<String> {
    let uri = resource?.s3_uri.as_ref()?;
    (!uri.is_empty()).then(|| uri.clone())
}

fn job_name(config: &BaselineConfig) -> Option<&str> {
    let name = config.baselining_job_name.as_deref();
    name.filter(|name| !name.is_empty())
}

async fn of_job(
    app: &App,
    region: &str,
    (kind, name): (MonitoringType, &str),
) -> Result<Baseline, FindBaseline> {
    let key = ResourceKey {
        kind: ResourceKind::ProcessingJob,
        region,
        name,
    };
    let found = resource::get(&app.store, key).await?;
    let found = found.ok_or_else(|| FindBaseline::NoJob {
        name: name.to_owned(),
    })?;
    let job: ProcessingJob =
        serde_json::from_value(found.body).map_err(|source| FindBaseline::Document {
            name: name.to_owned(),
            source,
        })?;
    let output = job.outputs().iter().find_map(|out| out.s3_output.as_ref());
    let output = output.ok_or_else(|| FindBaseline::NoOutput {
        name: name.to_owned(),
    })?;
    let folder = output.s3_uri.trim_end_matches('/');
    let below = |file: &str| Some(format!("{folder}/{file}"));
    Ok(match kind {
        MonitoringType::DataQuality => Baseline {
            constraints: below("constraints.json"),
            statistics: below("statistics.json"),
        },
        MonitoringType::ModelQuality => Baseline {
            constraints: below("constraints.json"),
            statistics: None,
        },
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => Baseline {
            constraints: below("analysis.json"),
            statistics: None,
        },
    })
}
