//! `probity alert`: alerts of a running server, silences, and who is told.

mod channel;
mod notification;
mod show;
mod silence;

use anyhow::Result;
use serde_json::{Value, json};

use crate::arguments::{AlertArguments, AlertCommand, ChannelCommand, PrintArguments};
use crate::client::Client;
use crate::exit::Exit;
use crate::moment::{Shown, of_seconds};

/// What every command needs.
#[derive(Debug)]
struct Asking {
    client: Client,
    print: PrintArguments,
}

pub(crate) async fn run(arguments: AlertArguments) -> Result<Exit> {
    let asking = Asking {
        client: Client::new(&arguments.server)?,
        print: arguments.print(),
    };
    match arguments.command {
        AlertCommand::List { raised } => {
            let input = match raised {
                true => json!({"StatusEquals": "InAlert", "MaxResults": 100}),
                false => json!({"MaxResults": 100}),
            };
            show::list(&asking, input).await
        }
        AlertCommand::History { subject, limit } => {
            show::history(&asking, (subject.as_deref().map(subject_of), limit)).await
        }
        AlertCommand::Ack {
            subject,
            alert,
            why,
        } => {
            let subject = subject_of(&subject);
            let input = json!({"Subject": subject, "AlertName": alert, "Reason": why});
            show::acknowledge(&asking, input).await
        }
        AlertCommand::Silence(arguments) => silence::add(&asking, &arguments).await,
        AlertCommand::Silences => silence::list(&asking).await,
        AlertCommand::Lift { id, why } => silence::lift(&asking, (&id, why.as_deref())).await,
        AlertCommand::Channel(ChannelCommand::Add(arguments)) => {
            channel::add(&asking, &arguments).await
        }
        AlertCommand::Channel(ChannelCommand::List) => channel::list(&asking).await,
        AlertCommand::Channel(ChannelCommand::Remove { name }) => {
            channel::remove(&asking, &name).await
        }
        AlertCommand::Test { channel } => notification::test(&asking, &channel).await,
        AlertCommand::Notifications { channel, limit } => {
            let mut input = json!({"MaxResults": 100});
            if let Some(channel) = channel {
                input["ChannelName"] = Value::from(channel);
            }
            notification::list(&asking, (input, limit)).await
        }
        AlertCommand::Dead => {
            let input = json!({"MaxResults": 100, "StatusEquals": "Dead"});
            notification::list(&asking, (input, usize::MAX)).await
        }
        AlertCommand::Retry { id } => notification::retry(&asking, &id).await,
    }
}

/// A schedule's name, or what has its kind before it.
fn subject_of(text: &str) -> String {
    match text.contains('/') {
        true => text.to_owned(),
        false => format!("monitoring-schedule/{text}"),
    }
}

/// A member's text, empty where it is not there.
fn text<'a>(document: &'a Value, member: &str) -> &'a str {
    document[member].as_str().unwrap_or_default()
}

/// A member that is a time, for tables.
fn time(document: &Value, member: &str) -> String {
    document[member]
        .as_f64()
        .map_or_else(String::new, |seconds| {
            Shown(of_seconds(seconds)).to_string()
        })
}

/// As many pages as `limit` needs.
async fn at_most(
    asking: &Asking,
    target: &str,
    (mut input, member): (Value, &str),
    limit: usize,
) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    while found.len() < limit {
        let mut page = asking.client.call(target, input.clone()).await?;
        if let Some(items) = page[member].as_array_mut() {
            found.append(items);
        }
        match page["NextToken"].take() {
            Value::String(token) => input["NextToken"] = Value::String(token),
            _ => break,
        }
    }
    found.truncate(limit);
    Ok(found)
}
