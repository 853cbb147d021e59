//! Where the records of an execution lie: captures of an endpoint by the hour, output of transform
//! jobs, and both joined with labels where the kind of monitor needs them.

use std::time::Duration;

use probity_app::coverage::{self, Coverage, CoverageOf};
use probity_data::location::{ReadLocation, list_objects};
use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_store::StoreError;
use probity_store::resource::{self, ResourceKey};
use serde_json::Value;
use thiserror::Error;
use tracing::warn;

use super::execution_job::words;
use super::kinds::{Order, Records};
use crate::analyses::AnalysisFailed;
use crate::job_log::JobLog;
use crate::sealing::sealed;
use crate::worker::Parts;

const MS_PER_HOUR: i64 = 3_600_000;

/// Nobody waits longer for a server that is slow.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Error)]
pub(super) enum FindPlaces {
    #[error("there is no endpoint `{name}` any more, so nobody knows where its captures lie")]
    NoEndpoint { name: String },
    #[error("endpoint `{name}` does not capture: its configuration has no DataCaptureConfig")]
    NoCapture { name: String },
    #[error("failed to read what is kept of endpoint `{name}`")]
    Document {
        name: String,
        #[source]
        source: serde_json::Error,
    },
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where records may lie, before anything is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// Folders `…/endpoint/variant/yyyy/mm/dd/hh` that hold captures.
    captures: Vec<String>,
    /// Folders of that form that hold none, where captures were looked for.
    looked_at: Vec<String>,
}

/// What was found, and what a reader should know of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) notes: Vec<String>,
    pub(super) join: Option<Value>,
    pub(super) coverage: Option<Coverage>,
}

/// Why there is nothing to analyse.
#[derive(Debug)]
pub(super) struct NothingFound {
    reason: String,
    notes: Vec<String>,
}

impl NothingFound {
    pub(super) fn reason(&self) -> String {
        self.reason.clone()
    }

    pub(super) fn notes(self) -> Vec<String> {
        self.notes
    }
}

impl Places {
    pub(super) fn records(&self, _order: &Order) -> Records {
        match self.captures.is_empty() {
            // A job has inputs, also one that finds them empty.
            true => Records::Captures(self.looked_at.clone()),
            false => Records::Captures(self.captures.clone()),
        }
    }

    pub(super) fn merge_job(&self, _order: &Order) -> Option<ProcessingJob> {
        None
    }
}

/// Brings what the endpoint answered before the window's end to its place. What may be missing is
/// told by the coverage.
pub(super) async fn seal(parts: &Parts, order: &Order) -> Result<(), StoreError> {
    if order.endpoint.is_none() {
        return Ok(());
    }
    let (app, world) = (&parts.app, &*parts.lease.clock);
    sealed(app, world, order.window.end_ms, PATIENCE).await?;
    Ok(())
}

pub(super) async fn places(parts: &Parts, order: &Order) -> Result<Places, FindPlaces> {
    let Some(name) = &order.endpoint else {
        return Ok(Places::default());
    };
    let endpoint = endpoint(parts, (&order.region, name)).await?;
    let deployment = endpoint.in_service.or(endpoint.pending);
    let config = deployment.map(|deployment| deployment.config);
    let capture = config
        .as_ref()
        .and_then(|config| config.data_capture_config.as_ref());
    let (Some(config), Some(capture)) = (&config, capture) else {
        return Err(FindPlaces::NoCapture { name: name.clone() });
    };
    let mut places = Places::default();
    let root = capture.destination_s3_uri.trim_end_matches('/');
    for variant in &config.production_variants {
        let mut hour_ms = order.window.start_ms.div_euclid(MS_PER_HOUR) * MS_PER_HOUR;
        while hour_ms < order.window.end_ms {
            let time = UtcTime::from_epoch_ms(hour_ms);
            let folder = format!(
                "{root}/{name}/{}/{:04}/{:02}/{:02}/{:02}",
                variant.variant_name, time.year, time.month, time.day, time.hour
            );
            let objects = match list_objects(&format!("{folder}/"), &parts.environment).await {
                Ok(objects) => objects,
                // An hour without calls has no folder.
                Err(ReadLocation::Missing { .. }) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            match objects.is_empty() {
                true => places.looked_at.push(folder),
                false => places.captures.push(folder),
            }
            hour_ms += MS_PER_HOUR;
        }
    }
    Ok(places)
}

async fn endpoint(parts: &Parts, (region, name): (&str, &str)) -> Result<Endpoint, FindPlaces> {
    let key = ResourceKey {
        kind: ResourceKind::Endpoint,
        region,
        name,
    };
    let found = resource::get(&parts.app.store, key).await?;
    let found = found.ok_or_else(|| FindPlaces::NoEndpoint {
        name: name.to_owned(),
    })?;
    serde_json::from_value(found.body).map_err(|source| FindPlaces::Document {
        name: name.to_owned(),
        source,
    })
}

/// Makes sure that there is something to analyse.
pub(super) async fn find(
    parts: &Parts,
    (order, places): (&Order, &Places),
    log: &JobLog,
) -> Result<Found, NothingFound> {
    let coverage = coverage(parts, order).await;
    if let Some(coverage) = &coverage {
        log.line(coverage.sentence());
    }
    if places.captures.is_empty() {
        return Err(NothingFound {
            reason: no_data(order, coverage.as_ref()),
            notes: coverage.iter().flat_map(Coverage::notes).collect(),
        });
    }
    Ok(Found {
        notes: coverage.iter().flat_map(Coverage::notes).collect(),
        join: None,
        coverage,
    })
}

/// How much of the endpoint's traffic its captures show. A database that does not answer must not
/// keep a run from its data.
async fn coverage(parts: &Parts, order: &Order) -> Option<Coverage> {
    let wanted = CoverageOf {
        region: &order.region,
        endpoint: order.endpoint.as_deref()?,
        from_ms: order.window.start_ms,
        to_ms: order.window.end_ms,
    };
    let found = coverage::of(&parts.app, &*parts.lease.clock, &wanted).await;
    found
        .inspect_err(|fault| {
            warn!(
                error = fault as &dyn std::error::Error,
                "failed to read how much of the traffic was captured"
            );
        })
        .ok()
}

/// What AWS calls `Job inputs had no data`, with what is known of why.
fn no_data(order: &Order, coverage: Option<&Coverage>) -> String {
    let (start_ms, end_ms) = (order.window.start_ms, order.window.end_ms);
    match coverage {
        Some(coverage) => coverage.no_data(start_ms, end_ms),
        None => format!(
            "NoData: 0 records of transform jobs between {} and {}",
            UtcTime::from_epoch_ms(start_ms),
            UtcTime::from_epoch_ms(end_ms),
        ),
    }
}

/// Why the analysis has no result.
pub(super) fn reason_of(order: &Order, found: &Found, error: &AnalysisFailed) -> String {
    match error.is_without_records() {
        true => no_data(order, found.coverage.as_ref()),
        false => words(error),
    }
}
