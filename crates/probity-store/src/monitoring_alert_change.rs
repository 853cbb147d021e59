//! Every change of an alert's status, also of alerts that are no more; and the outcomes of
//! executions that the next change is decided by.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::many::{NAMES, places};
use crate::page::{Cursor, Page, one_more};
use crate::resource::SortOrder;
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: String,
    pub region: String,
    pub subject: String,
    pub name: String,
    pub at_ms: i64,
    /// What the alert became: `InAlert` or `OK`.
    pub status: String,
    pub reason: String,
    /// The execution that changed it; empty where none did.
    pub execution: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangesBy {
    #[default]
    Time,
    Status,
}

/// Both bounds of times and of subjects are part of the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChanges {
    pub region: String,
    pub subjects: (String, String),
    pub name: Option<String>,
    pub status: Option<String>,
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
    pub sort_by: ChangesBy,
    pub order: SortOrder,
    /// Its name is an id.
    pub after: Option<Cursor>,
    pub limit: u32,
}

pub async fn insert(unit: &mut Unit, change: &Change) -> Result<(), StoreError> {
    sqlx::query(
        "insert into monitoring_alert_change
             (id, region, subject, name, at_ms, status, reason, execution)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&change.id)
    .bind(&change.region)
    .bind(&change.subject)
    .bind(&change.name)
    .bind(change.at_ms)
    .bind(&change.status)
    .bind(&change.reason)
    .bind(&change.execution)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write the change of an alert"))?;
    Ok(())
}

/// One page. A cursor of another sort order is answered with [`StoreError::Cursor`].
pub async fn list(store: &Store, wanted: &ListChanges) -> Result<Page<Change>, StoreError> {
    // Only text of this module goes into the statement. An empty text stands for "any".
    let mut query = sqlx::query(AssertSqlSafe(statement(wanted)))
        .bind(&wanted.region)
        .bind(&wanted.subjects.0)
        .bind(&wanted.subjects.1)
        .bind(wanted.name.as_deref().unwrap_or_default())
        .bind(wanted.status.as_deref().unwrap_or_default())
        .bind(wanted.from_ms.unwrap_or(i64::MIN))
        .bind(wanted.to_ms.unwrap_or(i64::MAX))
        .bind(one_more(wanted.limit));
    if let Some(after) = &wanted.after {
        query = match wanted.sort_by {
            ChangesBy::Time => {
                let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
                query.bind(at_ms).bind(&after.name)
            }
            ChangesBy::Status => query.bind(&after.key).bind(&after.name),
        };
    }
    let rows = query
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("list changes of alerts"))?;
    let changes = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(changes, wanted.limit, |last| Cursor {
        key: match wanted.sort_by {
            ChangesBy::Time => last.at_ms.to_string(),
            ChangesBy::Status => last.status.clone(),
        },
        name: last.id.clone(),
    }))
}

/// The newest changes of these subjects together, the newest first.
pub async fn latest_of(
    store: &Store,
    (region, subjects): (&str, &[String]),
    limit: u32,
) -> Result<Vec<Change>, StoreError> {
    let mut found = Vec::new();
    for subjects in subjects.chunks(NAMES) {
        // The sign keeps SQLite from walking all changes by their time.
        let text = format!(
            "select id, region, subject, name, at_ms, status, reason, execution \
             from monitoring_alert_change where region = $1 and subject in ({}) \
             order by +at_ms desc, id desc limit $2",
            places(3, subjects.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(region)
            .bind(i64::from(limit));
        for subject in subjects {
            query = query.bind(subject);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("read the last changes of alerts"))?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    found.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn statement(wanted: &ListChanges) -> String {
    let (direction, beyond) = match wanted.order {
        SortOrder::Ascending => ("asc", ">"),
        SortOrder::Descending => ("desc", "<"),
    };
    let column = match wanted.sort_by {
        ChangesBy::Time => "at_ms",
        ChangesBy::Status => "status",
    };
    let after = match wanted.after {
        None => String::new(),
        Some(_) => format!(" and ({column}, id) {beyond} ($9, $10)"),
    };
    // Those of one subject are few: the sign keeps SQLite from walking all changes by their time.
    let (of_subject, sign) = match wanted.subjects.0 == wanted.subjects.1 {
        true => ("subject = $2 and subject <= $3", "+"),
        false => ("subject >= $2 and subject <= $3", ""),
    };
    format!(
        "select id, region, subject, name, at_ms, status, reason, execution \
         from monitoring_alert_change where region = $1 and {of_subject} \
         and ($4 = '' or name = $4) and ($5 = '' or status = $5) and at_ms >= $6 and at_ms <= $7\
         {after} order by {sign}{column} {direction}, id {direction} limit $8"
    )
}

/// What an execution that ended with a verdict says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub scheduled_ms: i64,
    pub has_violations: bool,
}

/// Rows read beyond those asked for, in the place of those that do not count.
const MORE_ROWS: i64 = 50;

/// The newest verdicts of a schedule, the newest first, as many as `limit`. Of a slot that was
/// scored again, the last verdict counts. Executions that failed, were stopped or compared nothing
/// with a baseline have none. What was made before `since_ms`, when the alert was, is of an earlier
/// schedule of that name; and a run that somebody asked for counts only where it looked at
/// captures as new as those that were looked at before it.
pub async fn recent_outcomes(
    unit: &mut Unit,
    (region, schedule, since_ms): (&str, &str, i64),
    limit: i64,
) -> Result<Vec<Outcome>, StoreError> {
    let fault = StoreError::query("read the outcomes of executions");
    let rows = sqlx::query(
        "select scheduled_ms, status, body, case when cause = 'asked' or exists (
               select 1 from monitoring_execution asked
               where asked.region = e.region and asked.schedule = e.schedule
                 and asked.scheduled_ms = e.scheduled_ms
                 and asked.cause = 'asked' and asked.revision = 0)
             then 1 else 0 end as is_asked
         from monitoring_execution e
         where region = $1 and schedule = $2 and created_ms >= $4
           and (status = 'CompletedWithViolations' or (status = 'Completed' and violations >= 0))
           and not exists (
               select 1 from monitoring_execution later
               where later.region = e.region and later.schedule = e.schedule
                 and later.scheduled_ms = e.scheduled_ms
                 and (later.status = 'CompletedWithViolations'
                      or (later.status = 'Completed' and later.violations >= 0))
                 and (later.revision, later.created_ms, later.id) > (e.revision, e.created_ms, e.id))
         order by scheduled_ms desc, id desc limit $3",
    )
    .bind(region)
    .bind(schedule)
    .bind(limit.saturating_add(MORE_ROWS))
    .bind(since_ms)
    .fetch_all(unit.connection())
    .await
    .map_err(&fault)?;
    let mut newest_end_ms = i64::MIN;
    let mut outcomes = Vec::new();
    for row in rows.iter().rev() {
        let status: String = row.try_get("status").map_err(&fault)?;
        let body: String = row.try_get("body").map_err(&fault)?;
        let is_asked: i32 = row.try_get("is_asked").map_err(&fault)?;
        let end_ms = end_of_window(&body).unwrap_or(newest_end_ms);
        if is_asked != 0 && end_ms < newest_end_ms {
            continue;
        }
        newest_end_ms = end_ms.max(newest_end_ms);
        outcomes.push(Outcome {
            scheduled_ms: row.try_get("scheduled_ms").map_err(&fault)?,
            has_violations: status == "CompletedWithViolations",
        });
    }
    outcomes.reverse();
    outcomes.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(outcomes)
}

fn end_of_window(body: &str) -> Option<i64> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    body.get("window")?.get("endMs")?.as_i64()
}

fn read(row: &AnyRow) -> Result<Change, StoreError> {
    let fault = StoreError::query("read the change of an alert");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    Ok(Change {
        id: text("id")?,
        region: text("region")?,
        subject: text("subject")?,
        name: text("name")?,
        at_ms: row.try_get("at_ms").map_err(&fault)?,
        status: text("status")?,
        reason: text("reason")?,
        execution: text("execution")?,
    })
}
