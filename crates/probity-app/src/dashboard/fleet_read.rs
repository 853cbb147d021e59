//! Models with their cards, endpoints, packages and monitors, joined from whole kinds.

use std::collections::{BTreeMap, HashMap};

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::resource::AlertState;
use probity_store::fleet::{self as rows, Head};
use probity_store::monitoring_alert::{self, Alert};
use serde::Deserialize;

use super::fleet::{FleetEndpoint, FleetModel, LastRun, Registered};
use super::monitor_state::{MonitorState, of_schedule};
use super::{fleet_cards, places};
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of;
use crate::monitoring_schedule::{ENDPOINT, TYPE_ATTRIBUTE};

/// Everything of a region that models are joined from.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) models: Vec<FleetModel>,
    pub(super) schedules: Vec<Head>,
    pub(super) last_runs: HashMap<String, rows::LastRun>,
    pub(super) alerts: Vec<Alert>,
}

/// The documents of models as far as they are needed here: reading the whole of a thousand of them
/// takes longer than everything else.
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

pub(super) async fn all(deed: &Deed<'_>) -> Result<Read, Fault> {
    let (store, region) = (&deed.app.store, deed.region);
    let in_alert = AlertState::InAlert.as_str();
    let (models, endpoints, cards, packages) = futures::try_join!(
        rows::texts(store, ResourceKind::Model, region),
        rows::heads(store, ResourceKind::Endpoint, region),
        rows::heads(store, ResourceKind::ModelCard, region),
        rows::heads(store, ResourceKind::ModelPackage, region),
    )?;
    let (schedules, last_runs, alerts, batches) = futures::try_join!(
        rows::heads(store, ResourceKind::MonitoringSchedule, region),
        rows::last_runs(store, region),
        monitoring_alert::of_status(store, region, in_alert),
        rows::latest_by(store, (ResourceKind::TransformJob, region), "ModelName"),
    )?;
    let mut read = Read {
        models: Vec::with_capacity(models.len()),
        schedules,
        last_runs: by_schedule(last_runs),
        alerts,
    };
    let endpoints = places::endpoints_by_model(deed, (&endpoints, &read.alerts)).await?;
    let of_batches = places::models_of_schedules(&batches, &read.schedules);
    let monitors = Monitors::of(&read, &endpoints, &of_batches);
    let cards = fleet_cards::by_model(deed, &cards, &read.last_runs).await?;
    let groups = Groups::of(&packages);
    let joined = models.into_iter().map(|(head, text)| {
        let package = package_of(&head, &text)?;
        let ids = [Some(&head.arn), Some(&head.name), package.as_ref()];
        let card = ids.into_iter().flatten();
        let card = card.filter_map(|id| cards.get(id.as_str())).next();
        let endpoints = endpoints.get(&head.name).cloned().unwrap_or_default();
        let last_batch = batches.get(&head.name);
        let (of_monitors, last_run) = monitors.of_model(&head.name);
        let mut model = FleetModel {
            card: card.cloned(),
            registered: package.and_then(|arn| groups.registered(&arn)),
            name: head.name,
            arn: head.arn,
            created_ms: head.created_ms,
            created_by: head.created_by,
            endpoints,
            last_batch: last_batch.map(|(job, _)| places::last_batch(job)),
            monitors: [MonitorState::Idle; 4],
            last_run,
            traffic: None,
        };
        let without = match model.runs() {
            true => MonitorState::Missing,
            false => MonitorState::Idle,
        };
        model.monitors = of_monitors.map(|state| state.unwrap_or(without));
        Ok::<_, Fault>(model)
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
        of_batches: &HashMap<String, Vec<&'a str>>,
    ) -> Monitors<'a> {
        let mut models_of: HashMap<&str, Vec<&str>> = HashMap::new();
        for (model, endpoints) in endpoints {
            for endpoint in endpoints {
                models_of.entry(&endpoint.name).or_default().push(model);
            }
        }
        let mut alerts: HashMap<&str, Vec<&Alert>> = HashMap::new();
        for alert in &read.alerts {
            alerts.entry(&alert.subject).or_default().push(alert);
        }
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
            let own = alerts.get(subject_of(&schedule.name).as_str());
            let state = of_schedule(schedule, run, own.into_iter().flatten().copied());
            let of_endpoint = attribute(ENDPOINT).and_then(|name| models_of.get(name));
            let of_batch = of_batches.get(&schedule.name);
            for model in of_endpoint.into_iter().chain(of_batch).flatten() {
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

    fn of_model(&self, model: &str) -> ([Option<MonitorState>; 4], Option<LastRun>) {
        let last_run = self.last_runs.get(model).map(|run| LastRun {
            schedule: run.schedule.clone(),
            status: run.status.clone(),
            at_ms: run.scheduled_ms,
            violations: (run.violations >= 0).then_some(run.violations),
        });
        (
            self.by_model.get(model).copied().unwrap_or_default(),
            last_run,
        )
    }
}
