//! What a page of all models looks up: narrow rows of whole kinds, without their documents, in one
//! statement for each.

use std::collections::BTreeMap;

use probity_domain::ResourceKind;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::many::{NAMES, places};
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
    let text = sqlx::query(
        "select string_agg(name || $3 || arn || $3 || status || $3 || created_ms || $3 ||
                           modified_ms || $3 || created_by || $3 || attributes, $4) as folded
         from resource where kind = $1 and region = $2",
    )
    .bind(kind.as_str())
    .bind(region)
    .bind(FIELD)
    .bind(ROW)
    .fetch_one(store.pool())
    .await;
    let text = folded(text, "read the resources of a kind")?;
    let mut heads = rows_of(&text)
        .map(|mut row| row.head())
        .collect::<Result<Vec<_>, _>>()?;
    heads.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(heads)
}

/// All of a kind with the text of their documents, which the caller reads as far as it needs.
pub async fn texts(
    store: &Store,
    kind: ResourceKind,
    region: &str,
) -> Result<Vec<(Head, String)>, StoreError> {
    let text = sqlx::query(
        "select string_agg(name || $3 || arn || $3 || status || $3 || created_ms || $3 ||
                           modified_ms || $3 || created_by || $3 || attributes || $3 || body, $4)
                    as folded
         from resource where kind = $1 and region = $2",
    )
    .bind(kind.as_str())
    .bind(region)
    .bind(FIELD)
    .bind(ROW)
    .fetch_one(store.pool())
    .await;
    let text = folded(text, "read the resources of a kind")?;
    let mut texts = rows_of(&text)
        .map(|mut row| Ok((row.head()?, row.text()?.to_owned())))
        .collect::<Result<Vec<_>, StoreError>>()?;
    texts.sort_unstable_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(texts)
}

/// Of all of a kind that have the attribute, the one made last for each of its values, with the
/// text of its document.
pub async fn latest_by(
    store: &Store,
    (kind, region): (ResourceKind, &str),
    attribute: &str,
) -> Result<BTreeMap<String, (Head, String)>, StoreError> {
    let fault = StoreError::query("read the last resources of each value");
    let rows = sqlx::query(
        "select value, name, arn, status, created_ms, modified_ms, created_by, attributes, body
         from (
             select a.value, r.name, r.arn, r.status, r.created_ms, r.modified_ms, r.created_by,
                    r.attributes, r.body,
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
        let found = (head(row)?, row.try_get("body").map_err(&fault)?);
        latest.insert(row.try_get("value").map_err(&fault)?, found);
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

impl LastRun {
    pub fn has_verdict(&self) -> bool {
        matches!(
            self.status.as_str(),
            "Completed" | "CompletedWithViolations"
        )
    }
}

// Of those since the schedule was made: a name may be used again.
macro_rules! last_runs {
    ($columns:literal, $of:literal) => {
        concat!(
            "select ",
            $columns,
            " from monitoring_last_run e
             join resource r on r.kind = 'monitoring-schedule' and r.region = e.region
              and r.name = e.schedule
             where e.region = $1 and e.created_ms >= r.created_ms",
            $of
        )
    };
}

/// The last run of every schedule that ended with something to say.
pub async fn last_runs(store: &Store, region: &str) -> Result<Vec<LastRun>, StoreError> {
    let text = sqlx::query(last_runs!(
        "string_agg(e.id || $2 || e.schedule || $2 || e.scheduled_ms || $2 || e.created_ms || $2 ||
                    e.modified_ms || $2 || e.status || $2 || e.violations, $3) as folded",
        ""
    ))
    .bind(region)
    .bind(FIELD)
    .bind(ROW)
    .fetch_one(store.pool())
    .await;
    let text = folded(text, "read the last runs of all schedules")?;
    rows_of(&text).map(|mut row| row.run()).collect()
}

/// The same of these schedules.
pub async fn last_runs_of(
    store: &Store,
    region: &str,
    schedules: &[&str],
) -> Result<Vec<LastRun>, StoreError> {
    let mut found = Vec::new();
    for names in schedules.chunks(NAMES) {
        let statement = format!(
            "{} ({})",
            last_runs!(
                "e.id, e.schedule, e.scheduled_ms, e.created_ms, e.modified_ms, e.status,
                 e.violations",
                " and e.schedule in"
            ),
            places(2, names.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(region);
        for name in names {
            query = query.bind(*name);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("read the last runs of schedules"))?;
        found.extend(rows.iter().map(run).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
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
        // Only text of this module goes into the statement. The sign keeps SQLite from walking the
        // runs of all schedules by their time.
        let statement = format!(
            "select id, schedule, scheduled_ms, created_ms, modified_ms, status, violations
             from monitoring_execution
             where region = $1 and schedule in ({}) and scheduled_ms >= $2
             order by +scheduled_ms, revision, id",
            places(3, names.len())
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

/// Violations by stretches of `length_ms` since 1970 and by kind, since `from_ms`. Of a slot that was
/// scored again, the last verdict counts; a run without a count found one at least.
pub async fn violations(
    store: &Store,
    (region, from_ms): (&str, i64),
    length_ms: i64,
) -> Result<Vec<Found>, StoreError> {
    let rows = sqlx::query(
        "select scheduled_ms / $3 as stretch, monitoring_type, count(*) as runs,
                cast(sum(case when violations < 0 then 1 else violations end) as bigint)
                    as violations
         from monitoring_execution
         where region = $1 and status = 'CompletedWithViolations' and overtaken = 0
           and scheduled_ms >= $2
         group by 1, 2 order by 1, 2",
    )
    .bind(region)
    .bind(from_ms)
    .bind(length_ms)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("count violations"))?;
    rows.iter().map(found).collect()
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

/// Calls of these endpoints by stretches of `length_ms` since 1970, since `from_ms`.
pub async fn calls(
    store: &Store,
    endpoints: &[&str],
    (region, from_ms, length_ms): (&str, i64, i64),
) -> Result<Vec<Calls>, StoreError> {
    let fault = StoreError::query("read the calls of endpoints");
    let mut found = Vec::new();
    for endpoints in endpoints.chunks(NAMES) {
        // Only text of this module goes into the statement.
        let statement = format!(
            "select endpoint, hour_ms / $3 as stretch, cast(sum(answered) as bigint) as answered,
                    cast(sum(failed) as bigint) as failed,
                    cast(sum(captured) as bigint) as captured
             from endpoint_traffic
             where region = $1 and endpoint in ({}) and hour_ms >= $2
             group by 1, 2 order by 1, 2",
            places(4, endpoints.len())
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

// Whole kinds come as one text that the database folds: to take thousands of rows one by one costs
// several times what reading and joining them does (measured with `cargo xtask bench dashboard`).
// JSON escapes the two signs, and names cannot have them.
const FIELD: &str = "\u{1f}";
const ROW: &str = "\u{1e}";

fn folded(row: Result<AnyRow, sqlx::Error>, doing: &'static str) -> Result<String, StoreError> {
    let row = row.map_err(StoreError::query(doing))?;
    let text: Option<String> = row.try_get("folded").map_err(StoreError::query(doing))?;
    // Nothing folds to nothing.
    Ok(text.unwrap_or_default())
}

fn rows_of(text: &str) -> impl Iterator<Item = Folded<'_>> {
    let rows = text.split(ROW).filter(|row| !row.is_empty());
    rows.map(|row| Folded(row.split(FIELD)))
}

/// A row in the order of its columns.
struct Folded<'a>(std::str::Split<'a, &'static str>);

impl<'a> Folded<'a> {
    fn text(&mut self) -> Result<&'a str, StoreError> {
        self.0.next().ok_or_else(|| {
            let missing = std::io::Error::other("a column is missing");
            StoreError::damaged("a row of a kind", missing)
        })
    }

    fn number(&mut self) -> Result<i64, StoreError> {
        let text = self.text()?;
        text.parse()
            .map_err(|error| StoreError::damaged(format!("the number `{text}`"), error))
    }

    fn head(&mut self) -> Result<Head, StoreError> {
        let name = self.text()?.to_owned();
        let arn = self.text()?.to_owned();
        Ok(Head {
            name,
            status: self.text()?.to_owned(),
            created_ms: self.number()?,
            modified_ms: self.number()?,
            created_by: self.text()?.to_owned(),
            attributes: attributes(&arn, self.text()?)?,
            arn,
        })
    }

    fn run(&mut self) -> Result<LastRun, StoreError> {
        Ok(LastRun {
            id: self.text()?.to_owned(),
            schedule: self.text()?.to_owned(),
            scheduled_ms: self.number()?,
            created_ms: self.number()?,
            modified_ms: self.number()?,
            status: self.text()?.to_owned(),
            violations: self.number()?,
        })
    }
}

fn attributes(arn: &str, text: &str) -> Result<BTreeMap<String, String>, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::damaged(format!("resource `{arn}`"), error))
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

fn found(row: &AnyRow) -> Result<Found, StoreError> {
    let fault = StoreError::query("read counts of violations");
    Ok(Found {
        stretch: row.try_get("stretch").map_err(&fault)?,
        monitoring_type: row.try_get("monitoring_type").map_err(&fault)?,
        runs: row.try_get("runs").map_err(&fault)?,
        violations: row.try_get("violations").map_err(&fault)?,
    })
}

fn head(row: &AnyRow) -> Result<Head, StoreError> {
    let fault = StoreError::query("read a resource");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let arn = text("arn")?;
    let attributes = attributes(&arn, &text("attributes")?)?;
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
