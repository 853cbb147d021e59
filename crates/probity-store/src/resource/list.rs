//! Lists of resources: filters, four sort orders in both directions, keyset pages.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use sqlx::AssertSqlSafe;

use super::{Resource, read};
use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::store::Store;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    #[default]
    Name,
    Created,
    Modified,
    Status,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    #[default]
    Ascending,
    Descending,
}

/// Which resources, in which order, and where to go on. Bounds of times are part of the range.
#[derive(Clone, Debug, PartialEq)]
pub struct ListResources {
    pub kind: ResourceKind,
    pub region: String,
    /// Case matters.
    pub name_contains: Option<String>,
    pub created_after_ms: Option<i64>,
    pub created_before_ms: Option<i64>,
    pub modified_after_ms: Option<i64>,
    pub modified_before_ms: Option<i64>,
    pub status: Option<String>,
    /// All must be equal.
    pub attributes: Vec<(String, String)>,
    pub sort_by: SortBy,
    pub order: SortOrder,
    pub after: Option<Cursor>,
    pub limit: u32,
}

impl ListResources {
    /// All of a kind, by name.
    pub fn all(kind: ResourceKind, region: impl Into<String>, limit: u32) -> ListResources {
        ListResources {
            kind,
            region: region.into(),
            name_contains: None,
            created_after_ms: None,
            created_before_ms: None,
            modified_after_ms: None,
            modified_before_ms: None,
            status: None,
            attributes: Vec::new(),
            sort_by: SortBy::default(),
            order: SortOrder::default(),
            after: None,
            limit,
        }
    }
}

/// One page. A cursor of another sort order is answered with a fault: [`StoreError::Cursor`].
pub async fn list(store: &Store, wanted: &ListResources) -> Result<Page<Resource>, StoreError> {
    // Only text of this module goes into the statement, never a caller's.
    let mut query = sqlx::query(AssertSqlSafe(statement(wanted)))
        .bind(wanted.kind.as_str())
        .bind(&wanted.region)
        .bind(wanted.created_after_ms.unwrap_or(i64::MIN))
        .bind(wanted.created_before_ms.unwrap_or(i64::MAX))
        .bind(wanted.modified_after_ms.unwrap_or(i64::MIN))
        .bind(wanted.modified_before_ms.unwrap_or(i64::MAX))
        .bind(one_more(wanted.limit));
    if let Some(part) = name_part(wanted) {
        query = query.bind(part);
    }
    if let Some(status) = &wanted.status {
        query = query.bind(status);
    }
    for (attribute, value) in &wanted.attributes {
        query = query.bind(attribute).bind(value);
    }
    if let Some(after) = &wanted.after {
        query = match wanted.sort_by {
            SortBy::Name => query.bind(&after.name),
            SortBy::Created | SortBy::Modified => {
                let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
                query.bind(at_ms).bind(&after.name)
            }
            SortBy::Status => query.bind(&after.key).bind(&after.name),
        };
    }
    let rows = query
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("list resources"))?;
    let resources = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(resources, wanted.limit, |last| Cursor {
        key: match wanted.sort_by {
            SortBy::Name => last.name.clone(),
            SortBy::Created => last.created_ms.to_string(),
            SortBy::Modified => last.modified_ms.to_string(),
            SortBy::Status => last.status.clone(),
        },
        name: last.name.clone(),
    }))
}

/// Pairs that one statement asks for; SQLite takes no deeper expression than 1000.
const PAIRS: usize = 200;

/// Those of a kind that have any of these attributes with its value, each once, by name.
pub async fn with_any(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    pairs: &[(&str, &str)],
) -> Result<Vec<Resource>, StoreError> {
    let mut found = BTreeMap::new();
    for pairs in pairs.chunks(PAIRS) {
        let tests: Vec<String> = (0..pairs.len())
            .map(|index| {
                let at = 2 * index + 3;
                format!("(attribute = ${at} and value = ${})", at + 1)
            })
            .collect();
        let statement = format!(
            "select kind, region, name, arn, version, status, created_ms, modified_ms, \
             created_by, modified_by, attributes, body from resource \
             where kind = $1 and region = $2 and name in (select name from resource_attribute \
             where kind = $1 and region = $2 and ({}))",
            tests.join(" or ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(kind.as_str())
            .bind(region);
        for (attribute, value) in pairs {
            query = query.bind(*attribute).bind(*value);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("look for resources by an attribute"))?;
        for row in &rows {
            let resource = read(row)?;
            found.insert(resource.name.clone(), resource);
        }
    }
    Ok(found.into_values().collect())
}

/// For each of these values of an attribute, the newest of a kind that has it.
pub async fn newest_with(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    (attribute, values): (&str, &[&str]),
) -> Result<Vec<Resource>, StoreError> {
    let mut found = Vec::new();
    for values in values.chunks(PAIRS) {
        let places: Vec<String> = (0..values.len())
            .map(|index| format!("(${})", index + 4))
            .collect();
        let statement = format!(
            "with wanted(value) as (values {}) \
             select kind, region, name, arn, version, status, created_ms, modified_ms, \
             created_by, modified_by, attributes, body from resource \
             where kind = $1 and region = $2 and name in (select (select r.name \
             from resource_attribute a join resource r \
             on r.kind = a.kind and r.region = a.region and r.name = a.name \
             where a.kind = $1 and a.region = $2 and a.attribute = $3 and a.value = wanted.value \
             order by r.created_ms desc, r.name desc limit 1) from wanted) order by name",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(kind.as_str())
            .bind(region)
            .bind(attribute);
        for value in values {
            query = query.bind(*value);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("look for the newest resources"))?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// An empty part is in every name.
fn name_part(wanted: &ListResources) -> Option<&String> {
    wanted
        .name_contains
        .as_ref()
        .filter(|part| !part.is_empty())
}

fn statement(wanted: &ListResources) -> String {
    let mut text = String::from(
        "select kind, region, name, arn, version, status, created_ms, modified_ms, \
         created_by, modified_by, attributes, body from resource \
         where kind = $1 and region = $2 and created_ms >= $3 and created_ms <= $4 \
         and modified_ms >= $5 and modified_ms <= $6",
    );
    let mut last = 7;
    let mut next = || {
        last += 1;
        format!("${last}")
    };
    if name_part(wanted).is_some() {
        // `like` ignores case in SQLite and not in PostgreSQL, and takes `%` and `_` for itself.
        text += &format!(" and replace(name, {}, '') <> name", next());
    }
    if wanted.status.is_some() {
        text += &format!(" and status = {}", next());
    }
    for _ in &wanted.attributes {
        text += &format!(
            " and exists (select 1 from resource_attribute a where a.kind = resource.kind \
             and a.region = resource.region and a.name = resource.name \
             and a.attribute = {} and a.value = {})",
            next(),
            next()
        );
    }
    let (direction, beyond) = match wanted.order {
        SortOrder::Ascending => ("asc", ">"),
        SortOrder::Descending => ("desc", "<"),
    };
    let column = match wanted.sort_by {
        SortBy::Name => None,
        SortBy::Created => Some("created_ms"),
        SortBy::Modified => Some("modified_ms"),
        SortBy::Status => Some("status"),
    };
    match (wanted.after.is_some(), column) {
        (false, _) => {}
        (true, None) => text += &format!(" and name {beyond} {}", next()),
        (true, Some(column)) => {
            text += &format!(" and ({column}, name) {beyond} ({}, {})", next(), next());
        }
    }
    match column {
        None => text += &format!(" order by name {direction}"),
        Some(column) => text += &format!(" order by {column} {direction}, name {direction}"),
    }
    text + " limit $7"
}
