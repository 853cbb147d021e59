//! What a page of all models looks up: narrow rows of whole kinds, without their documents, in one
//! statement for each.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::store::Store;

/// A resource without its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    pub arn: String,
    pub status: String,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub created_by: String,
    pub attributes: BTreeMap<String, String>,
}

/// All of a kind, by name.
pub async fn heads(
    store: &Store,
    kind: ResourceKind,
    region: &str,
) -> Result<Vec<Head>, StoreError> {
    sqlx::query(
        "select name, arn, status, created_ms, modified_ms, created_by, attributes
         from resource where kind = $1 and region = $2 order by name",
    )
    .bind(kind.as_str())
    .bind(region)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read the resources of a kind"))?
    .iter()
    .map(head)
    .collect()
}

/// All of a kind with the text of their documents, which the caller reads as far as it needs.
pub async fn texts(
    store: &Store,
    kind: ResourceKind,
    region: &str,
) -> Result<Vec<(Head, String)>, StoreError> {
    let fault = StoreError::query("read the resources of a kind");
    sqlx::query(
        "select name, arn, status, created_ms, modified_ms, created_by, attributes, body
         from resource where kind = $1 and region = $2 order by name",
    )
    .bind(kind.as_str())
    .bind(region)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?
    .iter()
    .map(|row| Ok((head(row)?, row.try_get("body").map_err(&fault)?)))
    .collect()
}

/// Of all of a kind that have the attribute, the one made last for each of its values.
pub async fn latest_by(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    attribute: &str,
) -> Result<BTreeMap<String, Head>, StoreError> {
    let fault = StoreError::query("read the last resources of each value");
    let rows = sqlx::query(
        "select value, name, arn, status, created_ms, modified_ms, created_by, attributes from (
             select a.value, r.name, r.arn, r.status, r.created_ms, r.modified_ms, r.created_by,
                    r.attributes,
                    row_number() over (partition by a.value order by r.created_ms desc, r.name desc)
                        as place
             from resource_attribute a
             join resource r on r.kind = a.kind and r.region = a.region and r.name = a.name
             where a.kind = $1 and a.region = $2 and a.attribute = $3) placed
         where place = 1",
    )
    .bind(kind.as_str())
    .bind(region)
    .bind(attribute)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    let mut latest = BTreeMap::new();
    for row in &rows {
        latest.insert(row.try_get("value").map_err(&fault)?, head(row)?);
    }
    Ok(latest)
}

/// A run of a schedule, without what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    pub id: String,
    pub schedule: String,
    pub scheduled_ms: i64,
    pub created_ms: i64,
    pub modified_ms: i64,
    pub status: String,
    /// As in `monitoring_execution`: -1 while it is not known.
    pub violations: i64,
}

/// Of every schedule that has run since it was made.
pub async fn last_runs(store: &Store, region: &str) -> Result<Vec<LastRun>, StoreError> {
    let rows = sqlx::query(
        "select e.id, e.schedule, e.scheduled_ms, e.created_ms, e.modified_ms, e.status,
                e.violations
         from resource r
         join monitoring_execution e on e.id = (
             select last.id from monitoring_execution last
             where last.region = r.region and last.schedule = r.name
             order by last.scheduled_ms desc, last.revision desc, last.id desc limit 1)
         where r.kind = 'monitoring-schedule' and r.region = $1 and e.created_ms >= r.created_ms",
    )
    .bind(region)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read the last runs of all schedules"))?;
    rows.iter().map(run).collect()
}

/// Runs of these schedules that were due since `from_ms`, in the order of their slots; of one slot
/// the last revision comes last.
pub async fn runs_since(
    store: &Store,
    schedules: &[&str],
    (region, from_ms): (&str, i64),
) -> Result<Vec<LastRun>, StoreError> {
    let fault = StoreError::query("read the runs of schedules");
    let mut found = Vec::new();
    for names in schedules.chunks(NAMES) {
        let places: Vec<String> = (0..names.len())
            .map(|index| format!("${}", index + 3))
            .collect();
        // Only text of this module goes into the statement.
        let statement = format!(
            "select id, schedule, scheduled_ms, created_ms, modified_ms, status, violations
             from monitoring_execution
             where region = $1 and schedule in ({}) and scheduled_ms >= $2
             order by scheduled_ms, revision, id",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(region)
            .bind(from_ms);
        for name in names {
            query = query.bind(*name);
        }
        let rows = query.fetch_all(store.pool()).await.map_err(&fault)?;
        found.extend(rows.iter().map(run).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// What runs of one kind found in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `scheduled_ms` divided by the length of the stretch.
    pub stretch: i64,
    pub monitoring_type: String,
    pub runs: i64,
    pub violations: i64,
}

/// Violations by stretches of `length_ms` since 1970 and by kind, since `from_ms`.
pub async fn violations(
    store: &Store,
    (region, from_ms): (&str, i64),
    length_ms: i64,
) -> Result<Vec<Found>, StoreError> {
    let fault = StoreError::query("count violations");
    let rows = sqlx::query(
        "select scheduled_ms / $3 as stretch, monitoring_type, count(*) as runs,
                cast(sum(violations) as bigint) as violations
         from monitoring_execution
         where region = $1 and status = 'CompletedWithViolations' and scheduled_ms >= $2
         group by 1, 2 order by 1, 2",
    )
    .bind(region)
    .bind(from_ms)
    .bind(length_ms)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            Ok(Found {
                stretch: row.try_get("stretch").map_err(&fault)?,
                monitoring_type: row.try_get("monitoring_type").map_err(&fault)?,
                runs: row.try_get("runs").map_err(&fault)?,
                violations: row.try_get("violations").map_err(&fault)?,
            })
        })
        .collect()
}

/// Calls of one endpoint in one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    pub endpoint: String,
    pub stretch: i64,
    pub answered: i64,
    pub failed: i64,
    pub captured: i64,
}

/// Names that one statement asks for.
const NAMES: usize = 400;

/// Calls of these endpoints by stretches of `length_ms` since 1970, since `from_ms`.
pub async fn calls(
    store: &Store,
    endpoints: &[&str],
    (region, from_ms, length_ms): (&str, i64, i64),
) -> Result<Vec<Calls>, StoreError> {
    let fault = StoreError::query("read the calls of endpoints");
    let mut found = Vec::new();
    for endpoints in endpoints.chunks(NAMES) {
        let places: Vec<String> = (0..endpoints.len())
            .map(|index| format!("${}", index + 4))
            .collect();
        // Only text of this module goes into the statement.
        let statement = format!(
            "select endpoint, hour_ms / $3 as stretch, cast(sum(answered) as bigint) as answered,
                    cast(sum(failed) as bigint) as failed,
                    cast(sum(captured) as bigint) as captured
             from endpoint_traffic
             where region = $1 and endpoint in ({}) and hour_ms >= $2
             group by 1, 2 order by 1, 2",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(region)
            .bind(from_ms)
            .bind(length_ms);
        for endpoint in endpoints {
            query = query.bind(*endpoint);
        }
        for row in &query.fetch_all(store.pool()).await.map_err(&fault)? {
            found.push(Calls {
                endpoint: row.try_get("endpoint").map_err(&fault)?,
                stretch: row.try_get("stretch").map_err(&fault)?,
                answered: row.try_get("answered").map_err(&fault)?,
                failed: row.try_get("failed").map_err(&fault)?,
                captured: row.try_get("captured").map_err(&fault)?,
            });
        }
    }
    Ok(found)
}

fn run(row: &AnyRow) -> Result<LastRun, StoreError> {
    let fault = StoreError::query("read a run");
    Ok(LastRun {
        id: row.try_get("id").map_err(&fault)?,
        schedule: row.try_get("schedule").map_err(&fault)?,
        scheduled_ms: row.try_get("scheduled_ms").map_err(&fault)?,
        created_ms: row.try_get("created_ms").map_err(&fault)?,
        modified_ms: row.try_get("modified_ms").map_err(&fault)?,
        status: row.try_get("status").map_err(&fault)?,
        violations: row.try_get("violations").map_err(&fault)?,
    })
}

fn head(row: &AnyRow) -> Result<Head, StoreError> {
    let fault = StoreError::query("read a resource");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let arn = text("arn")?;
    let attributes = serde_json::from_str(&text("attributes")?)
        .map_err(|error| StoreError::damaged(format!("resource `{arn}`"), error))?;
    Ok(Head {
        name: text("name")?,
        status: text("status")?,
        created_ms: row.try_get("created_ms").map_err(&fault)?,
        modified_ms: row.try_get("modified_ms").map_err(&fault)?,
        created_by: text("created_by")?,
        attributes,
        arn,
    })
}
