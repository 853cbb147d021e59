//! `probity card`: model cards, on a server or as files.
//!
//! The rule: with `-f` a command works on files and asks no server; without it, it asks a server.
//! `apply`, and `diff -f`, bring the two together.

mod apply;
mod bind;
mod card_file;
mod changes;
mod check;
mod diff;
mod edit;
mod evidence_words;
mod export;
mod folder;
mod kept_evidence;
mod list;
mod local;
mod new;
mod remote;
mod review;
mod rewrite;
mod show;
mod shown;
mod skeleton;
mod source;
mod yaml;
mod yaml_fault;

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use probity_domain::resource::CardStatus;
use serde_json::Value;

use crate::arguments::{CardArguments, CardCommand};
use crate::exit::Exit;

pub(crate) async fn run(arguments: CardArguments) -> Result<Exit> {
    let server = &arguments.server;
    match &arguments.command {
        CardCommand::New(arguments) => new::run(server, arguments).await,
        CardCommand::Edit(arguments) => edit::run(server, arguments).await,
        CardCommand::Show(arguments) => show::run(server, arguments).await,
        CardCommand::List(arguments) => list::run(server, arguments).await,
        CardCommand::Diff(arguments) => diff::run(server, arguments).await,
        CardCommand::Submit(arguments) => {
            review::run(server, arguments, CardStatus::PendingReview).await
        }
        CardCommand::Approve(arguments) => {
            review::run(server, arguments, CardStatus::Approved).await
        }
        CardCommand::Archive(arguments) => {
            review::run(server, arguments, CardStatus::Archived).await
        }
        CardCommand::Reopen(arguments) => review::run(server, arguments, CardStatus::Draft).await,
        CardCommand::Export(arguments) => export::run(server, arguments).await,
        CardCommand::Bind(arguments) => bind::bind(server, arguments).await,
        CardCommand::Unbind(arguments) => bind::unbind(server, arguments).await,
        CardCommand::Check(arguments) => check::run(server, arguments).await,
        CardCommand::Apply(arguments) => apply::run(server, arguments).await,
    }
}

/// A member's text, empty where it is not there.
fn member<'a>(document: &'a Value, name: &str) -> &'a str {
    document[name].as_str().unwrap_or_default()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the command is the one place that reads the clock"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
