//! Channels: made, listed, removed.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Asking, text, time};
use crate::arguments::ChannelArguments;
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, table};

pub(super) async fn add(asking: &Asking, arguments: &ChannelArguments) -> Result<Exit> {
    let mut input = json!({"ChannelName": arguments.name});
    let (kind, settings) = settings(arguments)?;
    input[kind] = settings;
    if let Some(digest) = arguments.digest {
        input["DigestInSeconds"] = Value::from(digest.0);
    }
    let target = "Probity.CreateNotificationChannel";
    let answer = asking.client.call(target, input).await?;
    let name = &arguments.name;
    screen::print(asking.print, &answer, || {
        format!("channel `{name}` is told of every alert; `probity alert test {name}` tries it\n")
    })?;
    Ok(Exit::NoViolation)
}

fn settings(arguments: &ChannelArguments) -> Result<(&'static str, Value)> {
    if let Some(url) = &arguments.webhook {
        let mut webhook = json!({"Url": given(url)?});
        if let Some(secret) = &arguments.signing_secret {
            webhook["SigningSecret"] = Value::from(given(secret)?);
        }
        return Ok(("Webhook", webhook));
    }
    if let Some(url) = &arguments.slack {
        return Ok(("Slack", json!({"Url": given(url)?})));
    }
    if let (Some(smtp), Some(from)) = (&arguments.smtp, &arguments.from) {
        let email = json!({"SmtpUrl": given(smtp)?, "From": from, "To": arguments.email});
        return Ok(("Email", email));
    }
    if let Some(key) = &arguments.pager_duty {
        let mut pager = json!({"RoutingKey": given(key)?});
        if let Some(url) = &arguments.events_url {
            pager["EventsUrl"] = Value::from(url.as_str());
        }
        return Ok(("PagerDuty", pager));
    }
    Ok(("Command", json!({"Arguments": arguments.command})))
}

/// As it is typed, or what stands in the file that it names.
fn given(text: &str) -> Result<String> {
    let Some(file) = text.strip_prefix('@') else {
        return Ok(text.to_owned());
    };
    let read = std::fs::read_to_string(file)
        .map_err(|error| Usage(format!("failed to read `{file}`: {error}")))?;
    Ok(read.trim().to_owned())
}

pub(super) async fn list(asking: &Asking) -> Result<Exit> {
    let target = "Probity.ListNotificationChannels";
    let answer = asking.client.call(target, json!({})).await?;
    let found = answer["Channels"].as_array().cloned().unwrap_or_default();
    screen::print(asking.print, &found, || {
        if found.is_empty() {
            return "no channels: nobody is told of alerts\n".to_owned();
        }
        let header = ["channel", "kind", "leads to", "digest", "made", "by"];
        let rows = found.iter().map(|channel| {
            let digest = match channel["DigestInSeconds"].as_u64() {
                None | Some(0) => "each".to_owned(),
                Some(seconds) => format!("{seconds} s"),
            };
            vec![
                text(channel, "ChannelName").to_owned(),
                text(channel, "Kind").to_owned(),
                text(channel, "Target").to_owned(),
                digest,
                time(channel, "CreationTime"),
                text(channel, "CreatedBy").to_owned(),
            ]
        });
        table(&header.map(|title| (title, Align::Left)), rows.collect())
    })?;
    Ok(Exit::NoViolation)
}

pub(super) async fn remove(asking: &Asking, name: &str) -> Result<Exit> {
    let target = "Probity.DeleteNotificationChannel";
    let input = json!({"ChannelName": name});
    let answer = asking.client.call(target, input).await?;
    screen::print(asking.print, &answer, || {
        format!("channel `{name}` is removed\n")
    })?;
    Ok(Exit::NoViolation)
}
