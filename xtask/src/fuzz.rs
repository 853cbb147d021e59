//! `cargo xtask fuzz TARGET --seconds N`.

use anyhow::{Result, bail};
use clap::Args;

use crate::Success;
use crate::project::Project;

#[derive(Args, Debug)]
pub(crate) struct FuzzArguments {
    /// The reader to feed.
    target: String,
}

pub(crate) fn run(_project: &Project, arguments: &FuzzArguments) -> Result<Success> {
    bail!("no fuzz target `{}`", arguments.target)
}
