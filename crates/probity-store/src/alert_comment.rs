//! What people say of an alert: a thread of each subject, never changed and never deleted.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::page::{Cursor, Page, one_more};
use crate::store::{Store, Unit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: String,
    pub region: String,
    /// Of the alert: `monitoring-schedule/NAME` or `endpoint/NAME`.
    pub subject: String,
    /// Of the alert.
    pub name: String,
    pub at_ms: i64,
    pub actor: String,
    pub text: String,
}

/// Comments on the alerts of a subject, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListComments {
    pub region: String,
    pub subject: String,
    /// All alerts of the subject where none is named.
    pub name: Option<String>,
    /// Its key is a time, its name an id.
    pub after: Option<Cursor>,
    pub limit: u32,
}

pub async fn insert(unit: &mut Unit, comment: &Comment) -> Result<(), StoreError> {
    sqlx::query(
        "insert into alert_comment (id, region, subject, name, at_ms, actor, text)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&comment.id)
    .bind(&comment.region)
    .bind(&comment.subject)
    .bind(&comment.name)
    .bind(comment.at_ms)
    .bind(&comment.actor)
    .bind(&comment.text)
    .execute(unit.connection())
    .await
    .map_err(StoreError::query("write a comment"))?;
    Ok(())
}

pub async fn list(store: &Store, wanted: &ListComments) -> Result<Page<Comment>, StoreError> {
    let (before_ms, before_id) = match &wanted.after {
        None => (i64::MAX, ""),
        Some(after) => {
            let at_ms: i64 = after.key.parse().map_err(|_| StoreError::Cursor)?;
            (at_ms, after.name.as_str())
        }
    };
    // An empty text stands for "any": no alert has an empty name.
    let rows = sqlx::query(
        "select id, region, subject, name, at_ms, actor, text from alert_comment
         where region = $1 and subject = $2 and ($3 = '' or name = $3) and (at_ms, id) < ($4, $5)
         order by at_ms desc, id desc limit $6",
    )
    .bind(&wanted.region)
    .bind(&wanted.subject)
    .bind(wanted.name.as_deref().unwrap_or_default())
    .bind(before_ms)
    .bind(before_id)
    .bind(one_more(wanted.limit))
    .fetch_all(store.pool())
    .await
    .map_err(StoreError::query("list comments"))?;
    let comments = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::of(comments, wanted.limit, |last| Cursor {
        key: last.at_ms.to_string(),
        name: last.id.clone(),
    }))
}

fn read(row: &AnyRow) -> Result<Comment, StoreError> {
    let fault = StoreError::query("read a comment");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    Ok(Comment {
        id: text("id")?,
        region: text("region")?,
        subject: text("subject")?,
        name: text("name")?,
        at_ms: row.try_get("at_ms").map_err(&fault)?,
        actor: text("actor")?,
        text: text("text")?,
    })
}
