//! Models with their cards, endpoints, packages and monitors, joined from whole kinds.

use std::collections::{BTreeMap, HashMap};

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::{AlertState, CardStatus, ScheduleState};
use probity_store::fleet::{self as rows, Head};
use probity_store::monitoring_alert::{self, Alert, ListAlerts};
use serde::Deserialize;

use super::batch;
use super::fleet::{FleetCard, FleetEndpoint, FleetModel, LastBatch, LastRun, Registered};
use super::monitor_state::{Acknowledged, MonitorState};
use crate::deed::Deed;
use crate::fault::Fault;
use crate::model_card::{MODEL_ID, OWNER, RISK_RATING};
use crate::monitoring_alert::subject_of;
use crate::monitoring_schedule::{ENDPOINT, TYPE_ATTRIBUTE};

/// Alerts that one page knows of.
const MOST_ALERTS: u32 = 10_000;

/// Everything of a region that models are joined from.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) models: Vec<FleetModel>,
    pub(super) schedules: Vec<Head>,
    pub(super) last_runs: HashMap<String, rows::LastRun>,
    pub(super) alerts: Vec<Alert>,
}

/// The documents of models and endpoints as far as they are needed here: reading the whole of a
/// thousand of them takes longer than everything else.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ModelDocument {
    primary_container: Option<ContainerDocument>,
    containers: Vec<ContainerDocument>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ContainerDocument {
    model_package_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EndpointDocument {
    in_service: Option<DeploymentDocument>,
    pending: Option<DeploymentDocument>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DeploymentDocument {
    models: Vec<ModelName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ModelName {
    model_name: String,
}

pub(super) async fn all(deed: &Deed<'_>) -> Result<Read, Fault> {
    let (store, region) = (&deed.app.store, deed.region);
    let in_alert = ListAlerts {
        region: region.to_owned(),
        status: Some(AlertState::InAlert.as_str().to_owned()),
        limit: MOST_ALERTS,
        ..ListAlerts::default()
    };
    let (models, endpoints, cards, packages) = futures::try_join!(
        rows::texts(store, ResourceKind::Model, region),
        rows::texts(store, ResourceKind::Endpoint, region),
        rows::heads(store, ResourceKind::ModelCard, region),
        rows::heads(store, ResourceKind::ModelPackage, region),
    )?;
    let (schedules, last_runs, alerts, batches) = futures::try_join!(
        rows::heads(store, ResourceKind::MonitoringSchedule, region),
        rows::last_runs(store, region),
        monitoring_alert::list(store, &in_alert),
        rows::latest_by(store, (ResourceKind::TransformJob, region), "ModelName"),
    )?;
    let mut read = Read {
        models: Vec::with_capacity(models.len()),
        schedules,
        last_runs: by_schedule(last_runs),
        alerts: alerts.items,
    };
    let endpoints = endpoints_by_model(&endpoints)?;
    let batch_schedules = batch::models_of_schedules(deed, &read.schedules).await?;
    let monitors = Monitors::of(&read, &endpoints, &batch_schedules);
    let cards = cards_by_model(&cards);
    let groups = Groups::of(&packages);
    let joined = models.into_iter().map(|(head, text)| {
        let package = package_of(&head, &text)?;
        let card = [
            Some(head.arn.as_str()),
            Some(&head.name),
            package.as_deref(),
        ]
        .into_iter()
        .flatten()
        .find_map(|id| cards.get(id));
        let endpoints = endpoints.get(&head.name).cloned().unwrap_or_default();
        let last_batch = batches.get(&head.name).map(last_batch);
        let without = match endpoints.is_empty() && last_batch.is_none() {
            true => MonitorState::Idle,
            false => MonitorState::Missing,
        };
        let (monitors, last_run) = monitors.of_model(&head.name, without);
        Ok::<_, Fault>(FleetModel {
            card: card.cloned(),
            registered: package.and_then(|arn| groups.registered(&arn)),
            name: head.name,
            arn: head.arn,
            created_ms: head.created_ms,
            created_by: head.created_by,
            endpoints,
            last_batch,
            monitors,
            last_run,
            traffic: None,
        })
    });
    read.models = joined.collect::<Result<_, Fault>>()?;
    Ok(read)
}

fn by_schedule(runs: Vec<rows::LastRun>) -> HashMap<String, rows::LastRun> {
    runs.into_iter()
        .map(|run| (run.schedule.clone(), run))
        .collect()
}

fn package_of(head: &Head, text: &str) -> Result<Option<String>, Fault> {
    let document: ModelDocument = serde_json::from_str(text)
        .map_err(|source| Fault::internal(format!("read `{}`", head.arn), source))?;
    let containers = document.primary_container.into_iter();
    let mut all = containers.chain(document.containers);
    Ok(all.find_map(|container| container.model_package_name))
}

fn endpoints_by_model(
    endpoints: &[(Head, String)],
) -> Result<HashMap<String, Vec<FleetEndpoint>>, Fault> {
    let mut by_model: HashMap<String, Vec<FleetEndpoint>> = HashMap::new();
    for (head, text) in endpoints {
        let document: EndpointDocument = serde_json::from_str(text)
            .map_err(|source| Fault::internal(format!("read `{}`", head.arn), source))?;
        let Some(deployment) = document.in_service.or(document.pending) else {
            continue;
        };
        for model in deployment.models {
            by_model
                .entry(model.model_name)
                .or_default()
                .push(FleetEndpoint {
                    name: head.name.clone(),
                    status: head.status.clone(),
                });
        }
    }
    Ok(by_model)
}

/// By what a card says its model is: an ARN, a name, or the ARN of a package.
fn cards_by_model(cards: &[Head]) -> HashMap<&str, FleetCard> {
    let mut by_model = HashMap::new();
    for card in cards {
        let attribute = |name: &str| card.attributes.get(name).map(String::as_str);
        let Some((model, status)) = attribute(MODEL_ID).zip(CardStatus::parse(&card.status)) else {
            continue;
        };
        let known = FleetCard {
            name: card.name.clone(),
            status,
            risk: attribute(RISK_RATING)
                .and_then(RiskRating::parse)
                .unwrap_or_default(),
            owner: attribute(OWNER).map(str::to_owned),
            modified_ms: card.modified_ms,
        };
        by_model.insert(model, known);
    }
    by_model
}

fn last_batch(job: &Head) -> LastBatch {
    LastBatch {
        name: job.name.clone(),
        status: job.status.clone(),
        created_ms: job.created_ms,
    }
}

/// Versions of the registry, by group: number and approval.
struct Groups<'a>(HashMap<&'a str, BTreeMap<i64, &'a str>>);

impl<'a> Groups<'a> {
    fn of(packages: &'a [Head]) -> Groups<'a> {
        let mut groups: HashMap<&str, BTreeMap<i64, &str>> = HashMap::new();
        for package in packages {
            let Some((group, version)) = group_and_version(&package.name) else {
                continue;
            };
            let approval = package.attributes.get("ModelApprovalStatus");
            let approval = approval.map_or("", String::as_str);
            groups.entry(group).or_default().insert(version, approval);
        }
        Groups(groups)
    }

    fn registered(&self, arn: &str) -> Option<Registered> {
        // A container may name a package by its name as well.
        let name = arn
            .rsplit_once(":model-package/")
            .map_or(arn, |(_, name)| name);
        let (group, version) = group_and_version(name)?;
        let versions = self.0.get(group)?;
        let champion = versions.iter().rev();
        let champion = champion
            .filter(|(_, approval)| **approval == "Approved")
            .map(|(number, _)| *number)
            .next();
        Some(Registered {
            group: group.to_owned(),
            version,
            approval: (*versions.get(&version)?).to_owned(),
            versions: versions.len(),
            champion,
        })
    }
}

fn group_and_version(name: &str) -> Option<(&str, i64)> {
    let (group, version) = name.split_once('/')?;
    Some((group, version.parse().ok()?))
}

/// The monitors of each model, by kind.
struct Monitors<'a> {
    by_model: HashMap<&'a str, [Option<MonitorState>; 4]>,
    last_runs: HashMap<&'a str, &'a rows::LastRun>,
}

impl<'a> Monitors<'a> {
    fn of(
        read: &'a Read,
        endpoints: &'a HashMap<String, Vec<FleetEndpoint>>,
        batch: &'a HashMap<String, String>,
    ) -> Monitors<'a> {
        let mut models_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for (model, endpoints) in endpoints {
            for endpoint in endpoints {
                models_of.entry(&endpoint.name).or_default().push(model);
            }
        }
        let alerts: HashMap<&str, &Alert> = read
            .alerts
            .iter()
            .map(|alert| (alert.subject.as_str(), alert))
            .collect();
        let mut monitors = Monitors {
            by_model: HashMap::new(),
            last_runs: HashMap::new(),
        };
        for schedule in &read.schedules {
            let attribute = |name: &str| schedule.attributes.get(name).map(String::as_str);
            let kind = attribute(TYPE_ATTRIBUTE);
            let place = MonitoringType::ALL
                .iter()
                .position(|known| Some(known.as_str()) == kind);
            let Some(place) = place else { continue };
            let run = read.last_runs.get(&schedule.name);
            let alert = alerts.get(subject_of(&schedule.name).as_str()).copied();
            let state = state_of(schedule, run, alert);
            let of_endpoint = attribute(ENDPOINT).and_then(|name| models_of.get(name));
            let of_batch = batch.get(&schedule.name).map(String::as_str);
            let models = of_endpoint.into_iter().flatten().copied().chain(of_batch);
            for model in models {
                monitors.add(model, (place, state), run);
            }
        }
        monitors
    }

    fn add(
        &mut self,
        model: &'a str,
        (place, state): (usize, MonitorState),
        run: Option<&'a rows::LastRun>,
    ) {
        let states = self.by_model.entry(model).or_default();
        states[place] = states[place].max(Some(state));
        if let Some(run) = run {
            let last = self.last_runs.entry(model).or_insert(run);
            if run.scheduled_ms > last.scheduled_ms {
                *last = run;
            }
        }
    }

    fn of_model(&self, model: &str, without: MonitorState) -> ([MonitorState; 4], Option<LastRun>) {
        let states = self.by_model.get(model).copied().unwrap_or_default();
        let last_run = self.last_runs.get(model).map(|run| LastRun {
            schedule: run.schedule.clone(),
            status: run.status.clone(),
            at_ms: run.scheduled_ms,
            violations: (run.violations >= 0).then_some(run.violations),
        });
        (states.map(|state| state.unwrap_or(without)), last_run)
    }
}

pub(super) fn state_of(
    schedule: &Head,
    run: Option<&rows::LastRun>,
    alert: Option<&Alert>,
) -> MonitorState {
    let failed = |at_ms| MonitorState::Failed { at_ms };
    match ScheduleState::parse(&schedule.status) {
        Some(ScheduleState::Stopped) => return MonitorState::Inactive,
        Some(ScheduleState::Failed) => return failed(schedule.modified_ms),
        Some(ScheduleState::Pending) => return MonitorState::Waiting,
        Some(ScheduleState::Scheduled) | None => {}
    }
    if let Some(alert) = alert {
        return MonitorState::InAlert {
            since_ms: alert.modified_ms,
            acknowledged: match &alert.acknowledged {
                Some(_) => Acknowledged::Yes,
                None => Acknowledged::No,
            },
        };
    }
    match run {
        Some(run) if run.status == "Failed" => failed(run.modified_ms),
        Some(_) => MonitorState::Ok,
        None => MonitorState::Waiting,
    }
}
