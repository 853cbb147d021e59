//! What was done, from the audit log: the newest first.

use probity_store::audit::{self, Event, EventOrder, ListEvents};
use serde_json::Value;

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

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
