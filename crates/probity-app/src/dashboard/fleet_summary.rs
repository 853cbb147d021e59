//! What stands above the table of models: how much is watched, whether the watching goes on, and
//! what it found day by day.

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::resource::ScheduleState;
use probity_store::fleet as rows;

use super::DAY_MS;
use super::fleet::FleetModel;
use super::fleet_cards::CardFreshness;
use super::fleet_read::Read;
use super::monitor_state::MonitorState;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::HEARTBEAT;

/// Monitors that watch, of four for each model that runs somewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub models: usize,
    pub watching: usize,
    pub wanted: usize,
}

impl Coverage {
    /// `None` where no model runs.
    pub fn percent(&self) -> Option<f64> {
        (self.wanted > 0).then(|| 100.0 * self.watching as f64 / self.wanted as f64)
    }
}

pub(super) fn coverage(models: &[FleetModel]) -> Coverage {
    let mut coverage = Coverage::default();
    for model in models.iter().filter(|model| model.runs()) {
        coverage.models += 1;
        coverage.wanted += model.monitors.len();
        let watching = model.monitors.iter().filter(|state| state.watches());
        coverage.watching += watching.count();
    }
    coverage
}

/// Models with any monitor, or endpoint, in a state that needs somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    pub any: usize,
    pub alert: usize,
    pub failed: usize,
    pub missing: usize,
    pub inactive: usize,
}

pub(super) fn attention(models: &[FleetModel]) -> Attention {
    let with = |wanted: &str| {
        let has = |model: &&FleetModel| model.states().any(|state| state.as_str() == wanted);
        models.iter().filter(has).count()
    };
    Attention {
        any: models
            .iter()
            .filter(|model| model.states().any(MonitorState::needs_attention))
            .count(),
        alert: with("alert"),
        failed: with("failed"),
        missing: with("missing"),
        inactive: with("inactive"),
    }
}

/// Whether monitors run as they should, and cards are renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Schedules that are to run.
    pub active: usize,
    /// Of those, ran within a day.
    pub ran_within_a_day: usize,
    /// Of those, are late by what their alerts say.
    pub late: usize,
    pub last_run_ms: Option<i64>,
    /// Cards whose evidence was overtaken, or whose review or approval is past its time.
    pub cards_to_renew: usize,
}

pub(super) fn freshness(deed: &Deed<'_>, read: &Read) -> Freshness {
    let mut freshness = Freshness::default();
    let day_ago_ms = deed.now_ms - DAY_MS;
    for schedule in &read.schedules {
        let runs = ScheduleState::parse(&schedule.status).is_some_and(ScheduleState::runs);
        let last_ms = read.last_runs.get(&schedule.name).map(|run| run.created_ms);
        freshness.last_run_ms = freshness.last_run_ms.max(last_ms);
        if runs {
            freshness.active += 1;
            freshness.ran_within_a_day += usize::from(last_ms.is_some_and(|ms| ms >= day_ago_ms));
        }
    }
    let late = read.alerts.iter().filter(|alert| alert.name == HEARTBEAT);
    freshness.late = late.count();
    let cards = read.models.iter().filter_map(|model| model.card.as_ref());
    let to_renew = cards.filter(|card| card.freshness != CardFreshness::Current);
    freshness.cards_to_renew = to_renew.count();
    freshness
}

/// Violations by day and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    /// The oldest first, without gaps; the last one is today.
    pub days: Vec<AnomalyDay>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnomalyDay {
    /// The start of the day in UTC.
    pub day_ms: i64,
    /// In the order of `MonitoringType::ALL`.
    pub violations: [i64; 4],
    pub runs: i64,
}

impl Anomalies {
    pub fn total(&self) -> i64 {
        self.days.iter().flat_map(|day| day.violations).sum()
    }
}

const DAYS: i64 = 14;

pub(super) async fn anomalies(deed: &Deed<'_>) -> Result<Anomalies, Fault> {
    let today = deed.now_ms.div_euclid(DAY_MS);
    let first = today - DAYS + 1;
    let span = (deed.region, first * DAY_MS);
    let found = rows::violations(&deed.app.store, span, DAY_MS).await?;
    let mut anomalies = Anomalies {
        days: (first..=today).map(of_day).collect(),
    };
    for row in found {
        let place = MonitoringType::ALL
            .iter()
            .position(|kind| kind.as_str() == row.monitoring_type);
        let day = usize::try_from(row.stretch - first)
            .ok()
            .and_then(|day| anomalies.days.get_mut(day));
        if let (Some(place), Some(day)) = (place, day) {
            day.violations[place] += row.violations;
            day.runs += row.runs;
        }
    }
    Ok(anomalies)
}

fn of_day(day: i64) -> AnomalyDay {
    AnomalyDay {
        day_ms: day * DAY_MS,
        ..AnomalyDay::default()
    }
}
