//! How many calls endpoints answered and captured, by the hour: what a report on captured data
//! measures its coverage by.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::store::{Store, Unit};

/// Calls of one variant in one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    /// The start of the hour, by the server's clock.
    pub hour_ms: i64,
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub answered: i64,
    /// The model gave no answer.
    pub failed: i64,
    pub captured: i64,
}

/// Hours of an endpoint with `from_ms <= hour_ms < to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficOf<'a> {
    pub region: &'a str,
    pub endpoint: &'a str,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// Adds to what was counted in that hour.
pub async fn add(unit: &mut Unit, traffic: &Traffic) -> Result<(), StoreError> {
    sqlx::query(
        "insert into endpoint_traffic
             (region, endpoint, variant, hour_ms, answered, failed, captured)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (region, endpoint, variant, hour_ms) do update
         set answered = endpoint_traffic.answered + excluded.answered,
             failed = endpoint_traffic.failed + excluded.failed,
             captured = endpoint_traffic.captured + excluded.captured",
    )
    .bind(&traffic.region)
    .bind(&traffic.endpoint)
    .bind(&traffic.variant)
    .bind(traffic.hour_ms)
    .bind(traffic.counts.answered)
    .bind(traffic.counts.failed)
    .bind(traffic.counts.captured)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("count the calls of an endpoint"))?;
    Ok(())
}

/// Hour by hour, the variants of each together.
pub async fn hours(
    store: &Store,
    wanted: &TrafficOf<'_>,
) -> Result<Vec<(i64, Counts)>, StoreError> {
    let fault = StoreError::query("read the calls of an endpoint");
    sqlx::query(
        "select hour_ms, cast(sum(answered) as bigint) as answered,
                cast(sum(failed) as bigint) as failed, cast(sum(captured) as bigint) as captured
         from endpoint_traffic
         where region = $1 and endpoint = $2 and hour_ms >= $3 and hour_ms < $4
         group by hour_ms order by hour_ms",
    )
    .bind(wanted.region)
    .bind(wanted.endpoint)
    .bind(wanted.from_ms)
    .bind(wanted.to_ms)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?
    .iter()
    .map(|row| Ok((row.try_get("hour_ms").map_err(&fault)?, counts(row)?)))
    .collect()
}

/// `None` where nothing was ever counted of the endpoint in these hours, which is another thing
/// than a count of zero: its calls may go through other programs.
pub async fn total(store: &Store, wanted: &TrafficOf<'_>) -> Result<Option<Counts>, StoreError> {
    let hours = hours(store, wanted).await?;
    if hours.is_empty() {
        return Ok(None);
    }
    let mut total = Counts::default();
    for (_, counts) in hours {
        total.answered += counts.answered;
        total.failed += counts.failed;
        total.captured += counts.captured;
    }
    Ok(Some(total))
}

/// The last hour in which the endpoint answered a call, and the last in which it captured one.
pub async fn last_hours(
    store: &Store,
    region: &str,
    endpoint: &str,
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let fault = StoreError::query("look for the last call of an endpoint");
    let row = sqlx::query(
        "select max(case when answered > 0 then hour_ms end) as answered_ms,
                max(case when captured > 0 then hour_ms end) as captured_ms
         from endpoint_traffic where region = $1 and endpoint = $2",
    )
    .bind(region)
    .bind(endpoint)
    .fetch_one(store.pool())
    .await
    .map_err(&fault)?;
    Ok((
        row.try_get("answered_ms").map_err(&fault)?,
        row.try_get("captured_ms").map_err(&fault)?,
    ))
}

/// Endpoints of which calls were ever counted, with their regions.
pub async fn endpoints(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let fault = StoreError::query("list endpoints with calls");
    sqlx::query(
        "select region, endpoint from endpoint_traffic
         group by region, endpoint order by region, endpoint",
    )
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?
    .iter()
    .map(|row| {
        Ok((
            row.try_get("region").map_err(&fault)?,
            row.try_get("endpoint").map_err(&fault)?,
        ))
    })
    .collect()
}

/// Deletes the counts of hours before `before_ms`.
pub async fn delete_before(unit: &mut Unit, before_ms: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from endpoint_traffic where hour_ms < $1")
        .bind(before_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old counts of calls"))?;
    Ok(deleted.rows_affected())
}

fn counts(row: &AnyRow) -> Result<Counts, StoreError> {
    let fault = StoreError::query("read the calls of an endpoint");
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Counts {
        answered: number("answered")?,
        failed: number("failed")?,
        captured: number("captured")?,
    })
}
