//! The command: arguments, configuration, wiring and exit codes. No rule of the business
//! lives here.

mod arguments;
mod command;
mod exit;
mod progress;
mod screen;
mod table;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, ConstraintsCommand, ModelCommand, QualityCommand};
use crate::exit::Exit;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(exit) => exit.code(),
        Err(error) => exit::report(&error),
    }
}

/// Runs one command on a runtime with as many workers as it may use.
fn run(command: Command) -> Result<Exit, anyhow::Error> {
    let threads = command.threads().get();
    // Trees, neighbours and coalitions are computed on this pool; it is made before its first use.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Profile(arguments) => command::profile::run(arguments).await,
            Command::Baseline(arguments) => command::baseline::run(arguments).await,
            Command::Check(arguments) => command::check::run(arguments).await,
            Command::Why(arguments) => command::why::run(arguments).await,
            Command::Merge(arguments) => command::merge::run(arguments).await,
            Command::Diff(arguments) => command::diff::run(arguments).await,
            Command::Constraints(ConstraintsCommand::Set(arguments)) => {
                command::constraints::set(arguments).await
            }
            Command::Clarify(arguments) => command::clarify::run(arguments).await,
            Command::Bias(arguments) => command::bias::bias(arguments).await,
            Command::Quality(QualityCommand::Baseline(arguments)) => {
                command::quality::baseline(arguments).await
            }
            Command::Quality(QualityCommand::Check(arguments)) => {
                command::quality::check(arguments).await
            }
            Command::Shap(arguments) => command::shap::run(arguments).await,
            Command::Predict(arguments) => command::predict::run(arguments).await,
            Command::Model(ModelCommand::Inspect(arguments)) => command::inspect::run(&arguments),
            Command::Demo(arguments) => command::demo::run(arguments).await,
        }
    })
}
