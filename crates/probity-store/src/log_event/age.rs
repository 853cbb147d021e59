//! Deleting lines by their age, whole streams at a time: readers hold numbers of lines, and a
//! stream that lost its first ones would answer them wrongly.

use crate::error::StoreError;
use crate::store::Unit;

/// Deletes at most `limit` streams whose last line is of before `before_ms`; gives how many
/// streams and lines.
pub async fn delete_before(
    unit: &mut Unit,
    before_ms: i64,
    limit: u32,
) -> Result<(u64, u64), StoreError> {
    let old: Vec<i64> = sqlx::query_scalar(
        "select id from log_stream where last_ms < $1 and created_ms < $1
         order by last_ms, id limit $2",
    )
    .bind(before_ms)
    .bind(i64::from(limit))
    .fetch_all(unit.connection())
    .await
    .map_err(StoreError::query("look for old log streams"))?;
    let mut lines = 0;
    for id in &old {
        lines += delete_stream(unit, *id).await?;
    }
    Ok((u64::try_from(old.len()).unwrap_or(u64::MAX), lines))
}

async fn delete_stream(unit: &mut Unit, id: i64) -> Result<u64, StoreError> {
    let lines = sqlx::query("delete from log_event where stream_id = $1")
        .bind(id)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old lines"))?;
    sqlx::query("delete from log_stream where id = $1")
        .bind(id)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete an old log stream"))?;
    Ok(lines.rows_affected())
}
