//! Silences: while one lasts, alerts change and nobody is notified.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    pub id: String,
    pub region: String,
    /// Of an alert; empty for every one of the region.
    pub subject: String,
    pub from_ms: i64,
    pub until_ms: i64,
    pub actor: String,
    pub why: String,
    pub created_ms: i64,
}

/// Silences of a region that end after `ends_after_ms`, by their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSilences {
    pub region: String,
    pub ends_after_ms: i64,
    /// Its key is an end, its name an id.
    pub after: Option<Cursor>,
    pub limit: u32,
}

pub async fn insert(unit: &mut Unit, silence: &Silence) -> Result<(), StoreError> {
    sqlx::query(
        "insert into alert_silence (id, region, subject, from_ms, until_ms, actor, why, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&silence.id)
    .bind(&silence.region)
    .bind(&silence.subject)
    .bind(silence.from_ms)
    .bind(silence.until_ms)
    .bind(&silence.actor)
    .bind(&silence.why)
    .bind(silence.created_ms)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a silence"))?;
    Ok(())
}

/// One that keeps this subject silent now, the one that lasts longest.
pub async fn active(
    unit: &mut Unit,
    (region, subject): (&str, &str),
    now_ms: i64,
) -> Result<Option<Silence>, StoreError> {
    sqlx::query(
        "select id, region, subject, from_ms, until_ms, actor, why, created_ms from alert_silence
         where region = $1 and subject in ('', $2) and from_ms <= $3 and until_ms > $3
         order by until_ms desc, id limit 1",
    )
    .bind(region)
    .bind(subject)
    .bind(now_ms)
    .fetch_optional(unit.connection())
    .await
    .map_err(StoreError::query("look for a silence"))?
    .map(|row| read(&row))
    .transpose()
}

pub async fn list(store: &Store, wanted: &ListSilences) -> Result<Page<Silence>, StoreError> {
    let (after_ms, after_id) = match &wanted.after {
        None => (wanted.ends_after_ms, "\u{10ffff}"),
        Some(after) => {
            let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
            (at_ms, after.name.as_str())
        }
    };
    let rows = sqlx::query(
        "select id, region, subject, from_ms, until_ms, actor, why, created_ms from alert_silence
         where region = $1 and (until_ms, id) > ($2, $3) order by until_ms, id limit $4",
    )
    .bind(&wanted.region)
    .bind(after_ms)
    .bind(after_id)
    .bind(one_more(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list silences"))?;
    let silences = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(silences, wanted.limit, |last| Cursor {
        key: last.until_ms.to_string(),
        name: last.id.clone(),
    }))
}

/// Ends a silence that lasts, and gives it as it was. `None`: there is none, or it is over.
pub async fn lift(
    unit: &mut Unit,
    (region, id): (&str, &str),
    now_ms: i64,
) -> Result<Option<Silence>, StoreError> {
    let row = sqlx::query(
        "update alert_silence set until_ms = $3
         where region = $1 and id = $2 and until_ms > $3
         returning id, region, subject, from_ms, until_ms, actor, why, created_ms",
    )
    .bind(region)
    .bind(id)
    .bind(now_ms)
    .fetch_optional(unit.connection())
    .await
    .map_err(StoreError::query("lift a silence"))?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &AnyRow) -> Result<Silence, StoreError> {
    let fault = StoreError::query("read a silence");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Silence {
        id: text("id")?,
        region: text("region")?,
        subject: text("subject")?,
        from_ms: number("from_ms")?,
        until_ms: number("until_ms")?,
        actor: text("actor")?,
        why: text("why")?,
        created_ms: number("created_ms")?,
    })
}
