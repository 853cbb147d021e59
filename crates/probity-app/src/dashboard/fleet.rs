//! The page of all models: a row for each, and what stands above the table.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::fleet as rows;

use super::activity::{self, Entry};
use super::fleet_order;
use super::fleet_read;
use super::fleet_summary;
use super::monitor_state::MonitorState;
use super::{DAY_MS, SEE};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

pub use super::fleet_cards::CardFreshness;
pub use super::fleet_order::{ByMonitors, CardFilter, FleetQuery, FleetSort, VersionFilter};
pub use super::fleet_summary::{Anomalies, AnomalyDay, Attention, Coverage, Freshness};

/// A model, and everything that is known of it from afar.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetModel {
    pub name: String,
    pub arn: String,
    pub created_ms: i64,
    pub created_by: String,
    pub card: Option<FleetCard>,
    pub registered: Option<Registered>,
    pub endpoints: Vec<FleetEndpoint>,
    pub last_batch: Option<LastBatch>,
    /// In the order of `MonitoringType::ALL`.
    pub monitors: [MonitorState; 4],
    pub last_run: Option<LastRun>,
    /// Of the last seven days; `None` where nothing was counted.
    pub traffic: Option<Traffic>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FleetCard {
    pub name: String,
    pub status: CardStatus,
    pub risk: RiskRating,
    pub owner: Option<String>,
    pub modified_ms: i64,
    /// By the governance policy.
    pub review_due_ms: Option<i64>,
    /// Until when the approval holds, by the same.
    pub expires_ms: Option<i64>,
    /// Monitors that the card's evaluations follow and that have had a verdict since.
    pub outrun: usize,
    pub freshness: CardFreshness,
}

/// The version of the registry that the model was made of, and its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub group: String,
    pub version: i64,
    pub approval: String,
    pub versions: usize,
    /// The newest version that is approved.
    pub champion: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetEndpoint {
    pub name: String,
    pub status: String,
    /// It answers calls.
    pub serves: bool,
    /// An alert of the endpoint itself, where one is raised: its captures stopped.
    pub alert: Option<MonitorState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastBatch {
    pub name: String,
    pub status: String,
    pub created_ms: i64,
    /// It uses the model, or has.
    pub works: bool,
}

/// The newest run of any of the model's monitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    pub schedule: String,
    pub status: String,
    pub at_ms: i64,
    pub violations: Option<i64>,
}

/// Calls of all endpoints of a model by stretches of time, the oldest first: quarters of a day where
/// a page draws them, else all in one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub answered: Vec<i64>,
    pub failed: Vec<i64>,
}

impl Traffic {
    /// Per cent of the calls that the model did not answer; `None` where there were none.
    pub fn error_percent(&self) -> Option<f64> {
        let failed = self.errors();
        let all = failed + self.calls();
        (all > 0).then(|| 100.0 * failed as f64 / all as f64)
    }

    /// That were answered.
    pub fn calls(&self) -> i64 {
        self.answered.iter().sum()
    }

    pub fn errors(&self) -> i64 {
        self.failed.iter().sum()
    }
}

impl FleetModel {
    /// Of the card, else who made the model.
    pub fn owner(&self) -> &str {
        let owner = self.card.as_ref().and_then(|card| card.owner.as_deref());
        owner.unwrap_or(&self.created_by)
    }

    /// Whether it answers calls or has worked through a batch.
    pub fn runs(&self) -> bool {
        let serves = self.endpoints.iter().any(|endpoint| endpoint.serves);
        serves || self.last_batch.as_ref().is_some_and(|job| job.works)
    }

    /// Of its monitors, and of the endpoints that have alerts of their own.
    pub fn states(&self) -> impl Iterator<Item = MonitorState> {
        let of_endpoints = self.endpoints.iter().filter_map(|endpoint| endpoint.alert);
        self.monitors.into_iter().chain(of_endpoints)
    }

    pub fn worst(&self) -> MonitorState {
        self.states().max().unwrap_or(MonitorState::Idle)
    }
}

/// All models of a region that the query leaves, in its order.
#[derive(Clone, Debug)]
pub struct Fleet {
    pub as_of_ms: i64,
    /// Before filters.
    pub n_models: usize,
    /// After filters.
    pub n_found: usize,
    /// After all filters but that by monitors.
    pub by_monitors: ByMonitors,
    pub models: Vec<FleetModel>,
    pub attention: Attention,
    pub coverage: Coverage,
    pub freshness: Freshness,
    pub anomalies: Anomalies,
    pub activity: Vec<Entry>,
}

/// How many of the models that were found are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// Pages count from 0.
    Page {
        number: usize,
        size: usize,
    },
    All,
}

/// Quarters of a day.
const STRETCH_MS: i64 = DAY_MS / 4;
const STRETCHES: usize = 28;
const ENTRIES: u32 = 10;

pub async fn fleet(
    app: &App,
    caller: &Caller,
    query: &FleetQuery,
    slice: Slice,
) -> Result<Fleet, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let (read, anomalies, activity) = futures::try_join!(
        fleet_read::all(&deed),
        fleet_summary::anomalies(&deed),
        activity::latest(&deed, ENTRIES),
    )?;
    let attention = fleet_summary::attention(&read.models);
    let coverage = fleet_summary::coverage(&read.models);
    let freshness = fleet_summary::freshness(&deed, &read);
    let n_models = read.models.len();
    let by_monitors = fleet_order::by_monitors(&read.models, query);
    let mut models = fleet_order::arrange(read.models, query);
    let n_found = models.len();
    match slice {
        Slice::Page { number, size } => {
            let start = number.saturating_mul(size).min(models.len());
            let end = start.saturating_add(size).min(models.len());
            models = models.drain(start..end).collect();
            add_traffic(&deed, &mut models).await?;
        }
        Slice::All => add_totals(&deed, &mut models).await?,
    }
    Ok(Fleet {
        as_of_ms: deed.now_ms,
        n_models,
        n_found,
        by_monitors,
        models,
        attention,
        coverage,
        freshness,
        anomalies,
        activity,
    })
}

/// That of seven days ago.
fn first_stretch(deed: &Deed<'_>) -> i64 {
    deed.now_ms.div_euclid(STRETCH_MS) - STRETCHES as i64 + 1
}

async fn add_traffic(deed: &Deed<'_>, models: &mut [FleetModel]) -> Result<(), Fault> {
    let first = first_stretch(deed);
    let names: Vec<&str> = models
        .iter()
        .flat_map(|model| &model.endpoints)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let span = (deed.region, first * STRETCH_MS, STRETCH_MS);
    let calls = rows::calls(&deed.app.store, &names, span).await?;
    for model in models {
        let mut traffic = Traffic {
            answered: vec![0; STRETCHES],
            failed: vec![0; STRETCHES],
        };
        let mut is_known = false;
        for call in &calls {
            if !model.endpoints.iter().any(|own| own.name == call.endpoint) {
                continue;
            }
            let Ok(place) = usize::try_from(call.stretch - first) else {
                continue;
            };
            if place < STRETCHES {
                is_known = true;
                traffic.answered[place] += call.answered;
                traffic.failed[place] += call.failed;
            }
        }
        model.traffic = is_known.then_some(traffic);
    }
    Ok(())
}

/// Longer than any time since 1970: all in one.
const EVER_MS: i64 = i64::MAX;
/// Endpoints of one statement. Some run at a time: together they read hundreds of thousands of hours.
const ENDPOINTS: usize = 400;

/// The sums of what [`add_traffic`] reads, for as many models as there are.
async fn add_totals(deed: &Deed<'_>, models: &mut [FleetModel]) -> Result<(), Fault> {
    let mut names: Vec<&str> = models
        .iter()
        .flat_map(|model| &model.endpoints)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    let span = (deed.region, first_stretch(deed) * STRETCH_MS, EVER_MS);
    let parts = names.chunks(ENDPOINTS);
    let parts = parts.map(|names| rows::calls(&deed.app.store, names, span));
    let calls = futures::future::try_join_all(parts).await?.concat();
    let calls: HashMap<&str, &rows::Calls> = calls
        .iter()
        .map(|call| (call.endpoint.as_str(), call))
        .collect();
    for model in models {
        let own = model.endpoints.iter();
        let own: Vec<&rows::Calls> = own
            .filter_map(|endpoint| calls.get(endpoint.name.as_str()).copied())
            .collect();
        model.traffic = (!own.is_empty()).then(|| Traffic {
            answered: vec![own.iter().map(|call| call.answered).sum()],
            failed: vec![own.iter().map(|call| call.failed).sum()],
        });
    }
    Ok(())
}

/// Regions that have anything a page shows, the one that was used first at the front: an address
/// that names none means the same after others came.
pub async fn regions(app: &App, caller: &Caller) -> Result<Vec<String>, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let kinds = [
        ResourceKind::Model,
        ResourceKind::ModelCard,
        ResourceKind::MonitoringSchedule,
    ];
    let found = probity_store::resource::regions_by_age(&deed.app.store, kinds).await?;
    Ok(found)
}
