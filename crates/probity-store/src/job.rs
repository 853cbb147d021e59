//! The queue of what happens later. Who claims a job has a lease on it; when the lease runs out,
//! the job may be claimed once more, and after that it is abandoned: whoever sees it then gives
//! what it was for a final status.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::store::{Backend, Store, Unit};

/// A job whose worker died is run again, once.
pub const MAX_ATTEMPTS: i64 = 2;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    pub id: String,
    /// What is to be done, as the worker names it.
    pub kind: String,
    /// What it is done to: the name of a resource, mostly.
    pub subject: String,
    pub region: String,
    pub run_at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: String,
    pub kind: String,
    pub subject: String,
    pub region: String,
    pub run_at_ms: i64,
    /// 0 before the first claim.
    pub attempt: i64,
    /// Empty while nobody has claimed it.
    pub owner: String,
    /// The end of the lease.
    pub lease_ms: i64,
}

/// Who wants a job, and of which kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Different for each process and start.
    pub owner: &'a str,
    pub kinds: &'a [&'a str],
    /// By the clock that leases are counted by.
    pub now_ms: i64,
    /// By the clock of `run_at_ms`, which may be a simulated one.
    pub due_ms: i64,
    /// How long the lease lasts.
    pub lease_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    Yes,
    /// The lease ran out and somebody else took the job, or it was finished.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    Yes,
    /// Not this owner's any more: what the unit wrote must not be committed.
    Lost,
}

pub async fn enqueue(unit: &mut Unit, job: &NewJob) -> Result<(), StoreError> {
    sqlx::query(
        "insert into job (id, kind, subject, region, run_at_ms, attempt, owner, lease_ms)
         values ($1, $2, $3, $4, $5, 0, '', 0)",
    )
    .bind(&job.id)
    .bind(&job.kind)
    .bind(&job.subject)
    .bind(&job.region)
    .bind(job.run_at_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("enqueue a job"))?;
    Ok(())
}

/// The same for a job whose id says what it is about: one that waits already is enough.
pub async fn enqueue_once(unit: &mut Unit, job: &NewJob) -> Result<(), StoreError> {
    sqlx::query(
        "insert into job (id, kind, subject, region, run_at_ms, attempt, owner, lease_ms)
         values ($1, $2, $3, $4, $5, 0, '', 0)
         on conflict do nothing",
    )
    .bind(&job.id)
    .bind(&job.kind)
    .bind(&job.subject)
    .bind(&job.region)
    .bind(job.run_at_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("enqueue a job"))?;
    Ok(())
}

/// Takes the job that has been due longest and that nobody has a lease on.
pub async fn claim(store: &Store, claim: &Claim<'_>) -> Result<Option<Job>, StoreError> {
    if claim.kinds.is_empty() {
        return Ok(None);
    }
    let _turn = store.turn_to_write().await?;
    let mut query = sqlx::query(AssertSqlSafe(claim_statement(store, claim)))
        .bind(claim.owner)
        .bind(claim.now_ms.saturating_add(claim.lease_ms))
        .bind(claim.now_ms)
        .bind(MAX_ATTEMPTS)
        .bind(claim.due_ms);
    for kind in claim.kinds {
        query = query.bind(*kind);
    }
    query
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("claim a job"))?
        .map(|row| read(&row))
        .transpose()
}

/// Only text of this module goes into the statement.
fn claim_statement(store: &Store, claim: &Claim<'_>) -> String {
    let kinds: Vec<String> = (0..claim.kinds.len())
        .map(|index| format!("${}", index + 6))
        .collect();
    // Without it, the second of two claimers waits for the first, and then gets nothing.
    let skip = match store.backend() {
        Backend::Sqlite => "",
        Backend::Postgres => " for update skip locked",
    };
    format!(
        "update job set owner = $1, lease_ms = $2, attempt = attempt + 1 \
         where id = (select id from job where run_at_ms <= $5 and lease_ms <= $3 \
         and attempt < $4 and kind in ({}) order by run_at_ms, id limit 1{skip}) \
         returning id, kind, subject, region, run_at_ms, attempt, owner, lease_ms",
        kinds.join(", ")
    )
}

/// Prolongs a lease while its job runs.
pub async fn renew(
    store: &Store,
    id: &str,
    owner: &str,
    until_ms: i64,
) -> Result<Renewed, StoreError> {
    let _turn = store.turn_to_write().await?;
    let renewed = sqlx::query("update job set lease_ms = $3 where id = $1 and owner = $2")
        .bind(id)
        .bind(owner)
        .bind(until_ms)
        .execute(store.pool())
        .await
        .map_err(StoreError::query("renew the lease of a job"))?;
    Ok(if renewed.rows_affected() == 0 {
        Renewed::Lost
    } else {
        Renewed::Yes
    })
}

/// Ends a job, in the unit that writes its final status. An abandoned job is ended with the owner
/// that it was found with, so that of two who found it one does.
pub async fn finish(unit: &mut Unit, id: &str, owner: &str) -> Result<Finished, StoreError> {
    let finished = sqlx::query("delete from job where id = $1 and owner = $2")
        .bind(id)
        .bind(owner)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("finish a job"))?;
    Ok(if finished.rows_affected() == 0 {
        Finished::Lost
    } else {
        Finished::Yes
    })
}

/// Gives a job back as if it had not been claimed: for a worker that shuts down, or that wants
/// to look again at `run_at_ms`.
pub async fn release(
    unit: &mut Unit,
    id: &str,
    owner: &str,
    run_at_ms: i64,
) -> Result<Finished, StoreError> {
    let released = sqlx::query(
        "update job set owner = '', lease_ms = 0, attempt = attempt - 1, run_at_ms = $3
         where id = $1 and owner = $2",
    )
    .bind(id)
    .bind(owner)
    .bind(run_at_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("release a job"))?;
    Ok(if released.rows_affected() == 0 {
        Finished::Lost
    } else {
        Finished::Yes
    })
}

pub async fn get(store: &Store, id: &str) -> Result<Option<Job>, StoreError> {
    sqlx::query(
        "select id, kind, subject, region, run_at_ms, attempt, owner, lease_ms
         from job where id = $1",
    )
    .bind(id)
    .fetch_optional(store.pool())
    .await
    .map_err(StoreError::query("read a job"))?
    .map(|row| read(&row))
    .transpose()
}

/// Jobs whose last attempt's lease ran out, with the owner to finish them with.
pub async fn abandoned(store: &Store, now_ms: i64) -> Result<Vec<Job>, StoreError> {
    sqlx::query(
        "select id, kind, subject, region, run_at_ms, attempt, owner, lease_ms
         from job where attempt >= $1 and lease_ms <= $2 order by run_at_ms, id limit 100",
    )
    .bind(MAX_ATTEMPTS)
    .bind(now_ms)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("look for abandoned jobs"))?
    .iter()
    .map(read)
    .collect()
}

/// Jobs of a kind, claimed or not, by when they are to run.
pub async fn of_kind(store: &Store, region: &str, kind: &str) -> Result<Vec<Job>, StoreError> {
    sqlx::query(
        "select id, kind, subject, region, run_at_ms, attempt, owner, lease_ms
         from job where kind = $1 and region = $2 order by run_at_ms, id",
    )
    .bind(kind)
    .bind(region)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read the jobs of a kind"))?
    .iter()
    .map(read)
    .collect()
}

/// When a job of these kinds that nobody has claimed is due next.
pub async fn next_due_ms(store: &Store) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("select min(run_at_ms) from job where owner = ''")
        .fetch_one(store.pool())
        .await
        .map_err(StoreError::query("look for the next job"))
}

fn read(row: &AnyRow) -> Result<Job, StoreError> {
    let fault = StoreError::query("read a job");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Job {
        id: text("id")?,
        kind: text("kind")?,
        subject: text("subject")?,
        region: text("region")?,
        run_at_ms: number("run_at_ms")?,
        attempt: number("attempt")?,
        owner: text("owner")?,
        lease_ms: number("lease_ms")?,
    })
}
