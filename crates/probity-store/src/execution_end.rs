//! What pages of many schedules read of runs that ended: which one of its schedule was the last, and
//! which verdicts count no more.

use crate::error::StoreError;
use crate::monitoring_execution::Execution;
use crate::store::Unit;

/// States of runs that have said what they found.
const VERDICTS: [&str; 2] = ["Completed", "CompletedWithViolations"];

/// Of a run as it is written now; nothing where it has not ended.
pub(crate) async fn note(unit: &mut Unit, execution: &Execution) -> Result<(), StoreError> {
    let has_verdict = VERDICTS.contains(&execution.status.as_str());
    if has_verdict && execution.revision > 0 {
        sqlx::query(
            "update monitoring_execution set overtaken = 1
             where region = $1 and schedule = $2 and scheduled_ms = $3 and revision < $4
               and overtaken = 0",
        )
        .bind(&execution.region)
        .bind(&execution.schedule)
        .bind(execution.scheduled_ms)
        .bind(execution.revision)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("mark earlier verdicts of a slot"))?;
    }
    if !has_verdict && execution.status != "Failed" {
        return Ok(());
    }
    sqlx::query(
        "insert into monitoring_last_run (region, schedule, id, scheduled_ms, revision, created_ms,
             modified_ms, status, violations)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (region, schedule) do update
         set id = excluded.id, scheduled_ms = excluded.scheduled_ms, revision = excluded.revision,
             created_ms = excluded.created_ms, modified_ms = excluded.modified_ms,
             status = excluded.status, violations = excluded.violations
         where (excluded.scheduled_ms, excluded.revision, excluded.id) >=
               (monitoring_last_run.scheduled_ms, monitoring_last_run.revision,
                monitoring_last_run.id)",
    )
    .bind(&execution.region)
    .bind(&execution.schedule)
    .bind(&execution.id)
    .bind(execution.scheduled_ms)
    .bind(execution.revision)
    .bind(execution.created_ms)
    .bind(execution.modified_ms)
    .bind(&execution.status)
    .bind(execution.violations)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write the last run of a schedule"))?;
    Ok(())
}
