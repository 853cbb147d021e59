//! How many captured calls could not be kept, by endpoint, variant, hour and reason. Reports on
//! captured data state it as their coverage.

use sqlx::Row;

use crate::error::StoreError;
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    /// The start of the hour.
    pub hour_ms: i64,
    /// `disk-full`, `limit`: in the words of the capture log.
    pub reason: String,
    pub lost: i64,
}

/// Hours of an endpoint with `from_ms <= hour_ms < to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossesOf<'a> {
    pub region: &'a str,
    pub endpoint: &'a str,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// Adds to what was lost in that hour for that reason.
pub async fn add(unit: &mut Unit, loss: &Loss) -> Result<(), StoreError> {
    sqlx::query(
        "insert into capture_loss (region, endpoint, variant, hour_ms, reason, lost)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (region, endpoint, variant, hour_ms, reason)
         do update set lost = capture_loss.lost + excluded.lost",
    )
    .bind(&loss.region)
    .bind(&loss.endpoint)
    .bind(&loss.variant)
    .bind(loss.hour_ms)
    .bind(&loss.reason)
    .bind(loss.lost)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("count lost captures"))?;
    Ok(())
}

pub async fn list(store: &Store, wanted: &LossesOf<'_>) -> Result<Vec<Loss>, StoreError> {
    let fault = StoreError::query("read lost captures");
    sqlx::query(
        "select region, endpoint, variant, hour_ms, reason, lost from capture_loss
         where region = $1 and endpoint = $2 and hour_ms >= $3 and hour_ms < $4
         order by hour_ms, variant, reason",
    )
    .bind(wanted.region)
    .bind(wanted.endpoint)
    .bind(wanted.from_ms)
    .bind(wanted.to_ms)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?
    .iter()
    .map(|row| {
        Ok(Loss {
            region: row.try_get("region").map_err(&fault)?,
            endpoint: row.try_get("endpoint").map_err(&fault)?,
            variant: row.try_get("variant").map_err(&fault)?,
            hour_ms: row.try_get("hour_ms").map_err(&fault)?,
            reason: row.try_get("reason").map_err(&fault)?,
            lost: row.try_get("lost").map_err(&fault)?,
        })
    })
    .collect()
}

pub async fn total(store: &Store, wanted: &LossesOf<'_>) -> Result<u64, StoreError> {
    let losses = list(store, wanted).await?;
    Ok(losses.iter().map(|loss| loss.lost.unsigned_abs()).sum())
}

/// Deletes the counts of hours before `before_ms`.
pub async fn delete_before(unit: &mut Unit, before_ms: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from capture_loss where hour_ms < $1")
        .bind(before_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old counts of lost captures"))?;
    Ok(deleted.rows_affected())
}
