//! Alerts: one for each monitoring schedule, as the service makes it, and those that watch
//! whether watching goes on. A row says how an alert stands; its changes are kept beside.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::resource::Inserted;
use crate::store::{Backend, Store, Unit};

/// What identifies an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertKey<'a> {
    pub region: &'a str,
    /// `monitoring-schedule/NAME` or `endpoint/NAME`.
    pub subject: &'a str,
    pub name: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub region: String,
    pub subject: String,
    pub name: String,
    pub created_ms: i64,
    /// Also of its settings.
    pub modified_ms: i64,
    /// When it came to its status.
    pub since_ms: i64,
    /// `InAlert` or `OK`.
    pub status: String,
    pub datapoints_to_alert: i64,
    pub evaluation_period: i64,
    /// Why it is as it is, for people.
    pub reason: String,
    pub acknowledged: Option<Acknowledged>,
}

/// Somebody knows, and says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub by: String,
    pub at_ms: i64,
    pub why: String,
}

impl Alert {
    pub fn key(&self) -> AlertKey<'_> {
        AlertKey {
            region: &self.region,
            subject: &self.subject,
            name: &self.name,
        }
    }
}

/// Alerts of a region by subject and name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAlerts {
    pub region: String,
    pub subject: Option<String>,
    pub status: Option<String>,
    /// Its key is a subject.
    pub after: Option<Cursor>,
    pub limit: u32,
}

/// Columns that [`read`] takes.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select region, subject, name, created_ms, modified_ms, since_ms, status, ",
            "datapoints_to_alert, evaluation_period, reason, acknowledged_by, acknowledged_ms, acknowledged_why ",
            "from monitoring_alert where ",
            $rest
        )
    };
}

pub async fn insert(unit: &mut Unit, alert: &Alert) -> Result<Inserted, StoreError> {
    let acknowledged = alert.acknowledged.as_ref();
    let written = sqlx::query(
        "insert into monitoring_alert
             (region, subject, name, created_ms, modified_ms, since_ms, status, datapoints_to_alert,
              evaluation_period, reason, acknowledged_by, acknowledged_ms, acknowledged_why)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         on conflict (region, subject, name) do nothing",
    )
    .bind(&alert.region)
    .bind(&alert.subject)
    .bind(&alert.name)
    .bind(alert.created_ms)
    .bind(alert.modified_ms)
    .bind(alert.since_ms)
    .bind(&alert.status)
    .bind(alert.datapoints_to_alert)
    .bind(alert.evaluation_period)
    .bind(&alert.reason)
    .bind(acknowledged.map(|by| by.by.as_str()))
    .bind(acknowledged.map(|by| by.at_ms))
    .bind(acknowledged.map(|by| by.why.as_str()))
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write an alert"))?;
    Ok(if written.rows_affected() == 0 {
        Inserted::Exists
    } else {
        Inserted::Yes
    })
}

pub async fn get(store: &Store, key: AlertKey<'_>) -> Result<Option<Alert>, StoreError> {
    sqlx::query(select!("region = $1 and subject = $2 and name = $3"))
        .bind(key.region)
        .bind(key.subject)
        .bind(key.name)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read an alert"))?
        .map(|row| read(&row))
        .transpose()
}

/// For a unit that decides by how the alert stands: nobody else changes it before the unit ends.
pub async fn lock(unit: &mut Unit, key: AlertKey<'_>) -> Result<Option<Alert>, StoreError> {
    let statement = match unit.backend() {
        Backend::Sqlite => select!("region = $1 and subject = $2 and name = $3"),
        Backend::Postgres => select!("region = $1 and subject = $2 and name = $3 for update"),
    };
    sqlx::query(statement)
        .bind(key.region)
        .bind(key.subject)
        .bind(key.name)
        .fetch_optional(unit.connection())
        .await
        .map_err(StoreError::query("lock an alert"))?
        .map(|row| read(&row))
        .transpose()
}

/// Writes all but what identifies the alert and when it was made. A row that is gone stays gone.
pub async fn replace(unit: &mut Unit, alert: &Alert) -> Result<(), StoreError> {
    let acknowledged = alert.acknowledged.as_ref();
    sqlx::query(
        "update monitoring_alert
         set modified_ms = $4, since_ms = $5, status = $6, datapoints_to_alert = $7,
             evaluation_period = $8, reason = $9, acknowledged_by = $10, acknowledged_ms = $11,
             acknowledged_why = $12
         where region = $1 and subject = $2 and name = $3",
    )
    .bind(&alert.region)
    .bind(&alert.subject)
    .bind(&alert.name)
    .bind(alert.modified_ms)
    .bind(alert.since_ms)
    .bind(&alert.status)
    .bind(alert.datapoints_to_alert)
    .bind(alert.evaluation_period)
    .bind(&alert.reason)
    .bind(acknowledged.map(|by| by.by.as_str()))
    .bind(acknowledged.map(|by| by.at_ms))
    .bind(acknowledged.map(|by| by.why.as_str()))
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("change an alert"))?;
    Ok(())
}

pub async fn list(store: &Store, wanted: &ListAlerts) -> Result<Page<Alert>, StoreError> {
    let after = wanted.after.as_ref();
    // An empty text stands for "any": no subject and no status is empty.
    let rows = sqlx::query(select!(
        "region = $1 and ($2 = '' or subject = $2) and ($3 = '' or status = $3)
         and (subject, name) > ($4, $5) order by subject, name limit $6"
    ))
    .bind(&wanted.region)
    .bind(wanted.subject.as_deref().unwrap_or_default())
    .bind(wanted.status.as_deref().unwrap_or_default())
    .bind(after.map_or("", |after| after.key.as_str()))
    .bind(after.map_or("", |after| after.name.as_str()))
    .bind(one_more(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list alerts"))?;
    let alerts = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(alerts, wanted.limit, |last| Cursor {
        key: last.subject.clone(),
        name: last.name.clone(),
    }))
}

/// Subjects that one statement asks for.
const SUBJECTS: usize = 400;

/// The alerts of these subjects.
pub async fn of_subjects(
    store: &Store,
    region: &str,
    subjects: &[String],
) -> Result<Vec<Alert>, StoreError> {
    let mut found = Vec::new();
    for subjects in subjects.chunks(SUBJECTS) {
        let places: Vec<String> = (0..subjects.len())
            .map(|index| format!("${}", index + 2))
            .collect();
        let statement = format!(
            "{} region = $1 and subject in ({}) order by subject, name",
            select!(""),
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(statement)).bind(region);
        for subject in subjects {
            query = query.bind(subject);
        }
        let rows = query
            .fetch_all(store.pool())
            .await
            .map_err(StoreError::query("read alerts of subjects"))?;
        for row in &rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// Every alert of a region that is in this status, by subject.
pub async fn of_status(
    store: &Store,
    region: &str,
    status: &str,
) -> Result<Vec<Alert>, StoreError> {
    sqlx::query(select!(
        "region = $1 and status = $2 order by subject, name"
    ))
    .bind(region)
    .bind(status)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read alerts of a status"))?
    .iter()
    .map(read)
    .collect()
}

/// Alerts of one name and status, in every region.
pub async fn of_state(store: &Store, name: &str, status: &str) -> Result<Vec<Alert>, StoreError> {
    sqlx::query(select!(
        "name = $1 and status = $2 order by region, subject"
    ))
    .bind(name)
    .bind(status)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read alerts of a status"))?
    .iter()
    .map(read)
    .collect()
}

/// How many alerts of a status there are, in every region.
pub async fn count(store: &Store, status: &str) -> Result<i64, StoreError> {
    sqlx::query_scalar("select count(*) from monitoring_alert where status = $1")
        .bind(status)
        .fetch_one(store.pool())
        .await
        .map_err(StoreError::query("count alerts"))
}

/// Deletes every alert of a subject, and gives them as they were; their changes stay.
pub async fn delete_of(
    unit: &mut Unit,
    region: &str,
    subject: &str,
) -> Result<Vec<Alert>, StoreError> {
    sqlx::query(
        "delete from monitoring_alert where region = $1 and subject = $2
         returning region, subject, name, created_ms, modified_ms, since_ms, status,
                   datapoints_to_alert, evaluation_period, reason, acknowledged_by, acknowledged_ms, acknowledged_why",
    )
    .bind(region)
    .bind(subject)
    .fetch_all(unit.connection())
    .await
    .map_err(StoreError::query("delete alerts"))?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &AnyRow) -> Result<Alert, StoreError> {
    let fault = StoreError::query("read an alert");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    let by: Option<String> = row.try_get("acknowledged_by").map_err(&fault)?;
    let at_ms: Option<i64> = row.try_get("acknowledged_ms").map_err(&fault)?;
    let why: Option<String> = row.try_get("acknowledged_why").map_err(&fault)?;
    Ok(Alert {
        region: text("region")?,
        subject: text("subject")?,
        name: text("name")?,
        created_ms: number("created_ms")?,
        modified_ms: number("modified_ms")?,
        since_ms: number("since_ms")?,
        status: text("status")?,
        datapoints_to_alert: number("datapoints_to_alert")?,
        evaluation_period: number("evaluation_period")?,
        reason: text("reason")?,
        acknowledged: by.zip(at_ms).map(|(by, at_ms)| Acknowledged {
            by,
            at_ms,
            why: why.unwrap_or_default(),
        }),
    })
}
