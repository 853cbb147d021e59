//! What was done, from the audit log: the newest first.

use probity_store::audit::{self, Event, EventOrder, ListEvents};
use serde_json::Value;

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// The right to have the chain verified.
pub const VERIFY: &str = "probity:VerifyActivity";

/// One event of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub seq: i64,
    pub at_ms: i64,
    pub actor: String,
    /// `sagemaker:CreateModel`.
    pub action: String,
    pub resource_arn: String,
    pub reason: Option<String>,
    pub change: Value,
    pub request_id: String,
    pub hash: String,
}

/// What is not said leaves everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityQuery {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub resource_arn: Option<String>,
    /// `model-card`.
    pub kind: Option<String>,
    /// Part of the action or the ARN.
    pub contains: Option<String>,
    pub from_ms: Option<i64>,
    pub to_ms: Option<i64>,
    /// Older than this event.
    pub before_seq: Option<i64>,
    pub limit: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    pub entries: Vec<Entry>,
    /// Where older ones begin, if there are any.
    pub next: Option<i64>,
}

pub async fn list(app: &App, caller: &Caller, query: &ActivityQuery) -> Result<Activity, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListActivity")?;
    of_query(&deed, query).await
}

pub(super) async fn of_query(deed: &Deed<'_>, query: &ActivityQuery) -> Result<Activity, Fault> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let wanted = ListEvents {
        resource_arn: query.resource_arn.clone(),
        actor: query.actor.clone(),
        action: query.action.clone(),
        kind: query.kind.clone(),
        contains: query.contains.clone(),
        from_ms: query.from_ms,
        to_ms: query.to_ms,
        order: EventOrder::NewestFirst,
        after_seq: query.before_seq,
        limit: query.limit.saturating_add(1),
    };
    let mut events = audit::list(&deed.app.store, &wanted).await?;
    let has_more = events.len() > limit;
    events.truncate(limit);
    Ok(Activity {
        next: events.last().filter(|_| has_more).map(|last| last.seq),
        entries: events.into_iter().map(entry).collect(),
    })
}

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub entry: Entry,
    /// Of the event before; empty for the first.
    pub hash_before: String,
    /// Whether the event's hash is that of what it says, behind the one before.
    pub follows: bool,
    /// Number of the last event.
    pub head: i64,
}

pub async fn event(app: &App, caller: &Caller, seq: i64) -> Result<Link, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListActivity")?;
    let wanted = ListEvents {
        after_seq: Some(seq.saturating_sub(2)),
        limit: 2,
        ..ListEvents::default()
    };
    let events = audit::list(&deed.app.store, &wanted).await?;
    let missing = || Fault::missing(format!("the audit log has no event {seq}"));
    let found = events.iter().find(|event| event.seq == seq);
    let found = found.ok_or_else(missing)?;
    let before = events.iter().find(|event| event.seq == seq - 1);
    let hash_before = before.map(|before| before.hash.clone()).unwrap_or_default();
    Ok(Link {
        follows: audit::follows(&hash_before, found),
        entry: entry(found.clone()),
        hash_before,
        head: audit::head(&deed.app.store).await?.0,
    })
}

/// The whole chain, walked along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// From the first on, those whose hashes are right.
    pub events: u64,
    /// The first that is not what was written, or is not there.
    pub broken_at: Option<i64>,
    /// Of the last event as the log's head tells it: what to keep elsewhere.
    pub head: i64,
    pub head_hash: String,
    pub as_of_ms: i64,
}

/// Reads every event there is: administrators alone may ask for so much work.
pub async fn verify(app: &App, caller: &Caller) -> Result<Chain, Fault> {
    let deed = Deed::authorise(app, caller, VERIFY)?;
    let (head, head_hash) = audit::head(&deed.app.store).await?;
    let verified = audit::verify(&deed.app.store).await?;
    Ok(Chain {
        events: verified.events,
        broken_at: verified.broken_at,
        head,
        head_hash,
        as_of_ms: deed.now_ms,
    })
}

pub(super) async fn latest(deed: &Deed<'_>, limit: u32) -> Result<Vec<Entry>, Fault> {
    let query = ActivityQuery {
        limit,
        ..ActivityQuery::default()
    };
    Ok(of_query(deed, &query).await?.entries)
}

fn entry(event: Event) -> Entry {
    Entry {
        seq: event.seq,
        at_ms: event.event.at_ms,
        actor: event.event.actor,
        action: event.event.action,
        resource_arn: event.event.resource_arn,
        reason: event.event.reason,
        change: event.event.change,
        request_id: event.event.request_id,
        hash: event.hash,
    }
}
