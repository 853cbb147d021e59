//! How long endpoints took, and how they failed, by the minute and by the hour: what percentiles of
//! any longer time are read from.
//!
//! A row is a part: what one process counted of one variant in one stretch of time. Parts are added
//! up by whoever reads them, so that servers never wait for each other's rows.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::latency_histogram::LatencyHistogram;
use crate::many::{NAMES, places};
use crate::store::{Store, Unit};

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Calls of one variant in a minute or an hour, as one process saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointLatency {
    pub region: String,
    pub endpoint: String,
    pub variant: String,
    /// [`MINUTE_MS`] or [`HOUR_MS`].
    pub length_ms: i64,
    pub from_ms: i64,
    /// Names the process.
    pub part: String,
    pub calls: Latencies,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// How long the model took, also where it failed.
    pub model: LatencyHistogram,
    /// What the server itself added.
    pub overhead: LatencyHistogram,
    /// The model refused the request.
    pub refused: i64,
    /// The model failed.
    pub failed: i64,
}

impl Latencies {
    pub fn merge(&mut self, other: &Latencies) {
        self.model.merge(&other.model);
        self.overhead.merge(&other.overhead);
        self.refused += other.refused;
        self.failed += other.failed;
    }
}

/// Stretches with `from_ms <= start < to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatenciesOf<'a> {
    pub region: &'a str,
    pub endpoint: &'a str,
    pub variant: &'a str,
    pub length_ms: i64,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// A part that is there already is replaced: whoever wrote it has counted on.
pub async fn put(unit: &mut Unit, latency: &EndpointLatency) -> Result<(), StoreError> {
    sqlx::query(
        "insert into endpoint_latency (region, endpoint, variant, length_ms, from_ms, part,
                                       model, overhead, refused, failed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (region, endpoint, length_ms, from_ms, variant, part) do update
         set model = excluded.model, overhead = excluded.overhead,
             refused = excluded.refused, failed = excluded.failed",
    )
    .bind(&latency.region)
    .bind(&latency.endpoint)
    .bind(&latency.variant)
    .bind(latency.length_ms)
    .bind(latency.from_ms)
    .bind(&latency.part)
    .bind(latency.calls.model.to_text())
    .bind(latency.calls.overhead.to_text())
    .bind(latency.calls.refused)
    .bind(latency.calls.failed)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write how long an endpoint took"))?;
    Ok(())
}

/// The parts of a variant, by their time.
pub async fn of_variant(
    store: &Store,
    wanted: &LatenciesOf<'_>,
) -> Result<Vec<(i64, Latencies)>, StoreError> {
    sqlx::query(
        "select from_ms, model, overhead, refused, failed from endpoint_latency
         where region = $1 and endpoint = $2 and length_ms = $3 and from_ms >= $4 and from_ms < $5
           and variant = $6
         order by from_ms, part",
    )
    .bind(wanted.region)
    .bind(wanted.endpoint)
    .bind(wanted.length_ms)
    .bind(wanted.from_ms)
    .bind(wanted.to_ms)
    .bind(wanted.variant)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read how long an endpoint took"))?
    .iter()
    .map(read)
    .collect()
}

/// The hours of these endpoints since `from_ms`, all their variants.
pub async fn hours_of(
    store: &Store,
    endpoints: &[&str],
    (region, from_ms): (&str, i64),
) -> Result<Vec<(i64, Latencies)>, StoreError> {
    let mut found = Vec::new();
    for endpoints in endpoints.chunks(NAMES) {
        let statement = format!(
            "select from_ms, model, overhead, refused, failed from endpoint_latency
             where region = $1 and length_ms = $2 and from_ms >= $3 and endpoint in ({})
             order by from_ms, endpoint, variant, part",
            places(4, endpoints.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(statement))
            .bind(region)
            .bind(HOUR_MS)
            .bind(from_ms);
        for endpoint in endpoints {
            query = query.bind(*endpoint);
        }
        let rows = query.fetch_all(store.pool()).await;
        let rows = rows.map_err(StoreError::query("read how long endpoints took"))?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Deletes stretches of this length that began before `before_ms`.
pub async fn delete_before(
    unit: &mut Unit,
    (length_ms, before_ms): (i64, i64),
) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from endpoint_latency where length_ms = $1 and from_ms < $2")
        .bind(length_ms)
        .bind(before_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old latencies"))?;
    Ok(deleted.rows_affected())
}

fn read(row: &AnyRow) -> Result<(i64, Latencies), StoreError> {
    let fault = StoreError::query("read how long an endpoint took");
    let histogram = |column: &str| {
        let text: String = row.try_get(column).map_err(&fault)?;
        // What cannot be read is of a later version: it counts nothing here.
        Ok::<_, StoreError>(LatencyHistogram::of_text(&text).unwrap_or_default())
    };
    let calls = Latencies {
        model: histogram("model")?,
        overhead: histogram("overhead")?,
        refused: row.try_get("refused").map_err(&fault)?,
        failed: row.try_get("failed").map_err(&fault)?,
    };
    Ok((row.try_get("from_ms").map_err(&fault)?, calls))
}
