//! Whether watching goes on: schedules that stopped running, endpoints whose captures stopped.
//!
//! A schedule has stopped when its next slot waits, or an execution runs, for longer than it may;
//! an endpoint's captures have when it answers calls and captures none, or when the calls
//! themselves stay away for far longer than they do otherwise. Nobody is told by this module.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_domain::document::UtcTime;
use probity_domain::document::api::endpoint::Endpoint;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::{EndpointState, ScheduleState};
use probity_store::endpoint_traffic::{self, Counts, TrafficOf};
use probity_store::job;
use probity_store::monitoring_execution::{self as executions, Execution};
use probity_store::resource::{self, ListResources, Resource};

use crate::app::App;
use crate::fault::Fault;
use crate::monitoring_alert::{
    CAPTURE_STOPPED, HEARTBEAT, Watched, subject_of, subject_of_endpoint,
};
use crate::monitoring_schedule::{SLOT_JOB, generation_of, has_more_slots};

/// What stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub watched: Watched,
    /// The same as long as it is the same stop.
    pub evidence: String,
    /// For people.
    pub reason: String,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Beyond what a slot or an execution may take.
const SLACK_MS: i64 = 15 * MINUTE_MS;

/// Of an execution whose definition names none, as its schedule has it.
const LONGEST_RUN_MS: i64 = HOUR_MS;

/// Calls that stay away are told only of endpoints that captured in so many hours of the day
/// before: a few calls by hand are no traffic.
const BUSY_HOURS: usize = 6;

/// Calls that must have been sampled before their absence says something.
const EXPECTED_CAPTURES: i64 = 10;

pub async fn stopped(app: &App) -> Result<Vec<Stopped>, Fault> {
    let now_ms = app.clock.now_ms();
    let mut found = Vec::new();
    for region in resource::regions(&app.store, ResourceKind::MonitoringSchedule).await? {
        found.extend(schedules(app, &region, now_ms).await?);
    }
    for region in resource::regions(&app.store, ResourceKind::Endpoint).await? {
        found.extend(endpoints(app, &region, now_ms).await?);
    }
    Ok(found)
}

async fn schedules(app: &App, region: &str, now_ms: i64) -> Result<Vec<Stopped>, Fault> {
    let slots = job::of_kind(&app.store, region, SLOT_JOB).await?;
    let jitter_ms = i64::try_from(app.settings.schedule_jitter_ms).unwrap_or(i64::MAX);
    let slots: HashMap<&str, i64> = slots
        .iter()
        .filter_map(|slot| {
            // `NAME GENERATION SLOT_MS`. When the job is to run says less: a slot that could not be
            // taken is put off again and again.
            let (of, slot_ms) = slot.subject.rsplit_once(' ')?;
            let slot_ms: i64 = slot_ms.parse().ok()?;
            Some((of, slot_ms.saturating_add(jitter_ms)))
        })
        .collect();
    let mut hanging: HashMap<String, Execution> = HashMap::new();
    for execution in executions::unfinished(&app.store, region, now_ms - SLACK_MS).await? {
        if execution.created_ms + longest_run_ms(&execution) + SLACK_MS < now_ms {
            hanging
                .entry(execution.schedule.clone())
                .or_insert(execution);
        }
    }
    let state = ScheduleState::Scheduled.as_str();
    let mut found = Vec::new();
    for schedule in every(app, (ResourceKind::MonitoringSchedule, region), state).await? {
        let slot = format!("{} {}", schedule.name, generation_of(&schedule));
        let told = match (slots.get(slot.as_str()), hanging.get(&schedule.name)) {
            (Some(slot_ms), _) if slot_ms + SLACK_MS < now_ms => Some((
                format!("slot {slot_ms}"),
                format!(
                    "The run of {} is due and has not begun. Is a server with a worker running, \
                     and is it keeping up?",
                    UtcTime::from_epoch_ms(*slot_ms)
                ),
            )),
            (_, Some(execution)) => Some((
                format!("execution {}", execution.id),
                format!(
                    "The execution of {} is {} since {}, longer than it may run.",
                    UtcTime::from_epoch_ms(execution.scheduled_ms),
                    execution.status,
                    UtcTime::from_epoch_ms(execution.created_ms)
                ),
            )),
            (None, None) if has_more_slots(&schedule, now_ms) => Some((
                "no slot".to_owned(),
                "No next run is planned, though the schedule has one. Stop the schedule and start \
                 it again."
                    .to_owned(),
            )),
            (_, None) => None,
        };
        found.extend(told.map(|(evidence, reason)| Stopped {
            watched: Watched {
                region: region.to_owned(),
                subject: subject_of(&schedule.name),
                alert: HEARTBEAT,
            },
            evidence,
            reason,
        }));
    }
    Ok(found)
}

fn longest_run_ms(execution: &Execution) -> i64 {
    let body: ExecutionBody = serde_json::from_value(execution.body.clone()).unwrap_or_default();
    body.definition
        .stopping_condition
        .and_then(|condition| i64::try_from(condition.max_runtime_in_seconds).ok())
        .map_or(LONGEST_RUN_MS, |seconds| seconds.saturating_mul(1000))
}

async fn endpoints(app: &App, region: &str, now_ms: i64) -> Result<Vec<Stopped>, Fault> {
    let state = EndpointState::InService.as_str();
    let mut found = Vec::new();
    for endpoint in every(app, (ResourceKind::Endpoint, region), state).await? {
        let Some(sampling) = sampling_of(&endpoint) else {
            continue;
        };
        let wanted = TrafficOf {
            region,
            endpoint: &endpoint.name,
            from_ms: now_ms - 3 * DAY_MS,
            to_ms: i64::MAX,
        };
        let hours = endpoint_traffic::hours(&app.store, &wanted).await?;
        let told = silence_of(&hours, now_ms, sampling);
        found.extend(told.map(|(evidence, reason)| Stopped {
            watched: Watched {
                region: region.to_owned(),
                subject: subject_of_endpoint(&endpoint.name),
                alert: CAPTURE_STOPPED,
            },
            evidence,
            reason,
        }));
    }
    Ok(found)
}

/// Per cent of the calls that are captured; `None` where none is to be.
fn sampling_of(endpoint: &Resource) -> Option<i64> {
    let document: Endpoint = serde_json::from_value(endpoint.body.clone()).ok()?;
    let capture = document.in_service?.config.data_capture_config?;
    let sampling = i64::from(capture.initial_sampling_percentage);
    (capture.enable_capture == Some(true) && sampling > 0).then_some(sampling)
}

/// Of the hours of an endpoint, in their order: why its captures have stopped, if they have.
fn silence_of(hours: &[(i64, Counts)], now_ms: i64, sampling: i64) -> Option<(String, String)> {
    let captured: Vec<i64> = hours
        .iter()
        .filter(|(_, counts)| counts.captured > 0)
        .map(|(hour_ms, _)| *hour_ms)
        .collect();
    let last = captured.last().copied();
    // The hour that is under way says nothing yet.
    let answered: i64 = hours
        .iter()
        .filter(|(hour_ms, _)| {
            last.is_none_or(|last| *hour_ms > last) && hour_ms + HOUR_MS <= now_ms
        })
        .map(|(_, counts)| counts.answered)
        .sum();
    let since = last.map_or_else(
        || "in three days".to_owned(),
        |last| format!("since {}", UtcTime::from_epoch_ms(last + HOUR_MS)),
    );
    let evidence = format!("captured {last:?}");
    if answered.saturating_mul(sampling) / 100 >= EXPECTED_CAPTURES {
        let reason = format!(
            "The endpoint answered {answered} calls {since} and none was captured. Is the disk \
             full, or the capture destination gone?"
        );
        return Some((evidence, reason));
    }
    let last = last?;
    let day: Vec<i64> = captured
        .into_iter()
        .filter(|hour_ms| *hour_ms > last - DAY_MS)
        .collect();
    let longest_gap = day.windows(2).map(|pair| pair[1] - pair[0]).max()?;
    let quiet_ms = now_ms - (last + HOUR_MS);
    if day.len() < BUSY_HOURS || quiet_ms <= (3 * longest_gap).max(HOUR_MS) {
        return None;
    }
    let reason = format!(
        "Nothing was captured {since}. In the day before, calls were never away for longer than \
         {} hours. Do callers still use this endpoint?",
        longest_gap / HOUR_MS
    );
    Some((evidence, reason))
}

async fn every(
    app: &App,
    (kind, region): (ResourceKind, &str),
    state: &str,
) -> Result<Vec<Resource>, Fault> {
    let mut wanted = ListResources {
        status: Some(state.to_owned()),
        ..ListResources::all(kind, region, 1000)
    };
    let mut found = Vec::new();
    loop {
        let page = resource::list(&app.store, &wanted).await?;
        found.extend(page.items);
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours as they come: `c` answered and captured, `a` answered only, `.` nothing; looked at
    /// at the end of the last.
    fn stopped(hours: &str, sampling: i64) -> bool {
        let counted: Vec<(i64, Counts)> = (0..)
            .zip(hours.chars())
            .filter(|(_, sign)| *sign != '.')
            .map(|(hour, sign)| {
                let counts = Counts {
                    answered: 10,
                    failed: 0,
                    captured: if sign == 'c' { 10 } else { 0 },
                };
                (hour * HOUR_MS, counts)
            })
            .collect();
        let now_ms = i64::try_from(hours.len()).unwrap() * HOUR_MS;
        silence_of(&counted, now_ms, sampling).is_some()
    }

    #[test]
    fn calls_that_are_answered_and_not_captured_are_told() {
        assert!(!stopped("cccccc", 100));
        assert!(stopped("cccccca", 100));
        assert!(stopped("a", 100));
        // Ten calls of which one is sampled may well be none.
        assert!(!stopped("cccccca", 10));
        assert!(stopped("ccccccaaaaaaaaaa", 10));
    }

    #[test]
    fn calls_that_stay_away_are_told_after_three_times_the_usual() {
        assert!(!stopped("cccccc...", 100));
        assert!(stopped("cccccc....", 100));
        // A gap of three hours is usual here.
        assert!(!stopped("ccc..cccc.........", 100));
        assert!(stopped("ccc..cccc..........", 100));
    }

    #[test]
    fn a_few_calls_by_hand_are_no_traffic() {
        assert!(!stopped("ccc....................", 100));
        assert!(!stopped("", 100));
    }

    #[test]
    fn a_captured_call_settles_it() {
        assert!(!stopped("cccccc....c", 100));
    }
}
