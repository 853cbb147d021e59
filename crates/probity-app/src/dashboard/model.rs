//! The page of one model: what it is, where it runs and how, who watches it, and what its card says.

use probity_domain::ResourceKind;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::api::model::Model;
use probity_domain::resource::AlertState;
use probity_store::fleet::{self as rows, Calls};
use probity_store::monitoring_alert::{self, Alert};
use probity_store::resource::{self, Resource, ResourceKey};
use serde_json::Value;

use super::activity::{self, ActivityQuery, Entry};
use super::batch_job::{self, BatchJob};
use super::fleet::Registered;
use super::latency::{self, Latency};
use super::monitor_state::{MonitorState, of_alerts};
use super::monitors::{self, AlertHistory, Monitor};
use super::{DAY_MS, SEE, places};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::endpoint;
use crate::fault::Fault;
use crate::model_card::{MODEL_ID, captured};
use crate::monitoring_alert::subject_of_endpoint;
use crate::monitoring_schedule;
use crate::stored;

#[derive(Clone, Debug)]
pub struct ModelPage {
    pub as_of_ms: i64,
    pub name: String,
    pub arn: String,
    pub created_ms: i64,
    pub created_by: String,
    pub model: Model,
    pub registered: Option<Registered>,
    /// Of its group, the newest first.
    pub versions: Vec<PackageVersion>,
    pub endpoints: Vec<ServingEndpoint>,
    /// The newest first.
    pub batches: Vec<BatchJob>,
    /// It answers calls, or has worked through a batch.
    pub runs: bool,
    pub monitors: Vec<Monitor>,
    pub alert_history: AlertHistory,
    pub performance: Performance,
    pub latency: Latency,
    /// The name of the card that describes it: what the card says of its reports is told by
    /// whoever can read them.
    pub card: Option<String>,
    /// What was done to the model and its card, the newest first.
    pub events: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageVersion {
    pub version: i64,
    pub approval: String,
    pub description: Option<String>,
    pub created_ms: i64,
    pub created_by: String,
    pub modified_ms: i64,
    pub modified_by: String,
}

/// An endpoint that the model is behind.
#[derive(Clone, Debug, PartialEq)]
pub struct ServingEndpoint {
    pub name: String,
    pub status: String,
    pub modified_ms: i64,
    pub failure: Option<String>,
    /// Variants of this model, with their share of the calls in per cent.
    pub variants: Vec<(String, f64)>,
    /// `None` where nothing is captured.
    pub sampling_percent: Option<u8>,
    /// It answers calls.
    pub serves: bool,
    /// An alert of the endpoint itself, where one is raised, and why.
    pub alert: Option<MonitorState>,
    pub reasons: Vec<String>,
}

/// Calls of the model's endpoints by stretches of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    pub length_ms: i64,
    /// The oldest first, without gaps; empty where nothing was counted.
    pub stretches: Vec<Stretch>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub from_ms: i64,
    pub answered: i64,
    pub failed: i64,
    pub captured: i64,
}

const EVENTS: u32 = 10;
const DAYS: i64 = 14;
/// A quarter of a day.
const LENGTH_MS: i64 = DAY_MS / 4;

pub async fn model(app: &App, caller: &Caller, name: &str) -> Result<ModelPage, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let key = ResourceKey {
        kind: ResourceKind::Model,
        region: deed.region,
        name,
    };
    let Some(row) = resource::get(&app.store, key).await? else {
        return Err(Fault::NotFound {
            kind: ResourceKind::Model,
            name: name.to_owned(),
        });
    };
    let model: Model = stored::read_body(&row)?;
    let package = package_of(&model);
    let (endpoints, jobs, versions, card) = futures::try_join!(
        endpoints(&deed, name),
        batch_job::newest(&deed, name),
        versions(&deed, package.as_deref()),
        card(&deed, (&row, package.as_deref())),
    )?;
    let names: Vec<&str> = endpoints.iter().map(|known| known.name.as_str()).collect();
    // As of cards: what earlier jobs captured is not looked at any more.
    let places: Vec<String> = jobs.first().and_then(captured).into_iter().collect();
    let schedules = schedules(&deed, &names, &places).await?;
    let (monitors, performance, latency) = futures::try_join!(
        monitors::of_schedules(&deed, &schedules),
        performance(&deed, &names),
        latency::of_endpoints(&deed, &names),
    )?;
    let alert_history = monitors::changes(&deed, (&monitors, &names)).await?;
    let events = events(&deed, &row.arn, card.as_ref()).await?;
    let batches: Vec<BatchJob> = jobs.iter().map(batch_job::shown).collect();
    let works = batches.first().is_some_and(|job| job.works);
    Ok(ModelPage {
        runs: works || endpoints.iter().any(|endpoint| endpoint.serves),
        as_of_ms: deed.now_ms,
        registered: package.and_then(|arn| registered(&arn, &versions)),
        versions,
        name: row.name,
        arn: row.arn,
        created_ms: row.created_ms,
        created_by: row.created_by,
        model,
        endpoints,
        batches,
        monitors,
        alert_history,
        performance,
        latency,
        card: card.map(|card| card.name),
        events,
    })
}

fn package_of(model: &Model) -> Option<String> {
    let mut containers = model.all_containers();
    containers.find_map(|container| container.model_package_name.clone())
}

async fn endpoints(deed: &Deed<'_>, model: &str) -> Result<Vec<ServingEndpoint>, Fault> {
    let rows = endpoint::serving(deed, &[endpoint::of_model(model)]).await?;
    let subjects: Vec<String> = rows
        .iter()
        .map(|row| subject_of_endpoint(&row.name))
        .collect();
    let alerts = monitoring_alert::of_subjects(&deed.app.store, deed.region, &subjects).await?;
    let mut found = Vec::new();
    for row in rows {
        let endpoint: Endpoint = stored::read_body(&row)?;
        let failure = endpoint.failure_reason;
        let Some(deployment) = endpoint.in_service.or(endpoint.pending) else {
            continue;
        };
        let served = deployment.served();
        let weights: f64 = served.iter().map(|variant| variant.weight).sum();
        let own = served
            .iter()
            .filter(|variant| variant.model.model_name == model);
        let variants: Vec<(String, f64)> = own
            .map(|variant| {
                let share = match weights > 0.0 {
                    true => 100.0 * variant.weight / weights,
                    false => 0.0,
                };
                (variant.name.to_owned(), share)
            })
            .collect();
        if variants.is_empty() {
            continue;
        }
        let capture = deployment.config.data_capture_config.as_ref();
        let capture = capture.filter(|capture| capture.enable_capture != Some(false));
        let subject = subject_of_endpoint(&row.name);
        let own = alerts.iter().filter(|alert| alert.subject == subject);
        let own: Vec<Alert> = own.cloned().collect();
        found.push(ServingEndpoint {
            sampling_percent: capture.map(|capture| capture.initial_sampling_percentage),
            serves: places::serves(&row.status),
            alert: of_alerts(&own),
            reasons: own
                .into_iter()
                .filter(|alert| alert.status == AlertState::InAlert.as_str())
                .map(|alert| alert.reason)
                .collect(),
            name: row.name,
            status: row.status,
            modified_ms: row.modified_ms,
            failure,
            variants,
        });
    }
    Ok(found)
}

/// `group/3` of the ARN of a package.
fn group_and_version(arn: &str) -> Option<(&str, i64)> {
    let name = arn
        .rsplit_once(":model-package/")
        .map_or(arn, |(_, name)| name);
    let (group, version) = name.split_once('/')?;
    Some((group, version.parse().ok()?))
}

async fn versions(deed: &Deed<'_>, package: Option<&str>) -> Result<Vec<PackageVersion>, Fault> {
    let Some((group, _)) = package.and_then(group_and_version) else {
        return Ok(Vec::new());
    };
    let kind = (ResourceKind::ModelPackage, deed.region);
    let of_group = [("ModelPackageGroupName", group)];
    let packages = resource::with_any(&deed.app.store, kind, &of_group).await?;
    let mut versions: Vec<PackageVersion> = packages.iter().filter_map(version).collect();
    versions.sort_by_key(|known| std::cmp::Reverse(known.version));
    Ok(versions)
}

fn version(package: &Resource) -> Option<PackageVersion> {
    let text = |member: &str| package.body.get(member).and_then(Value::as_str);
    Some(PackageVersion {
        version: group_and_version(&package.name)?.1,
        approval: text("ModelApprovalStatus").unwrap_or_default().to_owned(),
        description: text("ModelPackageDescription").map(str::to_owned),
        created_ms: package.created_ms,
        created_by: package.created_by.clone(),
        modified_ms: package.modified_ms,
        modified_by: package.modified_by.clone(),
    })
}

fn registered(arn: &str, versions: &[PackageVersion]) -> Option<Registered> {
    let (group, version) = group_and_version(arn)?;
    let own = versions.iter().find(|known| known.version == version)?;
    let champion = versions.iter().find(|known| known.approval == "Approved");
    Some(Registered {
        group: group.to_owned(),
        version,
        approval: own.approval.clone(),
        versions: versions.len(),
        champion: champion.map(|known| known.version),
    })
}

async fn card(
    deed: &Deed<'_>,
    (model, package): (&Resource, Option<&str>),
) -> Result<Option<Resource>, Fault> {
    let ids = [Some(model.arn.as_str()), Some(model.name.as_str()), package];
    let pairs: Vec<(&str, &str)> = ids.into_iter().flatten().map(|id| (MODEL_ID, id)).collect();
    let kind = (ResourceKind::ModelCard, deed.region);
    let found = resource::with_any(&deed.app.store, kind, &pairs).await?;
    Ok(found.into_iter().next())
}

async fn schedules(
    deed: &Deed<'_>,
    endpoints: &[&str],
    places: &[String],
) -> Result<Vec<Resource>, Fault> {
    let of_endpoints = endpoints
        .iter()
        .map(|name| (monitoring_schedule::ENDPOINT, *name));
    let of_places = places
        .iter()
        .map(|place| (monitoring_schedule::CAPTURES, place.as_str()));
    let pairs: Vec<(&str, &str)> = of_endpoints.chain(of_places).collect();
    let kind = (ResourceKind::MonitoringSchedule, deed.region);
    Ok(resource::with_any(&deed.app.store, kind, &pairs).await?)
}

async fn performance(deed: &Deed<'_>, endpoints: &[&str]) -> Result<Performance, Fault> {
    let last = deed.now_ms.div_euclid(LENGTH_MS);
    let first = last - DAYS * DAY_MS / LENGTH_MS + 1;
    let span = (deed.region, first * LENGTH_MS, LENGTH_MS);
    let calls = rows::calls(&deed.app.store, endpoints, span).await?;
    if calls.is_empty() {
        return Ok(Performance::default());
    }
    let mut stretches: Vec<Stretch> = (first..=last)
        .map(|place| Stretch {
            from_ms: place * LENGTH_MS,
            ..Stretch::default()
        })
        .collect();
    for call in &calls {
        add(&mut stretches, first, call);
    }
    Ok(Performance {
        length_ms: LENGTH_MS,
        stretches,
    })
}

fn add(stretches: &mut [Stretch], first: i64, call: &Calls) {
    let place = usize::try_from(call.stretch - first).ok();
    if let Some(stretch) = place.and_then(|place| stretches.get_mut(place)) {
        stretch.answered += call.answered;
        stretch.failed += call.failed;
        stretch.captured += call.captured;
    }
}

async fn events(
    deed: &Deed<'_>,
    model: &str,
    card: Option<&Resource>,
) -> Result<Vec<Entry>, Fault> {
    let mut entries = Vec::new();
    for arn in [Some(model), card.map(|card| card.arn.as_str())]
        .into_iter()
        .flatten()
    {
        let query = ActivityQuery {
            resource_arn: Some(arn.to_owned()),
            limit: EVENTS,
            ..ActivityQuery::default()
        };
        entries.extend(activity::of_query(deed, &query).await?.entries);
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    entries.truncate(EVENTS as usize);
    Ok(entries)
}
