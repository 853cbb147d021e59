//! Monitoring schedules with their last runs and alerts, as pages of one thing show them.

use std::collections::HashMap;

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::resource::ScheduleState;
use probity_store::fleet::{self as rows, Head, LastRun};
use probity_store::monitoring_alert::{self, Alert};
use probity_store::monitoring_alert_change::{self, ChangesBy, ListChanges};
use probity_store::resource::{Resource, SortOrder};
use serde_json::Value;

use super::DAY_MS;
use super::fleet_read::state_of;
use super::monitor_state::MonitorState;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_alert::subject_of;
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertChange {
    /// The schedule's name.
    pub monitor: String,
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
    let (runs, alerts) = futures::try_join!(
        rows::runs_since(&deed.app.store, &names, span),
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
            monitor(deed, row, (own.cloned().collect(), &runs))
        })
        .collect();
    monitors.sort_by(|a, b| {
        let place = |kind| MonitoringType::ALL.iter().position(|known| *known == kind);
        (place(a.kind), &a.name).cmp(&(place(b.kind), &b.name))
    });
    Ok(monitors)
}

/// `None` for a kind that this version does not know.
fn monitor(
    deed: &Deed<'_>,
    row: &Resource,
    (alerts, runs): (Vec<Alert>, &[&LastRun]),
) -> Option<Monitor> {
    let kind = row.attributes.get(TYPE_ATTRIBUTE)?;
    let kind = MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == kind)?;
    let in_alert = alerts.iter().find(|alert| alert.status == "InAlert");
    let own_runs = || runs.iter().filter(|run| run.created_ms >= row.created_ms);
    let last_run = own_runs().next_back().copied();
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
        state: state_of(&head(row), last_run, in_alert),
        expression: expression.to_owned(),
        endpoint: row.attributes.get("endpoint").cloned(),
        next_ms,
        calendar: calendar(deed.now_ms, runs),
        last_run: last_run.cloned(),
        alerts,
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

fn calendar(now_ms: i64, runs: &[&LastRun]) -> Vec<Day> {
    let today = now_ms.div_euclid(DAY_MS);
    let first = today + 1 - CALENDAR_DAYS as i64;
    let mut days: Vec<Day> = (first..=today)
        .map(|day| Day {
            day_ms: day * DAY_MS,
            ..Day::default()
        })
        .collect();
    for run in runs {
        let place = usize::try_from(run.scheduled_ms.div_euclid(DAY_MS) - first).ok();
        let Some(day) = place.and_then(|place| days.get_mut(place)) else {
            continue;
        };
        day.runs += 1;
        day.with_violations += usize::from(run.status == "CompletedWithViolations");
        day.failed += usize::from(run.status == "Failed");
    }
    days
}

/// Changes of the alerts of one monitor that a page shows.
const CHANGES: u32 = 12;

/// The newest first.
pub(super) async fn changes(
    deed: &Deed<'_>,
    monitors: &[Monitor],
) -> Result<Vec<AlertChange>, Fault> {
    let mut found = Vec::new();
    for monitor in monitors {
        found.extend(changes_of(deed, &monitor.name, CHANGES).await?);
    }
    found.sort_by_key(|change| std::cmp::Reverse(change.at_ms));
    found.truncate(CHANGES as usize);
    Ok(found)
}

pub(super) async fn changes_of(
    deed: &Deed<'_>,
    schedule: &str,
    limit: u32,
) -> Result<Vec<AlertChange>, Fault> {
    let subject = subject_of(schedule);
    let wanted = ListChanges {
        region: deed.region.to_owned(),
        subjects: (subject.clone(), subject),
        name: None,
        status: None,
        from_ms: None,
        to_ms: None,
        sort_by: ChangesBy::Time,
        order: SortOrder::Descending,
        after: None,
        limit,
    };
    let page = monitoring_alert_change::list(&deed.app.store, &wanted).await?;
    let changes = page.items.into_iter().map(|change| AlertChange {
        monitor: schedule.to_owned(),
        alert: change.name,
        at_ms: change.at_ms,
        status: change.status,
        reason: change.reason,
    });
    Ok(changes.collect())
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
        let runs: Vec<&LastRun> = runs.iter().collect();
        let days = calendar(now_ms, &runs);
        assert_eq!(days.len(), CALENDAR_DAYS);
        let last = days.last().unwrap();
        assert_eq!(
            (last.day_ms, last.runs, last.with_violations),
            (100 * DAY_MS, 2, 1)
        );
        assert_eq!(days.iter().map(|day| day.failed).sum::<usize>(), 0);
    }
}
