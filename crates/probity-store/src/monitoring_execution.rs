//! Runs of monitoring schedules. They outlive the schedule, so its name is all that binds them.

use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::execution_end;
use crate::many::{NAMES, places};
use crate::page::{Cursor, Page, one_more};
use crate::resource::{Inserted, SortOrder};
use crate::store::{Backend, Store, Unit};

/// What [`Execution::violations`] is while it is not known.
pub const UNKNOWN_VIOLATIONS: i64 = -1;

const COLUMNS: &str = "id, region, schedule, scheduled_ms, cause, revision, status, created_ms, \
                       modified_ms, monitoring_type, endpoint, job_definition, violations, body";

#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    pub id: String,
    pub region: String,
    pub schedule: String,
    /// The slot; of a run that somebody asked for, when.
    pub scheduled_ms: i64,
    pub cause: String,
    /// 0, and counts up where the same slot is scored again.
    pub revision: i64,
    pub status: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub monitoring_type: String,
    /// Empty where a transform job's records are watched.
    pub endpoint: String,
    /// Empty where the definition stands in the schedule.
    pub job_definition: String,
    pub violations: i64,
    pub body: Value,
}

impl Execution {
    fn window_start_ms(&self) -> Option<i64> {
        self.body.pointer("/window/startMs")?.as_i64()
    }

    fn constraints_sha256(&self) -> Option<&str> {
        self.body.get("constraintsSha256")?.as_str()
    }
}

/// What a history needs of a run: no body is read for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub id: String,
    pub scheduled_ms: i64,
    pub cause: String,
    pub revision: i64,
    pub status: String,
    pub violations: i64,
    pub window_start_ms: Option<i64>,
    /// Of the constraints that were obeyed.
    pub constraints_sha256: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortExecutions {
    #[default]
    Created,
    Scheduled,
    Status,
}

/// Which executions, in which order, and where to go on. Bounds of times are part of the range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListExecutions {
    pub region: String,
    pub schedule: Option<String>,
    pub endpoint: Option<String>,
    pub status: Option<String>,
    pub monitoring_type: Option<String>,
    pub job_definition: Option<String>,
    pub scheduled_after_ms: Option<i64>,
    pub scheduled_before_ms: Option<i64>,
    pub created_after_ms: Option<i64>,
    pub created_before_ms: Option<i64>,
    pub modified_after_ms: Option<i64>,
    pub modified_before_ms: Option<i64>,
    pub sort_by: SortExecutions,
    pub order: SortOrder,
    pub after: Option<Cursor>,
    pub limit: u32,
}

/// Executions that were made before `before_ms`, after the one of this time and id, the oldest
/// first; of all regions.
pub async fn made_between(
    store: &Store,
    (after_ms, after_id): (i64, &str),
    before_ms: i64,
    limit: u32,
) -> Result<Vec<Execution>, StoreError> {
    // Only text of this module goes into the statement.
    let statement = format!(
        "select {COLUMNS} from monitoring_execution
         where created_ms < $3 and (created_ms > $1 or (created_ms = $1 and id > $2))
         order by created_ms, id limit $4"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(after_ms)
        .bind(after_id)
        .bind(before_ms)
        .bind(i64::from(limit))
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("look for old executions"))?
        .iter()
        .map(read)
        .collect()
}

/// One run of a slot for each cause and revision: whoever comes second changes nothing.
pub async fn insert(unit: &mut Unit, execution: &Execution) -> Result<Inserted, StoreError> {
    let inserted = sqlx::query(
        "insert into monitoring_execution (id, region, schedule, scheduled_ms, cause, revision,
             status, created_ms, modified_ms, monitoring_type, endpoint, job_definition,
             violations, body, window_start_ms, constraints_sha256)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict do nothing",
    )
    .bind(&execution.id)
    .bind(&execution.region)
    .bind(&execution.schedule)
    .bind(execution.scheduled_ms)
    .bind(&execution.cause)
    .bind(execution.revision)
    .bind(&execution.status)
    .bind(execution.created_ms)
    .bind(execution.modified_ms)
    .bind(&execution.monitoring_type)
    .bind(&execution.endpoint)
    .bind(&execution.job_definition)
    .bind(execution.violations)
    .bind(execution.body.to_string())
    .bind(execution.window_start_ms())
    .bind(execution.constraints_sha256())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write an execution"))?;
    if inserted.rows_affected() == 0 {
        return Ok(Inserted::Exists);
    }
    execution_end::note(unit, execution).await?;
    Ok(Inserted::Yes)
}

/// Writes what changes of an execution: its state, its violations and its body.
pub async fn replace(unit: &mut Unit, execution: &Execution) -> Result<(), StoreError> {
    sqlx::query(
        "update monitoring_execution
         set status = $2, modified_ms = $3, violations = $4, body = $5, window_start_ms = $6,
             constraints_sha256 = $7
         where id = $1",
    )
    .bind(&execution.id)
    .bind(&execution.status)
    .bind(execution.modified_ms)
    .bind(execution.violations)
    .bind(execution.body.to_string())
    .bind(execution.window_start_ms())
    .bind(execution.constraints_sha256())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("change an execution"))?;
    execution_end::note(unit, execution).await
}

pub async fn get(store: &Store, id: &str) -> Result<Option<Execution>, StoreError> {
    let text = format!("select {COLUMNS} from monitoring_execution where id = $1");
    sqlx::query(AssertSqlSafe(text))
        .bind(id)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read an execution"))?
        .map(|row| read(&row))
        .transpose()
}

/// Those of these ids that are there.
pub async fn get_each(store: &Store, ids: &[&str]) -> Result<Vec<Execution>, StoreError> {
    let mut found = Vec::new();
    for ids in ids.chunks(NAMES) {
        let text = format!(
            "select {COLUMNS} from monitoring_execution where id in ({}) order by id",
            places(1, ids.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(text));
        for id in ids {
            query = query.bind(*id);
        }
        let rows = query.fetch_all(store.pool()).await;
        for row in &rows.map_err(StoreError::query("read executions by their ids"))? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// The execution as it stands inside the transaction; its row is locked where rows can be.
pub async fn lock(unit: &mut Unit, id: &str) -> Result<Option<Execution>, StoreError> {
    let lock = match unit.backend() {
        Backend::Sqlite => "",
        Backend::Postgres => " for update",
    };
    let text = format!("select {COLUMNS} from monitoring_execution where id = $1{lock}");
    sqlx::query(AssertSqlSafe(text))
        .bind(id)
        .fetch_optional(unit.connection())
        .await
        .map_err(StoreError::query("read an execution"))?
        .map(|row| read(&row))
        .transpose()
}

/// The last ones of a schedule, the newest slot first; of one slot the newest revision first.
pub async fn latest(
    store: &Store,
    (region, schedule): (&str, &str),
    limit: u32,
) -> Result<Vec<Execution>, StoreError> {
    let text = format!(
        "select {COLUMNS} from monitoring_execution where region = $1 and schedule = $2
         order by scheduled_ms desc, revision desc, id desc limit $3"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(region)
        .bind(schedule)
        .bind(i64::from(limit))
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read executions"))?
        .iter()
        .map(read)
        .collect()
}

/// Runs of a schedule that were due from `from_ms` to `to_ms`, the newest slot first; of one slot
/// the newest revision first.
pub async fn outlines(
    store: &Store,
    (region, schedule): (&str, &str),
    (from_ms, to_ms): (i64, i64),
    limit: u32,
) -> Result<Vec<Outline>, StoreError> {
    let fault = StoreError::query("read the history of executions");
    let rows = sqlx::query(
        "select id, scheduled_ms, cause, revision, status, violations, window_start_ms,
                constraints_sha256
         from monitoring_execution
         where region = $1 and schedule = $2 and scheduled_ms >= $3 and scheduled_ms <= $4
         order by scheduled_ms desc, revision desc, id desc limit $5",
    )
    .bind(region)
    .bind(schedule)
    .bind(from_ms)
    .bind(to_ms)
    .bind(i64::from(limit))
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
            let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
            Ok(Outline {
                id: text("id")?,
                scheduled_ms: number("scheduled_ms")?,
                cause: text("cause")?,
                revision: number("revision")?,
                status: text("status")?,
                violations: number("violations")?,
                window_start_ms: row.try_get("window_start_ms").map_err(&fault)?,
                constraints_sha256: row.try_get("constraints_sha256").map_err(&fault)?,
            })
        })
        .collect()
}

/// Runs of the slots beside one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub earlier: Option<String>,
    pub later: Option<String>,
}

/// The newest revision of the slot before, and of the slot after.
pub async fn neighbours(
    store: &Store,
    (region, schedule): (&str, &str),
    scheduled_ms: i64,
) -> Result<Neighbours, StoreError> {
    let fault = StoreError::query("look for executions beside one");
    let row = sqlx::query(
        "select (select id from monitoring_execution
                 where region = $1 and schedule = $2 and scheduled_ms < $3
                 order by scheduled_ms desc, revision desc, id desc limit 1) as earlier,
                (select id from monitoring_execution
                 where region = $1 and schedule = $2 and scheduled_ms > $3
                 order by scheduled_ms, revision desc, id desc limit 1) as later",
    )
    .bind(region)
    .bind(schedule)
    .bind(scheduled_ms)
    .fetch_one(store.pool())
    .await
    .map_err(&fault)?;
    Ok(Neighbours {
        earlier: row.try_get("earlier").map_err(&fault)?,
        later: row.try_get("later").map_err(&fault)?,
    })
}

/// The last run of a schedule that ended with a verdict.
pub async fn last_with_verdict(
    store: &Store,
    (region, schedule): (&str, &str),
) -> Result<Option<Execution>, StoreError> {
    let text = format!(
        "select {COLUMNS} from monitoring_execution where region = $1 and schedule = $2
         and status in ('Completed', 'CompletedWithViolations')
         order by scheduled_ms desc, revision desc, id desc limit 1"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(region)
        .bind(schedule)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read the last execution"))?
        .map(|row| read(&row))
        .transpose()
}

/// The last run of each of these schedules, of those that have run.
pub async fn latest_of_each(
    store: &Store,
    region: &str,
    schedules: &[&str],
) -> Result<Vec<Execution>, StoreError> {
    last_of_each(store, (region, schedules), "").await
}

/// The last run of each of these schedules that ended with a verdict.
pub async fn last_with_verdict_of_each(
    store: &Store,
    region: &str,
    schedules: &[&str],
) -> Result<Vec<Execution>, StoreError> {
    let verdicts = "and e.status in ('Completed', 'CompletedWithViolations')";
    last_of_each(store, (region, schedules), verdicts).await
}

/// `of` is a test of this module.
async fn last_of_each(
    store: &Store,
    (region, schedules): (&str, &[&str]),
    of: &'static str,
) -> Result<Vec<Execution>, StoreError> {
    let mut found = Vec::new();
    for names in schedules.chunks(NAMES) {
        let places: Vec<String> = (0..names.len())
            .map(|index| format!("(${})", index + 2))
            .collect();
        let text = format!(
            "with wanted(name) as (values {})
             select {COLUMNS} from monitoring_execution where id in (
                 select (select e.id from monitoring_execution e
                         where e.region = $1 and e.schedule = wanted.name {of}
                         order by e.scheduled_ms desc, e.revision desc, e.id desc limit 1)
                 from wanted)",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(region);
        for name in names {
            query = query.bind(*name);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("read the last executions"))?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// The next revision of a slot of a schedule.
pub async fn next_revision(
    unit: &mut Unit,
    (region, schedule, scheduled_ms): (&str, &str, i64),
) -> Result<i64, StoreError> {
    let last: Option<i64> = sqlx::query_scalar(
        "select max(revision) from monitoring_execution
         where region = $1 and schedule = $2 and scheduled_ms = $3",
    )
    .bind(region)
    .bind(schedule)
    .bind(scheduled_ms)
    .fetch_one(unit.connection())
    .await
    .map_err(StoreError::query("count the revisions of an execution"))?;
    Ok(last.map_or(0, |last| last + 1))
}

/// One page. A cursor of another sort order is answered with a fault: [`StoreError::Cursor`].
pub async fn list(store: &Store, wanted: &ListExecutions) -> Result<Page<Execution>, StoreError> {
    let mut query = sqlx::query(AssertSqlSafe(statement(wanted, store.backend())))
        .bind(&wanted.region)
        .bind(one_more(wanted.limit));
    for (_, value) in equals(wanted) {
        query = query.bind(value);
    }
    for (_, value) in bounds(wanted) {
        query = query.bind(value);
    }
    if let Some(after) = &wanted.after {
        query = match wanted.sort_by {
            SortExecutions::Created | SortExecutions::Scheduled => {
                let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
                query.bind(at_ms).bind(&after.name)
            }
            SortExecutions::Status => query.bind(&after.key).bind(&after.name),
        };
    }
    let rows = query
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("list executions"))?;
    let executions = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(executions, wanted.limit, |last| Cursor {
        key: match wanted.sort_by {
            SortExecutions::Created => last.created_ms.to_string(),
            SortExecutions::Scheduled => last.scheduled_ms.to_string(),
            SortExecutions::Status => last.status.clone(),
        },
        name: last.id.clone(),
    }))
}

/// The columns that must be equal to something.
fn equals(wanted: &ListExecutions) -> Vec<(&'static str, &str)> {
    let all = [
        ("schedule", &wanted.schedule),
        ("endpoint", &wanted.endpoint),
        ("status", &wanted.status),
        ("monitoring_type", &wanted.monitoring_type),
        ("job_definition", &wanted.job_definition),
    ];
    all.into_iter()
        .filter_map(|(column, value)| Some((column, value.as_deref()?)))
        .collect()
}

/// The columns that must not be less, or more, than something.
fn bounds(wanted: &ListExecutions) -> Vec<(&'static str, i64)> {
    let all = [
        ("scheduled_ms >=", wanted.scheduled_after_ms),
        ("scheduled_ms <=", wanted.scheduled_before_ms),
        ("created_ms >=", wanted.created_after_ms),
        ("created_ms <=", wanted.created_before_ms),
        ("modified_ms >=", wanted.modified_after_ms),
        ("modified_ms <=", wanted.modified_before_ms),
    ];
    all.into_iter()
        .filter_map(|(test, value)| Some((test, value?)))
        .collect()
}

/// Only text of this module goes into the statement, never a caller's.
fn statement(wanted: &ListExecutions, backend: Backend) -> String {
    let sort = match wanted.sort_by {
        SortExecutions::Created => "created_ms",
        SortExecutions::Scheduled => "scheduled_ms",
        SortExecutions::Status => "status",
    };
    let index = match (backend, &wanted.schedule, wanted.sort_by) {
        // The runs of one schedule are found by its name: SQLite would rather walk those of all
        // schedules by their time or their state.
        (Backend::Sqlite, Some(_), SortExecutions::Created) => {
            " indexed by monitoring_execution_of_schedule_by_created"
        }
        (Backend::Sqlite, Some(_), SortExecutions::Scheduled | SortExecutions::Status) => {
            " indexed by monitoring_execution_of_schedule"
        }
        (Backend::Sqlite, None, _) | (Backend::Postgres, _, _) => "",
    };
    let mut text = format!("select {COLUMNS} from monitoring_execution{index} where region = $1");
    let mut last = 2;
    let mut next = || {
        last += 1;
        format!("${last}")
    };
    for (column, _) in equals(wanted) {
        text += &format!(" and {column} = {}", next());
    }
    for (test, _) in bounds(wanted) {
        text += &format!(" and {test} {}", next());
    }
    let (direction, beyond) = match wanted.order {
        SortOrder::Ascending => ("asc", ">"),
        SortOrder::Descending => ("desc", "<"),
    };
    if wanted.after.is_some() {
        text += &format!(" and ({sort}, id) {beyond} ({}, {})", next(), next());
    }
    text + &format!(" order by {sort} {direction}, id {direction} limit $2")
}

/// Executions that were made before `before_ms` and have no final status, the oldest first.
pub async fn unfinished(
    store: &Store,
    region: &str,
    before_ms: i64,
) -> Result<Vec<Execution>, StoreError> {
    sqlx::query(AssertSqlSafe(format!(
        "select {COLUMNS} from monitoring_execution
         where region = $1 and status in ('Pending', 'InProgress', 'Stopping') and created_ms < $2
         order by created_ms, id limit 1000"
    )))
    .bind(region)
    .bind(before_ms)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("look for unfinished executions"))?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &AnyRow) -> Result<Execution, StoreError> {
    let fault = StoreError::query("read an execution");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    let body = serde_json::from_str(&text("body")?)
        .map_err(|error| StoreError::damaged("the body of an execution", error))?;
    Ok(Execution {
        id: text("id")?,
        region: text("region")?,
        schedule: text("schedule")?,
        scheduled_ms: number("scheduled_ms")?,
        cause: text("cause")?,
        revision: number("revision")?,
        status: text("status")?,
        created_ms: number("created_ms")?,
        modified_ms: number("modified_ms")?,
        monitoring_type: text("monitoring_type")?,
        endpoint: text("endpoint")?,
        job_definition: text("job_definition")?,
        violations: number("violations")?,
        body,
    })
}
