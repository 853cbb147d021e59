//! Resources of a kind, asked for by many names at once.

use probity_domain::ResourceKind;
use sqlx::{AssertSqlSafe, Row};

use super::{Resource, read};
use crate::error::StoreError;
use crate::many::{NAMES, places};
use crate::store::Store;

const COLUMNS: &str = "r.kind, r.region, r.name, r.arn, r.version, r.status, r.created_ms, \
                       r.modified_ms, r.created_by, r.modified_by, r.attributes, r.body";

/// Those of these names that are there, by name.
pub async fn get_each(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    names: &[&str],
) -> Result<Vec<Resource>, StoreError> {
    let mut found = Vec::new();
    for names in names.chunks(NAMES) {
        let statement = format!(
            "select {COLUMNS} from resource r where r.kind = $1 and r.region = $2 \
             and r.name in ({}) order by r.name",
            places(3, names.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(kind.as_str())
            .bind(region);
        for name in names {
            query = query.bind(*name);
        }
        let rows = query.fetch_all(store.pool()).await;
        for row in &rows.map_err(StoreError::query("read resources by their names"))? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Those of a kind without this attribute: rows from before it was written.
pub async fn lacking(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    attribute: &str,
) -> Result<Vec<Resource>, StoreError> {
    let statement = format!(
        "select {COLUMNS} from resource r where r.kind = $1 and r.region = $2 \
         and not exists (select 1 from resource_attribute a where a.kind = r.kind \
         and a.region = r.region and a.name = r.name and a.attribute = $3) order by r.name"
    );
    sqlx::query(AssertSqlSafe(statement))
        .bind(kind.as_str())
        .bind(region)
        .bind(attribute)
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("look for resources without an attribute"))?
        .iter()
        .map(read)
        .collect()
}

/// The newest of a kind and status, for each of several attributes of any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestHaving<'a> {
    pub kind: ResourceKind,
    pub region: &'a str,
    pub status: &'a str,
    pub attributes: &'a [&'a str],
    /// So many for each attribute.
    pub each: u32,
}

/// With the attribute that each was found by; of one attribute the newest first.
pub async fn newest_having(
    store: &Store,
    wanted: NewestHaving<'_>,
) -> Result<Vec<(String, Resource)>, StoreError> {
    let fault = StoreError::query("look for the newest resources with some attributes");
    let mut found = Vec::new();
    for attributes in wanted.attributes.chunks(NAMES) {
        let statement = format!(
            "select ranked.attribute as found_by, {COLUMNS} from (
                 select a.attribute, a.kind, a.region, a.name, row_number() over (
                     partition by a.attribute order by o.created_ms desc, o.name desc) as place
                 from resource_attribute a join resource o
                   on o.kind = a.kind and o.region = a.region and o.name = a.name
                 where a.kind = $1 and a.region = $2 and o.status = $3 and a.attribute in ({})
             ) ranked join resource r
               on r.kind = ranked.kind and r.region = ranked.region and r.name = ranked.name
             where ranked.place <= $4 order by ranked.attribute, ranked.place",
            places(5, attributes.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(wanted.kind.as_str())
            .bind(wanted.region)
            .bind(wanted.status)
            .bind(i64::from(wanted.each));
        for attribute in attributes {
            query = query.bind(*attribute);
        }
        for row in query.fetch_all(store.pool()).await.map_err(&fault)? {
            found.push((row.try_get("found_by").map_err(&fault)?, read(&row)?));
        }
    }
    Ok(found)
}
