//! Which model a schedule watches that looks at the records of transform jobs: the one whose job
//! captured to the place that the schedule reads.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_store::fleet::{self as rows, Head};
use serde::Deserialize;

use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_schedule::CAPTURES;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TransformDocument {
    model_name: String,
    data_capture_config: Option<CaptureDocument>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CaptureDocument {
    #[serde(rename = "DestinationS3Uri")]
    destination: String,
}

/// Names of models by those of schedules. Nothing is read where every schedule has an endpoint.
pub(super) async fn models_of_schedules(
    deed: &Deed<'_>,
    schedules: &[Head],
) -> Result<HashMap<String, String>, Fault> {
    if schedules
        .iter()
        .all(|schedule| !schedule.attributes.contains_key(CAPTURES))
    {
        return Ok(HashMap::new());
    }
    let texts = rows::texts(&deed.app.store, ResourceKind::TransformJob, deed.region).await?;
    let by_place: HashMap<String, String> = texts
        .iter()
        .filter_map(|(_, text)| {
            let job: TransformDocument = serde_json::from_str(text).ok()?;
            let place = job.data_capture_config?.destination;
            Some((place.trim_end_matches('/').to_owned(), job.model_name))
        })
        .collect();
    let found = schedules.iter().filter_map(|schedule| {
        let model = by_place.get(schedule.attributes.get(CAPTURES)?)?;
        Some((schedule.name.clone(), model.clone()))
    });
    Ok(found.collect())
}
