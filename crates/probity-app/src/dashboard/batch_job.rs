//! Transform jobs of a model, as its page lists them.

use probity_domain::ResourceKind;
use probity_store::resource::{self, Resource};
use serde_json::Value;

use super::places;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::model_card::captured;
use crate::timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchJob {
    pub name: String,
    pub status: String,
    pub created_ms: i64,
    pub ended_ms: Option<i64>,
    pub input: Option<String>,
    pub output: Option<String>,
    /// Where its records were captured to.
    pub captured: Option<String>,
    pub failure: Option<String>,
    /// It uses the model, or has.
    pub works: bool,
}

/// Jobs that one page shows.
const BATCHES: usize = 10;

/// The newest first. Found by their model and then sorted: a walk through the jobs of all models by
/// their time would meet few of its own.
pub(super) async fn newest(deed: &Deed<'_>, model: &str) -> Result<Vec<Resource>, Fault> {
    let kind = (ResourceKind::TransformJob, deed.region);
    let mut jobs = resource::with_any(&deed.app.store, kind, &[("ModelName", model)]).await?;
    jobs.sort_by(|a, b| (b.created_ms, &b.name).cmp(&(a.created_ms, &a.name)));
    jobs.truncate(BATCHES);
    Ok(jobs)
}

pub(super) fn shown(job: &Resource) -> BatchJob {
    let text = |place: &str| {
        let found = job.body.pointer(place).and_then(Value::as_str);
        found.map(str::to_owned)
    };
    let ended = job.body.get("TransformEndTime");
    BatchJob {
        name: job.name.clone(),
        status: job.status.clone(),
        created_ms: job.created_ms,
        ended_ms: ended.and_then(|value| timestamp::read("TransformEndTime", value).ok()),
        input: text("/TransformInput/DataSource/S3DataSource/S3Uri"),
        output: text("/TransformOutput/S3OutputPath"),
        captured: captured(job),
        failure: text("/FailureReason"),
        works: places::works(&job.status),
    }
}
