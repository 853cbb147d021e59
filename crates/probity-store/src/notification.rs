//! What is still to be told, what was, and what could not be: one row for each event and channel.
//!
//! It is written in the transaction of what it tells of. Who sends it claims it for a while first,
//! so that two servers on one database do not both send; a server that dies leaves a claim that
//! runs out, and the notification is sent again.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub id: String,
    pub channel: String,
    pub region: String,
    pub created_ms: i64,
    /// `waiting`, `sent`, `dead`, or `silenced`: kept for the end of a silence.
    pub status: String,
    pub attempts: i64,
    /// When it is tried (again), by the world's clock: receivers do not live on simulated time.
    pub next_ms: i64,
    /// By the world's clock.
    pub finished_ms: Option<i64>,
    pub last_error: String,
    pub body: String,
}

pub const WAITING: &str = "waiting";
pub const SENT: &str = "sent";
pub const DEAD: &str = "dead";
pub const SILENCED: &str = "silenced";

/// Notifications by the time of their event, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListNotifications {
    pub channel: Option<String>,
    pub status: Option<String>,
    /// Its key is a time, its name an id.
    pub after: Option<Cursor>,
    pub limit: u32,
}

/// Columns that [`read`] takes.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select id, channel, region, created_ms, status, attempts, next_ms, finished_ms, ",
            "last_error, body from notification where ",
            $rest
        )
    };
}

pub async fn insert(unit: &mut Unit, notification: &Notification) -> Result<(), StoreError> {
    sqlx::query(
        "insert into notification (id, channel, region, created_ms, status, attempts, next_ms,
                                   finished_ms, last_error, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&notification.id)
    .bind(&notification.channel)
    .bind(&notification.region)
    .bind(notification.created_ms)
    .bind(&notification.status)
    .bind(notification.attempts)
    .bind(notification.next_ms)
    .bind(notification.finished_ms)
    .bind(&notification.last_error)
    .bind(&notification.body)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a notification"))?;
    Ok(())
}

pub async fn get(store: &Store, id: &str) -> Result<Option<Notification>, StoreError> {
    sqlx::query(select!("id = $1"))
        .bind(id)
        .fetch_optional(store.pool())
        .await
        .map_err(StoreError::query("read a notification"))?
        .map(|row| read(&row))
        .transpose()
}

pub async fn list(
    store: &Store,
    wanted: &ListNotifications,
) -> Result<Page<Notification>, StoreError> {
    let (before_ms, before_id) = match &wanted.after {
        None => (i64::MAX, ""),
        Some(after) => {
            let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
            (at_ms, after.name.as_str())
        }
    };
    let rows = sqlx::query(select!(
        "($1 = '' or channel = $1) and ($2 = '' or status = $2)
         and (created_ms, id) < ($3, $4) order by created_ms desc, id desc limit $5"
    ))
    .bind(wanted.channel.as_deref().unwrap_or_default())
    .bind(wanted.status.as_deref().unwrap_or_default())
    .bind(before_ms)
    .bind(before_id)
    .bind(one_more(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list notifications"))?;
    page_of(&rows, wanted.limit)
}

/// Channels with something that is due.
pub async fn due_channels(store: &Store, now_ms: i64) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(
        "select distinct channel from notification
         where status = 'waiting' and next_ms <= $1 order by channel",
    )
    .bind(now_ms)
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("look for notifications"))
}

/// What waits in a channel, due or not, the oldest first.
pub async fn waiting(
    store: &Store,
    channel: &str,
    (after, limit): (Option<&Cursor>, u32),
) -> Result<Page<Notification>, StoreError> {
    let (after_ms, after_id) = place(after)?;
    let rows = sqlx::query(select!(
        "channel = $1 and status = 'waiting' and (created_ms, id) > ($2, $3)
         order by created_ms, id limit $4"
    ))
    .bind(channel)
    .bind(after_ms)
    .bind(after_id)
    .bind(one_more(limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read waiting notifications"))?;
    page_of(&rows, limit)
}

/// Nothing of the channel is tried before `until_ms`: its receiver asks for that.
pub async fn postpone(store: &Store, channel: &str, until_ms: i64) -> Result<(), StoreError> {
    let _turn = store.turn_to_write().await?;
    sqlx::query(
        "update notification set next_ms = $2
         where channel = $1 and status = 'waiting' and next_ms < $2",
    )
    .bind(channel)
    .bind(until_ms)
    .execute(store.pool())
    .await
    .map_err(StoreError::query("postpone notifications"))?;
    Ok(())
}

/// Whether a claim was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    Yes,
    /// Somebody else has it, or it was sent or deleted meanwhile.
    No,
}

/// Keeps others from sending it until `until_ms`. `seen` is the row that was read.
pub async fn claim(
    store: &Store,
    seen: &Notification,
    until_ms: i64,
) -> Result<Claimed, StoreError> {
    let _turn = store.turn_to_write().await?;
    let claimed = sqlx::query(
        "update notification set next_ms = $3
         where id = $1 and status = 'waiting' and next_ms = $2",
    )
    .bind(&seen.id)
    .bind(seen.next_ms)
    .bind(until_ms)
    .execute(store.pool())
    .await
    .map_err(StoreError::query("claim a notification"))?;
    Ok(if claimed.rows_affected() == 0 {
        Claimed::No
    } else {
        Claimed::Yes
    })
}

/// How a try to send ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    Sent {
        at_ms: i64,
    },
    Again {
        attempts: i64,
        next_ms: i64,
        error: String,
    },
    Dead {
        attempts: i64,
        at_ms: i64,
        error: String,
    },
}

/// Deletes those of events before `before_ms` that were sent, or never could be.
pub async fn delete_before(unit: &mut Unit, before_ms: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from notification where created_ms < $1 and status <> $2")
        .bind(before_ms)
        .bind(WAITING)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete old notifications"))?;
    Ok(deleted.rows_affected())
}

/// Writes how a try ended. One that was deleted meanwhile stays deleted.
pub async fn note(store: &Store, id: &str, tried: &Tried) -> Result<(), StoreError> {
    let fault = StoreError::query("write how a notification was sent");
    let _turn = store.turn_to_write().await?;
    let query = match tried {
        Tried::Sent { at_ms } => sqlx::query(
            "update notification set status = 'sent', attempts = attempts + 1, finished_ms = $2,
                                     last_error = ''
             where id = $1",
        )
        .bind(id)
        .bind(*at_ms),
        Tried::Again {
            attempts,
            next_ms,
            error,
        } => sqlx::query(
            "update notification set attempts = $2, next_ms = $3, last_error = $4
             where id = $1 and status = 'waiting'",
        )
        .bind(id)
        .bind(*attempts)
        .bind(*next_ms)
        .bind(error),
        Tried::Dead {
            attempts,
            at_ms,
            error,
        } => sqlx::query(
            "update notification set status = 'dead', attempts = $2, finished_ms = $3,
                                     last_error = $4
             where id = $1 and status = 'waiting'",
        )
        .bind(id)
        .bind(*attempts)
        .bind(*at_ms)
        .bind(error),
    };
    query.execute(store.pool()).await.map_err(fault)?;
    Ok(())
}

/// Makes a dead or waiting one due at once, with all its attempts before it. `None`: there is no
/// such notification, or it was sent.
pub async fn revive(unit: &mut Unit, id: &str) -> Result<Option<Notification>, StoreError> {
    sqlx::query(
        "update notification set status = 'waiting', attempts = 0, next_ms = 0, finished_ms = null
         where id = $1 and status in ('dead', 'waiting')
         returning id, channel, region, created_ms, status, attempts, next_ms, finished_ms,
                   last_error, body",
    )
    .bind(id)
    .fetch_optional(unit.connection())
    .await
    .map_err(StoreError::query("retry a notification"))?
    .map(|row| read(&row))
    .transpose()
}

/// What silences keep back, in every region, the oldest first.
pub async fn silenced(
    store: &Store,
    (after, limit): (Option<&Cursor>, u32),
) -> Result<Page<Notification>, StoreError> {
    let (after_ms, after_id) = place(after)?;
    let rows = sqlx::query(select!(
        "status = 'silenced' and (created_ms, id) > ($1, $2) order by created_ms, id limit $3"
    ))
    .bind(after_ms)
    .bind(after_id)
    .bind(one_more(limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("read silenced notifications"))?;
    page_of(&rows, limit)
}

/// What silences keep back in a region, as it stands inside the transaction.
pub async fn silenced_in(unit: &mut Unit, region: &str) -> Result<Vec<Notification>, StoreError> {
    sqlx::query(select!(
        "status = 'silenced' and region = $1 order by created_ms, id"
    ))
    .bind(region)
    .fetch_all(unit.connection())
    .await
    .map_err(StoreError::query("read silenced notifications"))?
    .iter()
    .map(read)
    .collect()
}

/// Where a list that begins with the oldest goes on.
fn place(after: Option<&Cursor>) -> Result<(i64, &str), StoreError> {
    let Some(after) = after else {
        return Ok((i64::MIN, ""));
    };
    let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
    Ok((at_ms, after.name.as_str()))
}

fn page_of(rows: &[AnyRow], limit: u32) -> Result<Page<Notification>, StoreError> {
    let notifications = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(notifications, limit, |last| Cursor {
        key: last.created_ms.to_string(),
        name: last.id.clone(),
    }))
}

/// What becomes of one that a silence kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsilenced {
    /// It is told now.
    Tell,
    /// It is no longer so.
    Drop,
}

pub async fn unsilence(unit: &mut Unit, id: &str, so: Unsilenced) -> Result<(), StoreError> {
    let statement = match so {
        Unsilenced::Tell => {
            "update notification set status = 'waiting' where id = $1 and status = 'silenced'"
        }
        Unsilenced::Drop => "delete from notification where id = $1 and status = 'silenced'",
    };
    sqlx::query(statement)
        .bind(id)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("end the silence of a notification"))?;
    Ok(())
}

/// How many there are of a status.
pub async fn count(store: &Store, status: &str) -> Result<i64, StoreError> {
    sqlx::query_scalar("select count(*) from notification where status = $1")
        .bind(status)
        .fetch_one(store.pool())
        .await
        .map_err(StoreError::query("count notifications"))
}

/// Deletes what was not sent yet, of a channel that is deleted. Tells how many there were.
pub async fn delete_unsent(unit: &mut Unit, channel: &str) -> Result<u64, StoreError> {
    let deleted = sqlx::query("delete from notification where channel = $1 and status <> 'sent'")
        .bind(channel)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("delete notifications"))?;
    Ok(deleted.rows_affected())
}

/// Deletes receipts of what was sent before `before_ms`.
pub async fn prune_sent(store: &Store, before_ms: i64) -> Result<u64, StoreError> {
    let _turn = store.turn_to_write().await?;
    let deleted =
        sqlx::query("delete from notification where status = 'sent' and finished_ms < $1")
            .bind(before_ms)
            .execute(store.pool())
            .await
            .map_err(StoreError::query("delete old notifications"))?;
    Ok(deleted.rows_affected())
}

fn read(row: &AnyRow) -> Result<Notification, StoreError> {
    let fault = StoreError::query("read a notification");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Notification {
        id: text("id")?,
        channel: text("channel")?,
        region: text("region")?,
        created_ms: number("created_ms")?,
        status: text("status")?,
        attempts: number("attempts")?,
        next_ms: number("next_ms")?,
        finished_ms: row.try_get("finished_ms").map_err(&fault)?,
        last_error: text("last_error")?,
        body: text("body")?,
    })
}
