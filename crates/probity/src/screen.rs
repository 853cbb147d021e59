//! Standard output: a table for people or JSON for programs.

use std::io::{self, BufWriter, Write};

use anyhow::Result;
use serde::Serialize;

use crate::arguments::{OutputArgument, PrintArguments};

/// Prints `text` for people, or `value` for programs, as the user asked.
pub(crate) fn print<T: Serialize>(
    arguments: PrintArguments,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<()> {
    let printed = match arguments.output {
        OutputArgument::Json => json(value),
        OutputArgument::Table if arguments.quiet => Ok(()),
        OutputArgument::Table => {
            let mut out = io::stdout().lock();
            out.write_all(text().as_bytes()).and_then(|()| out.flush())
        }
    };
    match printed {
        // Whoever reads our output has seen enough; the exit code still tells the outcome.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}

fn json<T: Serialize>(value: &T) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    out.flush()
}

/// Prints one line of standard output.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}
