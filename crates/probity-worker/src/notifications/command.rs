//! A program of the server's machine, behind the walls of [`isolation`](crate::isolation) as any
//! other code of users: the message as JSON on its standard input, a time limit, and its output in
//! the log group `/probity/notifications`.

use std::path::Path;
use std::time::Duration;

use probity_domain::document::alert_event::AlertMessage;
use probity_domain::document::channel_settings::CommandSettings;

use super::{SendNotification, Sender};
use crate::chain::at_most;
use crate::job_log::{self, LogPlace};
use crate::local_process::{RunProcess, ToRun};
use crate::stop::{self, StopReason};

const DEFAULT_LIMIT_S: u64 = 10;

/// Of what the program said last.
const LONGEST_LINES: usize = 500;

const MESSAGE_FILE: &str = "message.json";

/// The launcher's own standard input is taken, so the shell opens the file.
const SCRIPT: &str = "exec \"$0\" \"$@\" < \"$PROBITY_PROCESSING_DIR/message.json\"";

pub(super) fn limit(settings: &CommandSettings) -> Duration {
    Duration::from_secs(settings.time_limit_in_seconds.unwrap_or(DEFAULT_LIMIT_S))
}

pub(super) async fn send(
    sender: &Sender,
    (channel, settings): (&str, &CommandSettings),
    message: &AlertMessage,
) -> Result<(), SendNotification> {
    let folder = sender
        .folder
        .join(format!("notification-{}", sender.app.ids.uuid()));
    let sent = run_in(sender, (channel, settings), (&folder, message)).await;
    // What cannot be removed is in nobody's way, and removed at the next start.
    let _ = std::fs::remove_dir_all(&folder);
    sent
}

async fn run_in(
    sender: &Sender,
    (channel, settings): (&str, &CommandSettings),
    (folder, message): (&Path, &AlertMessage),
) -> Result<(), SendNotification> {
    let launcher = sender.scripts.launcher()?;
    write_message(folder, message)?;
    let to_run = ToRun {
        command: ["/bin/sh", "-c", SCRIPT]
            .map(str::to_owned)
            .into_iter()
            .chain(settings.arguments.iter().cloned())
            .collect(),
        environment: [].into(),
        folder: folder.to_owned(),
    };
    let region = message.events.first().map(|event| event.region.clone());
    let place = LogPlace {
        region: region.unwrap_or_default(),
        group: "/probity/notifications",
        stream: channel.to_owned(),
    };
    let (log, writer) = job_log::open(&sender.app, place);
    let (stopper, stop) = stop::channel();
    let limit = limit(settings);
    let timer = tokio::spawn(async move {
        tokio::time::sleep(limit).await;
        stopper.stop(StopReason::TimeLimit);
    });
    let ended = launcher.run(&to_run, (&log, &stop)).await;
    timer.abort();
    drop(log);
    writer.finish().await;
    match ended {
        Ok(ended) if ended.code == 0 => Ok(()),
        Ok(ended) => Err(SendNotification::CommandFailed {
            code: ended.code,
            last_lines: at_most(LONGEST_LINES, &ended.last_lines.join(" / ")),
        }),
        Err(RunProcess::Stopped { .. }) => Err(SendNotification::CommandFailed {
            code: -1,
            last_lines: format!("not done within {} seconds", limit.as_secs()),
        }),
        Err(error) => Err(error.into()),
    }
}

fn write_message(folder: &Path, message: &AlertMessage) -> Result<(), SendNotification> {
    let failed = |source| SendNotification::Message { source };
    let place = folder.join("opt/ml/processing");
    let body = message.to_json().map_err(|error| failed(error.into()))?;
    std::fs::create_dir_all(&place).map_err(|error| failed(error.into()))?;
    std::fs::write(place.join(MESSAGE_FILE), body).map_err(|error| failed(error.into()))
}
