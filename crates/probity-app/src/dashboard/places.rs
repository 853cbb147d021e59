//! Where models run: endpoints that serve them, and the transform jobs that used them. Which places
//! count as running is decided here for every page.

use std::collections::{BTreeMap, HashMap};

use probity_domain::resource::{EndpointState, JobState};
use probity_store::fleet::Head;
use probity_store::monitoring_alert::Alert;
use serde::Deserialize;

use super::fleet::{FleetEndpoint, LastBatch};
use super::monitor_state::of_alerts;
use crate::deed::Deed;
use crate::endpoint;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of_endpoint;
use crate::monitoring_schedule::CAPTURES;

/// Whether an endpoint answers calls: one that is being made, or could not be, runs nothing.
pub(super) fn serves(status: &str) -> bool {
    match EndpointState::parse(status) {
        Some(
            EndpointState::InService
            | EndpointState::Updating
            | EndpointState::SystemUpdating
            | EndpointState::RollingBack
            | EndpointState::UpdateRollbackFailed,
        ) => true,
        Some(
            EndpointState::OutOfService
            | EndpointState::Creating
            | EndpointState::Deleting
            | EndpointState::Failed,
        )
        | None => false,
    }
}

/// Whether a transform job uses its model, or has.
pub(super) fn works(status: &str) -> bool {
    match JobState::parse(status) {
        Some(JobState::InProgress | JobState::Completed) => true,
        Some(JobState::Failed | JobState::Stopping | JobState::Stopped) | None => false,
    }
}

/// Endpoints by the names of their models, each with what its alerts come to.
pub(super) async fn endpoints_by_model(
    deed: &Deed<'_>,
    (heads, alerts): (&[Head], &[Alert]),
) -> Result<HashMap<String, Vec<FleetEndpoint>>, Fault> {
    let is_told = |head: &Head| endpoint::models_told(&head.attributes).is_some();
    let untold = match heads.iter().all(is_told) {
        true => BTreeMap::new(),
        false => endpoint::untold(deed).await?,
    };
    let mut alerts_of: HashMap<&str, Vec<&Alert>> = HashMap::new();
    for alert in alerts {
        alerts_of.entry(&alert.subject).or_default().push(alert);
    }
    let mut by_model: HashMap<String, Vec<FleetEndpoint>> = HashMap::new();
    for head in heads {
        let models = endpoint::models_told(&head.attributes)
            .or_else(|| endpoint::models_told(untold.get(&head.name)?));
        let own = alerts_of.get(subject_of_endpoint(&head.name).as_str());
        let alert = of_alerts(own.into_iter().flatten().copied());
        for model in models.into_iter().flatten() {
            by_model
                .entry(model.to_owned())
                .or_default()
                .push(FleetEndpoint {
                    name: head.name.clone(),
                    status: head.status.clone(),
                    serves: serves(&head.status),
                    alert,
                });
        }
    }
    Ok(by_model)
}

pub(super) fn last_batch(job: &Head) -> LastBatch {
    LastBatch {
        name: job.name.clone(),
        status: job.status.clone(),
        created_ms: job.created_ms,
        works: works(&job.status),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TransformDocument {
    data_capture_config: Option<CaptureDocument>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CaptureDocument {
    #[serde(rename = "DestinationS3Uri")]
    destination: String,
}

/// Names of models by those of the schedules that look at the records of their newest transform
/// jobs: the rule by which cards know their monitors. `newest` has the job of each model.
pub(super) fn models_of_schedules<'a>(
    newest: &'a BTreeMap<String, (Head, String)>,
    schedules: &[Head],
) -> HashMap<String, Vec<&'a str>> {
    let captures = |schedule: &Head| schedule.attributes.get(CAPTURES).cloned();
    // Documents are read only where some schedule watches what jobs captured.
    if schedules
        .iter()
        .all(|schedule| captures(schedule).is_none())
    {
        return HashMap::new();
    }
    let mut by_place: HashMap<String, Vec<&str>> = HashMap::new();
    for (model, (_, text)) in newest {
        let job: TransformDocument = serde_json::from_str(text).unwrap_or_default();
        if let Some(capture) = job.data_capture_config {
            let place = capture.destination.trim_end_matches('/');
            by_place.entry(place.to_owned()).or_default().push(model);
        }
    }
    let found = schedules.iter().filter_map(|schedule| {
        let models = by_place.get(&captures(schedule)?)?;
        Some((schedule.name.clone(), models.clone()))
    });
    found.collect()
}
