//! One channel: what of its notifications is sent now, in which order, and what a failure means for
//! the others.
//!
//! Events of one alert keep their order, or an incident would be opened after it was resolved: one
//! that waits for its next try holds back the later ones of its alert, and no others.

use std::collections::BTreeSet;
use std::time::Duration;

use probity_app::Fault;
use probity_app::notification_channel::{self, OpenChannel};
use probity_domain::document::alert_event::{AlertEvent, AlertMessage};
use probity_domain::document::channel_settings::ChannelSettings;
use probity_store::notification::{self, Claimed, Notification, Tried};
use tracing::{info, warn};

use super::error::{Meaning, Until};
use super::{SendNotification, Sender, backoff, command, email, pager, slack, webhook};
use crate::chain::{Chain, at_most};

/// Read at once, and the most events of a digest.
const AT_ONCE: u32 = 200;

/// Of an error, as it is kept.
const LONGEST_ERROR: usize = 500;

/// What a receiver may ask for.
const SHORTEST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 86_400_000;

/// A claim outlasts the longest send by this.
const CLAIM_MARGIN: Duration = Duration::from_secs(20);

pub(super) async fn send_waiting(sender: &Sender, name: &str) -> Result<(), Fault> {
    let Some(channel) = notification_channel::open(&sender.app, name).await? else {
        return bury_all(sender, name).await;
    };
    let mut held_back = BTreeSet::new();
    let mut after = None;
    // However many wait for their next try, what came after them has its turn.
    loop {
        let wanted = (after.as_ref(), AT_ONCE);
        let page = notification::waiting(&sender.app.store, name, wanted).await?;
        let waiting: Vec<Waiting> = page
            .items
            .into_iter()
            .map(|row| {
                // What was written here reads back.
                let event = serde_json::from_str(&row.body).unwrap_or_default();
                (row, event)
            })
            .collect();
        let going = send_page(sender, &channel, (waiting, &mut held_back)).await?;
        after = page.next;
        if going == Going::Over || after.is_none() {
            return Ok(());
        }
    }
}

type Waiting = (Notification, AlertEvent);

/// Whether the receiver may be asked to take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    On,
    Over,
}

async fn send_page(
    sender: &Sender,
    channel: &OpenChannel,
    (waiting, held_back): (Vec<Waiting>, &mut BTreeSet<String>),
) -> Result<Going, Fault> {
    if channel.digest_ms == 0 {
        return send_each(sender, channel, (&waiting, held_back)).await;
    }
    let (tests, events): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|(_, event)| event.kind == "test");
    // Whoever presses the button waits for it.
    match send_each(sender, channel, (&tests, held_back)).await? {
        Going::On => send_digest(sender, channel, (&events, held_back)).await,
        Going::Over => Ok(Going::Over),
    }
}

async fn send_each(
    sender: &Sender,
    channel: &OpenChannel,
    (waiting, held_back): (&[Waiting], &mut BTreeSet<String>),
) -> Result<Going, Fault> {
    for (row, event) in waiting {
        let key = event.alert_key();
        if held_back.contains(&key) {
            continue;
        }
        let now_ms = sender.clock.now_ms();
        if row.next_ms > now_ms || claim(sender, channel, row).await? == Claimed::No {
            held_back.insert(key);
            continue;
        }
        let batch = [(row, event)];
        match deliver(sender, channel, &batch).await? {
            None | Some(Meaning::Final) => {}
            Some(Meaning::NotTaken) => {
                held_back.insert(key);
            }
            Some(Meaning::ReceiverDown) => return Ok(Going::Over),
        }
    }
    Ok(Going::On)
}

/// The first event opens a span, at whose end all that came meanwhile is told together.
async fn send_digest(
    sender: &Sender,
    channel: &OpenChannel,
    (waiting, held_back): (&[Waiting], &mut BTreeSet<String>),
) -> Result<Going, Fault> {
    let (waiting, later): (Vec<&Waiting>, Vec<&Waiting>) = waiting
        .iter()
        .partition(|(_, event)| !held_back.contains(&event.alert_key()));
    held_back.extend(later.iter().map(|(_, event)| event.alert_key()));
    let Some((first, _)) = waiting.first() else {
        return Ok(Going::On);
    };
    let keys = waiting.iter().map(|(_, event)| event.alert_key());
    let now_ms = sender.clock.now_ms();
    let opened = waiting.iter().map(|(row, _)| row.next_ms);
    let Some(due_ms) = opened.filter(|next_ms| *next_ms != 0).min() else {
        let end_ms = now_ms.saturating_add(channel.digest_ms);
        notification::claim(&sender.app.store, first, end_ms).await?;
        held_back.extend(keys);
        return Ok(Going::On);
    };
    if due_ms > now_ms {
        held_back.extend(keys);
        return Ok(Going::On);
    }
    let mut batch = Vec::with_capacity(waiting.len());
    for (row, event) in &waiting {
        if claim(sender, channel, row).await? == Claimed::Yes {
            batch.push((row, event));
        }
    }
    if batch.is_empty() {
        return Ok(Going::On);
    }
    Ok(match deliver(sender, channel, &batch).await? {
        None | Some(Meaning::Final) => Going::On,
        Some(Meaning::NotTaken) => {
            held_back.extend(keys);
            Going::On
        }
        Some(Meaning::ReceiverDown) => Going::Over,
    })
}

async fn claim(
    sender: &Sender,
    channel: &OpenChannel,
    row: &Notification,
) -> Result<Claimed, Fault> {
    let longest = match &channel.settings {
        ChannelSettings::Webhook(_) | ChannelSettings::Slack(_) => Duration::from_secs(10),
        ChannelSettings::PagerDuty(_) => Duration::from_secs(20),
        ChannelSettings::Email(_) => Duration::from_secs(30),
        ChannelSettings::Command(settings) => command::limit(settings),
    };
    let until_ms = sender
        .clock
        .now_ms()
        .saturating_add(milliseconds(longest + CLAIM_MARGIN));
    Ok(notification::claim(&sender.app.store, row, until_ms).await?)
}

/// Sends a claimed batch as one message, and notes how it went. `None`: it was taken.
async fn deliver(
    sender: &Sender,
    channel: &OpenChannel,
    batch: &[(&Notification, &AlertEvent)],
) -> Result<Option<Meaning>, Fault> {
    let events = batch.iter().map(|(_, event)| (*event).clone()).collect();
    let sent = send(sender, channel, AlertMessage::of(events)).await;
    let kind = channel.settings.kind();
    let now_ms = sender.clock.now_ms();
    let meaning = match &sent {
        Ok(()) => {
            metrics::counter!("probity_notifications_sent_total", "kind" => kind).increment(1);
            info!(channel = %channel.name, events = batch.len(),
                "told {} events to channel `{}`", batch.len(), channel.name);
            None
        }
        Err(error) => {
            metrics::counter!("probity_notification_failures_total", "kind" => kind).increment(1);
            warn!(channel = %channel.name, error = error as &dyn std::error::Error,
                "failed to tell {} events to channel `{}`", batch.len(), channel.name);
            Some(error.meaning())
        }
    };
    for (row, _) in batch {
        let tried = match (&sent, meaning) {
            (Err(error), Some(meaning)) => failed(row, now_ms, (error, meaning)),
            (Ok(()), _) | (Err(_), None) => Tried::Sent { at_ms: now_ms },
        };
        notification::note(&sender.app.store, &row.id, &tried).await?;
    }
    if let Some(until_ms) = sent.err().and_then(|error| asked_to_wait(&error, now_ms)) {
        notification::postpone(&sender.app.store, &channel.name, until_ms).await?;
    }
    Ok(meaning)
}

fn failed(
    row: &Notification,
    now_ms: i64,
    (error, meaning): (&SendNotification, Meaning),
) -> Tried {
    let attempts = row.attempts + 1;
    let asked_ms = asked_to_wait(error, now_ms);
    let error = at_most(LONGEST_ERROR, &Chain(error).to_string());
    if meaning == Meaning::Final || attempts >= backoff::MAX_ATTEMPTS {
        return Tried::Dead {
            attempts,
            at_ms: now_ms,
            error,
        };
    }
    Tried::Again {
        attempts,
        next_ms: asked_ms
            .unwrap_or_else(|| now_ms.saturating_add(milliseconds(backoff::pause(attempts)))),
        error,
    }
}

/// Until when the receiver wants to hear nothing, at most a day.
fn asked_to_wait(error: &SendNotification, now_ms: i64) -> Option<i64> {
    let SendNotification::Wait { until, .. } = error else {
        return None;
    };
    let asked_ms = match until {
        Until::Seconds(seconds) => now_ms.saturating_add(seconds.saturating_mul(1000)),
        Until::AtMs(at_ms) => *at_ms,
    };
    Some(asked_ms.clamp(
        now_ms.saturating_add(SHORTEST_WAIT_MS),
        now_ms.saturating_add(LONGEST_WAIT_MS),
    ))
}

async fn send(
    sender: &Sender,
    channel: &OpenChannel,
    message: AlertMessage,
) -> Result<(), SendNotification> {
    match &channel.settings {
        ChannelSettings::Webhook(settings) => webhook::send(sender, settings, &message).await,
        ChannelSettings::Slack(settings) => slack::send(sender, settings, &message).await,
        ChannelSettings::Email(settings) => email::send(settings, &message).await,
        ChannelSettings::PagerDuty(settings) => {
            pager::send(sender, settings, &message.events).await
        }
        ChannelSettings::Command(settings) => {
            command::send(sender, (&channel.name, settings), &message).await
        }
    }
}

/// An event that came in the moment in which its channel was deleted.
async fn bury_all(sender: &Sender, name: &str) -> Result<(), Fault> {
    let now_ms = sender.clock.now_ms();
    let waiting = notification::waiting(&sender.app.store, name, (None, AT_ONCE)).await?;
    for row in waiting.items {
        let dead = Tried::Dead {
            attempts: row.attempts,
            at_ms: now_ms,
            error: "the channel was deleted".to_owned(),
        };
        notification::note(&sender.app.store, &row.id, &dead).await?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
