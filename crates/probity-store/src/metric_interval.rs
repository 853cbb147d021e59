//! How sure the numbers of a run are: the interval of each, where its analysis gave one.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::metric_point::{dimensions_of, dimensions_text};
use crate::store::{Backend, Store, Unit};

/// The interval of one number of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricInterval {
    pub region: String,
    pub schedule: String,
    pub name: String,
    /// Without those that name schedule, endpoint and revision.
    pub dimensions: BTreeMap<String, String>,
    /// Of the window's start.
    pub at_ms: i64,
    pub execution: String,
    pub low: f64,
    pub high: f64,
}

/// Intervals of one number over time; both bounds are part of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalsOf<'a> {
    pub region: &'a str,
    pub schedule: &'a str,
    pub name: &'a str,
    pub dimensions: &'a BTreeMap<String, String>,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// An interval, and the run whose number it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct OfExecution {
    pub execution: String,
    pub low: f64,
    pub high: f64,
}

pub async fn insert(unit: &mut Unit, intervals: &[MetricInterval]) -> Result<(), StoreError> {
    for interval in intervals {
        sqlx::query(
            "insert into metric_interval (region, schedule, name, dimensions, at_ms, execution,
                                          low, high)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
        )
        .bind(&interval.region)
        .bind(&interval.schedule)
        .bind(&interval.name)
        .bind(dimensions_text(&interval.dimensions))
        .bind(interval.at_ms)
        .bind(&interval.execution)
        .bind(interval.low)
        .bind(interval.high)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write an interval"))?;
    }
    Ok(())
}

pub async fn select(
    store: &Store,
    wanted: IntervalsOf<'_>,
) -> Result<Vec<OfExecution>, StoreError> {
    let fault = StoreError::query("read intervals");
    let rows = sqlx::query(
        "select execution, low, high from metric_interval
         where region = $1 and schedule = $2 and name = $3 and dimensions = $4
           and at_ms >= $5 and at_ms <= $6
         order by at_ms, execution",
    )
    .bind(wanted.region)
    .bind(wanted.schedule)
    .bind(wanted.name)
    .bind(dimensions_text(wanted.dimensions))
    .bind(wanted.from_ms)
    .bind(wanted.to_ms)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            Ok(OfExecution {
                execution: row.try_get("execution").map_err(&fault)?,
                low: row.try_get("low").map_err(&fault)?,
                high: row.try_get("high").map_err(&fault)?,
            })
        })
        .collect()
}

/// One of the intervals of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct OfNumber {
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    pub low: f64,
    pub high: f64,
}

pub async fn of_execution(store: &Store, execution: &str) -> Result<Vec<OfNumber>, StoreError> {
    let fault = StoreError::query("read the intervals of an execution");
    let rows = sqlx::query(
        "select name, dimensions, low, high from metric_interval where execution = $1
         order by name, dimensions",
    )
    .bind(execution)
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    rows.iter()
        .map(|row| {
            Ok(OfNumber {
                name: row.try_get("name").map_err(&fault)?,
                dimensions: dimensions_of(row)?,
                low: row.try_get("low").map_err(&fault)?,
                high: row.try_get("high").map_err(&fault)?,
            })
        })
        .collect()
}

/// Deletes at most `limit` intervals of before `before_ms`, the oldest first; gives how many.
pub async fn delete_before(unit: &mut Unit, before_ms: i64, limit: u32) -> Result<u64, StoreError> {
    let place = match unit.backend() {
        Backend::Sqlite => "rowid",
        Backend::Postgres => "ctid",
    };
    let statement = format!(
        "delete from metric_interval where {place} in (select {place} from metric_interval
         where at_ms < $1 order by at_ms limit $2)"
    );
    let deleted = sqlx::query(AssertSqlSafe(statement))
        .bind(before_ms)
        .bind(i64::from(limit))
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old intervals"))?;
    Ok(deleted.rows_affected())
}
