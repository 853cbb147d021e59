//! What a server keeps about itself between starts: its account, the state of its clock.

use crate::error::StoreError;
use crate::store::{Backend, Store, Unit};

pub async fn get(store: &Store, name: &str) -> Result<Option<String>, StoreError> {
    sqlx::query_scalar("select value from setting where name = $1")
        .bind(name)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read a setting"))
}

pub async fn put(unit: &mut Unit, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into setting (name, value) values ($1, $2)
         on conflict (name) do update set value = excluded.value",
    )
    .bind(name)
    .bind(value)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a setting"))?;
    Ok(())
}

/// For a unit that writes what it read: nobody else changes it before the unit ends. What was never
/// written is `first`.
pub async fn lock(unit: &mut Unit, name: &str, first: &str) -> Result<String, StoreError> {
    // A row that is not there cannot be locked.
    sqlx::query("insert into setting (name, value) values ($1, $2) on conflict do nothing")
        .bind(name)
        .bind(first)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write a setting"))?;
    let statement = match unit.backend() {
        Backend::Sqlite => "select value from setting where name = $1",
        Backend::Postgres => "select value from setting where name = $1 for update",
    };
    sqlx::query_scalar(statement)
        .bind(name)
        .fetch_one(unit.connection())
        .await
        .map_err(StoreError::query("lock a setting"))
}
