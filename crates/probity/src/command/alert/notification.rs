//! The outbox: what waits, what could not be sent, another try, and a test.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::{Asking, at_most, text, time};
use crate::exit::{Exit, Failed};
use crate::screen;
use crate::table::{Align, table};

/// The first try of a test is over by then.
const PATIENCE: Duration = Duration::from_secs(45);
const LOOK: Duration = Duration::from_millis(300);

pub(super) async fn list(asking: &Asking, (input, limit): (Value, usize)) -> Result<Exit> {
    let what = (input, "Notifications");
    let found = at_most(asking, "Probity.ListNotifications", what, limit).await?;
    screen::print(asking.print, &found, || {
        if found.is_empty() {
            return "no notifications\n".to_owned();
        }
        let header = [
            "id", "channel", "status", "tries", "when", "what", "why not",
        ];
        let rows = found.iter().map(|one| {
            vec![
                text(one, "NotificationId").to_owned(),
                text(one, "ChannelName").to_owned(),
                text(one, "Status").to_owned(),
                one["Attempts"].to_string(),
                time(one, "CreationTime"),
                text(one, "Title").to_owned(),
                text(one, "LastError").to_owned(),
            ]
        });
        table(&header.map(|title| (title, Align::Left)), rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn retry(asking: &Asking, id: &str) -> Result<Exit> {
    let input = json!({"NotificationId": id});
    let answer = asking
        .client
        .call("Probity.RetryNotification", input)
        .await?;
    screen::print(asking.print, &answer, || {
        format!("notification `{id}` is tried again\n")
    })?;
    Ok(Exit::NoViolation)
}

/// Waits for the first try.
pub(super) async fn test(asking: &Asking, channel: &str) -> Result<Exit> {
    let target = "Probity.TestNotificationChannel";
    let input = json!({"ChannelName": channel});
    let sent = asking.client.call(target, input).await?;
    let asked = json!({"NotificationId": text(&sent, "NotificationId")});
    let begun = Instant::now();
    let found = loop {
        let target = "Probity.DescribeNotification";
        let answer = asking.client.call(target, asked.clone()).await?;
        let found = answer["Notification"].clone();
        let is_tried = found["Attempts"].as_u64().is_some_and(|tries| tries > 0);
        if is_tried || text(&found, "Status") != "Waiting" || begun.elapsed() > PATIENCE {
            break found;
        }
        tokio::time::sleep(LOOK).await;
    };
    if text(&found, "Status") != "Sent" {
        return Err(Failed(match text(&found, "LastError") {
            "" => format!("channel `{channel}` was not tried yet; it is busy"),
            error => format!("channel `{channel}` failed, and is tried again: {error}"),
        })
        .into());
    }
    screen::print(asking.print, &found, || {
        format!("channel `{channel}` took the test\n")
    })?;
    Ok(Exit::NoViolation)
}
