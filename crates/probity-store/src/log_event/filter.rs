//! Lines of several streams of a group in one order: by time, then by stream and number.

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row};

use crate::error::StoreError;
use crate::page::one_more;
use crate::store::Store;

/// Lines with `from_ms <= at_ms <= to_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterLines {
    pub region: String,
    pub group: String,
    /// Empty for all.
    pub streams: Vec<String>,
    /// Of the streams' names; empty for all.
    pub prefix: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub after: Option<LineCursor>,
    pub limit: u32,
}

/// The place of a line among those of all streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCursor {
    pub at_ms: i64,
    pub stream_id: i64,
    pub seq: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    pub stream: String,
    pub cursor: LineCursor,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLines {
    pub lines: Vec<FoundLine>,
    /// There when more follows.
    pub next: Option<LineCursor>,
}

pub async fn filter(store: &Store, wanted: &FilterLines) -> Result<FoundLines, StoreError> {
    let fault = StoreError::query("look for log lines");
    let start = LineCursor {
        at_ms: i64::MIN,
        stream_id: 0,
        seq: 0,
    };
    let after = wanted.after.unwrap_or(start);
    // Only text of this module goes into the statement.
    let mut query = sqlx::query(AssertSqlSafe(statement(wanted.streams.len())))
        .bind(&wanted.region)
        .bind(&wanted.group)
        .bind(&wanted.prefix)
        .bind(wanted.from_ms)
        .bind(wanted.to_ms)
        .bind(after.at_ms)
        .bind(after.stream_id)
        .bind(after.seq)
        .bind(one_more(wanted.limit));
    for stream in &wanted.streams {
        query = query.bind(stream);
    }
    let rows = query.fetch_all(store.pool()).await.map_err(&fault)?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        lines.push(FoundLine {
            stream: row.try_get("stream").map_err(&fault)?,
            cursor: LineCursor {
                at_ms: row.try_get("at_ms").map_err(&fault)?,
                stream_id: row.try_get("stream_id").map_err(&fault)?,
                seq: row.try_get("seq").map_err(&fault)?,
            },
            message: row.try_get("message").map_err(&fault)?,
        });
    }
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let has_more = lines.len() > limit;
    lines.truncate(limit);
    let next = if has_more {
        lines.last().map(|line| line.cursor)
    } else {
        None
    };
    Ok(FoundLines { lines, next })
}

fn statement(streams: usize) -> String {
    let names: Vec<String> = (0..streams)
        .map(|index| format!("${}", index + 10))
        .collect();
    let among = if names.is_empty() {
        String::new()
    } else {
        format!("and s.stream in ({}) ", names.join(", "))
    };
    format!(
        "select s.stream, e.stream_id, e.seq, e.at_ms, e.message \
         from log_event e join log_stream s on s.id = e.stream_id \
         where s.region = $1 and s.log_group = $2 \
         and ($3 = '' or substr(s.stream, 1, length($3)) = $3) \
         and e.at_ms >= $4 and e.at_ms <= $5 \
         and (e.at_ms, e.stream_id, e.seq) > ($6, $7, $8) {among}\
         order by e.at_ms, e.stream_id, e.seq limit $9"
    )
}
