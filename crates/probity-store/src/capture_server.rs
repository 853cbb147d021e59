//! The processes that capture: when each was seen last, and until when what it answered has been
//! brought to its destination.

use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureServer {
    /// Of its data folder.
    pub id: String,
    /// By the world's clock.
    pub seen_ms: i64,
    /// The same moment by the server's clock.
    pub alive_to_ms: i64,
    /// By the server's clock: what was answered before was brought to its destination, or tried.
    pub sealed_to_ms: i64,
    pub undelivered: Vec<Undelivered>,
}

/// Captured records that could not be brought to their destination yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Undelivered {
    pub region: String,
    pub endpoint: String,
    pub segments: u64,
    /// The earliest hour that some are of.
    pub from_ms: i64,
}

/// Writes what a server says of itself.
pub async fn put(unit: &mut Unit, server: &CaptureServer) -> Result<(), StoreError> {
    let undelivered = serde_json::to_string(&server.undelivered)
        .map_err(|error| StoreError::damaged("what a server could not deliver", error))?;
    sqlx::query(
        "insert into capture_server (id, seen_ms, alive_to_ms, sealed_to_ms, undelivered)
         values ($1, $2, $3, $4, $5)
         on conflict (id) do update set seen_ms = excluded.seen_ms,
             alive_to_ms = excluded.alive_to_ms,
             sealed_to_ms = excluded.sealed_to_ms,
             undelivered = excluded.undelivered",
    )
    .bind(&server.id)
    .bind(server.seen_ms)
    .bind(server.alive_to_ms)
    .bind(server.sealed_to_ms)
    .bind(undelivered)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write what a capturing server says"))?;
    Ok(())
}

pub async fn list(store: &Store) -> Result<Vec<CaptureServer>, StoreError> {
    sqlx::query(
        "select id, seen_ms, alive_to_ms, sealed_to_ms, undelivered
         from capture_server order by id",
    )
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list capturing servers"))?
    .iter()
    .map(read)
    .collect()
}

/// Of a server that ended with nothing left to deliver.
pub async fn delete(unit: &mut Unit, id: &str) -> Result<(), StoreError> {
    sqlx::query("delete from capture_server where id = $1")
        .bind(id)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("forget a capturing server"))?;
    Ok(())
}

/// Forgets servers that nobody has seen since `seen_ms`; gives how many they were.
pub async fn delete_unseen(unit: &mut Unit, seen_ms: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from capture_server where seen_ms < $1")
        .bind(seen_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("forget capturing servers"))?;
    Ok(deleted.rows_affected())
}

fn read(row: &AnyRow) -> Result<CaptureServer, StoreError> {
    let fault = StoreError::query("read what a capturing server says");
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    let undelivered: String = row.try_get("undelivered").map_err(&fault)?;
    Ok(CaptureServer {
        id: row.try_get("id").map_err(&fault)?,
        seen_ms: number("seen_ms")?,
        alive_to_ms: number("alive_to_ms")?,
        sealed_to_ms: number("sealed_to_ms")?,
        undelivered: serde_json::from_str(&undelivered)
            .map_err(|error| StoreError::damaged("what a server could not deliver", error))?,
    })
}
