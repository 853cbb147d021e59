//! Numbers over time, as CloudWatch keeps them: a statistic set (sum, count, minimum, maximum)
//! for each instant, by region, namespace, name and dimensions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::many::places;
use crate::store::{Backend, Store, Unit};

#[derive(Clone, Debug, PartialEq)]
pub struct MetricPoint {
    pub region: String,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub at_ms: i64,
    pub sum: f64,
    pub count: f64,
    pub minimum: f64,
    pub maximum: f64,
    pub unit: Option<String>,
}

/// Points of one metric; the dimensions are exactly these. Both bounds are part of the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectPoints {
    pub region: String,
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// What a metric is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MetricName {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListMetrics {
    pub region: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    /// Each must be there; with a value, it must have that value. Others may be there as well.
    pub dimensions: Vec<(String, Option<String>)>,
    /// Metrics with a point at or after this instant.
    pub since_ms: Option<i64>,
    pub after: Option<MetricName>,
    pub limit: u32,
}

/// Rows of names are locked in one order whatever the order of `points`: two units that meet the
/// same names otherwise wait for each other on PostgreSQL, which ends one of them.
pub async fn insert(unit: &mut Unit, points: &[MetricPoint]) -> Result<(), StoreError> {
    let mut points: Vec<(&MetricPoint, String)> = points
        .iter()
        .map(|point| (point, dimensions_text(&point.dimensions)))
        .collect();
    points.sort_by(|(a, of_a), (b, of_b)| {
        let a = (&a.region, &a.namespace, &a.name, of_a);
        a.cmp(&(&b.region, &b.namespace, &b.name, of_b))
    });
    for (point, dimensions) in points {
        insert_point(unit, point, &dimensions).await?;
        let metric = (&*point.namespace, &*point.name, &*dimensions);
        name_metric(unit, &point.region, metric, point.at_ms).await?;
    }
    Ok(())
}

/// Names a metric whose values are not points.
pub async fn announce(
    unit: &mut Unit,
    region: &str,
    (name, last_ms): (&MetricName, i64),
) -> Result<(), StoreError> {
    let dimensions = dimensions_text(&name.dimensions);
    let metric = (&*name.namespace, &*name.name, &*dimensions);
    name_metric(unit, region, metric, last_ms).await
}

async fn name_metric(
    unit: &mut Unit,
    region: &str,
    (namespace, name, dimensions): (&str, &str, &str),
    last_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into metric (region, namespace, name, dimensions, last_ms)
         values ($1, $2, $3, $4, $5)
         on conflict (region, namespace, name, dimensions) do update
         set last_ms = excluded.last_ms where excluded.last_ms > metric.last_ms",
    )
    .bind(region)
    .bind(namespace)
    .bind(name)
    .bind(dimensions)
    .bind(last_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write the name of a metric"))?;
    Ok(())
}

async fn insert_point(
    unit: &mut Unit,
    point: &MetricPoint,
    dimensions: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into metric_point (region, namespace, name, dimensions, at_ms, total, samples,
                                   minimum, maximum, unit)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&point.region)
    .bind(&point.namespace)
    .bind(&point.name)
    .bind(dimensions)
    .bind(point.at_ms)
    .bind(point.sum)
    .bind(point.count)
    .bind(point.minimum)
    .bind(point.maximum)
    .bind(point.unit.as_deref())
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a metric point"))?;
    Ok(())
}

/// Points in the order of time.
pub async fn select(store: &Store, wanted: &SelectPoints) -> Result<Vec<MetricPoint>, StoreError> {
    sqlx::query(
        "select region, namespace, name, dimensions, at_ms, total, samples, minimum, maximum, unit
         from metric_point
         where region = $1 and namespace = $2 and name = $3 and dimensions = $4
           and at_ms >= $5 and at_ms <= $6
         order by at_ms",
    )
    .bind(&wanted.region)
    .bind(&wanted.namespace)
    .bind(&wanted.name)
    .bind(dimensions_text(&wanted.dimensions))
    .bind(wanted.from_ms)
    .bind(wanted.to_ms)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read metric points"))?
    .iter()
    .map(read)
    .collect()
}

/// The same for a metric that has several sets of dimensions, as one whose windows were scored
/// again: points of all of them in the order of time. `wanted` names none.
pub async fn select_each(
    store: &Store,
    wanted: &SelectPoints,
    dimensions: &[BTreeMap<String, String>],
) -> Result<Vec<MetricPoint>, StoreError> {
    if dimensions.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!(
        "select region, namespace, name, dimensions, at_ms, total, samples, minimum, maximum, unit
         from metric_point
         where region = $1 and namespace = $2 and name = $3 and at_ms >= $4 and at_ms <= $5
           and dimensions in ({})
         order by at_ms",
        places(6, dimensions.len())
    );
    // Only the number of places varies.
    let mut query = sqlx::query(AssertSqlSafe(statement))
        .bind(&wanted.region)
        .bind(&wanted.namespace)
        .bind(&wanted.name)
        .bind(wanted.from_ms)
        .bind(wanted.to_ms);
    for one in dimensions {
        query = query.bind(dimensions_text(one));
    }
    query
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read metric points"))?
        .iter()
        .map(read)
        .collect()
}

/// Points of one instant that have this dimension beside any others, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsOf<'a> {
    pub region: &'a str,
    pub namespace: &'a str,
    pub at_ms: i64,
    pub dimension: (&'a str, &'a str),
    pub limit: u32,
}

pub async fn of_instant(
    store: &Store,
    wanted: &PointsOf<'_>,
) -> Result<Vec<MetricPoint>, StoreError> {
    let (name, value) = wanted.dimension;
    // As `dimensions_text` writes the pair. Neither may be a part of a longer one: quotes inside
    // of a name or value are escaped.
    let pair = format!("{}:{}", json!(name), json!(value));
    // There are far fewer names than points: those with the dimension are found first, and `cross`
    // has SQLite keep to that.
    sqlx::query(
        "select p.region, p.namespace, p.name, p.dimensions, p.at_ms, p.total, p.samples,
                p.minimum, p.maximum, p.unit
         from metric m cross join metric_point p
         where m.region = $2 and m.namespace = $3 and m.last_ms >= $1
           and replace(m.dimensions, $4, '') <> m.dimensions
           and p.region = m.region and p.namespace = m.namespace and p.name = m.name
           and p.dimensions = m.dimensions and p.at_ms = $1
         order by p.name, p.dimensions limit $5",
    )
    .bind(wanted.at_ms)
    .bind(wanted.region)
    .bind(wanted.namespace)
    .bind(pair)
    .bind(i64::from(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read the metric points of an instant"))?
    .iter()
    .map(read)
    .collect()
}

/// Deletes at most `limit` points of before `before_ms`, the oldest first; gives how many.
pub async fn delete_before(unit: &mut Unit, before_ms: i64, limit: u32) -> Result<u64, StoreError> {
    // Points have no key of their own: each database has a name for where a row lies.
    let place = match unit.backend() {
        Backend::Sqlite => "rowid",
        Backend::Postgres => "ctid",
    };
    let statement = format!(
        "delete from metric_point where {place} in (select {place} from metric_point
         where at_ms < $1 order by at_ms limit $2)"
    );
    let deleted = sqlx::query(AssertSqlSafe(statement))
        .bind(before_ms)
        .bind(i64::from(limit))
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old metric points"))?;
    Ok(deleted.rows_affected())
}

/// Deletes the names of metrics whose last point was before `before_ms`.
pub async fn delete_names_before(unit: &mut Unit, before_ms: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from metric where last_ms < $1")
        .bind(before_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete names of old metrics"))?;
    Ok(deleted.rows_affected())
}

/// How many names are read at a time while dimensions are compared.
const NAMES_PAGE: u32 = 500;

/// Names of metrics, sorted; as many as `limit`, fewer at the end.
pub async fn names(store: &Store, wanted: &ListMetrics) -> Result<Vec<MetricName>, StoreError> {
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut after = wanted.after.clone();
    loop {
        let page = names_page(store, wanted, after.as_ref()).await?;
        let is_last = page.len() < usize::try_from(NAMES_PAGE).unwrap_or(usize::MAX);
        after = page.last().cloned();
        found.extend(
            page.into_iter()
                .filter(|name| has(name, &wanted.dimensions)),
        );
        if is_last || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

/// Dimensions are JSON text, which is compared here and not in SQL.
fn has(name: &MetricName, wanted: &[(String, Option<String>)]) -> bool {
    wanted.iter().all(
        |(dimension, value)| match (name.dimensions.get(dimension), value) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(found), Some(value)) => found == value,
        },
    )
}

async fn names_page(
    store: &Store,
    wanted: &ListMetrics,
    after: Option<&MetricName>,
) -> Result<Vec<MetricName>, StoreError> {
    let fault = StoreError::query("list metrics");
    let (namespace, name, dimensions) = match after {
        None => ("", "", String::new()),
        Some(after) => (
            after.namespace.as_str(),
            after.name.as_str(),
            dimensions_text(&after.dimensions),
        ),
    };
    // An empty text stands for "any": no namespace and no metric has an empty name.
    let rows = sqlx::query(
        "select namespace, name, dimensions from metric
         where region = $1 and ($2 = '' or namespace = $2) and ($3 = '' or name = $3)
           and last_ms >= $4 and (namespace, name, dimensions) > ($5, $6, $7)
         order by namespace, name, dimensions limit $8",
    )
    .bind(&wanted.region)
    .bind(wanted.namespace.as_deref().unwrap_or_default())
    .bind(wanted.name.as_deref().unwrap_or_default())
    .bind(wanted.since_ms.unwrap_or(i64::MIN))
    .bind(namespace)
    .bind(name)
    .bind(dimensions)
    .bind(i64::from(NAMES_PAGE))
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            Ok(MetricName {
                namespace: row.try_get("namespace").map_err(&fault)?,
                name: row.try_get("name").map_err(&fault)?,
                dimensions: dimensions_of(row)?,
            })
        })
        .collect()
}

/// A `BTreeMap` is written in the order of its names: equal dimensions are equal texts.
pub(crate) fn dimensions_text(dimensions: &BTreeMap<String, String>) -> String {
    json!(dimensions).to_string()
}

pub(crate) fn dimensions_of(row: &AnyRow) -> Result<BTreeMap<String, String>, StoreError> {
    let text: String = row
        .try_get("dimensions")
        .map_err(StoreError::query("read the dimensions of a metric"))?;
    serde_json::from_str(&text).map_err(|error| StoreError::damaged("a metric's dimensions", error))
}

fn read(row: &AnyRow) -> Result<MetricPoint, StoreError> {
    let fault = StoreError::query("read a metric point");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<f64, _>(column).map_err(&fault);
    Ok(MetricPoint {
        region: text("region")?,
        namespace: text("namespace")?,
        name: text("name")?,
        dimensions: dimensions_of(row)?,
        at_ms: row.try_get("at_ms").map_err(&fault)?,
        sum: number("total")?,
        count: number("samples")?,
        minimum: number("minimum")?,
        maximum: number("maximum")?,
        unit: row.try_get("unit").map_err(&fault)?,
    })
}
