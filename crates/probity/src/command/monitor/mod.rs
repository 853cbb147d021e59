//! `probity monitor`: schedules of a running server.

mod constraints;
mod definition;
mod execution;
mod preview;
mod rebaseline;
mod rollup;
mod run;
mod schedule;

use anyhow::Result;
use serde_json::Value;

use crate::arguments::{MonitorArguments, MonitorCommand};
use crate::client::Client;
use crate::exit::Exit;
use crate::moment::{Shown, of_seconds};

pub(crate) async fn run(arguments: MonitorArguments) -> Result<Exit> {
    let client = Client::new(&arguments.server)?;
    match arguments.command {
        MonitorCommand::List(arguments) => schedule::list(&client, &arguments).await,
        MonitorCommand::Show(arguments) => schedule::show(&client, &arguments).await,
        MonitorCommand::Start(arguments) => schedule::start(&client, &arguments).await,
        MonitorCommand::Stop(arguments) => schedule::stop(&client, &arguments).await,
        MonitorCommand::Executions(arguments) => execution::list(&client, &arguments).await,
        MonitorCommand::Run(arguments) => run::run(&client, &arguments).await,
        MonitorCommand::Preview(arguments) => preview::run(&client, &arguments).await,
        MonitorCommand::SetConstraints(arguments) => constraints::set(&client, &arguments).await,
        MonitorCommand::Rollup(arguments) => rollup::run(&client, &arguments).await,
        MonitorCommand::Rebaseline(arguments) => rebaseline::run(&client, &arguments).await,
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
