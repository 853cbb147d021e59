//! Labels that came after their window was scored: the windows that gain some are scored anew, as executions of
//! the cause `late-labels` and the next revision.
//!
//! Enqueued by every execution that joins labels, when it has ended, but by those of this cause; and by labels
//! that are handed over in a request. It reads only labels that were written since, and only the last thirty days
//! wait. A window is scored anew when that is worth it: [`Left::is_worth_it`].

use std::collections::BTreeMap;
use std::sync::Arc;

use probity_app::ground_truth::{LATE_LABELS_JOB, enqueue_look, ground_truth_of, late_labels_job};
use probity_app::monitoring_schedule::{self, Schedule};
use probity_app::{App, Fault, monitoring_execution};
use probity_data::Window;
use probity_data::ground_truth::{
    FoundIds, Gained, Late, LateLabels, LeftWaiting, LookedThrough, MergeGroundTruth, Waiting, late,
};
use probity_domain::document::execution::ExecutionCause;
use probity_domain::resource::ExecutionState;
use probity_store::job::Job;
use probity_store::monitoring_execution::{
    self as executions, Execution, ListExecutions, SortExecutions,
};
use probity_store::resource::SortOrder;
use tracing::{info, warn};

use crate::chain::Chain;
use crate::compute::Lost;
use crate::processing_job::or_again;
use crate::worker::{JobRun, Parts};

pub(crate) const KIND: &str = LATE_LABELS_JOB;

const LOOKED_BACK_MS: i64 = 30 * 24 * 3_600_000;
/// Executions looked back over: a month of hours, and a day and a half of minutes.
const MOST_EXECUTIONS: usize = 2_000;
/// A window that was scored so long ago is scored anew for any label, by the clock of the server.
const OLD_MS: i64 = 24 * 3_600_000;
const AGAIN_AFTER_FAILURE_MS: i64 = 3_600_000;

pub(crate) async fn run(parts: &Parts, job: &Job) -> JobRun {
    or_again(look_back(parts, job).await, job)
}

async fn look_back(parts: &Parts, job: &Job) -> Result<JobRun, Fault> {
    let app = &parts.app;
    let (region, name) = (job.region.as_str(), job.subject.as_str());
    let Some(schedule) = monitoring_schedule::get(app, region, name).await? else {
        return Ok(JobRun::Done);
    };
    let Some(ground_truth) = ground_truth_of(&schedule) else {
        return Ok(JobRun::Done);
    };
    let mut waiting = waiting(app, &job.region, &schedule).await?;
    let now_ms = app.clock.now_ms();
    let Some(notebook) = waiting.first().map(|one| notebook(one, name)) else {
        return Ok(JobRun::Done);
    };
    let found = match look((parts, &notebook), ground_truth, (&mut waiting, now_ms)).await {
        Ok(found) => found,
        Err(LookFailed::Lost(_)) => return Ok(JobRun::Again),
        // The next execution looks again.
        Err(LookFailed::Read(error)) => {
            warn!(
                schedule = name,
                error = &error as &dyn std::error::Error,
                "failed to look for late labels of schedule `{name}`: {}",
                Chain(&error)
            );
            return Ok(JobRun::Done);
        }
    };
    let looked = decide(app, (&waiting, found), now_ms).await?;
    if let Err(error) = looked.write(&notebook, &parts.environment).await {
        warn!(
            schedule = name,
            error = &error as &dyn std::error::Error,
            "failed to note what was looked through for schedule `{name}`: {}",
            Chain(&error)
        );
    }
    Ok(JobRun::Done)
}

/// Scores anew what is worth it, and sees to it that the rest is looked at again.
async fn decide(
    app: &App,
    (waiting, (found, mut earlier)): (&[Left], (Late, BTreeMap<String, FoundIds>)),
    now_ms: i64,
) -> Result<LookedThrough, Fault> {
    let mut looked = LookedThrough {
        newest_label_ms: found.newest_label_ms.unwrap_or(0),
        at_ms: now_ms,
        ..LookedThrough::default()
    };
    let mut look_again_ms: Option<i64> = None;
    for one in found.gained {
        let Some(left) = waiting.iter().find(|left| left.waiting.key == one.key) else {
            continue;
        };
        let seen_ms = left.waiting.left.labels_seen_ms;
        let is_worth_it = !left.is_running && left.is_worth_it(&one, now_ms);
        if is_worth_it {
            score_anew(app, (left, &one)).await?;
        } else if !left.is_running {
            let at_ms = left.old_at_ms();
            look_again_ms = Some(look_again_ms.map_or(at_ms, |known| known.min(at_ms)));
        }
        if is_worth_it || left.is_running || left.has_failed() {
            // Of many labels the time is noted, not the ids.
            looked.behind.insert(one.key.clone(), seen_ms);
            if let Some(ids) = earlier.remove(&one.key) {
                looked.found.insert(one.key, ids);
            }
        } else {
            looked.found.insert(one.key, one.ids);
        }
    }
    if let (Some(at_ms), Some(left)) = (look_again_ms, waiting.first()) {
        let place = (left.newest.region.as_str(), left.newest.schedule.as_str());
        enqueue_look(app, late_labels_job(place, at_ms.max(now_ms))).await?;
    }
    Ok(looked)
}

async fn score_anew(app: &App, (left, gained): (&Left, &Gained)) -> Result<(), Fault> {
    let newest = left.newest.revision;
    let Some(again) = monitoring_execution::rescore(app, (&left.joined, newest)).await? else {
        return Ok(());
    };
    let (name, key) = (left.joined.schedule.as_str(), gained.key.as_str());
    let (labels, waiting) = (gained.ids.len(), gained.waiting);
    info!(
        schedule = name,
        execution = %again,
        labels,
        "{labels} of {waiting} events of execution `{key}` have a label now: scored anew as `{again}`"
    );
    Ok(())
}

/// A window whose last join left events without a label.
struct Left {
    /// The last revision that joined labels: a later one may have failed before it did.
    joined: Execution,
    matched: u64,
    waiting: Waiting,
    finished_ms: Option<i64>,
    newest: Execution,
    is_running: bool,
}

impl Left {
    /// Whether the labels are enough to score the window anew: all that it waits for, or one in twenty of its
    /// events; or any, when it was scored a day ago. So labels that trickle in cost a run a day. One that
    /// failed is tried again after an hour.
    fn is_worth_it(&self, gained: &Gained, now_ms: i64) -> bool {
        let labels = gained.ids.len() as u64;
        let events = self.matched.saturating_add(gained.waiting);
        let are_many = labels >= gained.waiting || labels.saturating_mul(20) >= events;
        now_ms >= self.old_at_ms() || (are_many && !self.has_failed())
    }

    /// Whether what came after the last join joined nothing.
    fn has_failed(&self) -> bool {
        self.newest.revision > self.joined.revision
    }

    fn old_at_ms(&self) -> i64 {
        let pause_ms = match self.has_failed() {
            true => AGAIN_AFTER_FAILURE_MS,
            false => OLD_MS,
        };
        self.newest.modified_ms.saturating_add(pause_ms)
    }
}

#[derive(Debug, thiserror::Error)]
enum LookFailed {
    #[error(transparent)]
    Lost(#[from] Lost),
    #[error(transparent)]
    Read(#[from] MergeGroundTruth),
}

/// Where it is noted what has been looked through: beside the ids that wait.
fn notebook(left: &Left, schedule: &str) -> String {
    let uri = left.waiting.left.uri.as_str();
    let folder = uri.rsplit_once('/').map_or(uri, |(folder, _)| folder);
    format!("{folder}/{schedule}.looked.json")
}

async fn look(
    (parts, notebook): (&Parts, &str),
    ground_truth: &str,
    (waiting, now_ms): (&mut Vec<Left>, i64),
) -> Result<(Late, BTreeMap<String, FoundIds>), LookFailed> {
    let looked = LookedThrough::read(notebook, &parts.environment).await?;
    let looked = looked.unwrap_or_default();
    for one in waiting.iter_mut() {
        looked.raise(&mut one.waiting, one.finished_ms);
    }
    let request = LateLabels {
        ground_truth: ground_truth.to_owned(),
        waiting: waiting.iter().map(|one| one.waiting.clone()).collect(),
        found: looked.found.clone(),
        now_ms,
    };
    let environment = Arc::clone(&parts.environment);
    let found = parts
        .compute
        .run(move || async move { late(&request, &environment).await })
        .await?;
    Ok((found?, looked.found))
}

/// The windows that wait for labels, each once: of its slot, or of the newest run that somebody asked for.
async fn waiting(app: &App, region: &str, schedule: &Schedule) -> Result<Vec<Left>, Fault> {
    let mut wanted = ListExecutions {
        region: region.to_owned(),
        schedule: Some(schedule.name.clone()),
        scheduled_after_ms: Some(app.clock.now_ms() - LOOKED_BACK_MS),
        // Others are of an earlier schedule of this name.
        created_after_ms: Some(schedule.created_ms),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        limit: 100,
        ..ListExecutions::default()
    };
    let mut slots: BTreeMap<i64, Vec<Execution>> = BTreeMap::new();
    loop {
        let page = executions::list(&app.store, &wanted).await?;
        for execution in page.items {
            let slot = slots.entry(execution.scheduled_ms).or_default();
            slot.push(execution);
        }
        match page.next {
            Some(next) if slots.len() < MOST_EXECUTIONS => wanted.after = Some(next),
            Some(_) | None => break,
        }
    }
    Ok(once_each(slots.into_values().map(left_by)))
}

/// Of windows that several runs looked at, the one of a slot, else the newest.
fn once_each(runs: impl Iterator<Item = Option<(Left, Origin)>>) -> Vec<Left> {
    let mut windows: BTreeMap<(i64, i64), (Left, Origin)> = BTreeMap::new();
    for (left, origin) in runs.flatten() {
        let window = (left.waiting.window.start_ms, left.waiting.window.end_ms);
        match windows.get(&window) {
            Some((_, Origin::Slot)) if origin == Origin::Asked => {}
            Some(_) | None => {
                windows.insert(window, (left, origin));
            }
        }
    }
    windows.into_values().map(|(left, _)| left).collect()
}

/// Why a window was looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Slot,
    Asked,
}

/// What the revisions of a slot left without a label.
fn left_by(mut revisions: Vec<Execution>) -> Option<(Left, Origin)> {
    revisions.sort_by_key(|one| (one.revision, one.created_ms));
    let origin = match ExecutionCause::parse(&revisions.first()?.cause)? {
        ExecutionCause::Asked => Origin::Asked,
        ExecutionCause::Slot
        | ExecutionCause::Now
        | ExecutionCause::LateLabels
        | ExecutionCause::Imported => Origin::Slot,
    };
    let newest = revisions.last()?.clone();
    let is_running = !ExecutionState::parse(&newest.status)?.is_final();
    let joined = revisions.into_iter().rev().find_map(|execution| {
        let body = monitoring_execution::body_of(&execution).ok()?;
        let join = body.join.as_ref()?;
        let left = LeftWaiting::from_json(join)?;
        let matched = join.get("matched").and_then(serde_json::Value::as_u64);
        let waiting = Waiting {
            key: execution.id.clone(),
            window: Window {
                start_ms: body.window.start_ms,
                end_ms: body.window.end_ms,
            },
            left,
        };
        Some((execution, matched.unwrap_or(0), waiting, body.finished_ms))
    });
    let (joined, matched, waiting, finished_ms) = joined?;
    (waiting.left.events > 0).then_some((
        Left {
            joined,
            matched,
            waiting,
            finished_ms,
            newest,
            is_running,
        },
        origin,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn execution((slot, revision, cause): (i64, i64, &str), join: serde_json::Value) -> Execution {
        Execution {
            id: format!("{cause}-{slot}-{revision}"),
            region: "eu-west-1".to_owned(),
            schedule: "watch".to_owned(),
            scheduled_ms: slot,
            cause: cause.to_owned(),
            revision,
            status: "Failed".to_owned(),
            created_ms: slot + revision,
            modified_ms: 100 * HOUR_MS,
            monitoring_type: "ModelQuality".to_owned(),
            endpoint: String::new(),
            job_definition: String::new(),
            violations: -1,
            body: json!({ "window": { "startMs": 0, "endMs": 1 }, "join": join }),
        }
    }

    fn join(matched: u64, events: u64) -> serde_json::Value {
        json!({ "matched": matched,
            "waiting": { "uri": "s3://b/k.ids", "events": events, "labelsSeenMs": 7 } })
    }

    #[track_caller]
    fn is_worth((left, labels): (&Left, u64), after_hours: i64) -> bool {
        let gained = Gained {
            key: String::new(),
            ids: (0..labels).map(u128::from).collect(),
            waiting: left.waiting.left.events,
        };
        let now_ms = (100 + after_hours) * HOUR_MS;
        left.is_worth_it(&gained, now_ms)
    }

    #[test]
    fn a_window_is_scored_anew_for_many_labels_or_for_the_last_or_after_a_day() {
        let scored = vec![execution((1, 0, "slot"), join(60, 40))];
        let (left, _) = left_by(scored).unwrap();
        assert!(is_worth((&left, 5), 0));
        assert!(!is_worth((&left, 4), 0));
        assert!(!is_worth((&left, 4), 23));
        assert!(is_worth((&left, 1), 24));
        let scored = vec![execution((1, 0, "slot"), join(98, 2))];
        let (left, _) = left_by(scored).unwrap();
        assert!(!is_worth((&left, 1), 0));
        assert!(is_worth((&left, 2), 0));
    }

    #[test]
    fn what_failed_before_its_join_is_tried_again_after_an_hour_with_what_waited_before() {
        let revisions = vec![
            execution((1, 1, "late-labels"), serde_json::Value::Null),
            execution((1, 0, "slot"), join(0, 40)),
        ];
        let (left, origin) = left_by(revisions).unwrap();
        assert_eq!(left.waiting.key, "slot-1-0");
        assert_eq!((left.newest.revision, origin), (1, Origin::Slot));
        assert!(!is_worth((&left, 40), 0));
        assert!(is_worth((&left, 40), 1));
    }

    #[test]
    fn a_window_that_was_also_asked_for_is_scored_anew_once() {
        let slot = || left_by(vec![execution((5, 0, "slot"), join(0, 4))]);
        let asked = |at| left_by(vec![execution((at, 0, "asked"), join(0, 4))]);
        let key = |runs: Vec<Option<(Left, Origin)>>| {
            let windows = once_each(runs.into_iter());
            assert_eq!(windows.len(), 1);
            windows[0].waiting.key.clone()
        };
        assert_eq!(key(vec![asked(1), slot(), asked(9)]), "slot-5-0");
        assert_eq!(key(vec![asked(1), asked(9)]), "asked-9-0");
    }
}
