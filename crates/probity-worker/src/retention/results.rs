//! Results of monitoring that are too old: what lies in the folder of an execution, by when the
//! execution was made. Its row stays, so that the history goes on saying what it found, and so do
//! roll-ups, which lie elsewhere.

use probity_app::retention::{self, Expired, Keep, Rest, What};
use probity_data::location::{ReadLocation, StoredObject, delete_objects, list_objects};
use probity_domain::document::UtcTime;
use probity_domain::document::execution::ExecutionBody;
use probity_store::monitoring_execution::{self, Execution};
use probity_store::setting;
use tracing::info;

use super::{Budget, Expire};
use crate::captured_data::calendar;
use crate::worker::Parts;

/// Executions that are looked at together.
const PAGE: u32 = 100;

/// Until when executions have been made whose results were deleted.
const DONE: &str = "results-deleted-until";

pub(super) async fn expire(
    parts: &Parts,
    keep: &Keep,
    budget: &mut Budget,
) -> Result<Rest, Expire> {
    let Some(kept_ms) = keep.results_ms else {
        return Ok(Rest::Nothing);
    };
    let before_ms = parts.app.clock.now_ms().saturating_sub(kept_ms);
    loop {
        let done = done(parts).await?;
        let old = monitoring_execution::made_between(
            &parts.app.store,
            (done.0, &done.1),
            before_ms,
            PAGE,
        )
        .await?;
        if old.is_empty() {
            return Ok(Rest::Nothing);
        }
        for execution in &old {
            if budget.is_spent() {
                return Ok(Rest::More);
            }
            if delete(parts, execution, budget).await? == Rest::More {
                return Ok(Rest::More);
            }
            put_done(parts, (execution.created_ms, &execution.id)).await?;
        }
    }
}

/// The last execution that was seen to, by when it was made and by its id.
async fn done(parts: &Parts) -> Result<(i64, String), Expire> {
    let text = setting::get(&parts.app.store, DONE).await?;
    let known = text.as_deref().and_then(|text| text.split_once(' '));
    let known = known.and_then(|(ms, id)| Some((ms.parse().ok()?, id.to_owned())));
    Ok(known.unwrap_or((i64::MIN, String::new())))
}

async fn put_done(parts: &Parts, (made_ms, id): (i64, &str)) -> Result<(), Expire> {
    let mut unit = parts.app.store.begin().await?;
    setting::put(&mut unit, DONE, &format!("{made_ms} {id}")).await?;
    unit.commit().await?;
    Ok(())
}

async fn delete(parts: &Parts, execution: &Execution, budget: &mut Budget) -> Result<Rest, Expire> {
    // A body that cannot be read says of no results.
    let body: Option<ExecutionBody> = serde_json::from_value(execution.body.clone()).ok();
    let Some(folder) = body.and_then(|body| body.output_uri) else {
        return Ok(Rest::Nothing);
    };
    let folder = folder.trim_end_matches('/');
    if !is_of(execution, folder) {
        return Ok(Rest::Nothing);
    }
    let objects = match list_objects(&format!("{folder}/"), &parts.environment).await {
        Ok(objects) => objects,
        Err(ReadLocation::Missing { .. } | ReadLocation::MissingBucket { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let allowed = budget.take(objects.len() as u64);
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    let allowed = &objects[..allowed.min(objects.len())];
    if !allowed.is_empty() {
        let expired = Expired {
            region: &execution.region,
            resource: &format!("monitoring-schedule/{}", execution.schedule),
            what: What::Results,
            day: &UtcTime::from_epoch_ms(execution.scheduled_ms).to_string()[..10],
            location: folder,
            objects: allowed.len() as u64,
            bytes: allowed.iter().map(StoredObject::size_bytes).sum(),
        };
        retention::record(&parts.app, &expired).await?;
        delete_objects(allowed).await?;
        info!(
            schedule = %execution.schedule,
            objects = expired.objects,
            bytes = expired.bytes,
            "deleted {} files of results of schedule `{}` in `{folder}`",
            expired.objects, execution.schedule
        );
    }
    Ok(match allowed.len() == objects.len() {
        true => Rest::Nothing,
        false => Rest::More,
    })
}

/// Whether the folder is one that the schedule's runs make: `…/SCHEDULE/yyyy/mm/dd/hh`, and what
/// is below. An imported execution may name any place.
fn is_of(execution: &Execution, folder: &str) -> bool {
    let parts: Vec<&str> = folder.split('/').collect();
    let named = |at: &usize| parts[*at] == execution.schedule;
    let dated = |at: usize| {
        let date = parts.get(at + 1..at + 5);
        date.is_some_and(|date| calendar(date).is_some())
    };
    (0..parts.len()).filter(named).any(dated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_result(folder: &str) -> bool {
        let execution = Execution {
            id: "x".to_owned(),
            region: "r".to_owned(),
            schedule: "watch".to_owned(),
            scheduled_ms: 0,
            cause: "slot".to_owned(),
            revision: 0,
            status: "Completed".to_owned(),
            created_ms: 0,
            modified_ms: 0,
            monitoring_type: "DataQuality".to_owned(),
            endpoint: "e".to_owned(),
            job_definition: String::new(),
            violations: 0,
            body: serde_json::Value::Null,
        };
        is_of(&execution, folder)
    }

    #[test]
    fn only_the_folder_of_an_hour_of_the_schedule_is_emptied() {
        assert!(is_result("s3://b/out/e/watch/2022/04/18/00"));
        assert!(is_result("s3://b/watch/e/watch/2022/04/18/00/again-1"));
        assert!(!is_result("s3://b/out/e/watch"));
        assert!(!is_result("s3://b/out/e/watch/2022/04/18"));
        assert!(!is_result("s3://b/out/e/other/2022/04/18/00"));
        assert!(!is_result("s3://b/watch"));
    }
}
