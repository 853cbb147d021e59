//! `cargo xtask …`: the tasks of the project, the same on a laptop and in CI.
//! Only orchestration lives here; whatever a task measures or checks about Probity itself
//! is done by the crates, by `compat/` or by `bench/`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who started it"
)]

mod bench;
mod compat;
mod dist;
mod fuzz;
mod install;
mod postgres;
mod process;
mod project;
mod reference;
mod stage;
mod test;
mod test_counts;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench::BenchCommand;
use crate::dist::DistArguments;
use crate::fuzz::FuzzArguments;
use crate::project::Project;
use crate::test::{Coverage, TestArguments};

/// Tasks of the Probity project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", version, disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Everything that CI runs: checks, unit and integration tests, documentation,
    /// and the built program driven by real clients.
    Test(TestArguments),
    /// The checks without the clients: tidy, fmt, clippy, test, doc.
    Check,
    /// Check the walls between crates and the house rules of the sources.
    Tidy,
    /// Measure Probity, and the tools it is compared with, on generated tables.
    Bench {
        #[command(subcommand)]
        bench: BenchCommand,
    },
    /// Feed mutated inputs to a reader for some seconds.
    Fuzz(FuzzArguments),
    /// Write the pages of `docs/reference` that are made of the sources.
    #[command(visible_alias = "coverage")]
    Reference,
    /// Make the release archive.
    Dist(DistArguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(Success::Yes) => ExitCode::SUCCESS,
        Ok(Success::No) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether a task that ran to its end found everything in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Success {
    Yes,
    No,
}

fn run(arguments: Arguments) -> anyhow::Result<Success> {
    let project = Project::find()?;
    match arguments.task {
        Task::Test(options) => test::run(&project, &options),
        Task::Check => test::run(
            &project,
            &TestArguments::for_coverage(Coverage::WithoutClients),
        ),
        Task::Tidy => tidy::run(&project),
        Task::Bench { bench } => bench::run(&project, &bench),
        Task::Fuzz(options) => fuzz::run(&project, &options),
        Task::Reference => reference::run(&project),
        Task::Dist(options) => dist::run(&project, &options),
    }
}
