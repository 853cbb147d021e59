//! Labels that came after their window was scored: the windows that gain some are scored anew, as executions of
//! the cause `late-labels` and the next revision.
//!
//! Enqueued by every execution that joins labels, when it has ended, and by labels that are handed over in a
//! request. It reads only labels that were written since, and only the last thirty days wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use probity_app::ground_truth::{LATE_LABELS_JOB, ground_truth_of};
use probity_app::{App, Fault, monitoring_execution, monitoring_schedule};
use probity_data::Window;
use probity_data::ground_truth::{
    Late, LateLabels, LeftWaiting, LookedThrough, MergeGroundTruth, Waiting, late,
};
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
    let mut waiting = waiting(app, (region, name)).await?;
    let at_ms = app.clock.now_ms();
    let Some(notebook) = waiting.values().next().map(|one| notebook(one, name)) else {
        return Ok(JobRun::Done);
    };
    let found = match look((parts, &notebook), ground_truth, (&mut waiting, at_ms)).await {
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
    let by_id: BTreeMap<&str, &Execution> = waiting
        .values()
        .map(|one| (one.waiting.key.as_str(), &one.execution))
        .collect();
    for one in found.gained {
        let Some(execution) = by_id.get(one.key.as_str()) else {
            continue;
        };
        if let Some(again) = monitoring_execution::rescore(app, execution).await? {
            info!(
                schedule = name,
                execution = %again,
                labels = one.labels,
                "{} of {} events of execution `{}` have a label now: scored anew as `{again}`",
                one.labels, one.waiting, one.key
            );
        }
    }
    if let Some(newest_label_ms) = found.newest_label_ms {
        let looked = LookedThrough {
            newest_label_ms,
            at_ms,
        };
        if let Err(error) = looked.write(&notebook, &parts.environment).await {
            warn!(
                schedule = name,
                error = &error as &dyn std::error::Error,
                "failed to note what was looked through for schedule `{name}`: {}",
                Chain(&error)
            );
        }
    }
    Ok(JobRun::Done)
}

/// An execution that left events without a label.
struct Left {
    execution: Execution,
    finished_ms: Option<i64>,
    waiting: Waiting,
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
    (waiting, now_ms): (&mut BTreeMap<i64, Left>, i64),
) -> Result<Late, LookFailed> {
    let looked = LookedThrough::read(notebook, &parts.environment).await?;
    if let Some(looked) = looked {
        for one in waiting.values_mut() {
            // What ended later was no part of that look.
            if one.finished_ms.is_some_and(|at_ms| at_ms < looked.at_ms) {
                let seen_ms = &mut one.waiting.left.labels_seen_ms;
                *seen_ms = looked.newest_label_ms.max(*seen_ms);
            }
        }
    }
    let request = LateLabels {
        ground_truth: ground_truth.to_owned(),
        waiting: waiting.values().map(|one| one.waiting.clone()).collect(),
        now_ms,
    };
    let environment = Arc::clone(&parts.environment);
    let found = parts
        .compute
        .run(move || async move { late(&request, &environment).await })
        .await?;
    Ok(found?)
}

/// By slot, the newest revision that waits for labels; none where that has not ended.
async fn waiting(
    app: &App,
    (region, schedule): (&str, &str),
) -> Result<BTreeMap<i64, Left>, Fault> {
    let mut wanted = ListExecutions {
        region: region.to_owned(),
        schedule: Some(schedule.to_owned()),
        scheduled_after_ms: Some(app.clock.now_ms() - LOOKED_BACK_MS),
        sort_by: SortExecutions::Scheduled,
        order: SortOrder::Descending,
        limit: 100,
        ..ListExecutions::default()
    };
    let mut newest: BTreeMap<i64, Execution> = BTreeMap::new();
    loop {
        let page = executions::list(&app.store, &wanted).await?;
        for execution in page.items {
            let known = newest.get(&execution.scheduled_ms);
            if known.is_none_or(|known| known.revision < execution.revision) {
                newest.insert(execution.scheduled_ms, execution);
            }
        }
        match page.next {
            Some(next) if newest.len() < MOST_EXECUTIONS => wanted.after = Some(next),
            Some(_) | None => break,
        }
    }
    let waiting = newest.into_iter();
    Ok(waiting
        .filter_map(|(slot_ms, execution)| Some((slot_ms, left_by(execution)?)))
        .collect())
}

/// What an execution that has ended left without a label.
fn left_by(execution: Execution) -> Option<Left> {
    let has_ended = ExecutionState::parse(&execution.status)?.is_final();
    let body = monitoring_execution::body_of(&execution).ok()?;
    let left = LeftWaiting::from_json(body.join.as_ref()?)?;
    (has_ended && left.events > 0).then(|| Left {
        finished_ms: body.finished_ms,
        waiting: Waiting {
            key: execution.id.clone(),
            window: Window {
                start_ms: body.window.start_ms,
                end_ms: body.window.end_ms,
            },
            left,
        },
        execution,
    })
}
