//! Resources by kind, region and name.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{Any, Row};

use crate::error::StoreError;
use crate::store::{Backend, Store, Unit};
use crate::tag;

mod list;

mod many;

pub use list::{ListResources, SortBy, SortOrder, list, newest_with, with_any};
pub use many::{NewestHaving, get_each, lacking, newest_having};

/// What identifies a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceKey<'a> {
    pub kind: ResourceKind,
    pub region: &'a str,
    pub name: &'a str,
}

/// A resource as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub kind: ResourceKind,
    pub region: String,
    pub name: String,
    pub arn: String,
    /// Rises by one with every change.
    pub version: i64,
    /// Empty where the kind has no states.
    pub status: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub created_by: String,
    pub modified_by: String,
    /// What lists filter by beside names, times and states.
    pub attributes: BTreeMap<String, String>,
    pub body: Value,
}

impl Resource {
    pub fn key(&self) -> ResourceKey<'_> {
        ResourceKey {
            kind: self.kind,
            region: &self.region,
            name: &self.name,
        }
    }
}

/// Whether a new row was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    Yes,
    /// One of this name or ARN is there; nothing was changed.
    Exists,
}

/// Whether a changed row was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    Yes,
    /// Somebody else changed or deleted it since it was read.
    Stale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    Yes,
    Missing,
}

/// Columns that [`read`] takes; `$1…` of the statements follow the key's order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select kind, region, name, arn, version, status, created_ms, modified_ms, ",
            "created_by, modified_by, attributes, body from resource where ",
            $rest
        )
    };
}

/// Writes a new resource as version 1.
pub async fn insert(unit: &mut Unit, resource: &Resource) -> Result<Inserted, StoreError> {
    let written = sqlx::query(
        "insert into resource (kind, region, name, arn, version, status, created_ms, modified_ms,
                               created_by, modified_by, attributes, body)
         values ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11)
         on conflict do nothing",
    )
    .bind(resource.kind.as_str())
    .bind(&resource.region)
    .bind(&resource.name)
    .bind(&resource.arn)
    .bind(&resource.status)
    .bind(resource.created_ms)
    .bind(resource.modified_ms)
    .bind(&resource.created_by)
    .bind(&resource.modified_by)
    .bind(attributes_text(&resource.attributes))
    .bind(resource.body.to_string())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a resource"))?;
    if written.rows_affected() == 0 {
        return Ok(Inserted::Exists);
    }
    insert_attributes(unit, resource).await?;
    Ok(Inserted::Yes)
}

pub async fn get(store: &Store, key: ResourceKey<'_>) -> Result<Option<Resource>, StoreError> {
    by_key(select!("kind = $1 and region = $2 and name = $3"), key)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read a resource"))?
        .map(|row| read(&row))
        .transpose()
}

pub async fn get_by_arn(store: &Store, arn: &str) -> Result<Option<Resource>, StoreError> {
    sqlx::query(select!("arn = $1"))
        .bind(arn)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read a resource by its ARN"))?
        .map(|row| read(&row))
        .transpose()
}

/// Reads a resource that this unit is going to change: nobody else changes it before the end of
/// the unit. In SQLite the unit is the only writer anyway.
pub async fn lock(unit: &mut Unit, key: ResourceKey<'_>) -> Result<Option<Resource>, StoreError> {
    let statement = match unit.backend() {
        Backend::Sqlite => select!("kind = $1 and region = $2 and name = $3"),
        Backend::Postgres => select!("kind = $1 and region = $2 and name = $3 for update"),
    };
    by_key(statement, key)
        .fetch_optional(unit.connection())
        .await
        .map_err(StoreError::query("lock a resource"))?
        .map(|row| read(&row))
        .transpose()
}

/// Writes what changed. `resource.version` is the version that was read; the row gets the next.
/// Kind, region, name, ARN and what is known of the creation stay.
pub async fn replace(unit: &mut Unit, resource: &Resource) -> Result<Replaced, StoreError> {
    let written = sqlx::query(
        "update resource
         set version = version + 1, status = $5, modified_ms = $6, modified_by = $7,
             attributes = $8, body = $9
         where kind = $1 and region = $2 and name = $3 and version = $4",
    )
    .bind(resource.kind.as_str())
    .bind(&resource.region)
    .bind(&resource.name)
    .bind(resource.version)
    .bind(&resource.status)
    .bind(resource.modified_ms)
    .bind(&resource.modified_by)
    .bind(attributes_text(&resource.attributes))
    .bind(resource.body.to_string())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("change a resource"))?;
    if written.rows_affected() == 0 {
        return Ok(Replaced::Stale);
    }
    by_key(
        "delete from resource_attribute where kind = $1 and region = $2 and name = $3",
        resource.key(),
    )
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("change the attributes of a resource"))?;
    insert_attributes(unit, resource).await?;
    Ok(Replaced::Yes)
}

/// Deletes a resource and its tags.
pub async fn delete(unit: &mut Unit, key: ResourceKey<'_>) -> Result<Deleted, StoreError> {
    let fault = StoreError::query("delete a resource");
    let row = by_key(
        "delete from resource where kind = $1 and region = $2 and name = $3 returning arn",
        key,
    )
    .fetch_optional(unit.connection())
    .await
    .map_err(&fault)?;
    let Some(row) = row else {
        return Ok(Deleted::Missing);
    };
    let arn: String = row.try_get("arn").map_err(&fault)?;
    tag::remove_all(unit, &arn).await?;
    Ok(Deleted::Yes)
}

/// Regions with a resource of the kind.
pub async fn regions(store: &Store, kind: ResourceKind) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar("select distinct region from resource where kind = $1 order by region")
        .bind(kind.as_str())
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read the regions of resources"))
}

/// Regions with a resource of one of the kinds. The one that was used first stands first, whatever
/// comes later.
pub async fn regions_by_age(
    store: &Store,
    kinds: [ResourceKind; 3],
) -> Result<Vec<String>, StoreError> {
    let [first, second, third] = kinds.map(ResourceKind::as_str);
    sqlx::query_scalar(
        "select region from resource where kind in ($1, $2, $3)
         group by region order by min(created_ms), region",
    )
    .bind(first)
    .bind(second)
    .bind(third)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read the regions of resources"))
}

pub async fn count(store: &Store, kind: ResourceKind, region: &str) -> Result<u64, StoreError> {
    let count: i64 =
        sqlx::query_scalar("select count(*) from resource where kind = $1 and region = $2")
            .bind(kind.as_str())
            .bind(region)
            .fetch_one(store.pool())
            .await
            .map_err(StoreError::query("count resources"))?;
    Ok(count.unsigned_abs())
}

type AnyQuery<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

fn by_key<'q>(statement: &'static str, key: ResourceKey<'q>) -> AnyQuery<'q> {
    sqlx::query(statement)
        .bind(key.kind.as_str())
        .bind(key.region)
        .bind(key.name)
}

async fn insert_attributes(unit: &mut Unit, resource: &Resource) -> Result<(), StoreError> {
    for (attribute, value) in &resource.attributes {
        sqlx::query(
            "insert into resource_attribute (kind, region, name, attribute, value)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(resource.kind.as_str())
        .bind(&resource.region)
        .bind(&resource.name)
        .bind(attribute)
        .bind(value)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write an attribute of a resource"))?;
    }
    Ok(())
}

fn attributes_text(attributes: &BTreeMap<String, String>) -> String {
    serde_json::json!(attributes).to_string()
}

fn read(row: &AnyRow) -> Result<Resource, StoreError> {
    let fault = StoreError::query("read a resource");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    let arn = text("arn")?;
    let damaged = |problem: String| StoreError::damaged(format!("resource `{arn}`"), problem);
    let kind = text("kind")?;
    Ok(Resource {
        kind: ResourceKind::from_arn_type(&kind)
            .ok_or_else(|| damaged(format!("unknown kind `{kind}`")))?,
        region: text("region")?,
        name: text("name")?,
        version: number("version")?,
        status: text("status")?,
        created_ms: number("created_ms")?,
        modified_ms: number("modified_ms")?,
        created_by: text("created_by")?,
        modified_by: text("modified_by")?,
        attributes: serde_json::from_str(&text("attributes")?)
            .map_err(|error| damaged(error.to_string()))?,
        body: serde_json::from_str(&text("body")?).map_err(|error| damaged(error.to_string()))?,
        arn,
    })
}
