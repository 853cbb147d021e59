//! The outbox: what is still to be told, what was, and what could not be.
//!
//! A notification is written in the transaction of what it tells of, one for each channel; who
//! sends it comes later ([`probity_store::notification`] keeps it until then).

use std::collections::BTreeSet;

use probity_domain::document::UtcTime;
use probity_domain::document::alert_event::AlertEvent;
use probity_store::monitoring_alert::{self, AlertKey};
use probity_store::notification::{self as rows, ListNotifications, Notification, Unsilenced};
use probity_store::{Cursor, Unit, alert_silence, notification_channel};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::listing::{page_limit, token};
use crate::notification_channel::arn;
use crate::page_token::Question;
use crate::stored::text;
use crate::timestamp;

/// Notifications that silences keep back, of one page.
const KEPT_AT_ONCE: u32 = 200;

/// Who will be told.
#[derive(Debug, Default)]
pub(crate) struct Enqueued {
    pub(crate) channels: usize,
    /// The id of the silence because of which nobody is told now.
    pub(crate) silenced_by: Option<String>,
}

/// For every channel. While a silence covers the event's subject, an alarm is kept back until it
/// ends ([`end_silences`]). What is over is told to whoever was told that it began: a receiver
/// whose alarm is still kept back hears of neither.
pub(crate) async fn enqueue(
    unit: &mut Unit,
    deed: &Deed<'_>,
    told: &AlertEvent,
) -> Result<Enqueued, Fault> {
    let place = (told.region.as_str(), told.subject.as_str());
    let silence = alert_silence::active(unit, place, deed.now_ms).await?;
    let status = match &silence {
        Some(_) if told.is_alerting() => rows::SILENCED,
        Some(_) | None => rows::WAITING,
    };
    let mut names = notification_channel::names(unit).await?;
    if silence.is_some() && !told.is_alerting() {
        let untold = take_back(unit, told).await?;
        names.retain(|name| !untold.contains(name));
    }
    for name in &names {
        let id = deed.app.ids.uuid();
        let notification = Notification {
            status: status.to_owned(),
            ..waiting(deed, (name, &id, told))?
        };
        rows::insert(unit, &notification).await?;
    }
    Ok(Enqueued {
        channels: names.len(),
        silenced_by: silence.map(|silence| silence.id),
    })
}

/// Drops the alarms of the event's alert that a silence keeps back, and names their channels.
async fn take_back(unit: &mut Unit, over: &AlertEvent) -> Result<BTreeSet<String>, Fault> {
    let mut untold = BTreeSet::new();
    for kept in rows::silenced_in(unit, &over.region).await? {
        let told: AlertEvent = serde_json::from_str(&kept.body).unwrap_or_default();
        if told.alert_key() == over.alert_key() {
            rows::unsilence(unit, &kept.id, Unsilenced::Drop).await?;
            untold.insert(kept.channel);
        }
    }
    Ok(untold)
}

/// Tells what was raised while a silence lasted that is over, and is still raised.
pub async fn end_silences(app: &App) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let page = rows::silenced(&app.store, (after.as_ref(), KEPT_AT_ONCE)).await?;
        for kept in page.items {
            end_silence(app, &kept).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn end_silence(app: &App, kept: &Notification) -> Result<(), Fault> {
    let now_ms = app.clock.now_ms();
    let told: AlertEvent = serde_json::from_str(&kept.body).unwrap_or_default();
    let key = AlertKey {
        region: &told.region,
        subject: &told.subject,
        name: &told.alert,
    };
    let mut unit = app.store.begin().await?;
    let place = (told.region.as_str(), told.subject.as_str());
    if alert_silence::active(&mut unit, place, now_ms)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let stands = monitoring_alert::lock(&mut unit, key).await?;
    let is_so = stands.is_some_and(|alert| {
        alert.status == told.state && UtcTime::from_epoch_ms(alert.since_ms).to_string() == told.at
    });
    let so = if is_so {
        Unsilenced::Tell
    } else {
        Unsilenced::Drop
    };
    rows::unsilence(&mut unit, &kept.id, so).await?;
    unit.commit().await?;
    Ok(())
}

/// For one channel, whatever is silent.
pub(crate) async fn enqueue_one(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (channel, id, told): (&str, &str, &AlertEvent),
) -> Result<(), Fault> {
    rows::insert(unit, &waiting(deed, (channel, id, told))?).await?;
    Ok(())
}

fn waiting(
    deed: &Deed<'_>,
    (channel, id, told): (&str, &str, &AlertEvent),
) -> Result<Notification, Fault> {
    let body = serde_json::to_string(told)
        .map_err(|source| Fault::internal("write a notification", source))?;
    Ok(Notification {
        id: id.to_owned(),
        channel: channel.to_owned(),
        region: told.region.clone(),
        created_ms: deed.now_ms,
        status: rows::WAITING.to_owned(),
        attempts: 0,
        // Due at once, by whatever clock.
        next_ms: 0,
        finished_ms: None,
        last_error: String::new(),
        body,
    })
}

/// `{"ChannelName", "StatusEquals", "MaxResults", "NextToken"}`: the newest first.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListNotifications")?;
    let question = Question::of(&[deed.action], &input);
    let member = |member: &str| input.get(member).and_then(Value::as_str);
    let after = match token(&input) {
        Some(token) => Some(question.after::<Cursor>(token)?),
        None => None,
    };
    let wanted = ListNotifications {
        channel: member("ChannelName").map(str::to_owned),
        status: member("StatusEquals").map(str::to_lowercase),
        after,
        limit: page_limit(&input),
    };
    let page = rows::list(&app.store, &wanted).await?;
    let items: Vec<Value> = page.items.iter().map(shown).collect();
    let mut answer = Map::new();
    answer.insert("Notifications".to_owned(), items.into());
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// `{"NotificationId"}`
pub async fn describe(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    app.authorise(caller, "probity:DescribeNotification")?;
    let id = text(&input, "NotificationId")?;
    let found = rows::get(&app.store, id).await?;
    let found = found.ok_or_else(|| missing(id))?;
    Ok(json!({ "Notification": shown(&found) }))
}

/// `{"NotificationId"}`: a dead one, or one that waits, is tried at once, with all its attempts
/// before it.
pub async fn retry(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:RetryNotification")?;
    let id = text(&input, "NotificationId")?;
    let mut unit = app.store.begin().await?;
    let Some(revived) = rows::revive(&mut unit, id).await? else {
        return Err(missing(id));
    };
    let change = json!({ "retried": { "NotificationId": id } });
    event::record(&mut unit, &deed, &arn(&deed, &revived.channel), change).await?;
    unit.commit().await?;
    Ok(json!({ "Notification": shown(&revived) }))
}

fn missing(id: &str) -> Fault {
    Fault::missing(format!(
        "there is no notification `{id}` that was not sent yet"
    ))
}

fn shown(notification: &Notification) -> Value {
    // What was written here reads back; what somebody else wrote shows nothing.
    let told: AlertEvent = serde_json::from_str(&notification.body).unwrap_or_default();
    let mut members = Map::new();
    let mut show = |name: &str, value: Value| members.insert(name.to_owned(), value);
    show("NotificationId", notification.id.as_str().into());
    show("ChannelName", notification.channel.as_str().into());
    show("CreationTime", timestamp::seconds(notification.created_ms));
    show("Status", shown_status(&notification.status).into());
    show("Attempts", notification.attempts.into());
    show("Title", told.title.into());
    show("EventId", told.id.into());
    if let Some(ms) = notification.finished_ms {
        show("FinishedTime", timestamp::seconds(ms));
    } else if notification.attempts > 0 {
        show("NextAttemptTime", timestamp::seconds(notification.next_ms));
    }
    if !notification.last_error.is_empty() {
        show("LastError", notification.last_error.as_str().into());
    }
    Value::Object(members)
}

fn shown_status(status: &str) -> &str {
    match status {
        rows::WAITING => "Waiting",
        rows::SENT => "Sent",
        rows::DEAD => "Dead",
        rows::SILENCED => "Silenced",
        other => other,
    }
}
