//! Where the records of an execution lie: captures of an endpoint by the hour, output of transform
//! jobs, and both joined with labels where the kind of monitor needs them.

use std::sync::Arc;
use std::time::Duration;

use probity_app::coverage::{self, Coverage, CoverageOf};
use probity_data::captures::{BatchFormat, BatchSide, batch_objects, hours};
use probity_data::ground_truth::{self, Captured, MergeGroundTruth, MergeReport, MergeRequest};
use probity_data::location::ReadLocation;
use probity_data::{ReadDataset, Window};
use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::api::monitoring_job_definition::{MonitoringInput, MonitoringType};
use probity_domain::document::api::processing_job::ProcessingJob;
use probity_store::StoreError;
use probity_store::resource::{self, ResourceKey};
use serde_json::Value;
use thiserror::Error;
use tracing::warn;

use super::execution_job::words;
use super::kinds::{self, MergePlaces, Order, Records};
use crate::analyses::AnalysisFailed;
use crate::chain::Chain;
use crate::compute::Lost;
use crate::job_log::JobLog;
use crate::sealing::sealed;
use crate::worker::Parts;

const MS_PER_HOUR: i64 = 3_600_000;

/// Nobody waits longer for a server that is slow.
const PATIENCE: Duration = Duration::from_secs(10);

/// Earlier runs whose events may still wait for their labels.
const EARLIER_RUNS: u32 = 200;

/// The hours of one window that a job of ours names as its inputs; longer windows name their first.
const MAX_HOURS: usize = 24;

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
    #[error("the DatasetFormat of the BatchTransformInput is none of Csv, Json and Parquet")]
    Format,
    #[error("Parquet output of transform jobs has no ids, so it cannot be joined with labels")]
    ParquetWithLabels,
    #[error(transparent)]
    Locate(#[from] ReadLocation),
    #[error(transparent)]
    Manifests(#[from] ReadDataset),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Lost(#[from] Lost),
}

#[derive(Debug, Error)]
enum Merge {
    #[error(transparent)]
    Merge(#[from] MergeGroundTruth),
    #[error(transparent)]
    Lost(#[from] Lost),
}

impl FindPlaces {
    /// `FailureReason`: who must act.
    pub(super) fn reason(&self) -> String {
        let who = match self {
            Self::NoEndpoint { .. }
            | Self::NoCapture { .. }
            | Self::Format
            | Self::ParquetWithLabels => "ClientError: ",
            Self::Document { .. } | Self::Store(_) | Self::Lost(_) => "InternalServerError: ",
            // A bucket that is away and one that is not there look alike from here.
            Self::Locate(_) | Self::Manifests(_) => "",
        };
        format!("{who}{}", Chain(self))
    }
}

/// Where records may lie, before anything is read.
#[derive(Clone, Debug)]
pub(super) struct Places {
    captured: Watched,
    /// Folders `…/endpoint/variant/yyyy/mm/dd/hh` of captures, or objects that transform jobs wrote.
    found: Vec<String>,
    /// The folders of the window, where none was found: a job has inputs, also an empty one.
    looked_at: Vec<String>,
    /// Folders of the records with their labels, where labels are needed.
    merged: Vec<String>,
    ground_truth: Option<String>,
    notes: Vec<String>,
}

/// What the definition watches.
#[derive(Clone, Debug)]
enum Watched {
    Endpoint {
        destination: String,
    },
    Batch {
        destination: String,
        format: Option<BatchFormat>,
    },
}

/// What was found, and what a reader should know of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) notes: Vec<String>,
    pub(super) join: Option<Value>,
    pub(super) coverage: Option<Coverage>,
    /// The files of the join, of this run alone.
    merged: Vec<String>,
}

impl Found {
    /// What is analysed in place of the folders that the job names: a monitor with the same output
    /// may write beside this one, and hours without a label have no folder.
    pub(super) fn joined(&self, order: &Order) -> Option<Order> {
        (!self.merged.is_empty()).then(|| Order {
            records: Records::Merged(self.merged.clone()),
            ..order.clone()
        })
    }
}

/// Why there is nothing to analyse.
#[derive(Debug)]
pub(super) struct NothingFound {
    pub(super) reason: String,
    pub(super) notes: Vec<String>,
    /// What was joined, though it was not enough.
    pub(super) join: Option<Value>,
}

impl Places {
    pub(super) fn records(&self, order: &Order) -> Records {
        let found = match self.found.is_empty() {
            true => self.looked_at.clone(),
            false => self.found.clone(),
        };
        match (&self.ground_truth, &self.captured) {
            (Some(_), _) => Records::Merged(match self.merged.is_empty() {
                true => vec![kinds::merge_output(order)],
                false => self.merged.clone(),
            }),
            (None, Watched::Endpoint { .. }) => Records::Captures(found),
            (None, Watched::Batch { .. }) => Records::BatchOutput(found),
        }
    }

    /// The job that joins labels, where labels are needed.
    pub(super) fn merge_job(&self, order: &Order) -> Option<ProcessingJob> {
        let ground_truth = self.ground_truth.as_ref()?;
        let places = MergePlaces {
            captures: self.found.clone(),
            ground_truth: hours_of(order.window)
                .map(|hour| format!("{}/{hour}", ground_truth.trim_end_matches('/')))
                .collect(),
        };
        Some(kinds::merge_job(order, &places))
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
    let ground_truth = match order.monitoring_type {
        MonitoringType::ModelQuality | MonitoringType::ModelBias => {
            let resource = order.definition.job_input.ground_truth_s3_input.as_ref();
            resource.and_then(|resource| resource.s3_uri.clone())
        }
        MonitoringType::DataQuality | MonitoringType::ModelExplainability => None,
    };
    let places = match &order.endpoint {
        Some(name) => of_endpoint(parts, order, name).await?,
        None => of_batch(parts, order).await?,
    };
    if let (Some(_), Watched::Batch { format: None, .. }) = (&ground_truth, &places.captured) {
        return Err(FindPlaces::ParquetWithLabels);
    }
    Ok(Places {
        ground_truth,
        ..places
    })
}

async fn of_endpoint(parts: &Parts, order: &Order, name: &str) -> Result<Places, FindPlaces> {
    let endpoint = endpoint(parts, (&order.region, name)).await?;
    let deployment = endpoint.in_service.or(endpoint.pending);
    let config = deployment.map(|deployment| deployment.config);
    let capture = config
        .as_ref()
        .and_then(|config| config.data_capture_config.as_ref());
    let (Some(config), Some(capture)) = (&config, capture) else {
        return Err(FindPlaces::NoCapture {
            name: name.to_owned(),
        });
    };
    let destination = capture.destination_s3_uri.trim_end_matches('/').to_owned();
    let found = {
        let environment = Arc::clone(&parts.environment);
        let (destination, name, window) = (destination.clone(), name.to_owned(), order.window);
        let listing = move || async move { hours(&destination, &name, window, &environment).await };
        parts.compute.run(listing).await??
    };
    let variant = config.production_variants.first();
    let variant = variant.map_or("AllTraffic", |variant| variant.variant_name.as_str());
    let merge = kinds::merge_output(order);
    let below = |folder: &String| {
        let rest = folder.strip_prefix(destination.as_str());
        rest.map(|rest| format!("{merge}{rest}"))
    };
    Ok(Places {
        merged: found.iter().filter_map(below).collect(),
        looked_at: hours_of(order.window)
            .map(|hour| format!("{destination}/{name}/{variant}/{hour}"))
            .collect(),
        found,
        captured: Watched::Endpoint { destination },
        ground_truth: None,
        notes: Vec::new(),
    })
}

async fn of_batch(parts: &Parts, order: &Order) -> Result<Places, FindPlaces> {
    let input = order.definition.job_input.batch_transform_input.as_ref();
    let input = input.cloned().unwrap_or_default();
    let destination = input.data_captured_destination_s3_uri.clone();
    let destination = destination.unwrap_or_default();
    let destination = destination.trim_end_matches('/').to_owned();
    let (objects, notes) = {
        let environment = Arc::clone(&parts.environment);
        let (destination, window) = (destination.clone(), order.window);
        let listing = move || async move {
            batch_objects(&destination, BatchSide::Output, window, &environment).await
        };
        parts.compute.run(listing).await??
    };
    let merge = kinds::merge_output(order);
    let mut merged: Vec<String> = objects
        .iter()
        .map(|object| format!("{merge}/{}/{}", order.schedule, hour_folder(object.hour_ms)))
        .collect();
    merged.dedup();
    Ok(Places {
        found: objects
            .iter()
            .map(|object| object.file.uri().to_owned())
            .collect(),
        looked_at: hours_of(order.window)
            .map(|hour| format!("{destination}/output/{hour}"))
            .collect(),
        merged,
        captured: Watched::Batch {
            format: format_of(&input)?,
            destination,
        },
        ground_truth: None,
        notes,
    })
}

/// `None` for Parquet.
fn format_of(input: &MonitoringInput) -> Result<Option<BatchFormat>, FindPlaces> {
    let given = input.dataset_format.as_ref();
    let member = |name: &str| given.and_then(|given| given.get(name));
    let is_true = |value: Option<&Value>| value.is_some_and(|value| *value == true);
    if let Some(csv) = member("Csv") {
        return Ok(Some(match is_true(csv.get("Header")) {
            true => BatchFormat::CsvWithHeader,
            false => BatchFormat::Csv,
        }));
    }
    if member("Json").is_some() {
        return Ok(Some(BatchFormat::JsonLines));
    }
    match member("Parquet") {
        Some(_) => Ok(None),
        None => Err(FindPlaces::Format),
    }
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

/// Makes sure that there is something to analyse, and joins it with labels where they are needed.
pub(super) async fn find(
    parts: &Parts,
    (order, places): (&Order, &Places),
    log: &JobLog,
) -> Result<Found, NothingFound> {
    let coverage = coverage(parts, order).await;
    if let Some(coverage) = &coverage {
        log.line(coverage.sentence());
    }
    let mut notes: Vec<String> = coverage.iter().flat_map(Coverage::notes).collect();
    notes.extend(places.notes.iter().cloned());
    if places.found.is_empty() {
        return Err(NothingFound {
            reason: no_data(order, coverage.as_ref()),
            notes,
            join: None,
        });
    }
    let (join, merged) = match &places.ground_truth {
        None => (None, Vec::new()),
        Some(ground_truth) => {
            let merged = merge(parts, (order, places), ground_truth).await;
            let report = match merged {
                Ok(report) => report,
                Err(error) => {
                    let reason = format!("ClientError: {}", Chain(&error));
                    return Err(NothingFound {
                        reason,
                        notes,
                        join: None,
                    });
                }
            };
            report.lines().iter().for_each(|line| log.line(line));
            notes.extend(report.notes());
            if report.matched == 0 {
                return Err(NothingFound {
                    reason: no_label(order, &report, ground_truth),
                    notes,
                    join: Some(report.to_json()),
                });
            }
            (Some(report.to_json()), report.files)
        }
    };
    Ok(Found {
        notes,
        join,
        coverage,
        merged,
    })
}

async fn merge(
    parts: &Parts,
    (order, places): (&Order, &Places),
    ground_truth: &str,
) -> Result<MergeReport, Merge> {
    let window = order.window;
    let bounds = [window.start_ms.to_string(), window.end_ms.to_string()];
    let request = MergeRequest {
        captured: match &places.captured {
            Watched::Endpoint { destination } => Captured::Endpoint {
                destination: destination.clone(),
                endpoint: order.endpoint.clone().unwrap_or_default(),
            },
            Watched::Batch {
                destination,
                format,
            } => Captured::Batch {
                destination: destination.clone(),
                schedule: order.schedule.clone(),
                format: format.unwrap_or(BatchFormat::JsonLines),
            },
        },
        window,
        ground_truth: ground_truth.to_owned(),
        due_ms: order.scheduled_ms,
        now_ms: parts.app.clock.now_ms(),
        output: kinds::merge_output(order),
        file_id: ground_truth::file_id(&[
            &order.region,
            &order.schedule,
            bounds[0].as_str(),
            bounds[1].as_str(),
        ]),
        earlier_waiting: earlier_waiting(parts, order).await,
    };
    let environment = Arc::clone(&parts.environment);
    let merged = parts
        .compute
        .run(move || async move { ground_truth::merge(&request, &environment).await })
        .await;
    Ok(merged??)
}

/// Where earlier runs say which of their events still wait for a label. Without them, such labels
/// would only be counted as orphans.
async fn earlier_waiting(parts: &Parts, order: &Order) -> Vec<String> {
    let place = (order.region.as_str(), order.schedule.as_str());
    let earlier =
        probity_store::monitoring_execution::latest(&parts.app.store, place, EARLIER_RUNS).await;
    let mut waiting: Vec<String> = earlier
        .unwrap_or_default()
        .iter()
        .filter(|execution| execution.id != order.execution_id)
        .filter_map(|execution| execution.body.pointer("/join/waiting/uri")?.as_str())
        .filter(|uri| !uri.is_empty())
        .map(str::to_owned)
        .collect();
    waiting.sort();
    waiting.dedup();
    waiting
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
            "NoData: no output of transform jobs that began between {} and {}",
            UtcTime::from_epoch_ms(start_ms),
            UtcTime::from_epoch_ms(end_ms),
        ),
    }
}

fn no_label(order: &Order, report: &MergeReport, ground_truth: &str) -> String {
    format!(
        "NoData: none of the {} captured records between {} and {} has a label in `{ground_truth}` \
         ({} labels read, {} of them of other windows, {} of no captured record); when labels come, \
         the window is scored",
        report.captured(),
        UtcTime::from_epoch_ms(order.window.start_ms),
        UtcTime::from_epoch_ms(order.window.end_ms),
        report.labels.labels,
        report.of_other_windows,
        report.orphan,
    )
}

/// Why the analysis has no result.
pub(super) fn reason_of(order: &Order, found: &Found, error: &AnalysisFailed) -> String {
    match error.is_without_records() {
        true => no_data(order, found.coverage.as_ref()),
        false => words(error),
    }
}

/// `yyyy/mm/dd/hh` of the hours of a window.
fn hours_of(window: Window) -> impl Iterator<Item = String> {
    let first = window.start_ms.div_euclid(MS_PER_HOUR);
    let last = (window.end_ms - 1).div_euclid(MS_PER_HOUR);
    (first..=last)
        .take(MAX_HOURS)
        .map(|hour| hour_folder(hour * MS_PER_HOUR))
}

fn hour_folder(hour_ms: i64) -> String {
    let time = UtcTime::from_epoch_ms(hour_ms);
    format!(
        "{:04}/{:02}/{:02}/{:02}",
        time.year, time.month, time.day, time.hour
    )
}
