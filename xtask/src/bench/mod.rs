//! `cargo xtask bench …`: Probity beside the tools that a user would take instead.

use anyhow::Result;
use clap::Subcommand;

use crate::Success;
use crate::project::Project;

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Start-up.
    Startup,
}

pub(crate) fn run(_project: &Project, _command: &BenchCommand) -> Result<Success> {
    Ok(Success::Yes)
}
