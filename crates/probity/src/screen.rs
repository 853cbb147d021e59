//! Standard output: a table for people or JSON for programs.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::arguments::{OutputArgument, PrintArguments};

/// Prints `text` for people, or `value` for programs, as the user asked.
pub(crate) fn print<T: Serialize>(
    arguments: PrintArguments,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<()> {
    match arguments.output {
        OutputArgument::Json => {
            let mut out = io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        OutputArgument::Table if arguments.quiet => {}
        OutputArgument::Table => {
            let mut out = io::stdout().lock();
            out.write_all(text().as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}
