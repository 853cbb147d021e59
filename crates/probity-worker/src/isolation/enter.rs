//! The second process: makes the walls, starts the command, and ends as it ended.

use std::fs;
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};

use super::availability::Availability;
use super::{Controlled, Enclosure, FAILURE_FILE, Walls, landlock_rules, mounts};

/// Of a process that started nothing.
const NOT_STARTED: u8 = 125;

/// Does what `asked`, the JSON of an [`Enclosure`], says. To be called before any thread is
/// started.
pub fn enter(asked: &str) -> ExitCode {
    let enclosure: Enclosure = match serde_json::from_str(asked) {
        Ok(enclosure) => enclosure,
        Err(_) => return ExitCode::from(NOT_STARTED),
    };
    if enclosure.command.is_empty() {
        return tell(&probe(&enclosure));
    }
    match run(&enclosure) {
        Ok(code) => code,
        Err(error) => {
            // The server reads both; behind the walls the folder may not be there any more.
            let _ = fs::write(enclosure.folder.join(FAILURE_FILE), error.to_string());
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn probe(enclosure: &Enclosure) -> Availability {
    let namespaces = mounts::enter_namespaces()
        .and_then(|()| mounts::build(enclosure))
        .map_err(|error| error.to_string());
    Availability {
        namespaces,
        landlock: landlock_rules::restrict(enclosure, Walls::Namespace)
            .map_err(|error| error.to_string()),
    }
}

fn tell(found: &Availability) -> ExitCode {
    let told = serde_json::to_vec(found)
        .map_err(io::Error::from)
        .and_then(|text| io::stdout().write_all(&text));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(NOT_STARTED),
    }
}

fn run(enclosure: &Enclosure) -> io::Result<ExitCode> {
    let control = Controlled::of_standard_input()?;
    match enclosure.walls {
        Walls::Namespace => {
            mounts::enter_namespaces()?;
            mounts::build(enclosure)?;
            if landlock_rules::restrict(enclosure, Walls::Namespace).is_err() {
                // Without it, `/proc` would show the server's environment.
                mounts::cover_processes()?;
            }
        }
        Walls::Landlock => landlock_rules::restrict(enclosure, Walls::Landlock)?,
        Walls::Nothing => {}
    }
    let Some((program, arguments)) = enclosure.command.split_first() else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let started = Command::new(program)
        .args(arguments)
        .current_dir(&enclosure.start_in)
        .stdin(Stdio::null())
        .spawn();
    let child = started.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("failed to start `{program}`: {error}"),
        )
    })?;
    let status = control.watch(child)?;
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => code,
        // As a shell tells it.
        (None, Some(signal)) => 128 + signal,
        (None, None) => i32::from(NOT_STARTED),
    };
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}
