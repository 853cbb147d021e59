//! Until when somebody wants captures to be at their destinations: one row, which every server of
//! the database looks at.

use crate::error::StoreError;
use crate::store::Store;

/// The row.
const ONLY: i64 = 1;

/// Asks for everything that was answered before `until_ms`, by the server's clock, which says
/// `now_ms`. A wish for more stays, unless it is one for what is to come: then the clock was set
/// back.
pub async fn want(store: &Store, until_ms: i64, now_ms: i64) -> Result<(), StoreError> {
    let _turn = store.turn_to_write().await?;
    sqlx::query(
        "insert into capture_seal (id, wanted_ms) values ($1, $2)
         on conflict (id) do update set wanted_ms = excluded.wanted_ms
         where excluded.wanted_ms > capture_seal.wanted_ms or capture_seal.wanted_ms > $3",
    )
    .bind(ONLY)
    .bind(until_ms)
    .bind(now_ms)
    .execute(store.pool())
    .await
    .map_err(StoreError::query("ask for captures"))?;
    Ok(())
}

/// `None` while nobody has asked.
pub async fn wanted_ms(store: &Store) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar("select wanted_ms from capture_seal where id = $1")
        .bind(ONLY)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("look whether captures are asked for"))
}
