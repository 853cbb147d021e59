//! The audit log: every write, who, when, what and why, in one hash chain.
//!
//! hash(n) = SHA-256(hash(n-1) || canonical JSON of event n), in hexadecimal; hash(0) is empty.
//! A changed, inserted or removed event breaks the chain at that place; the head row tells when
//! the last events are missing. Who can rewrite the whole database can rewrite the whole chain:
//! against that, hashes are to be kept elsewhere (evidence packs carry them).

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::canonical::canonical_json;
use crate::error::StoreError;
use crate::many::{NAMES, places};
use crate::store::{Store, Unit};

/// What a verb did.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub at_ms: i64,
    /// A user's name, or the server's own for what happens later.
    pub actor: String,
    /// `sagemaker:CreateModel`.
    pub action: String,
    pub resource_arn: String,
    /// What was written, without secrets and payloads.
    pub change: Value,
    pub reason: Option<String>,
    pub request_id: String,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// 1, 2, 3 …
    pub seq: i64,
    pub event: NewEvent,
    /// 64 hexadecimal digits.
    pub hash: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEvents {
    pub resource_arn: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
    /// `model-card`: of ARNs whose resource is of this kind.
    pub kind: Option<String>,
    /// Part of the action or the ARN, in any case of letters.
    pub contains: Option<String>,
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
    pub order: EventOrder,
    /// Events beyond this one in the chosen order.
    pub after_seq: Option<i64>,
    pub limit: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EventOrder {
    #[default]
    OldestFirst,
    NewestFirst,
}

/// What a walk along the chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Events whose hashes are right, from the first on.
    pub events: u64,
    /// The first event that is not what was written, or is not there.
    pub broken_at: Option<i64>,
}

/// Appends an event and answers its number. The head row stays locked until the unit ends, so
/// this comes late in a unit.
pub async fn append(unit: &mut Unit, event: &NewEvent) -> Result<i64, StoreError> {
    let fault = StoreError::query("append to the audit log");
    // Writing first takes the lock; the hash is still the one before.
    let head = sqlx::query("update audit_head set seq = seq + 1 where id = 1 returning seq, hash")
        .fetch_one(unit.connection())
        .await
        .map_err(&fault)?;
    let seq: i64 = head.try_get("seq").map_err(&fault)?;
    let before: String = head.try_get("hash").map_err(&fault)?;
    let change = canonical_json(&event.change);
    let hash = hash_of(&before, (seq, &change), event);
    sqlx::query(
        "insert into audit_event (seq, at_ms, actor, action, resource_arn, change_json, reason,
                                  request_id, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(seq)
    .bind(event.at_ms)
    .bind(&event.actor)
    .bind(&event.action)
    .bind(&event.resource_arn)
    .bind(&change)
    .bind(event.reason.as_deref())
    .bind(&event.request_id)
    .bind(&hash)
    .execute(unit.connection())
    .await
    .map_err(&fault)?;
    sqlx::query("update audit_head set hash = $1 where id = 1")
        .bind(&hash)
        .execute(unit.connection())
        .await
        .map_err(&fault)?;
    Ok(seq)
}

/// Those of these ARNs that the log tells anything of.
pub async fn known(store: &Store, arns: &[&str]) -> Result<BTreeSet<String>, StoreError> {
    let mut known = BTreeSet::new();
    for arns in arns.chunks(NAMES) {
        let statement = format!(
            "select distinct resource_arn from audit_event where resource_arn in ({})",
            places(1, arns.len())
        );
        let mut query = sqlx::query_scalar(AssertSqlSafe(statement));
        for arn in arns {
            query = query.bind(*arn);
        }
        let found = query.fetch_all(store.pool()).await;
        known.extend(found.map_err(StoreError::query("look for resources in the audit log"))?);
    }
    Ok(known)
}

/// A page of events.
pub async fn list(store: &Store, wanted: &ListEvents) -> Result<Vec<Event>, StoreError> {
    let mut query = sqlx::query(AssertSqlSafe(statement(wanted))).bind(i64::from(wanted.limit));
    for (_, text) in texts(wanted) {
        query = query.bind(text);
    }
    for (_, number) in numbers(wanted) {
        query = query.bind(number);
    }
    query
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read the audit log"))?
        .iter()
        .map(read)
        .collect()
}

/// Only what is asked for stands in the statement, so that both databases find the events of one
/// resource, or of one actor, by their index; each `?` is the place of the value.
fn statement(wanted: &ListEvents) -> String {
    let mut text =
        "select seq, at_ms, actor, action, resource_arn, change_json, reason, request_id, \
                    hash from audit_event"
            .to_owned();
    let texts = texts(wanted).into_iter().map(|(test, _)| test);
    let numbers = numbers(wanted).into_iter().map(|(test, _)| test);
    for (place, test) in texts.chain(numbers).enumerate() {
        text += if place == 0 { " where " } else { " and " };
        text += &test.replace('?', &format!("${}", place + 2));
    }
    let direction = match wanted.order {
        EventOrder::OldestFirst => "asc",
        EventOrder::NewestFirst => "desc",
    };
    text + &format!(" order by seq {direction} limit $1")
}

fn texts(wanted: &ListEvents) -> Vec<(&'static str, String)> {
    let all = [
        ("resource_arn = ?", wanted.resource_arn.clone()),
        ("actor = ?", wanted.actor.clone()),
        ("action = ?", wanted.action.clone()),
        (
            "lower(resource_arn) like ? escape '!'",
            pattern(wanted.kind.as_deref(), ":", "/"),
        ),
        (
            "(lower(action) like ? escape '!' or lower(resource_arn) like ? escape '!')",
            pattern(wanted.contains.as_deref(), "", ""),
        ),
    ];
    // No event has an empty text there: it stands for "any".
    let given = |text: &String| !text.is_empty();
    all.into_iter()
        .filter_map(|(test, text)| Some((test, text.filter(given)?)))
        .collect()
}

fn numbers(wanted: &ListEvents) -> Vec<(&'static str, i64)> {
    let beyond = match wanted.order {
        EventOrder::OldestFirst => "seq > ?",
        EventOrder::NewestFirst => "seq < ?",
    };
    let all = [
        ("at_ms >= ?", wanted.from_ms),
        ("at_ms <= ?", wanted.to_ms),
        (beyond, wanted.after_seq),
    ];
    all.into_iter()
        .filter_map(|(test, number)| Some((test, number?)))
        .collect()
}

/// For `like`.
fn pattern(part: Option<&str>, before: &str, behind: &str) -> Option<String> {
    let part = part.filter(|part| !part.is_empty())?;
    let mut escaped = String::new();
    for letter in part.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            escaped.push('!');
        }
        escaped.push(letter);
    }
    Some(format!("%{before}{escaped}{behind}%"))
}

const VERIFY_PAGE: u32 = 1000;

/// Walks the whole chain. Changes are hashed as the text that is kept, so that none is parsed.
pub async fn verify(store: &Store) -> Result<Verified, StoreError> {
    // Read first: events that are appended during the walk come after it.
    let (head_seq, head_hash) = head(store).await?;
    let mut before = String::new();
    let mut seq = 0;
    while seq < head_seq {
        let rows = sqlx::query(
            "select seq, at_ms, actor, action, resource_arn, change_json, reason, request_id, hash
             from audit_event where seq > $1 and seq <= $2 order by seq limit $3",
        )
        .bind(seq)
        .bind(head_seq)
        .bind(i64::from(VERIFY_PAGE))
        .fetch_all(store.pool())
        .await
        .map_err(StoreError::query("read the audit log"))?;
        if rows.is_empty() {
            return Ok(broken_after(seq));
        }
        for row in &rows {
            let (event, change) = read_row(row)?;
            let hash = hash_of(&before, (event.seq, &change), &event.event);
            if event.seq != seq + 1 || event.hash != hash {
                return Ok(broken_after(seq));
            }
            seq = event.seq;
            before = hash;
        }
    }
    if before != head_hash {
        return Ok(broken_after(seq - 1));
    }
    Ok(Verified {
        events: seq.unsigned_abs(),
        broken_at: None,
    })
}

/// Whether the event's hash follows from the one before it, which is empty for the first.
pub fn follows(before: &str, event: &Event) -> bool {
    let change = canonical_json(&event.event.change);
    event.hash == hash_of(before, (event.seq, &change), &event.event)
}

/// Number and hash of the last event; 0 and nothing before the first.
pub async fn head(store: &Store) -> Result<(i64, String), StoreError> {
    let fault = StoreError::query("read the head of the audit log");
    let row = sqlx::query("select seq, hash from audit_head where id = 1")
        .fetch_one(store.pool())
        .await
        .map_err(&fault)?;
    Ok((
        row.try_get("seq").map_err(&fault)?,
        row.try_get("hash").map_err(&fault)?,
    ))
}

fn broken_after(seq: i64) -> Verified {
    Verified {
        events: seq.max(0).unsigned_abs(),
        broken_at: Some(seq + 1),
    }
}

/// `change` is the canonical text of the event's change.
fn hash_of(before: &str, (seq, change): (i64, &str), event: &NewEvent) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let reason = event.reason.as_deref().map_or("null".to_owned(), text);
    // Canonical: the names are sorted, and there are no spaces.
    let document = format!(
        r#"{{"action":{},"actor":{},"at_ms":{},"change":{change},"reason":{reason},"request_id":{},"resource_arn":{},"seq":{seq}}}"#,
        text(&event.action),
        text(&event.actor),
        event.at_ms,
        text(&event.request_id),
        text(&event.resource_arn),
    );
    let mut digest = Sha256::new();
    digest.update(before);
    digest.update(document);
    let hash = digest.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(row: &AnyRow) -> Result<Event, StoreError> {
    let (mut event, change) = read_row(row)?;
    // A change that is no JSON was not written here: it must break the chain, not the reading.
    event.event.change = serde_json::from_str(&change).unwrap_or(Value::String(change));
    Ok(event)
}

/// The event without its change, and the text of that.
fn read_row(row: &AnyRow) -> Result<(Event, String), StoreError> {
    let fault = StoreError::query("read the audit log");
    let text = |column: &str| row.try_get::<String, _>(column).map_err(&fault);
    let event = Event {
        seq: row.try_get("seq").map_err(&fault)?,
        event: NewEvent {
            at_ms: row.try_get("at_ms").map_err(&fault)?,
            actor: text("actor")?,
            action: text("action")?,
            resource_arn: text("resource_arn")?,
            change: Value::Null,
            reason: row.try_get("reason").map_err(&fault)?,
            request_id: text("request_id")?,
        },
        hash: text("hash")?,
    };
    Ok((event, text("change_json")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_is_of_the_canonical_document() {
        let event = NewEvent {
            at_ms: -7,
            actor: "é \"quoted\"\n".to_owned(),
            action: "sagemaker:CreateModel".to_owned(),
            resource_arn: "arn:\u{7f}\\".to_owned(),
            change: json!({"b": [1.50, {"d": null, "c": "x"}], "a": true}),
            reason: None,
            request_id: String::new(),
        };
        for reason in [None, Some("why".to_owned())] {
            let event = NewEvent {
                reason,
                ..event.clone()
            };
            let document = json!({
                "seq": 3, "at_ms": event.at_ms, "actor": event.actor, "action": event.action,
                "resource_arn": event.resource_arn, "change": event.change, "reason": event.reason,
                "request_id": event.request_id,
            });
            let whole = format!("before{}", canonical_json(&document));
            let expected = Sha256::digest(whole.as_bytes());
            let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
            let change = canonical_json(&event.change);
            assert_eq!(hash_of("before", (3, &change), &event), expected);
        }
    }
}
