//! A slot that is due: the execution of it, and the job of the next one.

use probity_domain::ResourceKind;
use probity_domain::document::execution::ExecutionCause;
use probity_store::job::{self, Finished, Job, NewJob};
use probity_store::resource::{self, Resource, ResourceKey};
use sha2::{Digest, Sha256};

use super::{Schedule, ScheduleExpression, expression_of, schedule_of, window, without_definition};
use crate::app::App;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_execution::{self, NewExecution};

/// What a worker's queue calls these jobs; the subject is `NAME GENERATION SLOT_MS`.
pub const SLOT_JOB: &str = "monitoring_slot";

/// What becomes of slots that were due while no server ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// Each is run once, in their order.
    #[default]
    Each,
    /// None but the last is run.
    Skip,
}

/// What a slot job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Its execution is enqueued, and the job is finished.
    Yes { execution: String, skipped: u64 },
    /// The schedule has changed, stopped or gone: there is nothing to run.
    Void,
    /// The job is somebody else's by now.
    Lost,
}

/// The job of a slot, if there is a slot.
pub(super) fn job(
    deed: &Deed<'_>,
    (name, generation): (&str, &str),
    slot_ms: Option<i64>,
) -> Option<NewJob> {
    let slot_ms = slot_ms?;
    Some(NewJob {
        id: deed.app.ids.uuid(),
        kind: SLOT_JOB.to_owned(),
        subject: format!("{name} {generation} {slot_ms}"),
        region: deed.region.to_owned(),
        run_at_ms: slot_ms + jitter_ms(name, deed.app.settings.schedule_jitter_ms),
    })
}

/// How much later than their slots a schedule's runs start: always the same, and spread evenly
/// over schedules, so that a thousand of one hour do not begin at once.
fn jitter_ms(name: &str, most_ms: u64) -> i64 {
    let digest = Sha256::digest(name.as_bytes());
    let spread = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    i64::try_from(spread.checked_rem(most_ms).unwrap_or(0)).unwrap_or(0)
}

/// The parts of a slot job's subject.
fn read(subject: &str) -> Option<(&str, &str, i64)> {
    let mut parts = subject.split(' ');
    let read = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(read)
}

/// For the worker that claimed `slot` as `owner`: everything that a slot is, in one unit.
pub async fn take_slot(app: &App, slot: &Job, how: (&str, CatchUp)) -> Result<Taken, Fault> {
    let Some((name, generation, slot_ms)) = read(&slot.subject) else {
        return Ok(Taken::Void);
    };
    let due = Due {
        name,
        generation,
        slot_ms,
    };
    // A schedule that changes while we look at it is looked at again.
    for _ in 0..MAX_LOOKS {
        if let Some(taken) = take(app, (slot, due), how).await? {
            return Ok(taken);
        }
    }
    Err(Fault::Conflict {
        message: format!("monitoring-schedule `{name}` changes all the time"),
    })
}

/// Looks at a schedule that changes meanwhile.
const MAX_LOOKS: usize = 8;

/// What a slot job says.
#[derive(Clone, Copy, Debug)]
struct Due<'a> {
    name: &'a str,
    generation: &'a str,
    slot_ms: i64,
}

/// `None`: the schedule has changed since it was read.
async fn take(
    app: &App,
    (slot, due): (&Job, Due<'_>),
    (owner, catch_up): (&str, CatchUp),
) -> Result<Option<Taken>, Fault> {
    let deed = Deed::of_server(app, &slot.region, "probity:StartMonitoringExecution");
    let key = ResourceKey {
        kind: ResourceKind::MonitoringSchedule,
        region: &slot.region,
        name: due.name,
    };
    // What it names is read before the unit begins: a unit of SQLite is the only writer.
    let Some(resource) = resource::get(&app.store, key).await? else {
        return Ok(Some(Taken::Void));
    };
    let (schedule, problem) = read_schedule(app, &resource).await?;
    if schedule.generation != due.generation || !schedule.state.runs() {
        // Of a change, its own slot is in the queue.
        return Ok(Some(Taken::Void));
    }
    let mut unit = app.store.begin().await?;
    let now = resource::lock(&mut unit, key).await?;
    if now.is_none_or(|now| now.version != resource.version) {
        return Ok(None);
    }
    let expression = expression_of(&schedule.config, due.slot_ms - 1)?;
    let (scheduled_ms, skipped) = due_slot(&expression, due.slot_ms, (deed.now_ms, catch_up));
    let new = NewExecution {
        cause: match expression {
            ScheduleExpression::Now => ExecutionCause::Now,
            ScheduleExpression::Cron(_) => ExecutionCause::Slot,
        },
        scheduled_ms,
        revision: 0,
        window: window(
            &expression,
            schedule.config.schedule_config.as_ref(),
            &schedule.definition,
            scheduled_ms,
        )?,
        rescores: None,
        problem,
    };
    if job::finish(&mut unit, &slot.id, owner).await? == Finished::Lost {
        return Ok(Some(Taken::Lost));
    }
    let inserted = monitoring_execution::insert(&mut unit, &deed, (&schedule, new)).await;
    let taken = match inserted {
        Ok(execution) => Taken::Yes { execution, skipped },
        // A schedule that was changed within its slot has run for it already.
        Err(Fault::Conflict { .. }) => Taken::Void,
        Err(fault) => return Err(fault),
    };
    if let ScheduleExpression::Cron(slots) = &expression {
        let next = slots.after(scheduled_ms);
        if let Some(next) = job(&deed, (due.name, due.generation), next) {
            job::enqueue(&mut unit, &next).await?;
        }
    }
    unit.commit().await?;
    app.jobs.notify_one();
    Ok(Some(taken))
}

/// With the reason why it cannot run, where its definition is gone or cannot be used: its slots go
/// on, and each tells so.
async fn read_schedule(
    app: &App,
    resource: &Resource,
) -> Result<(Schedule, Option<String>), Fault> {
    match schedule_of(app, resource).await {
        Ok(schedule) => Ok((schedule, None)),
        Err(Fault::Invalid { message }) => {
            let schedule = without_definition(resource)?;
            Ok((schedule, Some(format!("ClientError: {message}"))))
        }
        Err(fault) => Err(fault),
    }
}

/// The slot that is run now, and how many before it are not.
fn due_slot(
    expression: &ScheduleExpression,
    slot_ms: i64,
    (now_ms, catch_up): (i64, CatchUp),
) -> (i64, u64) {
    let ScheduleExpression::Cron(slots) = expression else {
        return (slot_ms, 0);
    };
    if catch_up == CatchUp::Each {
        return (slot_ms, 0);
    }
    let (mut last, mut skipped) = (slot_ms, 0);
    while let Some(next) = slots.after(last).filter(|next| *next <= now_ms) {
        (last, skipped) = (next, skipped + 1);
    }
    (last, skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_off_by_default_and_else_the_same_for_each_schedule() {
        assert_eq!(jitter_ms("a", 0), 0);
        let spread: Vec<i64> = ["a", "b", "c", "d"]
            .iter()
            .map(|name| jitter_ms(name, 60_000))
            .collect();
        assert!(spread.iter().all(|ms| (0..60_000).contains(ms)));
        assert!(
            spread.windows(2).any(|pair| pair[0] != pair[1]),
            "{spread:?}"
        );
        assert_eq!(jitter_ms("a", 60_000), spread[0]);
    }

    #[test]
    fn a_subject_reads_back() {
        assert_eq!(read("s g 12"), Some(("s", "g", 12)));
        for other in ["", "s", "s g", "s g x", "s g 1 2"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn slots_that_were_missed_are_run_each_or_but_the_last() {
        let at = 1_795_341_600_000;
        let hourly = ScheduleExpression::parse("cron(0 * ? * * *)", at).unwrap();
        let hour = 3_600_000;
        let now = at + 5 * hour + 1;
        assert_eq!(due_slot(&hourly, at, (now, CatchUp::Each)), (at, 0));
        assert_eq!(
            due_slot(&hourly, at, (now, CatchUp::Skip)),
            (at + 5 * hour, 5)
        );
        assert_eq!(due_slot(&hourly, at, (at + 1, CatchUp::Skip)), (at, 0));
        let once = ScheduleExpression::Now;
        assert_eq!(due_slot(&once, at, (now, CatchUp::Skip)), (at, 0));
    }
}
