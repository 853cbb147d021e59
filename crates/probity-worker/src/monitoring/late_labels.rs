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
use probity_data::ground_truth::{LateLabels, LeftWaiting, Waiting, late};
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
    let waiting = waiting(app, (region, name)).await?;
    let request = LateLabels {
        ground_truth: ground_truth.to_owned(),
        waiting: waiting.values().map(|(_, one)| one.clone()).collect(),
        now_ms: app.clock.now_ms(),
    };
    let environment = Arc::clone(&parts.environment);
    let looked = parts
        .compute
        .run(move || async move { late(&request, &environment).await })
        .await;
    let gained = match looked {
        Ok(Ok(gained)) => gained,
        Err(Lost { .. }) => return Ok(JobRun::Again),
        // The next execution looks again.
        Ok(Err(error)) => {
            warn!(
                schedule = name,
                error = &error as &dyn std::error::Error,
                "failed to look for late labels of schedule `{name}`: {}",
                Chain(&error)
            );
            return Ok(JobRun::Done);
        }
    };
    let mut by_id: BTreeMap<&str, &Execution> = BTreeMap::new();
    for (execution, one) in waiting.values() {
        by_id.insert(&one.key, execution);
    }
    for one in gained {
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
    Ok(JobRun::Done)
}

/// By slot, the newest revision that waits for labels; none where that has not ended.
async fn waiting(
    app: &App,
    (region, schedule): (&str, &str),
) -> Result<BTreeMap<i64, (Execution, Waiting)>, Fault> {
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
    let waiting = newest.into_iter().filter_map(|(slot_ms, execution)| {
        let one = left_by(&execution)?;
        Some((slot_ms, (execution, one)))
    });
    Ok(waiting.collect())
}

/// What an execution that has ended left without a label.
fn left_by(execution: &Execution) -> Option<Waiting> {
    let has_ended = ExecutionState::parse(&execution.status)?.is_final();
    let body = monitoring_execution::body_of(execution).ok()?;
    let left = LeftWaiting::from_json(body.join.as_ref()?)?;
    (has_ended && left.events > 0).then(|| Waiting {
        key: execution.id.clone(),
        window: Window {
            start_ms: body.window.start_ms,
            end_ms: body.window.end_ms,
        },
        left,
    })
}
