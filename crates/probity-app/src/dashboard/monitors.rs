//! Monitoring schedules with their last runs and alerts, as pages of one thing show them.

use std::collections::HashMap;

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::resource::{ExecutionState, ScheduleState};
use probity_store::fleet::{self as rows, Head, LastRun};
use probity_store::monitoring_alert::{self, Alert};
use probity_store::monitoring_alert_change;
use probity_store::resource::Resource;
use serde_json::Value;

use super::DAY_MS;
use super::monitor_state::{MonitorState, of_schedule};
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::{subject_of, subject_of_endpoint};
use crate::monitoring_schedule::{ScheduleExpression, TYPE_ATTRIBUTE};

/// Of a schedule that says nothing.
const DAILY: &str = "cron(0 0 ? * * *)";

/// Days that the calendar of a monitor shows.
pub const CALENDAR_DAYS: usize = 35;

#[derive(Clone, Debug)]
pub struct Monitor {
    pub name: String,
    pub kind: MonitoringType,
    pub status: Option<ScheduleState>,
    pub state: MonitorState,
    /// `cron(0 * ? * * *)`, or `NOW`.
    pub expression: String,
    pub endpoint: Option<String>,
    /// `None` where no slot is to come.
    pub next_ms: Option<i64>,
    /// In alert or not, each with its reason.
    pub alerts: Vec<Alert>,
    /// Of the last days, the oldest first.
    pub calendar: Vec<Day>,
    /// That completed or failed.
    pub last_run: Option<LastRun>,
}

/// What the runs of a day came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Its start in UTC.
    pub day_ms: i64,
    pub runs: usize,
    pub with_violations: usize,
    pub failed: usize,
}

/// What an alert is of, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertOf {
    Monitor(String),
    Endpoint(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChange {
    pub of: AlertOf,
    pub alert: String,
    pub at_ms: i64,
    /// `InAlert` or `OK`.
    pub status: String,
    pub reason: String,
}

pub(super) async fn of_schedules(
    deed: &Deed<'_>,
    schedules: &[Resource],
) -> Result<Vec<Monitor>, Fault> {
    let names: Vec<&str> = schedules.iter().map(|row| row.name.as_str()).collect();
    let subjects: Vec<String> = names.iter().map(|name| subject_of(name)).collect();
    let first_day = deed.now_ms.div_euclid(DAY_MS) + 1 - CALENDAR_DAYS as i64;
    let span = (deed.region, first_day * DAY_MS);
    let (runs, last_runs, alerts) = futures::try_join!(
        rows::runs_since(&deed.app.store, &names, span),
        rows::last_runs_of(&deed.app.store, deed.region, &names),
        monitoring_alert::of_subjects(&deed.app.store, deed.region, &subjects),
    )?;
    let mut runs_of: HashMap<&str, Vec<&LastRun>> = HashMap::new();
    for run in &runs {
        runs_of.entry(&run.schedule).or_default().push(run);
    }
    let mut monitors: Vec<Monitor> = schedules
        .iter()
        .filter_map(|row| {
            let subject = subject_of(&row.name);
            let own = alerts.iter().filter(|alert| alert.subject == subject);
            let runs = runs_of.get(row.name.as_str()).cloned().unwrap_or_default();
            let known = Known {
                alerts: own.cloned().collect(),
                runs,
                last_run: last_runs.iter().find(|run| run.schedule == row.name),
            };
            monitor(deed, row, known)
        })
        .collect();
    monitors.sort_by(|a, b| {
        let place = |kind| MonitoringType::ALL.iter().position(|known| *known == kind);
        (place(a.kind), &a.name).cmp(&(place(b.kind), &b.name))
    });
    Ok(monitors)
}

/// What is known of one schedule beside its row.
struct Known<'a> {
    alerts: Vec<Alert>,
    runs: Vec<&'a LastRun>,
    last_run: Option<&'a LastRun>,
}

/// `None` for a kind that this version does not know.
fn monitor(deed: &Deed<'_>, row: &Resource, known: Known<'_>) -> Option<Monitor> {
    let kind = row.attributes.get(TYPE_ATTRIBUTE)?;
    let kind = MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == kind)?;
    // A schedule made anew under an old name has none of the other's runs.
    let runs = known.runs.into_iter();
    let runs = runs.filter(|run| run.created_ms >= row.created_ms);
    let config = row.body.get("MonitoringScheduleConfig");
    let expression = config
        .and_then(|config| config.pointer("/ScheduleConfig/ScheduleExpression"))
        .and_then(Value::as_str)
        .unwrap_or(DAILY);
    let status = ScheduleState::parse(&row.status);
    let slots = ScheduleExpression::parse(expression, deed.now_ms).ok();
    let next_ms = match slots {
        Some(ScheduleExpression::Cron(slots)) if status.is_some_and(ScheduleState::runs) => {
            slots.after(deed.now_ms)
        }
        Some(ScheduleExpression::Cron(_) | ScheduleExpression::Now) | None => None,
    };
    Some(Monitor {
        name: row.name.clone(),
        kind,
        status,
        state: of_schedule(&head(row), known.last_run, &known.alerts),
        expression: expression.to_owned(),
        endpoint: row.attributes.get("endpoint").cloned(),
        next_ms,
        calendar: calendar(deed.now_ms, runs),
        last_run: known.last_run.cloned(),
        alerts: known.alerts,
    })
}

fn head(row: &Resource) -> Head {
    Head {
        name: row.name.clone(),
        arn: row.arn.clone(),
        status: row.status.clone(),
        created_ms: row.created_ms,
        modified_ms: row.modified_ms,
        created_by: row.created_by.clone(),
        attributes: row.attributes.clone(),
    }
}

/// `runs` are in the order of their slots and revisions.
fn calendar<'a>(now_ms: i64, runs: impl IntoIterator<Item = &'a LastRun>) -> Vec<Day> {
    let today = now_ms.div_euclid(DAY_MS);
    let first = today + 1 - CALENDAR_DAYS as i64;
    let mut days: Vec<Day> = (first..=today)
        .map(|day| Day {
            day_ms: day * DAY_MS,
            ..Day::default()
        })
        .collect();
    let runs: Vec<&LastRun> = runs.into_iter().collect();
    for slot in runs.chunk_by(|a, b| a.scheduled_ms == b.scheduled_ms) {
        let place = usize::try_from(slot[0].scheduled_ms.div_euclid(DAY_MS) - first).ok();
        let Some(day) = place.and_then(|place| days.get_mut(place)) else {
            continue;
        };
        day.runs += slot.len();
        // Of a slot that was scored again, the last verdict counts.
        let verdicts = slot.iter().rev();
        let last = verdicts.copied().find(|run| run.has_verdict());
        let last = last.or(slot.last().copied());
        let ended = last.and_then(|run| ExecutionState::parse(&run.status));
        day.with_violations += usize::from(ended == Some(ExecutionState::CompletedWithViolations));
        day.failed += usize::from(ended == Some(ExecutionState::Failed));
    }
    days
}

/// The newest changes of some alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertHistory {
    /// The newest first.
    pub changes: Vec<AlertChange>,
    /// There are older ones.
    pub goes_on: bool,
}

/// Changes of alerts that the page of a model shows.
const CHANGES: u32 = 12;

/// Of the alerts of these monitors and endpoints.
pub(super) async fn changes(
    deed: &Deed<'_>,
    (monitors, endpoints): (&[Monitor], &[&str]),
) -> Result<AlertHistory, Fault> {
    let monitors = monitors.iter().map(|monitor| subject_of(&monitor.name));
    let endpoints = endpoints.iter().map(|name| subject_of_endpoint(name));
    let subjects: Vec<String> = monitors.chain(endpoints).collect();
    changes_of_subjects(deed, &subjects, CHANGES).await
}

pub(super) async fn changes_of(
    deed: &Deed<'_>,
    schedule: &str,
    limit: u32,
) -> Result<AlertHistory, Fault> {
    changes_of_subjects(deed, &[subject_of(schedule)], limit).await
}

async fn changes_of_subjects(
    deed: &Deed<'_>,
    subjects: &[String],
    limit: u32,
) -> Result<AlertHistory, Fault> {
    let place = (deed.region, subjects);
    let one_more = limit.saturating_add(1);
    let mut changes = monitoring_alert_change::latest_of(&deed.app.store, place, one_more).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = changes.len() > shown;
    changes.truncate(shown);
    let changes = changes.into_iter().map(|change| AlertChange {
        of: alert_of(&change.subject),
        alert: change.name,
        at_ms: change.at_ms,
        status: change.status,
        reason: change.reason,
    });
    Ok(AlertHistory {
        changes: changes.collect(),
        goes_on,
    })
}

fn alert_of(subject: &str) -> AlertOf {
    match subject.split_once('/') {
        Some(("endpoint", name)) => AlertOf::Endpoint(name.to_owned()),
        Some((_, name)) => AlertOf::Monitor(name.to_owned()),
        None => AlertOf::Monitor(subject.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(scheduled_ms: i64, status: &str) -> LastRun {
        LastRun {
            id: "r".to_owned(),
            schedule: "s".to_owned(),
            scheduled_ms,
            created_ms: scheduled_ms,
            modified_ms: scheduled_ms,
            status: status.to_owned(),
            violations: 0,
        }
    }

    #[test]
    fn a_calendar_ends_with_today_and_forgets_what_was_before() {
        let now_ms = 100 * DAY_MS + 5;
        let runs = [
            run(0, "Failed"),
            run(100 * DAY_MS, "Completed"),
            run(100 * DAY_MS + 1, "CompletedWithViolations"),
        ];
        let days = calendar(now_ms, &runs);
        assert_eq!(days.len(), CALENDAR_DAYS);
        let last = days.last().unwrap();
        assert_eq!(
            (last.day_ms, last.runs, last.with_violations),
            (100 * DAY_MS, 2, 1)
        );
        assert_eq!(days.iter().map(|day| day.failed).sum::<usize>(), 0);
    }
    #[test]
    fn of_a_slot_that_was_scored_again_a_calendar_shows_the_last_verdict() {
        let now_ms = 100 * DAY_MS + 5;
        let last = |statuses: &[&str]| {
            let runs: Vec<LastRun> = statuses
                .iter()
                .map(|status| run(100 * DAY_MS, status))
                .collect();
            let day = *calendar(now_ms, &runs).last().unwrap();
            (day.runs, day.with_violations, day.failed)
        };
        assert_eq!(last(&["CompletedWithViolations", "Completed"]), (2, 0, 0));
        assert_eq!(last(&["Completed", "CompletedWithViolations"]), (2, 1, 0));
        assert_eq!(last(&["CompletedWithViolations", "Failed"]), (2, 1, 0));
        assert_eq!(last(&["Failed", "InProgress"]), (2, 0, 0));
        assert_eq!(last(&["Failed"]), (1, 0, 1));
    }
}
