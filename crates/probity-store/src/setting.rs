//! What a server keeps about itself between starts: its account, the state of its clock.

use crate::error::StoreError;
use crate::store::{Store, Unit};

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
