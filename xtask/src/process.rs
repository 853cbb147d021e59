//! Running other programs: output is shown while it comes and kept for reading counts.
//! Standard input is always closed, so that nothing can wait for a person in CI.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result};

use crate::Success;

/// What a program printed, both streams in order of arrival, and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub success: Success,
    pub text: String,
}

/// Whether the lines of a program are shown as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Shown,
    /// Only kept; the caller prints them when they matter.
    Kept,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, echo: Echo) -> Result<Finished> {
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start `{name}`"))?;
    let text = Mutex::new(String::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        if let Some(stream) = stdout {
            scope.spawn(|| collect(stream, &text, echo));
        }
        if let Some(stream) = stderr {
            scope.spawn(|| collect(stream, &text, echo));
        }
    });
    let status = child
        .wait()
        .with_context(|| format!("failed to wait for `{name}`"))?;
    let text = text
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let success = if status.success() {
        Success::Yes
    } else {
        Success::No
    };
    Ok(Finished { success, text })
}

/// Whether a program can be started at all.
pub(crate) fn exists(program: &str, probe: &str) -> bool {
    Command::new(program)
        .arg(probe)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command line, for messages.
pub(crate) fn describe(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn collect(stream: impl Read, text: &Mutex<String>, echo: Echo) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    // A read error means that the pipe is gone; the exit status tells the rest.
    while matches!(reader.read_until(b'\n', &mut line), Ok(count) if count > 0) {
        let decoded = String::from_utf8_lossy(&line);
        if echo == Echo::Shown {
            print!("{decoded}");
            // A closed terminal must not stop the task.
            drop(std::io::stdout().flush());
        }
        let mut kept = text.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.push_str(&decoded);
        drop(kept);
        line.clear();
    }
}
