//! Lines that jobs and endpoints write, by group and stream, as CloudWatch Logs keeps them.
//!
//! Lines of a stream are numbered 1, 2, 3 … in the order in which they were committed, and their
//! times never fall: a line that says an earlier time than the line before it gets that line's.
//! So the order by number and the order by time are one, and a reader who goes on after a number
//! misses nothing.

use sqlx::any::AnyRow;
use sqlx::{Row, SqlStr};

use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::store::{Store, Unit};

mod age;
mod filter;

pub use age::delete_before;
pub use filter::{FilterLines, FoundLine, FoundLines, LineCursor, filter};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKey<'a> {
    pub region: &'a str,
    pub group: &'a str,
    pub stream: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub at_ms: i64,
    pub message: String,
}

/// A line in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedLine {
    pub seq: i64,
    pub at_ms: i64,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    pub name: String,
    pub created_ms: i64,
    /// `None` while there are no lines.
    pub first_ms: Option<i64>,
    pub last_ms: Option<i64>,
    pub lines: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    pub name: String,
    pub created_ms: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamOrder {
    #[default]
    Name,
    /// The stream with the newest line last.
    LastEvent,
    /// The stream with the newest line first.
    LastEventDescending,
    NameDescending,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListStreams {
    pub region: String,
    pub group: String,
    /// Empty for all.
    pub prefix: String,
    pub order: StreamOrder,
    pub after: Option<Cursor>,
    pub limit: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListGroups {
    pub region: String,
    /// Empty for all.
    pub prefix: String,
    pub after: Option<String>,
    pub limit: u32,
}

/// Which way a reader goes along a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Lines after this number, the next ones.
    After(i64),
    /// Lines before this number, the ones nearest to it.
    Before(i64),
}

/// Lines of a stream with `from_ms <= at_ms < to_ms`, always answered in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLines<'a> {
    pub stream: StreamKey<'a>,
    pub from_ms: i64,
    pub to_ms: i64,
    pub read: Read,
    pub limit: u32,
}

/// Makes the stream when it is not there, and appends lines to it. `now_ms` is the creation time
/// of a new stream.
pub async fn append(
    unit: &mut Unit,
    key: StreamKey<'_>,
    now_ms: i64,
    lines: &[LogLine],
) -> Result<(), StoreError> {
    let stream = lock_stream(unit, key, now_ms).await?;
    let mut seq = stream.lines;
    let mut last_ms = stream.last_ms;
    let mut first_ms = stream.first_ms;
    for line in lines {
        seq += 1;
        if seq == 1 {
            first_ms = line.at_ms;
            last_ms = line.at_ms;
        }
        last_ms = last_ms.max(line.at_ms);
        insert_line(
            unit,
            stream.id,
            &NumberedLine {
                seq,
                at_ms: last_ms,
                // PostgreSQL cannot keep it in a text.
                message: line.message.replace('\0', "\u{fffd}"),
            },
        )
        .await?;
    }
    sqlx::query("update log_stream set lines = $2, first_ms = $3, last_ms = $4 where id = $1")
        .bind(stream.id)
        .bind(seq)
        .bind(first_ms)
        .bind(last_ms)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("append to a log stream"))?;
    Ok(())
}

/// A stream's row, locked until the end of the unit.
struct Locked {
    id: i64,
    lines: i64,
    first_ms: i64,
    last_ms: i64,
}

async fn lock_stream(
    unit: &mut Unit,
    key: StreamKey<'_>,
    now_ms: i64,
) -> Result<Locked, StoreError> {
    if let Some(stream) = lock_existing(unit, key).await? {
        return Ok(stream);
    }
    let fault = StoreError::query("make a log stream");
    let id: i64 = sqlx::query_scalar(
        "update counter set value = value + 1 where name = 'log_stream' returning value",
    )
    .fetch_one(unit.connection())
    .await
    .map_err(&fault)?;
    sqlx::query(
        "insert into log_stream (id, region, log_group, stream, created_ms, first_ms, last_ms, lines)
         values ($1, $2, $3, $4, $5, 0, 0, 0)
         on conflict (region, log_group, stream) do nothing",
    )
    .bind(id)
    .bind(key.region)
    .bind(key.group)
    .bind(key.stream)
    .bind(now_ms)
    .execute(unit.connection())
    .await
    .map_err(&fault)?;
    // Either this unit's row or the one of somebody who was faster.
    lock_existing(unit, key)
        .await?
        .ok_or_else(|| StoreError::damaged("log streams", "a new stream is not there"))
}

/// An update that changes nothing locks the row in both databases.
async fn lock_existing(unit: &mut Unit, key: StreamKey<'_>) -> Result<Option<Locked>, StoreError> {
    let fault = StoreError::query("lock a log stream");
    let row = sqlx::query(
        "update log_stream set lines = lines where region = $1 and log_group = $2 and stream = $3
         returning id, lines, first_ms, last_ms",
    )
    .bind(key.region)
    .bind(key.group)
    .bind(key.stream)
    .fetch_optional(unit.connection())
    .await
    .map_err(&fault)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    Ok(Some(Locked {
        id: number("id")?,
        lines: number("lines")?,
        first_ms: number("first_ms")?,
        last_ms: number("last_ms")?,
    }))
}

async fn insert_line(unit: &mut Unit, stream: i64, line: &NumberedLine) -> Result<(), StoreError> {
    sqlx::query("insert into log_event (stream_id, seq, at_ms, message) values ($1, $2, $3, $4)")
        .bind(stream)
        .bind(line.seq)
        .bind(line.at_ms)
        .bind(&line.message)
        .execute(unit.connection())
        .await
        .map_err(StoreError::query("write a log line"))?;
    Ok(())
}

/// `None` when there is no such stream.
pub async fn stream(store: &Store, key: StreamKey<'_>) -> Result<Option<LogStream>, StoreError> {
    sqlx::query(
        "select stream, created_ms, first_ms, last_ms, lines from log_stream
         where region = $1 and log_group = $2 and stream = $3",
    )
    .bind(key.region)
    .bind(key.group)
    .bind(key.stream)
    .fetch_optional(store.pool())
    .await
    .map_err(StoreError::query("read a log stream"))?
    .map(|row| read_stream(&row))
    .transpose()
}

/// Lines, the oldest first whichever way they were looked for.
pub async fn lines(store: &Store, wanted: &ReadLines<'_>) -> Result<Vec<NumberedLine>, StoreError> {
    let (statement, seq) = match wanted.read {
        Read::After(seq) => (LINES_AFTER, seq),
        Read::Before(seq) => (LINES_BEFORE, seq),
    };
    let rows = sqlx::query(SqlStr::from_static(statement))
        .bind(wanted.stream.region)
        .bind(wanted.stream.group)
        .bind(wanted.stream.stream)
        .bind(wanted.from_ms)
        .bind(wanted.to_ms)
        .bind(seq)
        .bind(i64::from(wanted.limit))
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read log lines"))?;
    let mut lines = rows
        .iter()
        .map(read_line)
        .collect::<Result<Vec<_>, StoreError>>()?;
    if let Read::Before(_) = wanted.read {
        lines.reverse();
    }
    Ok(lines)
}

macro_rules! lines_statement {
    ($beyond:literal, $direction:literal) => {
        concat!(
            "select e.seq, e.at_ms, e.message from log_stream s
             join log_event e on e.stream_id = s.id
             where s.region = $1 and s.log_group = $2 and s.stream = $3
               and e.at_ms >= $4 and e.at_ms < $5 and e.seq ",
            $beyond,
            " $6 order by e.seq ",
            $direction,
            " limit $7"
        )
    };
}

const LINES_AFTER: &str = lines_statement!(">", "asc");
const LINES_BEFORE: &str = lines_statement!("<", "desc");

macro_rules! streams_statement {
    ($beyond:literal, $order:literal) => {
        concat!(
            "select stream, created_ms, first_ms, last_ms, lines from log_stream
             where region = $1 and log_group = $2
               and ($3 = '' or substr(stream, 1, length($3)) = $3) and ",
            $beyond,
            " order by ",
            $order,
            " limit $6"
        )
    };
}

// By name, the key of the cursor is 0.
const BY_NAME: &str = streams_statement!("$4 = 0 and stream > $5", "stream");
const BY_NAME_DESCENDING: &str = streams_statement!("$4 = 0 and stream < $5", "stream desc");
const BY_LAST_EVENT: &str = streams_statement!("(last_ms, stream) > ($4, $5)", "last_ms, stream");
const BY_LAST_EVENT_DESCENDING: &str =
    streams_statement!("(last_ms, stream) < ($4, $5)", "last_ms desc, stream desc");

/// Sorts after every name: U+10FFFF is no character that a name may have.
const LAST_NAME: &str = "\u{10ffff}";

pub async fn streams(store: &Store, wanted: &ListStreams) -> Result<Page<LogStream>, StoreError> {
    let (statement, start) = match wanted.order {
        StreamOrder::Name => (BY_NAME, (0, "")),
        StreamOrder::NameDescending => (BY_NAME_DESCENDING, (0, LAST_NAME)),
        StreamOrder::LastEvent => (BY_LAST_EVENT, (i64::MIN, "")),
        StreamOrder::LastEventDescending => (BY_LAST_EVENT_DESCENDING, (i64::MAX, "")),
    };
    let (key, name) = match &wanted.after {
        None => start,
        Some(after) => (
            after.key.parse().map_err(|_| StoreError::Cursor)?,
            after.name.as_str(),
        ),
    };
    let rows = sqlx::query(SqlStr::from_static(statement))
        .bind(&wanted.region)
        .bind(&wanted.group)
        .bind(&wanted.prefix)
        .bind(key)
        .bind(name)
        .bind(one_more(wanted.limit))
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("list log streams"))?;
    let streams = rows
        .iter()
        .map(read_stream)
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Page::of(streams, wanted.limit, |last| Cursor {
        key: match wanted.order {
            StreamOrder::Name | StreamOrder::NameDescending => 0,
            StreamOrder::LastEvent | StreamOrder::LastEventDescending => {
                last.last_ms.unwrap_or_default()
            }
        }
        .to_string(),
        name: last.name.clone(),
    }))
}

/// Groups that have a stream, by name.
pub async fn groups(store: &Store, wanted: &ListGroups) -> Result<Page<LogGroup>, StoreError> {
    let fault = StoreError::query("list log groups");
    let rows = sqlx::query(
        "select log_group, min(created_ms) as created_ms from log_stream
         where region = $1 and ($2 = '' or substr(log_group, 1, length($2)) = $2)
           and log_group > $3
         group by log_group order by log_group limit $4",
    )
    .bind(&wanted.region)
    .bind(&wanted.prefix)
    .bind(wanted.after.as_deref().unwrap_or_default())
    .bind(one_more(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(&fault)?;
    let groups = rows
        .iter()
        .map(|row| {
            Ok(LogGroup {
                name: row.try_get("log_group").map_err(&fault)?,
                created_ms: row.try_get("created_ms").map_err(&fault)?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Page::of(groups, wanted.limit, |last| Cursor {
        key: last.name.clone(),
        name: last.name.clone(),
    }))
}

/// Whether a stream of the group is there.
pub async fn has_group(store: &Store, region: &str, group: &str) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "select id from log_stream where region = $1 and log_group = $2 limit 1",
    )
    .bind(region)
    .bind(group)
    .fetch_optional(store.pool())
    .await
    .map_err(StoreError::query("look for a log group"))?;
    Ok(found.is_some())
}

fn read_line(row: &AnyRow) -> Result<NumberedLine, StoreError> {
    let fault = StoreError::query("read a log line");
    Ok(NumberedLine {
        seq: row.try_get("seq").map_err(&fault)?,
        at_ms: row.try_get("at_ms").map_err(&fault)?,
        message: row.try_get("message").map_err(&fault)?,
    })
}

fn read_stream(row: &AnyRow) -> Result<LogStream, StoreError> {
    let fault = StoreError::query("read a log stream");
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(&fault);
    let lines = number("lines")?;
    let (first_ms, last_ms) = (number("first_ms")?, number("last_ms")?);
    Ok(LogStream {
        name: row.try_get("stream").map_err(&fault)?,
        created_ms: number("created_ms")?,
        first_ms: (lines > 0).then_some(first_ms),
        last_ms: (lines > 0).then_some(last_ms),
        lines,
    })
}
